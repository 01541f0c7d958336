/* Follows one kind for ever: list, watch, resume, list again, back off (kube/watch_plan.h decides).
 *
 * The owner is told of every object with the version to resume from, of breaks in continuity, and of the watch's health.
 */
#pragma once

#include "kube/kube.h"

struct kube_watch;

enum kube_change {
    KUBE_LISTED,      /* part of a list: there now, seen before or not */
    KUBE_ADDED, KUBE_MODIFIED, KUBE_DELETED,
};

enum kube_watch_state {
    KUBE_WATCH_STARTING, KUBE_WATCH_LISTING, KUBE_WATCH_OPEN, KUBE_WATCH_PAUSED, KUBE_WATCH_FORBIDDEN,
};

struct kube_watch_handlers {
    /* version: the place in the stream after this object, "" inside a list. */
    void (*object)(void *arg, enum kube_change change, json *object, const char *version);

    /* A list is complete: what was not LISTED since list_began is gone.  version: the list's. */
    void (*list_began)(void *arg);
    void (*listed)(void *arg, const char *version);

    /* Continuity was broken (410 or a new cluster behind the same address): what happened after `from` may be missing, up to the list that follows.
     * cause: "watch_expired", "version_from_the_future". */
    void (*broken)(void *arg, const char *cause, const char *from);

    /* The state changed; err is NULL or why. */
    void (*state)(void *arg, enum kube_watch_state state, const struct err *err);
};

struct kube_watch_config {
    const struct kube_kind *kind;
    const char *namespace_;            /* NULL: all                                                                   */
    const char *query;                 /* field or label selector, escaped, or NULL                                    */
    const char *version;               /* resume from here without a list, or NULL                                     */
    int64_t slice_ms;                  /* gathers what arrives for so long before it is read (wake-ups cost); 0: at once */
    int64_t pause_first_ms, pause_most_ms, silence_ms;    /* 0: 800, 30000, 600000                                      */
    int64_t timeout_ms;                /* what we ask the server to end a watch after; 0: random 300 to 600 s           */
    size_t frame_max;                  /* bytes of one frame; 0: 4 MiB; longer ones are skipped and counted as broken    */
};

struct kube_watch *kube_watch_new(struct kube *k, const struct kube_watch_config *config, const struct kube_watch_handlers *handlers, void *arg);
void kube_watch_free(struct kube_watch *w);

/* Back-pressure: while paused nothing is read from the socket. */
void kube_watch_pause(struct kube_watch *w, bool pause);

enum kube_watch_state kube_watch_state(const struct kube_watch *w);
int64_t kube_watch_age_ms(const struct kube_watch *w);    /* since the server last proved alive on this watch (a frame, a bookmark, a list, an open socket with keep-alive ok); -1: never */
