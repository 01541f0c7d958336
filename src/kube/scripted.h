/* An API server for tests that says, byte for byte, what a test tells it to.
 *
 * Raw sockets on the test's own loop: it decides where a chunk ends, when a connection is cut, and what is no HTTP
 * at all.
 */
#pragma once

#include <stddef.h>

#include "base/loop.h"

struct scripted;
struct scripted_connection;

/* request: its head, 0-terminated ("GET /api/v1/pods?limit=500 HTTP/1.1\r\n..."). */
typedef void (*scripted_request)(void *arg, struct scripted_connection *c, const char *request);

struct scripted *scripted_new(struct loop *l, scripted_request on_request, void *arg);
void scripted_free(struct scripted *s);
const char *scripted_url(const struct scripted *s);    /* http://127.0.0.1:PORT */
int scripted_requests(const struct scripted *s);
int scripted_open(const struct scripted *s);           /* connections           */

/* Bytes as they are. */
void scripted_send(struct scripted_connection *c, const char *data, size_t size);

/* A whole answer with Content-Length. */
void scripted_answer(struct scripted_connection *c, int status, const char *type, const char *headers,
                     const char *body);
void scripted_json(struct scripted_connection *c, int status, const char *body);

/* A chunked answer: its head, chunks of any form, and its proper end. */
void scripted_begin(struct scripted_connection *c);
void scripted_chunk(struct scripted_connection *c, const char *data, size_t size);
void scripted_end(struct scripted_connection *c);

/* Closes the connection once everything is sent. */
void scripted_close(struct scripted_connection *c);
