/* Writes the index of a block of events, once it is full: in one piece, so that each value costs one row for all events that have it. */
#include <string.h>

#include "base/json.h"
#include "base/pack.h"
#include "store/event_rows.h"

#define BUCKETS 512

struct posting {
    struct posting *next;         /* of its bucket */
    enum event_key letter;
    const char *value;
    struct event_set rows;
    unsigned count;
};

struct block {
    int64_t number, at_min, at_max;
    struct posting *postings[BUCKETS];
    int64_t marks[EVENT_BLOCK];
    uint8_t grams[EVENT_SLICES][EVENT_SLICE_BITS / 8];
    struct buf words;
    struct arena arena;
};

/* ---- reading the rows ------------------------------------------------------------------------------------------ */

static void add_key(struct block *b, unsigned place, enum event_key letter, const char *value)
{
    if (!value)
        return;
    uint32_t hash = (uint32_t)letter;
    for (const char *at = value; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 0x01000193u;    /* FNV-1a */
    struct posting **at = &b->postings[(hash ^ hash >> 16) % BUCKETS];
    while (*at && ((*at)->letter != letter || !str_eq((*at)->value, value)))
        at = &(*at)->next;
    if (!*at) {
        *at = ARENA_NEW(&b->arena, struct posting);
        (*at)->letter = letter;
        (*at)->value = arena_strdup(&b->arena, value);
    }
    event_set_add(&(*at)->rows, place);
    (*at)->count++;
}

/* A row's words to be; what comes after the bound is not looked for here. */
struct row {
    char text[EVENT_WORDS_MAX + 3];
    size_t size;
    bool cut;
};

static void add_words(struct row *row, const char *text, char end)
{
    for (; text && *text && row->size < EVENT_WORDS_MAX; text++)
        row->text[row->size++] = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : (unsigned char)*text < (unsigned char)EVENT_ROW ? *text : '?';
    row->cut |= text && *text;
    row->text[row->size++] = end;
}

/* The message stands in the body alone. */
static void add_message(struct row *row, const char *body)
{
    AUTO_JSON struct json_doc *doc = json_parse(body, strlen(body), &json_object_limits, NULL);
    add_words(row, json_get_str(json_root(doc), "message"), EVENT_WORD);
}

static void add_row(struct block *b, struct db_stmt *s)
{
    static const enum event_key keys[] = { EVENT_KEY_CLUSTER, EVENT_KEY_NAMESPACE, EVENT_KEY_KIND, EVENT_KEY_REASON, EVENT_KEY_SEVERITY, EVENT_KEY_TYPE };
    static const int columns[] = { 3, 4, 5, 6, 2, 7 };
    unsigned place = (unsigned)(db_get_int(s, 0) % EVENT_BLOCK);
    int64_t at = db_get_int(s, 1);
    struct row row;
    b->at_min = at < b->at_min ? at : b->at_min;
    b->at_max = at > b->at_max ? at : b->at_max;
    b->marks[place] = EVENT_MARK(at, db_get_int(s, 2));
    for (size_t i = 0; i < COUNT(keys); i++)
        add_key(b, place, keys[i], db_get_text(s, columns[i]));
    row.size = 0;
    row.cut = false;
    add_message(&row, db_get_text(s, 9));
    add_words(&row, db_get_text(s, 6), EVENT_WORD);
    add_words(&row, db_get_text(s, 8), EVENT_ROW);
    if (row.cut)
        add_key(b, place, EVENT_KEY_LONG, "");
    buf_add(&b->words, row.text, row.size);
}

static int read_rows(struct block *b, struct db *d, struct err *e)
{
    static const char sql[] = "SELECT e.n, e.at, e.severity, e.cluster, e.namespace, e.kind, e.reason, e.type, e.name, b.body "
                              "FROM events e CROSS JOIN event_bodies b ON b.n = e.n WHERE e.n >= ?1 AND e.n < ?2 ORDER BY e.n";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    int64_t next = b->number * EVENT_BLOCK;
    db_int(s, 1, next);
    db_int(s, 2, next + EVENT_BLOCK);
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        for (; next < db_get_int(s, 0); next++)
            buf_char(&b->words, EVENT_ROW);    /* a row that is gone keeps its place */
        add_row(b, s);
        next++;
    }
    return step;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static int write_posting(struct block *b, struct db *d, const struct posting *p, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO event_postings (key, block, rows) VALUES (?1, ?2, ?3)", e);
    if (!s)
        return -1;
    uint16_t places[EVENT_PLACES_MAX];
    size_t count = 0;
    for (unsigned row = 0; row < EVENT_BLOCK && p->count <= EVENT_PLACES_MAX; row++)
        if (event_set_has(&p->rows, row))
            places[count++] = (uint16_t)row;
    db_text(s, 1, arena_printf(&b->arena, "%c%s", p->letter, p->value));
    db_int(s, 2, b->number);
    if (count)
        db_blob(s, 3, places, count * sizeof places[0]);
    else
        db_blob(s, 3, &p->rows, sizeof p->rows);
    return db_run(s, e);
}

static int write_postings(struct block *b, struct db *d, struct err *e)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct posting *p = b->postings[i]; p; p = p->next)
            if (write_posting(b, d, p, e))
                return -1;
    return 0;
}

