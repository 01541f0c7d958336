/* Routes as table rows: the gateway, health ports and kubesim serve from them, and OpenAPI is printed from them. */
#pragma once

#include <stddef.h>

#include "http/server.h"

#define ROUTE_PARAMS_MAX 8

struct route_param {
    const char *name, *help;      /* a query parameter                                     */
};

struct route {
    const char *method;           /* "GET"                                                 */
    const char *pattern;          /* "/api/v1/clusters/{id}"; a segment in braces matches one segment; "{rest...}" the remainder */
    void (*handler)(void *arg, struct http_exchange *x);
    const char *summary;          /* one sentence, for OpenAPI                             */
    const char *tag;
    const char *answer;           /* name of the answer's schema, or NULL                  */
    int success;                  /* its status; 0: 200                                    */
    const char *body;             /* name of the request body's schema, with a "?" behind it where the body may be left out; NULL: none */
    const struct route_param *params;
    size_t n_params;
    const void *detail;           /* the table owner's own, for handlers that serve several rows; may be NULL */
};

/* Finds the row for the request and runs its handler; 404, or 405 with Allow, as a problem when there is none. Path parameters are then at route_param(). */
void route_dispatch(const struct route *routes, size_t count, void *arg, struct http_exchange *x);

/* The row that serves the request; for handlers. */
const struct route *route_of(const struct http_exchange *x);

/* A segment's value by its name in the pattern, decoded; NULL when the pattern has none. Valid as long as the request. */
const char *route_value(const struct http_exchange *x, const char *name);
