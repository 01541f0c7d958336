/* The picture beside a verdict: what is at fault, what suffers, and what connects them. */
#pragma once

#include "diagnose/explain.h"

#define GRAPH_NODES_MAX 60
#define GRAPH_EDGES_MAX 120

/* ids with their roles; those around them are added as context.  Fills nodes and edges of out, made in a. */
struct graph_seed {
    const char *id, *role; /* root or victim */
};
void graph_draw(struct relations *rel, const struct graph_seed *seeds, size_t n, struct arena *a,
                struct wire_verdict *out);
