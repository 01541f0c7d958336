#include "agent/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "agent/digest.h"
#include "agent/state_object.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/quantity.h"

#define FIRST_MS    3000               /* the lists are there by then, mostly           */
#define USAGE_BYTES ((size_t)4 << 20)  /* of one answer of metrics.k8s.io               */
#define NEAR_SHARE  0.9                /* of its memory limit: the Pod is always told   */
#define NODES_MAX   5000

/* Use by node or Pod, from metrics.k8s.io. */
struct usage {
    uint64_t key;
    int64_t cpu_millicores, memory_bytes;
};

struct usages {
    struct usage *items;
    size_t count, room;
};

struct sampler {
    struct loop *loop;
    struct kube *kube;
    const struct state *state;
    const char *cluster_id;
    struct sampler_owner owner;
    struct timer timer;
    struct kube_request *asked;
    bool absent;                       /* the cluster has no metrics.k8s.io: said once  */
    struct usages nodes, pods;
    int64_t sampled_at;
    struct arena arena;                /* of one sample                                 */
};

enum { SAMPLES, FAILED };
static struct metric metrics[] = {
    [SAMPLES] = { "aetherius_agent_samples_total", METRIC_COUNTER, NULL, "Samples of metrics that were sent." },
    [FAILED] = { "aetherius_agent_samples_unsent_total", METRIC_COUNTER, NULL, "Samples that could not be sent and were forgotten." },
};
METRIC_DECLARE(metrics);

/* --- use --------------------------------------------------------------------------------------------------------- */

static int64_t amount(const json *usage, const char *what, double factor)
{
    double value;
    const char *text = json_get_str(usage, what);
    return text && quantity_parse(text, &value) == 0 && value >= 0 && value * factor < 9e15 ? (int64_t)(value * factor) : WIRE_ABSENT;
}

static void add_usage(struct usages *to, const char *kind, const json *object, const struct usage *sum)
{
    const char *name = json_at_str(object, "metadata.name");
    if (!name || sum->cpu_millicores == WIRE_ABSENT || sum->memory_bytes == WIRE_ABSENT)
        return;
    if (to->count == to->room) {
        to->room = to->room ? to->room * 2 : 64;
        to->items = mem_grow(to->items, to->room * sizeof *to->items);
    }
    to->items[to->count] = *sum;
    to->items[to->count++].key = digest_object(kind, json_at_str(object, "metadata.namespace"), name);
}

static struct usage of_containers(const json *pod)
{
    struct usage sum = { 0 };
    for (struct json_iter i = json_iter(json_get(pod, "containers")); json_next(&i);) {
        const json *usage = json_get(i.value, "usage");
        int64_t cpu = amount(usage, "cpu", 1000), memory = amount(usage, "memory", 1);
        sum.cpu_millicores += cpu == WIRE_ABSENT ? 0 : cpu;
        sum.memory_bytes += memory == WIRE_ABSENT ? 0 : memory;
    }
    return sum;
}

