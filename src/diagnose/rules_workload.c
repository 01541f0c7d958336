/* Workloads as wholes: rollouts that do not end, Pods that are not there, autoscalers and budgets that hold things up. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"
#include "diagnose/labels.h"

#define SHORT_MS   (10 * 60000) /* a workload may lack Pods this long without a word */
#define SETTLED_MS 60000

static const char *number(struct run *r, int64_t n)
{
    return arena_printf(r->a, "%lld", (long long)n);
}

static bool is_false(const json *condition)
{
    return str_eq(json_get_str(condition, "status"), "False");
}

/* How many of its Pods are missing reads the same whatever the code. */
static void as_victim(struct run *r, struct finding *f, int64_t has, int64_t wants)
{
    const struct catalog_param params[] = { { "available", number(r, has) }, { "total", number(r, wants) } };
    f->why = note_text(r->a, NOTE_NOT_AVAILABLE, false, params, COUNT(params));
    f->why_zh = note_text(r->a, NOTE_NOT_AVAILABLE, true, params, COUNT(params));
}

static void progress_deadline(struct run *r, const struct object *o, const json *condition)
{
    struct finding *f = finding_new(r, "workload.progress-deadline", STATED, o->id, NULL);
    int64_t wants = json_get_int(o->spec, "replicas", 1), has = json_get_int(o->status, "availableReplicas", 0);
    f->since = facts_time(json_get(condition, "lastTransitionTime"));
    finding_set(f, "owner", o->id);
    finding_set(f, "available", number(r, has));
    finding_set(f, "wanted", number(r, wants));
    finding_quote(r, f, o->id, json_get_str(condition, "message"), f->since);
}

static void lacks_pods(struct run *r, const struct object *o, int64_t wants, int64_t has, int64_t since)
{
    if (has >= wants || (since && r->f->now - since < SHORT_MS))
        return;
    struct finding *f = finding_new(r, "workload.replicas-mismatch", SHOWN, o->id, NULL);
    f->since = since;
    finding_set(f, "since", finding_time(r, since));
    finding_set(f, "available", number(r, has));
    finding_set(f, "wanted", number(r, wants));
    finding_quote(r, f, o->id, arena_printf(r->a, "\"readyReplicas\":%lld", (long long)has), 0);
    as_victim(r, f, has, wants);
}

/* All Pods at once may be taken down, and just now none is left. */
static void takes_all_down(struct run *r, const struct object *o)
{
    const char *type = json_at_str(o->spec, "strategy.type");
    const json *most = json_at(o->spec, "strategy.rollingUpdate.maxUnavailable");
    bool all = str_eq(json_str(most), "100%") ||
               (json_get_int(o->spec, "replicas", 1) > 1 && json_int(most, 0) >= json_get_int(o->spec, "replicas", 1));
    int64_t wants = json_get_int(o->spec, "replicas", 1);
    if (wants < 2 || !(all || str_eq(type, "Recreate")) || json_get_int(o->status, "availableReplicas", 0) > 0)
        return;
    struct finding *f = finding_new(r, "workload.rollout-misconfigured", LIKELY, o->id, NULL);
    finding_set(f, "field", all ? "maxUnavailable" : "strategy.type");
    finding_set(f, "value", all ? (json_str(most) ? json_str(most) : number(r, json_int(most, 0))) : type);
    AUTO_FREE char *text = json_text(json_get(o->spec, "strategy"), NULL);
    finding_quote(r, f, o->id, text, 0);
    f->minor = true;
}

/* While it is paused nothing that it lacks is made. */
static bool paused(struct run *r, const struct object *o)
{
    int64_t wants = json_get_int(o->spec, "replicas", 1), has = json_get_int(o->status, "availableReplicas", 0);
    if (!json_get_bool(o->spec, "paused", false) || has >= wants || json_get_int(o->status, "replicas", 0) >= wants ||
        r->f->now - o->created < SETTLED_MS)
        return false;
    const json *progressing = object_condition(o, "Progressing");
    struct finding *f = finding_new(r, "workload.paused", SHOWN, o->id, NULL);
    f->since = facts_time(json_get(progressing, "lastTransitionTime"));
    finding_set(f, "owner", o->id);
    finding_set(f, "available", number(r, has));
    finding_set(f, "wanted", number(r, wants));
    finding_quote(r, f, o->id, "\"paused\":true", 0);
    finding_quote(r, f, o->id, json_get_str(progressing, "message"), f->since);
    return true;
}

static void of_deployment(struct run *r, const struct object *o)
{
    const json *progressing = object_condition(o, "Progressing"), *available = object_condition(o, "Available");
    if (is_false(progressing) && str_eq(json_get_str(progressing, "reason"), "ProgressDeadlineExceeded"))
        progress_deadline(r, o, progressing);
    if (paused(r, o))
        return;
    int64_t since = facts_time(json_get(available, "lastTransitionTime"));
    lacks_pods(r, o, json_get_int(o->spec, "replicas", 1), json_get_int(o->status, "readyReplicas", 0),
               is_false(available) && since ? since : o->created);
    takes_all_down(r, o);
}

