#include "http/exchange.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

/* So much of a body beyond the limit is read and thrown away, so that the sender reads the 413; then the connection is cut. */
#define SURPLUS_MAX ((size_t)256 * 1024)

/* ---- life ---- */

static void set_peer(struct http_exchange *x)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    str_copy(x->peer, sizeof x->peer, "unix");
    if (!address || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
        return;
    socklen_t size = address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    char host[sizeof x->peer];
    if (getnameinfo(address, size, host, sizeof host, NULL, 0, NI_NUMERICHOST) == 0)
        str_copy(x->peer, sizeof x->peer, str_starts(host, "::ffff:") ? host + 7 : host);
}

static struct http_connection *connection_of(const struct http_exchange *x)
{
    return MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* The request line is in. */
void *exchange_begin(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct http_server *s = cls;
    struct http_exchange *x = mem_alloc(sizeof *x);
    *x = (struct http_exchange){ .loop = s->loop, .server = s, .connection = connection, .next = s->exchanges };
    if (x->next)
        x->next->prev = x;
    s->exchanges = x;
    x->target = arena_strdup(&x->arena, target);
    set_peer(x);
    return x;
}

static void end(struct http_exchange *x)
{
    assert(!x->connection && !x->watch);
    if (x->server) {
        *(x->prev ? &x->prev->next : &x->server->exchanges) = x->next;
        if (x->next)
            x->next->prev = x->prev;
    }
    if (x->drop)
        x->drop(x->attached);
    if (x->answer)
        MHD_destroy_response(x->answer);
    buf_fini(&x->body);
    arena_fini(&x->arena);
    free(x);
}

void exchange_completed(void *cls, struct MHD_Connection *connection, void **req, enum MHD_RequestTerminationCode why)
{
    (void)cls, (void)connection, (void)why;
    struct http_exchange *x = *req;
    if (!x)
        return;
    *req = NULL;
    struct http_connection *c = connection_of(x);
    if (c) {
        c->waiting = true;
        c->since_ms = loop_now_ms(x->loop);
    }
    poll_free(x->watch);
    x->watch = NULL;
    x->connection = NULL;
    if (x->stream) {
        stream_closed(x->stream);
        x->stream = NULL;
    }
    if (x->state != EXCHANGE_HANDED)
        end(x);
}

/* ---- waiting ---- */

/* While a connection is suspended the library does not look at it, so that its end would stay unseen for as long as the answer takes. */
static void on_client(void *arg, int events)
{
    (void)events;
    struct http_exchange *x = arg;
    char c;
    ssize_t got = recv(connection_of(x)->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0) { /* its next request, which must wait */
        poll_set(x->watch, 0);
        return;
    }
    x->lost = true;
    exchange_resume(x);
}

void exchange_suspend(struct http_exchange *x)
{
    assert(!x->suspended);
    x->suspended = true;
    MHD_suspend_connection(x->connection);
    x->watch = poll_new(x->loop, connection_of(x)->fd, on_client, x);
    if (x->watch)
        poll_set(x->watch, LOOP_READ);
}

void exchange_resume(struct http_exchange *x)
{
    if (!x->suspended)
        return;
    poll_free(x->watch);
    x->watch = NULL;
    x->suspended = false;
    MHD_resume_connection(x->connection);
    server_kick(x->server);
}

/* ---- the request ---- */

static enum MHD_Result keep_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                  const char *value, size_t value_size)
{
    (void)kind;
    struct http_exchange *x = cls;
    struct http_field *f = ARENA_NEW(&x->arena, struct http_field);
    f->name = arena_strndup(&x->arena, name, name_size);
    f->value = value ? arena_strndup(&x->arena, value, value_size) : "";
    f->next = x->fields;
    x->fields = f;
    return MHD_YES;
}

static enum MHD_Result send_answer(struct http_exchange *x)
{
    assert(x->state == EXCHANGE_ANSWERED && x->answer);
    enum MHD_Result rc = MHD_queue_response(x->connection, (unsigned)x->status, x->answer);
    MHD_destroy_response(x->answer);
    x->answer = NULL;
    return rc;
}

static enum MHD_Result refuse(struct http_exchange *x, int status, const char *detail)
{
    server_count_refused(status == 413 ? "body" : status == 431 ? "head" : "malformed");
    http_set_header(x, "Connection", "close");
    x->inside = true;
    http_reply_problem(x, status, "%s", detail);
    x->inside = false;
    return send_answer(x);
}

static enum MHD_Result headers_in(struct http_exchange *x, const char *method, const char *version)
{
    x->headers_in = true;
    x->method = arena_strdup(&x->arena, method);
    MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, keep_field, x);
    size_t size = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;

    const char *detail;
    struct err e;
    int status = strict_check(x, version, size, &detail);
    if (status == 0 && uri_parse(&x->uri, x->target, &x->arena, &e) != 0) {
        status = 400;
        detail = e.text;
    }
    return status == 0 ? MHD_YES : refuse(x, status, detail);
}

