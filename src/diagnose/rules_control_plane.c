/* The control plane, as far as what it leaves undone shows it; cluster DNS; and what else is seen only over many objects. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/endpoints.h"

#define ENDS_MOST     2     /* ends of a container that are no accident any more */
#define SILENCE_MS    60000 /* long enough for a scheduler or controller to have done something */
#define SILENT_OWNERS 2     /* workloads, so that one odd Pod does not accuse the scheduler      */
#define CLIENTS       3     /* workloads that miss the same Service: then the Service is missing */

/* What runs a part of the control plane, where it runs as a Pod; else its lease. */
static const char *component(struct run *r, const char *name)
{
    struct objects pods = facts_in(r->f, "pod", "kube-system");
    for (size_t i = 0; i < pods.count; i++)
        if (str_eq(json_get_str(json_get(pods.items[i].meta, "labels"), "component"), name))
            return pods.items[i].id;
    return facts_id(r->a, strcmp(name, "etcd") == 0 ? "pod" : "lease", "kube-system", name); /* etcd holds no lease */
}

static void quote_lease(struct run *r, struct finding *f, const char *name)
{
    const struct object *lease = facts_find(r->f, "lease", "kube-system", name);
    int64_t renewed = lease ? facts_time(json_get(lease->spec, "renewTime")) : 0;
    if (!renewed)
        return;
    finding_set(f, "ago", r->f->now - renewed > SILENCE_MS ? finding_age(r, r->f->now - renewed) : NULL);
    finding_quote(r, f, lease->id, arena_printf(r->a, "\"renewTime\":\"%s\"", json_get_str(lease->spec, "renewTime")),
                  renewed);
}

static bool lease_is_stale(const struct run *r, const char *name)
{
    const struct object *lease = facts_find(r->f, "lease", "kube-system", name);
    int64_t renewed = lease ? facts_time(json_get(lease->spec, "renewTime")) : 0;
    return renewed && r->f->now - renewed > SILENCE_MS;
}

static bool is_unseen(const struct run *r, const struct pod *p)
{
    const char *by = json_get_str(p->object->spec, "schedulerName");
    return strcmp(p->phase, "Pending") == 0 && !*p->node && !p->object->deleted &&
           !object_condition(p->object, "PodScheduled") && facts_events(r->f, p->object->id).count == 0 &&
           r->f->now - p->object->created > SILENCE_MS && (!by || strcmp(by, "default-scheduler") == 0);
}

static void scheduler(struct run *r)
{
    const char *first = NULL;
    size_t count = 0, owners = 0;
    for (size_t i = 0; i < r->n_pods; i++) {
        if (!is_unseen(r, &r->pods[i]))
            continue;
        count++;
        owners += !first || strcmp(first, r->pods[i].workload) != 0;
        first = first ? first : r->pods[i].workload;
    }
    bool stale = lease_is_stale(r, "kube-scheduler");
    if (count == 0 || (owners < SILENT_OWNERS && !stale))
        return;
    const char *object = component(r, "kube-scheduler");
    struct finding *f = finding_new(r, "cp.scheduler-down", stale ? STATED : SHOWN, object, NULL);
    finding_setf(r, f, "count", "%zu", count);
    quote_lease(r, f, "kube-scheduler");
    for (size_t i = 0; i < r->n_pods; i++)
        if (is_unseen(r, &r->pods[i])) {
            finding_quote(r, f, r->pods[i].object->id, "\"phase\":\"Pending\"", r->pods[i].object->created);
            struct finding *victim = finding_of_pod(r, "none.inconclusive", WEAK, &r->pods[i], NULL);
            finding_depends(victim, object);
            note_victim(r, victim, NOTE_SHOWS_IT);
        }
}

static bool is_unreconciled(const struct run *r, const struct object *o)
{
    return r->f->now - o->created > SILENCE_MS &&
           json_get_int(o->meta, "generation", 0) > json_get_int(o->status, "observedGeneration", 0);
}

