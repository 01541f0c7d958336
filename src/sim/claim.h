/* PersistentVolumeClaims, PersistentVolumes and StorageClasses, and the controller that binds them. */
#pragma once

#include "sim/world.h"

struct pod;
struct node;

struct storage_class {
    struct storage_class *next;
    struct object *object;
    const char *name;
    bool by_hand; /* kubernetes.io/no-provisioner: volumes are made by hand */
    bool waits;   /* WaitForFirstConsumer */
};

struct volume {
    struct volume *next;
    struct object *object;
    const char *name, *class, *node; /* node: the only one it can be used on, or NULL */
    int64_t bytes;
    struct claim *claim;
};

struct claim {
    struct claim *next;
    struct world *world;
    struct object *object;
    const char *class; /* NULL: none set */
    int64_t bytes;
    struct volume *volume;
    bool told; /* to the oracle, as failing */
    struct task step;
};

struct storage_class *storage_class_make(struct world *w, const char *name);
void storage_class_publish(struct world *w, struct storage_class *c);
struct volume *volume_make(struct world *w, const char *name);
void volume_publish(struct world *w, struct volume *v);
struct claim *claim_make(struct world *w, const char *namespace, const char *name);

/* The controller looks at it (again). */
void claim_look(struct claim *c);
void claim_delete(struct claim *c);
struct claim *claim_find(const struct world *w, const char *namespace, const char *name);

/* For the scheduler: 0 when the pod's claims are there and bound; -1 with what it says. */
struct claim_trouble {
    char text[300];
    const char *code;
    char object[300];
};
int claim_check(struct world *w, const struct pod *p, struct claim_trouble *trouble);

/* True when a volume of the pod can only be used on another node. */
bool claim_elsewhere(struct world *w, const struct pod *p, const struct node *n);
