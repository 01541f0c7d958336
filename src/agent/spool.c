#include "agent/spool.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/gap.h"
#include "agent/spool_batch.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define GATHER_MS        50                    /* between commits of events alone, as a watch gathers: each costs some pages and a sync */
#define GATHER_ROWS      512                   /* that many do not wait                */
#define LAZY_MS          5000                  /* places and acknowledgements alone wait so long for company */
#define RETRY_FIRST_MS   250
#define RETRY_MOST_MS    5000
#define WAITING_BYTES    ((size_t)4 << 20)
#define MEMORY_BYTES_MAX ((int64_t)8 << 20)    /* of a spool without a disk */
#define READ_MAX         512

struct lookup {
    struct lookup *next;
    char *id;
    spool_result done;
    void *arg;
    struct spool_command found;
    bool there;
};

/* What a job does beside its batch. */
struct reading {
    bool wanted, taken;
    uint64_t after;
    size_t count_max, size_max, count;
    spool_rows done;
    void *arg;
    struct spool_row rows[READ_MAX];
};

struct spool {
    struct loop *loop;
    struct spool_handlers handlers;
    void *arg;
    char *dir, *cluster_id;
    size_t waiting_max;
    uint64_t epoch, next, newest;
    struct timer start, lazy, retry;
    bool gathers;                 /* start is not at once                         */
    int64_t committed_ms;
    struct spool_batch gathering;
    int64_t refused;              /* not even taken into memory, told by a gap once there is room */
    struct reading reading;
    struct lookup *lookups;       /* asked for                                    */
    struct spool_status status;
    int64_t oldest_at;            /* wall ms of the oldest record on disk, 0: empty */
    int failures;                 /* in a row                                     */
    uint64_t dice;

    /* The job's, while it is busy. */
    bool busy, closing;
    struct db *db;
    struct spool_batch working;
    struct spool_packing packing;
    struct spool_room room;
    struct lookup *looking;
    struct arena arena;           /* rows and results that were read              */
    bool reopen, committed;
    struct err err;
};

/* --- the disk thread --------------------------------------------------------------------------------------------- */

static void look_up(struct spool *s)
{
    for (struct lookup *l = s->looking; l; l = l->next)
        l->there = s->db && spool_db_command(s->db, l->id, &s->arena, &l->found, NULL) == 0;
}

static int try_read(struct spool *s, struct err *e)
{
    struct reading *r = &s->reading;
    r->count = 0;
    return spool_db_read(s->db, r->after, r->count_max, r->size_max, &s->arena, r->rows, &r->count, e);
}

/* What cannot be read must not stand in the way of what is behind it. */
static void read_rows(struct spool *s)
{
    struct err why;
    if (!s->db || try_read(s, &why) == 0)
        return;
    bool given_up = why.kind == ERR_INVALID && batch_give_up(s->db, s->reading.after, &s->room, &why) == 0;
    log_error(given_up ? "a part of the spool is damaged; a gap stands in its place" : "the spool cannot be read", "why=\"%s\"", why.text);
    if (!given_up || try_read(s, &why))
        s->reading.count = 0;
}

/* A handle that failed to write is not used again: what it believes to have written may be gone. */
static bool ready_to_write(struct spool *s)
{
    if (!s->reopen)
        return true;
    db_close(s->db);
    s->db = spool_db_open(s->dir, &s->err);
    s->reopen = s->db == NULL;
    return !s->reopen;
}

static void work(void *arg)
{
    struct spool *s = arg;
    s->committed = true;
    if (!batch_is_empty(&s->working)) {
        s->committed = ready_to_write(s) && batch_commit(s->db, &s->working, &s->packing, &s->room, &s->err) == 0;
        if (!s->committed && s->dir)
            s->reopen = true;
    }
    if (s->reading.taken)
        read_rows(s);
    look_up(s);
}

/* --- jobs -------------------------------------------------------------------------------------------------------- */

static void finished(void *arg);

static bool has_work(const struct spool *s)
{
    return batch_is_urgent(&s->gathering) || s->reading.wanted || s->lookups;
}

static size_t waiting_rows(const struct spool *s)
{
    return s->gathering.n_rows + s->working.n_rows;
}

static void tell_full(struct spool *s)
{
    size_t rows = waiting_rows(s), bytes = s->gathering.bytes + s->working.bytes;
    bool full = s->status.full ? rows > s->waiting_max / 2 || bytes > WAITING_BYTES / 2 : rows >= s->waiting_max || bytes >= WAITING_BYTES;
    if (full == s->status.full)
        return;
    s->status.full = full;
    if (s->handlers.full)
        s->handlers.full(s->arg, full);
}

