#include "diagnose/resources.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/amount.h"

static double request(const json *container, const char *resource)
{
    /* Extended resources are often written as limits alone; the request is then the same. */
    const json *resources = json_get(container, "resources");
    const json *asked = json_get(json_get(resources, "requests"), resource);
    return amount_of(asked ? asked : json_get(json_get(resources, "limits"), resource), 0);
}

double resources_of_pod(const struct object *pod, const char *resource)
{
    double sum = 0, init = 0, running = 0;
    const json *containers = json_get(pod->spec, "containers"), *inits = json_get(pod->spec, "initContainers");
    for (struct json_iter i = json_iter(json_is_array(containers) ? containers : NULL); json_next(&i);)
        sum += request(i.value, resource);
    for (struct json_iter i = json_iter(json_is_array(inits) ? inits : NULL); json_next(&i);) {
        double one = request(i.value, resource);
        if (str_eq(json_get_str(i.value, "restartPolicy"), "Always"))
            running += one;
        else if (one + running > init)
            init = one + running;
    }
    sum += running;
    return (sum > init ? sum : init) + amount_of(json_get(json_get(pod->spec, "overhead"), resource), 0);
}

static bool counts(const struct pod *p)
{
    return *p->node && strcmp(p->phase, "Succeeded") != 0 && strcmp(p->phase, "Failed") != 0;
}

void resources_count(struct run *r)
{
    struct objects nodes = facts_kind(r->f, "node");
    r->usage = ARENA_ARRAY(r->a, struct usage, nodes.count + 1);
    for (size_t i = 0; i < r->n_pods; i++) {
        const struct pod *p = &r->pods[i];
        const struct object *node = counts(p) ? facts_find(r->f, "node", "", p->node) : NULL;
        if (!node)
            continue;
        struct usage *usage = &r->usage[node - nodes.items];
        usage->cpu += resources_of_pod(p->object, "cpu");
        usage->memory += resources_of_pod(p->object, "memory");
        usage->pods++;
    }
}

static const struct usage *usage_of(const struct run *r, const struct object *node)
{
    return &r->usage[node - facts_kind(r->f, "node").items];
}

static double taken(const struct run *r, const struct object *node, const char *resource)
{
    double sum = 0;
    for (size_t i = 0; i < r->n_pods; i++)
        if (counts(&r->pods[i]) && strcmp(r->pods[i].node, node->name) == 0)
            sum += resources_of_pod(r->pods[i].object, resource);
    return sum;
}

double resources_free(const struct run *r, const struct object *node, const char *resource)
{
    double all = amount_of(json_get(json_get(node->status, "allocatable"), resource), 0);
    if (strcmp(resource, "cpu") == 0)
        return all - usage_of(r, node)->cpu;
    if (strcmp(resource, "memory") == 0)
        return all - usage_of(r, node)->memory;
    return all - taken(r, node, resource);
}

double resources_pods(const struct run *r, const struct object *node)
{
    return usage_of(r, node)->pods;
}
