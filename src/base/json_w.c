#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <yyjson.h>

#include "base/clock.h"
#include "base/str.h"

struct json_w {
    yyjson_mut_doc *doc;                /* NULL until the first value          */
    yyjson_mut_val *open[JSON_W_DEPTH]; /* containers, outermost first         */
    int depth;
    struct buf repaired; /* room for the repair of one string   */
};

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
    yyjson_mut_doc_free(w->doc);
    buf_fini(&w->repaired);
    free(w);
}

static yyjson_mut_doc *doc(struct json_w *w)
{
    if (!w->doc)
        w->doc = yyjson_mut_doc_new(NULL);
    if (!w->doc)
        abort(); /* out of memory, as in mem_alloc */
    return w->doc;
}

static bool is_clean(const char *s, size_t size)
{
    while (size > 0) {
        uint32_t code;
        size_t step = str_utf8_next(s, size, &code);
        if (code == STR_BAD || code == 0)
            return false;
        s += step;
        size -= step;
    }
    return true;
}

static yyjson_mut_val *text(struct json_w *w, const char *s, size_t size)
{
    if (is_clean(s, size))
        return yyjson_mut_strncpy(doc(w), s, size);
    buf_reset(&w->repaired);
    str_utf8(&w->repaired, s, size);
    return yyjson_mut_strncpy(doc(w), w->repaired.data, w->repaired.size);
}

static void put(struct json_w *w, const char *key, yyjson_mut_val *value)
{
    if (!value)
        abort(); /* yyjson returns NULL for want of memory only */
    if (w->depth == 0) {
        assert(!key && !yyjson_mut_doc_get_root(w->doc));
        yyjson_mut_doc_set_root(w->doc, value);
        return;
    }
    yyjson_mut_val *container = w->open[w->depth - 1];
    bool added;
    if (yyjson_mut_is_obj(container)) {
        assert(key);
        added = yyjson_mut_obj_add(container, text(w, key, strlen(key)), value);
    } else {
        assert(!key);
        added = yyjson_mut_arr_append(container, value);
    }
    if (!added)
        abort();
}

static void open_container(struct json_w *w, const char *key, yyjson_mut_val *container)
{
    assert(w->depth < JSON_W_DEPTH);
    put(w, key, container);
    w->open[w->depth++] = container;
}

void json_w_object(struct json_w *w, const char *key)
{
    open_container(w, key, yyjson_mut_obj(doc(w)));
}

void json_w_array(struct json_w *w, const char *key)
{
    open_container(w, key, yyjson_mut_arr(doc(w)));
}

void json_w_end(struct json_w *w)
{
    assert(w->depth > 0);
    w->depth--;
}

void json_w_str(struct json_w *w, const char *key, const char *value)
{
    if (value)
        put(w, key, text(w, value, strlen(value)));
}

void json_w_strn(struct json_w *w, const char *key, const char *value, size_t size)
{
    if (value)
        put(w, key, text(w, value, size));
}

void json_w_int(struct json_w *w, const char *key, int64_t value)
{
    put(w, key, yyjson_mut_sint(doc(w), value));
}

void json_w_real(struct json_w *w, const char *key, double value)
{
    put(w, key, isfinite(value) ? yyjson_mut_real(doc(w), value) : yyjson_mut_null(doc(w)));
}

void json_w_bool(struct json_w *w, const char *key, bool value)
{
    put(w, key, yyjson_mut_bool(doc(w), value));
}

void json_w_null(struct json_w *w, const char *key)
{
    put(w, key, yyjson_mut_null(doc(w)));
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
    /* The cast: yyjson takes the source without const and does not change it. */
    if (value)
        put(w, key, yyjson_val_mut_copy(doc(w), (yyjson_val *)(uintptr_t)value));
}

void json_w_raw(struct json_w *w, const char *key, const char *given, size_t size)
{
    AUTO_JSON struct json_doc *parsed = given ? json_parse(given, size, &raw_limits, NULL) : NULL;
    json_w_copy(w, key, json_root(parsed));
}

char *json_w_take(struct json_w *w, size_t *size)
{
    size_t length = 0;
    char *out = w->doc && w->doc->root ? yyjson_mut_write_opts(w->doc, YYJSON_WRITE_NOFLAG, NULL, &length, NULL) : NULL;
    if (!out) {
        assert(!w->doc || !w->doc->root); /* everything that was put in can be written */
        out = str_dup("null");
        length = 4;
    }
    yyjson_mut_doc_free(w->doc);
    w->doc = NULL;
    w->depth = 0;
    if (size)
        *size = length;
    return out;
}
