/* What hangs on what: owners, nodes, volumes, selectors, addresses.  Made once per run from its facts and findings; pure. */
#pragma once

#include "diagnose/finding.h"

enum edge {
    EDGE_SELF = 1,   /* the same workload: owner and owned                                */
    EDGE_NODE = 2,   /* runs on                                                           */
    EDGE_VOLUME = 4, /* mounts a claim, a claim's volume                                  */
    EDGE_CALLS = 8,  /* needs to reach                                                    */
    EDGE_BELOW =
        16, /* is made of: a Service or workload of its Pods, an Ingress of Services, an autoscaler of its target */
};

struct owned;

struct relations {
    struct run *r;
    struct owned *owned; /* by owner */
    size_t n_owned;
};

void relations_init(struct relations *rel, struct run *r);

/* Calls visit for every object that id needs, with the sort of the edge, until it answers false.  ids that are not in the bundle are
 * visited, too: what is absent can be at fault. */
typedef bool relation_visit(void *arg, const char *id, enum edge edge);
void relations_of(const struct relations *rel, const char *id, relation_visit *visit, void *arg);

/* Claims that a Pod mounts, one after the other. */
const char *relation_claim(struct run *r, const struct object *pod, size_t *at);
