/* Labels and what selects by them: selectors of Services and workloads, node selectors, taints and tolerations.  Pure. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"

/* Does every pair of map stand among labels?  An empty or absent map matches everything. */
bool labels_match(const json *labels, const json *map);

/* A LabelSelector: matchLabels and matchExpressions. */
bool labels_selected(const json *labels, const json *selector);

/* One NodeSelectorTerm against a node's labels and name.  An empty term matches nothing. */
bool labels_node_term(const json *labels, const char *node, const json *term);

/* required node affinity of a Pod's spec: any of its terms.  True when there is none. */
bool labels_node_affinity(const json *labels, const char *node, const json *pod_spec);

/* Does one of the tolerations bear the taint? */
bool labels_tolerated(const json *tolerations, const json *taint);

/* "key=value:effect". */
const char *labels_taint(struct arena *a, const json *taint);

/* "k=v,k2=v2" of a map, at most eight pairs. */
const char *labels_text(struct arena *a, const json *map);

/* "zone in (a,b), disk exists" of a NodeSelectorTerm or LabelSelector. */
const char *labels_expressions(struct arena *a, const json *expressions);
