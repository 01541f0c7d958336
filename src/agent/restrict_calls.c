/* System calls, by libseccomp: it knows their numbers on every architecture. */
#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "agent/restrict.h"
#include "base/str.h"

/* What libc, libuv, libcurl, OpenSSL, SQLite, nats.c and libmicrohttpd need to read an API, keep a file and talk to a broker. */
static const char *const needed[] = {
    /* memory */
    "brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "msync", "membarrier",
    /* threads and their end; clone below */
    "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "arch_prctl", "futex", "futex_time64", "futex_waitv", "sched_yield", "sched_getaffinity", "sched_getparam",
    "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "getpriority", "getcpu", "gettid", "getpid", "getppid", "exit", "exit_group", "tgkill",
    "restart_syscall",
    /* signals to itself */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack", "rt_sigtimedwait", "rt_sigsuspend", "rt_sigpending", "signalfd4",
    /* who and where we are */
    "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "uname", "sysinfo", "getrlimit", "ugetrlimit", "getrusage", "times", "getrandom",
    /* time */
    "clock_gettime", "clock_gettime64", "clock_getres", "clock_nanosleep", "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "timerfd_create", "timerfd_settime",
    "timerfd_gettime",
    /* files; where, Landlock says */
    "open", "openat", "close", "close_range", "read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2", "lseek", "_llseek", "stat", "lstat",
    "fstat", "stat64", "lstat64", "fstat64", "newfstatat", "fstatat64", "statx", "statfs", "fstatfs", "statfs64", "fstatfs64", "access", "faccessat", "faccessat2", "readlink",
    "readlinkat", "getdents64", "getcwd", "fcntl", "fcntl64", "flock", "fsync", "fdatasync", "ftruncate", "ftruncate64", "fallocate", "fadvise64", "unlink", "unlinkat", "rename",
    "renameat", "renameat2", "mkdir", "mkdirat", "umask", "fchmod", "fchown", "dup", "dup2", "dup3", "sendfile", "copy_file_range",
    /* waiting */
    "poll", "ppoll", "ppoll_time64", "select", "pselect6", "_newselect", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "pipe", "pipe2",
    /* sockets; their families below */
    "socketpair", "connect", "bind", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt", "setsockopt", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg",
    "recvmmsg", "shutdown",
};

/* Nobody in here has a reason for these. */
static const char *const forbidden[] = {
    "execve", "execveat", "vfork", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick",
    "mount_setattr", "pivot_root", "chroot", "setns", "unshare", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "bpf", "perf_event_open", "keyctl", "add_key",
    "request_key", "userfaultfd", "iopl", "ioperm", "reboot", "swapon", "swapoff", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
    "capset", "personality", "open_by_handle_at", "name_to_handle_at", "acct", "quotactl", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname",
    "setdomainname", "mknod", "mknodat", "symlink", "symlinkat", "link", "linkat",
};

/* A leak checker forks and traces. */
static const char *const forbidden_strictly[] = { "fork", "ptrace" };

/* Calls that are needed with some first or second argument alone. */
static const struct choice {
    const char *call;
    unsigned argument;
    uint64_t value;
} choices[] = {
    { "socket", 0, AF_UNIX }, { "socket", 0, AF_INET }, { "socket", 0, AF_INET6 }, { "socket", 0, AF_NETLINK },    /* the last: which addresses there are, for getaddrinfo */
    { "ioctl", 1, FIONBIO }, { "ioctl", 1, FIONREAD }, { "ioctl", 1, FIOCLEX }, { "ioctl", 1, TCGETS }, { "ioctl", 1, TIOCGWINSZ },
    { "prctl", 0, PR_SET_NAME }, { "prctl", 0, PR_GET_NAME }, { "prctl", 0, PR_SET_VMA }, { "prctl", 0, PR_GET_DUMPABLE }, { "prctl", 0, PR_CAPBSET_READ },
};

/* A call that this architecture or libseccomp does not know needs no rule. */
static int add(scmp_filter_ctx filter, uint32_t action, const char *call, unsigned n, const struct scmp_arg_cmp *when, struct err *e)
{
    int number = seccomp_syscall_resolve_name(call);
    if (number == __NR_SCMP_ERROR)
        return 0;
    int failed = seccomp_rule_add_array(filter, action, number, n, when);
    return failed && failed != -EDOM && failed != -EACCES ? err_sys(e, -failed, "a rule for %s", call) : 0;
}

static int add_all(scmp_filter_ctx filter, uint32_t action, const char *const *calls, size_t count, struct err *e)
{
    for (size_t i = 0; i < count; i++)
        if (add(filter, action, calls[i], 0, NULL, e))
            return -1;
    return 0;
}

/* A thread, not a process.  clone3 hides what it is asked for: it is ENOSYS, and libc takes clone. */
static int allow_threads(scmp_filter_ctx filter, struct err *e)
{
    const struct scmp_arg_cmp thread = SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    const struct scmp_arg_cmp process = SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0);
    const struct scmp_arg_cmp own = SCMP_A0_64(SCMP_CMP_EQ, 0);    /* prlimit of itself, reading: the new limit is NULL */
    const struct scmp_arg_cmp reading[] = { own, SCMP_A2_64(SCMP_CMP_EQ, 0) };
    return add(filter, SCMP_ACT_ALLOW, "clone", 1, &thread, e) || add(filter, SCMP_ACT_KILL_PROCESS, "clone", 1, &process, e) ||
           add(filter, SCMP_ACT_ALLOW, "prlimit64", 2, reading, e) ? -1 : 0;
}

static int allow_choices(scmp_filter_ctx filter, struct err *e)
{
    for (size_t i = 0; i < COUNT(choices); i++) {
        const struct scmp_arg_cmp when = { .arg = choices[i].argument, .op = SCMP_CMP_EQ, .datum_a = choices[i].value };
        if (add(filter, SCMP_ACT_ALLOW, choices[i].call, 1, &when, e))
            return -1;
    }
    return 0;
}

static int fill_strict(scmp_filter_ctx filter, struct err *e)
{
    return add_all(filter, SCMP_ACT_ALLOW, needed, COUNT(needed), e) || allow_threads(filter, e) || allow_choices(filter, e) ||
           add_all(filter, SCMP_ACT_KILL_PROCESS, forbidden, COUNT(forbidden), e) ||
           add_all(filter, SCMP_ACT_KILL_PROCESS, forbidden_strictly, COUNT(forbidden_strictly), e) ? -1 : 0;
}

int restrict_calls(bool strict, struct err *e)
{
    scmp_filter_ctx filter = seccomp_init(strict ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_ALLOW);
    if (!filter)
        return err_set(e, ERR_INTERNAL, "libseccomp makes no filter");
    int failed = strict ? fill_strict(filter, e) : add_all(filter, SCMP_ACT_ERRNO(EPERM), forbidden, COUNT(forbidden), e);
    int loaded = failed ? 0 : seccomp_load(filter);
    seccomp_release(filter);
    return loaded ? err_sys(e, -loaded, "loading the filter of system calls") : failed;
}
