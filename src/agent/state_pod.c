/* What goes wrong with a Pod, and when it is well again.
 *
 * Kubelets show a crash loop in many ways: 1.36 stays at `terminated` for most of the pause and says CrashLoopBackOff for under a second,
 * and a container that its liveness probe killed goes from running to running with one restart more.  So the ends of a container are
 * numbered (an end under `state` is number restartCount + 1, one under `lastState` is number restartCount) and each is told once.
 */
#include <stdio.h>
#include <string.h>

#include "agent/digest.h"
#include "agent/state_object.h"
#include "base/quantity.h"
#include "base/str.h"

#define CALM_MS        10000     /* without another end for so long, a Pod that is ready is well again */
#define UNREADY_MS     5000      /* a Pod that was never ready may take at least so long               */
#define UNREADY_MOST_MS 300000   /* ... and at most                                           */
#define RECENT_MS      60000     /* an end before the agent's time is told when it is no older         */

enum { UNSCHEDULABLE = 1, FAILED = 2, NOT_READY = 4, CONTAINER = 8 };    /* troubles */

/* What a waiting container's reason is told as; what is not here is told as ContainerWaiting. */
enum { START, CRASH_LOOP = 1, PULL = 2, CONFIG = 4, CREATE = 8, RUN = 16, OTHER = 32 };
static const struct told {
    const char *reason;
    enum wire_severity severity;
} tolds[] = {
    [CRASH_LOOP] = { "CrashLoopBackOff", SEVERITY_HIGH },
    [PULL] = { "ImagePullFailed", SEVERITY_HIGH },
    [CONFIG] = { "ConfigError", SEVERITY_HIGH },
    [CREATE] = { "ContainerCreateFailed", SEVERITY_HIGH },
    [RUN] = { "ContainerRunFailed", SEVERITY_HIGH },
    [OTHER] = { "ContainerWaiting", SEVERITY_MEDIUM },
};
static const struct waiting {
    const char *reason;
    uint32_t told;                   /* START: part of a normal start */
} waitings[] = {
    { "ContainerCreating", START },
    { "PodInitializing", START },
    { "CrashLoopBackOff", CRASH_LOOP },
    { "ErrImagePull", PULL },
    { "ImagePullBackOff", PULL },
    { "InvalidImageName", PULL },
    { "ErrImageNeverPull", PULL },
    { "ImageInspectError", PULL },
    { "RegistryUnavailable", PULL },
    { "SignatureValidationFailed", PULL },
    { "CreateContainerConfigError", CONFIG },
    { "CreateContainerError", CREATE },
    { "PreCreateHookError", CREATE },
    { "RunContainerError", RUN },
    { "PostStartHookError", RUN },
};

static uint32_t told_as(const char *reason)
{
    for (size_t i = 0; i < COUNT(waitings); i++)
        if (str_eq(waitings[i].reason, reason))
            return waitings[i].told;
    return OTHER;
}

/* --- one container ----------------------------------------------------------------------------------------------- */

static struct state_container *container_of(struct state_pod *pod, const char *name)
{
    uint64_t digest = digest_text(name);
    for (int i = 0; i < pod->n_containers; i++)
        if (pod->containers[i].name == digest)
            return &pod->containers[i];
    if (pod->n_containers == STATE_CONTAINERS_MAX)
        return NULL;
    struct state_container *c = &pod->containers[pod->n_containers++];
    *c = (struct state_container){ .name = digest };
    return c;
}

static void tell_end(const json *end, const char *name, int64_t restarts, struct state_news *news)
{
    const char *why = str_or_empty(json_get_str(end, "reason")), *last = json_get_str(end, "message");
    bool oom = str_eq(why, "OOMKilled");
    int64_t code = json_get_int(end, "exitCode", 0), signal = json_get_int(end, "signal", 0);
    AUTO_FREE char *by = signal ? str_printf(", signal %lld", (long long)signal) : str_dup("");
    const char *message = arena_printf(news->arena, "container %s ended: %s, exit code %lld%s, %lld restarts%s%s", name, *why ? why : "no reason given",
                                       (long long)code, by, (long long)restarts, last ? "; its last words: " : "", str_or_empty(last));
    news_add(news, &(struct state_piece){ .reason = oom ? "OOMKilled" : "ContainerFailed", .severity = oom ? SEVERITY_HIGH : SEVERITY_MEDIUM, .part = name,
                                          .exit_code = arena_printf(news->arena, "%lld", (long long)code), .at = state_time(end, "finishedAt"),
                                          .message = message });
}

/* The newest end of a container and its number; NULL when there is none worth saying: a completed one is not, unless it was started again. */
static const json *newest_end(const json *status, int32_t *number)
{
    int32_t restarts = (int32_t)json_get_int(status, "restartCount", 0);
    const json *now = json_at(status, "state.terminated"), *before = json_at(status, "lastState.terminated");
    if (now && json_get_int(now, "exitCode", 0) != 0) {
        *number = restarts + 1;
        return now;
    }
    *number = restarts;
    return restarts > 0 && !now ? before : NULL;
}

