/* Reads the index: which rows of some blocks a filter can match. */
#include <stdio.h>
#include <string.h>

#include "base/pack.h"
#include "store/event_rows.h"

#define GRAMS_MAX 12    /* of a needle; more would find hardly less */
#define WORDS_SIZE_MAX ((size_t)EVENT_BLOCK * (EVENT_WORDS_MAX + 4))

bool event_set_is_empty(const struct event_set *s)
{
    uint64_t any = 0;
    for (size_t i = 0; i < COUNT(s->bits); i++)
        any |= s->bits[i];
    return any == 0;
}

static void add_set(struct event_set *to, const struct event_set *s)
{
    for (size_t i = 0; i < COUNT(to->bits); i++)
        to->bits[i] |= s->bits[i];
}

static void keep_set(struct event_set *in, const struct event_set *s)
{
    for (size_t i = 0; i < COUNT(in->bits); i++)
        in->bits[i] &= s->bits[i];
}

/* ---- chunks ------------------------------------------------------------------------------------------------------ */

/* All rows of the blocks whose span of times meets the filter's. */
static int begin_with_times(struct event_chunk *c, struct db *d, const struct event_filter *f, struct err *e)
{
    static const char sql[] = "SELECT block, at_min, at_max FROM event_blocks WHERE block >= ?1 AND block < ?2 AND at_max >= ?3 AND at_min <= ?4";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    memset(c->sets, 0, sizeof c->sets);
    memset(c->long_rows, 0, sizeof c->long_rows);
    db_int(s, 1, c->first);
    db_int(s, 2, c->first + c->count);
    db_int(s, 3, f->since ? f->since : INT64_MIN);
    db_int(s, 4, f->until ? f->until - 1 : INT64_MAX);
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        int64_t at = db_get_int(s, 0) - c->first;
        memset(&c->sets[at], 0xff, sizeof c->sets[at]);
        c->at_min[at] = db_get_int(s, 1);
        c->at_max[at] = db_get_int(s, 2);
    }
    return step;
}

/* Adds the rows with that key to the sets, EVENT_CHUNK of them. */
static int add_postings(struct event_set *sets, const struct event_chunk *c, struct db *d, enum event_key letter, const char *value, struct err *e)
{
    static const char sql[] = "SELECT block, rows FROM event_postings WHERE key = ?1 AND block >= ?2 AND block < ?3";
    AUTO_FREE char *key = str_printf("%c%s", letter, value);
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_text(s, 1, key);
    db_int(s, 2, c->first);
    db_int(s, 3, c->first + c->count);
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        struct event_set set = { 0 };
        uint16_t places[EVENT_PLACES_MAX];
        size_t size;
        const void *rows = db_get_blob(s, 1, &size);
        if (size == 0 || size > sizeof set) {
            db_done(s);
            return err_set(e, ERR_INVALID, "the index of events has %zu bytes for %s", size, key);
        }
        memcpy(size == sizeof set ? (void *)&set : (void *)places, rows, size);
        for (size_t i = 0; size < sizeof set && i < size / sizeof places[0]; i++)
            event_set_add(&set, places[i] % EVENT_BLOCK);
        add_set(&sets[db_get_int(s, 0) - c->first], &set);
    }
    return step;
}

/* Keeps the rows that have one of these values, which are NULL-terminated. */
static int keep_postings(struct event_chunk *c, struct db *d, enum event_key letter, const char *const *values, struct err *e)
{
    struct event_set sets[EVENT_CHUNK] = { 0 };
    for (; *values; values++)
        if (add_postings(sets, c, d, letter, *values, e))
            return -1;
    for (int i = 0; i < c->count; i++)
        keep_set(&c->sets[i], &sets[i]);
    return 0;
}

static int keep_value(struct event_chunk *c, struct db *d, enum event_key letter, const char *value, struct err *e)
{
    return value ? keep_postings(c, d, letter, (const char *const[]){ value, NULL }, e) : 0;
}

static int keep_lower(struct event_chunk *c, struct db *d, enum event_key letter, const char *value, struct err *e)
{
    AUTO_FREE char *copy = str_dup(value);
    event_lower(copy);
    return keep_value(c, d, letter, copy, e);
}

static int keep_number(struct event_chunk *c, struct db *d, enum event_key letter, int64_t value, struct err *e)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    return keep_value(c, d, letter, text, e);
}

static int keep_severities(struct event_chunk *c, struct db *d, unsigned severities, struct err *e)
{
    static const char *const names[EVENT_SEVERITIES] = { "0", "1", "2", "3", "4", "5" };
    const char *values[EVENT_SEVERITIES + 1];
    size_t count = 0;
    for (unsigned i = 0; i < EVENT_SEVERITIES; i++)
        if (severities >> i & 1)
            values[count++] = names[i];
    values[count] = NULL;
    return keep_postings(c, d, EVENT_KEY_SEVERITY, values, e);
}

static bool is_empty(const struct event_chunk *c)
{
    for (int i = 0; i < c->count; i++)
        if (!event_set_is_empty(&c->sets[i]))
            return false;
    return true;
}

/* ---- signatures ---------------------------------------------------------------------------------------------------- */

