/* Nodes: without heartbeat, without runtime, under pressure, or with trouble that only the host sees. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"
#include "diagnose/amount.h"
#include "diagnose/resources.h"

#define RECENT_MS (10 * 60000)
#define FLAP_MS   (20 * 60000)
#define FLAPS     3
#define LEASE_MS  40000 /* how long a lease holds unless it says otherwise */

struct node {
    struct run *r;
    const struct object *o;
    const json *ready;          /* its condition Ready, or NULL */
    const struct object *lease; /* or NULL                      */
};

static struct finding *found(struct node *s, const char *code, enum strength strength)
{
    struct finding *f = finding_new(s->r, code, strength, s->o->id, NULL);
    finding_set(f, "node", s->o->name);
    return f;
}

static void of_condition(struct node *s, struct finding *f, const json *condition)
{
    const char *message = json_get_str(condition, "message");
    f->since = facts_time(json_get(condition, "lastTransitionTime"));
    finding_set(f, "since", finding_time(s->r, f->since));
    finding_set(f, "message", message);
    finding_quote(s->r, f, s->o->id, message, f->since);
}

/* Pods that suffer although nothing in them is wrong. */
static void add_victims(struct node *s)
{
    for (size_t i = 0; i < s->r->n_pods; i++) {
        const struct pod *p = &s->r->pods[i];
        if (strcmp(p->node, s->o->name) != 0 || p->ready || strcmp(p->phase, "Running") != 0)
            continue;
        struct finding *f = finding_of_pod(s->r, "none.inconclusive", WEAK, p, NULL);
        finding_depends(f, s->o->id);
        note_victim(s->r, f, NOTE_RUNS_ON);
    }
}

/* Ready */

static int64_t lease_age(const struct node *s)
{
    int64_t renewed = s->lease ? facts_time(json_get(s->lease->spec, "renewTime")) : 0;
    return renewed ? s->r->f->now - renewed : -1;
}

static void quote_lease(struct node *s, struct finding *f)
{
    if (s->lease)
        finding_quote(
            s->r, f, s->lease->id,
            arena_printf(s->r->a, "\"renewTime\":\"%s\"", str_or_empty(json_get_str(s->lease->spec, "renewTime"))),
            facts_time(json_get(s->lease->spec, "renewTime")));
}

static const struct {
    const char *phrase, *code;
} by_text[] = {
    { "certificate has expired", "node.cert-expired" },
    { "x509: certificate", "node.cert-expired" },
    { "container runtime is down", "node.runtime-down" },
    { "container runtime not ready", "node.runtime-down" },
    { "PLEG is not healthy", "node.runtime-down" },
    { "runtime service failed", "node.runtime-down" },
    { "containerd.sock", "node.runtime-down" },
    { "crio.sock", "node.runtime-down" },
    { "RuntimeReady=false reason:ContainerRuntime", "node.runtime-down" },
};

static void not_ready(struct node *s)
{
    const char *message = str_or_empty(json_get_str(s->ready, "message"));
    const char *code = "node.not-ready";
    for (size_t i = 0; i < COUNT(by_text) && strcmp(code, "node.not-ready") == 0; i++)
        if (strstr(message, by_text[i].phrase))
            code = by_text[i].code;
    struct finding *f = found(s, code, STATED);
    of_condition(s, f, s->ready);
    if (strcmp(code, "node.cert-expired") == 0)
        finding_set(f, "until", extract_word(s->r->a, message, "is after ", ",;"));
    add_victims(s);
}

static void silent(struct node *s)
{
    struct finding *f = found(s, "node.kubelet-down", STATED);
    of_condition(s, f, s->ready);
    int64_t beat = facts_time(json_get(s->ready, "lastHeartbeatTime"));
    finding_set(f, "since", finding_time(s->r, beat ? beat : f->since));
    quote_lease(s, f);
    add_victims(s);
}

