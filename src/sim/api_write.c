/* The few changes that an operator's tool makes: delete a pod, scale and restart a workload, roll it back, cordon a node. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/api.h"
#include "sim/node.h"
#include "sim/workload.h"

static bool is_dry_run(const struct api_request *r)
{
    return str_eq(http_query(r->x, "dryRun"), "All");
}

static void refuse(struct api_request *r, const char *what)
{
    api_status(r->sim, r->x, 405, "MethodNotAllowed", NULL, "the simulator does not %s", what);
}

void api_delete(struct api_request *r)
{
    struct object *o = history_find(r->sim->world->history, r->kind, r->namespace, r->name);
    struct pod *p = r->kind == KIND_POD ? pod_find(r->sim->world, r->namespace, r->name) : NULL;
    struct workload *w = workload_find(r->sim->world, r->kind, r->namespace, r->name);
    if (!o) {
        api_not_found(r);
        return;
    }
    if (!p && !w) {
        refuse(r, "delete objects of this kind");
        return;
    }
    AUTO_BUF struct buf out = { 0 };
    api_add_object(&out, o->newest, FORM_WHOLE, false);
    if (!is_dry_run(r)) {
        if (w)
            workload_delete(w);
        else
            pod_delete(p);
    }
    api_set_headers(r->sim, r->x);
    http_reply(r->x, 200, "application/json", out.data, out.size);
}

void api_create(struct api_request *r)
{
    if (!str_eq(r->sub, "eviction") || r->kind != KIND_POD) {
        refuse(r, "create objects but by its scenario");
        return;
    }
    struct pod *p = pod_find(r->sim->world, r->namespace, r->name);
    if (!p) {
        api_not_found(r);
        return;
    }
    if (!is_dry_run(r))
        pod_delete(p);
    static const char done[] =
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\",\"code\":201}\n";
    api_set_headers(r->sim, r->x);
    http_reply_static(r->x, 201, "application/json", done, sizeof done - 1);
}

/* ---- patches ---- */

static const json *container_patch(const json *patch, const char *name)
{
    for (struct json_iter i = json_iter(json_at(patch, "spec.template.spec.containers")); json_next(&i);)
        if (str_eq(json_get_str(i.value, "name"), name))
            return i.value;
    return NULL;
}

/* What a strategic merge patch says of the pod template, as far as it can be told to a plan. */
static bool patch_plan(struct world *w, struct plan *plan, const json *patch)
{
    bool changed = false;
    const char *restarted =
        json_str(json_get(json_at(patch, "spec.template.metadata.annotations"), "kubectl.kubernetes.io/restartedAt"));
    if (restarted) {
        plan->note = arena_strdup(&w->arena, restarted);
        changed = true;
    }
    for (size_t i = 0; i < plan->n_containers; i++) {
        const json *c = container_patch(patch, plan->containers[i].name);
        const char *image = json_get_str(c, "image"), *memory = json_at_str(c, "resources.limits.memory");
        if (image) {
            plan->containers[i].image = arena_strdup(&w->arena, image);
            plan->containers[i].pull = PULL_WORKS;
            changed = true;
        }
        if (memory) {
            int64_t number = strtoll(memory, NULL, 10);
            plan->containers[i].memory_limit = number << (strstr(memory, "Gi")   ? 30
                                                          : strstr(memory, "Mi") ? 20
                                                          : strstr(memory, "Ki") ? 10
                                                                                 : 0);
            plan->containers[i].ending =
                plan->containers[i].ending == ENDING_OOM ? ENDING_RUNS : plan->containers[i].ending;
            changed = true;
        }
    }
    return changed;
}

static void patch_workload(struct api_request *r, struct workload *o, const json *patch)
{
    struct plan plan = o->template->plan;
    json *replicas = json_at(patch, "spec.replicas");
    bool dry = is_dry_run(r);
    if (patch_plan(r->sim->world, &plan, patch) && !dry)
        workload_change(o, &plan);
    if (replicas && !dry)
        workload_scale(o, (int)json_int(replicas, 1));
}

static void patch_node(struct api_request *r, struct node *n, const json *patch)
{
    json *unschedulable = json_at(patch, "spec.unschedulable");
    if (unschedulable && !is_dry_run(r))
        node_set_cordoned(n, json_bool(unschedulable, false));
}

/* The subresource by which workloads are scaled. */
void api_scale(struct api_request *r)
{
    struct workload *w = workload_find(r->sim->world, r->kind, r->namespace, r->name);
    if (!w || (r->kind != KIND_DEPLOYMENT && r->kind != KIND_STATEFUL_SET)) {
        api_not_found(r);
        return;
    }
    size_t size;
    const char *body = http_body(r->x, &size);
    AUTO_JSON struct json_doc *doc = size > 0 ? json_parse(body, size, &json_wire_limits, NULL) : NULL;
    json *replicas = json_at(json_root(doc), "spec.replicas");
    if (replicas && !str_eq(r->verb, "get") && !is_dry_run(r))
        workload_scale(w, (int)json_int(replicas, 1));

    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    json_w_str(j, "kind", "Scale");
    json_w_str(j, "apiVersion", "autoscaling/v1");
    AUTO_FREE char *version = str_printf("%llu", (unsigned long long)w->object->newest->version);
    json_w_object(j, "metadata");
    json_w_str(j, "name", w->name);
    json_w_str(j, "namespace", w->namespace);
    json_w_str(j, "uid", w->object->uid);
    json_w_str(j, "resourceVersion", version);
    json_w_end(j);
    json_w_object(j, "spec");
    json_w_int(j, "replicas", w->replicas);
    json_w_end(j);
    json_w_object(j, "status");
    json_w_int(j, "replicas", workload_count_pods(w, NULL, false));
    AUTO_FREE char *selector = str_printf("app=%s", w->name);
    json_w_str(j, "selector", selector);
    json_w_end(j);
    json_w_end(j);
    AUTO_FREE char *text = json_w_take(j, &size);
    api_set_headers(r->sim, r->x);
    http_reply(r->x, 200, "application/json", text, size);
}

void api_patch(struct api_request *r)
{
    size_t size;
    const char *body = http_body(r->x, &size);
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(body, size, &json_wire_limits, &e);
    struct workload *w = workload_find(r->sim->world, r->kind, r->namespace, r->name);
    struct node *n = r->kind == KIND_NODE ? node_find(r->sim->world, r->name) : NULL;
    const struct object *o = history_find(r->sim->world->history, r->kind, r->namespace, r->name);
    if (!o) {
        api_not_found(r);
        return;
    }
    if (!doc) {
        api_status(r->sim, r->x, 400, "BadRequest", NULL, "error decoding patch: %s", e.text);
        return;
    }
    if (n)
        patch_node(r, n, json_root(doc));
    else if (w)
        patch_workload(r, w, json_root(doc));
    else {
        refuse(r, "patch objects of this kind");
        return;
    }
    AUTO_BUF struct buf out = { 0 };
    api_add_object(&out, o->newest, FORM_WHOLE, false);
    api_set_headers(r->sim, r->x);
    http_reply(r->x, 200, "application/json", out.data, out.size);
}
