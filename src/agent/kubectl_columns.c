#include "agent/kubectl_columns.h"

#include <stdio.h>

#include "base/clock.h"

typedef void (*cell_of)(const json *object, int64_t wall_ms, struct buf *out);

struct column {
    const char *header;
    const char *path;             /* of a text or number in the object; NULL: cell tells   */
    cell_of cell;
    bool wide, number;            /* number: absent is 0 */
};

/* --- cells ------------------------------------------------------------------------------------------------------- */

static void age(const json *object, int64_t wall_ms, struct buf *out)
{
    char text[CLOCK_TEXT_SIZE];
    int64_t at;
    const char *made = json_at_str(object, "metadata.creationTimestamp");
    if (!made || clock_parse(made, &at)) {
        buf_str(out, "<unknown>");
        return;
    }
    clock_format_age(wall_ms > at ? wall_ms - at : 0, text);
    buf_str(out, text);
}

static void plain(const json *value, struct buf *out)
{
    if (json_is_string(value))
        buf_str(out, json_str(value));
    else if (json_is_number(value))
        buf_printf(out, "%lld", (long long)json_int(value, 0));
    else if (json_is_bool(value))
        buf_str(out, json_bool(value, false) ? "True" : "False");
    else
        buf_str(out, "<none>");
}

static const json *statuses(const json *pod)
{
    return json_at(pod, "status.containerStatuses");
}

static void pod_ready(const json *pod, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    int ready = 0;
    for (struct json_iter i = json_iter(statuses(pod)); json_next(&i);)
        ready += json_get_bool(i.value, "ready", false);
    buf_printf(out, "%d/%zu", ready, json_count(json_at(pod, "spec.containers")));
}

static void pod_restarts(const json *pod, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    int64_t restarts = 0;
    for (struct json_iter i = json_iter(statuses(pod)); json_next(&i);)
        restarts += json_get_int(i.value, "restartCount", 0);
    buf_printf(out, "%lld", (long long)restarts);
}

/* Why a container does not run; NULL when it does. */
static const char *container_trouble(const json *status)
{
    const char *waits = json_str(json_at(status, "state.waiting.reason"));
    const json *ended = json_at(status, "state.terminated");
    return waits ? waits : ended ? json_get_str(ended, "reason") : NULL;
}

const char *columns_pod_status(const json *pod)
{
    const char *status = json_at_str(pod, "status.reason");
    if (json_at(pod, "metadata.deletionTimestamp"))
        return "Terminating";
    if (!status)
        status = json_at_str(pod, "status.phase");
    for (struct json_iter i = json_iter(json_at(pod, "status.initContainerStatuses")); json_next(&i);) {
        const char *trouble = container_trouble(i.value);
        bool done = json_int(json_at(i.value, "state.terminated.exitCode"), 1) == 0;
        if (trouble && !done && !str_eq(trouble, "PodInitializing"))
            return trouble;
    }
    for (struct json_iter i = json_iter(statuses(pod)); json_next(&i);) {
        const char *trouble = container_trouble(i.value);
        if (trouble)
            status = trouble;
    }
    return status ? status : "Unknown";
}

static void pod_status(const json *pod, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    buf_str(out, columns_pod_status(pod));
}

static void node_status(const json *node, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    const char *status = "Unknown";
    for (struct json_iter i = json_iter(json_at(node, "status.conditions")); json_next(&i);)
        if (str_eq(json_get_str(i.value, "type"), "Ready"))
            status = str_eq(json_get_str(i.value, "status"), "True") ? "Ready" : "NotReady";
    buf_printf(out, "%s%s", status, json_bool(json_at(node, "spec.unschedulable"), false) ? ",SchedulingDisabled" : "");
}

static void node_roles(const json *node, int64_t wall_ms, struct buf *out)
{
    static const char prefix[] = "node-role.kubernetes.io/";
    (void)wall_ms;
    for (struct json_iter i = json_iter(json_at(node, "metadata.labels")); json_next(&i);)
        if (str_starts(i.key, prefix))
            buf_printf(out, "%s%s", out->size ? "," : "", i.key + sizeof prefix - 1);
    if (out->size == 0)
        buf_str(out, "<none>");
}

