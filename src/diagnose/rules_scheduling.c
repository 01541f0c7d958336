/* Pods that no node takes. */
#include "diagnose/place.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"
#include "diagnose/labels.h"
#include "diagnose/amount.h"
#include "diagnose/relation.h"
#include "diagnose/resources.h"

/* Findings */

static struct finding *found(struct place *s, const char *code, enum strength strength)
{
    struct finding *f = finding_of_pod(s->r, code, strength, s->p, NULL);
    f->since = s->event ? s->event->first : s->p->object->created;
    finding_set(f, "message", s->message);
    if (s->event && strcmp(s->event->message, s->message) == 0)
        finding_quote_event(s->r, f, s->event);
    else
        finding_quote(s->r, f, s->p->object->id, s->message, f->since);
    return f;
}

/* Evidence from the Pod's own spec, as it is written there. */
static void quote_spec(struct place *s, struct finding *f, const char *path)
{
    AUTO_FREE char *text = json_text(json_at(s->p->object->spec, path), NULL);
    finding_quote(s->r, f, s->p->object->id, text, 0);
}

static void claims_wanted(struct place *s, struct finding *f)
{
    const json *volumes = json_get(s->p->object->spec, "volumes");
    for (struct json_iter i = json_iter(json_is_array(volumes) ? volumes : NULL); json_next(&i);) {
        const char *name = json_at_str(i.value, "persistentVolumeClaim.claimName");
        if (facts_name_is_sound(name))
            finding_depends(f, facts_id(s->r->a, "persistentvolumeclaim", s->p->object->namespace_, name));
    }
}

static bool claim_missing(struct place *s)
{
    const char *name = extract_name(s->r->a, s->message, "persistentvolumeclaim");
    if (!name)
        return false;
    const char *namespace_ = s->p->object->namespace_;
    if (facts_presence(s->r->f, "persistentvolumeclaim", namespace_, name) == PRESENT)
        return true; /* made meanwhile: the scheduler will see it */
    struct finding *f = found(s, "pvc.missing", STATED);
    finding_blame(s->r, f, facts_id(s->r->a, "persistentvolumeclaim", namespace_, name));
    finding_setf(s->r, f, "claim", "%s/%s", namespace_, name);
    finding_set(f, "ref_name", name);
    finding_set(f, "nearest", facts_nearest(s->r->f, "persistentvolumeclaim", namespace_, name));
    return true;
}

/* The claim's own rule says why it is not bound; here is only the Pod that waits for it. */
static bool claim_unbound(struct place *s)
{
    struct finding *f = found(s, "none.inconclusive", WEAK);
    finding_set(f, "missing", "persistentvolumeclaims");
    note_victim(s->r, f, NOTE_WAITS_FOR_CLAIM);
    claims_wanted(s, f);
    return true;
}

static void set_amount(struct place *s, struct finding *f, const char *name, const char *resource, double value)
{
    finding_set(f, name, amount_text(s->r->a, resource, value < 0 ? 0 : value));
}

static bool too_little(struct place *s, const char *code, const char *resource, size_t index)
{
    struct finding *f = found(s, code, STATED);
    set_amount(s, f, "wanted", resource, resources_of_pod(s->p->object, resource));
    /* Where the Pods could not be listed it is what the node offers: the sentence says "not more than". */
    if (s->usable > 0)
        set_amount(s, f, "available", resource, s->best[index]);
    if (index == 0 && s->said[MEMORY])
        set_amount(s, f, "memory", "memory", resources_of_pod(s->p->object, "memory"));
    if (s->usable_node) {
        AUTO_FREE char *offer = json_text(json_at(s->usable_node->status, "allocatable"), NULL);
        finding_quote(s->r, f, s->usable_node->id, offer, 0);
    }
    return true;
}

