/* What the API server stores: every object, every revision of it, and the order in which the revisions were made.
 *
 * As in etcd one counter numbers all revisions.  The past is kept up to a number of revisions and of bytes; what was older is compacted, and
 * whoever asks for it hears 410.  A state of the past (the next page of a list) is read from the revisions.
 *
 * The text of a revision is the object's JSON without kind and apiVersion, as lists want it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kinds.h"

enum verb { VERB_ADDED, VERB_MODIFIED, VERB_DELETED };

struct revision {
    struct revision *older; /* of the same object, while it is kept */
    struct object *object;
    uint64_t version;
    enum verb verb;
    bool handed; /* some client has got it */
    size_t size;
    char text[];
};

struct object {
    enum kind kind;
    char *namespace, *name; /* namespace "" for what has none */
    char uid[37];
    int64_t created_ms;
    struct revision *newest; /* NULL before the first history_put */
    bool gone;               /* deleted; kept for its past */
};

/* Called with each new revision, in order. */
typedef void (*history_watch)(void *arg, struct revision *r);

struct history_limits {
    size_t revisions, bytes;
};

struct history;
struct history *history_new(const struct history_limits *limits, uint64_t seed, history_watch watch, void *arg);
void history_free(struct history *h);

uint64_t history_version(const struct history *h);   /* the newest */
uint64_t history_compacted(const struct history *h); /* the newest of those that are forgotten */

/* A new object with its uid; it is seen from its first history_put on.  There must be no other of this name. */
struct object *history_object(struct history *h, enum kind kind, const char *namespace, const char *name,
                              int64_t now_ms);

/* NULL when there is none now. */
struct object *history_find(const struct history *h, enum kind kind, const char *namespace, const char *name);

/* text holds "resourceVersion":"0" once, in its metadata, where the new version is written.  False when nothing but that would have changed: then
 * there is no new revision, as in the real one. */
bool history_put(struct history *h, struct object *o, const char *text, size_t size);

/* A DELETED revision with the last text.  The object may be freed by a later compaction: forget it. */
void history_delete(struct history *h, struct object *o);

/* Forgets everything but the present state: what went before is too old from now on. */
void history_compact(struct history *h);

/* Revisions in their order, by position.  history_first is the oldest position kept, history_end one behind the newest. */
uint64_t history_first(const struct history *h);
uint64_t history_end(const struct history *h);
struct revision *history_at(const struct history *h, uint64_t position);

/* The position of the first revision newer than version. */
uint64_t history_after(const struct history *h, uint64_t version);

/* The objects of a kind in order of namespace and name, gone ones included. */
struct object *const *history_objects(const struct history *h, enum kind kind, size_t *count);

/* What the object was at a version that is not compacted: its revision then, or NULL when it was not there. */
struct revision *history_state(const struct object *o, uint64_t version);