/* The lease runs out before the node controller says so. */
static bool lease_is_stale(struct node *s)
{
    int64_t age = lease_age(s),
            held = json_get_int(s->lease ? s->lease->spec : NULL, "leaseDurationSeconds", LEASE_MS / 1000);
    if (age < 0 || held <= 0 || held > 86400 || age <= held * 1000)
        return false;
    struct finding *f = found(s, "node.kubelet-down", LIKELY);
    f->since = facts_time(json_get(s->lease->spec, "renewTime"));
    finding_set(f, "since", finding_time(s->r, f->since));
    quote_lease(s, f);
    return true;
}

static size_t times_not_ready(const struct node *s, int64_t *first)
{
    size_t n = 0;
    struct events all = facts_events(s->r->f, s->o->id);
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        if (strcmp(ev->reason, "NodeNotReady") != 0 || s->r->f->now - ev->last > FLAP_MS)
            continue;
        n += (size_t)(ev->count < 1000 ? ev->count : 1000);
        *first = ev->first;
    }
    return n;
}

static void flapping(struct node *s)
{
    int64_t first = 0;
    size_t n = times_not_ready(s, &first);
    if (n < FLAPS)
        return;
    struct finding *f = found(s, "node.flapping", SHOWN);
    f->since = first;
    finding_setf(s->r, f, "count", "%zu", n);
    finding_set(f, "ago", finding_age(s->r, FLAP_MS));
    finding_quote_event(s->r, f, facts_event(s->r->f, s->o->id, "NodeNotReady", NULL));
}

/* Conditions that are bad when they are True; node-problem-detector's beside the kubelet's own. */
static const struct {
    const char *type, *code;
    const char *process; /* for what keeps restarting */
} conditions[] = {
    { "MemoryPressure", "node.memory-pressure", NULL },
    { "DiskPressure", "node.disk-pressure", NULL },
    { "PIDPressure", "node.pid-pressure", NULL },
    { "NetworkUnavailable", "node.network-unavailable", NULL },
    { "KernelDeadlock", "node.kernel", NULL },
    { "CperHardwareErrorFatal", "node.kernel", NULL },
    { "ReadonlyFilesystem", "node.disk-fault", NULL },
    { "XfsShutdown", "node.disk-fault", NULL },
    { "DiskBadBlock", "node.disk-fault", NULL },
    { "CorruptDockerOverlay2", "node.disk-fault", NULL },
    { "NTPProblem", "node.clock-skew", NULL },
    { "KubeletUnhealthy", "node.restart-loops", "kubelet" },
    { "ContainerRuntimeUnhealthy", "node.runtime-down", NULL },
    { "FrequentKubeletRestart", "node.restart-loops", "kubelet" },
    { "FrequentContainerdRestart", "node.restart-loops", "containerd" },
    { "FrequentDockerRestart", "node.restart-loops", "docker" },
};

/* With no measure of use in the bundle, the one that requests most is named. */
static const char *largest_pod(const struct node *s, const char *resource)
{
    const struct pod *best = NULL;
    double most = 0;
    for (size_t i = 0; i < s->r->n_pods; i++) {
        const struct pod *p = &s->r->pods[i];
        double wants = strcmp(p->node, s->o->name) == 0 ? resources_of_pod(p->object, resource) : 0;
        if (wants > most) {
            most = wants;
            best = p;
        }
    }
    return best ? best->object->id : NULL;
}

static void bad_conditions(struct node *s)
{
    const json *list = json_get(s->o->status, "conditions");
    for (struct json_iter i = json_iter(json_is_array(list) ? list : NULL); json_next(&i);) {
        const char *type = str_or_empty(json_get_str(i.value, "type"));
        for (size_t k = 0; k < COUNT(conditions) && str_eq(json_get_str(i.value, "status"), "True"); k++) {
            if (strcmp(conditions[k].type, type) != 0)
                continue;
            struct finding *f = found(s, conditions[k].code, STATED);
            of_condition(s, f, i.value);
            finding_set(f, "process", conditions[k].process);
            if (strcmp(type, "MemoryPressure") == 0)
                finding_set(f, "peer", largest_pod(s, "memory"));
            finding_quote_event(s->r, f, facts_event(s->r->f, s->o->id, "EvictionThresholdMet", NULL));
        }
    }
}