/* An end from before the agent's time is history, unless the container is still down or the end is recent. */
static bool is_history(const json *status, const json *end, const struct state_news *news)
{
    bool down = json_at(status, "state.waiting") || json_at(status, "state.terminated");
    return !down && news->wall_ms - state_time(end, "finishedAt") > RECENT_MS;
}

static void see_end(struct state_object *o, struct state_container *c, const json *status, const char *name, struct state_news *news)
{
    int32_t number;
    const json *end = newest_end(status, &number);
    if (!end || number <= c->told)
        return;
    c->told = number;
    if (o->fresh && is_history(status, end, news))
        return;
    o->troubles |= CONTAINER;
    o->pod.failed_ms = news->now_ms;
    tell_end(end, name, json_get_int(status, "restartCount", 0), news);
}

static void see_waiting(struct state_object *o, struct state_container *c, const json *status, const char *name, struct state_news *news)
{
    const json *waiting = json_at(status, "state.waiting");
    const char *reason = json_get_str(waiting, "reason");
    if (!waiting || !reason)
        return;
    uint32_t told = told_as(reason);
    if (told == START || (c->told_troubles & told))
        return;
    c->told_troubles |= told;
    o->troubles |= CONTAINER;
    o->pod.failed_ms = news->now_ms;
    const char *message = json_get_str(waiting, "message");
    news_add(news, &(struct state_piece){ .reason = tolds[told].reason, .severity = tolds[told].severity, .part = name,
                                          .message = arena_printf(news->arena, "container %s waits: %s%s%s", name, reason, message ? ": " : "", str_or_empty(message)) });
}

struct seen_containers {
    int32_t restarts;
    bool all_run;                    /* or are over and done with               */
    int64_t started_at;              /* of the newest one, wall ms              */
};

static void see_containers(struct state_object *o, const json *statuses, struct seen_containers *seen, struct state_news *news)
{
    for (struct json_iter i = json_iter(statuses); json_next(&i);) {
        const char *name = json_get_str(i.value, "name");
        struct state_container *c = name ? container_of(&o->pod, name) : NULL;
        const json *running = json_at(i.value, "state.running");
        bool done = json_at(i.value, "state.terminated") && json_int(json_at(i.value, "state.terminated.exitCode"), 1) == 0;
        int64_t started = state_time(running, "startedAt");
        seen->restarts += (int32_t)json_get_int(i.value, "restartCount", 0);
        seen->all_run = seen->all_run && (running || done);
        if (started > seen->started_at)
            seen->started_at = started;
        if (!c)
            continue;
        see_end(o, c, i.value, name, news);
        see_waiting(o, c, i.value, name, news);
    }
}

/* --- readiness --------------------------------------------------------------------------------------------------- */

/* A number of a probe's; what is beyond an hour is no use to us. */
static int64_t probe_number(const json *probe, const char *name, int64_t absent)
{
    int64_t value = json_get_int(probe, name, absent);
    return value < 0 ? 0 : value < 3600 ? value : 3600;
}

/* How long its own probes say that a container may take. */
static int64_t patience_ms(const json *object)
{
    int64_t most = UNREADY_MS;
    for (struct json_iter i = json_iter(json_at(object, "spec.containers")); json_next(&i);) {
        int64_t ms = 0;
        static const char *const probes[] = { "startupProbe", "readinessProbe" };
        for (size_t p = 0; p < COUNT(probes); p++) {
            const json *probe = json_get(i.value, probes[p]);
            if (probe)
                ms += 1000 * (probe_number(probe, "initialDelaySeconds", 0) + probe_number(probe, "periodSeconds", 10) * probe_number(probe, "failureThreshold", 3));
        }
        most = ms > most ? ms : most;
    }
    return most < UNREADY_MOST_MS ? most : UNREADY_MOST_MS;
}

static void tell_not_ready(struct state_object *o, struct state_news *news)
{
    o->troubles |= NOT_READY;
    news_add(news, &(struct state_piece){ .reason = "PodNotReady", .severity = SEVERITY_MEDIUM,
                                          .message = o->pod.was_ready ? "the Pod was ready and is not any more" : "the Pod's containers run, but it does not become ready" });
}

static void tell_recovery(struct state_object *o, const char *reason, const char *message, struct state_news *news)
{
    if (!o->troubles)
        return;
    o->troubles = 0;
    for (int i = 0; i < o->pod.n_containers; i++)
        o->pod.containers[i].told_troubles = 0;
    news_add(news, &(struct state_piece){ .reason = reason, .severity = SEVERITY_INFO, .recovery = true, .message = message });
}

static void judge_ready(struct state_object *o, struct state_news *news)
{
    if (!o->troubles)
        return;
    int64_t calm_ms = o->pod.failed_ms ? o->pod.failed_ms + CALM_MS : news->now_ms;
    if (news->now_ms >= calm_ms)
        tell_recovery(o, "PodReady", "the Pod is ready", news);
    else
        state_look_at(o, calm_ms);
}

