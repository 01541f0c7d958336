#include "sim/kubeconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypt.h"
#include "base/str.h"

static int make_directory(const char *path, struct err *e)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_sys(e, errno, "making the directory %s", path);
    return 0;
}

static int write_file(const char *path, const char *text, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(e, errno, "writing %s", path);
    size_t size = strlen(text);
    ssize_t written = write(fd, text, size);
    int sys = errno;
    close(fd);
    return written == (ssize_t)size ? 0 : err_sys(e, written < 0 ? sys : ENOSPC, "writing %s", path);
}

char *kubeconfig_write(const struct sim *s, const char *directory, const char *ca, struct err *e)
{
    if (make_directory(directory, e) != 0)
        return NULL;
    const char *name = s->world->cluster;
    AUTO_BUF struct buf text = { 0 };
    buf_printf(&text, "apiVersion: v1\nkind: Config\nclusters:\n- name: %s\n  cluster:\n    server: %s://%s\n", name,
               ca ? "https" : "http", s->listen);
    if (ca) {
        size_t size = strlen(ca);
        AUTO_FREE char *encoded = mem_alloc(4 * ((size + 2) / 3) + 1);
        crypt_base64(ca, size, encoded);
        buf_printf(&text, "    certificate-authority-data: %s\n", encoded);
    }
    buf_printf(&text,
               "users:\n- name: %s\n  user:\n    token: %s\ncontexts:\n- name: %s\n  context:\n    cluster: %s\n    "
               "user: %s\ncurrent-context: %s\n",
               name, s->token, name, name, name, name);
    char *path = str_printf("%s/%s.kubeconfig", directory, name);
    if (write_file(path, buf_text(&text), e) != 0) {
        free(path);
        return NULL;
    }
    return path;
}
