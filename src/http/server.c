#include "http/server.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/metric.h"
#include "base/str.h"
#include "http/exchange.h"

/* The library's pool for one connection holds the request's head and later the answer's, and one chunk on its way out. */
#define POOL_EXTRA     ((size_t)16 * 1024)
#define SWEEP_MS       500
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

const struct http_limits http_default_limits = {
    .body_max = (size_t)1024 * 1024,
    .header_max = (size_t)16 * 1024,
    .connections_max = 512,
    .per_address_max = 64,
    .idle_ms = 30000,
};

static struct metric metrics[] = {
    { "aetherius_http_refused_total", METRIC_COUNTER, "why",
      "Requests and connections turned away before a handler saw them.", NULL },
    { "aetherius_http_stream_full_total", METRIC_COUNTER, NULL,
      "Pieces of a stream refused because its reader was slow and its buffer full.", NULL },
};
METRIC_DECLARE(metrics);

void server_count_refused(const char *why)
{
    metric_add(&metrics[0], why, 1);
}

void server_count_full(void)
{
    metric_add(&metrics[1], NULL, 1);
}

static void run(struct http_server *s);

static void on_turn(void *arg)
{
    run(arg);
}

static void on_epoll(void *arg, int events)
{
    (void)events;
    run(arg);
}

static void run(struct http_server *s)
{
    MHD_run(s->daemon);
    uint64_t wait_ms;
    if (MHD_get_timeout64(s->daemon, &wait_ms) == MHD_YES)
        timer_start(&s->turn, s->loop, wait_ms > INT32_MAX ? INT32_MAX : (int64_t)wait_ms, on_turn, s);
    else
        timer_stop(&s->turn);
}

void server_kick(struct http_server *s)
{
    timer_start(&s->turn, s->loop, 0, on_turn, s);
}

/* The library times out a silent connection.  One that drips a byte now and then is cut here: from the connect, or the last answer,
 * a whole request must be in within twice the idle time. */
static void on_sweep(void *arg)
{
    struct http_server *s = arg;
    int64_t oldest_ms = loop_now_ms(s->loop) - 2 * s->limits.idle_ms;
    for (struct http_connection *c = s->connections; c; c = c->next)
        if (c->waiting && !c->cut && c->since_ms < oldest_ms) {
            c->cut = true;
            server_count_refused("slow");
            shutdown(c->fd, SHUT_RDWR);
        }
    if (!s->connections)
        timer_stop(&s->sweep);
}

static void connection_opened(struct http_server *s, struct MHD_Connection *connection, void **context)
{
    struct http_connection *c = mem_alloc(sizeof *c);
    *c = (struct http_connection){
        .next = s->connections,
        .fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
        .since_ms = loop_now_ms(s->loop),
        .waiting = true,
    };
    if (c->next)
        c->next->prev = c;
    s->connections = c;
    *context = c;
    if (!timer_running(&s->sweep))
        timer_every(&s->sweep, s->loop, SWEEP_MS, on_sweep, s);
}

static void connection_closed(struct http_server *s, void **context)
{
    struct http_connection *c = *context;
    if (!c)
        return;
    *(c->prev ? &c->prev->next : &s->connections) = c->next;
    if (c->next)
        c->next->prev = c->prev;
    free(c);
    *context = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        connection_opened(cls, connection, context);
    else
        connection_closed(cls, context);
}

/* Targets and query values are decoded by uri.c, which refuses what this would pass. */
static size_t leave_encoded(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls, (void)connection;
    return text ? strlen(text) : 0;
}

static struct MHD_Daemon *start_daemon(struct http_server *s, int fd, const struct http_tls *tls)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_THREAD_SAFETY | (tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem with_tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, tls ? (void *)(uintptr_t)tls->certificate : NULL },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, tls ? (void *)(uintptr_t)tls->key : NULL },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem options[] = {
        { MHD_OPTION_LISTEN_SOCKET, fd, NULL },
        { MHD_OPTION_CONNECTION_LIMIT, s->limits.connections_max, NULL },
        { MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->limits.per_address_max, NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, (s->limits.idle_ms + 999) / 1000, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)(s->limits.header_max + POOL_EXTRA), NULL },
        { MHD_OPTION_CLIENT_DISCIPLINE_LVL, 2, NULL },
        { MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL },
        { MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave_encoded, NULL },
        { MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)exchange_begin, s },
        { MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_completed, s },
        { MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s },
        { MHD_OPTION_END, 0, NULL },
    };
    if (!tls)
        with_tls[0].option = MHD_OPTION_END;
    return MHD_start_daemon(flags, 0, NULL, NULL, exchange_request, s, MHD_OPTION_ARRAY, options, MHD_OPTION_ARRAY,
                            with_tls, MHD_OPTION_END);
}

struct http_server *http_server_new(struct loop *l, const char *listen, const struct http_limits *limits,
                                    const struct http_tls *tls, http_handler handler, void *arg, struct err *e)
{
    assert(handler);
    metric_register(metrics, COUNT(metrics));
    struct http_server *s = mem_alloc(sizeof *s);
    *s = (struct http_server){
        .loop = l, .limits = limits ? *limits : http_default_limits, .handler = handler, .arg = arg
    };
    int fd = listen_open(listen, &s->port, &s->socket_path, e);
    if (fd < 0) {
        free(s);
        return NULL;
    }
    s->daemon = start_daemon(s, fd, tls);
    if (!s->daemon) {
        close(fd);
        if (s->socket_path)
            unlink(s->socket_path);
        free(s->socket_path);
        free(s);
        err_set(e, tls ? ERR_INVALID : ERR_INTERNAL, "serving HTTP on %s failed%s", listen,
                tls ? "; are certificate and key PEM texts of one pair?" : "");
        return NULL;
    }
    int epoll_fd = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    s->poll = poll_new(l, epoll_fd, on_epoll, s);
    assert(s->poll); /* an epoll descriptor can be watched */
    poll_set(s->poll, LOOP_READ);
    server_kick(s);
    return s;
}

int http_server_port(const struct http_server *s)
{
    return s->port;
}

/* The library must not be stopped while a connection is suspended, so each is woken to see that the end has come. */
void http_server_free(struct http_server *s)
{
    if (!s)
        return;
    s->closing = true;
    for (struct http_exchange *x = s->exchanges; x; x = x->next)
        exchange_resume(x);
    MHD_run(s->daemon);
    poll_free(s->poll);
    MHD_stop_daemon(s->daemon);
    timer_stop(&s->turn);
    timer_stop(&s->sweep);
    assert(!s->connections);

    while (s->exchanges) { /* owed by handlers, who will answer into the void */
        struct http_exchange *x = s->exchanges;
        s->exchanges = x->next;
        if (x->next)
            x->next->prev = NULL;
        x->next = NULL;
        x->server = NULL;
    }
    if (s->socket_path)
        unlink(s->socket_path);
    free(s->socket_path);
    free(s);
}
