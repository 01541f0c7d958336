/* A pod: what it is made of, how far it is, and what the API server shows of it.
 *
 * scheduler.c binds it, kubelet.c runs it, its workload makes and deletes it; all of them change the struct and call pod_publish.
 */
#pragma once

#include "sim/plan.h"
#include "sim/recorder.h"
#include "sim/world.h"

/* One version of a workload's pods.  The plan's behaviour may be changed while pods of it run. */
struct template
{
    struct plan plan;
    char hash[16];
    int revision;
};

enum container_state { CONTAINER_WAITING, CONTAINER_RUNNING, CONTAINER_TERMINATED };

struct container_run {
    bool any; /* there was one */
    int64_t started_ms, finished_ms;
    int exit_code;
    const char *reason; /* "Error", "OOMKilled", "Completed" */
    char *message;
    uint64_t id;
};

struct container {
    struct pod *pod;
    bool init;
    size_t index; /* in the plan */
    enum container_state state;
    const char *waiting_reason;
    char *waiting_message;
    struct container_run now, last;
    int restarts;
    bool ready, started, done; /* done: init container that has succeeded */
    int64_t backed_off_until_ms, back_off_ms;
    int64_t pull_until_ms, pull_back_off_ms;
    int kills; /* by failed probes in a row */
    int probe_failures[PROBE_COUNT];
    bool probed; /* for readiness, at least once */
    struct task step, notice, probes[PROBE_COUNT];
};

enum pod_condition {
    POD_READY_TO_START,
    POD_INITIALIZED,
    POD_READY,
    POD_CONTAINERS_READY,
    POD_SCHEDULED,
    POD_CONDITIONS
};

struct condition {
    bool known, on;
    int64_t since_ms;
    const char *reason;
    char *message;
};

struct pod {
    struct pod *prev, *next;
    struct world *world;
    struct object *object;
    char *generate_name;       /* or NULL */
    char token[32];            /* name of the service account's volume */
    struct owner owner;        /* name NULL: none */
    struct workload *workload; /* at the end of the owner chain, or the pod's own */
    const struct template *template;
    const char *app; /* value of the label app, or NULL */
    const char *const *extra_labels;
    struct node *node;
    const char *phase; /* "Pending" */
    const char *reason;
    char *message;
    struct condition conditions[POD_CONDITIONS];
    struct container containers[PLAN_CONTAINERS_MAX], inits[PLAN_CONTAINERS_MAX];
    int64_t started_ms, deleted_ms;
    int ip; /* 0: none yet */
    int mount_failures;
    struct task step, scheduling;
    bool counted; /* its requests are taken from the node */
};

struct pod_request {
    const char *namespace, *name;
    const char *generate_name;
    struct owner owner;
    struct workload *workload;
    const struct template *template;
    const char *app;
    const char *const *extra_labels;
};

/* Makes and publishes the pod and hands it to the scheduler.  It has passed admission. */
struct pod *pod_new(struct world *w, const struct pod_request *request);

/* Begins its end: the kubelet stops it, then it is gone. */
void pod_delete(struct pod *p);

/* Is gone now: the object is deleted, the owner told, the memory freed. */
void pod_remove(struct pod *p);
void pod_free_all(struct world *w);

/* Writes down what changed, tells the owner and the services. */
void pod_publish(struct pod *p);

bool pod_ready(const struct pod *p);
bool pod_over(const struct pod *p); /* succeeded or failed */
struct pod *pod_find(const struct world *w, const char *namespace, const char *name);

const struct plan_container *container_plan(const struct container *c);
void container_wait(struct container *c, const char *reason, const char *format, ...) ERR_PRINTF(3, 4);
struct about about_container(const struct container *c);
struct about about_pod(const struct pod *p);

/* A failure of this pod became visible: written to the oracle as its workload's, once until it is another or over.  root: what must be looked
 * at, NULL: the workload. */
void pod_failed(struct pod *p, const char *code, const char *root);

/* The pod is ready; what failed is over if it was made to stay so. */
void pod_recovered(struct pod *p);

/* Dotted form of the pod's address. */
void pod_ip(const struct pod *p, char out[20]);
