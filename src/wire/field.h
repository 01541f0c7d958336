/* Messages as tables: one row a field, and the same row reads and writes it.
 *
 * For src/wire alone.  Telemetry is kept as far as it is understood: in an ordinary table a value of the wrong type counts as
 * absent, too long texts and lists are cut.  A command is understood wholly or refused: in a strict table (and in a row marked
 * FIELD_EXACT) both refuse the message.  Unknown fields are ignored, null and "" are absent (Go writes zero values).  Pure
 * functions; what is read lives in the arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

#define FIELD_ROWS_MAX     40                                /* of one table; no two have the same key    */
#define FIELD_STR_MAX      4096u                             /* bytes of a text that says nothing else    */
#define FIELD_DURATION_MAX (INT64_C(100) * 366 * 86400000)   /* ms; longer ones are none                  */

enum field_type {
    FIELD_STR,         /* const char *                                                         */
    FIELD_TEXT,        /* const char * with its size_t                                         */
    FIELD_INT,         /* int64_t, not negative; row.absent when there is none                 */
    FIELD_COUNTER,     /* uint64_t below 2^63 - 1; a negative one refuses the message          */
    FIELD_SHARE,       /* double, 0 to 1                                                       */
    FIELD_BOOL,        /* bool; row.absent when there is none                                  */
    FIELD_WORD,        /* bool, written as one of two words                                    */
    FIELD_ENUM,        /* an enum, written as a word                                           */
    FIELD_TIME,        /* int64_t wall ms; 1970 and earlier (Go's zero time) is absent         */
    FIELD_DURATION,    /* int64_t ms; a Go string or an integer of nanoseconds                 */
    FIELD_STRINGS,     /* const char ** with its size_t                                        */
    FIELD_OBJECT,      /* a struct inside the struct, or a group of the same struct's members  */
    FIELD_LIST,        /* T * with its size_t                                                  */
    FIELD_TYPES,
};

#define FIELD_REQUIRED 1u    /* absent refuses the message                        */
#define FIELD_ALWAYS   2u    /* written even when it has the value of absence     */
#define FIELD_EXACT    4u    /* wrong type or too long refuses the message        */

struct field_words {
    const char *const *names;    /* by value                          */
    size_t count;
    unsigned unknown;            /* the value for any other word      */
};

struct field_table;
struct field {
    const char *key;
    enum field_type type;
    size_t offset;
    size_t count_offset;              /* TEXT, STRINGS, LIST                                  */
    unsigned flags;
    size_t max;                       /* bytes of a text (0: FIELD_STR_MAX), items of a list  */
    size_t item_max;                  /* STRINGS: bytes of one                                */
    int64_t absent;                   /* INT, BOOL                                            */
    const struct field_words *words;  /* WORD, ENUM                                           */
    const struct field_table *table;  /* OBJECT, LIST                                         */
    size_t item_size;                 /* LIST                                                 */
};

struct field_table {
    const char *message;    /* for error texts: "event", "event involved" */
    const struct field *rows;
    size_t count;
    bool strict;
};

/* offsetof that does not compile unless the member has type C. */
#define FIELD_AT(T, member, C) (offsetof(T, member) + 0 * sizeof(_Generic(((T *)0)->member, C : 0)))
#define FIELD_AT_ENUM(T, member) \
    (offsetof(T, member) + 0 * sizeof(char[sizeof(((T *)0)->member) == sizeof(unsigned) ? 1 : -1]))

#define F_STR(T, key, member, ...)      { key, FIELD_STR, FIELD_AT(T, member, const char *), __VA_ARGS__ }
#define F_INT(T, key, member, ...)      { key, FIELD_INT, FIELD_AT(T, member, int64_t), __VA_ARGS__ }
#define F_COUNTER(T, key, member, ...)  { key, FIELD_COUNTER, FIELD_AT(T, member, uint64_t), __VA_ARGS__ }
#define F_SHARE(T, key, member, ...)    { key, FIELD_SHARE, FIELD_AT(T, member, double), __VA_ARGS__ }
#define F_BOOL(T, key, member, ...)     { key, FIELD_BOOL, FIELD_AT(T, member, bool), __VA_ARGS__ }
#define F_TIME(T, key, member, ...)     { key, FIELD_TIME, FIELD_AT(T, member, int64_t), __VA_ARGS__ }
#define F_DURATION(T, key, member, ...) { key, FIELD_DURATION, FIELD_AT(T, member, int64_t), __VA_ARGS__ }
#define F_WORD(T, key, member, w)       { key, FIELD_WORD, FIELD_AT(T, member, bool), .words = (w) }
#define F_ENUM(T, key, member, w, ...)  { key, FIELD_ENUM, FIELD_AT_ENUM(T, member), .words = (w), __VA_ARGS__ }
#define F_TEXT(T, key, member, size, ...) \
    { key, FIELD_TEXT, FIELD_AT(T, member, const char *), FIELD_AT(T, size, size_t), __VA_ARGS__ }
#define F_STRINGS(T, key, member, n, ...) \
    { key, FIELD_STRINGS, FIELD_AT(T, member, const char **), FIELD_AT(T, n, size_t), __VA_ARGS__ }
#define F_LIST(T, key, member, n, t, ...) \
    { key, FIELD_LIST, offsetof(T, member), FIELD_AT(T, n, size_t), .table = (t), \
      .item_size = sizeof(*((T *)0)->member), __VA_ARGS__ }
#define F_OBJECT(T, key, member, t, ...) { key, FIELD_OBJECT, offsetof(T, member), .table = (t), __VA_ARGS__ }
/* An object on the wire whose fields are members of the same struct. */
#define F_GROUP(key, t, ...)             { key, FIELD_OBJECT, .table = (t), __VA_ARGS__ }

/* Severities, for every message that has one (event.c). */
extern const struct field_words field_severities;

/* The word for a value, and the value for a word (NULL and foreign ones: words->unknown). */
const char *field_word(const struct field_words *words, unsigned value);
unsigned field_value(const struct field_words *words, const char *word);

/* Parses a message; its root is an object of a schema that we speak.  NULL with *e filled. */
struct json_doc *field_parse(const char *message, const char *data, size_t size, const struct json_limits *limits,
                             struct err *e);

/* Sets every member that has a row.  object NULL reads as {}.  0, or -1 with a text that names message and field. */
int field_read(const struct field_table *table, const json *object, struct arena *a, void *out,
               struct err *e) MUST_CHECK;

/* Writes the rows as members of the object that is open. */
void field_write(const struct field_table *table, struct json_w *w, const void *in);

/* Opens an object; one that stands alone or in a list (key NULL) gets "schema". */
void field_begin(struct json_w *w, const char *key);

/* A whole message of one table; free() it. */
char *field_encode(const struct field_table *table, const void *in, size_t *size);

/* The identity is the subject's: fills an absent *payload, refuses (ERR_REFUSED) one that disagrees. */
int field_identify(const char *message, const char **payload, const char *cluster_id, struct arena *a,
                   struct err *e) MUST_CHECK;