static bool extended(struct place *s)
{
    const char *resource = extract_word(s->r->a, strstr(s->message, "Insufficient "), "Insufficient ", ",.");
    /* A resource is a name with a domain, whose dots the word above stopped at: take it whole. */
    const char *from = strstr(s->message, "Insufficient ");
    size_t size = from ? strcspn(from + strlen("Insufficient "), ", ") : 0;
    if (size > 0) {
        char *whole = arena_strndup(s->r->a, from + strlen("Insufficient "), size);
        if (size > 1 && whole[size - 1] == '.')
            whole[size - 1] = '\0';
        resource = whole;
    }
    struct finding *f = found(s, "sched.insufficient-extended", STATED);
    finding_set(f, "resource", resource);
    if (!resource)
        return true;
    set_amount(s, f, "wanted", resource, resources_of_pod(s->p->object, resource));
    size_t offering = 0;
    double most = 0;
    for (size_t i = 0; i < s->nodes.count; i++) {
        double offer = amount_of(json_get(json_get(s->nodes.items[i].status, "allocatable"), resource), 0);
        double free_ = resources_free(s->r, &s->nodes.items[i], resource);
        offering += offer > 0;
        most = free_ > most ? free_ : most;
    }
    if (s->known) {
        finding_setf(s->r, f, "count", "%zu", offering);
        finding_setf(s->r, f, "total", "%zu", s->nodes.count);
    }
    if (s->known && offering > 0 && facts_listed(s->r->f, "pod", ""))
        set_amount(s, f, "available", resource, most);
    return true;
}

/* "disktype=ssd" that some node has, written most like key=value; of the same key first. */
static const char *nearest_label(struct place *s, const char *key, const char *value)
{
    const char *values[256], *keys[256];
    size_t n_values = 0, n_keys = 0;
    for (size_t i = 0; i < s->nodes.count; i++)
        for (struct json_iter k = json_iter(json_get(s->nodes.items[i].meta, "labels")); json_next(&k);) {
            if (!k.key || !json_is_string(k.value))
                continue;
            if (strcmp(k.key, key) == 0 && n_values < COUNT(values))
                values[n_values++] = json_str(k.value);
            else if (n_keys < COUNT(keys))
                keys[n_keys++] = k.key;
        }
    if (n_values > 0) {
        const char *near = str_nearest(value, values, n_values);
        return arena_printf(s->r->a, "%s=%s", key, near ? near : values[0]);
    }
    const char *near = n_keys > 0 ? str_nearest(key, keys, n_keys) : NULL;
    for (size_t i = 0; near && i < s->nodes.count; i++) {
        const char *found_ = json_get_str(json_get(s->nodes.items[i].meta, "labels"), near);
        if (found_)
            return arena_printf(s->r->a, "%s=%s", near, found_);
    }
    return NULL;
}

/* The pair of the selector that no node has, or the first. */
static void name_nearest(struct place *s, struct finding *f, const json *selector)
{
    for (struct json_iter i = json_iter(selector); json_next(&i);) {
        const char *value = json_str(i.value);
        bool some = false;
        for (size_t k = 0; k < s->nodes.count; k++)
            some |= str_eq(json_get_str(json_get(s->nodes.items[k].meta, "labels"), i.key), value);
        if (!some && value) {
            finding_set(f, "nearest", nearest_label(s, i.key, value));
            return;
        }
    }
}

