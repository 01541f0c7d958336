/* Text keys to numbers: a hash table that only grows.  Zeroed storage is an empty one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ref_table {
    struct ref_entry *entries;
    size_t room, count;
    uint64_t seed;    /* of the hash: names come from outside and may be chosen to collide */
};

#define REF_TABLE_NONE ((size_t)-1)

/* The key's number, REF_TABLE_NONE when it has none. */
size_t ref_table_get(const struct ref_table *t, const char *key);

/* The place of the key's number, REF_TABLE_NONE for a new key; valid until the next call.  The key is copied. */
size_t *ref_table_put(struct ref_table *t, const char *key);
void ref_table_fini(struct ref_table *t);
