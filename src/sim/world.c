#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "sim/config.h"
#include "sim/node.h"
#include "sim/pod.h"
#include "sim/recorder.h"
#include "sim/service.h"
#include "sim/stamp.h"
#include "sim/workload.h"

static const char *const first_namespaces[] = { "default", "kube-node-lease", "kube-public", "kube-system" };

struct world *world_new(const struct world_options *options, int64_t now_ms, history_watch watch, void *arg)
{
    struct world *w = mem_alloc(sizeof *w);
    *w = (struct world){
        .dice = options->seed,
        .now_ms = now_ms,
        .speed = options->speed,
        .version = "v1.36.3",
        .event_ttl_ms = options->event_ttl_ms,
    };
    w->cluster = arena_strdup(&w->arena, options->cluster);
    w->history = history_new(&options->history, options->seed ^ 0x5eed, watch, arg);
    w->recorder = recorder_new(w);
    for (size_t i = 0; i < COUNT(first_namespaces); i++)
        world_namespace(w, first_namespaces[i]);
    service_kubernetes(w);
    return w;
}

void world_free(struct world *w)
{
    if (!w)
        return;
    agenda_fini(&w->agenda);
    pod_free_all(w);
    workload_free_all(w);
    node_free_all(w);
    recorder_free(w->recorder);
    history_free(w->history);
    arena_fini(&w->arena);
    free(w);
}

void world_run(struct world *w, int64_t now_ms)
{
    struct task *t;
    while ((t = agenda_take(&w->agenda, now_ms))) {
        if (t->at_ms > w->now_ms)
            w->now_ms = t->at_ms;
        t->run(t->arg);
    }
    if (now_ms > w->now_ms)
        w->now_ms = now_ms;
}

int64_t world_scaled(const struct world *w, int64_t ms)
{
    return (int64_t)((double)ms / w->speed);
}

void world_after(struct world *w, struct task *t, int64_t ms, void (*run)(void *arg), void *arg)
{
    agenda_set(&w->agenda, t, w->now_ms + world_scaled(w, ms), run, arg);
}

uint64_t world_roll(struct world *w)
{
    return clock_roll(&w->dice);
}

bool world_store(struct world *w, struct object *o, struct json_w *j)
{
    size_t size;
    AUTO_FREE char *text = json_w_take(j, &size);
    return history_put(w->history, o, text, size);
}

void world_write_meta(struct json_w *w, const struct meta *m)
{
    json_w_object(w, "metadata");
    json_w_str(w, "name", m->object->name);
    json_w_str(w, "generateName", m->generate_name);
    if (m->object->namespace[0])
        json_w_str(w, "namespace", m->object->namespace);
    json_w_str(w, "uid", m->object->uid);
    json_w_str(w, "resourceVersion", "0");
    if (m->generation > 0)
        json_w_int(w, "generation", m->generation);
    stamp_write(w, "creationTimestamp", m->object->created_ms);
    if (m->deleted_ms > 0) {
        stamp_write(w, "deletionTimestamp", m->deleted_ms);
        json_w_int(w, "deletionGracePeriodSeconds", m->grace_s);
    }
}

void world_write_owner(struct json_w *w, const struct owner *owner)
{
    json_w_array(w, "ownerReferences");
    json_w_object(w, NULL);
    json_w_str(w, "apiVersion", kind_api_version(owner->kind));
    json_w_str(w, "kind", kind_rows[owner->kind].name);
    json_w_str(w, "name", owner->name);
    json_w_str(w, "uid", owner->uid);
    if (owner->kind != KIND_NODE) {
        json_w_bool(w, "controller", true);
        json_w_bool(w, "blockOwnerDeletion", true);
    }
    json_w_end(w);
    json_w_end(w);
}

void world_write_manager(struct json_w *w, const char *manager, const char *api_version, int64_t at_ms,
                         const char *fields, const char *subresource)
{
    json_w_array(w, "managedFields");
    json_w_object(w, NULL);
    json_w_str(w, "manager", manager);
    json_w_str(w, "operation", "Update");
    json_w_str(w, "apiVersion", api_version);
    stamp_write(w, "time", at_ms);
    json_w_str(w, "fieldsType", "FieldsV1");
    stamp_json(w, "fieldsV1", fields);
    json_w_str(w, "subresource", subresource);
    json_w_end(w);
    json_w_end(w);
}

static void write_namespace(struct world *w, struct object *o, const char *level)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = o });
    json_w_object(j, "labels");
    json_w_str(j, "kubernetes.io/metadata.name", o->name);
    json_w_str(j, "pod-security.kubernetes.io/enforce", level);
    json_w_end(j);
    json_w_end(j);
    json_w_object(j, "spec");
    json_w_array(j, "finalizers");
    json_w_str(j, NULL, "kubernetes");
    json_w_end(j);
    json_w_end(j);
    json_w_object(j, "status");
    json_w_str(j, "phase", "Active");
    json_w_end(j);
    json_w_end(j);
    world_store(w, o, j);
}

struct object *world_namespace(struct world *w, const char *name)
{
    struct object *o = history_find(w->history, KIND_NAMESPACE, "", name);
    if (o)
        return o;
    o = history_object(w->history, KIND_NAMESPACE, "", name, w->now_ms);
    write_namespace(w, o, NULL);
    config_of_namespace(w, name);
    return o;
}

void world_enforce(struct world *w, const char *name, const char *level)
{
    write_namespace(w, world_namespace(w, name), level);
}
