/* The agent's two ports: /health/live and /health/ready for the kubelet, /metrics for whoever scrapes.
 *
 * Live means that the loop turns.  Ready means that the API server answers and the spool takes records.  Central plays no part in
 * either: its absence is no reason to restart an agent.  An agent that stands by for another one is ready, and says so.
 */
#pragma once

#include "agent/options.h"
#include "base/loop.h"

struct health;

struct health_owner {
    /* NULL: ready; else why not, valid until the next call. */
    const char *(*not_ready)(void *arg);

    /* NULL, or the name of the agent that works while this one stands by. */
    const char *(*stands_by_for)(void *arg);

    /* Brings gauges up to date before they are printed. */
    void (*refresh)(void *arg);
    void *arg;
};

struct health *health_new(struct loop *l, const struct agent_options *options, const struct health_owner *owner, struct err *e);
void health_free(struct health *h);
