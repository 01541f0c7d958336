/* JSON, read and written through yyjson.
 *
 * Reading: json_parse checks size, depth and key count before anybody sees a value; values are borrowed from the
 * document, immutable, and may be read by several threads.  Strings never hold a 0 byte and are always valid UTF-8:
 * what breaks that (a bad byte, a lone surrogate, \u0000) is read as U+FFFD, so that one hostile byte does not cost a
 * whole message.  Numbers too large for 64 bits keep their text.  All accessors accept NULL and the wrong type and
 * answer "absent", so that a chain over a hostile object needs no checks between.  Writing: one writer, nested by
 * json_w_object/json_w_array and json_w_end; keys are NULL inside arrays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct json_doc;
typedef struct yyjson_val json;    /* a value inside a document */

struct json_limits {
    size_t size;      /* bytes   */
    int depth;        /* levels  */
    size_t keys;      /* in all  */
};
extern const struct json_limits json_wire_limits;     /* 1 MiB, 64, 10,000: protocol.md               */
extern const struct json_limits json_object_limits;   /* 4 MiB, 64, 200,000: one Kubernetes object    */
extern const struct json_limits json_list_limits;     /* 64 MiB, 64, 5,000,000: a page of a list      */

/* Parses size bytes (copied).  NULL with *e filled ("line 3, column 7: unexpected character"), ERR_TOO_LARGE beyond a
 * limit. */
struct json_doc *json_parse(const char *text, size_t size, const struct json_limits *limits, struct err *e);
void json_doc_free(struct json_doc *doc);
static inline void auto_json_(struct json_doc **d)
{
    json_doc_free(*d);
}
#define AUTO_JSON __attribute__((cleanup(auto_json_)))
json *json_root(const struct json_doc *doc);    /* NULL for NULL */

bool json_is_object(const json *v);
bool json_is_array(const json *v);
bool json_is_string(const json *v);
bool json_is_number(const json *v);
bool json_is_bool(const json *v);
bool json_is_null(const json *v);    /* a literal null; absent is not null */

json *json_get(const json *object, const char *key);           /* last key wins; NULL when absent */
json *json_at(const json *object, const char *path);           /* "status.items.0": names in objects, digits in arrays */
const char *json_str(const json *v);                           /* NULL when it is no string */
size_t json_str_size(const json *v);
const char *json_get_str(const json *object, const char *key); /* NULL when absent or no string */
const char *json_at_str(const json *object, const char *path);
int64_t json_int(const json *v, int64_t absent);               /* numbers; fractions are cut, out of range clamped */
double json_real(const json *v, double absent);                /* numbers; always finite, out of range clamped */
bool json_bool(const json *v, bool absent);
int64_t json_get_int(const json *object, const char *key, int64_t absent);
bool json_get_bool(const json *object, const char *key, bool absent);

size_t json_count(const json *v);                              /* members or items; 0 for others */

/* for (struct json_iter i = json_iter(v); json_next(&i);) uses i.key (objects; NULL in arrays), i.value and i.index
 * (from 0).  Duplicate keys come one after the other, as they were written. */
struct json_iter {
    const char *key;
    json *value;
    size_t index;
    json *next;       /* the rest is json_next's own */
    size_t left;
    bool object;
};
struct json_iter json_iter(const json *container);
bool json_next(struct json_iter *i);

/* Whether a value of a document keeps within the levels and keys of narrower limits; not its size. */
bool json_within(const json *v, const struct json_limits *limits);

/* Text of a value on one line; free() it.  NULL for NULL.  size may be NULL. */
char *json_text(const json *v, size_t *size);

/* The writer's strings and keys are copied; what is no UTF-8 in them, and a 0 byte, becomes U+FFFD.  At most
 * JSON_W_DEPTH levels. */
#define JSON_W_DEPTH 64
struct json_w;
struct json_w *json_w_new(void);
void json_w_free(struct json_w *w);
static inline void auto_json_w_(struct json_w **w)
{
    json_w_free(*w);
}
#define AUTO_JSON_W __attribute__((cleanup(auto_json_w_)))
void json_w_object(struct json_w *w, const char *key);
void json_w_array(struct json_w *w, const char *key);
void json_w_end(struct json_w *w);
void json_w_str(struct json_w *w, const char *key, const char *value);     /* NULL value: nothing is written */
void json_w_strn(struct json_w *w, const char *key, const char *value, size_t size);    /* likewise */
void json_w_int(struct json_w *w, const char *key, int64_t value);
void json_w_real(struct json_w *w, const char *key, double value);         /* null for NaN and infinity */
void json_w_bool(struct json_w *w, const char *key, bool value);
void json_w_null(struct json_w *w, const char *key);
void json_w_time(struct json_w *w, const char *key, int64_t wall_ms);      /* RFC 3339; 0: nothing is written */
void json_w_duration(struct json_w *w, const char *key, int64_t ms);       /* "1.5s" */
void json_w_copy(struct json_w *w, const char *key, const json *value);    /* deep copy; NULL: nothing is written */

/* Text that is JSON already (e.g. from the store), up to 16 MiB; it is parsed, and left out when it is none. */
void json_w_raw(struct json_w *w, const char *key, const char *text, size_t size);

/* Text that is JSON already, for sure: it is written as it is. */
void json_w_text(struct json_w *w, const char *key, const char *text, size_t size);

/* What was written so far, valid until the next call; and other text in place of what stands behind `from`, for those who redact.  That the
 * whole stays JSON is theirs to see to. */
const char *json_w_so_far(const struct json_w *w, size_t *size);
void json_w_rewrite(struct json_w *w, size_t from, const char *text, size_t size);

/* Forgets what was written: for who writes often and needs each text only for a while (json_w_so_far). */
void json_w_reset(struct json_w *w);

/* Closes what is open and returns the text on one line ("null" when nothing was written); free() it.  size may be
 * NULL.  The writer is empty again. */
char *json_w_take(struct json_w *w, size_t *size);
