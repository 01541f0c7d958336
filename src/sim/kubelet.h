/* What the kubelet of a node does with its pods.
 *
 * kubelet.c: the pod: volumes, sandbox, order of its containers, end, eviction.   image.c: pulling.   container.c: starting, running, restarting.
 * probe.c: probes.   needs.c: ConfigMaps, Secrets and claims that must be there.
 */
#pragma once

#include "sim/pod.h"

/* The pod was bound to its node. */
void kubelet_take(struct pod *p);

/* A nodeName written by hand: the pod is that kubelet's if there is one, and nobody's if not. */
void kubelet_bind_by_hand(struct pod *p);

/* Ends the pod's containers within its grace; then it is gone. */
void kubelet_stop(struct pod *p);

/* The pod fails with reason Evicted and stays as a record. */
void kubelet_evict(struct pod *p, const char *message);

/* The behaviour in its template was changed: containers go on by the new one. */
void kubelet_poke(struct pod *p);

/* The kubelet of a node stands still, and goes on. */
void kubelet_freeze(struct node *n);
void kubelet_thaw(struct node *n);

/* Starts what can be started: init containers one after the other, then the others side by side. */
void kubelet_go_on(struct pod *p);

/* Every container has come to its end for good: the phase follows. */
void kubelet_settle(struct pod *p);

/* An event of the pod, or of one of its containers. */
void kubelet_say(const struct pod *p, const char *type, const char *reason, const char *format, ...) ERR_PRINTF(4, 5);
void container_say(const struct container *c, const char *type, const char *reason, const char *format, ...)
    ERR_PRINTF(4, 5);

/* Looks at a container again after ms. */
void container_after(struct container *c, int64_t ms, void (*run)(void *arg));

/* The time between two looks at a container that is stuck, in ms. */
#define KUBELET_SYNC_MS 12000

/* image.c: gets the image, then calls container_create. */
void image_ensure(struct container *c);

/* container.c */
void container_create(struct container *c);
void container_poke(struct container *c);
void container_ended(struct container *c, int exit_code, const char *reason);

/* A probe has decided on its end: killed, then started again at once while that is fresh. */
void container_kill(struct container *c);

/* The log of the current or the previous run; NULL when there was none.  free() it. */
char *container_log(const struct container *c, bool previous, bool timestamps);

/* probe.c */
void probe_start(struct container *c);
void probe_stop(struct container *c);

/* needs.c: 0 when everything is there that the container mounts (or has in its environment); -1 with what the kubelet says, the catalogue's code
 * and the object to be looked at. */
struct need {
    char text[320];
    const char *code;
    char object[320];
};
enum need_of { NEED_MOUNTS, NEED_ENVIRONMENT };
int needs_check(const struct container *c, enum need_of what, struct need *missing);
