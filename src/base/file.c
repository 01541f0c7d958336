#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"

/* Reads until the end, one byte further than max to notice what is too long. */
static char *read_all(int fd, const char *path, size_t max, size_t *size, struct err *e)
{
    size_t used = 0, room = 4096;
    char *data = mem_alloc(room + 1);
    for (;;) {
        ssize_t got = read(fd, data + used, room - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            err_sys(e, errno, "reading %s", path);
            break;
        }
        used += (size_t)got;
        if (used > max) {
            err_set(e, ERR_TOO_LARGE, "%s is longer than the %zu bytes that are read", path, max);
            break;
        }
        if (!got) {
            data[used] = '\0';
            if (size)
                *size = used;
            return data;
        }
        if (used == room) {
            room *= 2;
            data = mem_grow(data, room + 1);
        }
    }
    free(data);
    return NULL;
}

char *file_read(const char *path, size_t max, size_t *size, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        err_sys(e, errno, "opening %s", path);
        return NULL;
    }
    char *data = read_all(fd, path, max, size, e);
    close(fd);
    return data;
}
