/* An HTTP client on a loop, over libcurl's multi interface.  HTTP/1.1, so that back-pressure is TCP's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"

struct http_client;    /* connections, shared by its calls */
struct http_call;

struct http_identity {
    const char *ca_file;          /* PEM; NULL: the system's                                  */
    const char *ca_pem;           /* the same as text, preferred                              */
    const char *cert_file, *key_file, *cert_pem, *key_pem;
    const char *server_name;      /* TLS name to expect, or NULL for the URL's                */
    bool insecure;                /* no verification: only where the user said so             */
};

/* identity's strings are copied.  Call again with http_client_identity when files were rotated. */
struct http_client *http_client_new(struct loop *l, const struct http_identity *identity, int connections_max);
void http_client_identity(struct http_client *c, const struct http_identity *identity);
void http_client_free(struct http_client *c);    /* cancels what runs: done is not called */

struct http_get {
    const char *method;           /* NULL: GET                                                */
    const char *url;              /* http://, https://                                        */
    const char *const *headers;   /* "Name: value", NULL-terminated, or NULL                  */
    const char *bearer;           /* token for Authorization, or NULL                         */
    const char *body;             /* request body, or NULL                                    */
    size_t body_size;
    int64_t connect_ms;           /* TCP and TLS; 0: 10 s                                     */
    int64_t total_ms;             /* whole call; 0: none (watches)                            */
    int64_t silence_ms;           /* no byte for so long ends the call with ERR_TIMEOUT; 0: none */
    size_t body_max;              /* bytes of a collected answer: ERR_TOO_LARGE beyond; 0: 1 MiB */
    bool compressed;              /* ask for gzip                                             */
};

struct http_answer {
    int status;                   /* 0 when there was none                                    */
    const char *content_type;
    int64_t retry_after_ms;       /* 0: the server did not say                                */
    const char *body;             /* collected body, 0-terminated; valid during done          */
    size_t size;
    bool whole;                   /* the body came to its proper end                          */
    const struct err *err;        /* NULL when a whole answer came, whatever its status        */
};

typedef void (*http_done)(void *arg, const struct http_answer *answer);

/* status is called once before the first data.  Returns false to give the call up (done is called with what there is). */
struct http_stream_handlers {
    bool (*begin)(void *arg, int status);
    void (*data)(void *arg, const char *data, size_t size);
};

/* stream NULL: the body is collected.  With stream: a status of 200 streams to stream->data, others are collected for done.  done runs once on the loop,
 * never inside http_call.  The call is dead after done. */
struct http_call *http_call(struct http_client *c, const struct http_get *get, const struct http_stream_handlers *stream, http_done done, void *arg);
void http_call_cancel(struct http_call *call);     /* done will not be called */
void http_call_pause(struct http_call *call, bool pause);    /* stops reading from the socket */

/* Percent-encodes one path segment or query value; free() it. */
char *http_escape(const char *text);
