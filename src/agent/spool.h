/* The agent's safety copy: what happened, in order, on disk before it is sent and until central has committed it.
 *
 * Everything here is called on the loop's thread and returns at once; SQLite works on a disk thread, one transaction at a time, which
 * takes whatever has gathered since the last one (group commit).  What belongs together becomes durable together: a place to resume a
 * watch from is never newer than the records before it.  A commit that fails is tried again for ever; meanwhile what comes gathers in
 * memory up to a bound, and then the spool says that it is full.
 */
#pragma once

#include "base/loop.h"
#include "store/spool_db.h"
#include "wire/event.h"

struct spool;

struct spool_config {
    const char *dir;              /* NULL or "": in memory                             */
    const char *cluster_id;       /* for gaps                                          */
    int64_t bytes_max;
    size_t waiting_max;           /* records in memory on their way to the disk        */
};

struct spool_handlers {
    /* Durable now, in order, and the same as they were packed, but for single ones; valid during the call. */
    void (*committed)(void *arg, const struct spool_row *rows, size_t count, const struct spool_packing *packed);

    /* No room any more (whoever appends should pause), or room again. */
    void (*full)(void *arg, bool full);
};

/* Opens or makes the spool, synchronously: this is the start.  A spool that is damaged is put aside and a new one begun, loudly. */
struct spool *spool_open(struct loop *l, const struct spool_config *config, const struct spool_handlers *handlers, void *arg, struct err *e);

/* Commits what waits, synchronously. NULL is allowed. */
void spool_close(struct spool *s);

uint64_t spool_epoch(const struct spool *s);
uint64_t spool_next(const struct spool *s);       /* seq of the next append                     */
uint64_t spool_newest(const struct spool *s);     /* newest durable seq; 0: none                */
int64_t spool_now(const struct spool *s);         /* wall ms that an append would note          */

/* body is copied, size bytes and a final 0: the event's JSON, which names spool_next() as its seq. */
void spool_append(struct spool *s, enum spool_class class_, const char *body, size_t size);
void spool_gap(struct spool *s, const struct wire_gap *gap);

/* Joins the transaction under way. */
void spool_place(struct spool *s, const char *kind, const char *version);
void spool_seen(struct spool *s, const struct spool_seen *seen);

/* Central has committed everything up to seq of this epoch. */
void spool_acknowledge(struct spool *s, uint64_t seq);

/* Rows behind `after`, at most count_max and about size_max bytes; done once, later, rows valid during the call; count 0: there are none. One at a time. */
typedef void (*spool_rows)(void *arg, const struct spool_row *rows, size_t count);
void spool_read(struct spool *s, uint64_t after, size_t count_max, size_t size_max, spool_rows done, void *arg);
bool spool_reading(const struct spool *s);

/* What was stored before this start; before the loop runs only.  Texts are the arena's, NULL when there is none. */
const char *spool_stored_place(struct spool *s, const char *kind, struct arena *a);
const char *spool_stored_fact(struct spool *s, const char *name, struct arena *a);
void spool_each_seen(struct spool *s, void (*visit)(void *arg, const struct spool_seen *seen), void *arg);
void spool_each_command(struct spool *s, void (*visit)(void *arg, const struct spool_command *c), void *arg);

void spool_set_fact(struct spool *s, const char *name, const char *value);

/* done(arg) runs when the command's begin is durable; not called when the spool is closed first. */
void spool_command_begin(struct spool *s, const struct spool_command *c, void (*done)(void *arg), void *arg);
void spool_command_end(struct spool *s, const char *id, const char *result, size_t size);

/* The remembered result of a command; text NULL when none is kept. */
typedef void (*spool_result)(void *arg, const char *id, const char *text, size_t size);
void spool_command_result(struct spool *s, const char *id, spool_result done, void *arg);

struct spool_status {
    int64_t records, bytes, oldest_ms;    /* on disk; age of the oldest                 */
    int64_t waiting;                      /* in memory                                  */
    int64_t dropped;                      /* ever, of this process                      */
    uint64_t commits, failures;
    bool full, failing, memory_only;
    char error[200];                      /* why it is failing                          */
};
void spool_status(const struct spool *s, struct spool_status *out);
