/* Deployments, StatefulSets, DaemonSets and Jobs. */
#include <stdio.h>

#include "agent/state_object.h"
#include "base/str.h"

#define STARTING_MS 60000    /* a workload that was never whole may take so long                 */
#define SHORT_MS    10000    /* a set that was whole may lack Pods for so long: they are replaced */
#define CALM_MS     10000    /* available for so long: it is so again                            */

enum { UNAVAILABLE = 1, REPLICA_FAILURE = 2, STUCK = 4, JOB_FAILED = 8 };    /* troubles */

static const struct {
    const char *down, *up;
} words[STATE_KINDS] = {
    [STATE_DEPLOYMENT] = { "DeploymentUnavailable", "DeploymentAvailable" },
    [STATE_STATEFUL_SET] = { "StatefulSetUnavailable", "StatefulSetAvailable" },
    [STATE_DAEMON_SET] = { "DaemonSetUnavailable", "DaemonSetAvailable" },
};

static void tell_unavailable(struct state_object *o, struct state_news *news)
{
    o->troubles |= UNAVAILABLE;
    news_add(news, &(struct state_piece){ .reason = words[o->kind].down, .severity = SEVERITY_HIGH,
                                          .message = o->workload.was_available ? "it was available and is not any more" : "it does not become available" });
}

static void tell_available(struct state_object *o, struct state_news *news)
{
    o->troubles &= ~(uint32_t)UNAVAILABLE;
    news_add(news, &(struct state_piece){ .reason = words[o->kind].up, .severity = SEVERITY_INFO, .recovery = true, .message = "it is available again" });
}

/* Pods that crash are available in between: only what lasts is a recovery. */
void workload_due(struct state_object *o, struct state_news *news)
{
    struct state_workload *w = &o->workload;
    bool told = o->troubles & UNAVAILABLE;
    if (w->available != told)
        return;    /* what is so has been said */
    int64_t due_ms = w->since_ms + (w->available ? CALM_MS : w->patience_ms);
    if (news->now_ms < due_ms)
        state_look_at(o, due_ms);
    else if (told)
        tell_available(o, news);
    else
        tell_unavailable(o, news);
}

static void judge(struct state_object *o, bool available, int64_t patience_ms, struct state_news *news)
{
    struct state_workload *w = &o->workload;
    if (o->fresh || available != w->available)
        w->since_ms = news->now_ms;
    w->available = available;
    w->was_available |= available;
    w->patience_ms = patience_ms;
    workload_due(o, news);
}

/* A condition that is bad as such. */
static void see_condition(struct state_object *o, const json *condition, bool is, uint32_t bit, const struct state_piece *piece, struct state_news *news)
{
    bool was = o->troubles & bit;
    if (is == was)
        return;
    o->troubles ^= bit;
    if (!is)
        return;    /* that it is available says the rest */
    struct state_piece told = *piece;
    const char *message = json_get_str(condition, "message");
    told.at = state_time(condition, "lastTransitionTime");
    if (message)
        told.message = message;
    news_add(news, &told);
}

void deployment_see(struct state_object *o, json *object, struct state_news *news)
{
    const json *progressing = state_condition(object, "Progressing"), *failure = state_condition(object, "ReplicaFailure");
    bool stuck = str_eq(json_get_str(progressing, "status"), "False") && str_eq(json_get_str(progressing, "reason"), "ProgressDeadlineExceeded");
    bool asked = json_int(json_at(object, "spec.replicas"), 1) > 0;
    see_condition(o, failure, state_is_true(failure), REPLICA_FAILURE,
                  &(struct state_piece){ .reason = "ReplicaFailure", .severity = SEVERITY_HIGH, .message = "Pods cannot be made" }, news);
    see_condition(o, progressing, stuck, STUCK,
                  &(struct state_piece){ .reason = "ProgressDeadlineExceeded", .severity = SEVERITY_HIGH, .message = "the rollout does not get on" }, news);
    bool available = !asked || state_is_true(state_condition(object, "Available"));
    judge(o, available, o->workload.was_available ? 0 : STARTING_MS, news);
}

/* Sets have no conditions; while a rollout is on its way, Pods are replaced one by one. */
void set_see(struct state_object *o, json *object, struct state_news *news)
{
    const json *status = json_get(object, "status");
    bool daemons = o->kind == STATE_DAEMON_SET;
    int64_t want = daemons ? json_get_int(status, "desiredNumberScheduled", 0) : json_int(json_at(object, "spec.replicas"), 1);
    int64_t ready = json_get_int(status, daemons ? "numberReady" : "readyReplicas", 0);
    int64_t updated = json_get_int(status, daemons ? "updatedNumberScheduled" : "updatedReplicas", want);
    bool rolling = o->workload.was_available && updated < want;
    judge(o, ready >= want, rolling || !o->workload.was_available ? STARTING_MS : SHORT_MS, news);
}

void job_see(struct state_object *o, json *object, struct state_news *news)
{
    const json *failed = state_condition(object, "Failed");
    bool complete = state_is_true(state_condition(object, "Complete"));
    const char *reason = str_or_empty(json_get_str(failed, "reason")), *message = str_or_empty(json_get_str(failed, "message"));
    if (state_is_true(failed) && !(o->troubles & JOB_FAILED)) {
        o->troubles |= JOB_FAILED;
        news_add(news, &(struct state_piece){ .reason = "JobFailed", .severity = SEVERITY_HIGH, .at = state_time(failed, "lastTransitionTime"),
                                              .message = arena_printf(news->arena, "the Job failed: %s%s%s", *reason ? reason : "no reason given", *message ? ": " : "", message) });
    }
    bool struggled = json_int(json_at(object, "status.failed"), 0) > 0;
    if (complete && struggled && !o->fresh && !(o->troubles & UNAVAILABLE)) {
        o->troubles |= UNAVAILABLE;    /* said once */
        news_add(news, &(struct state_piece){ .reason = "JobComplete", .severity = SEVERITY_INFO, .recovery = true, .message = "the Job is complete" });
    }
}
