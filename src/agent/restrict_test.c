/* What the kernel refuses a restricted process: each case in a child of its own. */
#include "agent/restrict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

#define ARRANGED 99    /* exit status: the restriction itself failed */

/* Exit status of a child that did it, 128 + signal when it was ended. */
static int in_child(void (*arrange)(void), int (*act)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        arrange();
        _exit(act());
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- system calls: the filter of the shipped program, whatever this test was built with ---- */

static void filter(void)
{
    struct err e;
    if (restrict_privileges(&e) || restrict_calls(true, &e))
        _exit(ARRANGED);
}

static int start_program(void)
{
    char *const argv[] = { (char[]){ "/bin/true" }, NULL };
    return execve("/bin/true", argv, NULL) ? 1 : 0;
}

static int start_program_by_descriptor(void)
{
    char *const argv[] = { (char[]){ "true" }, NULL };
    return (int)syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, NULL, 0) + 2;
}

static int start_process(void)
{
    return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) < 0;
}

static int trace(void)
{
    return (int)syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) + 2;
}

static int mount_something(void)
{
    return mount("none", "/tmp", "tmpfs", 0, NULL) + 2;
}

static int leave_namespace(void)
{
    return (int)syscall(SYS_unshare, 0) + 2;
}

static int become_root(void)
{
    return (int)syscall(SYS_setuid, 0) + 2;
}

static int load_bpf(void)
{
    return (int)syscall(SYS_bpf, 0, NULL, 0) + 2;
}

static int read_other_process(void)
{
    return (int)syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) + 2;
}

static void what_only_an_intruder_does_ends_the_process(void **state)
{
    (void)state;
    int (*const acts[])(void) = {
        start_program, start_program_by_descriptor, start_process, trace, mount_something, leave_namespace, become_root, load_bpf, read_other_process,
    };
    for (size_t i = 0; i < COUNT(acts); i++)
        assert_int_equal(in_child(filter, acts[i]), 128 + SIGSYS);
}

static int ask_for_what_nobody_needs(void)
{
    bool packet = syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0) < 0 && errno == ENOSYS;
    bool ring = syscall(SYS_io_uring_setup, 1, NULL) < 0 && errno == ENOSYS;
    bool hidden = syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS;
    bool terminal = syscall(SYS_ioctl, 0, TIOCSTI, "x") < 0 && errno == ENOSYS;
    return packet && ring && hidden && terminal ? 0 : 1;
}

static void what_is_neither_needed_nor_named_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(in_child(filter, ask_for_what_nobody_needs), 0);
}

static void *say_hello(void *arg)
{
    return arg;
}

static int work(void)
{
    char byte = 0, path[] = "/tmp/aetherius-restrict-XXXXXX";
    pthread_t thread;
    struct addrinfo *found = NULL;
    int fd = mkstemp(path), pair[2];
    bool file = fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 && pread(fd, &byte, 1, 0) == 1 && unlink(path) == 0;
    bool socket = socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && send(pair[0], "x", 1, 0) == 1 && recv(pair[1], &byte, 1, 0) == 1;
    bool name = getaddrinfo("127.0.0.1", "80", NULL, &found) == 0;
    bool threads = pthread_create(&thread, NULL, say_hello, NULL) == 0 && pthread_join(thread, NULL) == 0;
    if (found)
        freeaddrinfo(found);
    return file && socket && name && threads ? 0 : 1;
}

static void files_sockets_names_and_threads_go_on(void **state)
{
    (void)state;
#if defined(__SANITIZE_THREAD__)
    skip();    /* its runtime does more to make a thread */
#endif
    assert_int_equal(in_child(filter, work), 0);
}

static void filter_as_built(void)
{
    struct err e;
    if (restrict_privileges(&e) || restrict_calls(false, &e))
        _exit(ARRANGED);
}

static void under_a_sanitizer_a_program_is_refused_all_the_same(void **state)
{
    (void)state;
    assert_int_equal(in_child(filter_as_built, start_program), 1);
}

/* ---- privileges ---- */

static int show_privileges(void)
{
    struct rlimit core;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? 0 : 1;
}

static void privileges(void)
{
    struct err e;
    if (restrict_privileges(&e))
        _exit(ARRANGED);
}

static void there_are_no_new_privileges_and_no_core(void **state)
{
    (void)state;
    assert_int_equal(in_child(privileges, show_privileges), 0);
}

/* ---- files ---- */

static char place[64], *spool, *elsewhere, *config;

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        abort();
}

