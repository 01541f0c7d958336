/* What the API server checks before it takes a pod: account, limits, pod security, webhooks, quota. */
#pragma once

#include "sim/workload.h"

struct quota {
    struct quota *next;
    struct object *object;
    int64_t pods, cpu_m, memory; /* hard; -1: not limited */
};

struct limit_range {
    struct limit_range *next;
    struct object *object;
    int64_t memory_most, cpu_most_m; /* 0: not limited */
};

struct webhook {
    struct webhook *next;
    struct object *object;
    const char *name, *namespace, *says; /* namespace NULL: all; says NULL: cannot be reached */
};

struct security {
    struct security *next;
    const char *namespace, *level;
};

struct admission {
    struct quota *quotas;
    struct limit_range *limits;
    struct webhook *webhooks;
    struct security *levels;
};

struct quota *quota_make(struct world *w, const char *namespace, const char *name);
void quota_publish(struct world *w, struct quota *q);
struct limit_range *limit_range_make(struct world *w, const char *namespace, const char *name);
void limit_range_publish(struct world *w, struct limit_range *l);
struct webhook *webhook_make(struct world *w, const char *name);
void webhook_publish(struct world *w, struct webhook *h);
void webhook_delete(struct world *w, struct webhook *h);
void admission_enforce(struct world *w, const char *namespace, const char *level);

/* 0, or -1 with what the client hears. */
struct denial {
    char text[600];
    const char *code;
    char object[300]; /* "": the workload */
};
int admission_check(struct world *w, const struct pod_request *request, struct denial *denial);

/* Tells the oracle of it, once until a pod of the workload is taken. */
void admission_tell(struct world *w, struct workload *o, const struct denial *denial);

/* Usage changed: the quotas of a namespace show it. */
void admission_usage_changed(struct world *w, const char *namespace);
