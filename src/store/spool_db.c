#include "store/spool_db.h"

#include <stdlib.h>

#include "base/str.h"

static const char *const migrations[] = {
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE records (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, class INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE INDEX records_by_class ON records (class, seq);"
    "CREATE TABLE places (kind TEXT PRIMARY KEY, version TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE seen (turn INTEGER PRIMARY KEY AUTOINCREMENT, uid INTEGER NOT NULL UNIQUE, version INTEGER NOT NULL, count INTEGER NOT NULL);"
    "CREATE TABLE commands (turn INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, nonce TEXT, begun_at INTEGER NOT NULL,"
    " forget_at INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0, result BLOB);",
};

static const struct db_schema schema = { "spool", migrations, COUNT(migrations), .full_sync = true };

struct db *spool_db_open(const char *dir, struct err *e)
{
    return db_open(dir, &schema, e);
}

/* --- facts and places -------------------------------------------------------------------------------------------- */

/* The only column of the only row.  0, or 1 when there is no row. */
static int one_text(struct db_stmt *s, struct arena *a, const char **value, struct err *e)
{
    int outcome = db_step(s, e);
    *value = outcome == DB_ROW ? db_get_str(s, 0, a) : NULL;
    db_done(s);
    return outcome < 0 ? -1 : outcome == DB_ROW ? 0 : 1;
}

static int set_pair(struct db_stmt *s, const char *name, const char *value, struct err *e)
{
    if (!s)
        return -1;
    db_text(s, 1, name);
    db_text(s, 2, value);
    return db_run(s, e);
}

int spool_db_get(struct db *d, const char *name, struct arena *a, const char **value, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT value FROM facts WHERE name = ?", e);
    if (!s)
        return -1;
    db_text(s, 1, name);
    return one_text(s, a, value, e);
}

int spool_db_set(struct db *d, const char *name, const char *value, struct err *e)
{
    return set_pair(db_prepare(d, "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", e), name, value, e);
}

int spool_db_place(struct db *d, const char *kind, struct arena *a, const char **version, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT version FROM places WHERE kind = ?", e);
    if (!s)
        return -1;
    db_text(s, 1, kind);
    return one_text(s, a, version, e);
}

int spool_db_set_place(struct db *d, const char *kind, const char *version, struct err *e)
{
    return set_pair(db_prepare(d, "INSERT OR REPLACE INTO places (kind, version) VALUES (?, ?)", e), kind, version, e);
}

/* --- records ----------------------------------------------------------------------------------------------------- */

int spool_db_append(struct db *d, const struct spool_row *row, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT OR REPLACE INTO records (seq, at, class, body) VALUES (?, ?, ?, ?)", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)row->seq);
    db_int(s, 2, row->at);
    db_int(s, 3, row->class_);
    db_blob(s, 4, row->body, row->size);
    return db_run(s, e);
}

static int read_totals(struct db_stmt *s, struct spool_totals *out, struct err *e)
{
    int outcome = db_step(s, e);
    if (outcome == DB_ROW) {
        out->records = db_get_int(s, 0);
        out->bytes = db_get_int(s, 1) + out->records * SPOOL_RECORD_COST;
    }
    db_done(s);
    return outcome < 0 ? -1 : 0;
}

int spool_db_totals(struct db *d, struct spool_totals *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT count(*), coalesce(sum(length(body)), 0) FROM records", e);
    return s ? read_totals(s, out, e) : -1;
}

int spool_db_free_to(struct db *d, uint64_t seq, struct spool_totals *freed, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT count(*), coalesce(sum(length(body)), 0) FROM records WHERE seq <= ?", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)seq);
    if (read_totals(s, freed, e))
        return -1;
    s = db_prepare(d, "DELETE FROM records WHERE seq <= ?", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)seq);
    return db_run(s, e);
}

int spool_db_oldest(struct db *d, int64_t *at, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT at FROM records ORDER BY seq LIMIT 1", e);
    if (!s)
        return -1;
    int outcome = db_step(s, e);
    *at = outcome == DB_ROW ? db_get_int(s, 0) : 0;
    db_done(s);
    return outcome < 0 ? -1 : 0;
}

/* The seq up to which records of a class must go to give back `bytes`, and what that is.  *last is 0 when the class is empty. */
static int drop_bound(struct db *d, enum spool_class class_, int64_t bytes, struct spool_dropped *out, uint64_t *last, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT seq, length(body) FROM records WHERE class = ? ORDER BY seq", e);
    if (!s)
        return -1;
    db_int(s, 1, class_);
    int outcome = 0;
    *last = 0;
    while (out->bytes < bytes && (outcome = db_step(s, e)) == DB_ROW) {
        *last = (uint64_t)db_get_int(s, 0);
        if (!out->first || *last < out->first)
            out->first = *last;
        out->bytes += db_get_int(s, 1) + SPOOL_RECORD_COST;
        out->records++;
        out->by_class[class_]++;
    }
    db_done(s);
    if (*last > out->last)
        out->last = *last;
    return outcome < 0 ? -1 : 0;
}

int spool_db_drop(struct db *d, int64_t bytes, struct spool_dropped *out, struct err *e)
{
    *out = (struct spool_dropped){ 0 };
    for (enum spool_class class_ = SPOOL_NORMAL; class_ < SPOOL_KEPT && out->bytes < bytes; class_++) {
        uint64_t last;
        if (drop_bound(d, class_, bytes, out, &last, e))
            return -1;
        struct db_stmt *s = db_prepare(d, "DELETE FROM records WHERE class = ? AND seq <= ?", e);
        if (!s)
            return -1;
        db_int(s, 1, class_);
        db_int(s, 2, (int64_t)last);
        if (db_run(s, e))
            return -1;
    }
    return 0;
}

