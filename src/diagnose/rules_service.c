/* Services that reach nothing, the wrong thing, or nobody from outside. */
#include "diagnose/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/endpoints.h"
#include "diagnose/labels.h"

#define YOUNG_MS   5000   /* what is applied together arrives within seconds               */
#define BALANCE_MS 120000 /* a load balancer that takes longer than this has a reason      */
#define CHANGE_MS  (30 * 60000)
#define SETTLED_MS 3000 /* until a change of the endpoints is known on every node              */
#define PODS_MAX   200

struct service {
    struct run *r;
    const struct object *o;
    const json *selector;
    const struct pod *pods[PODS_MAX]; /* selected, not being deleted, not done */
    size_t n_pods, n_ready;
    long ready; /* endpoints; -1: not known */
};

static struct finding *found(struct service *s, const char *code, enum strength strength)
{
    struct finding *f = finding_new(s->r, code, strength, s->o->id, NULL);
    finding_setf(s->r, f, "service", "%s/%s", s->o->namespace_, s->o->name);
    finding_set(f, "ref_name", s->o->name);
    finding_set(f, "selector", labels_text(s->r->a, s->selector));
    f->since = s->o->created;
    return f;
}

static void quote_selector(struct service *s, struct finding *f)
{
    AUTO_FREE char *text = json_text(s->selector, NULL);
    finding_quote(s->r, f, s->o->id, arena_printf(s->r->a, "\"selector\":%.400s", text), 0);
}

static void collect(struct service *s)
{
    struct objects all = facts_in(s->r->f, "pod", s->o->namespace_);
    for (size_t i = 0; i < all.count && s->n_pods < PODS_MAX; i++) {
        const struct pod *p = run_pod(s->r, all.items[i].id);
        if (!endpoints_selects(s->o, p) || rules_is_past(s->r, p))
            continue;
        s->pods[s->n_pods++] = p;
        s->n_ready += p->ready;
    }
}

/* Workloads whose Pods it would take. */
static const struct object *maker_of(struct service *s)
{
    static const char *const kinds[] = { "deployment", "statefulset", "daemonset", "replicaset" };
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct objects all = facts_in(s->r->f, kinds[k], s->o->namespace_);
        for (size_t i = 0; i < all.count; i++)
            if (endpoints_selects_template(s->o, &all.items[i]))
                return &all.items[i];
    }
    return NULL;
}

/* No Pod */

/* How alike the labels are: pairs in common, and keys in common with another value. */
static int likeness(const json *labels, const json *selector)
{
    int alike = 0;
    for (struct json_iter i = json_iter(selector); json_next(&i);) {
        const char *value = json_get_str(labels, i.key), *wanted = json_str(i.value);
        if (value && wanted)
            alike += strcmp(value, wanted) == 0 ? 4 : str_nearest(wanted, &value, 1) ? 3 : 0;
    }
    return alike;
}

/* The pairs by which the Pods that are probably meant could be selected. */
static const char *labels_instead(struct service *s, const struct pod **like)
{
    struct objects all = facts_in(s->r->f, "pod", s->o->namespace_);
    const struct pod *best = NULL;
    int most = 0;
    for (size_t i = 0; i < all.count; i++) {
        const struct pod *p = run_pod(s->r, all.items[i].id);
        int alike = likeness(p->labels, s->selector);
        for (struct json_iter k = json_iter(p->labels); json_next(&k);)
            alike += str_eq(json_str(k.value), s->o->name) &&
                             (strcmp(k.key, "app") == 0 || str_starts(k.key, "app.kubernetes.io/name"))
                         ? 3
                         : 0;
        if (alike > most) {
            most = alike;
            best = p;
        }
    }
    const char *text = "";
    *like = best;
    for (struct json_iter i = json_iter(s->selector); best && json_next(&i);) {
        const char *value = json_get_str(best->labels, i.key);
        if (value)
            text = arena_printf(s->r->a, "%s%s%.64s=%.64s", text, *text ? "," : "", i.key, value);
    }
    return text;
}

static void selects_nothing(struct service *s)
{
    const struct pod *like;
    const char *instead = labels_instead(s, &like);
    struct finding *f = found(s, "svc.selector", SHOWN);
    /* A workload that is scaled to nothing would look the same. */
    f->doubted = !*instead && !facts_listed(s->r->f, "deployment", s->o->namespace_);
    quote_selector(s, f);
    finding_set(f, "labels", instead);
    if (!*instead)
        return;
    AUTO_FREE char *text = json_text(like->labels, NULL);
    finding_quote(s->r, f, like->object->id, arena_printf(s->r->a, "\"labels\":%.400s", text), 0);
}

