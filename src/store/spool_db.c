#include "store/spool_db.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/spool_chunk.h"

static const char *const migrations[] = {
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE records (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, class INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE INDEX records_by_class ON records (class, seq);"
    "CREATE TABLE places (kind TEXT PRIMARY KEY, version TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE seen (turn INTEGER PRIMARY KEY AUTOINCREMENT, uid INTEGER NOT NULL UNIQUE, version INTEGER NOT NULL, count INTEGER NOT NULL);"
    "CREATE TABLE commands (turn INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, nonce TEXT, begun_at INTEGER NOT NULL,"
    " forget_at INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0, result BLOB);",

    /* Records in chunks (spool_chunk.h), with what must be known of them without unpacking; entries of `reported` at the place of
     * their turn, so that each is one insert at the end of one tree. */
    "CREATE TABLE chunks (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, at INTEGER NOT NULL, normal INTEGER NOT NULL, warning INTEGER NOT NULL,"
    " kept INTEGER NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL);"
    "INSERT INTO chunks SELECT seq, seq, at, class = 0, class = 1, class = 2, length(body), body FROM records;"
    "DROP TABLE records;"
    "CREATE TABLE reported (place INTEGER PRIMARY KEY, turn INTEGER NOT NULL, uid INTEGER NOT NULL, version INTEGER NOT NULL, count INTEGER NOT NULL);"
    "INSERT OR REPLACE INTO reported SELECT turn % 65536, turn, uid, version, count FROM seen ORDER BY turn;"
    "DROP TABLE seen;",

    /* The body of a chunk is a message as central reads it, and what is known of each record stands beside it. */
    "ALTER TABLE chunks ADD COLUMN heads BLOB;",
};

static const struct db_schema schema = { "spool", migrations, COUNT(migrations), .full_sync = true, .cache_kib = 512 };

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

/* Of a row of chunks; columns in this order. */
#define CHUNK_COLUMNS "first, last, at, normal, warning, kept, bytes, body, heads"

struct chunk {
    uint64_t first, last;
    struct spool_row *rows;
    size_t count;
};

void spool_packing_clear(struct spool_packing *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->packs[i].data);
    p->count = 0;
}

void spool_packing_fini(struct spool_packing *p)
{
    spool_packing_clear(p);
    packer_free(p->packer);
    buf_fini(&p->plain);
    buf_fini(&p->body);
    buf_fini(&p->heads);
    free(p->packs);
    *p = (struct spool_packing){ 0 };
}

static void note_pack(struct spool_packing *p, const struct chunk *c)
{
    if (p->count == p->room) {
        p->room = p->room ? p->room * 2 : 8;
        p->packs = mem_grow(p->packs, p->room * sizeof *p->packs);
    }
    char *data = mem_alloc(p->body.size);
    memcpy(data, p->body.data, p->body.size);
    p->packs[p->count++] = (struct spool_pack){ .first = c->first, .last = c->last, .count = c->count, .data = data, .size = p->body.size };
}

/* The columns that tell without unpacking what is in it. */
static void bind_summary(struct db_stmt *s, const struct chunk *c)
{
    int64_t records[SPOOL_CLASSES] = { 0 }, bytes = 0;
    for (size_t i = 0; i < c->count; i++) {
        records[c->rows[i].class_]++;
        bytes += (int64_t)c->rows[i].size;
    }
    db_int(s, 1, (int64_t)c->first);
    db_int(s, 2, (int64_t)c->last);
    db_int(s, 3, c->rows[0].at);
    for (int i = 0; i < SPOOL_CLASSES; i++)
        db_int(s, 4 + i, records[i]);
    db_int(s, 7, bytes);
}

static int store_chunk(struct db *d, const struct chunk *c, struct spool_packing *p, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT OR REPLACE INTO chunks (" CHUNK_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", e);
    if (!s)
        return -1;
    bind_summary(s, c);
    if (c->count == 1) {
        db_blob(s, 8, c->rows[0].body, c->rows[0].size);
        return db_run(s, e);
    }
    if (chunk_encode(c->rows, c->count, p, e))
        return -1;
    db_blob(s, 8, p->body.data, p->body.size);
    db_blob(s, 9, p->heads.data, p->heads.size);
    if (db_run(s, e))
        return -1;
    note_pack(p, c);
    return 0;
}

/* A chunk that has changed; nobody sends it as it stands. */
static int store_changed(struct db *d, const struct chunk *c, struct err *e)
{
    struct spool_packing p = { 0 };
    int failed = store_chunk(d, c, &p, e);
    spool_packing_fini(&p);
    return failed;
}

