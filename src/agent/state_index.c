#include "agent/state_index.h"

#include <assert.h>
#include <stdlib.h>

#include "base/str.h"

#define SLOTS_FIRST 256

static void free_object(struct state_object *o)
{
    free(o->text);
    free(o);
}

void index_fini(struct state_index *x)
{
    for (size_t at = 0; at < x->slots; at++)
        if (x->table[at])
            free_object(x->table[at]);
    free(x->table);
    *x = (struct state_index){ .max = x->max };
}

/* The slot of the key, or the free one where it would go. */
static size_t slot_of(const struct state_index *x, uint64_t key)
{
    size_t at = key & (x->slots - 1);
    while (x->table[at] && x->table[at]->key != key)
        at = (at + 1) & (x->slots - 1);
    return at;
}

static void grow(struct state_index *x)
{
    struct state_index old = *x;
    x->slots = old.slots ? old.slots * 2 : SLOTS_FIRST;
    x->table = mem_alloc(x->slots * sizeof(struct state_object *));
    for (size_t at = 0; at < x->slots; at++)
        x->table[at] = NULL;
    for (size_t at = 0; at < old.slots; at++)
        if (old.table[at])
            x->table[slot_of(x, old.table[at]->key)] = old.table[at];
    free(old.table);
}

struct state_object *index_find(const struct state_index *x, uint64_t key)
{
    return x->slots ? x->table[slot_of(x, key)] : NULL;
}

struct state_object *index_add(struct state_index *x, uint64_t key)
{
    if (x->count >= x->max) {
        x->refused++;
        return NULL;
    }
    if (2 * x->count >= x->slots)
        grow(x);
    struct state_object *o = mem_alloc(sizeof *o);
    *o = (struct state_object){ .key = key };
    size_t at = slot_of(x, key);
    assert(!x->table[at]);
    x->table[at] = o;
    x->count++;
    return o;
}

void index_remove(struct state_index *x, struct state_object *o)
{
    size_t mask = x->slots - 1, hole = slot_of(x, o->key);
    assert(x->table[hole] == o);
    x->table[hole] = NULL;
    for (size_t at = (hole + 1) & mask; x->table[at]; at = (at + 1) & mask) {
        size_t home = x->table[at]->key & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;    /* still found from its home */
        x->table[hole] = x->table[at];
        x->table[at] = NULL;
        hole = at;
    }
    x->count--;
    free_object(o);
}
