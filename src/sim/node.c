#include "sim/node.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "sim/kubelet.h"
#include "sim/oracle.h"
#include "sim/pod.h"
#include "sim/recorder.h"
#include "sim/scheduler.h"

#define BEAT_MS       10000  /* a lease is renewed each 10 s */
#define STATUS_MS     300000 /* a status without news is sent each 5 min */
#define GRACE_MS      40000  /* of the node controller */
#define TOLERATION_MS 300000 /* tolerationSeconds of not-ready and unreachable */
#define PRESSURE_MS   2000   /* from the pressure to the first eviction */

static const struct voice controller = { .component = "node-controller" };
static const struct voice taint_controller = { .component = "taint-eviction-controller" };

/* ---- the kubelet ---- */

static void say(struct node *n, const char *type, const char *reason, const char *text)
{
    struct about about = about_object(n->object);
    about.uid = NULL; /* the kubelet does not know it */
    about.version = 0;
    record(n->world, &(struct voice){ .component = "kubelet", .host = n->name }, &about, type, reason, "%s", text);
}

static void say_status(struct node *n, const char *type, const char *reason)
{
    AUTO_FREE char *text = str_printf("Node %s status is now: %s", n->name, reason);
    say(n, type, reason, text);
}

static void say_as(struct node *n, const struct voice *voice, const char *type, const char *reason, const char *text)
{
    struct about about = about_object(n->object);
    about.version = 0;
    if (str_eq(voice->component, "kube-proxy"))
        about.uid = NULL;
    record(n->world, voice, &about, type, reason, "%s", text);
}

static void on_beat(void *arg)
{
    struct node *n = arg;
    if (n->trouble != NODE_SILENT) {
        node_publish_lease(n);
        node_publish(n); /* if something changed, say the images */
    }
    world_after(n->world, &n->beat, BEAT_MS, on_beat, n);
}

static void on_status(void *arg)
{
    struct node *n = arg;
    if (n->trouble != NODE_SILENT) {
        n->heartbeat_ms = n->world->now_ms;
        node_publish(n);
    }
    world_after(n->world, &n->status, STATUS_MS, on_status, n);
}

struct node *node_find(const struct world *w, const char *name)
{
    struct node *n = w->nodes;
    while (n && !str_eq(n->name, name))
        n = n->next;
    return n;
}

