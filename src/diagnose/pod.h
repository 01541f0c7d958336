/* A Pod as the rules look at it: its containers with what the kubelet says of each.  Pure; borrows from facts and arena. */
#pragma once

#include "diagnose/facts.h"

#define POD_CONTAINERS_MAX 64 /* of one Pod; more are not looked at */

/* How a container ended. */
struct ended {
    bool is;
    int64_t exit_code;
    const char *reason, *message; /* never NULL */
    int64_t started, finished;    /* wall ms; 0: it never started, not known */
};

struct container {
    const char *name, *image; /* never NULL */
    json *spec, *status;
    bool init, sidecar; /* sidecar: an init container that keeps running */
    bool ready, started, running;
    int64_t restarts, running_since;
    const char *waiting, *waiting_message; /* reason, or NULL when it does not wait; never NULL */
    struct ended now, last;                /* state.terminated, lastState.terminated */
};

struct pod {
    const struct object *object;
    const char *phase, *reason, *message, *node; /* never NULL */
    const char *workload;                        /* id of the top owner, or of the Pod itself */
    json *labels;
    bool ready, scheduled; /* conditions Ready and PodScheduled */
    int64_t ready_since;   /* when Ready changed last */
    bool host_network, restarts_always;
    struct container *containers; /* init containers first */
    size_t n_containers;
};

void pod_read(const struct facts *f, const struct object *o, struct arena *a, struct pod *out);

/* The condition of an object with that type, or NULL. */
json *object_condition(const struct object *o, const char *type);

/* Top owner of any object ("deployment/shop/cart" for a Pod of its ReplicaSet), or the object itself.  Owners that are not in the bundle are
 * named where the name can be known: a ReplicaSet's Deployment from the Pod's template hash. */
const char *object_workload(const struct facts *f, const struct object *o, struct arena *a);

/* The mount at the longest path that holds this one, and the volume of that name in the Pod; NULL: none. */
const json *container_mount(const struct container *c, const char *path);
const json *pod_volume(const struct pod *p, const char *name);

/* How the container ended last: now, or before it was started again.  NULL: it never ended. */
const struct ended *container_end(const struct container *c);

/* The log of the run that ended last, or of the present one when none has ended. */
const struct log *container_log(const struct facts *f, const struct pod *p, const struct container *c);

/* The template of a workload's Pods (spec.template, spec.jobTemplate.spec.template), or NULL. */
json *object_template(const struct object *o);

/* Does somebody only have to wait: a Pod that was just made and shows no error yet? */
bool pod_is_starting(const struct pod *p, int64_t now);

/* Nothing is wrong with it: ready, or done. */
bool pod_is_well(const struct pod *p);