static int by_key(const void *a, const void *b)
{
    const struct usage *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

static const struct usage *usage_of(const struct usages *from, const struct state_object *o)
{
    struct usage key = { .key = o->key };
    return from->count ? bsearch(&key, from->items, from->count, sizeof *from->items, by_key) : NULL;
}

static void sort_usages(struct usages *u)
{
    if (u->count)
        qsort(u->items, u->count, sizeof *u->items, by_key);
}

/* --- counting ---------------------------------------------------------------------------------------------------- */

struct counting {
    struct sampler *sampler;
    struct wire_metrics *out;
    struct arena *arena;
    struct {
        const struct state_object *o;
        int64_t weight;                /* memory in use; near its limit: beyond every other */
    } top[WIRE_POD_SAMPLES_MAX];
    size_t n_top;
    struct wire_node_sample *nodes;    /* all of them, sent in parts                     */
    size_t n_nodes, nodes_room;
};

static void add_known(int64_t *sum, int64_t value)
{
    if (value == WIRE_ABSENT)
        return;
    *sum = *sum == WIRE_ABSENT ? value : *sum + value;
}

static void count_node(void *arg, const struct state_object *o)
{
    struct counting *c = arg;
    const struct usage *use = usage_of(&c->sampler->nodes, o);
    c->out->nodes++;
    c->out->nodes_ready += o->node_.ready;
    add_known(&c->out->cpu_allocatable, o->node_.cpu_millicores);
    add_known(&c->out->memory_allocatable, o->node_.memory_bytes);
    add_known(&c->out->cpu_millicores, use ? use->cpu_millicores : WIRE_ABSENT);
    add_known(&c->out->memory_bytes, use ? use->memory_bytes : WIRE_ABSENT);
    if (c->n_nodes == c->nodes_room)
        return;
    size_t n_conditions;
    struct wire_condition *conditions = node_conditions(o, c->arena, &n_conditions);
    c->nodes[c->n_nodes++] = (struct wire_node_sample){
        .name = o->name, .cpu_millicores = use ? use->cpu_millicores : WIRE_ABSENT, .memory_bytes = use ? use->memory_bytes : WIRE_ABSENT,
        .cpu_allocatable = o->node_.cpu_millicores, .memory_allocatable = o->node_.memory_bytes, .pods_allocatable = o->node_.pods, .pods = 0,
        .ready = o->node_.ready, .unschedulable = o->node_.unschedulable, .kubelet_version = o->node_.kubelet_version[0] ? o->node_.kubelet_version : NULL,
        .conditions = conditions, .n_conditions = n_conditions,
    };
}

static int by_name(const void *a, const void *b)
{
    const struct wire_node_sample *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void count_on_node(struct counting *c, const struct state_object *pod)
{
    struct wire_node_sample key = { .name = pod->node };
    struct wire_node_sample *node = c->n_nodes && pod->node[0] ? bsearch(&key, c->nodes, c->n_nodes, sizeof key, by_name) : NULL;
    if (node && pod->pod.phase == 'R')
        node->pods++;
}

/* Keeps the heaviest. */
static void consider(struct counting *c, const struct state_object *o, const struct usage *use)
{
    size_t place = c->n_top;
    bool near = o->pod.memory_limit > 0 && (double)use->memory_bytes >= NEAR_SHARE * (double)o->pod.memory_limit;
    int64_t weight = near ? INT64_MAX : use->memory_bytes;
    if (c->n_top == WIRE_POD_SAMPLES_MAX) {
        place = 0;
        for (size_t i = 1; i < c->n_top; i++)
            if (c->top[i].weight < c->top[place].weight)
                place = i;
        if (c->top[place].weight >= weight)
            return;
    } else {
        c->n_top++;
    }
    c->top[place].o = o;
    c->top[place].weight = weight;
}

static void count_pod(void *arg, const struct state_object *o)
{
    struct counting *c = arg;
    const struct usage *use = usage_of(&c->sampler->pods, o);
    c->out->pods++;
    c->out->pods_running += o->pod.phase == 'R';
    c->out->pods_pending += o->pod.phase == 'P';
    c->out->pods_failed += o->pod.phase == 'F';
    c->out->restarts += o->pod.restarts;
    count_on_node(c, o);
    if (use)
        consider(c, o, use);
}

static void list_pods(struct counting *c)
{
    c->out->pod_samples = ARENA_ARRAY(c->arena, struct wire_pod_sample, c->n_top + 1);
    for (size_t i = 0; i < c->n_top; i++) {
        const struct state_object *o = c->top[i].o;
        const struct usage *use = usage_of(&c->sampler->pods, o);
        c->out->pod_samples[c->out->n_pod_samples++] = (struct wire_pod_sample){
            .namespace_ = o->namespace_, .name = o->name, .node = o->node[0] ? o->node : NULL, .cpu_millicores = use->cpu_millicores,
            .memory_bytes = use->memory_bytes, .memory_limit = o->pod.memory_limit ? o->pod.memory_limit : WIRE_ABSENT, .restarts = o->pod.restarts,
        };
    }
}

/* --- one sample -------------------------------------------------------------------------------------------------- */

static void count_kind(void *arg, const struct state_object *o)
{
    (void)o;
    ++*(size_t *)arg;
}

static void send_part(struct sampler *s, struct wire_metrics *m)
{
    size_t size;
    struct err e;
    AUTO_FREE char *text = wire_metrics_encode(m, &size);
    bool sent = s->owner.may_send(s->owner.arg) && s->owner.publish(s->owner.arg, text, size, &e) == 0;
    metric_add(&metrics[sent ? SAMPLES : FAILED], NULL, 1);
}

static void send_sample(struct sampler *s)
{
    struct wire_metrics m = {
        .cluster_id = s->cluster_id, .timestamp = s->sampled_at, .reported_at = loop_wall_ms(s->loop), .cpu_millicores = WIRE_ABSENT,
        .memory_bytes = WIRE_ABSENT, .cpu_allocatable = WIRE_ABSENT, .memory_allocatable = WIRE_ABSENT,
    };
    struct counting c = { .sampler = s, .out = &m, .arena = &s->arena };
    size_t nodes = 0;
    state_each(s->state, STATE_NODE, count_kind, &nodes);
    c.nodes_room = nodes < NODES_MAX ? nodes : NODES_MAX;
    c.nodes = ARENA_ARRAY(&s->arena, struct wire_node_sample, c.nodes_room + 1);
    state_each(s->state, STATE_NODE, count_node, &c);
    if (c.n_nodes)
        qsort(c.nodes, c.n_nodes, sizeof *c.nodes, by_name);
    state_each(s->state, STATE_POD, count_pod, &c);
    list_pods(&c);
    size_t at = 0;
    do {
        m.node_samples = c.nodes + at;
        m.n_node_samples = c.n_nodes - at < WIRE_NODE_SAMPLES_MAX ? c.n_nodes - at : WIRE_NODE_SAMPLES_MAX;
        send_part(s, &m);
        at += m.n_node_samples;
        m.n_pod_samples = 0;    /* they stand in the first part */
    } while (at < c.n_nodes);
    arena_reset(&s->arena);
}

/* --- the round --------------------------------------------------------------------------------------------------- */

static void begin(void *arg);

static void finish(struct sampler *s)
{
    sort_usages(&s->nodes);
    sort_usages(&s->pods);
    send_sample(s);
    s->nodes.count = s->pods.count = 0;
    timer_start(&s->timer, s->loop, s->owner.interval_ms(s->owner.arg), begin, s);
}

static void on_pods(void *arg, const struct kube_answer *answer)
{
    struct sampler *s = arg;
    s->asked = NULL;
    for (struct json_iter i = json_iter(answer->err ? NULL : json_get(answer->object, "items")); json_next(&i);) {
        struct usage sum = of_containers(i.value);
        add_usage(&s->pods, "Pod", i.value, &sum);
    }
    finish(s);
}

static void on_nodes(void *arg, const struct kube_answer *answer)
{
    struct sampler *s = arg;
    s->asked = NULL;
    if (answer->err) {
        if (!s->absent)
            log_info("there is no metrics.k8s.io to ask for the use of nodes and Pods", "why=\"%s\"", answer->err->text);
        s->absent = true;
        finish(s);
        return;
    }
    s->absent = false;
    for (struct json_iter i = json_iter(json_get(answer->object, "items")); json_next(&i);) {
        const json *use = json_get(i.value, "usage");
        struct usage sum = { .cpu_millicores = amount(use, "cpu", 1000), .memory_bytes = amount(use, "memory", 1) };
        add_usage(&s->nodes, "Node", i.value, &sum);
    }
    s->asked = kube_call(s->kube, "/apis/metrics.k8s.io/v1beta1/pods", &(struct kube_options){ .size_max = USAGE_BYTES }, on_pods, s);
}

static void begin(void *arg)
{
    struct sampler *s = arg;
    s->sampled_at = loop_wall_ms(s->loop);
    s->asked = kube_call(s->kube, "/apis/metrics.k8s.io/v1beta1/nodes", &(struct kube_options){ .size_max = USAGE_BYTES }, on_nodes, s);
}

struct sampler *sampler_new(struct loop *l, struct kube *k, const struct state *state, const char *cluster_id, const struct sampler_owner *owner)
{
    metric_register(metrics, COUNT(metrics));
    struct sampler *s = mem_alloc(sizeof *s);
    *s = (struct sampler){ .loop = l, .kube = k, .state = state, .cluster_id = cluster_id, .owner = *owner };
    timer_start(&s->timer, l, FIRST_MS, begin, s);
    return s;
}

void sampler_free(struct sampler *s)
{
    if (!s)
        return;
    timer_stop(&s->timer);
    kube_cancel(s->asked);
    free(s->nodes.items);
    free(s->pods.items);
    arena_fini(&s->arena);
    free(s);
}
