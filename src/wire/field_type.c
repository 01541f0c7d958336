#include "wire/field_type.h"

#include <string.h>

#include "base/clock.h"

#define NS_PER_MS 1000000

bool field_spot_strict(const struct field_spot *s)
{
    return s->table->strict || (s->row->flags & FIELD_EXACT);
}

static size_t max_of(const struct field *row)
{
    return row->max ? row->max : FIELD_STR_MAX;
}

/* A copy of at most max bytes; NULL with the error set when the text is longer and must not be cut. */
static char *copy_text(const struct field_spot *s, const json *v, size_t max, size_t *copied)
{
    const char *text = json_str(v);
    size_t size = json_str_size(v);
    if (size > max && field_spot_strict(s)) {
        err_set(s->e, ERR_TOO_LARGE, "%s: %s has %zu bytes, at most %zu are allowed", s->table->message, s->row->key,
                size, max);
        return NULL;
    }
    *copied = str_utf8_cut(text, size, max);
    return arena_strndup(s->arena, text, *copied);
}

static int str_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    (void)count;
    if (!json_is_string(v))
        return 1;
    if (json_str_size(v) == 0)
        return 0;
    size_t size;
    const char *text = copy_text(s, v, max_of(s->row), &size);
    if (!text)
        return -1;
    *(const char **)at = text;
    return 0;
}

static bool str_there(const struct field *row, const void *at, size_t count)
{
    (void)row, (void)count;
    const char *text = *(const char *const *)at;
    return text && *text;
}

static void str_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    (void)count;
    const char *text = str_or_empty(*(const char *const *)at);
    size_t size = strlen(text);
    json_w_strn(w, row->key, text, cut ? str_utf8_cut(text, size, max_of(row)) : size);
}

static int text_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    if (!json_is_string(v))
        return 1;
    if (json_str_size(v) == 0)
        return 0;
    const char *text = copy_text(s, v, max_of(s->row), count);
    if (!text)
        return -1;
    *(const char **)at = text;
    return 0;
}

static bool text_there(const struct field *row, const void *at, size_t count)
{
    (void)row;
    return *(const char *const *)at && count > 0;
}

static void text_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    const char *text = str_or_empty(*(const char *const *)at);
    json_w_strn(w, row->key, text, cut ? str_utf8_cut(text, count, max_of(row)) : count);
}

static int int_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    (void)count;
    int64_t n = json_int(v, -1);
    if (!json_is_number(v) || (n < 0 && n != s->row->absent))
        return 1;
    *(int64_t *)at = n;
    return 0;
}

static bool int_there(const struct field *row, const void *at, size_t count)
{
    (void)count;
    return *(const int64_t *)at != row->absent && *(const int64_t *)at >= 0;
}

static void int_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    (void)cut, (void)count;
    json_w_int(w, row->key, *(const int64_t *)at);
}

/* json_int clamps, so that 2^63 - 1 may stand for anything above it. */
static int counter_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    (void)count;
    int64_t n = json_int(v, -1);
    if (!json_is_number(v) || n < 0 || n == INT64_MAX)
        return err_set(s->e, ERR_INVALID, "%s: %s is no whole number from 0 to 2^63 - 2", s->table->message,
                       s->row->key);
    *(uint64_t *)at = (uint64_t)n;
    return 0;
}

static bool counter_there(const struct field *row, const void *at, size_t count)
{
    (void)row, (void)count;
    return *(const uint64_t *)at != 0;
}

static void counter_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    (void)cut, (void)count;
    uint64_t n = *(const uint64_t *)at;
    json_w_int(w, row->key, n < INT64_MAX ? (int64_t)n : INT64_MAX - 1);
}

/* What is no number compares false and becomes 0. */
static double share(double d)
{
    return d > 0 ? (d < 1 ? d : 1) : 0;
}

static int share_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    (void)s, (void)count;
    if (!json_is_number(v))
        return 1;
    *(double *)at = share(json_real(v, 0));
    return 0;
}

static bool share_there(const struct field *row, const void *at, size_t count)
{
    (void)row, (void)count;
    return share(*(const double *)at) > 0;
}

static void share_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    (void)cut, (void)count;
    json_w_real(w, row->key, share(*(const double *)at));
}

static int bool_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    (void)s, (void)count;
    if (!json_is_bool(v))
        return 1;
    *(bool *)at = json_bool(v, false);
    return 0;
}