struct node *node_new(struct world *w, const char *name)
{
    struct node *n = mem_alloc(sizeof *n);
    struct node **link = &w->nodes;
    int number = 1;
    for (; *link; link = &(*link)->next)
        number++;
    *n = (struct node){
        .world = w,
        .object = history_object(w->history, KIND_NODE, "", name, w->now_ms),
        .name = arena_strdup(&w->arena, name),
        .cpu_m = 4000,
        .memory = (int64_t)16 << 30,
        .disk = (int64_t)100 << 30,
        .pods_max = 110,
        .reachable = true,
        .heartbeat_ms = w->now_ms,
    };
    n->lease = history_object(w->history, KIND_LEASE, "kube-node-lease", name, w->now_ms);
    *link = n;
    snprintf(n->ip, sizeof n->ip, "10.0.%d.%d", number / 200, 10 + number % 200);
    for (int i = 0; i < NODE_CONDITIONS; i++)
        n->since_ms[i] = w->now_ms;
    node_publish(n);
    node_publish_lease(n);
    say(n, NORMAL, "Starting", "Starting kubelet.");
    static const char *const well[] = { "NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID" };
    for (size_t i = 0; i < COUNT(well); i++)
        say_status(n, NORMAL, well[i]);
    say(n, NORMAL, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
    say_status(n, NORMAL, "NodeReady");
    struct voice proxy = { .component = "kube-proxy", .host = n->name, .action = "StartKubeProxy" };
    say_as(n, &proxy, NORMAL, "Starting", "");
    AUTO_FREE char *text = str_printf("Node %s event: Registered Node %s in Controller", name, name);
    say_as(n, &controller, NORMAL, "RegisteredNode", text);
    /* not all in step */
    world_after(w, &n->beat, (int64_t)(world_roll(w) % BEAT_MS), on_beat, n);
    world_after(w, &n->status, (int64_t)(world_roll(w) % STATUS_MS), on_status, n);
    return n;
}

void node_free_all(struct world *w)
{
    while (w->nodes) {
        struct node *n = w->nodes;
        w->nodes = n->next;
        free(n);
    }
}

/* ---- taints ---- */

void node_clear_taint(struct node *n, const char *key)
{
    size_t kept = 0;
    for (size_t i = 0; i < n->n_taints; i++)
        if (!str_eq(n->taints[i].key, key))
            n->taints[kept++] = n->taints[i];
    n->n_taints = kept;
}

void node_set_taint(struct node *n, const struct taint *taint)
{
    for (size_t i = 0; i < n->n_taints; i++)
        if (str_eq(n->taints[i].key, taint->key) && str_eq(n->taints[i].effect, taint->effect)) {
            n->taints[i] = *taint;
            return;
        }
    if (n->n_taints < NODE_TAINTS_MAX)
        n->taints[n->n_taints++] = *taint;
}

static void set_own_taint(struct node *n, const char *key, bool evicts)
{
    node_set_taint(n, &(struct taint){ .key = key, .effect = "NoSchedule" });
    if (evicts)
        node_set_taint(n, &(struct taint){ .key = key, .effect = "NoExecute" });
}

static const char *const own_taints[] = {
    "node.kubernetes.io/unreachable",   "node.kubernetes.io/not-ready",    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure", "node.kubernetes.io/pid-pressure",
};

/* ---- trouble ---- */

static struct pod *next_pod_on(const struct node *n, struct pod *p)
{
    while (p && (p->node != n || pod_over(p) || p->deleted_ms))
        p = p->next;
    return p;
}

static void on_toleration_over(void *arg)
{
    struct node *n = arg;
    for (struct pod *p = next_pod_on(n, n->world->pods), *next; p; p = next) {
        next = next_pod_on(n, p->next);
        if (p->owner.name && p->owner.kind == KIND_DAEMON_SET)
            continue;
        struct about about = about_pod(p);
        about.uid = NULL;
        about.version = 0;
        record(n->world, &taint_controller, &about, NORMAL, "TaintManagerEviction", "Marking for deletion Pod %s/%s",
               p->object->namespace, p->object->name);
        pod_delete(p);
    }
}

static void tell_pods(struct node *n)
{
    for (struct pod *p = next_pod_on(n, n->world->pods); p; p = next_pod_on(n, p->next)) {
        struct about about = about_pod(p);
        record(n->world, &controller, &about, WARNING, "NodeNotReady", "Node is not ready");
        pod_publish(p);
    }
}

static void on_grace_over(void *arg)
{
    struct node *n = arg;
    n->reachable = false;
    for (int i = 0; i < NODE_CONDITIONS; i++)
        n->since_ms[i] = n->world->now_ms;
    set_own_taint(n, "node.kubernetes.io/unreachable", true);
    node_publish(n);
    AUTO_FREE char *text = str_printf("Node %s status is now: NodeNotReady", n->name);
    say_as(n, &controller, NORMAL, "NodeNotReady", text);
    AUTO_FREE char *object = str_printf("node//%s", n->name);
    oracle_failure(n->world->oracle, "node.kubelet-down", object, NULL, n->world->now_ms);
    tell_pods(n);
    world_after(n->world, &n->eviction, TOLERATION_MS, on_toleration_over, n);
}

static struct pod *largest_on(const struct node *n)
{
    struct pod *largest = NULL;
    for (struct pod *p = next_pod_on(n, n->world->pods); p; p = next_pod_on(n, p->next))
        if (p->ip > 0 && (!largest || plan_memory(&p->template->plan) < plan_memory(&largest->template->plan)))
            largest = p; /* the one that asked for least is the furthest above its request */
    return largest;
}

static void on_pressure(void *arg)
{
    struct node *n = arg;
    bool memory = n->trouble == NODE_MEMORY_PRESSURE;
    say(n, WARNING, "EvictionThresholdMet",
        memory ? "Attempting to reclaim memory" : "Attempting to reclaim ephemeral-storage");
    struct pod *p = largest_on(n);
    if (!p)
        return;
    const char *name = p->template->plan.containers[0].name;
    AUTO_FREE char *text = memory ? str_printf("The node was low on resource: memory. Threshold quantity: 100Mi, "
                                               "available: 71Mi. Container %s was using 3120Mi, request is 0, has "
                                               "larger consumption of memory. ",
                                               name)
                                  : str_printf("The node was low on resource: ephemeral-storage. Threshold quantity: "
                                               "10Gi, available: 4Gi. Container %s was using 21Gi, request is "
                                               "0, has larger consumption of ephemeral-storage. ",
                                               name);
    kubelet_evict(p, text);
}

static const struct pressure {
    enum node_trouble trouble;
    enum node_condition condition;
    const char *reason, *taint, *code;
} pressures[] = {
    { NODE_MEMORY_PRESSURE, NODE_MEMORY, "NodeHasInsufficientMemory", "node.kubernetes.io/memory-pressure",
      "node.memory-pressure" },
    { NODE_DISK_PRESSURE, NODE_DISK, "NodeHasDiskPressure", "node.kubernetes.io/disk-pressure", "node.disk-pressure" },
    { NODE_PID_PRESSURE, NODE_PID, "NodeHasInsufficientPID", "node.kubernetes.io/pid-pressure", "node.pid-pressure" },
    { NODE_RUNTIME_DOWN, NODE_READY, "NodeNotReady", "node.kubernetes.io/not-ready", "node.runtime-down" },
    { NODE_NETWORK_DOWN, NODE_READY, "NodeNotReady", "node.kubernetes.io/not-ready", "node.not-ready" },
};

static void show_trouble(struct node *n, const struct pressure *p)
{
    n->since_ms[p->condition] = n->heartbeat_ms = n->world->now_ms;
    set_own_taint(n, p->taint, p->condition == NODE_READY);
    node_publish(n);
    say_status(n, NORMAL, p->reason);
    AUTO_FREE char *object = str_printf("node//%s", n->name);
    oracle_failure(n->world->oracle, p->code, object, NULL, n->world->now_ms);
    if (p->condition == NODE_READY)
        tell_pods(n);
    else if (p->trouble != NODE_PID_PRESSURE)
        world_after(n->world, &n->eviction, PRESSURE_MS, on_pressure, n);
}

static void recover(struct node *n)
{
    n->reachable = true;
    n->heartbeat_ms = n->world->now_ms;
    for (int i = 0; i < NODE_CONDITIONS; i++)
        n->since_ms[i] = n->world->now_ms;
    for (size_t i = 0; i < COUNT(own_taints); i++)
        node_clear_taint(n, own_taints[i]);
    node_publish_lease(n);
    node_publish(n);
    say_status(n, NORMAL, "NodeReady");
    AUTO_FREE char *object = str_printf("node//%s", n->name);
    oracle_fixed(n->world->oracle, object, n->world->now_ms);
    for (struct pod *p = n->world->pods, *next; p; p = next) {
        next = p->next;
        if (p->node != n)
            continue;
        if (p->deleted_ms)
            kubelet_stop(p);
        else if (p->started_ms == 0)
            kubelet_take(p);
        else
            pod_publish(p);
    }
    scheduler_retry(n->world);
}

void node_set_trouble(struct node *n, enum node_trouble trouble)
{
    if (n->trouble == trouble)
        return;
    agenda_clear(&n->world->agenda, &n->grace);
    agenda_clear(&n->world->agenda, &n->eviction);
    if (n->trouble == NODE_SILENT)
        kubelet_thaw(n);
    n->trouble = trouble;
    if (trouble == NODE_FINE) {
        recover(n);
        return;
    }
    if (trouble == NODE_SILENT) {
        kubelet_freeze(n);
        world_after(n->world, &n->grace, GRACE_MS, on_grace_over, n);
        return;
    }
    for (size_t i = 0; i < COUNT(pressures); i++)
        if (pressures[i].trouble == trouble)
            show_trouble(n, &pressures[i]);
}

void node_set_cordoned(struct node *n, bool cordoned)
{
    if (n->cordoned == cordoned)
        return;
    n->cordoned = cordoned;
    static const char key[] = "node.kubernetes.io/unschedulable";
    if (cordoned)
        node_set_taint(n, &(struct taint){ .key = key, .effect = "NoSchedule" });
    else
        node_clear_taint(n, key);
    node_publish(n);
    say_status(n, NORMAL, cordoned ? "NodeNotSchedulable" : "NodeSchedulable");
    if (!cordoned)
        scheduler_retry(n->world);
}

const char *node_label(const struct node *n, const char *key)
{
    if (str_eq(key, "kubernetes.io/hostname"))
        return n->name;
    for (size_t i = 0; i < n->n_labels; i++)
        if (str_eq(n->labels[i].name, key))
            return n->labels[i].value;
    return NULL;
}

/* ---- what it holds ---- */

void node_take(struct node *n, struct pod *p)
{
    p->node = n;
    p->counted = true;
    n->pods++;
    n->cpu_used_m += plan_cpu_m(&p->template->plan);
    n->memory_used += plan_memory(&p->template->plan);
}

void node_release(struct pod *p)
{
    struct node *n = p->node;
    if (!n || !p->counted)
        return;
    p->counted = false;
    n->pods--;
    n->cpu_used_m -= plan_cpu_m(&p->template->plan);
    n->memory_used -= plan_memory(&p->template->plan);
    scheduler_retry(p->world);
}

bool node_has_image(const struct node *n, const char *image)
{
    for (size_t i = 0; i < n->n_images; i++)
        if (str_eq(n->images[i], image))
            return true;
    return false;
}

void node_add_image(struct node *n, const char *image)
{
    if (!node_has_image(n, image) && n->n_images < NODE_IMAGES_MAX)
        n->images[n->n_images++] = image;
}
