#include "agent/seen.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/digest.h"
#include "base/str.h"

/* Entries lie in a ring in order of arrival, each at its turn modulo max; the table holds their places in it, from 1. */
struct entry {
    uint64_t uid, version;        /* uid 0: free                                        */
    int64_t count;
};

struct seen {
    size_t max, slots;            /* slots: a power of two, at least twice max          */
    size_t count;
    uint64_t turns;               /* of the last one that arrived; its place is turns modulo max */
    uint32_t *table;              /* 0: free                                            */
    struct entry *ring;
};

struct seen *seen_new(size_t max)
{
    assert(max > 0 && max < UINT32_MAX / 4);
    struct seen *s = mem_alloc(sizeof *s);
    *s = (struct seen){ .max = max, .slots = 16 };
    while (s->slots < 2 * max)
        s->slots *= 2;
    s->table = calloc(s->slots, sizeof *s->table);
    s->ring = calloc(max, sizeof *s->ring);
    if (!s->table || !s->ring)
        abort();
    return s;
}

void seen_free(struct seen *s)
{
    if (!s)
        return;
    free(s->table);
    free(s->ring);
    free(s);
}

size_t seen_count(const struct seen *s)
{
    return s->count;
}

/* The slot that holds uid, or the free one where it would go. */
static size_t slot_of(const struct seen *s, uint64_t uid)
{
    size_t at = uid & (s->slots - 1);
    while (s->table[at] && s->ring[s->table[at] - 1].uid != uid)
        at = (at + 1) & (s->slots - 1);
    return at;
}

/* Frees a slot and moves those behind it that would not be found any more. */
static void free_slot(struct seen *s, size_t hole)
{
    size_t mask = s->slots - 1;
    s->table[hole] = 0;
    for (size_t at = (hole + 1) & mask; s->table[at]; at = (at + 1) & mask) {
        size_t home = s->ring[s->table[at] - 1].uid & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        s->table[hole] = s->table[at];
        s->table[at] = 0;
        hole = at;
    }
}

/* Puts an entry at the place of its turn; the one that was there is forgotten. */
static struct entry *put(struct seen *s, uint64_t turn, const struct entry *fresh)
{
    size_t place = (size_t)(turn % s->max);
    struct entry *entry = &s->ring[place];
    if (entry->uid)
        free_slot(s, slot_of(s, entry->uid));
    else
        s->count++;
    s->table[slot_of(s, fresh->uid)] = (uint32_t)place + 1;
    s->turns = turn;
    *entry = *fresh;
    return entry;
}

static struct entry *entry_of(struct seen *s, uint64_t uid)
{
    size_t at = slot_of(s, uid);
    return s->table[at] ? &s->ring[s->table[at] - 1] : put(s, s->turns + 1, &(struct entry){ .uid = uid });
}

/* The newest turn that has this place. */
static uint64_t turn_of(const struct seen *s, const struct entry *entry)
{
    size_t place = (size_t)(entry - s->ring), newest = (size_t)(s->turns % s->max);
    return s->turns - (newest + s->max - place) % s->max;
}

bool seen_is_new(struct seen *s, const char *uid, const char *version, int64_t count, int64_t *delta, struct spool_seen *entry)
{
    struct entry *known = entry_of(s, digest_text(uid));
    uint64_t revision = digest_text(version);
    if (known->version == revision)
        return false;
    *delta = count > known->count ? count - known->count : 0;
    known->version = revision;
    if (count > known->count)
        known->count = count;
    *entry = (struct spool_seen){ .uid = known->uid, .version = known->version, .count = known->count, .turn = turn_of(s, known) };
    return true;
}

void seen_restore(struct seen *s, const struct spool_seen *entry)
{
    if (entry->uid && !s->table[slot_of(s, entry->uid)])
        (void)put(s, entry->turn, &(struct entry){ entry->uid, entry->version, entry->count });
}
