#include "sim/scheduler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/claim.h"
#include "sim/kubelet.h"
#include "sim/node.h"

#define BIND_MS     4
#define RETRY_MS    300000 /* what found no place is tried again after so long at the latest */
#define REASONS_MAX 12

static const struct voice binding = { .component = "default-scheduler", .action = "Binding" };
static const struct voice scheduling = { .component = "default-scheduler", .action = "Scheduling" };

/* Why nodes were refused, counted. */
struct refusals {
    struct {
        char text[120];
        int nodes;
    } reasons[REASONS_MAX];
    size_t n_reasons;
    int nodes, helpless; /* nodes on which preemption could not help */
    const char *code;    /* of the reason that counts most */
    int rank;
};

/* A node that everything else speaks for tells more about the cause than one that was never meant. */
enum { MEANT_FOR_OTHERS, NOT_MATCHING, MATCHING_BUT_CLOSED, OPEN_BUT_FULL };

static void refuse(struct refusals *r, const char *text, const char *code, int rank)
{
    size_t i = 0;
    while (i < r->n_reasons && !str_eq(r->reasons[i].text, text))
        i++;
    if (i == REASONS_MAX)
        return;
    if (i == r->n_reasons) {
        str_copy(r->reasons[i].text, sizeof r->reasons[i].text, text);
        r->reasons[i].nodes = 0;
        r->n_reasons++;
    }
    r->reasons[i].nodes++;
    if (!r->code || rank > r->rank) {
        r->code = code;
        r->rank = rank;
    }
}

/* ---- one node ---- */

static bool tolerated(const struct plan *plan, const struct taint *t)
{
    return str_eq(t->effect, "PreferNoSchedule") || str_eq(plan->tolerates, t->key);
}

static bool labels_fit(const struct node *n, const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_selector; i++)
        if (!str_eq(node_label(n, plan->selector[i].name), plan->selector[i].value))
            return false;
    return !plan->affinity.name || str_eq(node_label(n, plan->affinity.name), plan->affinity.value);
}

static bool neighbour_there(const struct pod *p, const struct node *n)
{
    for (const struct pod *other = p->world->pods; other; other = other->next)
        if (other != p && other->node == n && !pod_over(other) && other->app && str_eq(other->app, p->app))
            return true;
    return false;
}

static int host_port(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_containers; i++)
        if (plan->containers[i].host_port)
            return plan->containers[i].host_port;
    return 0;
}

static bool port_taken(const struct pod *p, const struct node *n)
{
    int port = host_port(&p->template->plan);
    for (const struct pod *other = port ? p->world->pods : NULL; other; other = other->next)
        if (other != p && other->node == n && !pod_over(other) && host_port(&other->template->plan) == port)
            return true;
    return false;
}

/* Resources are the one refusal that others may stand beside on the same node. */
static bool room(const struct pod *p, const struct node *n, struct refusals *r)
{
    const struct plan *plan = &p->template->plan;
    int refused = 0;
    bool never = false;
    char text[120];
    if (n->pods >= n->pods_max) {
        refuse(r, "Too many pods", "node.too-many-pods", OPEN_BUT_FULL);
        refused++;
    }
    if (plan_cpu_m(plan) > n->cpu_m - n->cpu_used_m) {
        refuse(r, "Insufficient cpu", "sched.insufficient-cpu", OPEN_BUT_FULL);
        never |= plan_cpu_m(plan) > n->cpu_m;
        refused++;
    }
    if (plan_memory(plan) > n->memory - n->memory_used) {
        refuse(r, "Insufficient memory", "sched.insufficient-memory", OPEN_BUT_FULL);
        never |= plan_memory(plan) > n->memory;
        refused++;
    }
    if (plan_extended(plan)) {
        snprintf(text, sizeof text, "Insufficient %s", plan_extended(plan));
        refuse(r, text, "sched.insufficient-extended", OPEN_BUT_FULL);
        never = true;
        refused++;
    }
    r->helpless += refused > 0 && never;
    return refused == 0;
}

