/* Lists and counts of events.  The index that a list walks is chosen here and not by SQLite, which would need statistics: the
 * most telling condition drives, the others are checked on its rows.  By time, whole blocks of the table are left out. */
#include <string.h>

#include "base/str.h"
#include "store/event_rows.h"

/* Parameters 1 to 13 are the same in every statement. */
#define CONDITIONS                                                                                                   \
    " WHERE e.n >= ?1 AND e.n <= ?2"                                                                                 \
    " AND (?3 = 0 OR e.cluster = ?3)"                                                                                \
    " AND (?4 IS NULL OR e.namespace = ?4)"                                                                          \
    " AND (?5 IS NULL OR e.kind = ?5)"                                                                               \
    " AND (?6 IS NULL OR e.name = ?6)"                                                                               \
    " AND (?7 IS NULL OR e.reason = ?7)"                                                                             \
    " AND (?8 IS NULL OR e.incident_id = ?8)"                                                                        \
    " AND (?9 = 0 OR (?9 >> e.severity) & 1)"                                                                        \
    " AND (?10 < 0 OR e.type = ?10)"                                                                                 \
    " AND e.at >= ?11 AND e.at <= ?12"                                                                               \
    " AND (?13 IS NULL OR e.reason LIKE ?13 ESCAPE '\\' OR e.name LIKE ?13 ESCAPE '\\' OR "                          \
    "(SELECT json_extract(body, '$.message') FROM event_bodies WHERE n = e.n) LIKE ?13 ESCAPE '\\')"
#define LIST(index, condition)                                                                                       \
    "SELECT e.n, e.cluster, e.stored_at, e.incident_id, b.body FROM events e " index                                 \
    " CROSS JOIN event_bodies b ON b.n = e.n" CONDITIONS condition " ORDER BY e.n DESC LIMIT ?14"
#define COUNTS(index, condition)                                                                                     \
    "SELECT (e.at - ?11) / ?14, e.severity, count(*) FROM events e " index CONDITIONS condition " GROUP BY 1, 2"

static bool by_incident(const struct event_filter *f)
{
    return f->incident_id;
}
static bool by_name(const struct event_filter *f)
{
    return f->name;
}
static bool by_reason(const struct event_filter *f)
{
    return f->reason;
}
static bool by_namespace(const struct event_filter *f)
{
    return f->namespace_;
}
/* Several severities together are most of the table. */
static bool by_severity(const struct event_filter *f)
{
    return f->severities && (f->severities & (f->severities - 1)) == 0;
}
static bool by_cluster(const struct event_filter *f)
{
    return f->cluster;
}
static bool by_kind(const struct event_filter *f)
{
    return f->kind;
}
static bool by_nothing(const struct event_filter *f)
{
    (void)f;
    return true;
}

/* The most telling first. */
#define DRIVER(drives, index, condition) { drives, LIST(index, condition), COUNTS(index, condition) }
static const struct driver {
    bool (*drives)(const struct event_filter *f);
    const char *list, *counts;
} drivers[] = {
    DRIVER(by_incident, "INDEXED BY events_incident", " AND e.incident_id = ?8"),
    DRIVER(by_name, "INDEXED BY events_object", " AND e.name = ?6"),
    DRIVER(by_reason, "INDEXED BY events_reason", " AND e.reason = ?7"),
    DRIVER(by_namespace, "INDEXED BY events_namespace", " AND e.namespace = ?4"),
    DRIVER(by_severity, "INDEXED BY events_severity", " AND e.severity = ?15"),
    DRIVER(by_cluster, "INDEXED BY events_cluster", " AND e.cluster = ?3"),
    DRIVER(by_kind, "INDEXED BY events_kind", " AND e.kind = ?5"),
    DRIVER(by_nothing, "NOT INDEXED", ""),
};

static const struct driver *driver_of(const struct event_filter *f)
{
    const struct driver *at = drivers;
    while (!at->drives(f))
        at++;
    return at;
}

static int64_t until_of(const struct event_filter *f)
{
    return f->until ? f->until : INT64_MAX;
}

/* "50%" is looked for as it is written. */
static char *like_pattern(const char *text)
{
    AUTO_BUF struct buf b = { 0 };
    buf_char(&b, '%');
    for (; *text; text++) {
        if (strchr("%_\\", *text))
            buf_char(&b, '\\');
        buf_char(&b, *text);
    }
    buf_char(&b, '%');
    return buf_take(&b, NULL);
}

static void bind_filter(struct db_stmt *s, const struct event_filter *f, int64_t from, int64_t to)
{
    db_int(s, 1, from);
    db_int(s, 2, to);
    db_int(s, 3, f->cluster);
    db_text(s, 4, f->namespace_);
    db_text(s, 5, f->kind);
    db_text(s, 6, f->name);
    db_text(s, 7, f->reason);
    db_text(s, 8, f->incident_id);
    db_int(s, 9, f->severities);
    db_int(s, 10, f->type);
    db_int(s, 11, f->since);
    db_int(s, 12, until_of(f));
    AUTO_FREE char *pattern = f->text ? like_pattern(f->text) : NULL;
    db_text(s, 13, pattern);
}

static void bind_severity(struct db_stmt *s, const struct event_filter *f)
{
    if (by_severity(f) && driver_of(f)->drives == by_severity)
        db_int(s, 15, __builtin_ctz(f->severities));
}