/* At a row of chunks. */
static int load_chunk(struct db_stmt *s, struct arena *a, struct chunk *out, struct err *e)
{
    struct chunk_parts parts = { .first = (uint64_t)db_get_int(s, 0), .at = db_get_int(s, 2) };
    parts.body = db_get_blob(s, 7, &parts.body_size);
    parts.heads = db_get_blob(s, 8, &parts.heads_size);
    int64_t records[SPOOL_CLASSES], all = 0;
    *out = (struct chunk){ .first = parts.first, .last = (uint64_t)db_get_int(s, 1) };
    for (int i = 0; i < SPOOL_CLASSES; i++)
        all += records[i] = db_get_int(s, 3 + i);
    if (all != 1)
        return chunk_decode(&parts, a, &out->rows, &out->count, e);
    enum spool_class class_ = records[SPOOL_NORMAL] ? SPOOL_NORMAL : records[SPOOL_WARNING] ? SPOOL_WARNING : SPOOL_KEPT;
    out->rows = ARENA_NEW(a, struct spool_row);
    out->count = 1;
    *out->rows = (struct spool_row){ .seq = out->first, .at = parts.at, .class_ = class_, .body = arena_strndup(a, parts.body, parts.body_size), .size = parts.body_size };
    return 0;
}

/* The chunk that a statement finds: 0, or 1 when there is none. */
static int find_chunk(struct db_stmt *s, struct arena *a, struct chunk *out, struct err *e)
{
    int outcome = db_step(s, e);
    int failed = outcome == DB_ROW ? load_chunk(s, a, out, e) : 0;
    db_done(s);
    return outcome < 0 || failed ? -1 : outcome == DB_ROW ? 0 : 1;
}

static int delete_chunk(struct db *d, uint64_t first, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "DELETE FROM chunks WHERE first = ?", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)first);
    return db_run(s, e);
}

int spool_db_append(struct db *d, const struct spool_row *rows, size_t count, struct spool_packing *p, struct err *e)
{
    for (size_t i = 0; i < count;) {
        size_t share = chunk_share(rows + i, count - i);
        struct chunk c = { .first = rows[i].seq, .last = rows[i + share - 1].seq, .rows = (struct spool_row *)(uintptr_t)(rows + i), .count = share };
        if (store_chunk(d, &c, p, e))
            return -1;
        i += share;
    }
    return 0;
}

/* Into the rows of a chunk, at its place in their order. */
static void insert_row(struct chunk *c, const struct spool_row *row, struct arena *a)
{
    struct spool_row *rows = ARENA_ARRAY(a, struct spool_row, c->count + 1);
    size_t before = 0;
    while (before < c->count && c->rows[before].seq < row->seq)
        before++;
    for (size_t i = 0; i < c->count; i++)
        rows[i < before ? i : i + 1] = c->rows[i];
    rows[before] = *row;
    c->rows = rows;
    c->count++;
}

int spool_db_put(struct db *d, const struct spool_row *row, struct err *e)
{
    struct arena AUTO_ARENA a = { 0 };
    struct chunk c;
    struct db_stmt *s = db_prepare(d, "SELECT " CHUNK_COLUMNS " FROM chunks WHERE first <= ?1 AND last >= ?1", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)row->seq);
    int outcome = find_chunk(s, &a, &c, e);
    if (outcome < 0)
        return -1;
    if (outcome > 0)
        return spool_db_append(d, row, 1, NULL, e);    /* one alone is not packed */
    insert_row(&c, row, &a);
    return store_changed(d, &c, e);
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

#define TOTALS "SELECT coalesce(sum(normal + warning + kept), 0), coalesce(sum(bytes), 0) FROM chunks"

int spool_db_totals(struct db *d, struct spool_totals *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, TOTALS, e);
    return s ? read_totals(s, out, e) : -1;
}

int spool_db_free_to(struct db *d, uint64_t seq, struct spool_totals *freed, struct err *e)
{
    struct db_stmt *s = db_prepare(d, TOTALS " WHERE first <= ?1 AND last <= ?1", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)seq);
    if (read_totals(s, freed, e))
        return -1;
    if (freed->records == 0)
        return 0;
    s = db_prepare(d, "DELETE FROM chunks WHERE first <= ?1 AND last <= ?1", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)seq);
    return db_run(s, e);
}

int spool_db_oldest(struct db *d, int64_t *at, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT at FROM chunks ORDER BY first LIMIT 1", e);
    if (!s)
        return -1;
    int outcome = db_step(s, e);
    *at = outcome == DB_ROW ? db_get_int(s, 0) : 0;
    db_done(s);
    return outcome < 0 ? -1 : 0;
}

static void note_dropped(struct spool_dropped *out, const struct spool_row *row)
{
    if (!out->first || row->seq < out->first)
        out->first = row->seq;
    if (row->seq > out->last)
        out->last = row->seq;
    out->bytes += (int64_t)row->size + SPOOL_RECORD_COST;
    out->records++;
    out->by_class[row->class_]++;
}

/* Takes records of the class out of a chunk, until `bytes` are given back. */
static int drop_from(struct db *d, struct chunk *c, enum spool_class class_, int64_t bytes, struct spool_dropped *out, struct err *e)
{
    size_t left = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->rows[i].class_ == class_ && out->bytes < bytes)
            note_dropped(out, &c->rows[i]);
        else
            c->rows[left++] = c->rows[i];
    }
    if (delete_chunk(d, c->first, e))
        return -1;
    if (left == 0)
        return 0;
    struct chunk rest = { .first = c->rows[0].seq, .last = c->rows[left - 1].seq, .rows = c->rows, .count = left };
    return store_changed(d, &rest, e);
}

