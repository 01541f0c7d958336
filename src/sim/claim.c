#include "sim/claim.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sim/node.h"
#include "sim/oracle.h"
#include "sim/pod.h"
#include "sim/recorder.h"
#include "sim/scheduler.h"
#include "sim/stamp.h"

#define LOOK_MS      20
#define PROVISION_MS 400
#define AGAIN_MS     15000

static const struct voice controller = { .component = "persistentvolume-controller" };

static void begin(struct json_w *j, struct object *o, const char *finalizer)
{
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = o });
    if (finalizer) {
        json_w_array(j, "finalizers");
        json_w_str(j, NULL, finalizer);
        json_w_end(j);
    }
    json_w_end(j);
}

/* ---- classes and volumes ---- */

struct storage_class *storage_class_make(struct world *w, const char *name)
{
    for (struct storage_class *c = w->storage_classes; c; c = c->next)
        if (str_eq(c->name, name))
            return c;
    struct storage_class *c = ARENA_NEW(&w->arena, struct storage_class);
    *c = (struct storage_class){ .next = w->storage_classes, .name = arena_strdup(&w->arena, name) };
    c->object = history_object(w->history, KIND_STORAGE_CLASS, "", name, w->now_ms);
    w->storage_classes = c;
    return c;
}

static void look_at_all(struct world *w)
{
    for (struct claim *c = w->claims; c; c = c->next)
        if (!c->volume)
            claim_look(c);
}

void storage_class_publish(struct world *w, struct storage_class *c)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    begin(j, c->object, NULL);
    json_w_str(j, "provisioner", c->by_hand ? "kubernetes.io/no-provisioner" : "csi.kubesim.local");
    json_w_str(j, "reclaimPolicy", "Delete");
    json_w_str(j, "volumeBindingMode", c->waits ? "WaitForFirstConsumer" : "Immediate");
    json_w_end(j);
    world_store(w, c->object, j);
    look_at_all(w);
}

struct volume *volume_make(struct world *w, const char *name)
{
    for (struct volume *v = w->volumes; v; v = v->next)
        if (str_eq(v->name, name))
            return v;
    struct volume *v = ARENA_NEW(&w->arena, struct volume);
    *v = (struct volume){ .next = w->volumes, .name = arena_strdup(&w->arena, name), .bytes = (int64_t)1 << 30 };
    v->object = history_object(w->history, KIND_VOLUME, "", name, w->now_ms);
    w->volumes = v;
    return v;
}

static void write_capacity(struct json_w *j, const char *key, int64_t bytes)
{
    json_w_object(j, key);
    plan_write_bytes(j, "storage", bytes);
    json_w_end(j);
}

static void write_modes(struct json_w *j)
{
    json_w_array(j, "accessModes");
    json_w_str(j, NULL, "ReadWriteOnce");
    json_w_end(j);
}

static void write_node_affinity(struct json_w *j, const char *node)
{
    AUTO_FREE char *text = str_printf("{\"required\":{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":"
                                      "\"kubernetes.io/hostname\",\"operator\":\"In\","
                                      "\"values\":[\"%s\"]}]}]}}",
                                      node);
    stamp_json(j, "nodeAffinity", text);
}

void volume_publish(struct world *w, struct volume *v)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    begin(j, v->object, "kubernetes.io/pv-protection");
    json_w_object(j, "spec");
    write_capacity(j, "capacity", v->bytes);
    write_modes(j);
    if (v->claim) {
        json_w_object(j, "claimRef");
        json_w_str(j, "kind", "PersistentVolumeClaim");
        json_w_str(j, "namespace", v->claim->object->namespace);
        json_w_str(j, "name", v->claim->object->name);
        json_w_str(j, "uid", v->claim->object->uid);
        json_w_str(j, "apiVersion", "v1");
        json_w_end(j);
    }
    json_w_str(j, "persistentVolumeReclaimPolicy", "Retain");
    json_w_str(j, "storageClassName", v->class);
    json_w_str(j, "volumeMode", "Filesystem");
    if (v->node)
        write_node_affinity(j, v->node);
    json_w_end(j);
    json_w_object(j, "status");
    json_w_str(j, "phase", v->claim ? "Bound" : "Available");
    json_w_end(j);
    json_w_end(j);
    world_store(w, v->object, j);
    look_at_all(w);
}

/* ---- claims ---- */

static void publish(struct claim *c)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    begin(j, c->object, "kubernetes.io/pvc-protection");
    json_w_object(j, "spec");
    write_modes(j);
    json_w_object(j, "resources");
    write_capacity(j, "requests", c->bytes);
    json_w_end(j);
    json_w_str(j, "volumeName", c->volume ? c->volume->name : NULL);
    json_w_str(j, "storageClassName", c->class);
    json_w_str(j, "volumeMode", "Filesystem");
    json_w_end(j);
    json_w_object(j, "status");
    json_w_str(j, "phase", c->volume ? "Bound" : "Pending");
    if (c->volume) {
        write_modes(j);
        write_capacity(j, "capacity", c->volume->bytes);
    }
    json_w_end(j);
    json_w_end(j);
    world_store(c->world, c->object, j);
}

struct claim *claim_find(const struct world *w, const char *namespace, const char *name)
{
    struct claim *c = w->claims;
    while (c && !(str_eq(c->object->namespace, namespace) && str_eq(c->object->name, name)))
        c = c->next;
    return c;
}