static void controller_manager(struct run *r)
{
    static const char *const kinds[] = { "deployment", "replicaset", "statefulset", "daemonset" };
    const struct object *seen[3] = { 0 };
    size_t count = 0;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct objects all = facts_kind(r->f, kinds[k]);
        for (size_t i = 0; i < all.count; i++)
            if (is_unreconciled(r, &all.items[i])) {
                if (count < COUNT(seen))
                    seen[count] = &all.items[i];
                count++;
            }
    }
    bool stale = lease_is_stale(r, "kube-controller-manager");
    if (count == 0 || (count < 2 && !stale))
        return;
    struct finding *f = finding_new(r, "cp.controller-manager-down", stale ? STATED : LIKELY,
                                    component(r, "kube-controller-manager"), NULL);
    finding_setf(r, f, "count", "%zu", count);
    quote_lease(r, f, "kube-controller-manager");
    for (size_t i = 0; i < COUNT(seen) && seen[i]; i++)
        finding_quote(
            r, f, seen[i]->id,
            arena_printf(r->a, "\"generation\":%lld", (long long)json_get_int(seen[i]->meta, "generation", 0)), 0);
}

static const char *of_etcd(const char *text)
{
    static const char *const phrases[] = { "database space exceeded", "etcdserver: request timed out",
                                           "etcdserver: no leader", "etcdserver: leader changed",
                                           "etcdserver: too many requests" };
    for (size_t i = 0; text && i < COUNT(phrases); i++)
        if (strstr(text, phrases[i]))
            return phrases[i];
    return NULL;
}

static void etcd(struct run *r)
{
    for (size_t i = 0; i < r->f->n_events; i++) {
        const char *phrase = of_etcd(r->f->events[i].message);
        if (!phrase || r->f->now - r->f->events[i].last > 10 * SILENCE_MS)
            continue;
        struct finding *f = finding_new(r, "cp.etcd", STATED, component(r, "etcd"), NULL);
        finding_set(f, "message", phrase);
        finding_quote_event(r, f, &r->f->events[i]);
        return;
    }
}

/* The same Service missed by many: it is its absence that must be looked at, not each of them. */
static void missing_services(struct run *r)
{
    size_t n = r->n_findings;
    for (size_t i = 0; i < n; i++) {
        const struct finding *f = r->findings[i];
        const char *missing = finding_value(f, "missing");
        const char *id = missing && strchr(missing, '/') ? arena_printf(r->a, "service/%s", missing) : NULL;
        if (!id || f->n_depends == 0 || strcmp(f->depends[0], id) != 0)
            continue;
        size_t clients = 1;
        bool told = false;
        for (size_t k = 0; k < n; k++) {
            bool same = str_eq(finding_value(r->findings[k], "missing"), missing);
            told |= same && k < i;
            bool new_ = same && k > i && strcmp(r->findings[k]->workload, f->workload) != 0;
            for (size_t m = i + 1; m < k && new_; m++)
                new_ = !str_eq(finding_value(r->findings[m], "missing"), missing) ||
                       strcmp(r->findings[m]->workload, r->findings[k]->workload) != 0;
            clients += new_;
        }
        if (told || clients < CLIENTS)
            continue;
        struct finding *one = finding_new(r, "svc.missing", SHOWN, id, NULL);
        finding_set(one, "service", missing);
        finding_set(one, "peer", f->workload);
        finding_set(one, "nearest", finding_value(f, "nearest"));
        finding_quote(r, one, id, "not found", 0);
        for (size_t k = 0; k < f->n_quotes; k++)
            finding_quote(r, one, f->quotes[k].source, f->quotes[k].text, f->quotes[k].at);
    }
}

void rules_control_plane(struct run *r)
{
    scheduler(r);
    controller_manager(r);
    etcd(r);
    missing_services(r);
}

void rules_apiservice(struct run *r, const struct object *o)
{
    const json *available = object_condition(o, "Available");
    if (!str_eq(json_get_str(available, "status"), "False"))
        return;
    struct finding *f = finding_new(r, "cp.aggregated-api-down", STATED, o->id, NULL);
    const char *group = json_get_str(o->spec, "group"), *version = json_get_str(o->spec, "version");
    finding_setf(r, f, "group", "%.200s/%.60s", str_or_empty(group), str_or_empty(version));
    finding_set(f, "message", json_get_str(available, "message"));
    f->since = facts_time(json_get(available, "lastTransitionTime"));
    const char *namespace_ = json_at_str(o->spec, "service.namespace"), *name = json_at_str(o->spec, "service.name");
    if (facts_name_is_sound(namespace_) && facts_name_is_sound(name))
        finding_setf(r, f, "service", "%s/%s", namespace_, name);
    finding_quote(r, f, o->id, json_get_str(available, "message"), f->since);
}