/* Takes what has gathered, unless an earlier batch has still to succeed. */
static void begin(void *arg)
{
    struct spool *s = arg;
    struct err e;
    if (s->busy)
        return;
    if (batch_is_empty(&s->working)) {
        s->working = s->gathering;
        s->gathering = (struct spool_batch){ 0 };
        timer_stop(&s->lazy);
    }
    s->reading.taken = s->reading.wanted;
    s->looking = s->lookups;
    s->lookups = NULL;
    s->room.now = loop_wall_ms(s->loop);
    s->busy = true;
    if (loop_work(s->loop, work, finished, s, &e)) {
        log_error("the disk thread does not start", "why=\"%s\"", e.text);
        s->committed = false;
        s->err = e;
        finished(s);
    }
}

/* How long events may wait for company; whoever waits for an answer does not. */
static int64_t patience_ms(const struct spool *s)
{
    const struct spool_batch *b = &s->gathering;
    if (!batch_is_empty(&s->working) || b->n_steps > 0 || b->n_facts > 0 || b->n_rows >= GATHER_ROWS || s->reading.wanted || s->lookups)
        return 0;
    int64_t wait = s->committed_ms + GATHER_MS - loop_now_ms(s->loop);
    return wait > 0 ? wait : 0;
}

static void begin_soon(struct spool *s)
{
    if (timer_running(&s->start) && !s->gathers)
        return;
    int64_t wait = patience_ms(s);
    if (timer_running(&s->start) && wait > 0)
        return;
    s->gathers = wait > 0;
    timer_start(&s->start, s->loop, wait, begin, s);
}

static void plan(struct spool *s)
{
    if (s->busy || s->closing || timer_running(&s->retry))
        return;
    if (has_work(s) || !batch_is_empty(&s->working))
        begin_soon(s);
    else if (!batch_is_empty(&s->gathering) && !timer_running(&s->lazy))
        timer_start(&s->lazy, s->loop, LAZY_MS, begin, s);
}

static void retry(void *arg)
{
    plan(arg);
}

static void failed(struct spool *s)
{
    s->status.failures++;
    s->failures++;
    s->status.failing = true;
    (void)str_copy(s->status.error, sizeof s->status.error, s->err.text);
    log_error("the spool cannot be written; watches wait when memory for it is full", "why=\"%s\" waiting=%zu", s->err.text, waiting_rows(s));
    if (!s->closing)
        timer_start(&s->retry, s->loop, clock_back_off_ms(s->failures, RETRY_FIRST_MS, RETRY_MOST_MS, &s->dice), retry, s);
}

static void tell_dropped(struct spool *s)
{
    if (s->room.dropped.records == 0)
        return;
    s->status.dropped += s->room.dropped.records;
    log_warn("records of the spool are gone; a gap stands in their place", "records=%lld first=%llu last=%llu", (long long)s->room.dropped.records,
             (unsigned long long)s->room.dropped.first, (unsigned long long)s->room.dropped.last);
    s->room.dropped = (struct spool_dropped){ 0 };
}

static void note_totals(struct spool *s)
{
    s->status.records = s->room.totals.records;
    s->status.bytes = s->room.totals.bytes;
    s->oldest_at = s->room.oldest_at;
}

static void succeeded(struct spool *s)
{
    if (s->status.failing)
        log_info("the spool can be written again", "waiting=%zu", waiting_rows(s));
    s->failures = 0;
    s->status.failing = false;
    s->status.commits++;
    note_totals(s);
    tell_dropped(s);
    struct spool_batch done = s->working;
    s->working = (struct spool_batch){ 0 };
    if (done.n_rows > 0) {
        s->newest = done.rows[done.n_rows - 1].seq;
        s->committed_ms = loop_now_ms(s->loop);
        if (s->handlers.committed && !s->closing)
            s->handlers.committed(s->arg, done.rows, done.n_rows, &s->packing);
    }
    spool_packing_clear(&s->packing);
    if (s->room.totals.records == 0)
        spool_packing_fini(&s->packing);    /* memory that only a flood needs */
    for (size_t i = 0; i < done.n_steps; i++)
        if (done.steps[i].done && !s->closing)
            done.steps[i].done(done.steps[i].arg);
    batch_clear(&done);
    if (s->refused > 0 && !s->closing) {
        struct wire_gap gap = { .cause = "spool_overflow", .count = s->refused, .detail = "the disk took nothing" };
        s->refused = 0;
        spool_gap(s, &gap);
    }
}

static void answer(struct spool *s)
{
    struct lookup *next;
    for (struct lookup *l = s->looking; l; l = next) {
        next = l->next;
        if (!s->closing)
            l->done(l->arg, l->id, l->there ? l->found.result : NULL, l->there ? l->found.size : 0);
        free(l->id);
        free(l);
    }
    s->looking = NULL;
    if (!s->reading.taken)
        return;
    s->reading.wanted = s->reading.taken = false;
    if (!s->closing)
        s->reading.done(s->reading.arg, s->reading.rows, s->reading.count);
}

