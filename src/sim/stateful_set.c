/* The controllers of StatefulSets and DaemonSets. */
#include <stdio.h>

#include "base/str.h"
#include "sim/node.h"
#include "sim/workload.h"
#include "sim/stamp.h"

static const struct voice stateful_set_voice = { .component = "statefulset-controller" };
static const struct voice daemon_set_voice = { .component = "daemonset-controller" };

static void retry_later(struct workload *o)
{
    o->create_failures++;
    world_after(o->world, &o->run.retry, workload_create_pause_ms(o->create_failures), workload_on_time, o);
}

/* ---- StatefulSet: pods in order, each waits for the one before ---- */

static struct pod *ordinal(const struct workload *o, int number)
{
    AUTO_FREE char *name = str_printf("%s-%d", o->name, number);
    return pod_find(o->world, o->namespace, name);
}

static void publish_stateful_set(struct workload *o)
{
    int all = workload_count_pods(o, NULL, false), ready = workload_count_pods(o, NULL, true),
        updated = workload_count_pods(o, o->template, false);
    AUTO_FREE char *revision = str_printf("%s-%s", o->name, o->template->hash);
    AUTO_JSON_W struct json_w *j = json_w_new();
    workload_begin_text(j, o);
    json_w_object(j, "labels");
    json_w_str(j, "app", o->name);
    json_w_end(j);
    json_w_end(j);
    json_w_object(j, "spec");
    json_w_int(j, "replicas", o->replicas);
    workload_write_selector(j, o, NULL);
    workload_write_template(j, o, o->template, NULL);
    json_w_str(j, "serviceName", o->name);
    json_w_str(j, "podManagementPolicy", "OrderedReady");
    stamp_json(j, "updateStrategy", "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":0}}");
    json_w_int(j, "revisionHistoryLimit", 10);
    json_w_end(j);
    json_w_object(j, "status");
    json_w_int(j, "observedGeneration", o->generation);
    json_w_int(j, "replicas", all);
    if (ready > 0)
        json_w_int(j, "readyReplicas", ready);
    if (updated > 0)
        json_w_int(j, "updatedReplicas", updated);
    json_w_str(j, "currentRevision", revision);
    json_w_str(j, "updateRevision", revision);
    json_w_int(j, "collisionCount", 0);
    json_w_int(j, "availableReplicas", ready);
    json_w_end(j);
    json_w_end(j);
    world_store(o->world, o->object, j);
}

/* Returns false when the next ordinal has to wait. */
static bool look_at_ordinal(struct workload *o, int number)
{
    struct pod *p = ordinal(o, number);
    if (!p) {
        AUTO_FREE char *name = str_printf("%s-%d", o->name, number);
        struct pod_maker maker = { .voice = &stateful_set_voice,
                                   .about = about_workload(o),
                                   .owner = workload_owner(o),
                                   .name = name,
                                   .template = o->template };
        if (!workload_make_pod(o, &maker, NULL))
            retry_later(o);
        return false;
    }
    if (p->deleted_ms)
        return false;
    if (str_eq(p->template->hash, o->template->hash))
        p->template = o->template;
    else if (pod_ready(p) || number == 0)
        pod_delete(p);
    return pod_ready(p);
}

static void look_at_stateful_set(struct workload *o)
{
    if (o->deleted) {
        if (workload_is_empty(o))
            workload_forget(o);
        return;
    }
    for (int i = 0; i < o->replicas && !o->run.retry.place; i++)
        if (!look_at_ordinal(o, i))
            break;
    struct pod *surplus = ordinal(o, o->replicas);
    for (int i = o->replicas; surplus; surplus = ordinal(o, ++i))
        pod_delete(surplus);
    publish_stateful_set(o);
}

const struct workload_class stateful_set_class = { .kind = KIND_STATEFUL_SET,
                                                   .look = look_at_stateful_set,
                                                   .publish = publish_stateful_set };

