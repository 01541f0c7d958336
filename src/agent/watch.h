/* The watches of one cluster: Events and the kinds whose state is followed, from the API server into the spool.
 *
 * Nothing here asks the API server about a single event.  While the spool has no room the watches read nothing (TCP holds the server back).
 */
#pragma once

#include "agent/filter.h"
#include "agent/options.h"
#include "agent/reporter.h"
#include "agent/state.h"
#include "kube/watch.h"

struct watches;

/* Everything is borrowed.  Watches begin at once; Events from the place that the spool remembers, or from events_from when it is not NULL. */
struct watches_parts {
    struct kube *kube;
    const struct agent_options *options;
    const struct filter *filter;
    struct reporter *reporter;
    struct state *state;
    const char *events_from;
};
struct watches *watches_new(struct loop *l, const struct watches_parts *parts);
void watches_free(struct watches *w);

/* Back-pressure. */
void watches_pause(struct watches *w, bool pause);

struct watches_status {
    int64_t age_ms;                  /* since the watch on Events last proved alive; -1: never    */
    bool answers;                    /* the API server answered one of them lately                */
    bool listed;                     /* every kind that may be read was listed once               */
    char trouble[200];               /* the worst that is wrong with one of them, or ""           */
};
void watches_status(const struct watches *w, struct watches_status *out);

/* How far the Events were taken; "" before the first list. */
const char *watches_place(const struct watches *w);

/* Kinds that are watched, for access reviews: 0-based, NULL behind the last. */
const struct kube_kind *watches_kind(size_t at);