static void release(struct spool *s)
{
    timer_stop(&s->start);
    timer_stop(&s->lazy);
    timer_stop(&s->retry);
    batch_clear(&s->gathering);
    batch_clear(&s->working);
    while (s->lookups) {
        struct lookup *l = s->lookups;
        s->lookups = l->next;
        free(l->id);
        free(l);
    }
    db_close(s->db);
    spool_packing_fini(&s->packing);
    arena_fini(&s->arena);
    free(s->dir);
    free(s->cluster_id);
    free(s);
}

static void commit_now(struct spool *s);

static void finished(void *arg)
{
    struct spool *s = arg;
    s->busy = false;
    if (s->committed)
        succeeded(s);
    else
        failed(s);
    answer(s);
    arena_reset(&s->arena);
    if (s->closing) {
        commit_now(s);
        release(s);
        return;
    }
    tell_full(s);
    plan(s);
}

/* --- opening and closing ----------------------------------------------------------------------------------------- */

/* A number that is stored as text; 0 when there is none. */
static uint64_t stored_number(struct spool *s, const char *name)
{
    const char *text = spool_stored_fact(s, name, &s->arena);
    return text ? strtoull(text, NULL, 10) : 0;
}

static int load(struct spool *s, struct err *e)
{
    s->epoch = stored_number(s, "epoch");
    s->newest = stored_number(s, "newest");
    if (s->epoch == 0) {
        char text[24];
        s->epoch = (uint64_t)clock_wall_ms();
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)s->epoch);
        if (spool_db_set(s->db, "epoch", text, e))
            return -1;
    }
    s->next = s->newest + 1;
    s->room.epoch = s->epoch;
    arena_reset(&s->arena);
    return spool_db_totals(s->db, &s->room.totals, e) || spool_db_oldest(s->db, &s->room.oldest_at, e) ? -1 : 0;
}

static void put_aside(const char *dir, int64_t now)
{
    static const char *const tails[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < COUNT(tails); i++) {
        AUTO_FREE char *from = str_printf("%s/spool.db%s", dir, tails[i]);
        AUTO_FREE char *to = str_printf("%s/damaged-%lld.db%s", dir, (long long)now, tails[i]);
        if (rename(from, to) && i == 0)
            log_error("the damaged spool cannot be put aside", "file=%s", from);
    }
}

static int open_stored(struct spool *s, struct err *e)
{
    s->db = spool_db_open(s->dir, e);
    if (s->db && load(s, e) == 0)
        return 0;
    if (!s->dir || e->kind != ERR_INVALID)
        return -1;
    log_error("the spool is damaged; it is put aside and a new one begun", "why=\"%s\"", e->text);
    db_close(s->db);
    put_aside(s->dir, clock_wall_ms());
    s->db = spool_db_open(s->dir, e);
    return s->db ? load(s, e) : -1;
}

struct spool *spool_open(struct loop *l, const struct spool_config *config, const struct spool_handlers *handlers, void *arg, struct err *e)
{
    struct spool *s = mem_alloc(sizeof *s);
    *s = (struct spool){ .loop = l, .handlers = *handlers, .arg = arg, .waiting_max = config->waiting_max, .dice = (uint64_t)clock_mono_us() };
    s->cluster_id = str_dup(config->cluster_id);
    s->room.cluster_id = s->cluster_id;
    s->room.bytes_max = config->bytes_max;
    if (config->dir && config->dir[0]) {
        s->dir = str_dup(config->dir);
    } else {
        s->status.memory_only = true;
        if (s->room.bytes_max > MEMORY_BYTES_MAX)
            s->room.bytes_max = MEMORY_BYTES_MAX;
        log_warn("there is no spool_dir: what central has not committed is lost when this process ends", "bytes_max=%lld", (long long)s->room.bytes_max);
    }
    if (open_stored(s, e)) {
        release(s);
        err_wrap(e, "opening the spool");
        return NULL;
    }
    note_totals(s);
    return s;
}

/* The last commits, on this thread: nobody waits for the loop any more. */
static void commit_now(struct spool *s)
{
    struct err e;
    struct spool_batch *const batches[] = { &s->working, &s->gathering };
    s->room.now = clock_wall_ms();
    for (size_t i = 0; i < COUNT(batches); i++) {
        if (batch_is_empty(batches[i]))
            continue;
        if (!ready_to_write(s) || batch_commit(s->db, batches[i], &s->packing, &s->room, &e)) {
            log_error("the last records could not be kept", "records=%zu why=\"%s\"", batches[i]->n_rows, s->reopen ? s->err.text : e.text);
            return;
        }
    }
}

void spool_close(struct spool *s)
{
    if (!s)
        return;
    s->closing = true;
    if (s->busy)
        return;    /* finished() goes on */
    commit_now(s);
    release(s);
}

