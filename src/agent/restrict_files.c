/* Files, by Landlock: a rule is of a directory or file as it is now, so what is replaced by renaming needs a rule of its directory. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/restrict.h"
#include "base/str.h"

#define READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_TRUNCATE)
#define OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

/* What each ABI can restrict beyond the one before; what is not named here, nothing is restricted by an older kernel. */
static const uint64_t abis[] = {
    [1] = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1, [2] = LANDLOCK_ACCESS_FS_REFER, [3] = LANDLOCK_ACCESS_FS_TRUNCATE, [4] = 0, [5] = LANDLOCK_ACCESS_FS_IOCTL_DEV,
};
#define ABI_SCOPES 6

/* The C library, certificates, and what it tells of the process and its limits. */
static const char *const everywhere[] = {
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/share/zoneinfo", "/etc/ssl", "/etc/pki", "/etc/ca-certificates",
    "/etc/ca-certificates.conf", "/etc/ld.so.cache", "/proc", "/sys/fs/cgroup", "/sys/devices/system/cpu", "/dev/urandom", "/dev/random",
};

/* How names are resolved.  In a Pod the kubelet mounts these files; elsewhere others replace them, and all of /etc is read. */
static const char *const names[] = {
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/passwd", "/etc/localtime",
};
static const char *const outside[] = { "/etc", "/run/systemd/resolve", "/run/nscd", "/run/NetworkManager", "/run/resolvconf" };

/* What is not there needs no rule. */
static int allow(int rules, const char *path, uint64_t access, uint64_t handled, struct err *e)
{
    struct stat what;
    struct landlock_path_beneath_attr rule = { .allowed_access = access & handled, .parent_fd = open(path, O_PATH | O_CLOEXEC) };
    if (rule.parent_fd < 0)
        return 0;
    if (fstat(rule.parent_fd, &what) == 0 && !S_ISDIR(what.st_mode))
        rule.allowed_access &= OF_FILES;
    int failed = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ? errno : 0;
    (void)close(rule.parent_fd);
    return failed ? err_sys(e, failed, "a rule for %s", path) : 0;
}

static int allow_all(int rules, const char *const *paths, size_t count, uint64_t handled, struct err *e)
{
    for (size_t i = 0; i < count; i++)
        if (allow(rules, paths[i], READ, handled, e))
            return -1;
    return 0;
}

static int allow_parent(int rules, const char *file, uint64_t handled, struct err *e)
{
    AUTO_FREE char *dir = str_dup(file);
    char *slash = strrchr(dir, '/');
    if (slash)
        slash[slash == dir] = 0;
    return allow(rules, slash ? dir : ".", READ, handled, e);
}

/* Where the file is named and where it really is: a mounted Secret is links all the way. */
static int allow_file(int rules, const char *file, uint64_t handled, struct err *e)
{
    AUTO_FREE char *real = realpath(file, NULL);
    return allow_parent(rules, file, handled, e) || (real && allow_parent(rules, real, handled, e)) ? -1 : 0;
}

static int fill(int rules, const struct restrict_paths *p, uint64_t handled, struct err *e)
{
    if (allow_all(rules, everywhere, COUNT(everywhere), handled, e) || allow_all(rules, names, COUNT(names), handled, e) ||
        (!p->in_cluster && allow_all(rules, outside, COUNT(outside), handled, e)) ||
        allow(rules, "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE, handled, e))
        return -1;
    for (size_t i = 0; i < p->n_read; i++)
        if (allow_file(rules, p->read[i], handled, e))
            return -1;
    for (size_t i = 0; i < p->n_write; i++)
        if (allow(rules, p->write[i], WRITE, handled, e))
            return -1;
    return 0;
}

static int enforce(int abi, uint64_t handled, const struct restrict_paths *p, struct err *e)
{
    struct landlock_ruleset_attr attr = { .handled_access_fs = handled };
    if (abi >= ABI_SCOPES)
        attr.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (rules < 0)
        return err_sys(e, errno, "making rules");
    int failed = fill(rules, p, handled, e);
    if (!failed && syscall(SYS_landlock_restrict_self, rules, 0))
        failed = err_sys(e, errno, "enforcing the rules");
    (void)close(rules);
    return failed;
}

int restrict_files(const struct restrict_paths *paths, struct err *e)
{
    uint64_t handled = 0;
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi <= 0)
        return 0;
    for (int i = 1; i <= abi && i < (int)COUNT(abis); i++)
        handled |= abis[i];
    return enforce(abi, handled, paths, e) ? -1 : abi;
}
