#include "diagnose/endpoints.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/labels.h"
#include "diagnose/rules.h"

static long count(const struct run *r, const struct object *service, bool ready_only)
{
    long n = 0;
    bool some = facts_listed(r->f, "endpointslice", service->namespace_);
    struct objects slices = facts_in(r->f, "endpointslice", service->namespace_);
    for (size_t i = 0; i < slices.count; i++) {
        const json *labels = json_get(slices.items[i].meta, "labels");
        if (!str_eq(json_get_str(labels, "kubernetes.io/service-name"), service->name))
            continue;
        some = true;
        const json *list = json_get(slices.items[i].value, "endpoints");
        for (struct json_iter k = json_iter(json_is_array(list) ? list : NULL); json_next(&k);) {
            /* Absent means ready, by the API's own rule. */
            bool ready = json_bool(json_at(k.value, "conditions.ready"), true);
            n += ready || !ready_only ? (long)json_count(json_get(k.value, "addresses")) : 0;
        }
    }
    return some ? n : -1;
}

long endpoints_ready(const struct run *r, const struct object *service)
{
    return count(r, service, true);
}

long endpoints_all(const struct run *r, const struct object *service)
{
    return count(r, service, false);
}

bool endpoints_selects(const struct object *service, const struct pod *p)
{
    const json *selector = json_get(service->spec, "selector");
    return json_count(selector) > 0 && json_is_object(selector) &&
           strcmp(service->namespace_, p->object->namespace_) == 0 && labels_match(p->labels, selector);
}

bool endpoints_selects_template(const struct object *service, const struct object *workload)
{
    const json *selector = json_get(service->spec, "selector");
    return json_count(selector) > 0 && json_is_object(selector) &&
           strcmp(service->namespace_, workload->namespace_) == 0 &&
           labels_match(json_at(object_template(workload), "metadata.labels"), selector);
}

static bool stays(const struct run *r, const struct pod *p)
{
    bool stays = p->ready;
    for (size_t i = 0; i < p->n_containers; i++) {
        const struct container *c = &p->containers[i];
        stays &= (c->init && !c->sidecar) || rules_has_recovered(r, c);
    }
    return stays;
}

bool endpoints_serve(const struct run *r, const struct object *service)
{
    struct objects pods = facts_in(r->f, "pod", service->namespace_);
    size_t known = 0, steady = 0;
    for (size_t i = 0; i < pods.count; i++) {
        const struct pod *p = run_pod(r, pods.items[i].id);
        if (!endpoints_selects(service, p) || !p->ready)
            continue;
        known++;
        steady += stays(r, p);
    }
    return endpoints_ready(r, service) > 0 && (known == 0 || steady > 0);
}
