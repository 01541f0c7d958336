/* Opens the socket that a server listens on, TCP or Unix, from its address as text. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "http/exchange.h"

#define BACKLOG 256

static int refuse(int fd, const char *text, struct err *e)
{
    int sys = errno;
    if (fd >= 0)
        close(fd);
    if (sys == EADDRINUSE)
        return err_set(e, ERR_CONFLICT, "%s is taken by another process; choose another address", text);
    if (sys == EACCES)
        return err_set(e, ERR_REFUSED, "listening on %s is not permitted to this user; choose a port above 1023", text);
    return err_sys(e, sys, "listening on %s", text);
}

/* A socket file that nobody listens on is left over from a crash. */
static void remove_stale(const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(address->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED)
        unlink(address->sun_path);
    close(fd);
}

static int open_unix(const char *text, const char *path, char **socket_path, struct err *e)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (str_copy(address.sun_path, sizeof address.sun_path, path) || !path[0])
        return err_set(e, ERR_INVALID, "%s: the path must have 1 to %zu bytes", text, sizeof address.sun_path - 1);
    remove_stale(&address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return refuse(fd, text, e);
    if (listen(fd, BACKLOG) != 0) {
        unlink(path);
        return refuse(fd, text, e);
    }
    *socket_path = str_dup(path);
    return fd;
}

/* Splits "host:port" and "[v6]:port". */
static int split(const char *text, char *host, size_t host_size, char *port, size_t port_size, struct err *e)
{
    const char *colon = strrchr(text, ':');
    const char *start = text, *end = colon;
    if (colon && text[0] == '[') {
        start = text + 1;
        end = colon > text && colon[-1] == ']' ? colon - 1 : NULL;
    } else if (colon && memchr(text, ':', (size_t)(colon - text))) {
        end = NULL;
    }
    if (!colon || !end || (size_t)(end - start) >= host_size)
        return err_set(
            e, ERR_INVALID,
            "%s is no address to listen on; wanted \":8080\", \"127.0.0.1:8080\", \"[::1]:8080\" or \"unix:/path\"",
            text);
    str_copy(host, (size_t)(end - start) + 1, start);
    size_t digits = strspn(colon + 1, "0123456789");
    if (digits == 0 || digits > 5 || colon[1 + digits] || atoi(colon + 1) > 65535)
        return err_set(e, ERR_INVALID, "%s: the port must be a number from 0 to 65535", text);
    str_copy(port, port_size, colon + 1);
    return 0;
}

static int bind_one(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd < 0)
        return -1;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int sys = errno;
    close(fd);
    errno = sys;
    return -1;
}

static int port_of(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* Without a host both families, by one IPv6 socket where the kernel has IPv6, else IPv4. */
static int bind_any(const struct addrinfo *list)
{
    static const int order[] = { AF_INET6, AF_INET };
    int sys = EADDRNOTAVAIL;
    for (size_t i = 0; i < COUNT(order); i++)
        for (const struct addrinfo *a = list; a; a = a->ai_next) {
            if (a->ai_family != order[i])
                continue;
            int fd = bind_one(a);
            if (fd >= 0)
                return fd;
            sys = errno;
            if (sys == EADDRINUSE || sys == EACCES)
                break;
        }
    errno = sys;
    return -1;
}

int listen_open(const char *text, int *port, char **socket_path, struct err *e)
{
    *port = 0;
    *socket_path = NULL;
    if (str_starts(text, "unix:"))
        return open_unix(text, text + strlen("unix:"), socket_path, e);

    char host[256], service[8];
    if (split(text, host, sizeof host, service, sizeof service, e) != 0)
        return -1;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *list;
    int rc = getaddrinfo(host[0] ? host : NULL, service, &hints, &list);
    if (rc != 0)
        return err_set(e, ERR_INVALID, "%s: %s", text, gai_strerror(rc));
    int fd = bind_any(list);
    int sys = errno;
    freeaddrinfo(list);
    errno = sys;
    if (fd < 0)
        return refuse(-1, text, e);
    *port = port_of(fd);
    return fd;
}