/* Clears the blocks that do not have this gram. */
static int keep_gram(struct event_chunk *c, struct db *d, uint32_t gram, struct err *e)
{
    static const char sql[] = "SELECT slot, bits FROM event_grams WHERE slot >= ?1 AND slot < ?2";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    int64_t base = EVENT_SLOT(gram / EVENT_SLICE_BITS, c->first);
    db_int(s, 1, base);
    db_int(s, 2, base + c->count);
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        size_t size, at = gram % EVENT_SLICE_BITS / 8;
        const uint8_t *bits = db_get_blob(s, 1, &size);
        int64_t block = db_get_int(s, 0) - base;
        if (at < size && !(bits[at] >> gram % 8 & 1))
            keep_set(&c->sets[block], &c->long_rows[block]);
    }
    return step;
}

static int keep_needle(struct event_chunk *c, struct db *d, const struct buf *needle, struct err *e)
{
    size_t size = needle->size >= EVENT_GRAM_LONG ? EVENT_GRAM_LONG : EVENT_GRAM_SHORT;
    size_t grams = needle->size >= size ? needle->size - size + 1 : 0, asked = grams < GRAMS_MAX ? grams : GRAMS_MAX;
    /* From both ends to the middle, the end first: how words begin is common. */
    for (size_t i = 0; i < asked && !is_empty(c); i++) {
        size_t place = (i % 2 ? i / 2 : asked - 1 - i / 2) * grams / asked;
        if (keep_gram(c, d, event_gram(needle->data + place, size), e))
            return -1;
    }
    return 0;
}

int event_chunk_find(struct event_chunk *c, struct db *d, const struct event_filter *f, const struct event_needles *needles, struct err *e)
{
    if (begin_with_times(c, d, f, e) || keep_lower(c, d, EVENT_KEY_REASON, f->reason, e) || keep_value(c, d, EVENT_KEY_NAMESPACE, f->namespace_, e) ||
        keep_lower(c, d, EVENT_KEY_KIND, f->kind, e) || (f->cluster && keep_number(c, d, EVENT_KEY_CLUSTER, f->cluster, e)) ||
        (f->severities && keep_severities(c, d, f->severities, e)) || (f->type >= 0 && keep_number(c, d, EVENT_KEY_TYPE, f->type, e)))
        return err_wrap(e, "looking events up");
    if (!needles->text.size && !needles->name.size)
        return 0;
    if (add_postings(c->long_rows, c, d, EVENT_KEY_LONG, "", e) || keep_needle(c, d, &needles->name, e) || keep_needle(c, d, &needles->text, e))
        return err_wrap(e, "searching events");
    return 0;
}

/* ---- columns ------------------------------------------------------------------------------------------------------- */

/* A column of a block as it is stored; *s is to be ended with db_done. 1, or 0 when there is none. */
static int read_column(struct db *d, const char *sql, int64_t block, struct db_stmt **s, const void **data, size_t *size, struct err *e)
{
    *s = db_prepare(d, sql, e);
    if (!*s)
        return -1;
    db_int(*s, 1, block);
    int step = db_step(*s, e);
    if (step == DB_ROW)
        *data = db_get_blob(*s, 0, size);
    return step < 0 ? err_wrap(e, "reading events from %lld on", (long long)block * EVENT_BLOCK) : step;
}

static int read_words(struct db *d, int64_t block, struct buf *words, struct err *e)
{
    struct db_stmt *s;
    const void *packed = NULL;
    size_t size = 0;
    int found = read_column(d, "SELECT words FROM event_columns WHERE block = ?1", block, &s, &packed, &size, e);
    if (found == 1)
        found = pack_unzstd(packed, size, WORDS_SIZE_MAX, words, e);
    if (s)
        db_done(s);
    return found < 0 ? err_wrap(e, "searching the block of events %lld", (long long)block) : 0;
}

/* The rows of these words that hold the needle. */
static void search(const struct buf *words, const struct buf *needle, struct event_set *found)
{
    const char *at = words->data, *end = words->data + words->size, *hit;
    unsigned row = 0;
    while (at < end && row < EVENT_BLOCK && (hit = memmem(at, (size_t)(end - at), needle->data, needle->size))) {
        const char *row_end = at;
        while ((row_end = memchr(row_end, EVENT_ROW, (size_t)(end - row_end))) && row_end < hit) {
            row_end++;
            row++;
        }
        if (!row_end || row >= EVENT_BLOCK)
            break;
        event_set_add(found, row++);
        at = row_end + 1;
    }
}

int event_block_search(struct db *d, int64_t block, const struct event_needles *needles, const struct event_set *long_rows,
                       struct event_set *set, struct err *e)
{
    AUTO_BUF struct buf words = { 0 };
    if (read_words(d, block, &words, e))
        return -1;
    const struct buf *both[] = { &needles->text, &needles->name };
    for (size_t i = 0; i < COUNT(both); i++) {
        if (both[i]->size == 0)
            continue;
        struct event_set found = { 0 };
        if (words.size)
            search(&words, both[i], &found);
        add_set(&found, long_rows);
        keep_set(set, &found);
    }
    return 0;
}

int event_block_marks(struct db *d, int64_t block, int64_t *marks, struct err *e)
{
    struct db_stmt *s;
    const void *column = NULL;
    size_t size = 0, whole = EVENT_BLOCK * sizeof *marks;
    int found = read_column(d, "SELECT marks FROM event_columns WHERE block = ?1", block, &s, &column, &size, e);
    memset(marks, 0, whole);
    if (found == 1)
        memcpy(marks, column, size < whole ? size : whole);
    if (s)
        db_done(s);
    return found < 0 ? -1 : 0;
}
