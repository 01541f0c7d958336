/* The tables of an agent's spool: records on their way to central, the places its watches resume from, what was
 * reported of each Event, and the commands it has seen (docs/protocol.md, Delivery).
 *
 * One file, spool.db, with synchronous FULL.  The handle belongs to one thread at a time; the caller opens and commits
 * transactions (store/db.h), so that records and the places behind them become durable together.
 */
#pragma once

#include "base/pack.h"
#include "store/db.h"

/* Order of dropping when there is no room: a smaller class goes first; SPOOL_KEPT never goes. */
enum spool_class { SPOOL_NORMAL, SPOOL_WARNING, SPOOL_KEPT, SPOOL_CLASSES };

#define SPOOL_RECORD_COST 64    /* bytes that a record counts beside its body */

/* dir NULL: in memory. */
struct db *spool_db_open(const char *dir, struct err *e);

/* Texts and numbers about the spool itself ("epoch", "command_key").  0, or 1 when there is none. */
int spool_db_get(struct db *d, const char *name, struct arena *a, const char **value, struct err *e) MUST_CHECK;
int spool_db_set(struct db *d, const char *name, const char *value, struct err *e) MUST_CHECK;

struct spool_row {
    uint64_t seq;
    int64_t at;                   /* wall ms of the append; once read, of the oldest that was appended with it */
    enum spool_class class_;
    const char *body;
    size_t size;
};

/* Rows that were packed together: the body of a message with them, as zstd. */
struct spool_pack {
    uint64_t first, last;         /* their seq */
    size_t count;
    char *data;
    size_t size;
};

/* Memory for packing, kept from one append to the next, and what the appends have packed since it was cleared.  Begins as { 0 }. */
struct spool_packing {
    struct packer *packer;
    struct buf plain, body, heads;
    struct spool_pack *packs;     /* in order of seq */
    size_t count, room;
};
void spool_packing_clear(struct spool_packing *p);
void spool_packing_fini(struct spool_packing *p);

/* Rows in order of seq, newer than all that are there. */
int spool_db_append(struct db *d, const struct spool_row *rows, size_t count, struct spool_packing *p, struct err *e) MUST_CHECK;

/* One row at a seq that has been given back by spool_db_drop. */
int spool_db_put(struct db *d, const struct spool_row *row, struct err *e) MUST_CHECK;

struct spool_totals {
    int64_t records, bytes;       /* bytes: bodies and their costs                    */
};
int spool_db_totals(struct db *d, struct spool_totals *out, struct err *e) MUST_CHECK;

/* Frees what is up to seq, as far as it stands in chunks of which nothing is behind it; *freed: what that was. */
int spool_db_free_to(struct db *d, uint64_t seq, struct spool_totals *freed, struct err *e) MUST_CHECK;

/* When the oldest record was appended, wall ms; 0: there is none. */
int spool_db_oldest(struct db *d, int64_t *at, struct err *e) MUST_CHECK;

/* Drops the oldest records of the classes below SPOOL_KEPT until at least `bytes` are given back, or there is nothing left to drop.  A
 * damaged chunk on the way goes whole. */
struct spool_dropped {
    int64_t records, bytes;
    int64_t by_class[SPOOL_CLASSES];
    uint64_t first, last;         /* seq of what was dropped; 0: nothing was          */
};
int spool_db_drop(struct db *d, int64_t bytes, struct spool_dropped *out, struct err *e) MUST_CHECK;

/* Gives up the first chunk behind `after`: it cannot be read (spool_db_read said ERR_INVALID).  *out: what it held, whatever their class. */
int spool_db_give_up(struct db *d, uint64_t after, struct spool_dropped *out, struct err *e) MUST_CHECK;

/* Rows behind `after` in order, until count_max rows or size_max bytes (at least one row).  Bodies live in the arena.  It ends before a
 * damaged chunk; when that is the first, it fails with ERR_INVALID. */
int spool_db_read(struct db *d, uint64_t after, size_t count_max, size_t size_max, struct arena *a, struct spool_row *rows,
                  size_t *count, struct err *e) MUST_CHECK;

/* The resourceVersion to resume a watch from.  0, or 1 when there is none. */
int spool_db_place(struct db *d, const char *kind, struct arena *a, const char **version, struct err *e) MUST_CHECK;
int spool_db_set_place(struct db *d, const char *kind, const char *version, struct err *e) MUST_CHECK;

/* What was reported of an Event: digests of uid and version, and the count.  turn: its number in order of arrival; an entry takes the
 * place of the one SPOOL_SEEN_MAX turns before it. */
#define SPOOL_SEEN_MAX 65536
struct spool_seen {
    uint64_t uid, version;
    int64_t count;
    uint64_t turn;
};
int spool_db_set_seen(struct db *d, const struct spool_seen *seen, struct err *e) MUST_CHECK;

/* Calls visit for each, oldest first. */
int spool_db_each_seen(struct db *d, void (*visit)(void *arg, const struct spool_seen *seen), void *arg, struct err *e) MUST_CHECK;

/* Commands that were begun, and what came of them. */
struct spool_command {
    const char *id, *nonce;
    int64_t begun_at, forget_at;  /* wall ms                                          */
    const char *result;           /* the message that was sent, or NULL: it never ended, or is no longer kept */
    size_t size;
    bool ended;
};
/* An id that is there already stays as it is. */
int spool_db_command_begin(struct db *d, const struct spool_command *c, struct err *e) MUST_CHECK;
int spool_db_command_end(struct db *d, const char *id, const char *result, size_t size, struct err *e) MUST_CHECK;

/* 0, or 1 when there is none of that id. */
int spool_db_command(struct db *d, const char *id, struct arena *a, struct spool_command *out, struct err *e) MUST_CHECK;

/* Forgets those whose time has come, all but the newest count_max, and the results beyond result_bytes_max, oldest first. */
int spool_db_command_trim(struct db *d, int64_t now, int64_t count_max, int64_t result_bytes_max, struct err *e) MUST_CHECK;
int spool_db_each_command(struct db *d, void (*visit)(void *arg, const struct spool_command *c), void *arg, struct err *e) MUST_CHECK;