struct claim *claim_make(struct world *w, const char *namespace, const char *name)
{
    struct claim *c = claim_find(w, namespace, name);
    if (c)
        return c;
    world_namespace(w, namespace);
    c = ARENA_NEW(&w->arena, struct claim);
    *c = (struct claim){ .next = w->claims, .world = w, .bytes = (int64_t)1 << 30 };
    c->object = history_object(w->history, KIND_CLAIM, namespace, name, w->now_ms);
    w->claims = c;
    return c;
}

void claim_delete(struct claim *c)
{
    struct claim **link = &c->world->claims;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    agenda_clear(&c->world->agenda, &c->step);
    history_delete(c->world->history, c->object);
}

static void bind_to(struct claim *c, struct volume *v)
{
    c->volume = v;
    v->claim = c;
    publish(c);
    volume_publish(c->world, v);
    scheduler_retry(c->world);
}

static struct volume *free_volume(const struct claim *c)
{
    for (struct volume *v = c->world->volumes; v; v = v->next)
        if (!v->claim && str_eq(v->class, c->class) && v->bytes >= c->bytes)
            return v;
    return NULL;
}

static const struct storage_class *class_of(const struct claim *c)
{
    const struct storage_class *s = c->class ? c->world->storage_classes : NULL;
    while (s && !str_eq(s->name, c->class))
        s = s->next;
    return s;
}

static void on_provisioned(void *arg)
{
    struct claim *c = arg;
    AUTO_FREE char *name = str_printf("pvc-%s", c->object->uid);
    struct volume *v = volume_make(c->world, name);
    v->bytes = c->bytes;
    v->class = c->class;
    struct about about = about_object(c->object);
    record(c->world, &(struct voice){ .component = "csi.kubesim.local_csi-provisioner-0" }, &about, NORMAL,
           "ProvisioningSucceeded", "Successfully provisioned volume %s", name);
    bind_to(c, v);
}

static void tell(struct claim *c, const char *code)
{
    if (c->told)
        return;
    c->told = true;
    AUTO_FREE char *object = str_printf("persistentvolumeclaim/%s/%s", c->object->namespace, c->object->name);
    oracle_failure(c->world->oracle, code, object, NULL, c->world->now_ms);
}

static void on_look(void *arg)
{
    struct claim *c = arg;
    struct about about = about_object(c->object);
    const struct storage_class *class = class_of(c);
    struct volume *v = free_volume(c);
    if (v) {
        bind_to(c, v);
        return;
    }
    if (class && !class->by_hand) {
        world_after(c->world, &c->step, PROVISION_MS, on_provisioned, c);
        return;
    }
    tell(c, c->class && !class ? "pvc.storageclass" : "pvc.no-matching-pv");
    if (c->class && !class)
        record(c->world, &controller, &about, WARNING, "ProvisioningFailed",
               "storageclass.storage.k8s.io \"%s\" not found", c->class);
    else if (class && class->waits)
        record(c->world, &controller, &about, NORMAL, "WaitForFirstConsumer",
               "waiting for first consumer to be created before binding");
    else
        record(c->world, &controller, &about, NORMAL, "FailedBinding",
               "no persistent volumes available for this claim and no storage class is set");
    world_after(c->world, &c->step, AGAIN_MS, on_look, c);
}

void claim_look(struct claim *c)
{
    publish(c);
    world_after(c->world, &c->step, LOOK_MS, on_look, c);
}

/* ---- for the scheduler ---- */

/* The pod's claims one after the other; NULL behind the last. */
static const char *claim_name(const struct pod *p, size_t *place)
{
    const struct plan *plan = &p->template->plan;
    for (; *place < PLAN_CONTAINERS_MAX * PLAN_REFS_MAX; ++*place) {
        size_t container = *place / PLAN_REFS_MAX, ref = *place % PLAN_REFS_MAX;
        if (container >= plan->n_containers || ref >= plan->containers[container].n_refs ||
            plan->containers[container].refs[ref].of != REF_CLAIM)
            continue;
        ++*place;
        return plan->containers[container].refs[ref].name;
    }
    return NULL;
}

int claim_check(struct world *w, const struct pod *p, struct claim_trouble *trouble)
{
    size_t place = 0;
    for (const char *name; (name = claim_name(p, &place));) {
        const struct claim *c = claim_find(w, p->object->namespace, name);
        const struct storage_class *class = c ? class_of(c) : NULL;
        snprintf(trouble->object, sizeof trouble->object, "persistentvolumeclaim/%s/%s", p->object->namespace, name);
        if (!c) {
            snprintf(trouble->text, sizeof trouble->text, "persistentvolumeclaim \"%s\" not found", name);
            trouble->code = "pvc.missing";
            return -1;
        }
        if (c->volume)
            continue;
        snprintf(trouble->text, sizeof trouble->text, "pod has unbound immediate PersistentVolumeClaims");
        trouble->code = c->class && !class ? "pvc.storageclass" : "pvc.no-matching-pv";
        return -1;
    }
    return 0;
}

bool claim_elsewhere(struct world *w, const struct pod *p, const struct node *n)
{
    size_t place = 0;
    for (const char *name; (name = claim_name(p, &place));) {
        const struct claim *c = claim_find(w, p->object->namespace, name);
        if (c && c->volume && c->volume->node && !str_eq(c->volume->node, n->name))
            return true;
    }
    return false;
}
