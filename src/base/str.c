#include "base/str.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* --- memory ------------------------------------------------------------------------------------------------------- */

static void *or_abort(void *p)
{
    if (!p) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

void *mem_alloc(size_t size)
{
    return or_abort(malloc(size ? size : 1));
}

void *mem_grow(void *old, size_t size)
{
    return or_abort(realloc(old, size ? size : 1));
}

char *str_ndup(const char *s, size_t size)
{
    if (!s)
        return NULL;
    size = strnlen(s, size);
    char *copy = mem_alloc(size + 1);
    memcpy(copy, s, size);
    copy[size] = '\0';
    return copy;
}

char *str_dup(const char *s)
{
    return s ? str_ndup(s, strlen(s)) : NULL;
}

char *str_printf(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int size = vasprintf(&text, format, args);
    va_end(args);
    return or_abort(size < 0 ? NULL : text);
}

/* --- growing buffers ---------------------------------------------------------------------------------------------- */

void buf_init(struct buf *b, size_t limit)
{
    *b = (struct buf){ .limit = limit };
}

void buf_fini(struct buf *b)
{
    free(b->data);
    *b = (struct buf){ .limit = b->limit };
}

void buf_reset(struct buf *b)
{
    b->size = 0;
    b->cut = false;
    if (b->data)
        b->data[0] = '\0';
}

/* How many of size more bytes the limit allows. */
static size_t room_for(const struct buf *b, size_t size)
{
    if (b->limit == 0)
        return size;
    size_t room = b->limit > b->size ? b->limit - b->size : 0;
    return size < room ? size : room;
}

void buf_reserve(struct buf *b, size_t size)
{
    assert(size < SIZE_MAX / 2 - b->size);
    size_t wanted = b->size + size + 1;
    if (wanted <= b->capacity)
        return;
    size_t capacity = b->capacity ? b->capacity : 64;
    while (capacity < wanted)
        capacity *= 2;
    b->data = mem_grow(b->data, capacity);
    b->capacity = capacity;
}

void buf_add(struct buf *b, const void *data, size_t size)
{
    size_t taken = room_for(b, size);
    if (taken < size)
        b->cut = true;
    if (taken == 0)
        return;
    buf_reserve(b, taken);
    memcpy(b->data + b->size, data, taken);
    b->size += taken;
    b->data[b->size] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
    buf_add(b, s, s ? strlen(s) : 0);
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int wanted = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(wanted >= 0);
    size_t size = (size_t)wanted;
    if (room_for(b, size) == size) {
        buf_reserve(b, size);
        vsnprintf(b->data + b->size, size + 1, format, again);
        b->size += size;
    } else {
        AUTO_FREE char *whole = NULL;
        or_abort(vasprintf(&whole, format, again) < 0 ? NULL : whole);
        buf_add(b, whole, size);
    }
    va_end(again);
}

void buf_drop(struct buf *b, size_t size)
{
    assert(size <= b->size);
    if (size == 0)
        return;
    b->size -= size;
    memmove(b->data, b->data + size, b->size + 1);
}

const char *buf_text(const struct buf *b)
{
    return b->data ? b->data : "";
}

char *buf_take(struct buf *b, size_t *size)
{
    char *data = b->data ? b->data : str_dup("");
    if (size)
        *size = b->size;
    *b = (struct buf){ .limit = b->limit };
    return data;
}

/* --- copying and comparing ---------------------------------------------------------------------------------------- */

bool str_copy(char *out, size_t size, const char *s)
{
    assert(size > 0);
    size_t length = s ? strlen(s) : 0;
    size_t kept = str_utf8_cut(s, length, size - 1);
    memmove(out, str_or_empty(s), kept);
    out[kept] = '\0';
    return kept < length;
}

bool str_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts(const char *s, const char *prefix)
{
    return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
    if (!s)
        return false;
    size_t size = strlen(s), wanted = strlen(suffix);
    return size >= wanted && memcmp(s + size - wanted, suffix, wanted) == 0;
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_eq_nocase(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

/* Names that people type are short; what is longer gets no suggestion. */
#define NEAREST_MAX 128

/* Levenshtein distance, one row at a time.  Both sizes are at most NEAREST_MAX. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t row[NEAREST_MAX + 1];
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_size];
}

const char *str_nearest(const char *s, const char *const *candidates, size_t count)
{
    size_t size = s ? strlen(s) : 0;
    if (size == 0 || size > NEAREST_MAX)
        return NULL;
    const char *nearest = NULL;
    size_t best = 1 + size / 4 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(candidates[i]);
        if (other > NEAREST_MAX)
            continue;
        size_t d = distance(s, size, candidates[i], other);
        /* "a" is one step from "b", but they have nothing in common. */
        if (d < best && d < (size > other ? size : other)) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}

static bool is_label_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Bytes of the label at the front of s, 0 when there is none. */
static size_t label_size(const char *s)
{
    size_t size = 0;
    while (is_label_char(s[size]))
        size++;
    return size > 0 && s[0] != '-' && s[size - 1] != '-' ? size : 0;
}

bool str_is_dns_label(const char *s)
{
    size_t size = s ? label_size(s) : 0;
    return size > 0 && size <= 63 && s[size] == '\0';
}

/* Kubernetes bounds the whole name only: a part may be longer than the 63 bytes of a label. */
bool str_is_dns_name(const char *s)
{
    if (!s || strnlen(s, 254) > 253)
        return false;
    for (;;) {
        size_t size = label_size(s);
        if (size == 0)
            return false;
        s += size;
        if (*s == '\0')
            return true;
        if (*s++ != '.')
            return false;
    }
}
