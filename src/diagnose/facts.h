/* What a bundle says, indexed: objects by reference and kind, events by object, logs by container, what is known to be absent.
 *
 * Everything in a bundle may be wrong, of any type, or hostile: what has no sound name or kind is left out and counted, the rest is read
 * by accessors that answer "absent".  Facts borrow from the document and from the arena given to facts_load and never change after it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"

#define FACTS_EVENTS_MAX  200000 /* events, and log pieces, that are looked at; the rest is counted in refused */
#define FACTS_OBJECTS_MAX 500000

struct object {
    const char *id;                       /* "pod/shop/cart-1"                                       */
    const char *kind, *namespace_, *name; /* kind in lower case; namespace_ "" where there is none   */
    const char *owner;                    /* id of the controller, in the bundle or not; NULL: none  */
    json *value, *meta, *spec, *status;   /* NULL where it is no object                              */
    int64_t created, deleted;             /* wall ms, 0: not known, not being deleted                */
};

struct event {
    const char *object;           /* id of the object it is about                            */
    const char *reason, *message; /* never NULL; without "(combined from similar events): "  */
    const char *container;        /* container of a Pod, or ""                               */
    bool warning;
    int64_t first, last, count;
};

struct log {
    const char *pod, *container; /* pod: "pod/shop/cart-1"                                  */
    const char *text;            /* never NULL                                              */
    size_t size;
    bool previous, truncated;
};

struct objects {
    const struct object *items;
    size_t count;
};

struct events {
    const struct event *items; /* newest first                                            */
    size_t count;
};

struct facts {
    struct object *objects; /* by kind, namespace, name                                */
    size_t n_objects;
    struct event *events; /* by object, newest first                                 */
    size_t n_events;
    struct log *logs; /* by pod, container, previous                             */
    size_t n_logs;
    const char **absent; /* ids, sorted                                             */
    size_t n_absent;
    const char **lists; /* "kind/namespace" that was listed whole, sorted          */
    size_t n_lists;
    int64_t now;                                          /* when it was collected, wall ms                          */
    const char *cluster, *scope_object, *scope_namespace; /* "" for none                             */
    json *not_checked;
    int64_t calls, ms;
    size_t refused; /* pieces without a sound kind and name                    */
};

/* 0, or -1: root is no bundle. */
int facts_load(struct facts *f, const json *root, struct arena *a, struct err *e) MUST_CHECK;

/* The object, or NULL when the bundle does not have it. */
const struct object *facts_get(const struct facts *f, const char *id);
const struct object *facts_find(const struct facts *f, const char *kind, const char *namespace_, const char *name);

/* All of a kind; of one namespace. */
struct objects facts_kind(const struct facts *f, const char *kind);
struct objects facts_in(const struct facts *f, const char *kind, const char *namespace_);

/* Is it there?  ABSENT is a statement (the API server answered 404, or a whole list does not hold it), UNKNOWN is none. */
enum presence { UNKNOWN, PRESENT, ABSENT };
enum presence facts_presence(const struct facts *f, const char *kind, const char *namespace_, const char *name);

/* Was that kind listed whole in that namespace (or in all)? */
bool facts_listed(const struct facts *f, const char *kind, const char *namespace_);

struct events facts_events(const struct facts *f, const char *id);

/* The newest event of an object with that reason, or NULL.  container "" or NULL: of any container. */
const struct event *facts_event(const struct facts *f, const char *id, const char *reason, const char *container);

/* The log, or NULL when the bundle has none; one that only says that it could not be had counts as none. */
const struct log *facts_log(const struct facts *f, const char *pod, const char *container, bool previous);

/* Name of the object of that kind and namespace that is written most alike, or NULL. */
const char *facts_nearest(const struct facts *f, const char *kind, const char *namespace_, const char *name);

/* "kind/namespace/name" in the arena. */
const char *facts_id(struct arena *a, const char *kind, const char *namespace_, const char *name);

/* True for what Kubernetes allows as a name of any object (also of a role: colons); nothing else gets into a reference. */
bool facts_name_is_sound(const char *name);

/* A time field as wall ms, 0 when it is absent or none. */
int64_t facts_time(const json *v);
