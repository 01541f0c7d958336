#include "diagnose/health.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/endpoints.h"

#define WINDOW_MS  3600000 /* older trouble of something that is well is forgotten */
#define SETTLED_MS 60000   /* a workload that changed a moment ago is still at it  */

static enum health of_pod(const struct run *r, const struct object *o)
{
    const struct pod *p = run_pod(r, o->id);
    return pod_is_well(p) ? HEALTH_WELL : pod_is_starting(p, r->f->now) ? HEALTH_STARTING : HEALTH_UNWELL;
}

static enum health wants_and_has(const struct run *r, const struct object *o, int64_t wants, int64_t has)
{
    if (has >= wants)
        return HEALTH_WELL;
    return r->f->now - o->created < SETTLED_MS ? HEALTH_STARTING : HEALTH_UNWELL;
}

static enum health of_replicas(const struct run *r, const struct object *o)
{
    return wants_and_has(r, o, json_get_int(o->spec, "replicas", 1), json_get_int(o->status, "readyReplicas", 0));
}

static enum health of_daemonset(const struct run *r, const struct object *o)
{
    return wants_and_has(r, o, json_get_int(o->status, "desiredNumberScheduled", 0),
                         json_get_int(o->status, "numberReady", 0));
}

static bool is_true(const struct object *o, const char *type)
{
    return str_eq(json_get_str(object_condition(o, type), "status"), "True");
}

static enum health of_job(const struct run *r, const struct object *o)
{
    (void)r;
    return is_true(o, "Failed") ? HEALTH_UNWELL : HEALTH_WELL;
}

static enum health of_node(const struct run *r, const struct object *o)
{
    (void)r;
    return is_true(o, "Ready") ? HEALTH_WELL : HEALTH_UNWELL;
}

static enum health of_claim(const struct run *r, const struct object *o)
{
    if (str_eq(json_get_str(o->status, "phase"), "Bound"))
        return HEALTH_WELL;
    /* A claim that waits for its first Pod is as it should be. */
    return r->f->now - o->created < SETTLED_MS || facts_event(r->f, o->id, "WaitForFirstConsumer", NULL)
               ? HEALTH_STARTING
               : HEALTH_UNWELL;
}

static enum health of_service(const struct run *r, const struct object *o)
{
    if (json_count(json_get(o->spec, "selector")) == 0)
        return HEALTH_WELL;
    long ready = endpoints_ready(r, o);
    return ready < 0                             ? HEALTH_UNKNOWN
           : ready > 0                           ? HEALTH_WELL
           : r->f->now - o->created < SETTLED_MS ? HEALTH_STARTING
                                                 : HEALTH_UNWELL;
}

static const struct {
    const char *kind;
    enum health (*of)(const struct run *, const struct object *);
} by_kind[] = {
    { "pod", of_pod },
    { "deployment", of_replicas },
    { "replicaset", of_replicas },
    { "statefulset", of_replicas },
    { "daemonset", of_daemonset },
    { "job", of_job },
    { "node", of_node },
    { "persistentvolumeclaim", of_claim },
    { "service", of_service },
};

enum health health_of(const struct run *r, const struct object *o)
{
    for (size_t i = 0; i < COUNT(by_kind); i++)
        if (strcmp(by_kind[i].kind, o->kind) == 0)
            return by_kind[i].of(r, o);
    return HEALTH_WELL; /* of other kinds there is nothing to see but what rules find */
}

/* Recovery */

static void take(struct recovery *best, const struct recovery *one)
{
    if (!best->object || one->since > best->since)
        *best = *one;
}

/* Warnings up to the moment of readiness belong to every start: probes before the program listens, volumes before they are mounted. */
static bool is_start_up_noise(const struct pod *p, const struct event *ev)
{
    return ev->last <= p->ready_since + 1000;
}

static void of_pod_before(const struct run *r, const struct pod *p, struct recovery *best)
{
    for (size_t i = 0; i < p->n_containers; i++) {
        const struct container *c = &p->containers[i];
        if (!c->running || !c->last.is || c->last.exit_code == 0 || r->f->now - c->last.finished > WINDOW_MS)
            continue;
        const struct recovery one = {
            .event = facts_event(r->f, p->object->id, "BackOff", c->name),
            .message = *c->last.reason ? c->last.reason : "Error",
            .since = c->running_since,
            .object = p->object->id,
        };
        take(best, &one);
    }
    struct events all = facts_events(r->f, p->object->id);
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        if (!ev->warning || is_start_up_noise(p, ev) || r->f->now - ev->last > WINDOW_MS)
            continue;
        const struct recovery one = { ev, ev->message, ev->last, p->object->id };
        take(best, &one);
    }
}

static void of_events_before(const struct run *r, const struct object *o, struct recovery *best)
{
    struct events all = facts_events(r->f, o->id);
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        if (!ev->warning || r->f->now - ev->last > WINDOW_MS)
            continue;
        const struct recovery one = { ev, ev->message, ev->last, o->id };
        take(best, &one);
    }
}

bool health_recovered(const struct run *r, const struct object *o, struct recovery *out)
{
    *out = (struct recovery){ 0 };
    bool pod = strcmp(o->kind, "pod") == 0;
    const char *workload = object_workload(r->f, o, r->a);
    for (size_t i = 0; i < r->n_pods; i++) {
        const struct pod *p = &r->pods[i];
        if (pod ? p->object == o : strcmp(p->workload, workload) == 0 && pod_is_well(p))
            of_pod_before(r, p, out);
    }
    if (!pod)
        of_events_before(r, o, out);
    return out->object != NULL;
}

/* Words */

static const char *word_of_pod(const struct pod *p)
{
    if (p->object->deleted)
        return "Terminating";
    for (size_t i = 0; i < p->n_containers; i++) {
        const struct container *c = &p->containers[i];
        if (c->waiting && *c->waiting && strcmp(c->waiting, "PodInitializing") != 0)
            return c->waiting;
        if (c->now.is && c->now.exit_code != 0 && *c->now.reason && !*p->reason)
            return c->now.reason;
    }
    if (*p->reason)
        return p->reason;
    return strcmp(p->phase, "Running") == 0 ? (p->ready ? "Ready" : "NotReady") : p->phase;
}

const char *health_word(const struct run *r, const struct object *o)
{
    static const char *const words[] = {
        [HEALTH_UNKNOWN] = "",
        [HEALTH_WELL] = "Ready",
        [HEALTH_STARTING] = "Progressing",
        [HEALTH_UNWELL] = "NotReady",
    };
    if (strcmp(o->kind, "pod") == 0)
        return word_of_pod(run_pod(r, o->id));
    const char *phase = json_get_str(o->status, "phase");
    if (phase && strcmp(o->kind, "persistentvolumeclaim") == 0)
        return phase;
    for (size_t i = 0; i < COUNT(by_kind); i++)
        if (strcmp(by_kind[i].kind, o->kind) == 0)
            return words[by_kind[i].of(r, o)];
    return "";
}
