/* Collects an evidence bundle (wire/bundle.h) from an API server.
 *
 * Reads only, bounded by number of calls, bytes and time.  What could not be read stands in not_checked with the
 * reason.
 */
#pragma once

#include "kube/kube.h"
#include "wire/bundle.h"

struct evidence;    /* one collection under way */
struct floods;

struct evidence_request {
    const char *cluster_id;
    /* "pod/shop/cart-1": its owners up, its pods down, what they refer to, their node, events, logs.  NULL: everything in
     * namespace_; "namespace//shop" is the same as NULL with that namespace. */
    const char *object;
    const char *namespace_;       /* with object NULL: one namespace, or NULL for the whole cluster   */
    int64_t timeout_ms;           /* 0: 10 s                                                          */
    int calls_max;                /* 0: 60 for an object, 2000 for a cluster                          */
    size_t size_max;              /* 0: BUNDLE_SIZE_MAX, respectively BUNDLE_ALL_MAX                  */
    bool no_logs;
    struct floods *floods;        /* what earlier collections found to be too many; NULL: nobody remembers */
};

struct evidence_counts {
    int calls;
    int64_t ms;
    int not_checked;
    int64_t redactions;
};

/* text: the bundle, valid during done.  err: NULL, or why there is none (the API server could not be reached at
 * all). */
typedef void (*evidence_done)(void *arg, const char *text, size_t size, const struct evidence_counts *counts,
                              const struct err *err);

/* done runs once on the loop, never inside the call. */
struct evidence *evidence_collect(struct kube *k, struct loop *l, const struct evidence_request *request,
                                  evidence_done done, void *arg);
void evidence_cancel(struct evidence *ev);    /* done will not be called */
