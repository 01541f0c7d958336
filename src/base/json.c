#include "base/json.h"

#include <assert.h>
#include <float.h>
#include <string.h>
#include <yyjson.h>

#include "base/str.h"

const struct json_limits json_wire_limits = { .size = (size_t)1 << 20, .depth = 64, .keys = 10000 };
const struct json_limits json_object_limits = { .size = (size_t)4 << 20, .depth = 64, .keys = 200000 };
const struct json_limits json_list_limits = { .size = (size_t)64 << 20, .depth = 64, .keys = 5000000 };

#define DEPTH_MAX 256 /* the deepest any limits may allow: bounds the walk's stack */

struct json_doc {
    yyjson_doc *doc;
};

/* yyjson's readers take values without const, and change none. */
static yyjson_val *plain(const json *v)
{
    return (yyjson_val *)(uintptr_t)v;
}

/* --- parsing ------------------------------------------------------------------------------------------------------ */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits of \uXXXX as a number, -1 when they are none. */
static int hex4(const char *s)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(s[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Code of the \uXXXX at s, -1 when there is none. */
static int escape_at(const char *s, const char *end)
{
    return end - s >= 6 && s[0] == '\\' && s[1] == 'u' ? hex4(s + 2) : -1;
}

/* Turns \u0000 and escapes of half a surrogate pair into \ufffd, in place.  Outside of strings no backslash is valid
 * anyway. */
static size_t repair_escapes(char *s, size_t size)
{
    size_t repaired = 0;
    for (char *end = s + size; (s = memchr(s, '\\', (size_t)(end - s))) != NULL;) {
        int code = escape_at(s, end);
        if (code < 0) {
            s += end - s >= 2 ? 2 : 1;
            continue;
        }
        bool high = code >= 0xd800 && code <= 0xdbff, low = code >= 0xdc00 && code <= 0xdfff;
        int behind = high ? escape_at(s + 6, end) : -1;
        if (behind >= 0xdc00 && behind <= 0xdfff) {
            s += 12;
            continue;
        }
        if (code == 0 || high || low) {
            memcpy(s + 2, "fffd", 4);
            repaired++;
        }
        s += 6;
    }
    return repaired;
}

/* A copy whose strings can be read.  Returns how many repairs that took. */
static size_t repair(struct buf *out, const char *text, size_t size)
{
    size_t repaired = str_utf8(out, text, size);
    return out->size ? repaired + repair_escapes(out->data, out->size) : repaired;
}

static yyjson_doc *read_text(const char *text, size_t size, yyjson_read_err *why)
{
    /* Without the in-situ flag the text is copied and not written to. */
    return yyjson_read_opts((char *)(uintptr_t)text, size, YYJSON_READ_BIGNUM_AS_RAW, NULL, why);
}

static void explain(struct err *e, const char *text, size_t size, const yyjson_read_err *why)
{
    size_t line = 1, column = 1, character;
    if (why->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        err_set(e, ERR_INTERNAL, "no memory to parse %zu bytes of JSON", size);
    else if (size == 0)
        err_set(e, ERR_INVALID, "empty text is no JSON");
    else if (yyjson_locate_pos(text, size, why->pos < size ? why->pos : size, &line, &column, &character))
        err_set(e, ERR_INVALID, "line %zu, column %zu: %s", line, column, why->msg);
    else
        err_set(e, ERR_INVALID, "%s", why->msg);
}

/* yyjson keeps a document's values in one row, each container before its members: one pass sees all, without
 * recursion. */
static int check_limits(const yyjson_val *root, const struct json_limits *limits, struct err *e)
{
    const yyjson_val *ends[DEPTH_MAX];
    int depth = 0;
    size_t keys = 0;
    const yyjson_val *end = unsafe_yyjson_get_next(plain(root));
    for (const yyjson_val *v = root; v < end; v++) {
        if (!unsafe_yyjson_is_ctn(plain(v)))
            continue;
        while (depth > 0 && v >= ends[depth - 1])
            depth--;
        if (depth == limits->depth)
            return err_set(e, ERR_TOO_LARGE, "JSON nested deeper than %d levels", limits->depth);
        ends[depth++] = unsafe_yyjson_get_next(plain(v));
        if (unsafe_yyjson_is_obj(plain(v)))
            keys += unsafe_yyjson_get_len(plain(v));
        if (keys > limits->keys)
            return err_set(e, ERR_TOO_LARGE, "JSON with more than %zu keys", limits->keys);
    }
    return 0;
}

bool json_within(const json *v, const struct json_limits *limits)
{
    assert(limits->depth > 0 && limits->depth <= DEPTH_MAX);
    return !v || check_limits(v, limits, NULL) == 0;
}

struct json_doc *json_parse(const char *text, size_t size, const struct json_limits *limits, struct err *e)
{
    assert(limits->depth > 0 && limits->depth <= DEPTH_MAX);
    if (size > limits->size) {
        err_set(e, ERR_TOO_LARGE, "JSON of %zu bytes, at most %zu are allowed", size, limits->size);
        return NULL;
    }
    AUTO_BUF struct buf clean = { 0 };
    bool escapes = size > 0 && memchr(text, '\\', size);    /* much sooner known than which */
    bool repaired = escapes && memmem(text, size, "\\u0000", 6) && repair(&clean, text, size) > 0;
    if (repaired) {
        text = clean.data;
        size = clean.size;
    }
    yyjson_read_err why;
    yyjson_doc *doc = read_text(text, size, &why);
    if (!doc && why.code == YYJSON_READ_ERROR_INVALID_STRING && !repaired) {
        buf_reset(&clean);
        if (repair(&clean, text, size) > 0) {
            text = clean.data;
            size = clean.size;
            doc = read_text(text, size, &why);
        }
    }
    if (!doc) {
        explain(e, text, size, &why);
        return NULL;
    }
    if (check_limits(yyjson_doc_get_root(doc), limits, e) < 0) {
        yyjson_doc_free(doc);
        return NULL;
    }
    struct json_doc *result = mem_alloc(sizeof *result);
    result->doc = doc;
    return result;
}

void json_doc_free(struct json_doc *doc)
{
    if (!doc)
        return;
    yyjson_doc_free(doc->doc);
    free(doc);
}

json *json_root(const struct json_doc *doc)
{
    return doc ? yyjson_doc_get_root(doc->doc) : NULL;
}

/* --- types -------------------------------------------------------------------------------------------------------- */

bool json_is_object(const json *v)
{
    return yyjson_is_obj(plain(v));
}

bool json_is_array(const json *v)
{
    return yyjson_is_arr(plain(v));
}

bool json_is_string(const json *v)
{
    return yyjson_is_str(plain(v));
}

bool json_is_number(const json *v)
{
    return yyjson_is_num(plain(v)) || yyjson_is_raw(plain(v));
}

bool json_is_bool(const json *v)
{
    return yyjson_is_bool(plain(v));
}

bool json_is_null(const json *v)
{
    return yyjson_is_null(plain(v));
}

/* --- members ------------------------------------------------------------------------------------------------------ */

static json *member(const json *object, const char *key, size_t size)
{
    json *found = NULL;
    yyjson_obj_iter i;
    if (!yyjson_obj_iter_init(plain(object), &i))
        return NULL;
    for (yyjson_val *name; (name = yyjson_obj_iter_next(&i)) != NULL;)
        if (unsafe_yyjson_equals_strn(name, key, size))
            found = yyjson_obj_iter_get_val(name);
    return found;
}

json *json_get(const json *object, const char *key)
{
    return key ? member(object, key, strlen(key)) : NULL;
}

/* "12" as an index, SIZE_MAX when it is none. */
static size_t index_of(const char *digits, size_t size)
{
    size_t index = 0;
    if (size == 0 || size > 9)
        return SIZE_MAX;
    for (size_t i = 0; i < size; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return SIZE_MAX;
        index = index * 10 + (size_t)(digits[i] - '0');
    }
    return index;
}

json *json_at(const json *object, const char *path)
{
    json *v = plain(object);
    while (v && path) {
        const char *dot = strchr(path, '.');
        size_t size = dot ? (size_t)(dot - path) : strlen(path);
        v = json_is_array(v) ? yyjson_arr_get(v, index_of(path, size)) : member(v, path, size);
        path = dot ? dot + 1 : NULL;
    }
    return v;
}

size_t json_count(const json *v)
{
    return yyjson_is_ctn(plain(v)) ? unsafe_yyjson_get_len(plain(v)) : 0;
}

struct json_iter json_iter(const json *container)
{
    size_t count = json_count(container);
    return (struct json_iter){
        .next = count ? unsafe_yyjson_get_first(plain(container)) : NULL,
        .left = count,
        .object = json_is_object(container),
    };
}

bool json_next(struct json_iter *i)
{
    if (i->left == 0)
        return false;
    if (i->value)
        i->index++;
    i->key = i->object ? unsafe_yyjson_get_str(i->next) : NULL;
    i->value = i->object ? i->next + 1 : i->next;
    i->next = unsafe_yyjson_get_next(i->value);
    i->left--;
    return true;
}

/* --- scalars ------------------------------------------------------------------------------------------------------ */

const char *json_str(const json *v)
{
    return yyjson_get_str(plain(v));
}

size_t json_str_size(const json *v)
{
    return json_is_string(v) ? yyjson_get_len(plain(v)) : 0;
}

const char *json_get_str(const json *object, const char *key)
{
    return json_str(json_get(object, key));
}

const char *json_at_str(const json *object, const char *path)
{
    return json_str(json_at(object, path));
}

/* A number beyond 64 bits or beyond a double is kept as its text. */
static double real_of_raw(const json *v)
{
    AUTO_FREE char *text = str_ndup(yyjson_get_raw(plain(v)), yyjson_get_len(plain(v)));
    double value = strtod(text, NULL);
    return value > DBL_MAX ? DBL_MAX : value < -DBL_MAX ? -DBL_MAX : value;
}

double json_real(const json *v, double absent)
{
    if (yyjson_is_raw(plain(v)))
        return real_of_raw(v);
    return yyjson_is_num(plain(v)) ? yyjson_get_num(plain(v)) : absent;
}

static int64_t int_of_real(double value)
{
    /* 2^63 is a double, the largest int64_t is none. */
    if (value >= 0x1p63)
        return INT64_MAX;
    if (value < -0x1p63)
        return INT64_MIN;
    return (int64_t)value;
}

int64_t json_int(const json *v, int64_t absent)
{
    if (yyjson_is_sint(plain(v)))
        return yyjson_get_sint(plain(v));
    if (yyjson_is_uint(plain(v))) {
        uint64_t value = yyjson_get_uint(plain(v));
        return value > INT64_MAX ? INT64_MAX : (int64_t)value;
    }
    return json_is_number(v) ? int_of_real(json_real(v, 0)) : absent;
}

bool json_bool(const json *v, bool absent)
{
    return json_is_bool(v) ? yyjson_get_bool(plain(v)) : absent;
}

int64_t json_get_int(const json *object, const char *key, int64_t absent)
{
    return json_int(json_get(object, key), absent);
}

bool json_get_bool(const json *object, const char *key, bool absent)
{
    return json_bool(json_get(object, key), absent);
}

char *json_text(const json *v, size_t *size)
{
    size_t length = 0;
    char *text = v ? yyjson_val_write_opts(v, YYJSON_WRITE_NOFLAG, NULL, &length, NULL) : NULL;
    assert(text || !v); /* what was read can be written */
    if (size)
        *size = length;
    return text;
}
