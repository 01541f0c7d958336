#include "diagnose/relation.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/endpoints.h"

struct owned {
    const char *owner;
    const struct object *object;
};

static int by_owner(const void *left, const void *right)
{
    const struct owned *a = left, *b = right;
    int order = strcmp(a->owner, b->owner);
    return order ? order : strcmp(a->object->id, b->object->id);
}

void relations_init(struct relations *rel, struct run *r)
{
    *rel = (struct relations){ .r = r, .owned = ARENA_ARRAY(r->a, struct owned, r->f->n_objects + r->n_pods + 1) };
    for (size_t i = 0; i < r->f->n_objects; i++)
        if (r->f->objects[i].owner)
            rel->owned[rel->n_owned++] = (struct owned){ r->f->objects[i].owner, &r->f->objects[i] };
    /* A Pod whose ReplicaSet is not in the bundle still belongs to its Deployment. */
    for (size_t i = 0; i < r->n_pods; i++)
        if (r->pods[i].object->owner && !facts_get(r->f, r->pods[i].object->owner) &&
            strcmp(r->pods[i].workload, r->pods[i].object->owner) != 0)
            rel->owned[rel->n_owned++] = (struct owned){ r->pods[i].workload, r->pods[i].object };
    qsort(rel->owned, rel->n_owned, sizeof *rel->owned, by_owner);
}

const char *relation_claim(struct run *r, const struct object *pod, size_t *at)
{
    json *volumes = json_get(pod->spec, "volumes");
    for (struct json_iter i = json_iter(json_is_array(volumes) ? volumes : NULL); json_next(&i);) {
        const char *claim = json_at_str(i.value, "persistentVolumeClaim.claimName");
        /* A generic ephemeral volume makes its claim under the Pod's and its own name. */
        if (!claim && json_get(i.value, "ephemeral") && json_get_str(i.value, "name"))
            claim = arena_printf(r->a, "%s-%s", pod->name, json_get_str(i.value, "name"));
        if (facts_name_is_sound(claim) && i.index >= *at) {
            *at = i.index + 1;
            return facts_id(r->a, "persistentvolumeclaim", pod->namespace_, claim);
        }
    }
    return NULL;
}

static bool owned_by(const struct relations *rel, const char *id, relation_visit *visit, void *arg)
{
    size_t low = 0, high = rel->n_owned;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(rel->owned[middle].owner, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < rel->n_owned && strcmp(rel->owned[low].owner, id) == 0; low++)
        if (!visit(arg, rel->owned[low].object->id, EDGE_BELOW))
            return false;
    return true;
}

static bool of_pod(const struct relations *rel, const struct object *o, relation_visit *visit, void *arg)
{
    const struct pod *p = run_pod(rel->r, o->id);
    if (*p->node && !visit(arg, facts_id(rel->r->a, "node", "", p->node), EDGE_NODE))
        return false;
    size_t at = 0;
    for (const char *claim; (claim = relation_claim(rel->r, o, &at));)
        if (!visit(arg, claim, EDGE_VOLUME))
            return false;
    return strcmp(p->workload, o->id) == 0 || visit(arg, p->workload, EDGE_SELF);
}

static bool of_service(const struct relations *rel, const struct object *o, relation_visit *visit, void *arg)
{
    struct objects pods = facts_in(rel->r->f, "pod", o->namespace_);
    if (endpoints_serve(rel->r, o))
        return true; /* somebody answers: who does not is not missed */
    for (size_t i = 0; i < pods.count; i++)
        if (endpoints_selects(o, run_pod(rel->r, pods.items[i].id)) && !visit(arg, pods.items[i].id, EDGE_BELOW))
            return false;
    static const char *const makers[] = { "deployment", "statefulset", "daemonset", "replicaset" };
    for (size_t k = 0; k < COUNT(makers); k++) {
        struct objects all = facts_in(rel->r->f, makers[k], o->namespace_);
        for (size_t i = 0; i < all.count; i++)
            if (endpoints_selects_template(o, &all.items[i]) && !visit(arg, all.items[i].id, EDGE_BELOW))
                return false;
    }
    return true;
}

static bool of_claim(const struct relations *rel, const struct object *o, relation_visit *visit, void *arg)
{
    const char *volume = json_get_str(o->spec, "volumeName");
    return !facts_name_is_sound(volume) || visit(arg, facts_id(rel->r->a, "persistentvolume", "", volume), EDGE_VOLUME);
}

static bool of_autoscaler(const struct relations *rel, const struct object *o, relation_visit *visit, void *arg)
{
    const char *kind = json_at_str(o->spec, "scaleTargetRef.kind"), *name = json_at_str(o->spec, "scaleTargetRef.name");
    if (!kind || !facts_name_is_sound(name) || strlen(kind) > 60)
        return true;
    char *lower = arena_strdup(rel->r->a, kind);
    for (char *p = lower; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p;
    return visit(arg, facts_id(rel->r->a, lower, o->namespace_, name), EDGE_BELOW);
}

static bool of_apiservice(const struct relations *rel, const struct object *o, relation_visit *visit, void *arg)
{
    const char *namespace_ = json_at_str(o->spec, "service.namespace"), *name = json_at_str(o->spec, "service.name");
    return !facts_name_is_sound(name) || !facts_name_is_sound(namespace_) ||
           visit(arg, facts_id(rel->r->a, "service", namespace_, name), EDGE_CALLS);
}

static const struct {
    const char *kind;
    bool (*needs)(const struct relations *, const struct object *, relation_visit *, void *);
} by_kind[] = {
    { "pod", of_pod },
    { "service", of_service },
    { "persistentvolumeclaim", of_claim },
    { "horizontalpodautoscaler", of_autoscaler },
    { "apiservice", of_apiservice },
};

void relations_of(const struct relations *rel, const char *id, relation_visit *visit, void *arg)
{
    const struct object *o = facts_get(rel->r->f, id);
    for (size_t i = 0; o && i < COUNT(by_kind); i++)
        if (strcmp(by_kind[i].kind, o->kind) == 0 && !by_kind[i].needs(rel, o, visit, arg))
            return;
    if (o && strcmp(o->kind, "pod") != 0 && o->owner && !visit(arg, o->owner, EDGE_SELF))
        return;
    (void)owned_by(rel, id, visit, arg);
}
