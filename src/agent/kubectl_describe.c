/* describe: one object, its containers, spec and status, and what happened to it lately. */
#include <string.h>

#include "agent/kubectl.h"
#include "agent/kubectl_columns.h"
#include "agent/kubectl_object.h"

#define OBJECTS_MAX 20    /* of a list that is described */

static void field(struct buf *out, const char *name, const char *value)
{
    if (value && *value)
        buf_printf(out, "%-15s %s\n", name, value);
}

static void map(struct buf *out, const char *name, const json *object)
{
    for (struct json_iter i = json_iter(object); json_next(&i);) {
        if (json_is_string(i.value) && !str_eq(i.key, "kubectl.kubernetes.io/last-applied-configuration")) {
            buf_printf(out, "%-15s %s=%s\n", name, i.key, json_str(i.value));
            name = "";
        }
    }
}

static void controller(struct buf *out, const json *object)
{
    for (struct json_iter i = json_iter(json_at(object, "metadata.ownerReferences")); json_next(&i);)
        if (json_get_bool(i.value, "controller", false))
            buf_printf(out, "%-15s %s/%s\n", "Controlled By:", str_or_empty(json_get_str(i.value, "kind")), str_or_empty(json_get_str(i.value, "name")));
}

static void one_state(struct buf *out, const char *name, const json *state)
{
    for (struct json_iter i = json_iter(state); json_next(&i);) {
        const char *reason = json_get_str(i.value, "reason"), *message = json_get_str(i.value, "message");
        buf_printf(out, "    %-14s %s%s%s", name, i.key, reason ? ", " : "", str_or_empty(reason));
        if (json_get(i.value, "exitCode"))
            buf_printf(out, ", exit code %lld", (long long)json_get_int(i.value, "exitCode", 0));
        if (json_get_str(i.value, "finishedAt"))
            buf_printf(out, ", at %s", json_get_str(i.value, "finishedAt"));
        buf_printf(out, "%s%s\n", message ? ": " : "", str_or_empty(message));
    }
}

static void containers(struct buf *out, const char *title, const json *statuses)
{
    if (json_count(statuses) == 0)
        return;
    buf_printf(out, "%s\n", title);
    for (struct json_iter i = json_iter(statuses); json_next(&i);) {
        buf_printf(out, "  %s:\n    %-14s %s\n", str_or_empty(json_get_str(i.value, "name")), "Image:", str_or_empty(json_get_str(i.value, "image")));
        one_state(out, "State:", json_get(i.value, "state"));
        one_state(out, "Last State:", json_get(i.value, "lastState"));
        buf_printf(out, "    %-14s %s\n    %-14s %lld\n", "Ready:", json_get_bool(i.value, "ready", false) ? "True" : "False", "Restart Count:",
                   (long long)json_get_int(i.value, "restartCount", 0));
    }
}

static void conditions(struct buf *out, const json *object)
{
    const json *all = json_at(object, "status.conditions");
    if (json_count(all) > 0)
        buf_str(out, "Conditions:\n");
    for (struct json_iter i = json_iter(all); json_next(&i);) {
        const char *reason = json_get_str(i.value, "reason"), *message = json_get_str(i.value, "message");
        buf_printf(out, "  %-24s %-8s %s%s%s\n", str_or_empty(json_get_str(i.value, "type")), str_or_empty(json_get_str(i.value, "status")), str_or_empty(reason),
                   message && *message ? ": " : "", str_or_empty(message));
    }
}

/* Of a ConfigMap the keys: what is in it is nobody's business here. */
static void keys(struct buf *out, const json *object)
{
    const json *data = json_get(object, "data");
    if (!data)
        return;
    buf_str(out, "Data:\n");
    for (struct json_iter i = json_iter(data); json_next(&i);)
        buf_printf(out, "  %s: %zu bytes\n", i.key, json_str_size(i.value));
}

static void describe(struct tool_job *job, const json *object)
{
    struct buf *out = &job->out;
    bool pod = str_eq(job->command.kind->singular, "pod");
    if (job->shown++ > 0)
        buf_str(out, "\n\n");
    field(out, "Name:", json_at_str(object, "metadata.name"));
    field(out, "Namespace:", json_at_str(object, "metadata.namespace"));
    field(out, "Kind:", job->kind->kind);
    field(out, "Created:", json_at_str(object, "metadata.creationTimestamp"));
    field(out, "Deleted:", json_at_str(object, "metadata.deletionTimestamp"));
    map(out, "Labels:", json_at(object, "metadata.labels"));
    map(out, "Annotations:", json_at(object, "metadata.annotations"));
    controller(out, object);
    if (pod) {
        field(out, "Status:", columns_pod_status(object));
        field(out, "Node:", json_at_str(object, "spec.nodeName"));
        containers(out, "Init Containers:", json_at(object, "status.initContainerStatuses"));
        containers(out, "Containers:", json_at(object, "status.containerStatuses"));
    }
    conditions(out, object);
    keys(out, object);
    if (json_get(object, "spec")) {
        buf_str(out, "Spec:\n");
        object_yaml(json_get(object, "spec"), 2, out);
    }
    if (!pod && json_get(object, "status")) {
        buf_str(out, "Status:\n");
        object_yaml(json_get(object, "status"), 2, out);
    }
}

/* --- events ------------------------------------------------------------------------------------------------------ */

static void describe_next(struct tool_job *job);

static void on_event(void *arg, json *event)
{
    struct tool_job *job = arg;
    columns_row(&job->table, "event", false, false, event, loop_wall_ms(job->context.loop));
}

static void on_events(void *arg, const char *version, const struct err *err)
{
    struct tool_job *job = arg;
    (void)version;
    job->request = NULL;
    if (err)
        buf_printf(&job->out, "Events: not known: %s\n", err->text);
    else if (table_rows(&job->table) == 0)
        buf_str(&job->out, "Events: <none>\n");
    else
        buf_str(&job->out, "Events:\n");
    if (table_rows(&job->table) > 0)
        table_print(&job->table, true, &job->out);
    table_fini(&job->table);
    if (++job->at < job->command.n_names)
        describe_next(job);
    else
        kubectl_end(job);
}

/* A node's events lie in the namespace default, and are asked for everywhere. */
static void ask_events(struct tool_job *job)
{
    AUTO_FREE char *query = kubectl_events_query(job->kind, job->command.names[job->at]);
    struct kube_list_handlers handlers = { on_event, on_events };
    columns_begin(&job->table, "event", false, false);
    job->request = kube_list(job->context.kube, kube_kind_find("event"), job->kind->namespaced ? kubectl_namespace(job) : NULL, query, &handlers, job);
}

static void on_object(void *arg, const struct kube_answer *answer)
{
    struct tool_job *job = arg;
    if (!kubectl_took(job, answer->err))
        return;
    describe(job, answer->object);
    ask_events(job);
}

static void describe_next(struct tool_job *job)
{
    kubectl_call(job, kubectl_path(job, true), on_object);
}

/* --- a list ------------------------------------------------------------------------------------------------------ */

static void on_item(void *arg, json *object)
{
    struct tool_job *job = arg;
    if (job->shown < OBJECTS_MAX)
        describe(job, object);
    else
        job->truncated = true;
}

static void on_listed(void *arg, const char *version, const struct err *err)
{
    struct tool_job *job = arg;
    (void)version;
    if (kubectl_took(job, err))
        kubectl_end(job);
}

void kubectl_describe(struct tool_job *job)
{
    if (job->command.n_names > 0) {
        describe_next(job);
        return;
    }
    AUTO_FREE char *query = kubectl_query(job);
    kubectl_list(job, query, on_item, on_listed);
}