static const struct pod *first_blocking(const struct run *r, const struct object *o)
{
    int64_t wants = json_get_int(o->spec, "replicas", 1);
    for (int64_t k = 0; k < wants && k < 1000; k++) {
        const struct pod *p =
            run_pod(r, facts_id(r->a, "pod", o->namespace_, arena_printf(r->a, "%s-%lld", o->name, (long long)k)));
        if (p && !p->ready)
            return p;
    }
    return NULL;
}

static void of_statefulset(struct run *r, const struct object *o)
{
    const char *service = json_get_str(o->spec, "serviceName");
    if (facts_name_is_sound(service) && facts_presence(r->f, "service", o->namespace_, service) == ABSENT) {
        struct finding *f = finding_new(r, "workload.sts-service-missing", SHOWN, o->id, NULL);
        finding_setf(r, f, "service", "%s/%s", o->namespace_, service);
        finding_quote(r, f, o->id, arena_printf(r->a, "\"serviceName\":\"%s\"", service), 0);
        finding_quote(r, f, facts_id(r->a, "service", o->namespace_, service), "not found", 0);
    }
    int64_t wants = json_get_int(o->spec, "replicas", 1), made = json_get_int(o->status, "replicas", 0);
    const struct pod *p =
        str_eq(json_get_str(o->spec, "podManagementPolicy"), "Parallel") ? NULL : first_blocking(r, o);
    if (p && made < wants && !pod_is_starting(p, r->f->now)) {
        struct finding *f = finding_new(r, "workload.sts-ordinal-blocked", SHOWN, o->id, NULL);
        finding_set(f, "pod", p->object->name);
        f->since = p->ready_since;
        finding_quote(r, f, p->object->id, json_get_str(object_condition(p->object, "Ready"), "message"), f->since);
        as_victim(r, f, json_get_int(o->status, "readyReplicas", 0), wants);
        return;
    }
    lacks_pods(r, o, wants, json_get_int(o->status, "readyReplicas", 0), p ? p->ready_since : o->created);
}

static void of_daemonset(struct run *r, const struct object *o)
{
    int64_t wants = json_get_int(o->status, "desiredNumberScheduled", -1);
    size_t nodes = facts_kind(r->f, "node").count;
    lacks_pods(r, o, wants, json_get_int(o->status, "numberReady", 0), o->created);
    if (wants != 0 || r->f->now - o->created < SETTLED_MS)
        return;
    /* A set for hardware that the cluster has not is meant so: this is told to who asks for it. */
    struct finding *f = finding_new(r, "workload.daemonset-unplaced", SHOWN, o->id, NULL);
    f->minor = strcmp(r->f->scope_object, o->id) != 0;
    finding_set(f, "count", "0");
    if (nodes > 0)
        finding_setf(r, f, "total", "%zu", nodes);
    finding_set(f, "selector", labels_text(r->a, json_at(object_template(o), "spec.nodeSelector")));
    finding_quote(r, f, o->id, "\"desiredNumberScheduled\":0", 0);
}

static const struct {
    const char *kind;
    void (*look)(struct run *, const struct object *);
} by_kind[] = {
    { "deployment", of_deployment },
    { "statefulset", of_statefulset },
    { "daemonset", of_daemonset },
};

void rules_workload(struct run *r, const struct object *o)
{
    for (size_t i = 0; i < COUNT(by_kind) && !o->deleted; i++)
        if (strcmp(by_kind[i].kind, o->kind) == 0)
            by_kind[i].look(r, o);
}

/* Autoscalers */

static struct finding *of_hpa(struct run *r, const struct object *o, const char *code, const json *condition)
{
    struct finding *f = finding_new(r, code, STATED, o->id, NULL);
    const char *message = json_get_str(condition, "message");
    const char *kind = json_at_str(o->spec, "scaleTargetRef.kind"), *name = json_at_str(o->spec, "scaleTargetRef.name");
    f->since = facts_time(json_get(condition, "lastTransitionTime"));
    finding_set_message(r, f, message);
    if (kind && facts_name_is_sound(name)) {
        char *lower = arena_strndup(r->a, kind, strnlen(kind, 63));
        for (char *p = lower; *p; p++)
            *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p;
        finding_set_ref(r, f, lower, o->namespace_, name);
        finding_set(f, "workload", arena_printf(r->a, "%s/%s", lower, name));
        finding_set(f, "nearest", facts_nearest(r->f, lower, o->namespace_, name));
    }
    finding_quote(r, f, o->id, message, f->since);
    return f;
}

