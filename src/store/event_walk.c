/* The way of a filter through the events: first what is not indexed yet, row by row, then block after block from the index.
 * Every walk has a bound, behind which it gives up; it tells where, so that the next page goes on there. */
#include <string.h>

#include "base/str.h"
#include "store/event_rows.h"

#define CHUNKS_MAX  256    /* of a walk: 16 million events                                        */
#define BLOCK_LOOKS 512    /* what searching a block's words costs, in rows looked at one by one  */

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
    "SELECT e.n, e.cluster, e.stored_at, e.incident_id, b.body FROM events e " from                                  \
    " CROSS JOIN event_bodies b ON b.n = e.n" CONDITIONS condition " ORDER BY e.n DESC LIMIT ?14"
#define COUNTS(from, condition)                                                                                      \
    "SELECT (e.at - ?11) / ?14, e.severity, count(*) FROM events e " from CONDITIONS condition " GROUP BY 1, 2"

const struct event_statements event_by_number = { LIST("NOT INDEXED", ""), COUNTS("NOT INDEXED", "") };
#define INCIDENT "INDEXED BY events_incident"
static const struct event_statements by_incident = { LIST(INCIDENT, " AND e.incident_id = ?8"), COUNTS(INCIDENT, " AND e.incident_id = ?8") };

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

void event_walk_bind(const struct event_walk *walk, struct db_stmt *s, int64_t from, int64_t to)
{
    const struct event_filter *f = walk->filter;
    AUTO_FREE char *pattern = f->text ? like_pattern(f->text) : NULL;
    db_int(s, 1, from);
    db_int(s, 2, to);
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
}

static int one_number(struct db *d, const char *sql, int64_t *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    int step = db_step(s, e);
    *out = step == DB_ROW ? db_get_int(s, 0) : 0;
    db_done(s);
    return step < 0 ? err_wrap(e, "looking for events") : 0;
}

/* As the words of the index are written. */
static void make_needles(struct event_walk *walk)
{
    struct event_needles *n = &walk->needles;
    if (walk->filter->text)
        buf_str(&n->text, walk->filter->text);
    if (walk->filter->name) {
        buf_char(&n->name, EVENT_WORD);
        buf_str(&n->name, walk->filter->name);
        buf_char(&n->name, EVENT_ROW);
    }
    event_lower(n->text.data);
    event_lower(n->name.data);
}

int event_walk_begin(struct event_walk *walk, struct db *d, const struct event_filter *f, int64_t before, int64_t looks_max,
                     struct err *e)
{
    static const char newest[] = "SELECT max(n) FROM events", oldest[] = "SELECT min(n) FROM events";
    int64_t last = 0;
    *walk = (struct event_walk){ .filter = f, .looks = looks_max, .chunks = CHUNKS_MAX, .at = -1 };
    if (one_number(d, newest, &last, e) || one_number(d, oldest, &walk->oldest, e) || event_index_end(d, &walk->indexed, e))
        return -1;
    walk->next_to = before && before <= last ? before - 1 : last;
    make_needles(walk);
    return 0;
}

void event_walk_end(struct event_walk *walk)
{
    buf_fini(&walk->needles.text);
    buf_fini(&walk->needles.name);
    free(walk->chunk);
}

/* ---- parts ------------------------------------------------------------------------------------------------------ */

static int choose_rows(struct event_walk *walk, const struct event_statements *statements, int64_t from)
{
    walk->statements = statements;
    walk->to = walk->next_to;
    walk->from = from;
    walk->next_to = from - 1;
    return 1;
}

static int give_up(struct event_walk *walk, int64_t from)
{
    walk->from = from;
    walk->given_up = true;
    return 0;
}

/* Those behind the index. */
static int choose_fresh(struct event_walk *walk)
{
    int64_t from = walk->indexed + 1 > walk->oldest ? walk->indexed + 1 : walk->oldest;
    int64_t count = walk->next_to - from + 1;
    if (count > walk->looks) {
        count = walk->looks;
        from = walk->next_to - count + 1;
        walk->given_up = true;
    }
    walk->looks -= count;
    return choose_rows(walk, &event_by_number, from);
}

/* The next blocks, newest last; the walk goes down from their end. */
static int next_chunk(struct event_walk *walk, struct db *d, struct err *e)
{
    int64_t last = walk->next_to / EVENT_BLOCK, first = last - EVENT_CHUNK + 1, oldest = walk->oldest / EVENT_BLOCK;
    if (!walk->chunk)
        walk->chunk = mem_alloc(sizeof *walk->chunk);
    first = first > oldest ? first : oldest;
    walk->chunk->first = first;
    walk->chunk->count = (int)(last - first + 1);
    walk->at = walk->chunk->count - 1;
    walk->chunks--;
    if (event_chunk_find(walk->chunk, d, walk->filter, &walk->needles, e))
        return -1;
    struct event_set *top = &walk->chunk->sets[walk->at];
    for (unsigned row = (unsigned)(walk->next_to % EVENT_BLOCK) + 1; row < EVENT_BLOCK; row++)
        top->bits[row / 64] &= ~(UINT64_C(1) << (row % 64));
    return 0;
}

static int keep_times(struct event_walk *walk, struct db *d, int at, struct err *e)
{
    int64_t since = walk->filter->since, until = until_of(walk->filter);
    if (!walk->filter->since && !walk->filter->until)
        return 0;
    if (event_block_marks(d, walk->chunk->first + at, walk->marks, e))
        return -1;
    if (walk->chunk->at_min[at] >= since && walk->chunk->at_max[at] <= until)
        return 0;
    for (unsigned row = 0; row < EVENT_BLOCK; row++) {
        int64_t ms = walk->marks[row] / EVENT_MARK(1, 0);
        if (ms < since || ms > until)
            walk->set.bits[row / 64] &= ~(UINT64_C(1) << (row % 64));
    }
    return 0;
}

/* One block of the chunk. 1: its rows are chosen; 0: nothing in it; -1: *e. */
static int choose_block(struct event_walk *walk, struct db *d, int at, struct err *e)
{
    const struct event_chunk *c = walk->chunk;
    int64_t block = c->first + at;
    bool searches = walk->needles.text.size || walk->needles.name.size;
    walk->set = c->sets[at];
    walk->next_to = block * EVENT_BLOCK - 1;
    if (event_set_is_empty(&walk->set))
        return 0;
    if (searches && walk->looks < BLOCK_LOOKS)
        return give_up(walk, (block + 1) * EVENT_BLOCK);
    walk->looks -= searches ? BLOCK_LOOKS : 0;
    if ((searches && event_block_search(d, block, &walk->needles, &c->long_rows[at], &walk->set, e)) || keep_times(walk, d, at, e))
        return -1;
    walk->unsure = walk->filter->name ? walk->set : c->long_rows[at];
    walk->statements = NULL;
    walk->from = block * EVENT_BLOCK;
    walk->to = walk->from + EVENT_BLOCK - 1;
    return !event_set_is_empty(&walk->set);
}

int event_walk_next(struct event_walk *walk, struct db *d, struct err *e)
{
    int found = 0;
    while (found == 0 && !walk->given_up && walk->next_to >= walk->oldest && walk->next_to >= 1) {
        if (walk->filter->incident_id)
            return choose_rows(walk, &by_incident, 1);
        if (walk->next_to > walk->indexed)
            return choose_fresh(walk);
        if (walk->at < 0 && walk->chunks == 0)
            return give_up(walk, walk->next_to + 1);
        if (walk->at < 0 && next_chunk(walk, d, e))
            return -1;
        found = choose_block(walk, d, walk->at--, e);
    }
    return found;
}
