/* Nodes: their capacity, their kubelet's state, and the node controller that watches over them. */
#pragma once

#include "sim/plan.h"
#include "sim/world.h"

#define NODE_IMAGES_MAX 64
#define NODE_TAINTS_MAX 6

enum node_trouble {
    NODE_FINE,
    NODE_SILENT, /* the kubelet posts nothing */
    NODE_RUNTIME_DOWN,
    NODE_MEMORY_PRESSURE,
    NODE_DISK_PRESSURE,
    NODE_PID_PRESSURE,
    NODE_NETWORK_DOWN, /* the network plug-in is not ready */
};

enum node_condition { NODE_MEMORY, NODE_DISK, NODE_PID, NODE_READY, NODE_CONDITIONS };

struct taint {
    const char *key, *value, *effect;
};

struct node {
    struct node *next;
    struct world *world;
    struct object *object, *lease;
    const char *name;
    char ip[20];
    int64_t cpu_m, memory, disk;
    int pods_max, pods; /* bound here */
    int64_t cpu_used_m, memory_used;
    struct plan_pair labels[PLAN_PAIRS_MAX];
    size_t n_labels;
    struct taint taints[NODE_TAINTS_MAX];
    size_t n_taints;
    bool cordoned;
    enum node_trouble trouble;
    bool reachable;       /* false: the node controller has given it up */
    int64_t heartbeat_ms; /* last status of the kubelet */
    int64_t since_ms[NODE_CONDITIONS];
    const char *images[NODE_IMAGES_MAX];
    size_t n_images;
    struct task beat, status, grace, eviction;
};

/* A node joins: kubelet and node controller say so in events.  There must be none of this name. */
struct node *node_new(struct world *w, const char *name);
struct node *node_find(const struct world *w, const char *name);
void node_free_all(struct world *w);

void node_set_trouble(struct node *n, enum node_trouble trouble);
void node_set_cordoned(struct node *n, bool cordoned);
void node_set_taint(struct node *n, const struct taint *taint);
void node_clear_taint(struct node *n, const char *key);

/* The objects as they are now, into the world (node_text.c). */
void node_publish(struct node *n);
void node_publish_lease(struct node *n);

const char *node_label(const struct node *n, const char *key);

struct pod;
void node_take(struct node *n, struct pod *p); /* its requests are used up */
void node_release(struct pod *p);              /* and given back */
bool node_has_image(const struct node *n, const char *image);
void node_add_image(struct node *n, const char *image);
