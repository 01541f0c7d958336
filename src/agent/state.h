/* The state of the cluster's objects, and what changes in it: events that Kubernetes itself does not write.
 *
 * Of each object a small summary is kept (agent/state_object.h).  A new revision is compared with it by a pure function of its kind, and
 * what that finds becomes an event of type k8s_state.  Healthy things stay silent, also while they start.  Bounded: beyond objects_max
 * new objects are not followed, and counted.  On the loop's thread.
 */
#pragma once

#include "agent/filter.h"
#include "agent/reporter.h"
#include "base/json.h"
#include "base/loop.h"

enum state_kind {
    STATE_NONE, STATE_POD, STATE_NODE, STATE_DEPLOYMENT, STATE_STATEFUL_SET, STATE_DAEMON_SET, STATE_JOB, STATE_CLAIM, STATE_SERVICE,
    STATE_SLICE, STATE_KINDS,
};

struct state;
struct state_object;

/* filter and reporter are borrowed. */
struct state *state_new(struct loop *l, const struct filter *filter, struct reporter *reporter, size_t objects_max);
void state_free(struct state *s);

/* A revision of an object; gone: its last one. */
void state_see(struct state *s, enum state_kind kind, json *object, bool gone);

/* Between the two come all objects of a kind that are there; the others are gone. */
void state_list_began(struct state *s, enum state_kind kind);
void state_listed(struct state *s, enum state_kind kind);

/* The workload on top of an object, when it is known; valid until the next call.  Otherwise both stay as they are. */
void state_owner(const struct state *s, const struct wire_object *object, const char **kind, const char **name);

size_t state_count(const struct state *s);
uint64_t state_refused(const struct state *s);

/* Calls visit for each object of a kind, in no order. */
void state_each(const struct state *s, enum state_kind kind, void (*visit)(void *arg, const struct state_object *o), void *arg);
const struct state_object *state_find(const struct state *s, enum state_kind kind, const char *namespace_, const char *name);
