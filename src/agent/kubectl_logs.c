/* logs of one Pod, or of one of a workload's: of one container, or of all of them one after the other. */
#include <string.h>

#include "agent/kubectl.h"

#define TAIL_DEFAULT 500

static char *log_path(const struct tool_job *job, const char *container)
{
    const struct kubectl_command *c = &job->command;
    AUTO_FREE char *pod = kubectl_path(job, true);
    struct buf path = { 0 };
    if (!pod)
        return NULL;
    buf_printf(&path, "%s/log?tailLines=%lld&limitBytes=%lld", pod, (long long)(c->tail > 0 ? c->tail : TAIL_DEFAULT),
               (long long)(c->limit_bytes ? c->limit_bytes : (int64_t)WIRE_OUTPUT_MAX));
    if (container)
        buf_printf(&path, "&container=%s", container);    /* a DNS label: nothing to escape */
    if (c->previous)
        buf_str(&path, "&previous=true");
    if (c->timestamps)
        buf_str(&path, "&timestamps=true");
    if (c->since_s)
        buf_printf(&path, "&sinceSeconds=%lld", (long long)c->since_s);
    return buf_take(&path, NULL);
}

static void ask_log(struct tool_job *job, const char *container, kube_done done)
{
    AUTO_FREE char *path = log_path(job, container);
    struct kube_options options = { .timeout_ms = job->timeout_ms, .size_max = WIRE_OUTPUT_MAX };
    if (path)
        job->request = kube_call(job->context.kube, path, &options, done, job);
    else
        kubectl_call(job, NULL, done);
}

/* A Pod without a node is answered with 204 and nothing at all. */
static int take(struct tool_job *job, const struct kube_answer *answer, struct err *e)
{
    if (answer->err) {
        *e = *answer->err;
        return -1;
    }
    if (answer->status == 204)
        return err_set(e, ERR_NOT_FOUND, "the Pod has no node yet, so there are no logs");
    buf_add(&job->out, answer->text, answer->size);
    job->truncated |= answer->truncated;
    return 0;
}

static void on_log(void *arg, const struct kube_answer *answer)
{
    struct tool_job *job = arg;
    struct err e;
    job->request = NULL;
    if (take(job, answer, &e))
        kubectl_fail(job, &e);
    else
        kubectl_end(job);
}

/* --- all containers ---------------------------------------------------------------------------------------------- */

static void next_log(struct tool_job *job);

static void on_one_of_all(void *arg, const struct kube_answer *answer)
{
    struct tool_job *job = arg;
    struct err e;
    job->request = NULL;
    if (take(job, answer, &e))
        buf_printf(&job->out, "(%s)\n", e.text);
    if (job->out.size && job->out.data[job->out.size - 1] != '\n')
        buf_char(&job->out, '\n');
    job->shown++;
    next_log(job);
}

static void next_log(struct tool_job *job)
{
    if (job->shown == job->n_containers) {
        kubectl_end(job);
        return;
    }
    const char *name = job->containers[job->shown];
    buf_printf(&job->out, "==> %s <==\n", name);
    ask_log(job, name, on_one_of_all);
}

static void add_containers(struct tool_job *job, const json *list)
{
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        const char *name = json_get_str(i.value, "name");
        if (name && str_is_dns_label(name) && job->n_containers < KUBECTL_CONTAINERS_MAX)
            job->containers[job->n_containers++] = arena_strdup(&job->arena, name);
    }
}

static void on_pod(void *arg, const struct kube_answer *answer)
{
    struct tool_job *job = arg;
    if (!kubectl_took(job, answer->err))
        return;
    add_containers(job, json_at(answer->object, "spec.initContainers"));
    add_containers(job, json_at(answer->object, "spec.containers"));
    next_log(job);
}

static void read_logs(struct tool_job *job)
{
    if (job->command.all_containers)
        kubectl_call(job, kubectl_path(job, true), on_pod);
    else
        ask_log(job, job->command.container, on_log);
}

void kubectl_logs(struct tool_job *job)
{
    if (str_eq(job->command.kind->singular, "pod"))
        read_logs(job);
    else
        kubectl_pick(job, read_logs);
}