static void add_grams(struct block *b, size_t size)
{
    for (size_t i = 0; i + size <= b->words.size; i++) {
        uint32_t gram = event_gram(b->words.data + i, size);
        b->grams[gram / EVENT_SLICE_BITS][gram % EVENT_SLICE_BITS / 8] |= (uint8_t)(1u << gram % 8);
    }
}

static int write_grams(struct block *b, struct db *d, struct err *e)
{
    add_grams(b, EVENT_GRAM_SHORT);
    add_grams(b, EVENT_GRAM_LONG);
    struct db_stmt *s = db_prepare(d, "INSERT INTO event_grams (slot, bits) VALUES (?1, ?2)", e);
    if (!s)
        return -1;
    for (int slice = 0; slice < EVENT_SLICES; slice++) {
        db_int(s, 1, EVENT_SLOT(slice, b->number));
        db_blob(s, 2, b->grams[slice], sizeof b->grams[slice]);
        if (db_run(s, e))
            return -1;
    }
    return 0;
}

static int write_columns(struct block *b, struct db *d, struct err *e)
{
    AUTO_BUF struct buf words = { 0 };
    if (pack_zstd(b->words.data, b->words.size, &words, e))
        return -1;
    struct db_stmt *s = db_prepare(d, "INSERT INTO event_columns (block, marks, words) VALUES (?1, ?2, ?3)", e);
    if (!s)
        return -1;
    db_int(s, 1, b->number);
    db_blob(s, 2, b->marks, sizeof b->marks);
    db_blob(s, 3, words.data, words.size);
    if (db_run(s, e) || !(s = db_prepare(d, "INSERT INTO event_blocks (block, at_min, at_max) VALUES (?1, ?2, ?3)", e)))
        return -1;
    db_int(s, 1, b->number);
    db_int(s, 2, b->at_min);
    db_int(s, 3, b->at_max);
    return db_run(s, e);
}

static int index_block(struct db *d, int64_t number, struct err *e)
{
    struct block *b = mem_alloc(sizeof *b);
    memset(b, 0, sizeof *b);
    b->number = number;
    b->at_min = INT64_MAX;
    b->at_max = INT64_MIN;
    int done = read_rows(b, d, e) || write_postings(b, d, e) || write_grams(b, d, e) || write_columns(b, d, e) ? -1 : 0;
    buf_fini(&b->words);
    arena_fini(&b->arena);
    free(b);
    return done ? err_wrap(e, "indexing events from %lld on", (long long)number * EVENT_BLOCK) : 0;
}

/* ---- the interface --------------------------------------------------------------------------------------------- */

static int one_number(struct db *d, const char *sql, int64_t *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    int step = db_step(s, e);
    *out = step == DB_ROW && !db_is_null(s, 0) ? db_get_int(s, 0) : -1;
    db_done(s);
    return step < 0 ? -1 : 0;
}

int event_index_end(struct db *d, int64_t *n, struct err *e)
{
    static const char sql[] = "SELECT max(block) FROM event_blocks";
    int64_t last;
    if (one_number(d, sql, &last, e))
        return err_wrap(e, "reading the index of events");
    *n = last < 0 ? 0 : (last + 1) * EVENT_BLOCK - 1;
    return 0;
}

int events_index(struct db *d, int blocks_max, struct err *e)
{
    static const char oldest[] = "SELECT min(n) FROM events", newest[] = "SELECT max(n) FROM events";
    int64_t end, first, last;
    int done = 0;
    if (event_index_end(d, &end, e) || one_number(d, oldest, &first, e) || one_number(d, newest, &last, e))
        return -1;
    first = first > end ? first : end + 1;
    for (int64_t block = first / EVENT_BLOCK; done < blocks_max && (block + 1) * EVENT_BLOCK <= last + 1; block++, done++)
        if (index_block(d, block, e))
            return -1;
    return done;
}

static int drop(struct db *d, const char *sql, int64_t from, int64_t to, struct err *e)
{
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, from);
    db_int(s, 2, to);
    return db_run(s, e) ? err_wrap(e, "forgetting the index of old events") : 0;
}

int event_index_drop(struct db *d, int64_t block, struct err *e)
{
    static const char oldest[] = "SELECT min(block) FROM event_blocks", grams[] = "DELETE FROM event_grams WHERE slot >= ?1 AND slot < ?2";
    int64_t first;
    if (one_number(d, oldest, &first, e))
        return err_wrap(e, "reading the index of events");
    if (first < 0 || first >= block)
        return 0;
    for (int slice = 0; slice < EVENT_SLICES; slice++)
        if (drop(d, grams, EVENT_SLOT(slice, 0), EVENT_SLOT(slice, block), e))
            return -1;
    if (drop(d, "DELETE FROM event_postings WHERE block >= ?1 AND block < ?2", 0, block, e) ||
        drop(d, "DELETE FROM event_columns WHERE block >= ?1 AND block < ?2", 0, block, e))
        return -1;
    return drop(d, "DELETE FROM event_blocks WHERE block >= ?1 AND block < ?2", 0, block, e);
}
