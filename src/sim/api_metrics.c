/* metrics.k8s.io/v1beta1: what nodes and pods use, made up from what they ask for. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "sim/api.h"
#include "sim/node.h"
#include "sim/pod.h"
#include "sim/stamp.h"

#define WINDOW "20.0s"

static void write_usage(struct json_w *j, int64_t cpu_nano, int64_t memory)
{
    AUTO_FREE char *cpu = str_printf("%lldn", (long long)cpu_nano),
                   *bytes = str_printf("%lldKi", (long long)(memory / 1024));
    json_w_object(j, "usage");
    json_w_str(j, "cpu", cpu);
    json_w_str(j, "memory", bytes);
    json_w_end(j);
}

static void begin_item(struct json_w *j, const struct world *w, const char *namespace, const char *name)
{
    json_w_object(j, NULL);
    json_w_object(j, "metadata");
    json_w_str(j, "name", name);
    json_w_str(j, "namespace", namespace);
    stamp_write(j, "creationTimestamp", w->now_ms);
    json_w_end(j);
    stamp_write(j, "timestamp", w->now_ms - w->now_ms % 15000);
    json_w_str(j, "window", WINDOW);
}

/* Changes slowly, and the same for the same moment. */
static int64_t wobble(const struct world *w, const char *name, int64_t around)
{
    uint64_t seed = (uint64_t)(w->now_ms / 15000);
    for (const char *c = name; *c; c++)
        seed = seed * 31 + (unsigned char)*c;
    return around - around / 10 + (int64_t)(clock_roll(&seed) % (uint64_t)(around / 5 + 1));
}

struct use {
    int64_t cpu_nano, memory;
};

static struct use use_of(const struct world *w, const struct container *c)
{
    const struct plan_container *plan = container_plan(c);
    int64_t memory = plan->memory_request ? plan->memory_request / 2 : (int64_t)24 << 20;
    if (plan->ending == ENDING_OOM && plan->memory_limit)
        memory = plan->memory_limit * 9 / 10;
    return (struct use){ wobble(w, plan->name, plan->cpu_request_m ? plan->cpu_request_m * 300000 : 2000000),
                         wobble(w, plan->name, memory) };
}

static bool runs(const struct pod *p)
{
    for (size_t i = 0; i < p->template->plan.n_containers; i++)
        if (p->containers[i].state == CONTAINER_RUNNING)
            return true;
    return false;
}

static void write_pods(struct json_w *j, const struct world *w, const char *namespace)
{
    for (const struct pod *p = w->pods; p; p = p->next) {
        if (!runs(p) || (*namespace && !str_eq(namespace, p->object->namespace)))
            continue;
        begin_item(j, w, p->object->namespace, p->object->name);
        json_w_array(j, "containers");
        for (size_t i = 0; i < p->template->plan.n_containers; i++) {
            if (p->containers[i].state != CONTAINER_RUNNING)
                continue;
            struct use use = use_of(w, &p->containers[i]);
            json_w_object(j, NULL);
            json_w_str(j, "name", container_plan(&p->containers[i])->name);
            write_usage(j, use.cpu_nano, use.memory);
            json_w_end(j);
        }
        json_w_end(j);
        json_w_end(j);
    }
}

static void write_nodes(struct json_w *j, const struct world *w)
{
    for (const struct node *n = w->nodes; n; n = n->next) {
        if (!n->reachable || n->trouble == NODE_SILENT)
            continue;
        struct use sum = { wobble(w, n->name, 120000000), wobble(w, n->name, (int64_t)900 << 20) };
        for (const struct pod *p = w->pods; p; p = p->next)
            for (size_t i = 0; p->node == n && i < p->template->plan.n_containers; i++) {
                struct use use = use_of(w, &p->containers[i]);
                sum.cpu_nano += use.cpu_nano;
                sum.memory += use.memory;
            }
        if (n->trouble == NODE_MEMORY_PRESSURE)
            sum.memory = n->memory - ((int64_t)71 << 20);
        begin_item(j, w, NULL, n->name);
        write_usage(j, sum.cpu_nano, sum.memory);
        json_w_end(j);
    }
}

void api_metrics(struct sim *s, struct http_exchange *x, const char *path)
{
    char namespace[254] = "";
    if (str_starts(path, "namespaces/")) {
        path += strlen("namespaces/");
        size_t size = strcspn(path, "/");
        str_copy(namespace, size + 1 < sizeof namespace ? size + 1 : sizeof namespace, path);
        path += size + (path[size] == '/');
    }
    bool pods = str_eq(path, "pods"), nodes = str_eq(path, "nodes");
    if (!pods && !nodes) {
        api_status(s, x, 404, "NotFound", "{}", "the server could not find the requested resource");
        return;
    }
    if (!api_allowed(s, "list", pods ? "pods.metrics.k8s.io" : "nodes.metrics.k8s.io", NULL)) {
        api_status(s, x, 403, "Forbidden", NULL, "%s.metrics.k8s.io is forbidden", path);
        return;
    }
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    json_w_str(j, "kind", pods ? "PodMetricsList" : "NodeMetricsList");
    json_w_str(j, "apiVersion", "metrics.k8s.io/v1beta1");
    json_w_object(j, "metadata");
    json_w_end(j);
    json_w_array(j, "items");
    if (pods)
        write_pods(j, s->world, namespace);
    else
        write_nodes(j, s->world);
    json_w_end(j);
    json_w_end(j);
    size_t size;
    AUTO_FREE char *text = json_w_take(j, &size);
    api_set_headers(s, x);
    http_reply(x, 200, "application/json", text, size);
}
