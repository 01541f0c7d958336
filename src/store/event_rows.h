/* What the files about events share.  Not for use outside this folder.
 *
 *   events.c        one event in, one out, age
 *   event_index.c   writes the index of each full block of rows
 *   event_block.c   reads it: which rows of some blocks a filter can match
 *   event_walk.c    a filter's way through the table, part by part
 *   event_list.c    pages of rows; event_counts.c  rows over time
 *
 * A block is 1024 numbers of events in a row.  Rows enter without secondary indices; once a block is full, one piece of work writes what filters need of it:
 * for each value that occurs (this namespace, that reason) which rows have it; a signature of all four bytes in a row, so that a search passes by blocks that
 * cannot hold its text; the text itself, packed; and the rows' times.  What is not indexed yet is walked as it is.
 */
#pragma once

#include <string.h>

#include "base/str.h"
#include "store/events.h"

#define EVENT_BLOCK     1024
#define EVENT_CHUNK     64        /* blocks that are looked up together */

/* ASCII only; NULL stays NULL. */
void event_lower(char *text);

/* ---- the index of a block ---------------------------------------------------------------------------------------- */

/* Rows of one block: bit n % EVENT_BLOCK. */
struct event_set {
    uint64_t bits[EVENT_BLOCK / 64];
};
static inline bool event_set_has(const struct event_set *s, unsigned row)
{
    return s->bits[row / 64] >> (row % 64) & 1;
}
static inline void event_set_add(struct event_set *s, unsigned row)
{
    s->bits[row / 64] |= UINT64_C(1) << (row % 64);
}
bool event_set_is_empty(const struct event_set *s);

/* event_postings: key is one of these letters and the value, as text. Kind and reason in lower case. */
enum event_key {
    EVENT_KEY_CLUSTER = 'c',
    EVENT_KEY_NAMESPACE = 'n',
    EVENT_KEY_KIND = 'k',
    EVENT_KEY_REASON = 'r',
    EVENT_KEY_SEVERITY = 's',
    EVENT_KEY_TYPE = 't',
    EVENT_KEY_LONG = 'l',         /* its words were cut: whether it matches, only the row tells */
};

/* event_postings.rows: places of rows, two bytes each, or, where that is no longer than the set itself, the set. */
#define EVENT_PLACES_MAX ((int)(sizeof(struct event_set) / sizeof(uint16_t)) - 1)

/* event_columns.words: for each row message, WORD, reason, WORD, name, ROW; lower case, packed.  Both are bytes that no UTF-8 has. */
#define EVENT_WORD       '\xff'
#define EVENT_ROW        '\xfe'
#define EVENT_WORDS_MAX  4096     /* bytes of one row */

/* event_columns.marks: for each row its time and severity; 0: no such row. */
#define EVENT_MARK(at, severity) ((at) * 8 + (severity))

/* event_grams: a block's signature, in slices; slot is the slice, then the block. A bit of it is set for every four and every six bytes in a row: six tell
 * names apart that are made of the same digits, four are there for short texts (a Chinese character is three). */
#define EVENT_SLICES     64
#define EVENT_SLICE_BITS 8192
#define EVENT_GRAM_BITS  19       /* EVENT_SLICES times EVENT_SLICE_BITS is 2 to that power */
#define EVENT_SLOT(slice, block) ((int64_t)(slice) << 40 | (block))
#define EVENT_GRAM_SHORT 4
#define EVENT_GRAM_LONG  6

/* The bit; size is one of the two. Two rounds of multiplying: texts that differ in a digit lie near each other as numbers, and are to fall far apart. */
static inline uint32_t event_gram(const char *text, size_t size)
{
    uint32_t first, last;
    memcpy(&first, text, sizeof first);
    memcpy(&last, text + size - sizeof last, sizeof last);
    uint32_t hash = (first ^ (uint32_t)size) * 0x9e3779b1u;
    hash = (hash ^ hash >> 15 ^ last) * 0x85ebca77u;
    return ((hash ^ hash >> 13) * 0xc2b2ae3du) >> (32 - EVENT_GRAM_BITS);
}

/* The last n that is indexed; 0: none. */
int event_index_end(struct db *d, int64_t *n, struct err *e) MUST_CHECK;

/* Forgets blocks before this one. */
int event_index_drop(struct db *d, int64_t block, struct err *e) MUST_CHECK;

/* ---- reading it ---------------------------------------------------------------------------------------------------- */

/* What a filter looks for in the words: no more than this many bytes of it, the row itself tells the rest. */
struct event_needles {
    struct buf text, name;        /* lower case, as in words; empty: not asked for */
};

/* Blocks first … first + count - 1, and which rows of each may match. */
struct event_chunk {
    int64_t first;
    int count;
    int64_t at_min[EVENT_CHUNK], at_max[EVENT_CHUNK];
    struct event_set sets[EVENT_CHUNK], long_rows[EVENT_CHUNK];
};

/* Looks up everything but words and exact times. */
int event_chunk_find(struct event_chunk *c, struct db *d, const struct event_filter *f, const struct event_needles *needles, struct err *e) MUST_CHECK;

/* Leaves in set the rows that hold the needles, or are in long_rows. */
int event_block_search(struct db *d, int64_t block, const struct event_needles *needles, const struct event_set *long_rows,
                       struct event_set *set, struct err *e) MUST_CHECK;

/* The marks of a block, EVENT_BLOCK of them. */
int event_block_marks(struct db *d, int64_t block, int64_t *marks, struct err *e) MUST_CHECK;

/* ---- the way through the table ------------------------------------------------------------------------------------ */

/* Statements; parameters: 1 and 2 the stretch, 3 to 13 the filter, 14 the statement's own (limit, or step). */
struct event_statements {
    const char *list, *counts;
};

/* One walk over what a filter can match, from the newest down, in parts. */
struct event_walk {
    const struct event_filter *filter;
    int64_t looks;                /* rows that may still be looked at one by one                  */
    int chunks;                   /* likewise, to look up                                         */
    int64_t indexed;              /* the last n that the index knows                              */
    int64_t oldest;
    int64_t next_to;
    struct event_needles needles;
    struct event_chunk *chunk;
    int at;                       /* block of the chunk in hand; -1: the next chunk               */

    /* The part in hand: rows from … to, which its statement finds, or, without one, the rows of set. */
    int64_t from, to;
    const struct event_statements *statements;
    struct event_set set, unsure; /* unsure: of set, those that may yet not match                  */
    int64_t marks[EVENT_BLOCK];   /* of the block, where the filter has times                     */
    bool given_up;                /* it may look at no more; what lies before from was not looked at */
};

/* before 0: from the newest. */
int event_walk_begin(struct event_walk *walk, struct db *d, const struct event_filter *f, int64_t before, int64_t looks_max,
                     struct err *e) MUST_CHECK;
void event_walk_end(struct event_walk *walk);

/* 1: a part is chosen; 0: the end (or given_up). */
int event_walk_next(struct event_walk *walk, struct db *d, struct err *e) MUST_CHECK;

/* Finds one row, if it matches: from = to = n. */
extern const struct event_statements event_by_number;

/* Binds everything but parameter 14. */
void event_walk_bind(const struct event_walk *walk, struct db_stmt *s, int64_t from, int64_t to);
