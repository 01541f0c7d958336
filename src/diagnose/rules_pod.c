/* Pods whose life as a whole went wrong: evicted, preempted, refused by the kubelet, stuck; and how the stages follow one another. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/quantity.h"
#include "base/str.h"
#include "diagnose/amount.h"
#include "diagnose/endpoints.h"
#include "diagnose/extract.h"

#define STUCK_MS   60000  /* beyond the grace period                            */
#define WAITING_MS 300000 /* an init container that waits longer waits in vain    */
#define SAYS_SO_MS 20000  /* ... and one that says whom it waits for, after this   */
#define OLD_MS     600000 /* an eviction this old whose workload is well is over */

/* The workload has all the Pods that it wants, ready. */
static bool workload_is_well(const struct run *r, const struct pod *p)
{
    const struct object *o = facts_get(r->f, p->workload);
    if (!o || o == p->object)
        return false;
    int64_t wanted = json_get_int(o->spec, "replicas", json_get_int(o->status, "desiredNumberScheduled", 1));
    int64_t ready = json_get_int(o->status, "readyReplicas", json_get_int(o->status, "numberReady", 0));
    return wanted > 0 && ready >= wanted;
}

static int64_t ended_at(const struct pod *p)
{
    for (size_t i = 0; i < p->n_containers; i++)
        if (p->containers[i].now.is)
            return p->containers[i].now.finished;
    return p->ready_since;
}

static struct finding *found(struct run *r, const struct pod *p, const char *code, const char *reason)
{
    struct finding *f = finding_of_pod(r, code, STATED, p, NULL);
    finding_set(f, "message", p->message);
    f->since = ended_at(p);
    finding_quote(r, f, p->object->id, p->message, f->since);
    finding_quote_event(r, f, facts_event(r->f, p->object->id, reason, NULL));
    return f;
}

/* "Container hog exceeded its local ephemeral storage limit "10Mi". ", "Usage of EmptyDir volume "v" exceeds the limit "1Gi". " */
static void evicted_for_storage(struct run *r, const struct pod *p)
{
    struct finding *f = found(r, p, "pod.evicted-storage", "Evicted");
    const char *container = extract_word(r->a, strstr(p->message, "Container "), "Container ", "");
    const char *limit = extract_quoted(r->a, p->message, "limit ");
    if (!limit)
        limit = extract_word(r->a, p->message, "total limit of containers ", " ");
    if (limit && str_ends(limit, "."))
        limit = arena_strndup(r->a, limit, strlen(limit) - 1);
    const char *volume = extract_quoted(r->a, p->message, "EmptyDir volume ");
    finding_set(f, "limit", limit);
    finding_set(f, "container", container ? container : p->n_containers == 1 ? p->containers[0].name : NULL);
    finding_set(f, "volume", volume ? volume : "ephemeral-storage");
}

/* "The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. Container c was using 1Gi, request is 0, ..." */
static void evicted_for_pressure(struct run *r, const struct pod *p)
{
    struct finding *f = found(r, p, "pod.evicted", "Evicted");
    finding_set(f, "resource", extract_word(r->a, p->message, "low on resource: ", ".,"));
    const char *container = strstr(p->message, "Container ");
    finding_set(f, "container", container ? extract_word(r->a, container, "Container ", " ") : NULL);
    finding_set(f, "used", extract_word(r->a, p->message, "was using ", ","));
    finding_set(f, "wanted", extract_word(r->a, p->message, "request is ", ","));
    finding_depends(f, *p->node ? facts_id(r->a, "node", "", p->node) : NULL);
}

/* For what it wrote itself; every other eviction is for what the node ran short of. */
static bool wrote_too_much(const struct pod *p)
{
    static const char *const phrases[] = { "ephemeral local storage", "ephemeral storage limit", "EmptyDir" };
    for (size_t i = 0; i < COUNT(phrases); i++)
        if (strstr(p->message, phrases[i]) && !strstr(p->message, "low on resource"))
            return true;
    return false;
}

static bool evicted(struct run *r, const struct pod *p)
{
    if (strcmp(p->phase, "Failed") != 0 || strcmp(p->reason, "Evicted") != 0)
        return false;
    if (wrote_too_much(p))
        evicted_for_storage(r, p);
    else
        evicted_for_pressure(r, p);
    return true;
}

