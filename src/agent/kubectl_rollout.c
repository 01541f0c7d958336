/* rollout status and history, in kubectl's words; nothing waits: a command ends. */
#include <stdlib.h>

#include "agent/kubectl.h"
#include "agent/kubectl_pick.h"

static int64_t number(const json *object, const char *path, int64_t absent)
{
    return json_int(json_at(object, path), absent);
}

static bool is_observed(const json *object)
{
    return number(object, "metadata.generation", 0) <= number(object, "status.observedGeneration", 0);
}

static bool is_over_time(const json *object)
{
    for (struct json_iter i = json_iter(json_at(object, "status.conditions")); json_next(&i);)
        if (str_eq(json_get_str(i.value, "type"), "Progressing") && str_eq(json_get_str(i.value, "reason"), "ProgressDeadlineExceeded"))
            return true;
    return false;
}

static void deployment_status(const json *object, const char *name, struct buf *out)
{
    int64_t wanted = number(object, "spec.replicas", 1), updated = number(object, "status.updatedReplicas", 0), all = number(object, "status.replicas", 0);
    int64_t available = number(object, "status.availableReplicas", 0);
    if (!is_observed(object))
        buf_str(out, "Waiting for deployment spec update to be observed...\n");
    else if (is_over_time(object))
        buf_printf(out, "error: deployment \"%s\" exceeded its progress deadline\n", name);
    else if (updated < wanted)
        buf_printf(out, "Waiting for deployment \"%s\" rollout to finish: %lld out of %lld new replicas have been updated...\n", name, (long long)updated, (long long)wanted);
    else if (all > updated)
        buf_printf(out, "Waiting for deployment \"%s\" rollout to finish: %lld old replicas are pending termination...\n", name, (long long)(all - updated));
    else if (available < updated)
        buf_printf(out, "Waiting for deployment \"%s\" rollout to finish: %lld of %lld updated replicas are available...\n", name, (long long)available, (long long)updated);
    else
        buf_printf(out, "deployment \"%s\" successfully rolled out\n", name);
}

static void daemon_set_status(const json *object, const char *name, struct buf *out)
{
    int64_t wanted = number(object, "status.desiredNumberScheduled", 0), updated = number(object, "status.updatedNumberScheduled", 0);
    int64_t available = number(object, "status.numberAvailable", 0);
    if (!is_observed(object))
        buf_str(out, "Waiting for daemon set spec update to be observed...\n");
    else if (updated < wanted)
        buf_printf(out, "Waiting for daemon set \"%s\" rollout to finish: %lld out of %lld new pods have been updated...\n", name, (long long)updated, (long long)wanted);
    else if (available < wanted)
        buf_printf(out, "Waiting for daemon set \"%s\" rollout to finish: %lld of %lld updated pods are available...\n", name, (long long)available, (long long)wanted);
    else
        buf_printf(out, "daemon set \"%s\" successfully rolled out\n", name);
}

static void stateful_set_status(const json *object, const char *name, struct buf *out)
{
    int64_t wanted = number(object, "spec.replicas", 1), ready = number(object, "status.readyReplicas", 0), updated = number(object, "status.updatedReplicas", 0);
    const char *update = str_or_empty(json_at_str(object, "status.updateRevision")), *current = str_or_empty(json_at_str(object, "status.currentRevision"));
    (void)name;
    if (!is_observed(object))
        buf_str(out, "Waiting for statefulset spec update to be observed...\n");
    else if (ready < wanted)
        buf_printf(out, "Waiting for %lld pods to be ready...\n", (long long)(wanted - ready));
    else if (!str_eq(update, current))
        buf_printf(out, "waiting for statefulset rolling update to complete %lld pods at revision %s...\n", (long long)updated, update);
    else
        buf_printf(out, "statefulset rolling update complete %lld pods at revision %s...\n", (long long)number(object, "status.currentReplicas", 0), current);
}

static const struct teller {
    const char *singular;
    void (*tell)(const json *object, const char *name, struct buf *out);
} tellers[] = { { "deployment", deployment_status }, { "daemonset", daemon_set_status }, { "statefulset", stateful_set_status } };

static void on_status(void *arg, const struct kube_answer *answer)
{
    struct tool_job *job = arg;
    if (!kubectl_took(job, answer->err))
        return;
    for (size_t i = 0; i < COUNT(tellers); i++)
        if (str_eq(tellers[i].singular, job->command.kind->singular))
            tellers[i].tell(answer->object, job->command.names[0], &job->out);
    kubectl_end(job);
}

/* --- history ----------------------------------------------------------------------------------------------------- */

static void on_replica_set(void *arg, json *object)
{
    struct tool_job *job = arg;
    const json *annotations = json_at(object, "metadata.annotations");
    const char *revision = json_get_str(annotations, "deployment.kubernetes.io/revision"), *cause = json_get_str(annotations, "kubernetes.io/change-cause");
    bool ours = false;
    for (struct json_iter i = json_iter(json_at(object, "metadata.ownerReferences")); json_next(&i);)
        ours |= str_eq(json_get_str(i.value, "kind"), "Deployment") && str_eq(json_get_str(i.value, "name"), job->command.names[0]);
    if (!ours || !revision || job->n_revisions == COUNT(job->revisions))
        return;
    struct revision *at = &job->revisions[job->n_revisions++];
    *at = (struct revision){ strtoll(revision, NULL, 10), arena_strdup(&job->arena, cause ? cause : "<none>") };
    for (; at > job->revisions && at[-1].number > at->number; at--) {    /* few, and in order mostly */
        struct revision later = at[-1];
        at[-1] = *at;
        *at = later;
    }
}

static void on_replica_sets(void *arg, const char *version, const struct err *err)
{
    struct tool_job *job = arg;
    (void)version;
    if (!kubectl_took(job, err))
        return;
    buf_printf(&job->out, "deployment.apps/%s\n%-9s CHANGE-CAUSE\n", job->command.names[0], "REVISION");
    for (size_t i = 0; i < job->n_revisions; i++)
        buf_printf(&job->out, "%-9lld %s\n", (long long)job->revisions[i].number, job->revisions[i].cause);
    kubectl_end(job);
}

static void on_deployment(void *arg, const struct kube_answer *answer)
{
    static const struct kube_list_handlers handlers = { on_replica_set, on_replica_sets };
    struct tool_job *job = arg;
    AUTO_BUF struct buf selector = { 0 };
    if (!kubectl_took(job, answer->err))
        return;
    pick_selector(answer->object, &selector);
    kubectl_list_labelled(job, "replicaset", buf_text(&selector), &handlers);
}

void kubectl_rollout(struct tool_job *job)
{
    kubectl_call(job, kubectl_path(job, true), job->command.history ? on_deployment : on_status);
}
