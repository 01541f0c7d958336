#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <yyjson.h>

#include "base/clock.h"
#include "base/str.h"

/* Values are written as they come; nothing is kept but the text. */
struct json_w {
    struct buf out;
    char closing[JSON_W_DEPTH]; /* of what is open, outermost first */
    int depth;
    bool more; /* a comma goes before the next value */
};

#define ROOM_FIRST ((size_t)1024)      /* most that is written is a message of about that size */
#define ROOM_KEPT  ((size_t)64 * 1024) /* one large text must not keep its room for ever      */

static const struct json_limits raw_limits = { .size = (size_t)16 << 20, .depth = JSON_W_DEPTH, .keys = 5000000 };

struct json_w *json_w_new(void)
{
    struct json_w *w = mem_alloc(sizeof *w);
    *w = (struct json_w){ 0 };
    return w;
}

void json_w_free(struct json_w *w)
{
    if (!w)
        return;
    buf_fini(&w->out);
    free(w);
}

/* --- text ------------------------------------------------------------------------------------------------------- */

/* What stands for a character that must not stand in a string by itself; out has room for 6 bytes.  Returns its size. */
static size_t escape(unsigned char c, char *out)
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'
    };
    static const char digits[] = "0123456789ABCDEF";
    out[0] = '\\';
    if (letters[c]) {
        out[1] = letters[c];
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = digits[c >> 4];
    out[5] = digits[c & 15];
    return 6;
}

/* 0x80 in each byte of eight that is not printable ASCII, or a quote or backslash; above the first such byte there may be false ones. */
static uint64_t special(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
    uint64_t quote = eight ^ ones * '"', backslash = eight ^ ones * '\\';
    return ((eight - ones * ' ') | (quote - ones) | (backslash - ones) | eight) & tops;
}

/* Room for size more bytes and the final 0; most of the time it is there. */
static char *room(struct buf *out, size_t size)
{
    if (out->size + size >= out->capacity)
        buf_reserve(out, size);
    return out->data + out->size;
}

/* Ends what was written to the place that room gave. */
static void end_at(struct buf *out, char *end)
{
    *end = '\0';
    out->size = (size_t)(end - out->data);
}

static void put_char(struct buf *out, char c)
{
    char *at = room(out, 1);
    *at = c;
    end_at(out, at + 1);
}

/* Copies what is printable ASCII without the quote and the backslash, most of everything, up to the first that is not.  Returns how much. */
static size_t copy_plain(char *to, const char *s, size_t size)
{
    size_t n = 0;
    for (uint64_t eight; n + sizeof eight <= size; n += sizeof eight) {
        memcpy(&eight, s + n, sizeof eight);
        if (special(eight))
            break;
        memcpy(to + n, &eight, sizeof eight);
    }
    for (; n < size && (unsigned char)(s[n] - ' ') < 0x80 - ' ' && s[n] != '"' && s[n] != '\\'; n++)
        to[n] = s[n];
    return n;
}

/* What is no UTF-8, and 0, becomes U+FFFD, as str_utf8 has it. */
static void write_foreign(struct buf *out, const char *s, size_t size)
{
    while (size > 0) {
        char piece[6], *at = room(out, size);
        size_t step = copy_plain(at, s, size);
        if (step > 0) {
            end_at(out, at + step);
        } else if ((unsigned char)*s < 0x80 && *s) {
            step = 1;
            buf_add(out, piece, escape((unsigned char)*s, piece));
        } else {
            uint32_t code;
            step = str_utf8_next(s, size, &code);
            bool good = code != STR_BAD && code != 0;
            buf_add(out, good ? s : "\xef\xbf\xbd", good ? step : 3);
        }
        s += step;
        size -= step;
    }
}

/* A string in its quotes, and the colon behind a key. */
static void write_text(struct buf *out, const char *s, size_t size, bool is_key)
{
    char *at = room(out, size + 3);
    *at++ = '"';
    size_t plain = copy_plain(at, s, size);
    at += plain;
    if (plain < size) {
        end_at(out, at);
        write_foreign(out, s + plain, size - plain);
        at = room(out, 2);
    }
    *at++ = '"';
    if (is_key)
        *at++ = ':';
    end_at(out, at);
}

/* --- values ----------------------------------------------------------------------------------------------------- */