int spool_db_read(struct db *d, uint64_t after, size_t count_max, size_t size_max, struct arena *a, struct spool_row *rows,
                  size_t *count, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT seq, at, class, body FROM records WHERE seq > ? ORDER BY seq LIMIT ?", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)after);
    db_int(s, 2, (int64_t)count_max);
    size_t bytes = 0, n = 0;
    int outcome = 0;
    while (n < count_max && bytes < size_max && (outcome = db_step(s, e)) == DB_ROW) {
        struct spool_row *row = &rows[n++];
        size_t size;
        const void *body = db_get_blob(s, 3, &size);
        *row = (struct spool_row){ .seq = (uint64_t)db_get_int(s, 0), .at = db_get_int(s, 1), .class_ = (enum spool_class)db_get_int(s, 2),
                                   .body = arena_strndup(a, body, size), .size = size };
        bytes += size;
    }
    db_done(s);
    *count = n;
    return outcome < 0 ? -1 : 0;
}

/* --- what was reported of each Event ----------------------------------------------------------------------------- */

int spool_db_set_seen(struct db *d, const struct spool_seen *seen, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT OR REPLACE INTO seen (uid, version, count) VALUES (?, ?, ?)", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)seen->uid);
    db_int(s, 2, (int64_t)seen->version);
    db_int(s, 3, seen->count);
    return db_run(s, e);
}

int spool_db_trim_seen(struct db *d, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "DELETE FROM seen WHERE turn <= (SELECT turn FROM seen ORDER BY turn DESC LIMIT 1 OFFSET ?)", e);
    if (!s)
        return -1;
    db_int(s, 1, SPOOL_SEEN_MAX);
    return db_run(s, e);
}

int spool_db_each_seen(struct db *d, void (*visit)(void *arg, const struct spool_seen *seen), void *arg, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT uid, version, count FROM seen ORDER BY turn", e);
    if (!s)
        return -1;
    int outcome;
    while ((outcome = db_step(s, e)) == DB_ROW) {
        struct spool_seen seen = { (uint64_t)db_get_int(s, 0), (uint64_t)db_get_int(s, 1), db_get_int(s, 2) };
        visit(arg, &seen);
    }
    db_done(s);
    return outcome;
}

/* --- commands ---------------------------------------------------------------------------------------------------- */

int spool_db_command_begin(struct db *d, const struct spool_command *c, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT OR IGNORE INTO commands (id, nonce, begun_at, forget_at) VALUES (?, ?, ?, ?)", e);
    if (!s)
        return -1;
    db_text(s, 1, c->id);
    db_text(s, 2, c->nonce);
    db_int(s, 3, c->begun_at);
    db_int(s, 4, c->forget_at);
    return db_run(s, e);
}

int spool_db_command_end(struct db *d, const char *id, const char *result, size_t size, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "UPDATE commands SET ended = 1, result = ? WHERE id = ?", e);
    if (!s)
        return -1;
    db_blob(s, 1, result, size);
    db_text(s, 2, id);
    return db_run(s, e);
}

static void read_command(struct db_stmt *s, struct arena *a, struct spool_command *out)
{
    size_t size;
    const void *result = db_is_null(s, 5) ? NULL : db_get_blob(s, 5, &size);
    *out = (struct spool_command){ .id = db_get_str(s, 0, a), .nonce = db_get_str(s, 1, a), .begun_at = db_get_int(s, 2),
                                   .forget_at = db_get_int(s, 3), .ended = db_get_int(s, 4) != 0 };
    if (result) {
        out->result = arena_strndup(a, result, size);
        out->size = size;
    }
}

int spool_db_command(struct db *d, const char *id, struct arena *a, struct spool_command *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT id, nonce, begun_at, forget_at, ended, result FROM commands WHERE id = ?", e);
    if (!s)
        return -1;
    db_text(s, 1, id);
    int outcome = db_step(s, e);
    if (outcome == DB_ROW)
        read_command(s, a, out);
    db_done(s);
    return outcome < 0 ? -1 : outcome == DB_ROW ? 0 : 1;
}

int spool_db_each_command(struct db *d, void (*visit)(void *arg, const struct spool_command *c), void *arg, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT id, nonce, begun_at, forget_at, ended, NULL FROM commands ORDER BY turn", e);
    if (!s)
        return -1;
    struct arena a = { 0 };
    int outcome;
    while ((outcome = db_step(s, e)) == DB_ROW) {
        struct spool_command c;
        read_command(s, &a, &c);
        visit(arg, &c);
        arena_reset(&a);
    }
    db_done(s);
    arena_fini(&a);
    return outcome;
}

/* Takes away the results, oldest first, that make the rest more than most bytes. */
static int trim_results(struct db *d, int64_t most, struct err *e)
{
    struct db_stmt *s = db_prepare(d,
                                   "UPDATE commands SET result = NULL WHERE result IS NOT NULL AND turn IN (SELECT turn FROM"
                                   " (SELECT turn, sum(length(result)) OVER (ORDER BY turn DESC) AS bytes FROM commands) WHERE bytes > ?)", e);
    if (!s)
        return -1;
    db_int(s, 1, most);
    return db_run(s, e);
}

int spool_db_command_trim(struct db *d, int64_t now, int64_t count_max, int64_t result_bytes_max, struct err *e)
{
    struct db_stmt *s = db_prepare(d,
                                   "DELETE FROM commands WHERE forget_at < ? OR turn <= (SELECT turn FROM commands ORDER BY turn DESC LIMIT 1 OFFSET ?)", e);
    if (!s)
        return -1;
    db_int(s, 1, now);
    db_int(s, 2, count_max);
    if (db_run(s, e))
        return -1;
    return trim_results(d, result_bytes_max, e);
}