static bool preempted(struct run *r, const struct pod *p)
{
    const json *target = object_condition(p->object, "DisruptionTarget");
    const struct event *ev = facts_event(r->f, p->object->id, "Preempted", NULL);
    if (!ev && !str_eq(json_get_str(target, "reason"), "PreemptionByScheduler"))
        return false;
    struct finding *f = found(r, p, "sched.preempted", "Preempted");
    const char *message = ev ? ev->message : str_or_empty(json_get_str(target, "message"));
    const char *by = extract_word(r->a, message, "Preempted by pod ", " ,");
    if (!by)
        by = extract_word(r->a, message, "Preempted by ", " ,");
    finding_set(f, "peer", by);
    finding_set(f, "priority", json_get_str(p->object->spec, "priorityClassName"));
    if (!json_get_str(p->object->spec, "priorityClassName"))
        finding_setf(r, f, "priority", "%lld", (long long)json_get_int(p->object->spec, "priority", 0));
    finding_quote(r, f, p->object->id, json_get_str(target, "message"),
                  facts_time(json_get(target, "lastTransitionTime")));
    return true;
}

/* The kubelet looks again at what the scheduler decided and may refuse. */
static bool refused_by_kubelet(struct run *r, const struct pod *p)
{
    static const struct {
        const char *reason, *code, *resource;
    } rows[] = {
        { "OutOfcpu", "sched.insufficient-cpu", "cpu" }, { "OutOfmemory", "sched.insufficient-memory", "memory" },
        { "OutOfpods", "node.too-many-pods", "pods" },   { "NodeAffinity", "sched.node-affinity", "" },
        { "NodePorts", "sched.hostport", "" },
    };
    for (size_t i = 0; i < COUNT(rows) && strcmp(p->phase, "Failed") == 0; i++)
        if (strcmp(rows[i].reason, p->reason) == 0) {
            struct finding *f = found(r, p, rows[i].code, p->reason);
            const char *wanted = extract_word(r->a, p->message, "requested: ", ",");
            double amount;
            /* The kubelet counts CPU in thousandths and memory in bytes. */
            bool known = *rows[i].resource && quantity_parse(wanted, &amount) == 0;
            bool cpu = strcmp(rows[i].resource, "cpu") == 0;
            finding_set(f, "wanted", known ? amount_text(r->a, rows[i].resource, cpu ? amount / 1000 : amount) : NULL);
            return true;
        }
    /* SysctlForbidden, UnexpectedAdmissionError, AppArmor...: the message says it, and nothing of the Pod has ever run */
    bool ran = json_count(json_get(p->object->status, "containerStatuses")) > 0;
    if (strcmp(p->phase, "Failed") != 0 || ran || !*p->reason || !str_starts(p->message, "Pod was rejected"))
        return false;
    struct finding *f = found(r, p, "config.error", p->reason);
    finding_set_message(r, f, p->message);
    return true;
}

static bool terminating_stuck(struct run *r, const struct pod *p)
{
    if (!p->object->deleted)
        return false;
    /* deletionTimestamp is when the grace period is over. */
    if (r->f->now - p->object->deleted < STUCK_MS)
        return true;
    struct finding *f = finding_of_pod(r, "pod.terminating-stuck", SHOWN, p, NULL);
    f->since = p->object->deleted;
    finding_set(f, "ago", finding_age(r, r->f->now - p->object->deleted));
    finding_blame(r, f, p->object->id);
    const char *finalizer = json_str(json_at(p->object->meta, "finalizers.0"));
    const struct event *ev = facts_event(r->f, p->object->id, "FailedKillPod", NULL);
    finding_set(f, "gate", finalizer);
    finding_set(f, "message", ev ? ev->message : finalizer ? "finalizers" : "deletionTimestamp");
    finding_quote_event(r, f, ev);
    if (finalizer)
        finding_quote(r, f, p->object->id, arena_printf(r->a, "\"finalizers\":[\"%.200s\"", finalizer), 0);
    finding_quote(r, f, p->object->id, "deletionTimestamp", p->object->deleted);
    finding_depends(f, *p->node ? facts_id(r->a, "node", "", p->node) : NULL);
    return true;
}

bool rules_pod_life(struct run *r, const struct pod *p)
{
    return terminating_stuck(r, p) || evicted(r, p) || preempted(r, p) || refused_by_kubelet(r, p);
}

/* Whom an init container waits for, by its own words. */
struct waiting {
    struct reason_line said;
    const char *service; /* id of a Service of the cluster, or NULL */
    enum presence presence;
};

