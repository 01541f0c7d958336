/* An HTTP/1.1 server on a loop, over libmicrohttpd.
 *
 * Handlers run on the loop's thread and answer at once, later, or as a stream.  Everything that libmicrohttpd lets pass and a proxy might read
 * differently (two Content-Lengths, Content-Length with chunked, no Host, bare LF, obs-fold) is answered 400 and closed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/loop.h"

struct http_server;
struct http_exchange;    /* one request and its answer; lives until it is answered and sent, or its connection ends */
struct http_stream;

struct http_limits {
    size_t body_max;              /* bytes of a request body: 413 beyond                        */
    size_t header_max;            /* bytes of request line and headers: 431/414 beyond          */
    int connections_max, per_address_max;
    int64_t idle_ms;              /* a connection without progress is closed after this         */
};
extern const struct http_limits http_default_limits;    /* 1 MiB, 16 KiB, 512, 64, 30 s */

typedef void (*http_handler)(void *arg, struct http_exchange *x);

struct http_tls {                 /* PEM texts, borrowed until http_server_new returns           */
    const char *certificate, *key;
};

/* listen: "127.0.0.1:8090", ":8090", "[::1]:0", "unix:/path".  Port 0 takes a free one.  limits, tls may be NULL.  handler gets every request.
 * NULL with *e ("127.0.0.1:8090 is taken by another process; choose another with --http-listen"). */
struct http_server *http_server_new(struct loop *l, const char *listen, const struct http_limits *limits, const struct http_tls *tls,
                                    http_handler handler, void *arg, struct err *e);

/* Stops listening, closes connections, streams see their end.  On the loop's thread. */
void http_server_free(struct http_server *s);
int http_server_port(const struct http_server *s);

/* The request; valid until it is answered. */
const char *http_method(const struct http_exchange *x);
const char *http_path(const struct http_exchange *x);                               /* decoded, without query; always starts with "/" */
const char *http_query(const struct http_exchange *x, const char *name);            /* decoded; NULL when absent  */
const char *http_header(const struct http_exchange *x, const char *name);           /* case-insensitive           */
const char *http_body(const struct http_exchange *x, size_t *size);
const char *http_peer(const struct http_exchange *x);                               /* address as text            */

/* Per-exchange state of the handler (struct captured parameters and such); run drop(data) at the end of the exchange. */
void http_attach(struct http_exchange *x, void *data, void (*drop)(void *data));
void *http_attached(const struct http_exchange *x);

/* Before the answer: an additional header.  The same name again replaces its value. */
void http_set_header(struct http_exchange *x, const char *name, const char *value);

/* The answer.  Data is copied.  Exactly one of these once; x is dead afterwards.  May be called later from the loop's thread: when the client went away
 * meanwhile it is silently dropped, so an exchange that waits must be kept by its handler until then (http_gone tells). */
void http_reply(struct http_exchange *x, int status, const char *content_type, const void *data, size_t size);
void http_reply_static(struct http_exchange *x, int status, const char *content_type, const void *data, size_t size);    /* data lives for ever: not copied */
void http_reply_json(struct http_exchange *x, int status, struct json_w *w);                                            /* takes the text out of w */
void http_reply_problem(struct http_exchange *x, int status, const char *detail, ...) ERR_PRINTF(3, 4);                 /* application/problem+json */
bool http_gone(const struct http_exchange *x);

/* A chunked answer without a known end: server-sent events, watches, logs.  buffer_max bounds what waits for a slow reader. closed(arg) runs once when the
 * reader went away or after http_stream_end; the stream is dead after it. */
struct http_stream *http_stream_begin(struct http_exchange *x, int status, const char *content_type, size_t buffer_max,
                                      void (*closed)(void *arg), void *arg);
/* 0, or 1 when the buffer is full: nothing was taken. */
int http_stream_send(struct http_stream *s, const void *data, size_t size) MUST_CHECK;
size_t http_stream_waiting(const struct http_stream *s);
void http_stream_end(struct http_stream *s);      /* sends what waits, then the last chunk          */
void http_stream_cut(struct http_stream *s);      /* drops the connection without the last chunk     */
