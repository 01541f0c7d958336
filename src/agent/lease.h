/* The Lease that lets one agent of a cluster work and makes the others wait (agent/lease_plan.h decides).
 *
 * On the loop's thread.  Everything that goes out asks lease_may_act first, which reads the clock itself: a process that was stopped in
 * the middle of a turn must not send what it was about to send.
 *
 * The lease also hands on a place: the version of Events up to which central has committed everything.  The next holder watches from there
 * and misses nothing, whatever the last one had seen and not sent.
 */
#pragma once

#include "agent/lease_plan.h"
#include "base/loop.h"
#include "kube/kube.h"

#define LEASE_NAME "aetherius-agent"

struct lease;

struct lease_config {
    const char *namespace_;       /* NULL or "": none, this agent runs without a lease             */
    const char *identity;         /* the same for the same spool, of no other agent                */
    int64_t duration_ms;
    const char *why_without;      /* for the log, when there is no namespace                       */
};

struct lease_owner {
    void (*changed)(void *arg);          /* on the loop, never inside lease_new: the state is another one           */
    const char *(*place)(void *arg);     /* the place to hand on, or NULL; asked before the lease is written        */
    void *arg;
};

/* Texts are copied. */
struct lease *lease_new(struct loop *l, struct kube *k, const struct lease_config *config, const struct lease_owner *owner);
void lease_free(struct lease *l);

enum lease_state lease_state(const struct lease *l);

/* Held, alone or without: this agent works. */
bool lease_may_act(const struct lease *l);

/* NULL, or what a person should know: no lease although there should be one, or it cannot be renewed.  Valid until the next call. */
const char *lease_trouble(struct lease *l);

/* Who holds it, as of the last answer; "" when nobody does. */
const char *lease_holder(const struct lease *l);

/* The place that another agent handed on, "" when it was another one and there is none, NULL when nobody else held the lease. */
const char *lease_inherited(const struct lease *l);

/* How many holders there were, with this one; 0: it runs without. */
uint64_t lease_term(const struct lease *l);

/* Gives it back, so that the next agent does not wait.  False: not done yet, call again; from the first call on nothing may be done. */
bool lease_release(struct lease *l);
