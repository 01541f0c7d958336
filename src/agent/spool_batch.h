/* What one transaction of the spool holds: gathered on the loop's thread, carried out on the disk's. */
#pragma once

#include "store/spool_db.h"

#define SPOOL_PLACES_MAX 16
#define SPOOL_FACTS_MAX  8

struct spool_pair {
    char *name, *value;
};

struct spool_step {               /* of a command                                      */
    char *id, *nonce;
    int64_t begun_at, forget_at;
    char *result;                 /* NULL: it begins                                   */
    size_t size;
    void (*done)(void *arg);      /* of a begin                                        */
    void *arg;
};

struct spool_batch {
    struct arena bodies;          /* of the rows                                       */
    struct spool_row *rows;
    size_t n_rows, rows_room, bytes;
    struct spool_pair places[SPOOL_PLACES_MAX], facts[SPOOL_FACTS_MAX];
    size_t n_places, n_facts;
    struct spool_seen *seen;
    size_t n_seen, seen_room;
    struct spool_step *steps;
    size_t n_steps, steps_room;
    uint64_t free_to;             /* 0: nothing to free                                */
};

void batch_add_row(struct spool_batch *b, const struct spool_row *row);    /* its body is copied, with its final 0 */
void batch_add_seen(struct spool_batch *b, const struct spool_seen *seen);
void batch_add_step(struct spool_batch *b, const struct spool_step *step);

/* Replaces the value of a name that is there. */
void batch_set(struct spool_pair *pairs, size_t *count, size_t max, const char *name, const char *value);

/* Worth a transaction at once, or at all? */
bool batch_is_urgent(const struct spool_batch *b);
bool batch_is_empty(const struct spool_batch *b);
void batch_clear(struct spool_batch *b);    /* frees everything */

struct spool_room {
    const char *cluster_id;
    uint64_t epoch;
    int64_t bytes_max, now;       /* wall ms                                           */
    struct spool_totals totals;   /* in: before; out: after                            */
    struct spool_dropped dropped;
    int64_t oldest_at;
};

/* All of it in one transaction, or nothing: 0, or -1 with *e and *room as it was.  *packing: what was packed, after success. */
int batch_commit(struct db *d, const struct spool_batch *b, struct spool_packing *packing, struct spool_room *room, struct err *e) MUST_CHECK;

/* Puts a gap in the place of the records behind `after` that cannot be read. */
int batch_give_up(struct db *d, uint64_t after, struct spool_room *room, struct err *e) MUST_CHECK;