static const char *service_in(struct run *r, const struct pod *p, const char *line, enum presence *presence)
{
    struct host host;
    return extract_host(r->a, line, &host) ? rules_service_of(r, p->object->namespace_, &host, presence) : NULL;
}

/* "waiting for db:5432" says as much as an error does: the last line that names a Service counts where the reason names none. */
static bool whom(struct run *r, const struct pod *p, const struct container *c, struct waiting *out)
{
    *out = (struct waiting){ .presence = UNKNOWN };
    if (!rules_reason_line(r, p, c, &out->said))
        return false;
    out->service = service_in(r, p, out->said.text, &out->presence);
    for (struct line line = { 0 }; !out->service && out->said.log && extract_line(&line, out->said.log->text);) {
        const char *text = extract_trimmed(r->a, line.text, line.size, QUOTE_MAX);
        enum presence presence;
        const char *id = !line.rest || !*line.rest ? service_in(r, p, text, &presence) : NULL;
        if (id) {
            out->service = id;
            out->presence = presence;
            out->said.text = text;
        }
    }
    return true;
}

/* The line says that another program does not answer or is not known by its name, or the Service that it names has nobody behind it. */
static bool waits_in_vain(const struct run *r, const struct waiting *w)
{
    static const char *const classes[] = { "refused", "unroutable", "timeout", "name-resolution", "connection-lost" };
    const struct object *service = facts_get(r->f, w->service);
    bool vain = w->presence == ABSENT || (service && !endpoints_serve(r, service));
    for (size_t i = 0; i < COUNT(classes); i++)
        vain |= strcmp(classes[i], w->said.class_) == 0;
    return vain;
}

bool rules_init_waiting(struct run *r, const struct pod *p, const struct container *c)
{
    int64_t waited = c->running_since ? r->f->now - c->running_since : 0;
    struct waiting w;
    if (!c->init || c->sidecar || !c->running || waited < SAYS_SO_MS)
        return false;
    bool said = whom(r, p, c, &w);
    if (waited < WAITING_MS && !(said && waits_in_vain(r, &w)))
        return false;
    struct finding *f = finding_of_pod(r, "pod.init-waiting", said ? INFERRED : LIKELY, p, c);
    f->since = c->running_since;
    finding_set(f, "ago", finding_age(r, waited));
    finding_quote(r, f, p->object->id, "PodInitializing", c->running_since);
    if (!said)
        return true;
    finding_set(f, "line", w.said.text);
    finding_quote_log(r, f, w.said.log, w.said.text);
    finding_depends(f, w.service);
    if (strcmp(w.said.class_, "name-resolution") == 0)
        finding_depends(f, "deployment/kube-system/coredns");
    if (w.service && w.presence == ABSENT) {
        f->strength = SHOWN;
        finding_setf(r, f, "ref", "Service %s", w.service + strlen("service/"));
        finding_quote(r, f, w.service, "not found", 0);
    }
    return true;
}

static void look_at_container(struct run *r, const struct pod *p, const struct container *c)
{
    static bool (*const stages[])(struct run *, const struct pod *, const struct container *) = {
        rules_image, rules_config, rules_start, rules_crash, rules_init_waiting, rules_probe,
    };
    for (size_t i = 0; i < COUNT(stages); i++)
        if (stages[i](r, p, c))
            return;
}

bool rules_is_past(const struct run *r, const struct pod *p)
{
    if (strcmp(p->phase, "Succeeded") == 0)
        return true;
    const struct object *owner = facts_get(r->f, p->object->owner);
    if (owner && strcmp(owner->kind, "job") == 0)
        return rules_job_is_past(r, owner);
    /* What replaced it will write as much as it did; for a while that is worth telling. */
    bool again = strcmp(p->reason, "Evicted") == 0 && wrote_too_much(p) && r->f->now - ended_at(p) < OLD_MS;
    return strcmp(p->phase, "Failed") == 0 && workload_is_well(r, p) && !again;
}

void rules_pod(struct run *r, const struct pod *p)
{
    static bool (*const stages[])(struct run *, const struct pod *) = {
        rules_pod_life,
        rules_scheduling,
        rules_volume,
        rules_sandbox,
    };
    if (rules_is_past(r, p))
        return;
    for (size_t i = 0; i < COUNT(stages); i++)
        if (stages[i](r, p))
            return;
    for (size_t i = 0; i < p->n_containers; i++)
        look_at_container(r, p, &p->containers[i]);
}
