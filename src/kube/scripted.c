#include "kube/scripted.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

struct scripted_connection {
    struct scripted *server;
    struct scripted_connection *next;
    int fd;
    struct poll *poll;
    struct buf in, out;
    bool closing, dead;
};

struct scripted {
    struct loop *loop;
    int fd, requests;
    struct poll *poll;
    char url[64];
    struct scripted_connection *connections;
    struct timer sweep; /* frees dead connections outside of their callbacks */
    scripted_request on_request;
    void *arg;
};

static void sweep(void *arg)
{
    struct scripted *s = arg;
    for (struct scripted_connection **at = &s->connections; *at;) {
        struct scripted_connection *c = *at;
        if (!c->dead) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        poll_free(c->poll);
        close(c->fd);
        buf_fini(&c->in);
        buf_fini(&c->out);
        free(c);
    }
}

static void die(struct scripted_connection *c)
{
    c->dead = true;
    poll_set(c->poll, 0);
    timer_start(&c->server->sweep, c->server->loop, 0, sweep, c->server);
}

static void flush(struct scripted_connection *c)
{
    while (c->out.size) {
        ssize_t sent = send(c->fd, c->out.data, c->out.size, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (sent < 0) {
            die(c);
            return;
        }
        buf_drop(&c->out, (size_t)sent);
    }
    if (c->closing && !c->out.size)
        die(c);
    else
        poll_set(c->poll, LOOP_READ | (c->out.size ? LOOP_WRITE : 0));
}

static void on_ready(void *arg, int events)
{
    struct scripted_connection *c = arg;
    if (c->dead)
        return;
    if (events & LOOP_WRITE)
        flush(c);
    if (c->dead || !(events & LOOP_READ))
        return;
    char data[4096];
    ssize_t got = recv(c->fd, data, sizeof data, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        die(c);
        return;
    }
    buf_add(&c->in, data, (size_t)got);
    char *end;
    while (!c->dead && c->in.size && (end = strstr(c->in.data, "\r\n\r\n"))) {
        size_t size = (size_t)(end - c->in.data) + 4;
        AUTO_FREE char *request = str_ndup(c->in.data, size);
        buf_drop(&c->in, size);
        c->server->requests++;
        c->server->on_request(c->server->arg, c, request);
    }
}

static void on_accept(void *arg, int events)
{
    (void)events;
    struct scripted *s = arg;
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    struct scripted_connection *c = mem_alloc(sizeof *c);
    *c = (struct scripted_connection){ .server = s, .fd = fd, .next = s->connections };
    s->connections = c;
    c->poll = poll_new(s->loop, fd, on_ready, c);
    assert(c->poll);
    poll_set(c->poll, LOOP_READ);
}

struct scripted *scripted_new(struct loop *l, scripted_request on_request, void *arg)
{
    struct scripted *s = mem_alloc(sizeof *s);
    *s = (struct scripted){ .loop = l, .on_request = on_request, .arg = arg };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int bad = s->fd < 0 || bind(s->fd, (struct sockaddr *)&address, size) || listen(s->fd, 64) ||
              getsockname(s->fd, (struct sockaddr *)&address, &size);
    assert(!bad);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    s->poll = poll_new(l, s->fd, on_accept, s);
    assert(s->poll);
    poll_set(s->poll, LOOP_READ);
    return s;
}

void scripted_free(struct scripted *s)
{
    for (struct scripted_connection *c = s->connections; c; c = c->next)
        c->dead = true;
    sweep(s);
    timer_stop(&s->sweep);
    poll_free(s->poll);
    close(s->fd);
    free(s);
}

const char *scripted_url(const struct scripted *s)
{
    return s->url;
}

int scripted_requests(const struct scripted *s)
{
    return s->requests;
}

int scripted_open(const struct scripted *s)
{
    int count = 0;
    for (const struct scripted_connection *c = s->connections; c; c = c->next)
        count += !c->dead;
    return count;
}

void scripted_send(struct scripted_connection *c, const char *data, size_t size)
{
    if (c->dead)
        return;
    buf_add(&c->out, data, size);
    flush(c);
}

void scripted_answer(struct scripted_connection *c, int status, const char *type, const char *headers, const char *body)
{
    AUTO_FREE char *text = str_printf("HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n%s", status,
                                      type, strlen(body), headers, body);
    scripted_send(c, text, strlen(text));
}

void scripted_json(struct scripted_connection *c, int status, const char *body)
{
    scripted_answer(c, status, "application/json", "", body);
}

void scripted_begin(struct scripted_connection *c)
{
    static const char head[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    scripted_send(c, head, sizeof head - 1);
}

void scripted_chunk(struct scripted_connection *c, const char *data, size_t size)
{
    char head[32];
    snprintf(head, sizeof head, "%zx\r\n", size);
    scripted_send(c, head, strlen(head));
    scripted_send(c, data, size);
    scripted_send(c, "\r\n", 2);
}

void scripted_end(struct scripted_connection *c)
{
    scripted_send(c, "0\r\n\r\n", 5);
}

void scripted_close(struct scripted_connection *c)
{
    c->closing = true;
    if (!c->dead)
        flush(c);
}
