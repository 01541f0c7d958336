/* Services and their EndpointSlices. */
#pragma once

#include "sim/plan.h"
#include "sim/world.h"

struct service {
    struct service *next;
    struct world *world;
    struct object *object, *slice;
    struct plan_pair selector; /* one label */
    int port, target;
    int cluster_ip;
    struct task look, doubt;
    bool told; /* to the oracle, as selecting nothing */
};

/* selector and target may be set anew for one that is there. */
struct service *service_make(struct world *w, const char *namespace, const char *name, const struct plan_pair *selector,
                             int target);
void service_delete(struct service *s);
struct service *service_find(const struct world *w, const char *namespace, const char *name);

/* Pods came, went or changed: all slices are looked at soon. */
void service_pods_changed(struct world *w);

/* The Service kubernetes of a new cluster. */
void service_kubernetes(struct world *w);