static enum MHD_Result body_in(struct http_exchange *x, const char *data, size_t size)
{
    if (x->surplus > 0 || size > x->server->limits.body_max - x->body.size)
        x->surplus += size;
    else
        buf_add(&x->body, data, size);
    if (x->surplus <= SURPLUS_MAX)
        return MHD_YES;
    server_count_refused("body");
    return MHD_NO;
}

/* The whole request is in, or the connection was resumed. */
static enum MHD_Result go_on(struct http_exchange *x)
{
    if (x->server->closing || x->lost)
        return MHD_NO;
    if (x->state == EXCHANGE_READING) {
        connection_of(x)->waiting = false;
        if (x->surplus > 0)
            return refuse(x, 413, "the body is too large");
        x->state = EXCHANGE_HANDED;
        x->inside = true;
        x->server->handler(x->server->arg, x);
        x->inside = false;
    }
    if (x->state == EXCHANGE_ANSWERED)
        return send_answer(x);
    exchange_suspend(x);
    return MHD_YES;
}

enum MHD_Result exchange_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_size, void **req)
{
    (void)cls, (void)connection, (void)url;
    struct http_exchange *x = *req;
    assert(x);
    if (!x->headers_in)
        return headers_in(x, method, version);
    if (*upload_size == 0)
        return go_on(x);
    size_t size = *upload_size;
    *upload_size = 0;
    return body_in(x, upload, size);
}

const char *exchange_field(const struct http_field *fields, const char *name)
{
    for (; fields; fields = fields->next)
        if (str_eq_nocase(fields->name, name))
            return fields->value;
    return NULL;
}

const char *http_method(const struct http_exchange *x)
{
    return x->method;
}

const char *http_path(const struct http_exchange *x)
{
    return x->uri.path;
}

const char *http_query(const struct http_exchange *x, const char *name)
{
    for (size_t i = 0; i < x->uri.n_query; i++)
        if (str_eq(x->uri.query[i].name, name))
            return x->uri.query[i].value;
    return NULL;
}

const char *http_header(const struct http_exchange *x, const char *name)
{
    return exchange_field(x->fields, name);
}

const char *http_body(const struct http_exchange *x, size_t *size)
{
    if (size)
        *size = x->body.size;
    return buf_text(&x->body);
}

const char *http_peer(const struct http_exchange *x)
{
    return x->peer;
}

void http_attach(struct http_exchange *x, void *data, void (*drop)(void *data))
{
    if (x->drop)
        x->drop(x->attached);
    x->attached = data;
    x->drop = drop;
}

void *http_attached(const struct http_exchange *x)
{
    return x->attached;
}

/* ---- the answer ---- */

void http_set_header(struct http_exchange *x, const char *name, const char *value)
{
    char *clean = arena_strdup(&x->arena, value);
    for (char *c = clean; *c; c++) /* a line break would begin a header of somebody else's */
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    struct http_field *f = x->answer_fields;
    while (f && !str_eq_nocase(f->name, name))
        f = f->next;
    if (!f) {
        f = ARENA_NEW(&x->arena, struct http_field);
        f->name = arena_strdup(&x->arena, name);
        f->next = x->answer_fields;
        x->answer_fields = f;
    }
    f->value = clean;
}

void exchange_set_answer(struct http_exchange *x, int status, struct MHD_Response *answer, const char *content_type)
{
    assert(x->state != EXCHANGE_ANSWERED && answer);
    x->state = EXCHANGE_ANSWERED;
    x->answer = answer;
    x->status = status;
    if (content_type)
        MHD_add_response_header(answer, "Content-Type", content_type);
    for (const struct http_field *f = x->answer_fields; f; f = f->next)
        MHD_add_response_header(answer, f->name, f->value);
    if (x->inside)
        return;
    if (x->connection)
        exchange_resume(x);
    else
        end(x);
}

void http_reply(struct http_exchange *x, int status, const char *content_type, const void *data, size_t size)
{
    exchange_set_answer(x, status, MHD_create_response_from_buffer_copy(size, data), content_type);
}

void http_reply_static(struct http_exchange *x, int status, const char *content_type, const void *data, size_t size)
{
    exchange_set_answer(x, status, MHD_create_response_from_buffer_static(size, data), content_type);
}

void http_reply_json(struct http_exchange *x, int status, struct json_w *w)
{
    size_t size;
    char *text = json_w_take(w, &size);
    exchange_set_answer(x, status, MHD_create_response_from_buffer_with_free_callback(size, text, free),
                        "application/json");
}

void http_reply_problem(struct http_exchange *x, int status, const char *detail, ...)
{
    va_list args;
    va_start(args, detail);
    char *formatted = NULL;
    if (vasprintf(&formatted, detail, args) < 0)
        formatted = NULL;
    va_end(args);

    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "type", "about:blank");
    json_w_str(w, "title", MHD_get_reason_phrase_for((unsigned)status));
    json_w_int(w, "status", status);
    json_w_str(w, "detail", str_or_empty(formatted));
    json_w_end(w);
    free(formatted);
    size_t size;
    char *json_text = json_w_take(w, &size);
    exchange_set_answer(x, status, MHD_create_response_from_buffer_with_free_callback(size, json_text, free),
                        "application/problem+json");
}

bool http_gone(const struct http_exchange *x)
{
    return !x->connection || x->lost;
}
