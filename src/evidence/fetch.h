/* Asks the API server within a budget: at most FETCH_PARALLEL calls at a time, so many in all, until a deadline.
 *
 * What is answered goes into a collection or to the asker's function; what is refused, missing, too much or too
 * late goes into the collection's not_checked, absent and lists.  One of it for one collection, on its loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence/collection.h"
#include "evidence/pod.h"
#include "kube/kube.h"

#define FETCH_PARALLEL   8
#define FETCH_PAGE_ITEMS 500
#define FETCH_LOG_BYTES  (256u << 10) /* of a log's last lines as the server sends them */

struct fetch;

/* All that was asked is answered.  What is asked from within it is asked still, within the same limits, and then it is called again; when
 * nothing is, fetch is to be freed.  err: the API server could not be reached or does not let us in; nothing was collected. */
typedef void (*fetch_idle)(void *arg, const struct err *err);

struct fetch_limits {
    int calls_max;
    int64_t time_ms;
};

/* idle is called on a turn of its own. */
struct fetch *fetch_new(struct kube *k, struct loop *l, struct collection *into, const struct fetch_limits *limits,
                        fetch_idle idle, void *arg);
void fetch_free(struct fetch *f); /* cancels what runs */
int fetch_calls(const struct fetch *f);

/* The server's gitVersion, "" before it is known. */
void fetch_version(struct fetch *f);
const char *fetch_server_version(const struct fetch *f);

/* One object, once whoever asks.  It is kept with the rank, then found(arg, kind, object) is called.  When there is none,
 * a 404 goes to absent and anything else to not_checked, then failed is called.  Both may be NULL.  Secrets are asked for
 * as metadata. */
struct fetch_object {
    const struct kube_kind *kind;
    const char *namespace_, *name;
    enum collection_rank rank;
    bool quiet; /* a 404 is nothing to tell of */
    void (*found)(void *arg, const struct kube_kind *kind, json *object);
    void (*failed)(void *arg, const struct kube_kind *kind, const char *name, bool absent);
};
void fetch_get(struct fetch *f, const struct fetch_object *o, void *arg);

/* A list, page by page.  Each item is given to item; or, when that is NULL, kept with the rank.  end is told
 * whether it was whole. */
typedef void (*fetch_end)(void *arg, const struct kube_kind *kind, bool whole);
struct fetch_list {
    const struct kube_kind *kind;
    const char *namespace_, *query;
    enum collection_rank rank;
    int pages_max;
    bool metadata; /* names only                                                   */
    bool claim;    /* goes to lists when whole: what is not in it is not there      */
    bool quiet;    /* that there is more, or nothing of the kind, is nothing to tell of */
    bool one_page; /* a list that goes on behind its first page is of no use: not one item is looked at, end is told */
    void (*item)(void *arg, const struct kube_kind *kind, json *object);
    fetch_end end;
};
void fetch_all(struct fetch *f, const struct fetch_list *l, void *arg);

/* A container's log, into the collection. */
void fetch_log(struct fetch *f, const char *namespace_, const char *pod, const struct pod_log *log);