/* --- appending --------------------------------------------------------------------------------------------------- */

uint64_t spool_epoch(const struct spool *s)
{
    return s->epoch;
}

uint64_t spool_next(const struct spool *s)
{
    return s->next;
}

uint64_t spool_newest(const struct spool *s)
{
    return s->newest;
}

int64_t spool_now(const struct spool *s)
{
    return loop_wall_ms(s->loop);
}

void spool_append(struct spool *s, enum spool_class class_, const char *body, size_t size)
{
    if (waiting_rows(s) >= 2 * s->waiting_max || s->gathering.bytes >= 2 * WAITING_BYTES) {
        s->refused++;
        s->status.dropped++;
        return;
    }
    batch_add_row(&s->gathering, &(struct spool_row){ .seq = s->next++, .at = loop_wall_ms(s->loop), .class_ = class_, .body = body, .size = size });
    tell_full(s);
    plan(s);
}

void spool_gap(struct spool *s, const struct wire_gap *gap)
{
    size_t size;
    AUTO_FREE char *body = gap_encode(s->cluster_id, s->epoch, s->next, gap, loop_wall_ms(s->loop), &size);
    spool_append(s, SPOOL_KEPT, body, size);
}

void spool_place(struct spool *s, const char *kind, const char *version)
{
    batch_set(s->gathering.places, &s->gathering.n_places, SPOOL_PLACES_MAX, kind, version);
    plan(s);
}

void spool_seen(struct spool *s, const struct spool_seen *seen)
{
    batch_add_seen(&s->gathering, seen);
    plan(s);
}

void spool_acknowledge(struct spool *s, uint64_t seq)
{
    if (seq > s->newest)
        seq = s->newest;
    if (seq > s->gathering.free_to)
        s->gathering.free_to = seq;
    plan(s);
}

void spool_set_fact(struct spool *s, const char *name, const char *value)
{
    batch_set(s->gathering.facts, &s->gathering.n_facts, SPOOL_FACTS_MAX, name, value);
    plan(s);
}

void spool_command_begin(struct spool *s, const struct spool_command *c, void (*done)(void *arg), void *arg)
{
    batch_add_step(&s->gathering, &(struct spool_step){ .id = str_dup(c->id), .nonce = str_dup(c->nonce), .begun_at = c->begun_at,
                                                        .forget_at = c->forget_at, .done = done, .arg = arg });
    plan(s);
}

void spool_command_end(struct spool *s, const char *id, const char *result, size_t size)
{
    batch_add_step(&s->gathering, &(struct spool_step){ .id = str_dup(id), .result = str_ndup(result, size), .size = size });
    plan(s);
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

void spool_read(struct spool *s, uint64_t after, size_t count_max, size_t size_max, spool_rows done, void *arg)
{
    assert(!s->reading.wanted);
    s->reading.wanted = true;
    s->reading.after = after;
    s->reading.count_max = count_max < READ_MAX ? count_max : READ_MAX;
    s->reading.size_max = size_max;
    s->reading.done = done;
    s->reading.arg = arg;
    plan(s);
}

bool spool_reading(const struct spool *s)
{
    return s->reading.wanted;
}

void spool_command_result(struct spool *s, const char *id, spool_result done, void *arg)
{
    struct lookup *l = mem_alloc(sizeof *l);
    *l = (struct lookup){ .next = s->lookups, .id = str_dup(id), .done = done, .arg = arg };
    s->lookups = l;
    plan(s);
}

const char *spool_stored_place(struct spool *s, const char *kind, struct arena *a)
{
    const char *value;
    return spool_db_place(s->db, kind, a, &value, NULL) == 0 ? value : NULL;
}

const char *spool_stored_fact(struct spool *s, const char *name, struct arena *a)
{
    const char *value;
    return spool_db_get(s->db, name, a, &value, NULL) == 0 ? value : NULL;
}

void spool_each_seen(struct spool *s, void (*visit)(void *arg, const struct spool_seen *seen), void *arg)
{
    struct err e;
    if (spool_db_each_seen(s->db, visit, arg, &e))
        log_warn("what was reported before cannot be read; it will be reported again", "why=\"%s\"", e.text);
}

void spool_each_command(struct spool *s, void (*visit)(void *arg, const struct spool_command *c), void *arg)
{
    struct err e;
    if (spool_db_each_command(s->db, visit, arg, &e))
        log_warn("the commands of before cannot be read", "why=\"%s\"", e.text);
}

void spool_status(const struct spool *s, struct spool_status *out)
{
    *out = s->status;
    out->waiting = (int64_t)waiting_rows(s);
    out->oldest_ms = s->oldest_at ? loop_wall_ms(s->loop) - s->oldest_at : 0;
}
