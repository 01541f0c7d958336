/* What has been read so far, and how it becomes a bundle.
 *
 * Objects are kept once each, trimmed and redacted when they come in, as text.  Writing sorts everything, so that
 * the same cluster gives the same bundle whatever order the answers came in, and leaves out the least important
 * until the limit holds; each kind of omission is noted in not_checked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "kube/kube.h"

/* Why an object is there: the higher, the sooner it is left out. */
enum collection_rank {
    RANK_SCOPE, /* what was asked about                          */
    RANK_OWNER, /* and its owners                                */
    RANK_POD,
    RANK_REFERENCED, /* named by one of those                         */
    RANK_CONTEXT,    /* listed beside them                            */
};

struct collection;

/* size_max: bytes of the bundle.  everything: the bundle is of a namespace or cluster: all events are kept, not
 * only those of its objects. */
struct collection *collection_new(size_t size_max, bool everything);
void collection_free(struct collection *c);

/* Keeps an object; one that is there already keeps the better of both ranks, and is replaced when it was metadata
 * only. */
void collection_object(struct collection *c, const struct kube_kind *kind, const json *object,
                       enum collection_rank rank);
bool collection_has(const struct collection *c, const char *kind, const char *namespace_, const char *name);

/* Events of this object are kept although it is not there: it may not be read. */
void collection_tell_of(struct collection *c, const char *kind, const char *namespace_, const char *name);

/* Adds a member to an object that is there: member is JSON text. */
void collection_extend(struct collection *c, const char *kind, const char *namespace_, const char *name,
                       const char *key, const char *member);

void collection_event(struct collection *c, const json *event);

/* A log as the API server sent it: it is redacted, and cut to BUNDLE_LOG_LINES and BUNDLE_LOG_BYTES. */
struct collection_log {
    const char *namespace_, *pod, *container;
    const char *text;
    size_t size;
    bool previous, truncated;
};
void collection_log(struct collection *c, const struct collection_log *log);

/* kind: lower-case singular. */
void collection_absent(struct collection *c, const char *kind, const char *namespace_, const char *name);
void collection_listed(struct collection *c, const char *kind, const char *namespace_, size_t count);
void collection_unchecked(struct collection *c, const char *what, const char *why, const char *verb,
                          const char *resource, const char *namespace_);

/* Is there a log of which holds(text, word) is true? */
bool collection_log_holds(const struct collection *c, bool (*holds)(const char *text, const char *word),
                          const char *word);

/* Every log that is there, one after the other. */
void collection_each_log(const struct collection *c, void (*see)(void *arg, const char *text), void *arg);

struct collection_facts {
    const char *cluster_id, *server_version;
    const char *object, *namespace_; /* the scope; both NULL: the cluster */
    int64_t collected_at_ms;
    int calls;
    int64_t ms;
};

/* The bundle as JSON; free() it.  The collection is used up. */
char *collection_write(struct collection *c, const struct collection_facts *facts, size_t *size);
int collection_not_checked(const struct collection *c);
int64_t collection_redactions(const struct collection *c);
