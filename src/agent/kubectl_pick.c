#include "agent/kubectl_pick.h"

#include <string.h>

#include "agent/kubectl.h"
#include "base/clock.h"

struct kubectl_pick {
    void (*go_on)(struct tool_job *job);
    const char *of;               /* "deployment/web"                    */
    size_t found;
    struct pod_rank rank;
    const char *pod, *container;  /* the best so far; its usual container */
    const char *containers;       /* their names, when there are several */
};

/* --- the rank ---------------------------------------------------------------------------------------------------- */

static int64_t time_of(const char *text)
{
    int64_t at;
    return text && clock_parse(text, &at) == 0 ? at : 0;
}

void pod_rank_of(const json *pod, struct pod_rank *out)
{
    static const char *const phases[] = { "Running", "Unknown", "Pending" };
    const char *phase = json_at_str(pod, "status.phase");
    *out = (struct pod_rank){ .assigned = !str_eq(str_or_empty(json_at_str(pod, "spec.nodeName")), ""), .created_at = time_of(json_at_str(pod, "metadata.creationTimestamp")) };
    for (size_t i = 0; i < COUNT(phases); i++)
        if (str_eq(phases[i], phase))
            out->phase = (int)i;
    for (struct json_iter i = json_iter(json_at(pod, "status.conditions")); json_next(&i);) {
        if (!str_eq(json_get_str(i.value, "type"), "Ready") || !str_eq(json_get_str(i.value, "status"), "True"))
            continue;
        out->ready = true;
        out->ready_at = time_of(json_get_str(i.value, "lastTransitionTime"));
    }
    for (struct json_iter i = json_iter(json_at(pod, "status.containerStatuses")); json_next(&i);)
        if (json_get_int(i.value, "restartCount", 0) > out->restarts)
            out->restarts = json_get_int(i.value, "restartCount", 0);
}

/* The earlier one first, one that is not known last. */
static bool is_earlier(int64_t a, int64_t b)
{
    return a != 0 && (b == 0 || a < b);
}

bool pod_rank_before(const struct pod_rank *a, const struct pod_rank *b)
{
    if (a->assigned != b->assigned)
        return a->assigned;
    if (a->phase != b->phase)
        return a->phase < b->phase;
    if (a->ready != b->ready)
        return a->ready;
    if (a->ready_at != b->ready_at)
        return is_earlier(a->ready_at, b->ready_at);
    if (a->restarts != b->restarts)
        return a->restarts > b->restarts;
    return a->created_at != b->created_at && is_earlier(a->created_at, b->created_at);
}

/* --- the selector ------------------------------------------------------------------------------------------------ */

static void add_labels(const json *labels, struct buf *out)
{
    for (struct json_iter i = json_iter(labels); json_next(&i);)
        if (json_is_string(i.value))
            buf_printf(out, "%s%s=%s", out->size ? "," : "", i.key, json_str(i.value));
}

static void add_values(const json *values, struct buf *out)
{
    bool first = true;
    for (struct json_iter i = json_iter(values); json_next(&i); first = false)
        buf_printf(out, "%s%s", first ? "" : ",", str_or_empty(json_str(i.value)));
}

static void add_expression(const json *expression, struct buf *out)
{
    static const struct {
        const char *operator, *before, *between;    /* between key and values; NULL: it has none */
    } operators[] = { { "In", "", " in (" }, { "NotIn", "", " notin (" }, { "Exists", "", NULL }, { "DoesNotExist", "!", NULL } };
    for (size_t i = 0; i < COUNT(operators); i++) {
        if (!str_eq(operators[i].operator, json_get_str(expression, "operator")))
            continue;
        buf_printf(out, "%s%s%s", out->size ? "," : "", operators[i].before, str_or_empty(json_get_str(expression, "key")));
        if (!operators[i].between)
            continue;
        buf_str(out, operators[i].between);
        add_values(json_get(expression, "values"), out);
        buf_char(out, ')');
    }
}