static bool bool_there(const struct field *row, const void *at, size_t count)
{
    (void)count;
    return *(const bool *)at != (row->absent != 0);
}

static void bool_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    (void)cut, (void)count;
    json_w_bool(w, row->key, *(const bool *)at);
}

static int word_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    (void)count;
    if (!json_is_string(v))
        return 1;
    *(bool *)at = field_value(s->row->words, json_str(v)) != 0;
    return 0;
}

static bool always_there(const struct field *row, const void *at, size_t count)
{
    (void)row, (void)at, (void)count;
    return true;
}

static void word_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    (void)cut, (void)count;
    json_w_str(w, row->key, field_word(row->words, *(const bool *)at ? 1 : 0));
}

static int enum_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    (void)count;
    if (!json_is_string(v))
        return 1;
    *(unsigned *)at = field_value(s->row->words, json_str(v));
    return 0;
}

static void enum_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    (void)cut, (void)count;
    json_w_str(w, row->key, field_word(row->words, *(const unsigned *)at));
}

static int time_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    (void)s, (void)count;
    int64_t wall_ms;
    if (!json_is_string(v) || clock_parse(json_str(v), &wall_ms) != 0)
        return 1;
    *(int64_t *)at = wall_ms > 0 ? wall_ms : 0;
    return 0;
}

static bool positive_there(const struct field *row, const void *at, size_t count)
{
    (void)row, (void)count;
    return *(const int64_t *)at > 0;
}

static void time_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    (void)cut, (void)count;
    json_w_time(w, row->key, *(const int64_t *)at);
}

static int duration_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    (void)s, (void)count;
    int64_t ms = -1;
    if (json_is_number(v)) {
        int64_t ns = json_int(v, -1);
        ms = ns < 0 ? -1 : ns / NS_PER_MS;
    } else if (!json_is_string(v) || clock_parse_duration(json_str(v), &ms) != 0) {
        return 1;
    }
    if (ms < 0 || ms > FIELD_DURATION_MAX)
        return 1;
    *(int64_t *)at = ms;
    return 0;
}

static void duration_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    (void)cut, (void)count;
    int64_t ms = *(const int64_t *)at;
    json_w_duration(w, row->key, ms < 0 ? 0 : ms > FIELD_DURATION_MAX ? FIELD_DURATION_MAX : ms);
}

/* How many items are taken: all, or in an ordinary table as many as allowed; -1 when there are too many. */
static int bound_items(const struct field_spot *s, const json *v, size_t *n)
{
    *n = json_count(v);
    if (*n > s->row->max && field_spot_strict(s))
        return err_set(s->e, ERR_TOO_LARGE, "%s: %s has %zu items, at most %zu are allowed", s->table->message,
                       s->row->key, *n, s->row->max);
    if (*n > s->row->max)
        *n = s->row->max;
    return 0;
}

/* Empty strings are kept: they are arguments, too. */
static int strings_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    size_t n;
    if (!json_is_array(v))
        return 1;
    if (bound_items(s, v, &n) != 0)
        return -1;
    if (n == 0)
        return 0;
    const char **items = ARENA_ARRAY(s->arena, const char *, n);
    size_t taken = 0;
    for (struct json_iter i = json_iter(v); taken < n && json_next(&i);) {
        size_t size;
        if (!json_is_string(i.value)) {
            if (field_spot_strict(s))
                return 1;
            n--;
            continue;
        }
        items[taken] = copy_text(s, i.value, s->row->item_max ? s->row->item_max : FIELD_STR_MAX, &size);
        if (!items[taken++])
            return -1;
    }
    *(const char ***)at = items;
    *count = taken;
    return 0;
}

static bool list_there(const struct field *row, const void *at, size_t count)
{
    (void)row, (void)at;
    return count > 0;
}

static void strings_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    const char *const *items = *(const char *const *const *)at;
    size_t max = row->item_max ? row->item_max : FIELD_STR_MAX;
    json_w_array(w, row->key);
    for (size_t i = 0; i < count && (!cut || i < row->max); i++) {
        const char *text = str_or_empty(items[i]);
        size_t size = strlen(text);
        json_w_strn(w, NULL, text, cut ? str_utf8_cut(text, size, max) : size);
    }
    json_w_end(w);
}

