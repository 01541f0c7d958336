/* The inside of a struct kube, for the files of this folder: call, list and watch. */
#pragma once

#include "base/loop.h"
#include "http/client.h"
#include "kube/credential.h"
#include "kube/kube.h"

/* What runs on a struct kube: calls, lists and watches embed one, first.  Owned by whoever started it; kube_free
 * drops what is left. */
struct kube_request {
    struct kube *kube;
    struct kube_request *next, **link;
    void (*drop)(struct kube_request *r);    /* ends it without a callback and frees it */
};

struct kube {
    struct loop *loop;
    struct http_client *http;
    struct credential credential;
    char *user_agent;                /* the whole header line                        */
    struct kube_request *requests, **last;    /* oldest first: an owner comes before what it has started */
    struct timer reload;             /* of CA and certificate files                  */
    struct kube_counts counts;
};

void kube_request_add(struct kube *k, struct kube_request *r, void (*drop)(struct kube_request *r));
void kube_request_remove(struct kube_request *r);

struct kube_send {
    const char *method;              /* NULL: GET                                    */
    const char *path;                /* with query                                   */
    const char *accept;              /* NULL: application/json                       */
    const char *body, *content_type;
    int64_t total_ms;
    size_t body_max;
    bool compressed;
};

/* One HTTP request with our credentials. */
struct http_call *kube_send(struct kube *k, const struct kube_send *send, const struct http_stream_handlers *stream,
                            http_done done, void *arg);

/* A list asks for no further page while it is paused; what is left of the page at hand is still handed out. */
void kube_list_pause(struct kube_request *list, bool pause);
