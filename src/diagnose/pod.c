#include "diagnose/pod.h"

#include <string.h>

#include "base/str.h"

#define OWNERS_MAX  8 /* steps up; a circle of owners ends here       */
#define LOST_MS     2000
#define STARTING_MS 60000 /* a Pod younger than this may still be coming  */

json *object_condition(const struct object *o, const char *type)
{
    json *conditions = json_get(o->status, "conditions");
    for (struct json_iter i = json_iter(json_is_array(conditions) ? conditions : NULL); json_next(&i);)
        if (str_eq(json_get_str(i.value, "type"), type))
            return i.value;
    return NULL;
}

json *object_template(const struct object *o)
{
    if (!o)
        return NULL;
    json *template_ = json_get(o->spec, "template");
    return template_ ? template_ : json_at(o->spec, "jobTemplate.spec.template");
}

/* "deployment/shop/cart" of a Pod whose ReplicaSet "cart-7d9f4c6b5" is not in the bundle, by its label; else the ReplicaSet itself. */
static const char *deployment_of(const struct object *pod, const char *owner, struct arena *a)
{
    const char *hash = json_get_str(json_get(pod->meta, "labels"), "pod-template-hash");
    const char *prefix = "replicaset/";
    char *end = hash ? arena_printf(a, "-%s", hash) : NULL;
    if (!end || !str_starts(owner, prefix) || !str_ends(owner, end))
        return owner;
    const char *rest = owner + strlen(prefix);
    return arena_printf(a, "deployment/%.*s", (int)(strlen(rest) - strlen(end)), rest);
}

const char *object_workload(const struct facts *f, const struct object *o, struct arena *a)
{
    const struct object *at = o;
    for (int step = 0; step < OWNERS_MAX && at->owner && !str_starts(at->owner, "node/"); step++) {
        const struct object *up = facts_get(f, at->owner);
        if (!up)
            return deployment_of(at, at->owner, a);
        at = up;
    }
    return at->id;
}

static struct ended read_ended(const json *v)
{
    return (struct ended){
        .is = json_is_object(v),
        .exit_code = json_get_int(v, "exitCode", 0),
        .reason = str_or_empty(json_get_str(v, "reason")),
        .message = str_or_empty(json_get_str(v, "message")),
        .started = facts_time(json_get(v, "startedAt")),
        .finished = facts_time(json_get(v, "finishedAt")),
    };
}

static json *named(const json *list, const char *name)
{
    for (struct json_iter i = json_iter(json_is_array(list) ? list : NULL); json_next(&i);)
        if (str_eq(json_get_str(i.value, "name"), name))
            return i.value;
    return NULL;
}

static void read_container(json *spec, json *statuses, bool init, struct container *out)
{
    const char *name = str_or_empty(json_get_str(spec, "name"));
    json *status = named(statuses, name), *state = json_get(status, "state");
    json *waiting = json_get(state, "waiting"), *running = json_get(state, "running");
    *out = (struct container){
        .name = name,
        .image = str_or_empty(json_get_str(spec, "image")),
        .spec = spec,
        .status = status,
        .init = init,
        .sidecar = init && str_eq(json_get_str(spec, "restartPolicy"), "Always"),
        .ready = json_get_bool(status, "ready", false),
        .started = json_get_bool(status, "started", false),
        .running = json_is_object(running),
        .restarts = json_get_int(status, "restartCount", 0),
        .running_since = facts_time(json_get(running, "startedAt")),
        .waiting = json_is_object(waiting) ? str_or_empty(json_get_str(waiting, "reason")) : NULL,
        .waiting_message = str_or_empty(json_get_str(waiting, "message")),
        .now = read_ended(json_get(state, "terminated")),
        .last = read_ended(json_at(status, "lastState.terminated")),
    };
}