int spool_db_give_up(struct db *d, uint64_t after, struct spool_dropped *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT first, last, normal, warning, kept, bytes FROM chunks WHERE last > ? ORDER BY first LIMIT 1", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)after);
    int outcome = db_step(s, e);
    if (outcome != DB_ROW) {
        db_done(s);
        return outcome;
    }
    uint64_t first = (uint64_t)db_get_int(s, 0), last = (uint64_t)db_get_int(s, 1);
    int64_t records = 0;
    for (int i = 0; i < SPOOL_CLASSES; i++) {
        records += db_get_int(s, 2 + i);
        out->by_class[i] += db_get_int(s, 2 + i);
    }
    out->records += records;
    out->bytes += db_get_int(s, 5) + records * SPOOL_RECORD_COST;
    if (!out->first || first < out->first)
        out->first = first;
    if (last > out->last)
        out->last = last;
    db_done(s);
    return delete_chunk(d, first, e);
}

/* The oldest chunk that has a record of the class. */
static struct db_stmt *chunk_with(struct db *d, enum spool_class class_, struct err *e)
{
    return class_ == SPOOL_NORMAL ? db_prepare(d, "SELECT " CHUNK_COLUMNS " FROM chunks WHERE normal > 0 ORDER BY first LIMIT 1", e)
                                  : db_prepare(d, "SELECT " CHUNK_COLUMNS " FROM chunks WHERE warning > 0 ORDER BY first LIMIT 1", e);
}

int spool_db_drop(struct db *d, int64_t bytes, struct spool_dropped *out, struct err *e)
{
    struct arena AUTO_ARENA a = { 0 };
    *out = (struct spool_dropped){ 0 };
    for (enum spool_class class_ = SPOOL_NORMAL; class_ < SPOOL_KEPT && out->bytes < bytes;) {
        struct chunk c = { 0 };
        struct err why;
        struct db_stmt *s = chunk_with(d, class_, &why);
        int outcome = s ? find_chunk(s, &a, &c, &why) : -1;
        bool damaged = outcome < 0 && why.kind == ERR_INVALID && c.first;
        if (outcome < 0 && !damaged) {
            if (e)
                *e = why;
            return -1;
        }
        if (damaged ? spool_db_give_up(d, c.first - 1, out, e) : outcome == 0 && drop_from(d, &c, class_, bytes, out, e))
            return -1;
        if (outcome > 0)
            class_++;
        arena_reset(&a);
    }
    return 0;
}

/* The rows of a chunk behind `after`, within the bounds; true when another chunk is wanted. */
static bool take_rows(const struct chunk *c, uint64_t after, size_t count_max, size_t size_max, struct spool_row *rows, size_t *count, size_t *bytes)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->rows[i].seq <= after)
            continue;
        if (*count == count_max || *bytes >= size_max)
            return false;
        rows[(*count)++] = c->rows[i];
        *bytes += c->rows[i].size;
    }
    return *count < count_max && *bytes < size_max;
}

int spool_db_read(struct db *d, uint64_t after, size_t count_max, size_t size_max, struct arena *a, struct spool_row *rows,
                  size_t *count, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " CHUNK_COLUMNS " FROM chunks WHERE last > ? ORDER BY first", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)after);
    int outcome;
    size_t bytes = 0;
    struct chunk c;
    *count = 0;
    while ((outcome = db_step(s, e)) == DB_ROW) {
        if (load_chunk(s, a, &c, e))
            outcome = *count > 0 ? 0 : -1;
        if (outcome != DB_ROW || !take_rows(&c, after, count_max, size_max, rows, count, &bytes))
            break;
    }
    db_done(s);
    return outcome < 0 ? -1 : 0;
}

/* --- what was reported of each Event ----------------------------------------------------------------------------- */

int spool_db_set_seen(struct db *d, const struct spool_seen *seen, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT OR REPLACE INTO reported (place, turn, uid, version, count) VALUES (?, ?, ?, ?, ?)", e);
    if (!s)
        return -1;
    db_int(s, 1, (int64_t)(seen->turn % SPOOL_SEEN_MAX));
    db_int(s, 2, (int64_t)seen->turn);
    db_int(s, 3, (int64_t)seen->uid);
    db_int(s, 4, (int64_t)seen->version);
    db_int(s, 5, seen->count);
    return db_run(s, e);
}

int spool_db_each_seen(struct db *d, void (*visit)(void *arg, const struct spool_seen *seen), void *arg, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT uid, version, count, turn FROM reported ORDER BY turn", e);
    if (!s)
        return -1;
    int outcome;
    while ((outcome = db_step(s, e)) == DB_ROW) {
        struct spool_seen seen = { (uint64_t)db_get_int(s, 0), (uint64_t)db_get_int(s, 1), db_get_int(s, 2), (uint64_t)db_get_int(s, 3) };
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
