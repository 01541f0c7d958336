#include "wire/metrics.h"

#include "base/str.h"
#include "wire/field.h"

static const struct field condition_rows[] = {
    F_STR(struct wire_condition, "type", type, .flags = FIELD_REQUIRED),
    F_STR(struct wire_condition, "status", status),
    F_STR(struct wire_condition, "reason", reason),
};
static const struct field_table condition_table = { "metrics condition", condition_rows, COUNT(condition_rows) };

#define NUMBER(T, name) F_INT(T, #name, name, .absent = WIRE_ABSENT)

static const struct field node_rows[] = {
    F_STR(struct wire_node_sample, "name", name, .flags = FIELD_REQUIRED),
    NUMBER(struct wire_node_sample, cpu_millicores),
    NUMBER(struct wire_node_sample, memory_bytes),
    NUMBER(struct wire_node_sample, cpu_allocatable),
    NUMBER(struct wire_node_sample, memory_allocatable),
    NUMBER(struct wire_node_sample, pods_allocatable),
    NUMBER(struct wire_node_sample, pods),
    F_BOOL(struct wire_node_sample, "ready", ready, .flags = FIELD_ALWAYS),
    F_BOOL(struct wire_node_sample, "unschedulable", unschedulable),
    F_STR(struct wire_node_sample, "kubelet_version", kubelet_version),
    F_LIST(struct wire_node_sample, "conditions", conditions, n_conditions, &condition_table,
           .max = WIRE_CONDITIONS_MAX),
};
static const struct field_table node_table = { "metrics node", node_rows, COUNT(node_rows) };

static const struct field pod_rows[] = {
    F_STR(struct wire_pod_sample, "namespace", namespace_, .flags = FIELD_REQUIRED),
    F_STR(struct wire_pod_sample, "name", name, .flags = FIELD_REQUIRED),
    F_STR(struct wire_pod_sample, "node", node),
    NUMBER(struct wire_pod_sample, cpu_millicores),
    NUMBER(struct wire_pod_sample, memory_bytes),
    NUMBER(struct wire_pod_sample, memory_limit),
    NUMBER(struct wire_pod_sample, restarts),
};
static const struct field_table pod_table = { "metrics pod", pod_rows, COUNT(pod_rows) };

static const struct field cluster_rows[] = {
    NUMBER(struct wire_metrics, nodes),
    NUMBER(struct wire_metrics, nodes_ready),
    NUMBER(struct wire_metrics, pods),
    NUMBER(struct wire_metrics, pods_running),
    NUMBER(struct wire_metrics, pods_pending),
    NUMBER(struct wire_metrics, pods_failed),
    NUMBER(struct wire_metrics, restarts),
    NUMBER(struct wire_metrics, cpu_millicores),
    NUMBER(struct wire_metrics, memory_bytes),
    NUMBER(struct wire_metrics, cpu_allocatable),
    NUMBER(struct wire_metrics, memory_allocatable),
};
static const struct field_table cluster_table = { "metrics cluster", cluster_rows, COUNT(cluster_rows) };

/* A peer of the seed may put anything into data; what is not ours there is passed over. */
static const struct field data_rows[] = {
    F_GROUP("cluster", &cluster_table),
    F_LIST(struct wire_metrics, "nodes", node_samples, n_node_samples, &node_table, .max = WIRE_NODE_SAMPLES_MAX),
    F_LIST(struct wire_metrics, "pods", pod_samples, n_pod_samples, &pod_table, .max = WIRE_POD_SAMPLES_MAX),
};
static const struct field_table data_table = { "metrics data", data_rows, COUNT(data_rows) };

static const struct field metrics_rows[] = {
    F_STR(struct wire_metrics, "cluster_id", cluster_id, .flags = FIELD_EXACT),
    F_TIME(struct wire_metrics, "timestamp", timestamp, .flags = FIELD_REQUIRED),
    F_TIME(struct wire_metrics, "reported_at", reported_at),
    F_GROUP("data", &data_table, .flags = FIELD_ALWAYS),
};
static const struct field_table metrics_table = { "metrics", metrics_rows, COUNT(metrics_rows) };

int wire_metrics_decode(const char *data, size_t size, const char *cluster_id, struct arena *a,
                        struct wire_metrics *out, struct err *e)
{
    *out = (struct wire_metrics){ 0 };
    AUTO_JSON struct json_doc *doc = field_parse("metrics", data, size, &json_wire_limits, e);
    if (!doc || field_read(&metrics_table, json_root(doc), a, out, e) != 0)
        return -1;
    return field_identify("metrics", &out->cluster_id, cluster_id, a, e);
}

char *wire_metrics_encode(const struct wire_metrics *m, size_t *size)
{
    return field_encode(&metrics_table, m, size);
}