/* The next stretch of the table, going down from *to, that can hold times of the filter: 1 with from and to set, 0 at the end. */
static int next_stretch(struct db *d, const struct event_filter *f, int64_t *from, int64_t *to, struct err *e)
{
    static const char sql[] = "SELECT block FROM event_blocks WHERE block <= ?1 AND at_max >= ?2 AND at_min <= ?3 "
                              "ORDER BY block DESC";
    if (*to <= 0)
        return 0;
    if (!f->since && !f->until) {
        *from = 0;
        return 1;
    }
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, *to / EVENT_BLOCK);
    db_int(s, 2, f->since);
    db_int(s, 3, until_of(f));
    int64_t top = -1, bottom = -1;
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        int64_t block = db_get_int(s, 0);
        if (top >= 0 && block != bottom - 1)
            break;
        top = top < 0 ? block : top;
        bottom = block;
    }
    db_done(s);
    if (step < 0)
        return err_wrap(e, "choosing blocks of events");
    if (top < 0)
        return 0;
    int64_t end = (top + 1) * EVENT_BLOCK - 1;
    *to = *to < end ? *to : end;
    *from = bottom * EVENT_BLOCK;
    return 1;
}

struct listing {
    void (*each)(void *arg, const struct event_row *row);
    void *arg;
    int left;
    int64_t last;                 /* n of the last row given out */
    bool more;
};

static int list_stretch(struct db *d, const struct event_filter *f, int64_t from, int64_t to, struct listing *l,
                        struct err *e)
{
    struct db_stmt *s = db_prepare(d, driver_of(f)->list, e);
    if (!s)
        return -1;
    bind_filter(s, f, from, to);
    bind_severity(s, f);
    db_int(s, 14, l->left + 1);
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        if (l->left == 0) {
            l->more = true;
            break;
        }
        struct event_row row = {
            .n = db_get_int(s, 0),
            .cluster = db_get_int(s, 1),
            .stored_at = db_get_int(s, 2),
            .incident_id = db_get_text(s, 3),
            .body = db_get_text(s, 4),
        };
        l->last = row.n;
        l->left--;
        l->each(l->arg, &row);
    }
    db_done(s);
    return step < 0 ? err_wrap(e, "listing events") : 0;
}

int events_list(struct db *d, const struct event_filter *f, int64_t before, int limit,
                void (*each)(void *arg, const struct event_row *row), void *arg, int64_t *next, struct err *e)
{
    struct listing l = { .each = each, .arg = arg, .left = limit };
    int64_t from, to = before ? before - 1 : INT64_MAX;
    int found;
    while (!l.more && (found = next_stretch(d, f, &from, &to, e)) == 1) {
        if (list_stretch(d, f, from, to, &l, e))
            return -1;
        to = from - 1;
    }
    if (!l.more && found < 0)
        return -1;
    *next = l.more ? l.last : 0;
    return 0;
}

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

int events_histogram(struct db *d, const struct event_filter *f, int64_t step_ms, struct event_bucket *buckets, size_t count,
                     struct err *e)
{
    memset(buckets, 0, sizeof *buckets * count);
    if (minutes_suffice(f, step_ms))
        return count_minutes(d, f, step_ms, buckets, count, e);
    struct event_filter whole = *f;
    whole.until = f->since + step_ms * (int64_t)count - 1;
    int64_t from, to = INT64_MAX;
    int found;
    while ((found = next_stretch(d, &whole, &from, &to, e)) == 1) {
        struct db_stmt *s = db_prepare(d, driver_of(&whole)->counts, e);
        if (!s)
            return -1;
        bind_filter(s, &whole, from, to);
        bind_severity(s, &whole);
        db_int(s, 14, step_ms);
        if (add_counts(s, buckets, count, e))
            return -1;
        to = from - 1;
    }
    return found;
}

static int find_by(struct db *d, const char *sql, int64_t cluster, const char *id,
                   void (*each)(void *arg, const struct event_row *row), void *arg, struct err *e)
{
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    const char *dot = strrchr(id, '.');
    db_int(s, 1, cluster);
    db_text(s, 2, id);
    db_textn(s, 3, id, dot ? (size_t)(dot - id) : strlen(id));
    db_text(s, 4, dot ? dot + 1 : "");
    int found = 0, step;
    while ((step = db_step(s, e)) == DB_ROW) {
        struct event_row row = {
            .n = db_get_int(s, 0),
            .cluster = db_get_int(s, 1),
            .stored_at = db_get_int(s, 2),
            .incident_id = db_get_text(s, 3),
            .body = db_get_text(s, 4),
            .raw = db_get_text(s, 5),
        };
        each(arg, &row);
        found = 1;
    }
    return step < 0 ? err_wrap(e, "looking for event %s", id) : found;
}

int events_find(struct db *d, int64_t cluster, const char *id, void (*each)(void *arg, const struct event_row *row),
                void *arg, struct err *e)
{
#define FOUND "SELECT e.n, e.cluster, e.stored_at, e.incident_id, b.body, b.raw FROM "
    /* ?2 is used in both, or SQLite would number the parameters differently. */
    static const char revision[] = FOUND "clusters c CROSS JOIN events e INDEXED BY events_revision ON e.cluster = c.n AND "
                                         "e.ident = ?3 AND e.version = ?4 JOIN event_bodies b ON b.n = e.n "
                                         "WHERE (?1 = 0 OR c.n = ?1) AND ?2 IS NOT NULL AND e.alias IS NULL LIMIT 1";
    static const char alias[] = FOUND "events e INDEXED BY events_alias JOIN event_bodies b ON b.n = e.n "
                                      "WHERE e.alias = ?2 AND (?1 = 0 OR e.cluster = ?1) AND ?3 IS NOT NULL AND "
                                      "?4 IS NOT NULL ORDER BY e.n DESC LIMIT 1";
#undef FOUND
    int found = find_by(d, revision, cluster, id, each, arg, e);
    return found ? found : find_by(d, alias, cluster, id, each, arg, e);
}