static void read_containers(const struct object *o, struct arena *a, struct pod *out)
{
    json *init = json_get(o->spec, "initContainers"), *main = json_get(o->spec, "containers");
    size_t room = json_count(init) + json_count(main);
    room = room < POD_CONTAINERS_MAX ? room : POD_CONTAINERS_MAX;
    out->containers = ARENA_ARRAY(a, struct container, room + 1);
    const struct {
        json *list;
        const char *statuses;
    } parts[] = { { init, "initContainerStatuses" }, { main, "containerStatuses" } };
    for (size_t p = 0; p < COUNT(parts); p++) {
        json *statuses = json_get(o->status, parts[p].statuses);
        for (struct json_iter i = json_iter(json_is_array(parts[p].list) ? parts[p].list : NULL);
             json_next(&i) && out->n_containers < room;)
            read_container(i.value, statuses, p == 0, &out->containers[out->n_containers++]);
    }
}

void pod_read(const struct facts *f, const struct object *o, struct arena *a, struct pod *out)
{
    json *ready = object_condition(o, "Ready");
    const char *policy = json_get_str(o->spec, "restartPolicy");
    *out = (struct pod){
        .object = o,
        .phase = str_or_empty(json_get_str(o->status, "phase")),
        .reason = str_or_empty(json_get_str(o->status, "reason")),
        .message = str_or_empty(json_get_str(o->status, "message")),
        .node = str_or_empty(json_get_str(o->spec, "nodeName")),
        .workload = object_workload(f, o, a),
        .labels = json_get(o->meta, "labels"),
        .ready = str_eq(json_get_str(ready, "status"), "True"),
        .scheduled = str_eq(json_get_str(object_condition(o, "PodScheduled"), "status"), "True"),
        .ready_since = facts_time(json_get(ready, "lastTransitionTime")),
        .host_network = json_get_bool(o->spec, "hostNetwork", false),
        .restarts_always = !policy || strcmp(policy, "Always") == 0,
    };
    if (!facts_name_is_sound(out->node))
        out->node = "";
    read_containers(o, a, out);
}

const json *container_mount(const struct container *c, const char *path)
{
    const json *mounts = json_get(c->spec, "volumeMounts"), *best = NULL;
    size_t longest = 0;
    for (struct json_iter i = json_iter(json_is_array(mounts) ? mounts : NULL); json_next(&i);) {
        const char *at = json_get_str(i.value, "mountPath");
        size_t size = at ? strlen(at) : 0;
        if (size > longest && path && str_starts(path, at) &&
            (path[size] == '/' || path[size] == '\0' || at[size - 1] == '/')) {
            longest = size;
            best = i.value;
        }
    }
    return best;
}

const json *pod_volume(const struct pod *p, const char *name)
{
    const json *volumes = json_get(p->object->spec, "volumes");
    for (struct json_iter i = json_iter(name && json_is_array(volumes) ? volumes : NULL); json_next(&i);)
        if (str_eq(json_get_str(i.value, "name"), name))
            return i.value;
    return NULL;
}

const struct ended *container_end(const struct container *c)
{
    return c->now.is ? &c->now : c->last.is ? &c->last : NULL;
}

const struct log *container_log(const struct facts *f, const struct pod *p, const struct container *c)
{
    /* While it waits or has ended the present log is the ended run's; only a new run pushes that one back. */
    bool pushed_back = c->running && c->last.is;
    const struct log *log = facts_log(f, p->object->id, c->name, pushed_back);
    return log ? log : facts_log(f, p->object->id, c->name, !pushed_back);
}

bool pod_is_well(const struct pod *p)
{
    return strcmp(p->phase, "Succeeded") == 0 || (strcmp(p->phase, "Running") == 0 && p->ready);
}

/* It was ready once: readiness was lost after its containers ran. */
static bool was_ready(const struct pod *p)
{
    for (size_t i = 0; i < p->n_containers; i++) {
        const struct container *c = &p->containers[i];
        if (!c->init && c->running && c->running_since && p->ready_since > c->running_since + LOST_MS && c->ready)
            return true;
    }
    return false;
}

bool pod_is_starting(const struct pod *p, int64_t now)
{
    return !was_ready(p) && !pod_is_well(p) && strcmp(p->phase, "Failed") != 0 &&
           now - p->object->created < STARTING_MS;
}
