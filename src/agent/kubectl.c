#include "agent/kubectl.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/redact.h"
#include "http/client.h"

static void (*const begins[KUBECTL_VERBS])(struct tool_job *job) = {
    [KUBECTL_GET] = kubectl_get, [KUBECTL_DESCRIBE] = kubectl_describe, [KUBECTL_LOGS] = kubectl_logs, [KUBECTL_EVENTS] = kubectl_events,
    [KUBECTL_TOP] = kubectl_top, [KUBECTL_ROLLOUT] = kubectl_rollout,
};

/* --- the answer -------------------------------------------------------------------------------------------------- */

static void free_job(struct tool_job *job)
{
    timer_stop(&job->first);
    table_fini(&job->table);
    kubectl_events_free(job->events);
    buf_fini(&job->out);
    arena_fini(&job->arena);
    free(job);
}

static void answer(struct tool_job *job, struct tool_answer *a)
{
    struct buf AUTO_BUF text = { 0 }, clean = { .limit = WIRE_OUTPUT_MAX };
    (void)str_utf8(&text, job->out.size ? job->out.data : "", job->out.size);
    a->redactions = redact_text(&clean, buf_text(&text), text.size);
    a->output = buf_text(&clean);
    a->size = clean.size;
    a->truncated = job->truncated || job->out.cut || clean.cut;
    job->done(job->arg, a);
    free_job(job);
}

void kubectl_end(struct tool_job *job)
{
    answer(job, &(struct tool_answer){ .status = STATUS_SUCCESS });
}

static const char *reason_of(enum err_kind kind)
{
    static const struct {
        enum err_kind kind;
        const char *reason;
    } reasons[] = {
        { ERR_NOT_FOUND, "not_found" }, { ERR_REFUSED, "forbidden" }, { ERR_BUSY, "api_busy" }, { ERR_UNAVAILABLE, "api_unavailable" },
        { ERR_TIMEOUT, "api_timeout" }, { ERR_INVALID, "invalid" }, { ERR_TOO_LARGE, "too_large" },
    };
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (reasons[i].kind == kind)
            return reasons[i].reason;
    return "api_error";
}

void kubectl_fail(struct tool_job *job, const struct err *err)
{
    struct err kept = *err;    /* it may live in the answer to a request of ours */
    answer(job, &(struct tool_answer){ .status = STATUS_FAILED, .error = kept.text, .reason = reason_of(kept.kind) });
}

bool kubectl_took(struct tool_job *job, const struct err *err)
{
    job->request = NULL;
    if (err)
        kubectl_fail(job, err);
    return !err;
}

/* --- requests ---------------------------------------------------------------------------------------------------- */

static void fail_early(void *arg)
{
    struct tool_job *job = arg;
    kubectl_fail(job, &job->early);
}

void kubectl_call(struct tool_job *job, char *path, kube_done done)
{
    struct kube_options options = { .timeout_ms = job->timeout_ms, .size_max = 4u << 20 };
    if (path) {
        job->request = kube_call(job->context.kube, path, &options, done, job);
        free(path);
        return;
    }
    err_set(&job->early, ERR_INVALID, "there is no such object");
    timer_start(&job->first, job->context.loop, 0, fail_early, job);
}

const char *kubectl_namespace(const struct tool_job *job)
{
    if (job->command.all_namespaces)
        return NULL;
    return job->command.namespace_ ? job->command.namespace_ : "default";
}

void kubectl_list_labelled(struct tool_job *job, const char *kind, const char *selector, const struct kube_list_handlers *handlers)
{
    AUTO_FREE char *escaped = http_escape(selector);
    AUTO_FREE char *query = str_printf("labelSelector=%s", escaped);
    job->request = kube_list(job->context.kube, kube_kind_find(kind), kubectl_namespace(job), query, handlers, job);
}

char *kubectl_path(const struct tool_job *job, bool of_name)
{
    const char *namespace_ = job->kind && job->kind->namespaced ? kubectl_namespace(job) : NULL;
    return job->kind ? kube_path(job->kind, namespace_, of_name ? job->command.names[job->at] : NULL) : NULL;
}

char *kubectl_query(const struct tool_job *job)
{
    struct buf query = { 0 };
    const struct {
        const char *name, *value;
    } parts[] = { { "labelSelector", job->command.selector }, { "fieldSelector", job->command.field_selector } };
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (!parts[i].value)
            continue;
        AUTO_FREE char *escaped = http_escape(parts[i].value);
        buf_printf(&query, "%s%s=%s", query.size ? "&" : "", parts[i].name, escaped);
    }
    return query.size ? buf_take(&query, NULL) : NULL;
}

char *kubectl_events_query(const struct kube_kind *kind, const char *name)
{
    AUTO_FREE char *selector = kube_events_selector(kind->kind, name);
    AUTO_FREE char *escaped = http_escape(selector);
    return str_printf("fieldSelector=%s", escaped);
}

void kubectl_list(struct tool_job *job, const char *query, void (*item)(void *arg, json *object), void (*done)(void *arg, const char *version, const struct err *err))
{
    struct kube_list_handlers handlers = { item, done };
    const char *namespace_ = job->kind->namespaced ? kubectl_namespace(job) : NULL;
    job->request = kube_list(job->context.kube, job->kind, namespace_, query, &handlers, job);
}

/* --- the tool ---------------------------------------------------------------------------------------------------- */

static int check(const struct wire_command *command, struct arena *a, struct err *e)
{
    struct kubectl_command parsed;
    return kubectl_parse(command->action, command->args, command->n_args, a, &parsed, e);
}

static struct tool_job *start(const struct tool_context *context, const struct wire_command *command, int64_t timeout_ms, tool_done done, void *arg)
{
    struct err e;
    struct tool_job *job = mem_alloc(sizeof *job);
    *job = (struct tool_job){ .context = *context, .timeout_ms = timeout_ms, .done = done, .arg = arg, .out = { .limit = WIRE_OUTPUT_MAX } };
    if (kubectl_parse(command->action, command->args, command->n_args, &job->arena, &job->command, &e)) {
        job->early = e;
        timer_start(&job->first, context->loop, 0, fail_early, job);
        return job;
    }
    job->kind = job->command.kind ? kube_kind_find(job->command.kind->singular) : NULL;
    begins[job->command.verb](job);
    return job;
}

static void cancel(struct tool_job *job)
{
    if (job->request)
        kube_cancel(job->request);
    free_job(job);
}

const struct tool kubectl_tool = { "kubectl", check, start, cancel };
