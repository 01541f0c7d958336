/* Where a Pod could go: what the scheduler says of its nodes, and what the nodes in the bundle say themselves.
 *
 * The scheduler names for each node only the first thing that speaks against it, so the same words can mean a wrong selector, a cordoned
 * node or a taint.  Pure.
 */
#pragma once

#include "diagnose/rules.h"

/* The classes of the group "schedule" that occur in the message. */
enum reason {
    CLAIM_MISSING,
    CLAIM_UNBOUND,
    CLAIM_LOST,
    VOLUME_AFFINITY,
    VOLUME_LIMIT,
    NO_NODES,
    CPU,
    MEMORY,
    PODS,
    EXTENDED,
    HOSTPORT,
    ANTI_AFFINITY,
    POD_AFFINITY,
    SPREAD,
    NODE_AFFINITY,
    UNSCHEDULABLE,
    NODE_UNHEALTHY,
    TAINT,
    GATED,
    N_REASONS,
};

struct place {
    struct run *r;
    const struct pod *p;
    const char *message;       /* the scheduler's words                                */
    const struct event *event; /* where they were said, or NULL                        */
    bool said[N_REASONS];
    /* The nodes, judged here. */
    bool known; /* every node is in the bundle                          */
    struct objects nodes;
    size_t matching, usable, cordoned, tainted, unhealthy;
    const char *cordoned_names, *tainted_names, *matching_names;
    const struct object *cordoned_node, *tainted_node, *usable_node;
    const char *taint;
    bool fits_cordoned; /* a cordoned node has room for it                      */
    double best[2];     /* most free cpu, memory of a usable node               */
};

/* Fills s for the Pod and the scheduler's words (event: where they were said, or NULL). */
void place_judge(struct place *s, struct run *r, const struct pod *p, const char *message, const struct event *event);

/* "n1, n2" with another name behind the `before` that are there; from the fifth on only "…". */
const char *place_list(struct arena *a, const char *names, const char *name, size_t before);
