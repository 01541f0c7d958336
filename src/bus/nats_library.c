#include "bus/nats_library.h"

#include <nats/nats.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"

/* Never closed: nats_Close ends the library's collector while its delivery thread may still give a closed subscription's messages to it (nats.c 3.10.1), and these
 * are lost then.  What an open library holds is reachable from it, so a leak checker sees what is ours. */
int nats_library_open(struct err *e)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool open;
    natsStatus s = NATS_OK;
    pthread_mutex_lock(&lock);
    if (!open)
        s = nats_Open(-1);
    if (!open && s == NATS_OK)
        s = nats_SetMessageDeliveryPoolSize(1);
    open = s == NATS_OK;
    pthread_mutex_unlock(&lock);
    return s == NATS_OK ? 0 : err_set(e, ERR_INTERNAL, "opening the NATS library: %s", natsStatus_GetText(s));
}

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    struct timeval patience = { .tv_sec = 2 };
    if (getaddrinfo(host, port, &hints, &list))
        return -1;
    int fd = socket(list->ai_family, list->ai_socktype | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) ||
                    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) || connect(fd, list->ai_addr, list->ai_addrlen))) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    return fd;
}

static void version_of(const char *line, char *out, size_t size)
{
    struct err e;
    const char *end = strchr(line, '\r');
    if (!str_starts(line, "INFO ") || !end)
        return;
    AUTO_JSON struct json_doc *doc = json_parse(line + 5, (size_t)(end - line - 5), &json_wire_limits, &e);
    (void)str_copy(out, size, str_or_empty(json_get_str(json_root(doc), "version")));
}

void nats_info_version(const char *url, char *out, size_t size)
{
    char host[256], line[8192];
    out[0] = '\0';
    const char *start = strstr(url, "://");
    (void)str_copy(host, sizeof host, start ? start + 3 : url);
    char *at = strrchr(host, '@'), *port = strrchr(host, ':');
    if (!port)
        return;
    *port++ = '\0';
    char *name = at && at < port ? at + 1 : host;
    if (name[0] == '[') {    /* IPv6 literal */
        name++;
        name[strcspn(name, "]")] = '\0';
    }
    int fd = dial(name, port);
    if (fd < 0)
        return;
    size_t got = 0;
    while (got < sizeof line - 1) {
        ssize_t n = read(fd, line + got, sizeof line - 1 - got);
        if (n <= 0)
            break;
        got += (size_t)n;
        if (memchr(line, '\n', got))
            break;
    }
    close(fd);
    line[got] = '\0';
    version_of(line, out, size);
}