/* An item that lacks what it needs is left out, unless the list is strict. */
static int list_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    size_t n;
    if (!json_is_array(v))
        return 1;
    if (bound_items(s, v, &n) != 0)
        return -1;
    if (n == 0)
        return 0;
    char *items = arena_alloc(s->arena, n * s->row->item_size);
    size_t taken = 0;
    for (struct json_iter i = json_iter(v); n > 0 && json_next(&i); n--) {
        struct err e = { 0 };
        void *item = items + taken * s->row->item_size;
        if (json_is_object(i.value) && field_read(s->row->table, i.value, s->arena, item, &e) == 0)
            taken++;
        else if (s->table->strict)
            return err_set(s->e, ERR_INVALID, "%s: %s holds what is no item: %s", s->table->message, s->row->key,
                           e.text);
    }
    *(void **)at = items;
    *count = taken;
    return 0;
}

static void list_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    const char *items = *(const char *const *)at;
    json_w_array(w, row->key);
    for (size_t i = 0; i < count && (!cut || i < row->max); i++) {
        json_w_object(w, NULL);
        field_write(row->table, w, items + i * row->item_size);
        json_w_end(w);
    }
    json_w_end(w);
}

static int object_read(const struct field_spot *s, const json *v, void *at, size_t *count)
{
    (void)count;
    return json_is_object(v) ? field_read(s->row->table, v, s->arena, at, s->e) : 1;
}

static bool object_there(const struct field *row, const void *at, size_t count);

static void object_write(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count)
{
    (void)cut, (void)count;
    json_w_object(w, row->key);
    field_write(row->table, w, at);
    json_w_end(w);
}

const struct field_type_of field_types[FIELD_TYPES] = {
    [FIELD_STR] = { str_read, str_there, str_write, sizeof(char *), "text" },
    [FIELD_TEXT] = { text_read, text_there, text_write, sizeof(char *), "text" },
    [FIELD_INT] = { int_read, int_there, int_write, sizeof(int64_t), "whole number from 0" },
    [FIELD_COUNTER] = { counter_read, counter_there, counter_write, sizeof(uint64_t), "whole number from 0" },
    [FIELD_SHARE] = { share_read, share_there, share_write, sizeof(double), "number" },
    [FIELD_BOOL] = { bool_read, bool_there, bool_write, sizeof(bool), "true or false" },
    [FIELD_WORD] = { word_read, always_there, word_write, sizeof(bool), "text" },
    [FIELD_ENUM] = { enum_read, always_there, enum_write, sizeof(unsigned), "text" },
    [FIELD_TIME] = { time_read, positive_there, time_write, sizeof(int64_t), "RFC 3339 time" },
    [FIELD_DURATION] = { duration_read, positive_there, duration_write, sizeof(int64_t),
                         "duration (\"30s\", or nanoseconds)" },
    [FIELD_STRINGS] = { strings_read, list_there, strings_write, sizeof(char **), "list of texts" },
    [FIELD_OBJECT] = { object_read, object_there, object_write, 0, "object" },
    [FIELD_LIST] = { list_read, list_there, list_write, sizeof(void *), "list of objects" },
};

bool field_has_count(const struct field *row)
{
    return row->type == FIELD_TEXT || row->type == FIELD_STRINGS || row->type == FIELD_LIST;
}

size_t field_count(const struct field *row, const void *in)
{
    return field_has_count(row) ? *(const size_t *)(const void *)((const char *)in + row->count_offset) : 0;
}

bool field_there(const struct field *row, const void *in)
{
    return field_types[row->type].there(row, (const char *)in + row->offset, field_count(row, in));
}

static bool object_there(const struct field *row, const void *at, size_t count)
{
    (void)count;
    for (size_t i = 0; i < row->table->count; i++)
        if (field_there(&row->table->rows[i], at))
            return true;
    return false;
}

void field_clear(const struct field *row, void *out)
{
    char *at = (char *)out + row->offset;
    memset(at, 0, field_types[row->type].size);
    if (row->type == FIELD_INT)
        *(int64_t *)(void *)at = row->absent;
    else if (row->type == FIELD_BOOL)
        *(bool *)at = row->absent != 0;
    else if (row->type == FIELD_ENUM)
        *(unsigned *)(void *)at = row->words->unknown;
    else if (row->type == FIELD_OBJECT)
        for (size_t i = 0; i < row->table->count; i++)
            field_clear(&row->table->rows[i], at);
    if (field_has_count(row))
        *(size_t *)(void *)((char *)out + row->count_offset) = 0;
}
