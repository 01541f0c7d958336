/* The Kubernetes API over HTTP: paths, verbs, access, errors.  What a request asks for is taken apart here and served by the api_*.c files. */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "sim/sim.h"

struct api_request {
    struct sim *sim;
    struct http_exchange *x;
    enum kind kind;
    const char *verb;               /* "list", "watch", "get", "create", "patch", "delete" */
    char namespace[254], name[254]; /* "": all, none */
    char sub[64];                   /* "log", "status", … */
};

/* The handler for the HTTP server; arg is the sim. */
void api_handle(void *arg, struct http_exchange *x);

/* Requests that still wait for their answer get none any more; behind the end of the server. */
void api_forget_late(struct sim *s);

/* ---- answers ---- */

/* Headers that every answer of an API server carries. */
void api_set_headers(struct sim *s, struct http_exchange *x);

/* A Status with this code and reason.  details: JSON for the member details, or NULL. */
void api_status(struct sim *s, struct http_exchange *x, int code, const char *reason, const char *details,
                const char *message, ...) ERR_PRINTF(6, 7);
void api_not_found(const struct api_request *r);

/* The Status alone, as it also stands in an ERROR frame of a watch. free() it. */
char *api_status_text(int code, const char *reason, const char *details, const char *message);

/* JSON text in as many pieces as it takes; compressed when it is large and the client takes that. */
void api_send(struct sim *s, struct http_exchange *x, struct buf *text);

/* ---- what is served ---- */

void api_list(struct api_request *r);
void api_get(struct api_request *r);
void api_log(struct api_request *r);
void api_delete(struct api_request *r);
void api_patch(struct api_request *r);
void api_create(struct api_request *r);
void api_scale(struct api_request *r);

/* The kind that clients write themselves: create and update, delete. */
void api_lease_write(struct api_request *r);
void api_lease_delete(struct api_request *r);

void api_metrics(struct sim *s, struct http_exchange *x, const char *path);

/* False when the path is none of discovery's. */
bool api_discover(struct sim *s, struct http_exchange *x, const char *path);

/* POST to authorization.k8s.io; false when it is none. */
bool api_review(struct sim *s, struct http_exchange *x, const char *path);

/* Is the client's account allowed this?  It carries out what an operator's tool changes, too, which the account's role would not allow: what
 * the role allows, access reviews tell. */
bool api_allowed(const struct sim *s, const char *verb, const char *resource, const char *sub);

/* "metadata only" was asked for by Accept. */
bool api_wants_metadata(const struct http_exchange *x);

/* Appends an object as the request wants it: with kind and apiVersion or without, all of it or its metadata. */
enum api_form { FORM_ITEM, FORM_WHOLE };
void api_add_object(struct buf *out, const struct revision *r, enum api_form form, bool metadata_only);