static int make_places(void **state)
{
    (void)state;
    (void)str_copy(place, sizeof place, "/var/tmp/aetherius-restrict-XXXXXX");
    if (!mkdtemp(place))
        return -1;
    spool = str_printf("%s/spool", place);
    elsewhere = str_printf("%s/elsewhere", place);
    config = str_printf("%s/config", place);
    if (mkdir(spool, 0700) || mkdir(elsewhere, 0700) || mkdir(config, 0700))
        return -1;
    AUTO_FREE char *secret = str_printf("%s/secret", elsewhere);
    AUTO_FREE char *token = str_printf("%s/token", config);
    write_file(secret, "s");
    write_file(token, "t");
    return 0;
}

static int remove_places(void **state)
{
    (void)state;
    static const char *const files[] = { "elsewhere/secret", "config/token", "config/token.new", "spool/a", "spool/b", "elsewhere", "config", "spool" };
    for (size_t i = 0; i < COUNT(files); i++) {
        AUTO_FREE char *path = str_printf("%s/%s", place, files[i]);
        (void)remove(path);
    }
    free(spool);
    free(elsewhere);
    free(config);
    return rmdir(place);
}

static int landlock;

static void files(void)
{
    struct err e;
    struct restrict_paths p = { 0 };
    AUTO_FREE char *token = str_printf("%s/token", config);
    restrict_may_read(&p, token);
    restrict_may_write(&p, spool);
    if (restrict_privileges(&e))
        _exit(ARRANGED);
    landlock = restrict_files(&p, &e);
    if (landlock < 0)
        _exit(ARRANGED);
}

static bool can(const char *dir, const char *name, int flags)
{
    AUTO_FREE char *path = str_printf("%s/%s", dir, name);
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

static int use_files(void)
{
    AUTO_FREE char *from = str_printf("%s/a", spool);
    AUTO_FREE char *to = str_printf("%s/b", spool);
    if (landlock == 0)
        return ARRANGED - 1;
    bool spools = can(spool, "a", O_RDWR | O_CREAT) && rename(from, to) == 0 && can(spool, "b", O_RDWR | O_TRUNC) && unlink(to) == 0;
    bool reads = can(config, "token", O_RDONLY) && !can(config, "token", O_RDWR) && !can(config, "token.new", O_RDWR | O_CREAT);
    bool nothing_else = !can(elsewhere, "secret", O_RDONLY) && !can(elsewhere, "new", O_RDWR | O_CREAT) && !can(place, ".", O_RDONLY | O_DIRECTORY) && !can("/root", ".", O_RDONLY | O_DIRECTORY);
    bool libc = can("/etc", "hosts", O_RDONLY) && can("/dev", "null", O_RDWR) && can("/proc/self", "statm", O_RDONLY);
    return spools && reads && nothing_else && libc ? 0 : 1;
}

static void the_spool_is_written_the_configuration_is_read_and_the_rest_is_out_of_reach(void **state)
{
    (void)state;
    int outcome = in_child(files, use_files);
    if (outcome == ARRANGED - 1)
        skip();    /* a kernel without Landlock */
    assert_int_equal(outcome, 0);
}

static int read_replaced_token(void)
{
    if (landlock == 0)
        return 0;
    return can(config, "token", O_RDONLY) ? 0 : 1;
}

static void a_token_that_was_replaced_by_renaming_can_be_read(void **state)
{
    (void)state;
    AUTO_FREE char *old = str_printf("%s/token", config);
    AUTO_FREE char *new = str_printf("%s/token.new", config);
    int go[2], ready[2];
    char byte;
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        files();
        if (write(ready[1], "x", 1) != 1)
            _exit(ARRANGED);
        _exit(read(go[0], &byte, 1) == 1 ? read_replaced_token() : ARRANGED);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);    /* its rules are older than the new token */
    write_file(new, "u");
    assert_int_equal(rename(new, old), 0);
    assert_int_equal(write(go[1], "x", 1), 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
    for (size_t i = 0; i < 2; i++) {
        (void)close(go[i]);
        (void)close(ready[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_an_intruder_does_ends_the_process),
        cmocka_unit_test(what_is_neither_needed_nor_named_is_not_there),
        cmocka_unit_test(files_sockets_names_and_threads_go_on),
        cmocka_unit_test(under_a_sanitizer_a_program_is_refused_all_the_same),
        cmocka_unit_test(there_are_no_new_privileges_and_no_core),
        cmocka_unit_test(the_spool_is_written_the_configuration_is_read_and_the_rest_is_out_of_reach),
        cmocka_unit_test(a_token_that_was_replaced_by_renaming_can_be_read),
    };
    return cmocka_run_group_tests(tests, make_places, remove_places);
}
