/* How lists and counts of events find their rows.  The index that a statement walks is chosen here and not by SQLite, which would need statistics:
 * the most telling condition drives, the others are checked on its rows.  By time, whole blocks of the table are left out. */
#include <string.h>

#include "base/str.h"
#include "store/event_rows.h"

#define PART_FIRST  16384    /* rows of event_text in the first part of a search */
#define PART_GROWTH 4

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
#define LIST(from, condition)                                                                                        \
    "SELECT e.n, e.cluster, e.stored_at, e.incident_id, b.body FROM " from                                           \
    " CROSS JOIN event_bodies b ON b.n = e.n" CONDITIONS condition " LIMIT ?14"
#define COUNTS(from, condition)                                                                                      \
    "SELECT (e.at - ?11) / ?14, e.severity, count(*) FROM " from CONDITIONS condition " GROUP BY 1, 2"
#define DRIVER(drives, index, condition)                                                                             \
    {                                                                                                                \
        drives, LIST("events e " index, condition " ORDER BY e.n DESC"), COUNTS("events e " index, condition)        \
    }

static bool by_incident(const struct event_filter *f)
{
    return f->incident_id;
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
static const struct event_driver drivers[] = {
    DRIVER(by_incident, "INDEXED BY events_incident", " AND e.incident_id = ?8"),
    DRIVER(by_reason, "INDEXED BY events_reason", " AND e.reason = ?7"),
    DRIVER(by_namespace, "INDEXED BY events_namespace", " AND e.namespace = ?4"),
    DRIVER(by_severity, "INDEXED BY events_severity", " AND e.severity = ?15"),
    DRIVER(by_cluster, "INDEXED BY events_cluster", " AND e.cluster = ?3"),
    DRIVER(by_kind, "INDEXED BY events_kind", " AND e.kind = ?5"),
    DRIVER(by_nothing, "NOT INDEXED", ""),
};

/* For the part of the table whose words are indexed. */
#define FOUND    "event_text t CROSS JOIN events e ON e.n = t.rowid"
#define MATCHING " AND t.event_text MATCH ?15 AND t.rowid >= ?1 AND t.rowid <= ?2"
static const struct event_driver by_words = { NULL, LIST(FOUND, MATCHING " ORDER BY t.rowid DESC"), COUNTS(FOUND, MATCHING) };

static const struct event_driver *driver_of(const struct event_filter *f)
{
    const struct event_driver *at = drivers;
    while (!at->drives(f))
        at++;
    return at;
}

/* The last moment that belongs to the filter. */
static int64_t until_of(const struct event_filter *f)
{
    return f->until ? f->until - 1 : INT64_MAX;
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

static void bind_lower(struct db_stmt *s, int at, const char *text)
{
    AUTO_FREE char *copy = str_dup(text);
    event_lower(copy);
    db_text(s, at, copy);
}

void event_walk_bind(const struct event_walk *walk, struct db_stmt *s)
{
    const struct event_filter *f = walk->filter;
    AUTO_FREE char *pattern = f->text ? like_pattern(f->text) : NULL;
    db_int(s, 1, walk->from);
    db_int(s, 2, walk->to);
    db_int(s, 3, f->cluster);
    db_text(s, 4, f->namespace_);
    bind_lower(s, 5, f->kind);
    db_text(s, 6, f->name);
    bind_lower(s, 7, f->reason);
    db_text(s, 8, f->incident_id);
    db_int(s, 9, f->severities);
    db_int(s, 10, f->type);
    db_int(s, 11, f->since);
    db_int(s, 12, until_of(f));
    db_text(s, 13, pattern);
    if (walk->driver == &by_words)
        db_text(s, 15, buf_text(&walk->query));
    else if (walk->driver->drives == by_severity)
        db_int(s, 15, __builtin_ctz(f->severities));
}

static int newest(struct db *d, int64_t *n, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT max(n) FROM events", e);
    if (!s)
        return -1;
    if (db_step(s, e) < 0)
        return err_wrap(e, "reading the newest event");
    *n = db_get_int(s, 0);
    db_done(s);
    return 0;
}

int event_walk_begin(struct event_walk *walk, struct db *d, const struct event_filter *f, int64_t before, int64_t looks_max,
                     struct err *e)
{
    int64_t last = 0;
    *walk = (struct event_walk){ .filter = f, .left = looks_max, .part = PART_FIRST, .searches = (f->text || f->name) && !f->incident_id };
    if (newest(d, &last, e) || (walk->searches && event_text_end(d, &walk->indexed, e)))
        return -1;
    walk->next_to = before && before <= last ? before - 1 : last;
    if (walk->searches) {
        event_text_query(&walk->query, f->name);
        event_text_query(&walk->query, f->text);
    }
    return 0;
}

void event_walk_end(struct event_walk *walk)
{
    buf_fini(&walk->query);
}

/* The next stretch of the table that can hold times of the filter: 1 with from and to set, 0 at the end. */
static int next_stretch(struct event_walk *walk, struct db *d, struct err *e)
{
    static const char sql[] = "SELECT block FROM event_blocks WHERE block <= ?1 AND at_max >= ?2 AND at_min <= ?3 "
                              "ORDER BY block DESC";
    const struct event_filter *f = walk->filter;
    walk->to = walk->next_to;
    walk->from = 1;
    if (walk->to < 1 || (!f->since && !f->until))
        return walk->to >= 1;
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, walk->to / EVENT_BLOCK);
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
    walk->to = walk->to < end ? walk->to : end;
    walk->from = bottom * EVENT_BLOCK;
    return 1;
}

/* Raises from so that no more candidates lie in the part than may still be looked at. Common words are found in the first, small parts; for rare ones the
 * parts grow. */
static int bound_candidates(struct event_walk *walk, struct db *d, struct err *e)
{
    static const char sql[] = "SELECT count(*), min(rowid) FROM (SELECT rowid FROM event_text WHERE event_text MATCH ?1 AND "
                              "rowid >= ?2 AND rowid <= ?3 ORDER BY rowid DESC LIMIT ?4)";
    if (walk->to - walk->from >= walk->part)
        walk->from = walk->to - walk->part + 1;
    walk->part *= PART_GROWTH;
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_text(s, 1, buf_text(&walk->query));
    db_int(s, 2, walk->from);
    db_int(s, 3, walk->to);
    db_int(s, 4, walk->left);
    if (db_step(s, e) < 0)
        return err_wrap(e, "searching events");
    walk->left -= db_get_int(s, 0);
    if (walk->left == 0)
        walk->from = db_get_int(s, 1);
    db_done(s);
    return 0;
}

/* What event_text covers is found by it, the rest is walked; either way with a bound, behind which the search gives up. */
static int choose_search(struct event_walk *walk, struct db *d, struct err *e)
{
    if (walk->query.size && walk->to > walk->indexed && walk->from <= walk->indexed)
        walk->from = walk->indexed + 1;    /* first what is not in the index yet */
    if (walk->query.size && walk->to <= walk->indexed) {
        walk->driver = &by_words;
        return bound_candidates(walk, d, e);
    }
    if (walk->to - walk->from >= walk->left)
        walk->from = walk->to - walk->left + 1;
    walk->left -= walk->to - walk->from + 1;
    return 0;
}

int event_walk_next(struct event_walk *walk, struct db *d, struct err *e)
{
    if (walk->given_up)
        return 0;
    int found = next_stretch(walk, d, e);
    if (found <= 0)
        return found;
    walk->driver = driver_of(walk->filter);
    if (walk->searches && choose_search(walk, d, e))
        return -1;
    walk->next_to = walk->from - 1;
    walk->given_up = walk->searches && walk->left <= 0 && walk->next_to >= 1;
    return 1;
}