/* What comes before a value. */
static void lead(struct json_w *w, const char *key)
{
    assert(!key == (w->depth == 0 || w->closing[w->depth - 1] == ']'));
    assert(w->depth > 0 || w->out.size == 0);
    if (w->out.size == 0)
        buf_reserve(&w->out, ROOM_FIRST);
    if (w->more)
        put_char(&w->out, ',');
    w->more = true;
    if (key)
        write_text(&w->out, key, strlen(key), true);
}

static void put(struct json_w *w, const char *key, const char *value, size_t size)
{
    lead(w, key);
    buf_add(&w->out, value, size);
}

static void open_container(struct json_w *w, const char *key, char opening, char closing)
{
    assert(w->depth < JSON_W_DEPTH);
    lead(w, key);
    put_char(&w->out, opening);
    w->closing[w->depth++] = closing;
    w->more = false;
}

void json_w_object(struct json_w *w, const char *key)
{
    open_container(w, key, '{', '}');
}

void json_w_array(struct json_w *w, const char *key)
{
    open_container(w, key, '[', ']');
}

void json_w_end(struct json_w *w)
{
    assert(w->depth > 0);
    put_char(&w->out, w->closing[--w->depth]);
    w->more = true;
}

void json_w_str(struct json_w *w, const char *key, const char *value)
{
    json_w_strn(w, key, value, value ? strlen(value) : 0);
}

void json_w_strn(struct json_w *w, const char *key, const char *value, size_t size)
{
    if (!value)
        return;
    lead(w, key);
    write_text(&w->out, value, size, false);
}

void json_w_int(struct json_w *w, const char *key, int64_t value)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--at = '-';
    put(w, key, at, (size_t)(digits + sizeof digits - at));
}

/* A value of a document as text, the way yyjson writes it. */
static void put_value(struct json_w *w, const char *key, const yyjson_val *value)
{
    size_t size;
    AUTO_FREE char *text = yyjson_val_write_opts(value, YYJSON_WRITE_NOFLAG, NULL, &size, NULL);
    if (!text)
        abort(); /* what was read can be written: it is for want of memory */
    put(w, key, text, size);
}

void json_w_real(struct json_w *w, const char *key, double value)
{
    yyjson_val real = { 0 };
    if (!isfinite(value) || !yyjson_set_real(&real, value))
        json_w_null(w, key);
    else
        put_value(w, key, &real);
}

void json_w_bool(struct json_w *w, const char *key, bool value)
{
    put(w, key, value ? "true" : "false", value ? 4 : 5);
}

void json_w_null(struct json_w *w, const char *key)
{
    put(w, key, "null", 4);
}

void json_w_time(struct json_w *w, const char *key, int64_t wall_ms)
{
    if (wall_ms == 0)
        return;
    char out[CLOCK_TEXT_SIZE];
    clock_format(wall_ms, out);
    json_w_str(w, key, out);
}

void json_w_duration(struct json_w *w, const char *key, int64_t ms)
{
    char out[CLOCK_TEXT_SIZE];
    clock_format_duration(ms, out);
    json_w_str(w, key, out);
}

void json_w_copy(struct json_w *w, const char *key, const json *value)
{
    if (json_is_string(value))
        json_w_strn(w, key, json_str(value), json_str_size(value));
    else if (json_is_null(value))
        json_w_null(w, key);
    else if (value)
        put_value(w, key, (const yyjson_val *)value);
}

void json_w_raw(struct json_w *w, const char *key, const char *given, size_t size)
{
    AUTO_JSON struct json_doc *parsed = given ? json_parse(given, size, &raw_limits, NULL) : NULL;
    json_w_copy(w, key, json_root(parsed));
}

void json_w_text(struct json_w *w, const char *key, const char *text, size_t size)
{
    put(w, key, text, size);
}

const char *json_w_so_far(const struct json_w *w, size_t *size)
{
    *size = w->out.size;
    return buf_text(&w->out);
}

void json_w_rewrite(struct json_w *w, size_t from, const char *text, size_t size)
{
    assert(from <= w->out.size);
    w->out.size = from;
    buf_add(&w->out, text, size);
}

void json_w_reset(struct json_w *w)
{
    if (w->out.capacity > ROOM_KEPT)
        buf_fini(&w->out);
    buf_reset(&w->out);
    w->depth = 0;
    w->more = false;
}

char *json_w_take(struct json_w *w, size_t *size)
{
    if (w->out.size == 0)
        json_w_null(w, NULL);
    while (w->depth > 0)
        json_w_end(w);
    w->more = false;
    return buf_take(&w->out, size);
}
