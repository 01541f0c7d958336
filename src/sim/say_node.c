/* What a scenario can say of the cluster and its nodes. */
#include <stdio.h>
#include <string.h>

#include "sim/node.h"
#include "sim/recorder.h"
#include "sim/scheduler.h"
#include "sim/script.h"

/* ---- cluster ---- */

static int begin_cluster(struct saying *s, struct err *e)
{
    (void)s, (void)e;
    return 0;
}

static void nodes(struct saying *s, const struct phrase *p)
{
    int64_t count = p->number[0] < 1000 ? p->number[0] : 1000;
    for (int64_t i = 1; i <= count; i++) {
        char name[32];
        snprintf(name, sizeof name, "node-%lld", (long long)i);
        if (!node_find(s->world, name))
            node_new(s->world, name);
    }
}

static void known_before(struct saying *s, const struct phrase *p)
{
    (void)s, (void)p; /* read by script_read_head, before the world was made */
}

static void version(struct saying *s, const struct phrase *p)
{
    s->world->version = p->text[0];
}

static void events_live(struct saying *s, const struct phrase *p)
{
    recorder_set_ttl(s->world, p->number[0] > 0 ? p->number[0] : 1);
}

static const struct clause_row cluster_clauses[] = {
    { "{number} nodes", nodes, "node-1, node-2, … with 4 CPUs and 16Gi each" },
    { "{number} node", nodes, "the same" },
    { "seed {number}", known_before, "for names, uids and what else is drawn" },
    { "speed {number}", known_before,
      "divides all durations inside the cluster (back-offs, periods, grace), not the times of the script" },
    { "version {word}", version, "of Kubernetes (v1.36.3)" },
    { "events live {time}", events_live, "event TTL (1h)" },
};

/* ---- node ---- */

static int begin_node(struct saying *s, struct err *e)
{
    (void)e;
    s->node = node_find(s->world, s->name);
    if (!s->node)
        s->node = node_new(s->world, s->name);
    return 0;
}

static void end_node(struct saying *s)
{
    node_publish(s->node);
    scheduler_retry(s->world);
    workload_look_at_all(s->world);
}

static void trouble(struct saying *s, const struct phrase *p)
{
    (void)p;
    node_set_trouble(s->node, (enum node_trouble)s->clause->value);
}

static void cordon(struct saying *s, const struct phrase *p)
{
    (void)p;
    node_set_cordoned(s->node, s->clause->value);
}

static void label(struct saying *s, const struct phrase *p)
{
    if (s->node->n_labels < PLAN_PAIRS_MAX)
        s->node->labels[s->node->n_labels++] = (struct plan_pair){ p->text[0], p->value[0] };
}

static void tainted(struct saying *s, const struct phrase *p)
{
    const char *effect = strchr(p->value[0], ':');
    const char *value =
        effect ? arena_strndup(&s->world->arena, p->value[0], (size_t)(effect - p->value[0])) : p->value[0];
    node_set_taint(s->node,
                   &(struct taint){ .key = p->text[0], .value = value, .effect = effect ? effect + 1 : "NoSchedule" });
}

static void untainted(struct saying *s, const struct phrase *p)
{
    node_clear_taint(s->node, p->text[0]);
}

static void cpu(struct saying *s, const struct phrase *p)
{
    s->node->cpu_m = p->number[0];
}

static void memory(struct saying *s, const struct phrase *p)
{
    s->node->memory = p->number[0];
}

static void pods(struct saying *s, const struct phrase *p)
{
    s->node->pods_max = (int)p->number[0];
}

/* clang-format off */
static const struct clause_row node_clauses[] = {
    { "stops posting status", trouble, "node.kubelet-down: after 40 s NotReady, after 5 min its pods are evicted (both divided by the speed)", NODE_SILENT },
    { "has its runtime down", trouble, "node.runtime-down", NODE_RUNTIME_DOWN },
    { "has no network", trouble, "node.not-ready: network plug-in not initialised", NODE_NETWORK_DOWN },
    { "has memory pressure", trouble, "node.memory-pressure, and an eviction", NODE_MEMORY_PRESSURE },
    { "has disk pressure", trouble, "node.disk-pressure, and an eviction", NODE_DISK_PRESSURE },
    { "has pid pressure", trouble, "node.pid-pressure", NODE_PID_PRESSURE },
    { "recovers", trouble, "all of that is over", NODE_FINE },
    { "is cordoned", cordon, "", true },
    { "is uncordoned", cordon, "", false },
    { "label {pair}", label, "" },
    { "taint {pair}", tainted, "key=value:NoSchedule" },
    { "loses taint {word}", untainted, "by its key" },
    { "cpu {cpu}", cpu, "capacity (4)" },
    { "memory {bytes}", memory, "capacity (16Gi)" },
    { "pods {number}", pods, "capacity (110)" },
};
/* clang-format on */

const struct subject_row node_subjects[] = {
    { "cluster", "NAME", begin_cluster, NULL, cluster_clauses, COUNT(cluster_clauses),
      "The first sentence of a scenario." },
    { "node", "NAME", begin_node, end_node, node_clauses, COUNT(node_clauses),
      "Changes a node; joins it to the cluster when it is not there." },
};
const size_t n_node_subjects = COUNT(node_subjects);
