/* What owns pods: Deployment, StatefulSet, DaemonSet, Job, CronJob, and the single pod that nobody owns.
 *
 * One struct for all, and one row of functions for each kind (workload.c).  A change of a pod, a node or the script sets the task look; the
 * controller then compares what there is with what there should be.
 */
#pragma once

#include "sim/pod.h"

struct rollout { /* of a Deployment */
    bool paused;
    int64_t deadline_ms; /* progressDeadlineSeconds */
    int64_t progressed_ms;
    struct condition available, progressing, failure;
};

struct run_limits { /* of a Job, and of the Jobs of a CronJob */
    int backoff_limit;
    int64_t deadline_ms; /* 0: none */
    bool suspended;
};

struct run_state { /* of a Job */
    int64_t started_ms, ended_ms;
    int failed, succeeded;
    const char *end; /* "Complete", "BackoffLimitExceeded", "DeadlineExceeded", NULL */
    struct task deadline, retry;
    bool seen; /* by its CronJob, as over */
};

struct schedule { /* of a CronJob */
    const char *text;
    int64_t every_ms, last_ms;
    struct task due;
};

struct workload {
    struct workload *next;
    struct world *world;
    enum kind kind;
    struct object *object; /* of a pod: NULL, the pod has it */
    char *namespace, *name;
    struct template *template; /* the newest */
    int replicas;
    int generation;
    struct workload *parent; /* of a Job: its CronJob */
    const char *labels[9];   /* that its pods get beside app, as pairs, NULL-terminated */
    struct rollout rollout;
    struct run_limits limits;
    struct run_state run;
    struct schedule schedule;
    struct task look;
    int create_failures;
    bool refused;        /* by admission, and the oracle knows */
    const char *failing; /* the code that the oracle knows, NULL: none */
    bool deleted;
};

struct replica_set {
    struct replica_set *next;
    struct workload *workload;
    struct template *template;
    struct object *object;
    char *name;
    int replicas; /* wanted */
    struct condition failure;
    int create_failures;
};

/* Functions of one kind. */
struct workload_class {
    enum kind kind;
    void (*look)(struct workload *o);
    void (*publish)(struct workload *o);
    void (*delete)(struct workload *o); /* what else goes with it, may be NULL */
};
extern const struct workload_class deployment_class, stateful_set_class, daemon_set_class, job_class, cron_job_class,
    single_pod_class;

struct workload *workload_find(const struct world *w, enum kind kind, const char *namespace, const char *name);

/* The first version is plan. */
struct workload *workload_new(struct world *w, enum kind kind, const char *namespace, const char *name,
                              const struct plan *plan);

/* A new plan: when the specification is another, a new version is rolled out; when only the behaviour is, pods that run go on by it. */
void workload_change(struct workload *o, const struct plan *plan);
void workload_scale(struct workload *o, int replicas);
void workload_delete(struct workload *o);

/* None of its pods is left. */
bool workload_is_empty(const struct workload *o);

/* Its pods and what else it was for are gone: frees it. */
void workload_forget(struct workload *o);
void workload_free_all(struct world *w);

/* A look soon. */
void workload_look(struct workload *o);
void workload_on_time(void *arg); /* the same, as a task runs it */
void workload_look_at_all(struct world *w);
void workload_pod_changed(struct workload *o);

/* "deployment/shop/web"; free() it. */
char *workload_address(const struct workload *o);

struct owner workload_owner(const struct workload *o);
struct about about_workload(const struct workload *o);

/* Pods of the workload; template NULL: of every version.  Those that are over or being deleted are not counted. */
int workload_count_pods(const struct workload *o, const struct template *template, bool only_ready);

/* Makes one pod by way of admission.  False when it was refused: FailedCreate is said of speaker, *refusal (free() it) set when it is not NULL. */
struct pod_maker {
    const struct voice *voice;
    struct about about;
    struct owner owner;
    const char *name; /* exact, or NULL: drawn from the owner's name */
    const struct template *template;
};
bool workload_make_pod(struct workload *o, const struct pod_maker *maker, char **refusal);

/* The next pause before trying again to make pods that are refused. */
int64_t workload_create_pause_ms(int failures);

/* Common pieces of the texts. */
void workload_begin_text(struct json_w *j, const struct workload *o);
void workload_write_selector(struct json_w *j, const struct workload *o, const char *hash);
void workload_write_template(struct json_w *j, const struct workload *o, const struct template *t, const char *hash);
