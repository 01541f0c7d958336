#include "diagnose/place.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/labels.h"
#include "diagnose/resources.h"

#define NAMES_SHOWN 4 /* nodes named in a sentence */

static const char *const reason_names[N_REASONS] = {
    "claim-missing",
    "claim-unbound",
    "claim-lost",
    "volume-affinity",
    "volume-limit",
    "no-nodes",
    "insufficient-cpu",
    "insufficient-memory",
    "too-many-pods",
    "insufficient-extended",
    "hostport",
    "anti-affinity",
    "pod-affinity",
    "topology-spread",
    "node-affinity",
    "unschedulable",
    "node-unhealthy",
    "taint",
    "gated",
};

/* Words */

static void read_message(struct place *s)
{
    const char *from = s->message, *end = strstr(s->message, " preemption:");
    size_t left = end ? (size_t)(end - from) : strlen(from);
    while (left > 0) {
        size_t size = 0;
        while (size < left && from[size] != ',' && !(from[size] == '.' && (size + 1 == left || from[size + 1] == ' ')))
            size++;
        const char *class_ = catalog_match_n("schedule", from, size);
        for (size_t i = 0; class_ && i < N_REASONS; i++)
            s->said[i] |= strcmp(reason_names[i], class_) == 0;
        size_t step = size < left ? size + 1 : size;
        from += step;
        left -= step;
    }
}

/* "0/3 nodes are available": the 3, or -1. */
static long nodes_counted(const char *message)
{
    long all;
    return sscanf(message, "%*d/%ld nodes", &all) == 1 ? all : -1;
}

const char *place_list(struct arena *a, const char *names, const char *name, size_t before)
{
    if (before == 0)
        return name;
    return before < NAMES_SHOWN    ? arena_printf(a, "%s, %s", names, name)
           : before == NAMES_SHOWN ? arena_printf(a, "%s, …", names)
                                   : names;
}

/* Nodes */

/* The first taint that the Pod does not bear and that is not just the mark of a cordoned node; *unhealthy: the node controller set it. */
static const json *unborne_taint(const struct object *node, const struct pod *p, bool *unhealthy)
{
    const json *tolerations = json_get(p->object->spec, "tolerations"), *taints = json_get(node->spec, "taints");
    for (struct json_iter i = json_iter(json_is_array(taints) ? taints : NULL); json_next(&i);) {
        const char *key = str_or_empty(json_get_str(i.value, "key")), *effect = json_get_str(i.value, "effect");
        if (str_eq(effect, "PreferNoSchedule") || strcmp(key, "node.kubernetes.io/unschedulable") == 0 ||
            labels_tolerated(tolerations, i.value))
            continue;
        *unhealthy = str_starts(key, "node.kubernetes.io/");
        return i.value;
    }
    return NULL;
}

static bool has_room(const struct run *r, const struct object *node, const struct pod *p)
{
    return resources_free(r, node, "cpu") >= resources_of_pod(p->object, "cpu") &&
           resources_free(r, node, "memory") >= resources_of_pod(p->object, "memory");
}

static void judge_node(struct place *s, const struct object *node)
{
    const json *labels = json_get(node->meta, "labels"), *spec = s->p->object->spec;
    if (!labels_match(labels, json_get(spec, "nodeSelector")) || !labels_node_affinity(labels, node->name, spec))
        return;
    struct arena *a = s->r->a;
    s->matching_names = place_list(a, s->matching_names, node->name, s->matching++);
    bool unhealthy = false;
    const json *taint = unborne_taint(node, s->p, &unhealthy);
    if (json_get_bool(node->spec, "unschedulable", false)) {
        s->cordoned_names = place_list(a, s->cordoned_names, node->name, s->cordoned++);
        s->cordoned_node = s->cordoned_node ? s->cordoned_node : node;
        s->fits_cordoned |= !taint && has_room(s->r, node, s->p);
        return;
    }
    if (taint) {
        s->tainted_names = place_list(a, s->tainted_names, node->name, s->tainted++);
        s->unhealthy += unhealthy;
        if (!s->taint || (s->unhealthy == s->tainted - 1 && !unhealthy)) {
            s->taint = labels_taint(a, taint);
            s->tainted_node = node;
        }
        return;
    }
    s->usable++;
    s->usable_node = s->usable_node ? s->usable_node : node;
    const char *const names[] = { "cpu", "memory" };
    for (size_t i = 0; i < COUNT(names); i++) {
        double free_ = resources_free(s->r, node, names[i]);
        s->best[i] = free_ > s->best[i] ? free_ : s->best[i];
    }
}

static void judge_nodes(struct place *s)
{
    s->nodes = facts_kind(s->r->f, "node");
    long counted = nodes_counted(s->message);
    s->known = s->nodes.count > 0 && (facts_listed(s->r->f, "node", "") || counted == (long)s->nodes.count);
    for (size_t i = 0; i < s->nodes.count; i++)
        judge_node(s, &s->nodes.items[i]);
}

void place_judge(struct place *s, struct run *r, const struct pod *p, const char *message, const struct event *event)
{
    *s = (struct place){ .r = r, .p = p, .message = message, .event = event };
    s->cordoned_names = s->tainted_names = s->matching_names = "";
    read_message(s);
    judge_nodes(s);
}