/* Events of the host that are no condition. */
static const struct {
    const char *reason, *code;
} events[] = {
    { "SystemOOM", "node.system-oom" }, { "OOMKilling", "node.system-oom" },  { "TaskHung", "node.kernel" },
    { "KernelOops", "node.kernel" },    { "MemoryReadError", "node.kernel" }, { "Ext4Error", "node.disk-fault" },
    { "IOError", "node.disk-fault" },   { "NTPIsDown", "node.clock-skew" },   { "ConntrackFull", "net.conntrack-full" },
    { "Rebooted", "node.rebooted" },
};

/* "victim process: stress, pid: 123", "Killed process 123 (stress)" */
static const char *process_of(struct run *r, const char *message)
{
    const char *name = extract_word(r->a, message, "victim process: ", ",");
    if (name)
        return name;
    const char *open = strchr(message, '('), *close = open ? strchr(open, ')') : NULL;
    return close && close - open > 1 && close - open < 64 ? arena_strndup(r->a, open + 1, (size_t)(close - open - 1))
                                                          : NULL;
}

static void bad_events(struct node *s)
{
    for (size_t i = 0; i < COUNT(events); i++) {
        const struct event *ev = facts_event(s->r->f, s->o->id, events[i].reason, NULL);
        if (!ev || s->r->f->now - ev->last > RECENT_MS)
            continue;
        struct finding *f = found(s, events[i].code, STATED);
        f->since = ev->first;
        f->minor = strcmp(events[i].code, "node.rebooted") == 0;
        finding_set(f, "message", ev->message);
        finding_set(f, "since", finding_time(s->r, ev->first));
        finding_set(f, "process", process_of(s->r, ev->message));
        finding_quote_event(s->r, f, ev);
    }
}

/* kube-proxy of this node does not run although that of others does. */
static void kube_proxy(struct node *s)
{
    struct objects pods = facts_in(s->r->f, "pod", "kube-system");
    const struct pod *here = NULL;
    bool elsewhere = false;
    for (size_t i = 0; i < pods.count; i++) {
        const struct pod *p = run_pod(s->r, pods.items[i].id);
        if (!str_eq(json_get_str(p->labels, "k8s-app"), "kube-proxy"))
            continue;
        if (strcmp(p->node, s->o->name) == 0)
            here = p;
        else
            elsewhere |= p->ready;
    }
    if (!here || here->ready || !elsewhere || pod_is_starting(here, s->r->f->now))
        return;
    struct finding *f = found(s, "node.kube-proxy-down", SHOWN);
    f->since = here->ready_since;
    finding_set(f, "pod", here->object->name);
    finding_set(f, "message", json_get_str(object_condition(here->object, "Ready"), "message"));
    finding_quote(s->r, f, here->object->id, json_get_str(object_condition(here->object, "Ready"), "message"),
                  f->since);
    finding_depends(f, here->object->id);
}

void rules_node(struct run *r, const struct object *o)
{
    struct node s = { .r = r,
                      .o = o,
                      .ready = object_condition(o, "Ready"),
                      .lease = facts_find(r->f, "lease", "kube-node-lease", o->name) };
    const char *status = str_or_empty(json_get_str(s.ready, "status"));
    bad_conditions(&s);
    bad_events(&s);
    kube_proxy(&s);
    if (strcmp(status, "Unknown") == 0)
        silent(&s);
    else if (strcmp(status, "False") == 0)
        not_ready(&s);
    else if (!lease_is_stale(&s))
        flapping(&s);
}