/* Where a container's trouble has been told, that the Pod is not ready says nothing new. */
static void judge_unready(struct state_object *o, struct state_news *news)
{
    if (o->troubles & (NOT_READY | CONTAINER))
        return;
    if (news->now_ms >= o->pod.not_ready_due_ms)
        tell_not_ready(o, news);
    else
        state_look_at(o, o->pod.not_ready_due_ms);
}

static void see_readiness(struct state_object *o, const json *object, const struct seen_containers *seen, struct state_news *news)
{
    struct state_pod *pod = &o->pod;
    bool was = pod->ready;
    pod->ready = state_is_true(state_condition(object, "Ready"));
    if (pod->ready) {
        pod->was_ready = true;
        pod->not_ready_due_ms = 0;
        judge_ready(o, news);
        return;
    }
    if (pod->was_ready && (was || pod->not_ready_due_ms == 0))
        pod->not_ready_due_ms = news->now_ms + (seen->all_run ? 0 : UNREADY_MS);
    else if (!pod->was_ready && !seen->all_run)
        pod->not_ready_due_ms = 0;    /* it does not even run; that is told otherwise, or is the start */
    else if (!pod->was_ready && pod->not_ready_due_ms == 0)
        pod->not_ready_due_ms = news->now_ms + patience_ms(object) - (seen->started_at && seen->started_at < news->wall_ms ? news->wall_ms - seen->started_at : 0);
    if (pod->not_ready_due_ms)
        judge_unready(o, news);
}

/* --- the whole Pod ----------------------------------------------------------------------------------------------- */

static void see_scheduling(struct state_object *o, const json *object, struct state_news *news)
{
    const json *scheduled = state_condition(object, "PodScheduled");
    if (state_is_true(scheduled)) {
        if (o->troubles == UNSCHEDULABLE)
            tell_recovery(o, "PodScheduled", "the Pod found its node", news);
        return;
    }
    if ((o->troubles & UNSCHEDULABLE) || !str_eq(json_get_str(scheduled, "reason"), "Unschedulable"))
        return;
    o->troubles |= UNSCHEDULABLE;
    const char *message = json_get_str(scheduled, "message");
    news_add(news, &(struct state_piece){ .reason = "Unschedulable", .severity = SEVERITY_HIGH, .at = state_time(scheduled, "lastTransitionTime"),
                                          .message = message ? message : "no node takes the Pod" });
}

static void see_failed(struct state_object *o, const json *object, struct state_news *news)
{
    if (o->troubles & FAILED)
        return;
    o->troubles |= FAILED;
    const char *reason = json_at_str(object, "status.reason"), *message = json_at_str(object, "status.message");
    bool evicted = str_eq(reason, "Evicted");
    news_add(news, &(struct state_piece){ .reason = evicted ? "PodEvicted" : "PodFailed", .severity = evicted ? SEVERITY_HIGH : SEVERITY_MEDIUM,
                                          .message = arena_printf(news->arena, "the Pod failed%s%s%s%s", reason ? ": " : "", str_or_empty(reason), message ? ": " : "",
                                                                  str_or_empty(message)) });
}

static void see_limits(struct state_pod *pod, const json *object)
{
    double sum = 0;
    for (struct json_iter i = json_iter(json_at(object, "spec.containers")); json_next(&i);) {
        double bytes;
        const char *limit = json_at_str(i.value, "resources.limits.memory");
        if (!limit || quantity_parse(limit, &bytes) || bytes <= 0 || bytes > 1e15) {
            pod->memory_limit = 0;
            return;
        }
        sum += bytes;
    }
    pod->memory_limit = (int64_t)sum;
}

void pod_see(struct state_object *o, json *object, struct state_news *news)
{
    struct seen_containers seen = { .all_run = true };
    const char *phase = json_at_str(object, "status.phase");
    o->pod.phase = phase ? phase[0] : 0;
    o->pod.going = json_at(object, "metadata.deletionTimestamp") != NULL;
    if (o->fresh)
        see_limits(&o->pod, object);
    if (o->pod.going)
        return;    /* whatever happens to it now is meant */
    see_scheduling(o, object, news);
    see_containers(o, json_at(object, "status.initContainerStatuses"), &seen, news);
    see_containers(o, json_at(object, "status.containerStatuses"), &seen, news);
    o->pod.restarts = seen.restarts;
    if (str_eq(phase, "Failed"))
        see_failed(o, object, news);
    else if (str_eq(phase, "Succeeded"))
        tell_recovery(o, "PodSucceeded", "the Pod has done its work", news);
    else if (json_count(json_at(object, "status.containerStatuses")) > 0)
        see_readiness(o, object, &seen, news);
}

void pod_due(struct state_object *o, struct state_news *news)
{
    if (o->pod.going || o->pod.phase == 'F' || o->pod.phase == 'S')
        return;
    if (o->pod.ready)
        judge_ready(o, news);
    else if (o->pod.not_ready_due_ms)
        judge_unready(o, news);
}
