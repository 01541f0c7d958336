/* What the pods of each node ask for together: what is left of a node is its allocatable less this. */
#pragma once

#include <stddef.h>

#include "base/json.h"
#include "evidence/collection.h"

struct node_load;
struct node_load *node_load_new(void);
void node_load_free(struct node_load *n);

/* A node that is there, perhaps without a pod. */
void node_load_node(struct node_load *n, const char *name);

/* Adds a pod to its node, unless it has none or is done. */
void node_load_add(struct node_load *n, const json *pod);

/* Gives each Node of the collection its "requested": {"cpu": cores, "memory": bytes, "pods": count, ...}. */
void node_load_write(const struct node_load *n, struct collection *into);
