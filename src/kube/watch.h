/* Follows one kind for ever: list, watch, resume, list again, back off (kube/watch_plan.h decides).
 *
 * The owner is told of every object with the version to resume from, of breaks in continuity, and of the watch's
 * health.
 */
#pragma once

#include "kube/kube.h"

struct kube_watch;

enum kube_change {
    KUBE_LISTED,      /* part of a list: there now, seen before or not */
    KUBE_ADDED, KUBE_MODIFIED, KUBE_DELETED,
};

enum kube_watch_state {
    KUBE_WATCH_STARTING,
    KUBE_WATCH_LISTING,      /* or asks whether its version is still known                    */
    KUBE_WATCH_OPEN,
    KUBE_WATCH_PAUSED,       /* waits after a failure, then tries again                       */
    KUBE_WATCH_FORBIDDEN,    /* the same after 401 or 403                                     */
};

struct kube_watch_handlers {
    /* version: the place in the stream after this object, "" inside a list. */
    void (*object)(void *arg, enum kube_change change, json *object, const char *version);

    /* A list is complete: what was not LISTED since list_began is gone.  version: the list's.  A list that fails is
     * begun again. */
    void (*list_began)(void *arg);
    void (*listed)(void *arg, const char *version);

    /* Nothing happened up to here (a bookmark): a later version to resume from.  May be NULL. */
    void (*place)(void *arg, const char *version);

    /* Continuity was broken (410, a new cluster behind the same address, a frame that nobody can read): what
     * happened after `from` may be missing, up to the list that follows.  cause: "watch_expired",
     * "version_from_the_future", "frame_unreadable". */
    void (*broken)(void *arg, const char *cause, const char *from);

    /* The state changed; err is NULL or why. */
    void (*state)(void *arg, enum kube_watch_state state, const struct err *err);
};

struct kube_watch_config {
    const struct kube_kind *kind;
    const char *namespace_;        /* NULL: all                                                               */
    const char *query;             /* field or label selector, escaped, or NULL                               */
    const char *version;           /* resume from here without a list, or NULL                                */
    int64_t slice_ms;              /* gathers what arrives for so long before it is read: wake-ups cost; 0: no */
    int64_t pause_first_ms, pause_most_ms;    /* of the back-off; 0: 800, 30000                               */
    int64_t silence_ms;            /* an open watch that says nothing for so long is checked; 0: 600000       */
    int64_t timeout_ms;            /* after which we ask the server to end a watch; 0: random 300 to 600 s    */
    size_t frame_max;              /* bytes of one frame; 0: 4 MiB; a longer one breaks the watch             */
};

/* handlers are copied; object, list_began, listed, broken, state may be NULL too.  Everything else config points to
 * is copied as well, kind lives for ever.  Handlers run on the loop, never inside this call, and may call
 * kube_watch_free and kube_watch_pause. */
struct kube_watch *kube_watch_new(struct kube *k, const struct kube_watch_config *config,
                                  const struct kube_watch_handlers *handlers, void *arg);
void kube_watch_free(struct kube_watch *w);

/* Back-pressure: while paused nothing is read from the socket and no page of a list is asked for.  What is left of
 * a page at hand (500 objects at most) still comes. */
void kube_watch_pause(struct kube_watch *w, bool pause);

enum kube_watch_state kube_watch_state(const struct kube_watch *w);

/* Milliseconds since the server last proved alive on this watch: a frame, a bookmark, an answer; never more than 30 s while
 * a watch is open, because the connection's keep-alive would have ended it.  -1: never. */
int64_t kube_watch_age_ms(const struct kube_watch *w);
