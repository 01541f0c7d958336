#include "agent/spool_batch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/gap.h"
#include "base/str.h"

#define COMMANDS_MAX     2000
#define RESULT_BYTES_MAX ((int64_t)16 << 20)
#define DROP_SHARE       16    /* a full spool gives back this part of its bound at once, so that there are few gaps */

/* Room for one more item; doubles. */
static void *grow(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    *room = *room ? *room * 2 : 16;
    return mem_grow(items, *room * size);
}

void batch_add_row(struct spool_batch *b, const struct spool_row *row)
{
    b->rows = grow(b->rows, b->n_rows, &b->rows_room, sizeof *b->rows);
    b->rows[b->n_rows] = *row;
    b->rows[b->n_rows++].body = arena_copy(&b->bodies, row->body, row->size + 1);
    b->bytes += row->size + SPOOL_RECORD_COST;
}

void batch_add_seen(struct spool_batch *b, const struct spool_seen *seen)
{
    b->seen = grow(b->seen, b->n_seen, &b->seen_room, sizeof *b->seen);
    b->seen[b->n_seen++] = *seen;
}

void batch_add_step(struct spool_batch *b, const struct spool_step *step)
{
    b->steps = grow(b->steps, b->n_steps, &b->steps_room, sizeof *b->steps);
    b->steps[b->n_steps++] = *step;
}

void batch_set(struct spool_pair *pairs, size_t *count, size_t max, const char *name, const char *value)
{
    size_t i = 0;
    while (i < *count && !str_eq(pairs[i].name, name))
        i++;
    if (i == *count) {
        assert(*count < max);
        pairs[(*count)++] = (struct spool_pair){ .name = str_dup(name) };
    }
    size_t size = strlen(value) + 1;
    pairs[i].value = mem_grow(pairs[i].value, size);
    memcpy(pairs[i].value, value, size);
}

bool batch_is_urgent(const struct spool_batch *b)
{
    return b->n_rows > 0 || b->n_steps > 0 || b->n_facts > 0;
}

bool batch_is_empty(const struct spool_batch *b)
{
    return !batch_is_urgent(b) && b->n_places == 0 && b->n_seen == 0 && b->free_to == 0;
}

static void clear_pairs(struct spool_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(pairs[i].name);
        free(pairs[i].value);
    }
}

void batch_clear(struct spool_batch *b)
{
    arena_fini(&b->bodies);
    for (size_t i = 0; i < b->n_steps; i++) {
        free(b->steps[i].id);
        free(b->steps[i].nonce);
        free(b->steps[i].result);
    }
    clear_pairs(b->places, b->n_places);
    clear_pairs(b->facts, b->n_facts);
    free(b->rows);
    free(b->seen);
    free(b->steps);
    *b = (struct spool_batch){ 0 };
}

/* --- on the disk thread ------------------------------------------------------------------------------------------ */

static int put_rows(struct db *d, const struct spool_batch *b, struct spool_packing *packing, struct spool_room *room, struct err *e)
{
    spool_packing_clear(packing);
    if (spool_db_append(d, b->rows, b->n_rows, packing, e))
        return -1;
    room->totals.records += (int64_t)b->n_rows;
    room->totals.bytes += (int64_t)b->bytes;
    if (b->n_rows == 0)
        return 0;
    char newest[24];
    (void)snprintf(newest, sizeof newest, "%llu", (unsigned long long)b->rows[b->n_rows - 1].seq);
    return spool_db_set(d, "newest", newest, e);
}

/* Puts a gap where the first of the dropped records stood. */
static int put_gap(struct db *d, struct spool_room *room, const char *cause, const char *why, struct err *e)
{
    char from[24], to[24];
    (void)snprintf(from, sizeof from, "%llu", (unsigned long long)room->dropped.first);
    (void)snprintf(to, sizeof to, "%llu", (unsigned long long)room->dropped.last);
    AUTO_FREE char *detail = str_printf("%s%lld Normal events, %lld others", why, (long long)room->dropped.by_class[SPOOL_NORMAL],
                                        (long long)(room->dropped.records - room->dropped.by_class[SPOOL_NORMAL]));
    struct wire_gap gap = { .from = from, .to = to, .cause = cause, .count = room->dropped.records, .detail = detail };
    size_t size;
    AUTO_FREE char *body = gap_encode(room->cluster_id, room->epoch, room->dropped.first, &gap, room->now, &size);
    struct spool_row row = { .seq = room->dropped.first, .at = room->now, .class_ = SPOOL_KEPT, .body = body, .size = size };
    room->totals.records++;
    room->totals.bytes += (int64_t)size + SPOOL_RECORD_COST;
    return spool_db_put(d, &row, e);
}

