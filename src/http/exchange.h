/* The insides of a server, for the files of this folder: server.c drives the daemon, exchange.c a request and its answer, stream.c an
 * answer without a known end, strict.c says which requests are refused.
 *
 * An exchange is made when its request line is in, handed to the handler when the whole request is in, and freed when it is
 * answered and its connection is done with it, whichever comes last.
 */
#pragma once

#include <microhttpd.h>

#include "base/arena.h"
#include "base/str.h"
#include "http/server.h"
#include "http/uri.h"

struct http_connection {
    struct http_connection *prev, *next;
    int fd;
    int64_t since_ms; /* when it began to wait for a request */
    bool waiting;     /* no whole request yet: must come in time */
    bool cut;         /* it did not */
};

struct http_server {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct poll *poll;
    struct timer turn;  /* what the library asked for, or a kick */
    struct timer sweep; /* cuts connections whose request does not come */
    struct http_limits limits;
    http_handler handler;
    void *arg;
    int port;
    char *socket_path; /* to be removed at the end, or NULL */
    bool closing;
    struct http_connection *connections;
    struct http_exchange *exchanges;
};

struct http_field {
    struct http_field *next;
    const char *name, *value;
};

enum exchange_state {
    EXCHANGE_READING,  /* headers and body come in */
    EXCHANGE_HANDED,   /* the handler owes an answer */
    EXCHANGE_ANSWERED, /* the answer is made */
};

struct http_exchange {
    struct http_exchange *prev, *next;
    struct loop *loop;
    struct http_server *server;        /* NULL once the server is gone */
    struct MHD_Connection *connection; /* NULL once it is done with us */
    struct arena arena;                /* request and path parameters */
    const char *target;                /* as sent */
    const char *method;
    struct uri uri;
    struct http_field *fields; /* of the request, in order */
    struct buf body;
    size_t surplus; /* body bytes thrown away because of the limit */
    char peer[64];
    enum exchange_state state;
    bool headers_in;
    bool inside; /* the library is calling us: answer in place */
    bool suspended;
    bool lost;          /* the client went away while we were suspended */
    struct poll *watch; /* for its going away */
    struct MHD_Response *answer;
    int status;
    struct http_field *answer_fields;
    struct http_stream *stream;
    const struct route *route; /* the row that serves it */
    struct http_field *params; /* the route's */
    void *attached;
    void (*drop)(void *data);
};

/* server.c */
void server_kick(struct http_server *s);    /* runs the daemon in the next turn */
void server_count_refused(const char *why); /* a request or connection turned away before a handler saw it */
void server_count_full(void);               /* a piece of a stream that found its buffer full */

/* exchange.c: the daemon's callbacks, cls is the server */
void *exchange_begin(void *cls, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_size, void **req);
void exchange_completed(void *cls, struct MHD_Connection *connection, void **req, enum MHD_RequestTerminationCode why);
void exchange_suspend(struct http_exchange *x);
void exchange_resume(struct http_exchange *x);
void exchange_set_answer(struct http_exchange *x, int status, struct MHD_Response *answer, const char *content_type);
const char *exchange_field(const struct http_field *fields, const char *name);

/* stream.c */
void stream_closed(struct http_stream *s); /* the connection is done with it */

/* strict.c: 0, or the status to refuse the request with, and why in *detail. */
int strict_check(const struct http_exchange *x, const char *version, size_t header_size, const char **detail);

/* listen.c: a listening socket, *port set for TCP, *socket_path for "unix:".  -1 with *e. */
int listen_open(const char *listen_text, int *port, char **socket_path, struct err *e) MUST_CHECK;