void rules_namespace(struct run *r, const struct object *o)
{
    static const char *const types[] = { "NamespaceDeletionDiscoveryFailure", "NamespaceDeletionContentFailure",
                                         "NamespaceFinalizersRemaining", "NamespaceContentRemaining" };
    if (!o->deleted || r->f->now - o->deleted < SILENCE_MS)
        return;
    struct finding *f = NULL;
    for (size_t i = 0; i < COUNT(types); i++) {
        const json *condition = object_condition(o, types[i]);
        if (!str_eq(json_get_str(condition, "status"), "True"))
            continue;
        if (!f) {
            f = finding_new(r, "ns.terminating-stuck", STATED, o->id, NULL);
            finding_set(f, "message", json_get_str(condition, "message"));
        }
        finding_quote(r, f, o->id, json_get_str(condition, "message"),
                      facts_time(json_get(condition, "lastTransitionTime")));
    }
    if (!f)
        return;
    f->since = o->deleted;
    finding_set(f, "namespace", o->name);
    finding_set(f, "ago", finding_age(r, r->f->now - o->deleted));
    const struct object *api = NULL;
    struct objects all = facts_kind(r->f, "apiservice");
    for (size_t i = 0; i < all.count; i++)
        api =
            str_eq(json_get_str(object_condition(&all.items[i], "Available"), "status"), "False") ? &all.items[i] : api;
    finding_depends(f, api ? api->id : NULL);
}

/* A Pod that was just made and has ended more than once does not only take its time. */
static bool ends_again_and_again(const struct pod *p)
{
    for (size_t i = 0; i < p->n_containers; i++)
        if (p->containers[i].restarts >= ENDS_MOST && !p->containers[i].ready)
            return true;
    return false;
}

void rules_dns(struct run *r)
{
    const struct object *service = facts_find(r->f, "service", "kube-system", "kube-dns");
    long ready = service ? endpoints_ready(r, service) : -1;
    const struct pod *bad = NULL;
    size_t pods = 0, failing = 0;
    struct objects all = facts_in(r->f, "pod", "kube-system");
    for (size_t i = 0; service && i < all.count; i++) {
        const struct pod *p = run_pod(r, all.items[i].id);
        if (!endpoints_selects(service, p))
            continue;
        pods++;
        bad = !p->ready && (!pod_is_starting(p, r->f->now) || ends_again_and_again(p)) ? p : bad;
        failing += !p->ready;
    }
    size_t clients = 0;
    for (size_t i = 0; i < r->n_findings; i++)
        clients += strcmp(r->findings[i]->code->code, "dns.name-unknown") == 0;
    if (ready != 0 || (pods > 0 && (!bad || failing < pods)) ||
        (pods == 0 && !facts_listed(r->f, "pod", "kube-system")))
        return;
    const char *object = bad                                                        ? bad->workload
                         : facts_find(r->f, "deployment", "kube-system", "coredns") ? "deployment/kube-system/coredns"
                                                                                    : service->id;
    struct finding *f = finding_new(r, "dns.coredns", SHOWN, object, bad ? bad->object->id : NULL);
    f->workload = object;
    const char *message =
        bad ? json_get_str(object_condition(bad->object, "Ready"), "message") : "kube-dns: 0 endpoints";
    for (size_t i = 0; bad && i < bad->n_containers; i++) {
        struct reason_line line;
        if (rules_reason_line(r, bad, &bad->containers[i], &line) &&
            (*line.class_ || container_end(&bad->containers[i]))) {
            message = line.text;
            finding_quote_log(r, f, line.log, line.text);
        }
    }
    finding_set(f, "message", message);
    if (clients > 0)
        finding_setf(r, f, "count", "%zu", clients);
    finding_quote(r, f, service->id, "kube-dns", 0);
    if (bad)
        finding_quote(r, f, bad->object->id, json_get_str(object_condition(bad->object, "Ready"), "message"),
                      bad->ready_since);
}