static void service_ports(const json *service, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    for (struct json_iter i = json_iter(json_at(service, "spec.ports")); json_next(&i);) {
        const char *protocol = json_get_str(i.value, "protocol");
        buf_printf(out, "%s%lld/%s", out->size ? "," : "", (long long)json_get_int(i.value, "port", 0), protocol ? protocol : "TCP");
    }
    if (out->size == 0)
        buf_str(out, "<none>");
}

/* ready of wanted */
static void workload_ready(const json *object, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    buf_printf(out, "%lld/%lld", (long long)json_int(json_at(object, "status.readyReplicas"), 0), (long long)json_int(json_at(object, "spec.replicas"), 1));
}

static void job_completions(const json *job, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    buf_printf(out, "%lld/%lld", (long long)json_int(json_at(job, "status.succeeded"), 0), (long long)json_int(json_at(job, "spec.completions"), 1));
}

static void job_status(const json *job, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    const char *status = "Running";
    for (struct json_iter i = json_iter(json_at(job, "status.conditions")); json_next(&i);)
        if (str_eq(json_get_str(i.value, "status"), "True"))
            status = str_or_empty(json_get_str(i.value, "type"));
    buf_str(out, status);
}

static void data_count(const json *map, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    buf_printf(out, "%zu", json_count(json_get(map, "data")) + json_count(json_get(map, "binaryData")));
}

static void access_modes(const json *claim, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    for (struct json_iter i = json_iter(json_at(claim, "spec.accessModes")); json_next(&i);)
        buf_printf(out, "%s%s", out->size ? "," : "", str_or_empty(json_str(i.value)));
}

static void event_age(const json *event, int64_t wall_ms, struct buf *out)
{
    static const char *const times[] = { "series.lastObservedTime", "lastTimestamp", "eventTime", "firstTimestamp", "metadata.creationTimestamp" };
    char text[CLOCK_TEXT_SIZE];
    for (size_t i = 0; i < COUNT(times); i++) {
        int64_t at;
        const char *time = json_at_str(event, times[i]);
        if (!time || clock_parse(time, &at) || at <= 0)
            continue;
        clock_format_age(wall_ms > at ? wall_ms - at : 0, text);
        buf_str(out, text);
        return;
    }
    buf_str(out, "<unknown>");
}