static int make_room(struct db *d, struct spool_room *room, struct err *e)
{
    if (room->totals.bytes <= room->bytes_max)
        return 0;
    if (spool_db_drop(d, room->totals.bytes - room->bytes_max + room->bytes_max / DROP_SHARE, &room->dropped, e))
        return -1;
    room->totals.records -= room->dropped.records;
    room->totals.bytes -= room->dropped.bytes;
    return room->dropped.records > 0 ? put_gap(d, room, "spool_overflow", "", e) : 0;
}

static int replace_damaged(struct db *d, uint64_t after, struct spool_room *room, struct err *e)
{
    if (spool_db_give_up(d, after, &room->dropped, e))
        return -1;
    room->totals.records -= room->dropped.records;
    room->totals.bytes -= room->dropped.bytes;
    return room->dropped.records > 0 ? put_gap(d, room, "sequence", "a damaged part of the spool: ", e) : 0;
}

int batch_give_up(struct db *d, uint64_t after, struct spool_room *room, struct err *e)
{
    struct spool_room left = *room;
    left.dropped = (struct spool_dropped){ 0 };
    if (db_begin(d, e))
        return -1;
    if (replace_damaged(d, after, &left, e) || db_commit(d, e)) {
        db_rollback(d);
        return -1;
    }
    left.dropped.records += room->dropped.records;    /* of this turn, told together */
    *room = left;
    return 0;
}

static int put_steps(struct db *d, const struct spool_batch *b, int64_t now, struct err *e)
{
    for (size_t i = 0; i < b->n_steps; i++) {
        const struct spool_step *step = &b->steps[i];
        struct spool_command c = { .id = step->id, .nonce = step->nonce, .begun_at = step->begun_at, .forget_at = step->forget_at };
        int failed = step->result ? spool_db_command_end(d, step->id, step->result, step->size, e) : spool_db_command_begin(d, &c, e);
        if (failed)
            return -1;
    }
    return b->n_steps > 0 ? spool_db_command_trim(d, now, COMMANDS_MAX, RESULT_BYTES_MAX, e) : 0;
}

static int put_rest(struct db *d, const struct spool_batch *b, struct err *e)
{
    for (size_t i = 0; i < b->n_seen; i++)
        if (spool_db_set_seen(d, &b->seen[i], e))
            return -1;
    for (size_t i = 0; i < b->n_places; i++)
        if (spool_db_set_place(d, b->places[i].name, b->places[i].value, e))
            return -1;
    for (size_t i = 0; i < b->n_facts; i++)
        if (spool_db_set(d, b->facts[i].name, b->facts[i].value, e))
            return -1;
    return 0;
}

static int put_all(struct db *d, const struct spool_batch *b, struct spool_packing *packing, struct spool_room *room, struct err *e)
{
    struct spool_totals freed = { 0 };
    if (b->free_to > 0 && spool_db_free_to(d, b->free_to, &freed, e))
        return -1;
    room->totals.records -= freed.records;
    room->totals.bytes -= freed.bytes;
    if (put_rows(d, b, packing, room, e) || make_room(d, room, e) || put_steps(d, b, room->now, e) || put_rest(d, b, e))
        return -1;
    return spool_db_oldest(d, &room->oldest_at, e);
}

int batch_commit(struct db *d, const struct spool_batch *b, struct spool_packing *packing, struct spool_room *room, struct err *e)
{
    struct spool_room after = *room;
    if (db_begin(d, e))
        return -1;
    if (put_all(d, b, packing, &after, e) || db_commit(d, e)) {
        db_rollback(d);
        return -1;
    }
    *room = after;
    return 0;
}