/* "Scaled down replica set web-1 from 3 to 0" */
static const struct event *scaled_down(const struct run *r, const struct object *o)
{
    struct events all = facts_events(r->f, o->id);
    for (size_t i = 0; i < all.count; i++)
        if (strcmp(all.items[i].reason, "ScalingReplicaSet") == 0 && str_ends(all.items[i].message, " to 0"))
            return &all.items[i];
    return NULL;
}

/* Who suffers: a Pod that calls this Service and says so. */
static const char *caller_of(const struct service *s)
{
    for (size_t i = 0; i < s->r->n_findings; i++)
        for (size_t k = 0; k < s->r->findings[i]->n_depends; k++)
            if (strcmp(s->r->findings[i]->depends[k], s->o->id) == 0)
                return s->r->findings[i]->workload;
    return NULL;
}

/* Who asks about the Service is told that there is nothing to be seen to. */
static void meant_so(struct service *s, const struct object *maker)
{
    struct finding *f = finding_new(s->r, "none.by-design", SHOWN, maker->id, s->o->id);
    f->workload = maker->id;
    finding_set(f, "field", "replicas");
    finding_set(f, "value", "0");
    finding_quote(s->r, f, maker->id, "\"replicas\":0", 0);
}

/* Scaled to nothing is often meant so; it is a fault when somebody needs it or when it has just happened. */
static void no_replicas(struct service *s, const struct object *maker)
{
    const struct event *ev = scaled_down(s->r, maker);
    const char *peer = caller_of(s);
    bool just = ev && s->r->f->now - ev->last < CHANGE_MS;
    if (!just && !peer && strcmp(s->r->f->scope_object, maker->id) != 0) {
        if (strcmp(s->r->f->scope_object, s->o->id) == 0)
            meant_so(s, maker);
        return;
    }
    struct finding *f = finding_new(s->r, "workload.zero-replicas", peer ? STATED : SHOWN, maker->id, s->o->id);
    f->workload = maker->id;
    finding_set(f, "peer", peer);
    finding_set(f, "owner", maker->id);
    finding_set(f, "since", ev ? finding_time(s->r, ev->last) : NULL);
    f->since = ev ? ev->last : 0;
    finding_quote(s->r, f, maker->id, "\"replicas\":0", 0);
    finding_quote_event(s->r, f, ev);
    const char *from = ev ? strstr(ev->message, " from ") : NULL;
    long before = 0;
    if (from && sscanf(from, " from %ld to 0", &before) == 1 && before > 0)
        finding_setf(s->r, f, "expected", "%ld", before);
}

static void no_endpoints(struct service *s, size_t total)
{
    struct finding *f = found(s, "svc.no-endpoints", SHOWN);
    finding_setf(s->r, f, "total", "%zu", total);
    quote_selector(s, f);
    for (size_t i = 0; i < s->n_pods && i < 3; i++)
        finding_quote(s->r, f, s->pods[i]->object->id,
                      json_get_str(object_condition(s->pods[i]->object, "Ready"), "message"), s->pods[i]->ready_since);
    const struct catalog_param params[] = { { "service", finding_value(f, "service") } };
    f->why = note_text(s->r->a, NOTE_NO_ENDPOINT, false, params, 1);
    f->why_zh = note_text(s->r->a, NOTE_NO_ENDPOINT, true, params, 1);
}

static void without_pods(struct service *s)
{
    const struct object *maker = maker_of(s);
    const char *scope = s->r->f->scope_object;
    bool known = facts_listed(s->r->f, "pod", s->o->namespace_) || strcmp(scope, s->o->id) == 0 ||
                 (maker && (strcmp(scope, maker->id) == 0 || json_get_int(maker->spec, "replicas", 1) == 0));
    if (!known || endpoints_all(s->r, s->o) > 0)
        return;
    if (!maker)
        selects_nothing(s);
    else if (json_get_int(maker->spec, "replicas", 1) == 0)
        no_replicas(s, maker);
    else
        no_endpoints(s, (size_t)json_get_int(maker->spec, "replicas", 1));
}

static bool all_are_starting(const struct service *s)
{
    for (size_t i = 0; i < s->n_pods; i++)
        if (!pod_is_starting(s->pods[i], s->r->f->now))
            return false;
    return true;
}

/* Ports */

static bool container_port(const struct pod *p, const char *port, const char *protocol, bool *any, const char **other,
                           struct arena *a)
{
    bool found_ = false;
    for (size_t i = 0; i < p->n_containers; i++) {
        const json *ports = json_get(p->containers[i].spec, "ports");
        for (struct json_iter k = json_iter(json_is_array(ports) ? ports : NULL); json_next(&k);) {
            const char *number = arena_printf(a, "%lld", (long long)json_get_int(k.value, "containerPort", 0));
            const char *speaks = json_get_str(k.value, "protocol");
            bool same = strcmp(number, port) == 0 || str_eq(json_get_str(k.value, "name"), port);
            *any = true;
            *other = *other ? *other : number;
            found_ |= same && (!protocol || str_eq(speaks ? speaks : "TCP", protocol));
        }
    }
    return found_;
}

