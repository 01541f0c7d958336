/* The followed objects by key: a bounded hash table of pointers.  Pure. */
#pragma once

#include "agent/state_object.h"

/* Zeroed but for max is a valid empty index. */
struct state_index {
    size_t max, count, slots;          /* slots: a power of two, or 0                        */
    struct state_object **table;
    uint64_t refused;
};

void index_fini(struct state_index *x);                                     /* frees the objects, too */
struct state_object *index_find(const struct state_index *x, uint64_t key); /* NULL: not there        */

/* A zeroed object with that key, which is not there yet; NULL when max is reached (counted). */
struct state_object *index_add(struct state_index *x, uint64_t key);
void index_remove(struct state_index *x, struct state_object *o);           /* frees it               */
