/* Counts of events over time: by the minute from a table of their own, with any other condition from the events themselves. */
#include <string.h>

#include "store/event_rows.h"

#define LOOKS_MAX 50000    /* events that one search looks at */

/* One row of what both ways of counting give: bucket, severity, count. */
static int add_counts(struct db_stmt *s, struct event_bucket *buckets, size_t count, struct err *e)
{
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        int64_t bucket = db_get_int(s, 0), severity = db_get_int(s, 1);
        if (bucket >= 0 && bucket < (int64_t)count && severity >= 0 && severity < EVENT_SEVERITIES)
            buckets[bucket].by_severity[severity] += db_get_int(s, 2);
    }
    return step < 0 ? err_wrap(e, "counting events") : 0;
}

/* Are the counts by minute enough?  They know cluster and severity only. */
static bool minutes_suffice(const struct event_filter *f, int64_t step_ms)
{
    return step_ms % 60000 == 0 && f->since % 60000 == 0 && !f->namespace_ && !f->kind && !f->name && !f->reason &&
           !f->incident_id && !f->text && f->type < 0;
}

static int count_minutes(struct db *d, const struct event_filter *f, int64_t step_ms, struct event_bucket *buckets,
                         size_t count, struct err *e)
{
    static const char sql[] = "SELECT (minute - ?2) / ?4, severity, sum(count) FROM event_counts WHERE cluster = ?1 AND "
                              "minute >= ?2 AND minute < ?3 AND (?5 = 0 OR (?5 >> severity) & 1) GROUP BY 1, 2";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, f->cluster);
    db_int(s, 2, f->since / 60000);
    db_int(s, 3, (f->since + step_ms * (int64_t)count) / 60000);
    db_int(s, 4, step_ms / 60000);
    db_int(s, 5, f->severities);
    return add_counts(s, buckets, count, e);
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

static int count_part(struct db *d, const struct event_walk *walk, int64_t step_ms, struct event_bucket *buckets, size_t count,
                      struct err *e)
{
    struct db_stmt *s = db_prepare(d, walk->driver->counts, e);
    if (!s)
        return -1;
    event_walk_bind(walk, s);
    db_int(s, 14, step_ms);
    return add_counts(s, buckets, count, e);
}

int events_histogram(struct db *d, const struct event_filter *f, int64_t step_ms, struct event_bucket *buckets, size_t count,
                     int64_t *counted_since, struct err *e)
{
    memset(buckets, 0, sizeof *buckets * count);
    *counted_since = 0;
    if (minutes_suffice(f, step_ms))
        return count_minutes(d, f, step_ms, buckets, count, e);
    struct event_filter whole = *f;
    struct event_walk walk;
    whole.until = f->since + step_ms * (int64_t)count;
    int found = event_walk_begin(&walk, d, &whole, 0, LOOKS_MAX, e);
    if (found == 0)
        while ((found = event_walk_next(&walk, d, e)) == 1)
            if ((found = count_part(d, &walk, step_ms, buckets, count, e)))
                break;
    if (found == 0 && walk.given_up)
        found = stored_at(d, walk.from, counted_since, e);
    event_walk_end(&walk);
    return found;
}