/* The log of a container says where the program listens. */
static const char *listens_on(const struct run *r, const struct pod *p, const struct log **log, const char **text)
{
    for (size_t i = 0; i < p->n_containers; i++) {
        *log = facts_log(r->f, p->object->id, p->containers[i].name, false);
        for (struct line line = { 0 }; *log && extract_line(&line, (*log)->text);) {
            *text = extract_trimmed(r->a, line.text, line.size, QUOTE_MAX);
            const char *port = extract_listening(r->a, *text);
            if (port)
                return port;
        }
    }
    return NULL;
}

static const char *target_of(struct arena *a, const json *port)
{
    const json *target = json_get(port, "targetPort");
    if (json_is_string(target))
        return json_str(target);
    return arena_printf(a, "%lld", (long long)json_int(target ? target : json_get(port, "port"), 0));
}

/* What the Service asks for beside what its first Pod declares. */
static void quote_ports(struct service *s, struct finding *f)
{
    const struct pod *p = s->pods[0];
    AUTO_FREE char *wanted = json_text(json_get(s->o->spec, "ports"), NULL);
    finding_quote(s->r, f, s->o->id, wanted, 0);
    for (size_t i = 0; i < p->n_containers; i++) {
        AUTO_FREE char *has = json_text(json_get(p->containers[i].spec, "ports"), NULL);
        finding_quote(s->r, f, p->object->id, has, 0);
    }
}

/* A finding about somebody who was refused by this Service while all its Pods were ready: the Pods do not listen where it sends to. */
static const struct finding *refused_caller(const struct service *s)
{
    int64_t ready_since = 0;
    for (size_t i = 0; i < s->n_pods; i++)
        ready_since = s->pods[i]->ready_since > ready_since ? s->pods[i]->ready_since : ready_since;
    for (size_t i = 0; i < s->r->n_findings && s->n_ready == s->n_pods; i++) {
        const struct finding *f = s->r->findings[i];
        const char *line = finding_value(f, "line");
        const struct pod *p = run_pod(s->r, f->subject);
        bool needs = false;
        for (size_t k = 0; k < f->n_depends; k++)
            needs |= strcmp(f->depends[k], s->o->id) == 0;
        if (!needs || !line || !p || !str_eq(catalog_match("log", line), "refused") || finding_value(f, "serves"))
            continue;
        for (size_t k = 0; k < p->n_containers; k++) {
            const struct ended *end = container_end(&p->containers[k]);
            if (end && end->started > ready_since + SETTLED_MS)
                return f;
        }
    }
    return NULL;
}

/* The port on which a probe of the Pod is answered. */
static const char *probed_port(struct arena *a, const struct pod *p)
{
    static const char *const places[] = { "readinessProbe.httpGet.port", "readinessProbe.tcpSocket.port",
                                          "livenessProbe.httpGet.port", "livenessProbe.tcpSocket.port" };
    for (size_t i = 0; i < p->n_containers; i++)
        for (size_t k = 0; k < COUNT(places); k++) {
            int64_t port = json_int(json_at(p->containers[i].spec, places[k]), 0);
            if (port > 0)
                return arena_printf(a, "%lld", (long long)port);
        }
    return NULL;
}

static void check_port(struct service *s, const json *port)
{
    struct arena *a = s->r->a;
    const struct pod *p = s->pods[0];
    const char *target = target_of(a, port), *protocol = json_get_str(port, "protocol"), *other = NULL, *text = NULL;
    const struct log *log = NULL;
    bool any = false, named = strspn(target, "0123456789") < strlen(target);
    if (container_port(p, target, protocol ? protocol : "TCP", &any, &other, a))
        return;
    bool unused = false;
    const char *ignored = NULL;
    if (container_port(p, target, NULL, &unused, &ignored, a)) {
        struct finding *f = found(s, "svc.protocol", SHOWN);
        finding_set(f, "port", target);
        finding_set(f, "protocol", protocol ? protocol : "TCP");
        finding_set(f, "expected", str_eq(protocol, "UDP") ? "TCP" : "UDP");
        quote_ports(s, f);
        return;
    }
    const char *listening = listens_on(s->r, p, &log, &text);
    bool elsewhere = listening && strcmp(listening, target) != 0;
    if (listening && !elsewhere)
        return;
    /* A port need not be declared to be served; only where the Pod declares others, or callers are refused, is the difference telling. */
    const struct finding *refused = named || elsewhere ? NULL : refused_caller(s);
    if (!named && !elsewhere && !refused && (!any || json_count(json_get(s->o->spec, "ports")) > 1))
        return;
    struct finding *f = found(s, "svc.targetport", named || elsewhere ? SHOWN : refused ? INFERRED : LIKELY);
    finding_set(f, "port", target);
    const char *probed = refused ? probed_port(a, p) : NULL;
    if (probed && strcmp(probed, target) == 0)
        probed = NULL;
    finding_set(f, "listening", elsewhere ? listening : other ? other : probed);
    for (size_t i = 0; refused && i < refused->n_quotes && f->n_quotes < 2; i++)
        if (str_starts(refused->quotes[i].source, "log "))
            finding_quote(s->r, f, refused->quotes[i].source, refused->quotes[i].text, refused->quotes[i].at);
    if (elsewhere)
        finding_quote_log(s->r, f, log, text);
    quote_ports(s, f);
    finding_set(f, "peer", p->workload);
}

