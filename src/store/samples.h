/* Metrics as stored: the raw samples of a day, and each node as it was last seen.  WIRE_ABSENT is stored as absent. */
#pragma once

#include "store/db.h"
#include "wire/metrics.h"

/* 1: stored; 0: a sample of that time is there already (its nodes are added all the same: large clusters send in parts). */
int samples_insert(struct db *d, int64_t cluster, const struct wire_metrics *m, struct err *e) MUST_CHECK;

struct sample_point {
    int64_t at;
    int64_t cpu, memory, pods, restarts;    /* WIRE_ABSENT: unknown; restarts of clusters only */
};
/* Samples of the cluster (node NULL) or of one node, oldest first, thinned to at most max by taking the last of each of max equal spans. */
int samples_list(struct db *d, int64_t cluster, const char *node, int64_t since, int64_t until, int max,
                 void (*each)(void *arg, const struct sample_point *p), void *arg, struct err *e) MUST_CHECK;

/* Nodes by name as JSON objects in the shape of the list (docs/http.md), of those that were in one of the cluster's samples since since_ms. */
int nodes_list(struct db *d, int64_t cluster, int64_t since_ms, void (*each)(void *arg, const char *body), void *arg,
               struct err *e) MUST_CHECK;

/* When the cluster was last sampled, 0: never. */
int samples_newest(struct db *d, int64_t cluster, int64_t *at, struct err *e) MUST_CHECK;

/* Deletes samples of one cluster and nodes not seen since before that time. */
int samples_sweep(struct db *d, int64_t cluster, int64_t before_ms, struct err *e) MUST_CHECK;
