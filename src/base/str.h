/* Text: growing buffers, bounded copies, UTF-8, and making foreign text harmless.
 *
 * struct buf owns its bytes; data is always 0-terminated.  A buf stops growing at its limit and remembers that
 * something was cut (buf.cut), it never fails.  Zeroed storage is a valid empty buf without a limit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static inline void auto_free_(void *p)
{
    free(*(void **)p);
}
#define AUTO_FREE __attribute__((cleanup(auto_free_)))

struct buf {
    char *data;         /* NULL until the first byte                 */
    size_t size;        /* bytes, without the final 0                */
    size_t capacity;
    size_t limit;       /* most bytes; 0: no limit                   */
    bool cut;           /* bytes were refused because of the limit   */
};

void buf_init(struct buf *b, size_t limit);
void buf_fini(struct buf *b);
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t size);
void buf_reserve(struct buf *b, size_t size);    /* place for size more bytes, so that adding them moves nothing */
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) ERR_PRINTF(2, 3);

/* Removes size bytes at the front (size <= b->size). */
void buf_drop(struct buf *b, size_t size);

/* "" when empty; valid until the next change. */
const char *buf_text(const struct buf *b);

/* The bytes become the caller's (free()); the buf is empty afterwards.  Never NULL. */
char *buf_take(struct buf *b, size_t *size);
#define AUTO_BUF __attribute__((cleanup(buf_fini)))

/* malloc that aborts instead of returning NULL; for what is bounded before. */
void *mem_alloc(size_t size);
void *mem_grow(void *old, size_t size);
char *str_dup(const char *s);                      /* NULL in, NULL out */
char *str_ndup(const char *s, size_t size);
char *str_printf(const char *format, ...) ERR_PRINTF(1, 2);

/* Copies s into out[size], cut at a UTF-8 boundary.  Returns true when it had to cut. */
bool str_copy(char *out, size_t size, const char *s);

/* True for equal, also for two NULLs. */
bool str_eq(const char *a, const char *b);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* ASCII-only, locale-free. */
bool str_eq_nocase(const char *a, const char *b);

/* s or "" when s is NULL. */
static inline const char *str_or_empty(const char *s)
{
    return s ? s : "";
}

/* Decodes the character at the front of s[size], size > 0.  Returns its bytes (1..4); *code is STR_BAD where they are
 * no UTF-8. */
size_t str_utf8_next(const char *s, size_t size, uint32_t *code);
#define STR_BAD UINT32_MAX

/* True for what moves a terminal's cursor, turns the direction of text or cannot be seen: controls, bidi, zero width,
 * fillers, tags. */
bool str_is_unseen(uint32_t code);

/* Writes size bytes of whatever as valid UTF-8: bad sequences, overlong forms, surrogates and NUL become U+FFFD.
 * Returns how many replacements there were. */
size_t str_utf8(struct buf *out, const char *data, size_t size);

/* How many bytes of s[size] can be kept for at most max bytes without cutting a character. */
size_t str_utf8_cut(const char *s, size_t size, size_t max);

/* Columns on a terminal: wide characters count 2, combining ones 0. */
size_t str_width(const char *s);

/* Text that came from a cluster, for a terminal: control characters (C0, C1, ESC, CR), bidi and zero-width characters
 * and bytes that are no UTF-8 are shown as visible escapes (\x1b, \u202e, \n, \r, \t); newline and tab stay with
 * keep_lines. */
void str_terminal(struct buf *out, const char *s, bool keep_lines);

/* For HTML text and quoted attribute values.  What is no UTF-8 and control characters become U+FFFD. */
void str_html(struct buf *out, const char *s);

/* Addresses with commas, three stars in place of each login: of "joe:secret@host" and "token@host" stays the host. */
void str_hide_logins(struct buf *out, const char *urls);

/* Nearest of the candidates by edit distance, or NULL when none is near (distance <= 1 + length / 4). */
const char *str_nearest(const char *s, const char *const *candidates, size_t count);

/* RFC 1123 label: [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])? */
bool str_is_dns_label(const char *s);

/* Dotted labels of any size, 253 bytes in all: what Kubernetes allows as most object names. */
bool str_is_dns_name(const char *s);
