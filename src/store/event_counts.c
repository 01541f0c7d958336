/* Counts of events over time: from the index, and what is not indexed yet from the rows. */
#include <string.h>

#include "store/event_rows.h"

#define LOOKS_MAX 50000    /* rows that are looked at beyond the index */

struct counting {
    int64_t since, step_ms;
    struct event_bucket *buckets;
    size_t count;
};

static void add(const struct counting *c, int64_t bucket, int64_t severity, int64_t count)
{
    if (bucket >= 0 && bucket < (int64_t)c->count && severity >= 0 && severity < EVENT_SEVERITIES)
        c->buckets[bucket].by_severity[severity] += count;
}

/* The rows of a stretch that match. */
static int count_rows(struct db *d, const struct event_walk *walk, const char *sql, int64_t from, int64_t to, const struct counting *c, struct err *e)
{
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    event_walk_bind(walk, s, from, to);
    db_int(s, 14, c->step_ms);
    int step;
    while ((step = db_step(s, e)) == DB_ROW)
        add(c, db_get_int(s, 0), db_get_int(s, 1), db_get_int(s, 2));
    return step < 0 ? err_wrap(e, "counting events") : 0;
}

static int count_part(struct db *d, const struct event_walk *walk, const struct counting *c, struct err *e)
{
    const int64_t *marks = walk->marks;
    if (walk->statements)
        return count_rows(d, walk, walk->statements->counts, walk->from, walk->to, c, e);
    for (unsigned row = 0; row < EVENT_BLOCK; row++) {
        if (!event_set_has(&walk->set, row) || !marks[row])
            continue;
        int64_t at = marks[row] / EVENT_MARK(1, 0), n = walk->from + row;
        if (!event_set_has(&walk->unsure, row))
            add(c, (at - c->since) / c->step_ms, marks[row] % EVENT_MARK(1, 0), 1);
        else if (count_rows(d, walk, event_by_number.counts, n, n, c, e))
            return -1;
    }
    return 0;
}

/* When event n, or the next one that there is, was stored. */
static int stored_at(struct db *d, int64_t n, int64_t *ms, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT stored_at FROM events WHERE n >= ?1 ORDER BY n LIMIT 1", e);
    if (!s)
        return -1;
    db_int(s, 1, n);
    int step = db_step(s, e);
    *ms = step == DB_ROW ? db_get_int(s, 0) : 0;
    db_done(s);
    return step < 0 ? err_wrap(e, "counting events") : 0;
}

int events_histogram(struct db *d, const struct event_filter *f, int64_t step_ms, struct event_bucket *buckets, size_t count,
                     int64_t *counted_since, struct err *e)
{
    struct counting c = { f->since, step_ms, buckets, count };
    struct event_filter whole = *f;
    struct event_walk walk;
    memset(buckets, 0, sizeof *buckets * count);
    *counted_since = 0;
    whole.until = f->since + step_ms * (int64_t)count;
    int found = event_walk_begin(&walk, d, &whole, 0, LOOKS_MAX, e);
    if (found == 0)
        while ((found = event_walk_next(&walk, d, e)) == 1)
            if ((found = count_part(d, &walk, &c, e)))
                break;
    if (found == 0 && walk.given_up)
        found = stored_at(d, walk.from, counted_since, e);
    event_walk_end(&walk);
    return found;
}
