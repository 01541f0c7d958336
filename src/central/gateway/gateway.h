/* The gateway's parts, shared inside this folder only: its state, and which file does what.
 *
 *   gateway.c   the service's row: opens both listeners, and what every request meets first
 *   guard.c     which requests are refused before anybody looks at their route, and the headers of every answer
 *   routes.c    the table of routes; /openapi.json is printed from it (openapi.c, schema.c)
 *   ask.c       a request to another service, and its answer on its way to the reader
 *   query_params.c   query parameters: what each may hold
 *   clusters.c, status.c, commands.c, reports.c   routes that need more than one question, or none
 *   stream.c    /api/v1/stream
 *   site.c      the dashboard's files
 *
 * No database, no waiting: each request becomes a request on the bus with a deadline, and is answered when that is.
 */
#pragma once

#include "central/service.h"
#include "http/router.h"

struct ask;
struct stream;

struct gateway {
    struct service_context *c;
    struct http_server *server;       /* NULL: http_listen is empty      */
    struct http_server *metrics;      /* NULL: metrics_listen is empty   */
    struct ask *asks;                 /* waiting for answers             */
    struct stream *stream;
    char *openapi;                    /* the text of /openapi.json       */
    size_t openapi_size;
    int64_t started_at;               /* wall ms                         */
};

/* routes.c: every route but the dashboard's files. */
extern const struct route gateway_routes[];
extern const size_t gateway_routes_count;

/* clusters.c */
void clusters_list(void *gateway, struct http_exchange *x);
void clusters_one(void *gateway, struct http_exchange *x);

/* reports.c */
void reports_show(void *gateway, struct http_exchange *x);

/* status.c */
void status_show(void *gateway, struct http_exchange *x);
void status_live(void *gateway, struct http_exchange *x);
void status_ready(void *gateway, struct http_exchange *x);

/* commands.c */
void admission_accept(void *gateway, struct http_exchange *x);
void admission_refuse(void *gateway, struct http_exchange *x);
void commands_post(void *gateway, struct http_exchange *x);
