#include "agent/spool_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

int spool_lock(const char *dir, int *out, struct err *e)
{
    *out = -1;
    if (!dir || !*dir)
        return 0;
    if (mkdir(dir, 0700) && errno != EEXIST)
        return err_sys(e, errno, "making spool_dir %s", dir);
    AUTO_FREE char *path = str_printf("%s/agent.lock", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(e, errno, "opening %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        int sys = errno;
        (void)close(fd);
        return sys == EWOULDBLOCK ? err_set(e, ERR_CONFLICT, "another agent uses spool_dir %s; each needs its own", dir) : err_sys(e, sys, "locking %s", path);
    }
    *out = fd;
    return 0;
}

void spool_unlock(int lock)
{
    if (lock >= 0)
        (void)close(lock);
}