/* "cpu" of one that is measured above its target: "83%", "60%". */
static bool over_target(struct run *r, const struct object *o, const char **used, const char **target)
{
    const json *now = json_get(o->status, "currentMetrics"), *metrics = json_get(o->spec, "metrics");
    for (struct json_iter i = json_iter(json_is_array(metrics) ? metrics : NULL); json_next(&i);) {
        int64_t wanted = json_int(json_at(i.value, "resource.target.averageUtilization"), 0);
        int64_t is = json_int(
            json_at(json_at(now, arena_printf(r->a, "%zu", i.index)), "resource.current.averageUtilization"), 0);
        if (wanted > 0 && is > wanted) {
            *used = arena_printf(r->a, "%lld%%", (long long)is);
            *target = arena_printf(r->a, "%lld%%", (long long)wanted);
            return true;
        }
    }
    return false;
}

static void at_maximum(struct run *r, const struct object *o, const json *limited)
{
    const char *used = NULL, *target = NULL;
    bool over = over_target(r, o, &used, &target);
    /* Being limited at the minimum is no fault; at the maximum it is one only when the load asks for more. */
    if (!str_eq(json_get_str(limited, "reason"), "TooManyReplicas") ||
        (!over && json_count(json_get(o->status, "currentMetrics")) > 0))
        return;
    struct finding *f = of_hpa(r, o, "hpa.maxed", limited);
    f->strength = over ? STATED : LIKELY;
    int64_t most = json_get_int(o->spec, "maxReplicas", 0);
    finding_set(f, "limit", number(r, most));
    finding_set(f, "used", used);
    finding_set(f, "expected", target);
    finding_set(f, "wanted", number(r, most > 0 && most < 10000 ? most + 1 + most / 4 : most));
}

void rules_hpa(struct run *r, const struct object *o)
{
    const json *able = object_condition(o, "AbleToScale"), *active = object_condition(o, "ScalingActive");
    const json *limited = object_condition(o, "ScalingLimited");
    const char *message = str_or_empty(json_get_str(active, "message"));
    if (is_false(able) && str_eq(json_get_str(able, "reason"), "FailedGetScale")) {
        of_hpa(r, o, "hpa.target-missing", able);
    } else if (is_false(active) && strstr(message, "missing request for")) {
        struct finding *f = of_hpa(r, o, "hpa.no-requests", active);
        finding_set(f, "resource", extract_word(r->a, message, "missing request for ", " ,"));
        finding_set(f, "container", extract_word(r->a, message, "in container ", " ,"));
    } else if (is_false(active) && str_starts(str_or_empty(json_get_str(active, "reason")), "FailedGet")) {
        struct finding *f = of_hpa(r, o, "hpa.no-metrics", active);
        finding_depends(f, "apiservice//v1beta1.metrics.k8s.io");
        /* The API answers, but not about these Pods: they do not run. */
        const char *target = finding_value(f, "ref_kind");
        if (target && (strstr(message, "did not receive metrics") || strstr(message, "no metrics returned")))
            finding_depends(f, facts_id(r->a, target, o->namespace_, finding_value(f, "ref_name")));
    } else if (str_eq(json_get_str(limited, "status"), "True")) {
        at_maximum(r, o, limited);
    }
}

static void budget_is_used_up(struct run *r, const struct object *o, const struct object *node)
{
    struct finding *f = finding_new(r, "pdb.blocks-eviction", SHOWN, o->id, NULL);
    finding_set(f, "available", number(r, json_get_int(o->status, "currentHealthy", 0)));
    finding_set(f, "minimum", number(r, json_get_int(o->status, "desiredHealthy", 0)));
    finding_set(f, "total", number(r, json_get_int(o->status, "expectedPods", 0)));
    finding_quote(r, f, o->id, "\"disruptionsAllowed\":0", 0);
    if (node)
        finding_quote(r, f, node->id, "\"unschedulable\":true", 0);
}

/* A budget that lets nobody go matters when somebody wants to drain. */
void rules_pdb(struct run *r, const struct object *o)
{
    const json *selector = json_get(o->spec, "selector");
    int64_t total = json_get_int(o->status, "expectedPods", 0);
    if (json_get_int(o->status, "disruptionsAllowed", 1) != 0 || total == 0)
        return;
    struct objects pods = facts_in(r->f, "pod", o->namespace_);
    if (strcmp(r->f->scope_object, o->id) == 0)
        budget_is_used_up(r, o, NULL);
    for (size_t i = 0; i < pods.count; i++) {
        const struct pod *p = run_pod(r, pods.items[i].id);
        const struct object *node = labels_selected(p->labels, selector) ? facts_find(r->f, "node", "", p->node) : NULL;
        if (!node || !json_get_bool(node->spec, "unschedulable", false))
            continue;
        budget_is_used_up(r, o, node);
        return;
    }
}