static bool selector_or_affinity(struct place *s, enum strength strength)
{
    const json *selector = json_get(s->p->object->spec, "nodeSelector");
    bool some = false;
    for (size_t i = 0; i < s->nodes.count; i++)
        some |= labels_match(json_get(s->nodes.items[i].meta, "labels"), selector);
    if (json_count(selector) > 0 && !(s->known && some)) {
        struct finding *f = found(s, "sched.node-selector", strength);
        finding_set(f, "selector", labels_text(s->r->a, selector));
        name_nearest(s, f, selector);
        quote_spec(s, f, "nodeSelector");
        return true;
    }
    const json *terms = json_at(
        s->p->object->spec, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
    if (json_count(terms) == 0)
        return false;
    struct finding *f = found(s, "sched.node-affinity", strength);
    const json *expressions = json_at(terms, "0.matchExpressions");
    finding_set(f, "selector", labels_expressions(s->r->a, expressions));
    const char *key = json_at_str(expressions, "0.key"), *value = json_at_str(expressions, "0.values.0");
    if (key && value)
        finding_set(f, "nearest", nearest_label(s, key, value));
    quote_spec(s, f, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution");
    return true;
}

static bool cordoned(struct place *s)
{
    struct finding *f = found(s, "sched.cordoned", s->known ? STATED : LIKELY);
    if (!s->cordoned_node)
        return true;
    finding_set(f, "nodes", s->cordoned_names);
    finding_set(f, "node", s->cordoned_node->name);
    finding_blame(s->r, f, s->cordoned_node->id);
    finding_set(f, "namespace", s->p->object->namespace_);
    const json *taints = json_get(s->cordoned_node->spec, "taints");
    for (struct json_iter i = json_iter(json_is_array(taints) ? taints : NULL); json_next(&i);)
        if (str_eq(json_get_str(i.value, "key"), "node.kubernetes.io/unschedulable"))
            finding_set(f, "since", finding_time(s->r, facts_time(json_get(i.value, "timeAdded"))));
    finding_quote(s->r, f, s->cordoned_node->id, "\"unschedulable\":true", 0);
    return true;
}

/* "had untolerated taint {dedicated: batch}" of schedulers that name it. */
static const char *taint_named(struct place *s)
{
    const char *open = strchr(s->message, '{'), *close = open ? strchr(open, '}') : NULL;
    if (!close || close - open > 300)
        return NULL;
    char *text = arena_strndup(s->r->a, open + 1, (size_t)(close - open - 1)), *colon = strstr(text, ": ");
    if (!colon)
        return text;
    if (colon[2] == '\0')
        *colon = '\0';
    else {
        colon[0] = '=';
        memmove(colon + 1, colon + 2, strlen(colon + 2) + 1);
    }
    return text;
}

static bool tainted(struct place *s)
{
    struct finding *f = found(s, "sched.taint", s->known ? STATED : LIKELY);
    finding_set(f, "taint", s->taint ? s->taint : taint_named(s));
    finding_set(f, "nodes", s->tainted_names);
    if (!s->tainted_node)
        return true;
    finding_set(f, "node", s->tainted_node->name);
    AUTO_FREE char *text = json_text(json_get(s->tainted_node->spec, "taints"), NULL);
    finding_quote(s->r, f, s->tainted_node->id, text, 0);
    /* A taint that the node controller set is the node's fault, not the Pod's. */
    if (s->unhealthy == s->tainted)
        for (size_t i = 0; i < s->nodes.count; i++)
            finding_depends(f, s->nodes.items[i].id);
    return true;
}

static bool anti_affinity(struct place *s)
{
    const json *rules =
        json_at(s->p->object->spec, "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution");
    const char *key = json_at_str(rules, "0.topologyKey");
    struct finding *f = found(s, "sched.anti-affinity", STATED);
    finding_set(f, "key", key ? key : "kubernetes.io/hostname");
    const struct object *workload = facts_get(s->r->f, s->p->workload);
    int64_t replicas = json_get_int(workload ? workload->spec : NULL, "replicas", 0);
    size_t peers = 0, domains = 0;
    for (size_t i = 0; i < s->r->n_pods; i++)
        peers += strcmp(s->r->pods[i].workload, s->p->workload) == 0;
    finding_setf(s->r, f, "wanted", "%lld", replicas > 0 ? (long long)replicas : (long long)peers);
    for (size_t i = 0; key && s->known && i < s->nodes.count; i++) {
        const char *value = json_get_str(json_get(s->nodes.items[i].meta, "labels"), key);
        bool first = value != NULL;
        for (size_t k = 0; k < i && first; k++)
            first = !str_eq(value, json_get_str(json_get(s->nodes.items[k].meta, "labels"), key));
        domains += first;
    }
    if (domains > 0)
        finding_setf(s->r, f, "available", "%zu", domains);
    quote_spec(s, f, "affinity.podAntiAffinity");
    return true;
}

static bool spread(struct place *s)
{
    struct finding *f = found(s, "sched.topology-spread", STATED);
    const json *rules = json_get(s->p->object->spec, "topologySpreadConstraints");
    for (struct json_iter i = json_iter(json_is_array(rules) ? rules : NULL); json_next(&i);) {
        const char *key = json_get_str(i.value, "topologyKey");
        if (!key || str_eq(json_get_str(i.value, "whenUnsatisfiable"), "ScheduleAnyway"))
            continue;
        finding_set(f, "key", key);
        finding_setf(s->r, f, "limit", "%lld", (long long)json_get_int(i.value, "maxSkew", 1));
        const char *lacking = "";
        size_t n = 0;
        for (size_t k = 0; k < s->nodes.count; k++)
            if (!json_get_str(json_get(s->nodes.items[k].meta, "labels"), key))
                lacking = place_list(s->r->a, lacking, s->nodes.items[k].name, n++);
        finding_set(f, "nodes", lacking);
        break;
    }
    quote_spec(s, f, "topologySpreadConstraints");
    return true;
}

static bool pod_affinity(struct place *s)
{
    const json *rules =
        json_at(s->p->object->spec, "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution");
    struct finding *f = found(s, "sched.pod-affinity", STATED);
    const json *selector = json_at(rules, "0.labelSelector");
    const char *labels = labels_text(s->r->a, json_get(selector, "matchLabels"));
    finding_set(f, "selector", *labels ? labels : labels_expressions(s->r->a, json_get(selector, "matchExpressions")));
    finding_set(f, "key", json_at_str(rules, "0.topologyKey"));
    quote_spec(s, f, "affinity.podAffinity");
    return true;
}

static int64_t host_port_of(const struct pod *p, int64_t wanted)
{
    for (size_t i = 0; i < p->n_containers; i++) {
        const json *ports = json_get(p->containers[i].spec, "ports");
        for (struct json_iter k = json_iter(json_is_array(ports) ? ports : NULL); json_next(&k);) {
            int64_t port = json_get_int(k.value, "hostPort", 0);
            if (port > 0 && (wanted == 0 || port == wanted))
                return port;
        }
    }
    return 0;
}

static bool hostport(struct place *s)
{
    struct finding *f = found(s, "sched.hostport", STATED);
    int64_t port = host_port_of(s->p, 0);
    if (port > 0)
        finding_setf(s->r, f, "port", "%lld", (long long)port);
    for (size_t i = 0; port > 0 && i < s->r->n_pods; i++) {
        const struct pod *other = &s->r->pods[i];
        if (other == s->p || !*other->node || host_port_of(other, port) != port)
            continue;
        finding_set(f, "node", other->node);
        finding_set(f, "peer", other->object->id);
        finding_quote(s->r, f, other->object->id, arena_printf(s->r->a, "\"hostPort\":%lld", (long long)port), 0);
        break;
    }
    return true;
}

/* "zone in (a)" of the volume that a claim of the Pod is bound to. */
/* A claim of the Pod that is not bound yet: no node has a volume for it. */
static bool waits_for_volume(struct place *s)
{
    size_t at = 0;
    for (const char *id; (id = relation_claim(s->r, s->p->object, &at));) {
        const struct object *claim = facts_get(s->r->f, id);
        if (claim && str_eq(json_get_str(claim->status, "phase"), "Pending"))
            return true;
    }
    return false;
}

static bool volume_affinity(struct place *s)
{
    if (strstr(s->message, "persistent volumes to bind") && waits_for_volume(s))
        return claim_unbound(s);
    struct finding *f = found(s, "sched.volume-affinity", STATED);
    const char *namespace_ = s->p->object->namespace_;
    const json *volumes = json_get(s->p->object->spec, "volumes");
    for (struct json_iter i = json_iter(json_is_array(volumes) ? volumes : NULL); json_next(&i);) {
        const char *name = json_at_str(i.value, "persistentVolumeClaim.claimName");
        const struct object *claim = facts_find(s->r->f, "persistentvolumeclaim", namespace_, name);
        const char *volume = claim ? json_get_str(claim->spec, "volumeName") : NULL;
        const struct object *pv = facts_find(s->r->f, "persistentvolume", "", volume);
        const json *terms = pv ? json_at(pv->spec, "nodeAffinity.required.nodeSelectorTerms") : NULL;
        if (json_count(terms) == 0)
            continue;
        const json *values = json_at(terms, "0.matchExpressions.0.values");
        finding_setf(s->r, f, "claim", "%s/%s", namespace_, name);
        finding_set(f, "zone", json_at_str(values, "0"));
        AUTO_FREE char *text = json_text(json_at(pv->spec, "nodeAffinity"), NULL);
        finding_quote(s->r, f, pv->id, text, 0);
        break;
    }
    if (s->known && s->matching < s->nodes.count)
        finding_set(f, "nodes", s->matching_names);
    return true;
}

static bool too_many_pods(struct place *s)
{
    struct finding *f = found(s, "node.too-many-pods", STATED);
    const struct object *node = s->usable_node ? s->usable_node : s->nodes.count == 1 ? s->nodes.items : NULL;
    if (!node)
        return true;
    double total = amount_of(json_at(node->status, "allocatable.pods"), 0);
    finding_blame(s->r, f, node->id);
    finding_set(f, "namespace", s->p->object->namespace_);
    finding_set(f, "node", node->name);
    finding_setf(s->r, f, "count", "%.0f", facts_listed(s->r->f, "pod", "") ? resources_pods(s->r, node) : total);
    finding_setf(s->r, f, "total", "%.0f", total);
    return true;
}

/* Decision */

/* The autoscaler could have made room and says why it does not. */
static bool autoscaler_refused(struct place *s)
{
    const struct event *ev = facts_event(s->r->f, s->p->object->id, "NotTriggerScaleUp", NULL);
    if (!ev || !(strstr(ev->message, "max node group size") || strstr(ev->message, "max cluster") ||
                 strstr(ev->message, "backoff") || strstr(ev->message, "quota")))
        return false;
    struct finding *f = found(s, "sched.autoscaler-refused", STATED);
    finding_set(f, "message", ev->message);
    finding_quote_event(s->r, f, ev);
    return true;
}

static const struct {
    enum reason said;
    bool (*find)(struct place *);
} on_usable_nodes[] = {
    { VOLUME_AFFINITY, volume_affinity }, { HOSTPORT, hostport }, { ANTI_AFFINITY, anti_affinity },
    { POD_AFFINITY, pod_affinity },       { SPREAD, spread },     { PODS, too_many_pods },
};

static bool too_little_of_something(struct place *s)
{
    if (s->said[CPU])
        return too_little(s, "sched.insufficient-cpu", "cpu", 0);
    if (s->said[MEMORY])
        return too_little(s, "sched.insufficient-memory", "memory", 1);
    return s->said[EXTENDED] && extended(s);
}

/* Something speaks against nodes that the Pod could otherwise use. */
static bool on_usable(struct place *s)
{
    bool little = s->said[CPU] || s->said[MEMORY] || s->said[EXTENDED];
    if (little && s->known && s->fits_cordoned && !s->said[EXTENDED])
        return cordoned(s);
    if (little)
        return autoscaler_refused(s) || too_little_of_something(s);
    for (size_t i = 0; i < COUNT(on_usable_nodes); i++)
        if (s->said[on_usable_nodes[i].said])
            return on_usable_nodes[i].find(s);
    return false;
}

/* What is not the cause although the message could be read so. */
static void rule_out(struct place *s)
{
    const struct catalog_param params[] = { { "nodes", s->tainted_names }, { "count", NULL } };
    if (s->known && s->usable > 0 && s->tainted > 0)
        note_add(s->r, NOTE_TAINT_ELSEWHERE, s->p->object->id, params, 1);
    if (s->known && s->matching > 0 && json_count(json_get(s->p->object->spec, "nodeSelector")) > 0) {
        const struct catalog_param matching[] = { { "nodes", s->matching_names } };
        note_add(s->r, NOTE_SELECTOR_MATCHES, s->p->object->id, matching, 1);
    }
    if (s->known && s->cordoned == 0)
        note_add(s->r, NOTE_NONE_CORDONED, s->p->object->id, NULL, 0);
}

static bool no_nodes(struct place *s)
{
    found(s, "sched.no-nodes", STATED);
    return true;
}

static bool decide(struct place *s)
{
    if (s->said[NO_NODES] && s->nodes.count == 0)
        return no_nodes(s);
    if (s->said[CLAIM_MISSING] && claim_missing(s))
        return true;
    if (s->said[CLAIM_UNBOUND] || s->said[CLAIM_LOST])
        return claim_unbound(s);
    if (!s->known)
        return on_usable(s) || (s->said[NODE_AFFINITY] && selector_or_affinity(s, LIKELY)) ||
               (s->said[UNSCHEDULABLE] && cordoned(s)) || ((s->said[TAINT] || s->said[NODE_UNHEALTHY]) && tainted(s));
    rule_out(s);
    if (s->matching == 0 && selector_or_affinity(s, STATED))
        return true;
    if (s->usable > 0 && on_usable(s))
        return true;
    if (s->cordoned > 0 && s->usable == 0 && (s->fits_cordoned || s->tainted == 0))
        return cordoned(s);
    if (s->tainted > 0)
        return tainted(s);
    return on_usable(s) || (s->said[NODE_AFFINITY] && selector_or_affinity(s, LIKELY));
}

static bool gated(struct run *r, const struct pod *p)
{
    const json *condition = object_condition(p->object, "PodScheduled");
    if (!str_eq(json_get_str(condition, "reason"), "SchedulingGated"))
        return false;
    struct finding *f = finding_of_pod(r, "sched.gated", STATED, p, NULL);
    finding_set(f, "gate", json_at_str(p->object->spec, "schedulingGates.0.name"));
    finding_set(f, "ago", finding_age(r, r->f->now - p->object->created));
    finding_quote(r, f, p->object->id, json_get_str(condition, "message"),
                  facts_time(json_get(condition, "lastTransitionTime")));
    return true;
}

/* Bound by hand: no scheduler has a say, and no kubelet takes it. */
static bool bound_to_nothing(struct run *r, const struct pod *p)
{
    if (facts_presence(r->f, "node", "", p->node) != ABSENT ||
        json_count(json_get(p->object->status, "containerStatuses")) > 0)
        return false;
    struct finding *f = finding_of_pod(r, "sched.nodename-missing", SHOWN, p, NULL);
    finding_set(f, "nearest", facts_nearest(r->f, "node", "", p->node));
    finding_quote(r, f, p->object->id, arena_printf(r->a, "\"nodeName\":\"%s\"", p->node), 0);
    return true;
}

bool rules_scheduling(struct run *r, const struct pod *p)
{
    if (strcmp(p->phase, "Pending") != 0 || p->object->deleted)
        return false;
    if (*p->node)
        return bound_to_nothing(r, p);
    if (gated(r, p))
        return true;
    const struct event *event = facts_event(r->f, p->object->id, "FailedScheduling", NULL);
    const json *condition = object_condition(p->object, "PodScheduled");
    const char *said = str_eq(json_get_str(condition, "status"), "False") ? json_get_str(condition, "message") : NULL;
    const char *message = said && *said ? said : event ? event->message : "";
    if (!*message)
        return true; /* not looked at yet: rules_control_plane asks whether anybody looks at all */
    struct place s;
    place_judge(&s, r, p, message, event);
    (void)decide(&s); /* nothing found: the verdict says so */
    return true;
}
