#include "evidence/node_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "evidence/pod.h"
#include "evidence/ref_table.h"

#define NODES_MAX     20000
#define RESOURCES_MAX 16

struct load {
    char *node;
    int pods, count;
    char name[RESOURCES_MAX][64];
    double amount[RESOURCES_MAX];
};

struct node_load {
    struct ref_table table;
    struct load **loads;
    size_t count;
};

struct node_load *node_load_new(void)
{
    struct node_load *n = mem_alloc(sizeof *n);
    *n = (struct node_load){ 0 };
    return n;
}

void node_load_free(struct node_load *n)
{
    for (size_t i = 0; i < n->count; i++) {
        free(n->loads[i]->node);
        free(n->loads[i]);
    }
    free(n->loads);
    ref_table_fini(&n->table);
    free(n);
}

static struct load *load_of(struct node_load *n, const char *node)
{
    size_t *place = ref_table_put(&n->table, node);
    if (*place != REF_TABLE_NONE)
        return n->loads[*place];
    *place = n->count;
    struct load *load = mem_alloc(sizeof *load);
    *load = (struct load){ .node = str_dup(node) };
    n->loads = mem_grow(n->loads, (n->count + 1) * sizeof(struct load *));
    n->loads[n->count++] = load;
    return load;
}

void node_load_node(struct node_load *n, const char *name)
{
    if (name && n->count < NODES_MAX)
        load_of(n, name);
}

static void add_amount(void *arg, const char *resource, double amount)
{
    struct load *load = arg;
    int i = 0;
    while (i < load->count && strcmp(load->name[i], resource))
        i++;
    if (i == RESOURCES_MAX)
        return;
    if (i == load->count) {
        if (str_copy(load->name[i], sizeof load->name[i], resource))
            return;
        load->amount[i] = 0;
        load->count++;
    }
    if (amount > 0 && amount < 1e18) /* what no machine has is a slip of the pen */
        load->amount[i] += amount;
}

void node_load_add(struct node_load *n, const json *pod)
{
    const char *node = json_at_str(pod, "spec.nodeName"), *phase = json_at_str(pod, "status.phase");
    if (!node || !*node || str_eq(phase, "Succeeded") || str_eq(phase, "Failed") || n->count >= NODES_MAX)
        return;
    struct load *load = load_of(n, node);
    load->pods++;
    pod_requests(pod, add_amount, load);
}

/* Sums of a tenth and the like: a millionth is exact enough. */
static void write_amount(struct json_w *w, const char *name, double amount)
{
    double rounded = (double)(int64_t)(amount * 1e6 + 0.5) / 1e6;
    if (amount > 9e9 || rounded == (double)(int64_t)rounded)
        json_w_int(w, name, (int64_t)(amount + 0.5));
    else
        json_w_real(w, name, rounded);
}

void node_load_write(const struct node_load *n, struct collection *into)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    for (size_t i = 0; i < n->count; i++) {
        const struct load *load = n->loads[i];
        json_w_object(w, NULL);
        for (int r = 0; r < load->count; r++)
            write_amount(w, load->name[r], load->amount[r]);
        json_w_int(w, "pods", load->pods);
        json_w_end(w);
        AUTO_FREE char *text = json_w_take(w, NULL);
        collection_extend(into, "node", "", load->node, "requested", text);
    }
}