/* ---- DaemonSet: one on each node that the selector means ---- */

static bool wanted_on(const struct workload *o, const struct node *n)
{
    const struct plan *plan = &o->template->plan;
    for (size_t i = 0; i < plan->n_selector; i++)
        if (!str_eq(node_label(n, plan->selector[i].name), plan->selector[i].value))
            return false;
    for (size_t i = 0; i < n->n_taints; i++) /* its pods tolerate what nodes put on themselves */
        if (!str_starts(n->taints[i].key, "node.kubernetes.io/") && !str_eq(n->taints[i].key, plan->tolerates))
            return false;
    return true;
}

static struct pod *pod_on(const struct workload *o, const struct node *n)
{
    struct pod *p = o->world->pods;
    while (p &&
           !(p->workload == o && !p->deleted_ms && p->template->plan.node && str_eq(p->template->plan.node, n->name)))
        p = p->next;
    return p;
}

static int nodes_wanted(const struct workload *o)
{
    int count = 0;
    for (const struct node *n = o->world->nodes; n; n = n->next)
        count += wanted_on(o, n);
    return count;
}

static void publish_daemon_set(struct workload *o)
{
    int wanted = nodes_wanted(o), have = workload_count_pods(o, NULL, false),
        ready = workload_count_pods(o, NULL, true);
    AUTO_JSON_W struct json_w *j = json_w_new();
    workload_begin_text(j, o);
    json_w_object(j, "labels");
    json_w_str(j, "app", o->name);
    json_w_end(j);
    json_w_end(j);
    json_w_object(j, "spec");
    workload_write_selector(j, o, NULL);
    workload_write_template(j, o, o->template, NULL);
    stamp_json(j, "updateStrategy",
               "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":1,\"maxSurge\":0}}");
    json_w_int(j, "revisionHistoryLimit", 10);
    json_w_end(j);
    json_w_object(j, "status");
    json_w_int(j, "currentNumberScheduled", have);
    json_w_int(j, "numberMisscheduled", 0);
    json_w_int(j, "desiredNumberScheduled", wanted);
    json_w_int(j, "numberReady", ready);
    json_w_int(j, "observedGeneration", o->generation);
    json_w_int(j, "updatedNumberScheduled", have);
    if (ready > 0)
        json_w_int(j, "numberAvailable", ready);
    if (wanted > ready)
        json_w_int(j, "numberUnavailable", wanted - ready);
    json_w_end(j);
    json_w_end(j);
    world_store(o->world, o->object, j);
}

/* Its pods are bound to their node from the start, so each node has a template of its own. */
static struct template *template_for(struct workload *o, const struct node *n)
{
    struct template *t = ARENA_NEW(&o->world->arena, struct template);
    *t = *o->template;
    t->plan.node = n->name;
    return t;
}

static void look_at_node(struct workload *o, struct node *n)
{
    struct pod *p = pod_on(o, n);
    if (p && str_eq(p->template->hash, o->template->hash) && wanted_on(o, n))
        return;
    if (p) {
        pod_delete(p);
        return;
    }
    if (!wanted_on(o, n) || !n->reachable)
        return;
    struct pod_maker maker = { .voice = &daemon_set_voice,
                               .about = about_workload(o),
                               .owner = workload_owner(o),
                               .template = template_for(o, n) };
    if (!workload_make_pod(o, &maker, NULL))
        retry_later(o);
}

static void look_at_daemon_set(struct workload *o)
{
    if (o->deleted) {
        if (workload_is_empty(o))
            workload_forget(o);
        return;
    }
    for (struct node *n = o->world->nodes; n && !o->run.retry.place; n = n->next)
        look_at_node(o, n);
    publish_daemon_set(o);
}

const struct workload_class daemon_set_class = { .kind = KIND_DAEMON_SET,
                                                 .look = look_at_daemon_set,
                                                 .publish = publish_daemon_set };
