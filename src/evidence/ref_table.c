#include "evidence/ref_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

struct ref_entry {
    char *key;
    size_t value;
};

/* FNV-1a, begun at a place of the table's own. */
static uint64_t hash_of(const struct ref_table *t, const char *key)
{
    uint64_t hash = 0xcbf29ce484222325u ^ t->seed;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 0x100000001b3u;
    return hash ^ (hash >> 29);
}

static uint64_t fresh_seed(const struct ref_table *t)
{
    uint64_t dice = (uint64_t)clock_mono_us() ^ (uint64_t)(uintptr_t)t;
    return clock_roll(&dice);
}

static struct ref_entry *place_of(const struct ref_table *t, const char *key)
{
    size_t at = (size_t)hash_of(t, key) & (t->room - 1);
    while (t->entries[at].key && strcmp(t->entries[at].key, key))
        at = (at + 1) & (t->room - 1);
    return &t->entries[at];
}

static void grow(struct ref_table *t)
{
    struct ref_table larger = { .room = t->room ? t->room * 2 : 64, .count = t->count };
    larger.seed = t->room ? t->seed : fresh_seed(t);
    larger.entries = mem_alloc(larger.room * sizeof *larger.entries);
    memset(larger.entries, 0, larger.room * sizeof *larger.entries);
    for (size_t i = 0; i < t->room; i++)
        if (t->entries[i].key)
            *place_of(&larger, t->entries[i].key) = t->entries[i];
    free(t->entries);
    *t = larger;
}

size_t ref_table_get(const struct ref_table *t, const char *key)
{
    const struct ref_entry *e = t->room ? place_of(t, key) : NULL;
    return e && e->key ? e->value : REF_TABLE_NONE;
}

size_t *ref_table_put(struct ref_table *t, const char *key)
{
    if (t->count * 2 >= t->room)
        grow(t);
    struct ref_entry *e = place_of(t, key);
    if (!e->key) {
        *e = (struct ref_entry){ str_dup(key), REF_TABLE_NONE };
        t->count++;
    }
    return &e->value;
}

void ref_table_fini(struct ref_table *t)
{
    for (size_t i = 0; i < t->room; i++)
        free(t->entries[i].key);
    free(t->entries);
    *t = (struct ref_table){ 0 };
}