static void event_object(const json *event, int64_t wall_ms, struct buf *out)
{
    (void)wall_ms;
    for (const char *c = str_or_empty(json_at_str(event, "involvedObject.kind")); *c; c++)
        buf_char(out, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
    buf_printf(out, "/%s", str_or_empty(json_at_str(event, "involvedObject.name")));
}

/* --- kinds ------------------------------------------------------------------------------------------------------- */

#define NAME_ { "NAME", "metadata.name" }
#define AGE_  { "AGE", NULL, age }

static const struct shape {
    const char *kind;             /* singular */
    struct column columns[TABLE_COLUMNS_MAX];
} shapes[] = {
    { "pod", { NAME_, { "READY", NULL, pod_ready }, { "STATUS", NULL, pod_status }, { "RESTARTS", NULL, pod_restarts }, AGE_, { "IP", "status.podIP", NULL, true },
               { "NODE", "spec.nodeName", NULL, true } } },
    { "service", { NAME_, { "TYPE", "spec.type" }, { "CLUSTER-IP", "spec.clusterIP" }, { "PORT(S)", NULL, service_ports }, AGE_ } },
    { "node", { NAME_, { "STATUS", NULL, node_status }, { "ROLES", NULL, node_roles }, AGE_, { "VERSION", "status.nodeInfo.kubeletVersion" },
                { "OS-IMAGE", "status.nodeInfo.osImage", NULL, true }, { "KERNEL-VERSION", "status.nodeInfo.kernelVersion", NULL, true } } },
    { "namespace", { NAME_, { "STATUS", "status.phase" }, AGE_ } },
    { "event", { { "LAST SEEN", NULL, event_age }, { "TYPE", "type" }, { "REASON", "reason" }, { "OBJECT", NULL, event_object }, { "MESSAGE", "message" } } },
    { "configmap", { NAME_, { "DATA", NULL, data_count }, AGE_ } },
    { "persistentvolumeclaim", { NAME_, { "STATUS", "status.phase" }, { "VOLUME", "spec.volumeName" }, { "CAPACITY", "status.capacity.storage" },
                                 { "ACCESS MODES", NULL, access_modes }, { "STORAGECLASS", "spec.storageClassName" }, AGE_ } },
    { "persistentvolume", { NAME_, { "CAPACITY", "spec.capacity.storage" }, { "RECLAIM POLICY", "spec.persistentVolumeReclaimPolicy" }, { "STATUS", "status.phase" },
                            { "CLAIM", "spec.claimRef.name" }, { "STORAGECLASS", "spec.storageClassName" }, AGE_ } },
    { "deployment", { NAME_, { "READY", NULL, workload_ready }, { "UP-TO-DATE", "status.updatedReplicas", .number = true }, { "AVAILABLE", "status.availableReplicas", .number = true }, AGE_ } },
    { "replicaset", { NAME_, { "DESIRED", "spec.replicas", .number = true }, { "CURRENT", "status.replicas", .number = true }, { "READY", "status.readyReplicas", .number = true }, AGE_ } },
    { "statefulset", { NAME_, { "READY", NULL, workload_ready }, AGE_ } },
    { "daemonset", { NAME_, { "DESIRED", "status.desiredNumberScheduled", .number = true }, { "CURRENT", "status.currentNumberScheduled", .number = true }, { "READY", "status.numberReady", .number = true },
                     { "UP-TO-DATE", "status.updatedNumberScheduled", .number = true }, { "AVAILABLE", "status.numberAvailable", .number = true }, AGE_ } },
    { "job", { NAME_, { "STATUS", NULL, job_status }, { "COMPLETIONS", NULL, job_completions }, AGE_ } },
    { "cronjob", { NAME_, { "SCHEDULE", "spec.schedule" }, { "SUSPEND", "spec.suspend" }, AGE_ } },
    { "horizontalpodautoscaler", { NAME_, { "REFERENCE", "spec.scaleTargetRef.name" }, { "MINPODS", "spec.minReplicas" }, { "MAXPODS", "spec.maxReplicas" },
                                   { "REPLICAS", "status.currentReplicas", .number = true }, AGE_ } },
    { "storageclass", { NAME_, { "PROVISIONER", "provisioner" }, { "RECLAIMPOLICY", "reclaimPolicy" }, { "VOLUMEBINDINGMODE", "volumeBindingMode" }, AGE_ } },
    { "", { NAME_, AGE_ } },    /* every other kind */
};

static const struct shape *shape_of(const char *kind)
{
    size_t i = 0;
    while (i + 1 < COUNT(shapes) && !str_eq(shapes[i].kind, kind))
        i++;
    return &shapes[i];
}

static bool is_shown(const struct column *column, bool wide)
{
    return column->header && (wide || !column->wide);
}

void columns_begin(struct table *t, const char *kind, bool wide, bool with_namespace)
{
    const char *headers[TABLE_COLUMNS_MAX];
    size_t count = 0;
    const struct shape *shape = shape_of(kind);
    if (with_namespace)
        headers[count++] = "NAMESPACE";
    for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++)
        if (is_shown(&shape->columns[i], wide) && count < TABLE_COLUMNS_MAX)
            headers[count++] = shape->columns[i].header;
    table_begin(t, headers, count);
}

void columns_row(struct table *t, const char *kind, bool wide, bool with_namespace, const json *object, int64_t wall_ms)
{
    const struct shape *shape = shape_of(kind);
    if (table_full(t))
        return;
    if (with_namespace)
        table_cell(t, json_at_str(object, "metadata.namespace"));
    for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++) {
        const struct column *column = &shape->columns[i];
        struct buf AUTO_BUF cell = { .limit = 4096 };
        if (!is_shown(column, wide))
            continue;
        const json *value = column->path ? json_at(object, column->path) : NULL;
        if (column->number && !value)
            buf_char(&cell, '0');
        else if (column->path)
            plain(value, &cell);
        else
            column->cell(object, wall_ms, &cell);
        table_cell(t, buf_text(&cell));
    }
}
