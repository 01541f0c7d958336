/* Lists of events, and one of them. */
#include <string.h>

#include "store/event_rows.h"

#define LOOKS_MAX 20000    /* rows that one page looks at beyond the index */

struct listing {
    void (*each)(void *arg, const struct event_row *row);
    void *arg;
    int left;
    int64_t last;                 /* n of the last row given out */
    bool more;
};

/* Gives out the rows of a stretch that match. */
static int list_rows(struct db *d, const struct event_walk *walk, const char *sql, int64_t from, int64_t to, struct listing *l, struct err *e)
{
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    event_walk_bind(walk, s, from, to);
    db_int(s, 14, (int64_t)l->left + 1);
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

static int list_part(struct db *d, const struct event_walk *walk, struct listing *l, struct err *e)
{
    if (walk->statements)
        return list_rows(d, walk, walk->statements->list, walk->from, walk->to, l, e);
    for (unsigned row = EVENT_BLOCK; row-- > 0 && !l->more;)
        if (event_set_has(&walk->set, row) && list_rows(d, walk, event_by_number.list, walk->from + row, walk->from + row, l, e))
            return -1;
    return 0;
}

int events_list(struct db *d, const struct event_filter *f, int64_t before, int limit,
                void (*each)(void *arg, const struct event_row *row), void *arg, int64_t *next, struct err *e)
{
    struct listing l = { .each = each, .arg = arg, .left = limit };
    struct event_walk walk;
    int found = event_walk_begin(&walk, d, f, before, LOOKS_MAX, e);
    if (found == 0)
        while (!l.more && (found = event_walk_next(&walk, d, e)) == 1)
            if ((found = list_part(d, &walk, &l, e)))
                break;
    *next = l.more ? l.last : walk.given_up ? walk.from : 0;
    event_walk_end(&walk);
    return found < 0 ? -1 : 0;
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
    return step < 0 ? err_wrap(e, "looking for event %.80s", id) : found;
}

/* Each statement names all four parameters, so that one way of binding serves both. */
int events_find(struct db *d, int64_t cluster, const char *id, void (*each)(void *arg, const struct event_row *row),
                void *arg, struct err *e)
{
    static const char revision[] =
        "SELECT e.n, e.cluster, e.stored_at, e.incident_id, b.body, b.raw FROM clusters c "
        "CROSS JOIN events e INDEXED BY events_revision ON e.cluster = c.n AND e.version = ?4 AND e.ident = ?3 "
        "JOIN event_bodies b ON b.n = e.n WHERE (?1 = 0 OR c.n = ?1) AND ?2 IS NOT NULL AND e.alias IS NULL LIMIT 1";
    static const char alias[] =
        "SELECT e.n, e.cluster, e.stored_at, e.incident_id, b.body, b.raw FROM events e INDEXED BY events_alias "
        "JOIN event_bodies b ON b.n = e.n WHERE e.alias = ?2 AND (?1 = 0 OR e.cluster = ?1) AND ?3 IS NOT NULL AND "
        "?4 IS NOT NULL ORDER BY e.n DESC LIMIT 1";
    int found = find_by(d, revision, cluster, id, each, arg, e);
    return found ? found : find_by(d, alias, cluster, id, each, arg, e);
}
