/* What a script says about the pods of a workload: their specification, which the API shows, and how they behave, which only the
 * kubelet of the simulator knows.
 *
 * Strings belong to the world's arena.  A plan is copied by assignment and then changed clause by clause.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

#define PLAN_CONTAINERS_MAX 4
#define PLAN_REFS_MAX       8
#define PLAN_PAIRS_MAX      4

/* What keeps an image from being pulled. */
enum pull {
    PULL_WORKS,
    PULL_NOT_FOUND,
    PULL_UNAUTHORIZED,
    PULL_NO_HOST,   /* the registry's name does not resolve */
    PULL_NO_ANSWER, /* the registry does not answer */
    PULL_RATE_LIMITED,
    PULL_NO_PLATFORM,
    PULL_INVALID_NAME,
    PULL_NEVER, /* policy Never, and not on the node */
};

/* How a container goes on once it was started. */
enum ending {
    ENDING_RUNS,
    ENDING_EXITS,         /* with exit_code, after after_ms */
    ENDING_OOM,           /* killed at its memory limit */
    ENDING_NO_COMMAND,    /* does not start: no such file */
    ENDING_NO_PERMISSION, /* does not start: not executable */
    ENDING_WRONG_FORMAT,  /* built for another machine */
    ENDING_ROOT,          /* runAsNonRoot, and the image is root's */
    ENDING_FILLS_DISK,    /* evicted over its ephemeral storage */
};

enum ref { REF_CONFIG_MAP, REF_SECRET, REF_CLAIM };

/* What a container needs. */
struct plan_ref {
    enum ref of;
    bool mounted; /* as a volume; else in the environment */
    const char *name;
    const char *key; /* NULL: all of it */
};

enum probe { PROBE_STARTUP, PROBE_LIVENESS, PROBE_READINESS, PROBE_COUNT };

enum probe_outcome { PROBE_PASSES, PROBE_STATUS, PROBE_REFUSED, PROBE_TIMES_OUT };

struct plan_probe {
    bool used;
    const char *path;
    int port;
    int64_t period_ms, delay_ms;
    int failure_threshold;
    enum probe_outcome outcome;
    int status;             /* HTTP status of PROBE_STATUS */
    int64_t fails_after_ms; /* since the container's start; 0: at once */
};

struct plan_pair {
    const char *name, *value;
};

#define PLAN_IMAGE "registry.local/app:1"    /* of a container of which nothing else is said */

struct plan_container {
    const char *name, *image, *command, *args;
    enum pull pull;
    int64_t pull_ms;
    int64_t cpu_request_m, memory_request, memory_limit, cpu_limit_m, disk_limit;
    const char *extended; /* "example.com/gpu", one of it */
    int port, host_port;
    struct plan_ref refs[PLAN_REFS_MAX];
    size_t n_refs;
    struct plan_pair env[PLAN_PAIRS_MAX];
    size_t n_env;
    struct plan_probe probes[PROBE_COUNT];
    enum ending ending;
    int exit_code;
    int64_t after_ms;
    const char *says; /* log, lines split at \n; NULL: a greeting */
};

struct plan {
    struct plan_container containers[PLAN_CONTAINERS_MAX], inits[PLAN_CONTAINERS_MAX];
    size_t n_containers, n_inits;
    struct plan_pair labels[PLAN_PAIRS_MAX]; /* of the pods, beside app */
    size_t n_labels;
    struct plan_pair selector[PLAN_PAIRS_MAX]; /* nodeSelector */
    size_t n_selector;
    struct plan_pair affinity; /* required node affinity */
    const char *tolerates;     /* a taint's key */
    bool spread;               /* one on each node */
    const char *node;          /* nodeName by hand */
    const char *service_account;
    bool privileged;
    const char *restart_policy; /* "Always" */
    int64_t grace_ms;
    const char *note; /* makes templates differ */
};

/* One container with the workload's name. */
void plan_init(struct plan *p, const char *name);

/* {"metadata": {labels}, "spec": {...}} as a pod template has it.  app: the label; hash: pod-template-hash, or NULL; extra: further labels as pairs,
 * NULL-terminated, or NULL. */
void plan_write_template(struct json_w *w, const char *key, const struct plan *p, const char *app, const char *hash,
                         const char *const *extra);

/* What a pod's spec has beside its template's. */
struct plan_place {
    const char *token; /* the service account's volume */
    const char *node;  /* NULL: not bound */
};

/* The members of a spec; place NULL: of a template. */
void plan_write_spec(struct json_w *w, const struct plan *p, const struct plan_place *place);

/* "25m", "2"; "64Mi", "512Gi" */
void plan_write_cpu(struct json_w *w, const char *key, int64_t milli);
void plan_write_bytes(struct json_w *w, const char *key, int64_t bytes);

/* The member resources of one container, and what it asks for as a member of that name, if anything. */
void plan_write_resources(struct json_w *w, const struct plan_container *c);
void plan_write_requests(struct json_w *w, const char *key, const struct plan_container *c);

/* Sums over the containers, which is what scheduler and quota look at. */
int64_t plan_cpu_m(const struct plan *p);
int64_t plan_memory(const struct plan *p);
const char *plan_extended(const struct plan *p);

/* The catalogue's code for how this container ends. */
const char *plan_failure_code(const struct plan_container *c, bool init);

/* Nothing in it is made to fail once it is ready. */
bool plan_is_well(const struct plan_container *c);