static bool fits(const struct pod *p, const struct node *n, struct refusals *r)
{
    const struct plan *plan = &p->template->plan;
    const char *text = NULL, *code = NULL;
    bool meant = labels_fit(n, plan);
    if (n->cordoned) {
        text = "node(s) were unschedulable";
        code = "sched.cordoned";
    }
    for (size_t i = 0; !text && i < n->n_taints; i++)
        if (!tolerated(plan, &n->taints[i])) {
            text = "node(s) had untolerated taint(s)";
            code = "sched.taint";
        }
    if (!text && !meant) {
        text = "node(s) didn't match Pod's node affinity/selector";
        code = plan->affinity.name ? "sched.node-affinity" : "sched.node-selector";
    }
    if (!text && claim_elsewhere(p->world, p, n)) {
        text = "node(s) didn't match PersistentVolume's node affinity";
        code = "sched.volume-affinity";
    }
    if (text) {
        bool closed = n->cordoned || str_starts(code, "sched.taint") || str_starts(code, "sched.volume");
        refuse(r, text, code, !closed ? NOT_MATCHING : meant ? MATCHING_BUT_CLOSED : MEANT_FOR_OTHERS);
        r->helpless++;
        return false;
    }
    if (port_taken(p, n)) {
        refuse(r, "node(s) didn't have free ports for the requested pod ports", "sched.hostport", OPEN_BUT_FULL);
        return false;
    }
    if (!room(p, n, r))
        return false;
    if (plan->spread && neighbour_there(p, n)) {
        refuse(r, "node(s) didn't match pod anti-affinity rules", "sched.anti-affinity", OPEN_BUT_FULL);
        return false;
    }
    return true;
}

/* ---- the answer ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *explain(struct refusals *r)
{
    char *texts[REASONS_MAX];
    struct buf out = { 0 };
    buf_printf(&out, "0/%d nodes are available: ", r->nodes);
    for (size_t i = 0; i < r->n_reasons; i++)
        texts[i] = str_printf("%d %s", r->reasons[i].nodes, r->reasons[i].text);
    qsort(texts, r->n_reasons, sizeof *texts, by_text);
    for (size_t i = 0; i < r->n_reasons; i++) {
        buf_printf(&out, "%s%s", i ? ", " : "", texts[i]);
        free(texts[i]);
    }
    buf_printf(&out, ". no new claims to deallocate, preemption: 0/%d nodes are available: ", r->nodes);
    int victims = r->nodes - r->helpless;
    if (victims > 0)
        buf_printf(&out, "%d No preemption victims found for incoming pod%s", victims, r->helpless ? ", " : ".");
    if (r->helpless > 0)
        buf_printf(&out, "%d Preemption is not helpful for scheduling.", r->helpless);
    return buf_take(&out, NULL);
}

static void set_scheduled(struct pod *p, bool on, const char *reason, const char *message)
{
    struct condition *c = &p->conditions[POD_SCHEDULED];
    if (!c->known || c->on != on)
        c->since_ms = p->world->now_ms;
    c->known = true;
    c->on = on;
    c->reason = reason;
    free(c->message);
    c->message = str_dup(message);
}

static void on_schedule(void *arg);

static void fail(struct pod *p, const char *message, const char *code, const char *object)
{
    struct about about = about_pod(p);
    record(p->world, &scheduling, &about, WARNING, "FailedScheduling", "%s", message);
    set_scheduled(p, false, "Unschedulable", message);
    pod_failed(p, code, object);
    pod_publish(p);
    world_after(p->world, &p->scheduling, RETRY_MS, on_schedule, p);
}

static void bind_to(struct pod *p, struct node *n)
{
    struct about about = about_pod(p);
    node_take(n, p);
    set_scheduled(p, true, NULL, NULL);
    record(p->world, &binding, &about, NORMAL, "Scheduled", "Successfully assigned %s/%s to %s", p->object->namespace,
           p->object->name, n->name);
    pod_publish(p);
    kubelet_take(p);
}

/* The emptiest of those that fit, the first of equals. */
static struct node *choose(struct pod *p, struct refusals *r)
{
    struct node *best = NULL;
    for (struct node *n = p->world->nodes; n; n = n->next) {
        r->nodes++;
        if (fits(p, n, r) && (!best || n->pods < best->pods))
            best = n;
    }
    return best;
}

static void on_schedule(void *arg)
{
    struct pod *p = arg;
    struct claim_trouble trouble;
    struct refusals r = { 0 };
    for (struct node *n = p->world->nodes; n; n = n->next)
        r.nodes++;
    if (claim_check(p->world, p, &trouble) != 0) {
        AUTO_FREE char *message = str_printf("0/%d nodes are available: %s. not found", r.nodes, trouble.text);
        fail(p, message, trouble.code, trouble.object);
        return;
    }
    if (r.nodes == 0) {
        fail(p, "no nodes available to schedule pods", "sched.no-nodes", NULL);
        return;
    }
    r.nodes = 0;
    struct node *n = choose(p, &r);
    if (n) {
        bind_to(p, n);
        return;
    }
    AUTO_FREE char *message = explain(&r);
    fail(p, message, r.code, NULL);
}

void scheduler_add(struct pod *p)
{
    world_after(p->world, &p->scheduling, BIND_MS, on_schedule, p);
}

void scheduler_retry(struct world *w)
{
    for (struct pod *p = w->pods; p; p = p->next)
        if (!p->node && !p->deleted_ms && p->conditions[POD_SCHEDULED].known)
            world_after(w, &p->scheduling, BIND_MS, on_schedule, p);
}