static void with_ready_pods(struct service *s)
{
    const json *ports = json_get(s->o->spec, "ports");
    for (struct json_iter i = json_iter(json_is_array(ports) ? ports : NULL); json_next(&i);)
        check_port(s, i.value);
}

/* Traffic that only Pods of the same node may take, on nodes without any. */
static void traffic_policy(struct service *s)
{
    const char *policy = json_get_str(s->o->spec, "internalTrafficPolicy");
    struct objects nodes = facts_kind(s->r->f, "node");
    if (!str_eq(policy, "Local") || !facts_listed(s->r->f, "node", "") || s->n_ready == 0)
        return;
    const char *names = "";
    size_t n = 0;
    for (size_t i = 0; i < nodes.count && n < 4; i++) {
        bool served = json_get_bool(nodes.items[i].spec, "unschedulable", false);
        for (size_t k = 0; k < s->n_pods; k++)
            served |= s->pods[k]->ready && strcmp(s->pods[k]->node, nodes.items[i].name) == 0;
        if (!served)
            names = arena_printf(s->r->a, "%s%s%s", names, n++ ? ", " : "", nodes.items[i].name);
    }
    if (n == 0)
        return;
    struct finding *f = found(s, "svc.traffic-policy", LIKELY);
    finding_set(f, "field", "internalTrafficPolicy");
    finding_set(f, "nodes", names);
    finding_quote(s->r, f, s->o->id, "\"internalTrafficPolicy\":\"Local\"", 0);
}

/* Pods of another workload that do not even have the port. */
static void wrong_pods(struct service *s)
{
    const char *target = target_of(s->r->a, json_at(s->o->spec, "ports.0")), *other = NULL;
    for (size_t i = 1; i < s->n_pods; i++) {
        bool any = false, first_any = false;
        if (strcmp(s->pods[i]->workload, s->pods[0]->workload) == 0)
            continue;
        bool first = container_port(s->pods[0], target, NULL, &first_any, &other, s->r->a);
        bool this_ = container_port(s->pods[i], target, NULL, &any, &other, s->r->a);
        if (first == this_ || !any || !first_any)
            continue;
        struct finding *f = found(s, "svc.wrong-pods", SHOWN);
        finding_set(f, "peer", first ? s->pods[i]->workload : s->pods[0]->workload);
        quote_selector(s, f);
        finding_quote(s->r, f, (first ? s->pods[i] : s->pods[0])->object->id, "\"labels\"", 0);
        return;
    }
}

static void load_balancer(struct service *s)
{
    const struct event *ev = facts_event(s->r->f, s->o->id, "SyncLoadBalancerFailed", NULL);
    if (!str_eq(json_get_str(s->o->spec, "type"), "LoadBalancer") ||
        json_count(json_at(s->o->status, "loadBalancer.ingress")) > 0)
        return;
    if (!ev && s->r->f->now - s->o->created < BALANCE_MS)
        return;
    struct finding *f = found(s, "svc.lb-pending", ev ? STATED : SHOWN);
    finding_set(f, "message", ev ? ev->message : NULL);
    finding_quote_event(s->r, f, ev);
    finding_quote(s->r, f, s->o->id, "\"loadBalancer\":{}", 0);
}

void rules_service(struct run *r, const struct object *o)
{
    struct service s = { .r = r, .o = o, .selector = json_get(o->spec, "selector") };
    load_balancer(&s);
    bool selects = json_is_object(s.selector) && json_count(s.selector) > 0;
    if (!selects || str_eq(json_get_str(o->spec, "type"), "ExternalName") || r->f->now - o->created < YOUNG_MS)
        return;
    collect(&s);
    s.ready = endpoints_ready(r, o);
    if (s.n_pods == 0) {
        without_pods(&s);
    } else if (s.ready == 0 && s.n_ready == 0) {
        if (!all_are_starting(&s))
            no_endpoints(&s, s.n_pods);
    } else if (s.n_ready > 0) {
        with_ready_pods(&s);
        traffic_policy(&s);
        wrong_pods(&s);
    }
}
