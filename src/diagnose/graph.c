#include "diagnose/graph.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/endpoints.h"
#include "diagnose/health.h"

struct graph {
    struct relations *rel;
    struct arena *a;
    struct wire_verdict *out;
};

static bool has_node(const struct graph *g, const char *id)
{
    for (size_t i = 0; i < g->out->n_nodes; i++)
        if (strcmp(g->out->nodes[i].object, id) == 0)
            return true;
    return false;
}

static void add_node(struct graph *g, const char *id, const char *role)
{
    if (g->out->n_nodes == GRAPH_NODES_MAX || has_node(g, id))
        return;
    const struct object *o = facts_get(g->rel->r->f, id);
    char kind[64];
    const char *slash = strchr(id, '/'), *second = slash ? strchr(slash + 1, '/') : NULL;
    bool absent = false;
    if (!o && second && (size_t)(slash - id) < sizeof kind) {
        memcpy(kind, id, (size_t)(slash - id));
        kind[slash - id] = '\0';
        const char *namespace_ = arena_strndup(g->a, slash + 1, (size_t)(second - slash - 1));
        absent = facts_presence(g->rel->r->f, kind, namespace_, second + 1) == ABSENT;
    }
    g->out->nodes[g->out->n_nodes++] = (struct wire_node){
        .object = arena_strdup(g->a, id),
        .role = arena_strdup(g->a, role),
        .state = arena_strdup(g->a, o        ? health_word(g->rel->r, o)
                                    : absent ? "NotFound"
                                             : ""),
    };
}

static void add_edge(struct graph *g, const char *from, const char *to, const char *kind)
{
    if (g->out->n_edges == GRAPH_EDGES_MAX || !has_node(g, from) || !has_node(g, to) || strcmp(from, to) == 0)
        return;
    for (size_t i = 0; i < g->out->n_edges; i++)
        if (strcmp(g->out->edges[i].from, from) == 0 && strcmp(g->out->edges[i].to, to) == 0)
            return;
    g->out->edges[g->out->n_edges++] =
        (struct wire_edge){ arena_strdup(g->a, from), arena_strdup(g->a, to), arena_strdup(g->a, kind) };
}

/* Owners up to the top, and the node that a Pod runs on. */
static void add_context(struct graph *g, const char *id)
{
    const struct run *r = g->rel->r;
    const struct object *o = facts_get(r->f, id);
    if (o && strcmp(o->kind, "pod") == 0 && *run_pod(r, id)->node)
        add_node(g, facts_id(r->a, "node", "", run_pod(r, id)->node), "context");
    for (int step = 0; o && step < 8 && o->owner && !str_starts(o->owner, "node/"); step++) {
        add_node(g, o->owner, "context");
        o = facts_get(r->f, o->owner);
    }
}

static void connect_pod(struct graph *g, const struct pod *p)
{
    struct run *r = g->rel->r;
    const char *id = p->object->id;
    if (*p->node)
        add_edge(g, id, facts_id(r->a, "node", "", p->node), "runs-on");
    size_t at = 0;
    for (const char *claim; (claim = relation_claim(r, p->object, &at));)
        add_edge(g, id, claim, "mounts");
    if (p->object->owner && !facts_get(r->f, p->object->owner))
        add_edge(g, p->workload, id, "owns");
}

static void connect_service(struct graph *g, const struct object *service)
{
    for (size_t i = 0; i < g->out->n_nodes; i++) {
        const struct pod *p = run_pod(g->rel->r, g->out->nodes[i].object);
        if (p && endpoints_selects(service, p))
            add_edge(g, service->id, p->object->id, "selects");
    }
}

static void connect(struct graph *g, const char *id)
{
    const struct object *o = facts_get(g->rel->r->f, id);
    if (!o)
        return;
    if (o->owner)
        add_edge(g, o->owner, id, "owns");
    if (strcmp(o->kind, "pod") == 0)
        connect_pod(g, run_pod(g->rel->r, id));
    if (strcmp(o->kind, "service") == 0)
        connect_service(g, o);
}

/* What a finding ties together that no owner or node does: the Pod and the ConfigMap it lacks, the workload and its quota. */
static void connect_findings(struct graph *g)
{
    const struct run *r = g->rel->r;
    for (size_t i = 0; i < r->n_findings; i++) {
        const struct finding *f = r->findings[i];
        if (strcmp(f->object, f->workload) == 0)
            continue; /* owners have edges of their own */
        add_edge(g, f->subject, f->object, "references");
        for (size_t k = 0; k < f->n_shown; k++)
            add_edge(g, f->shown[k].id, f->object, "references");
        for (size_t k = 0; k < f->n_depends; k++)
            add_edge(g, f->subject, f->depends[k], "references");
    }
}

void graph_draw(struct relations *rel, const struct graph_seed *seeds, size_t n, struct arena *a,
                struct wire_verdict *out)
{
    struct graph g = { rel, a, out };
    out->nodes = ARENA_ARRAY(a, struct wire_node, GRAPH_NODES_MAX);
    out->edges = ARENA_ARRAY(a, struct wire_edge, GRAPH_EDGES_MAX);
    for (size_t i = 0; i < n; i++)
        add_node(&g, seeds[i].id, seeds[i].role);
    for (size_t i = 0; i < n; i++)
        add_context(&g, seeds[i].id);
    for (size_t i = 0; i < out->n_nodes; i++)
        connect(&g, out->nodes[i].object);
    connect_findings(&g);
}
