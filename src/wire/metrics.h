/* One sample set of a cluster (docs/protocol.md, Metrics).  Absent is absent, never 0: numbers use WIRE_ABSENT.
 *
 * The bounds keep a sample set within the 10,000 keys of a message.  A larger cluster sends several messages of the same timestamp, each
 * with a part of the nodes; the encoder leaves out what is beyond the bounds, so its owner splits first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

#define WIRE_ABSENT INT64_MIN

#define WIRE_NODE_SAMPLES_MAX 256
#define WIRE_POD_SAMPLES_MAX  128
#define WIRE_CONDITIONS_MAX   8      /* of one node */

struct wire_condition {
    const char *type, *status, *reason;
};

struct wire_node_sample {
    const char *name;
    int64_t cpu_millicores, memory_bytes;                    /* use, from metrics.k8s.io       */
    int64_t cpu_allocatable, memory_allocatable, pods_allocatable;
    int64_t pods;
    bool ready, unschedulable;
    const char *kubelet_version;
    struct wire_condition *conditions;
    size_t n_conditions;
};

struct wire_pod_sample {
    const char *namespace_, *name, *node;
    int64_t cpu_millicores, memory_bytes, memory_limit, restarts;
};

struct wire_metrics {
    const char *cluster_id;
    int64_t timestamp, reported_at;                          /* when sampled, when sent        */
    int64_t nodes, nodes_ready, pods, pods_running, pods_pending, pods_failed, restarts;
    int64_t cpu_millicores, memory_bytes, cpu_allocatable, memory_allocatable;
    struct wire_node_sample *node_samples;
    size_t n_node_samples;
    struct wire_pod_sample *pod_samples;                     /* top by use, and near the limit */
    size_t n_pod_samples;
};

/* 0, or -1 with a text that names message and field; ERR_REFUSED: the message claims another cluster than its subject. */
int wire_metrics_decode(const char *data, size_t size, const char *cluster_id, struct arena *a, struct wire_metrics *out,
                        struct err *e) MUST_CHECK;
char *wire_metrics_encode(const struct wire_metrics *m, size_t *size);