void pick_selector(const json *object, struct buf *out)
{
    const json *selector = json_at(object, "spec.selector");
    if (str_eq(json_get_str(object, "kind"), "Service")) {
        add_labels(selector, out);
        return;
    }
    add_labels(json_get(selector, "matchLabels"), out);
    for (struct json_iter i = json_iter(json_get(selector, "matchExpressions")); json_next(&i);)
        add_expression(i.value, out);
}

/* --- one Pod of several ------------------------------------------------------------------------------------------ */

/* That of the annotation, else the first; what kubectl takes when nobody names one. */
static void note_containers(struct tool_job *job, const json *pod)
{
    struct kubectl_pick *p = job->pick;
    const json *containers = json_at(pod, "spec.containers");
    const char *wanted = json_get_str(json_at(pod, "metadata.annotations"), "kubectl.kubernetes.io/default-container");
    AUTO_BUF struct buf names = { 0 };
    p->container = NULL;
    for (struct json_iter i = json_iter(containers); json_next(&i);) {
        const char *name = json_get_str(i.value, "name");
        if (!name || !str_is_dns_label(name))
            continue;
        if (!p->container || str_eq(name, wanted))
            p->container = arena_strdup(&job->arena, name);
        buf_printf(&names, "%s%s", names.size ? ", " : "", name);
    }
    p->containers = json_count(containers) > 1 ? arena_strdup(&job->arena, buf_text(&names)) : NULL;
}

static void on_pod(void *arg, json *pod)
{
    struct tool_job *job = arg;
    struct kubectl_pick *p = job->pick;
    struct pod_rank rank;
    const char *name = json_at_str(pod, "metadata.name");
    if (!name || !str_is_dns_name(name))
        return;
    p->found++;
    pod_rank_of(pod, &rank);
    if (p->pod && !pod_rank_before(&rank, &p->rank))
        return;
    p->rank = rank;
    p->pod = arena_strdup(&job->arena, name);
    note_containers(job, pod);
}

static void fail(struct tool_job *job, const char *why)
{
    struct err e;
    err_set(&e, ERR_NOT_FOUND, "%s %s", job->pick->of, why);
    kubectl_fail(job, &e);
}

/* In kubectl's own words, which tell whose logs these are. */
static void on_listed(void *arg, const char *version, const struct err *err)
{
    struct tool_job *job = arg;
    struct kubectl_pick *p = job->pick;
    (void)version;
    if (!kubectl_took(job, err))
        return;
    if (!p->pod) {
        fail(job, "has no Pods");
        return;
    }
    if (p->found > 1)
        buf_printf(&job->out, "Found %zu pods, using pod/%s\n", p->found, p->pod);
    job->kind = kube_kind_find("pod");
    job->command.names[0] = p->pod;
    if (p->containers && !job->command.container && !job->command.all_containers) {
        buf_printf(&job->out, "Defaulted container \"%s\" out of: %s\n", p->container, p->containers);
        job->command.container = p->container;
    }
    p->go_on(job);
}

static void on_workload(void *arg, const struct kube_answer *answer)
{
    static const struct kube_list_handlers handlers = { on_pod, on_listed };
    struct tool_job *job = arg;
    AUTO_BUF struct buf selector = { 0 };
    if (!kubectl_took(job, answer->err))
        return;
    pick_selector(answer->object, &selector);
    if (!selector.size) {
        fail(job, "selects no Pods");
        return;
    }
    kubectl_list_labelled(job, "pod", buf_text(&selector), &handlers);
}

void kubectl_pick(struct tool_job *job, void (*go_on)(struct tool_job *job))
{
    job->pick = ARENA_NEW(&job->arena, struct kubectl_pick);
    *job->pick = (struct kubectl_pick){ .go_on = go_on, .of = arena_printf(&job->arena, "%s/%s", job->command.kind->singular, job->command.names[0]) };
    kubectl_call(job, kubectl_path(job, true), on_workload);
}
