#include "base/yaml_json.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/str.h"

struct seen {
    char *key;
    size_t line;
};

struct level {
    bool mapping;
    char *key;    /* in a mapping: the key whose value comes next, or NULL when a key comes next */
    size_t first; /* of its keys in seen                                                         */
};

struct reader {
    yaml_parser_t parser;
    enum yaml_json_scalars scalars;
    struct json_w *w;
    struct level levels[YAML_JSON_DEPTH_MAX];
    int depth;
    bool begun; /* the document's value has started */
    struct seen *seen;
    size_t n_seen, room;
    struct err *e;
};

static int fail_at(struct reader *r, const yaml_event_t *event, const char *what)
{
    return err_set(r->e, ERR_INVALID, "line %zu, column %zu: %s", event->start_mark.line + 1,
                   event->start_mark.column + 1, what);
}

static void remember(struct reader *r, const char *key, size_t line)
{
    if (r->n_seen == r->room) {
        r->room = r->room ? r->room * 2 : 64;
        r->seen = mem_grow(r->seen, r->room * sizeof *r->seen);
    }
    r->seen[r->n_seen++] = (struct seen){ str_dup(key), line };
}

static void forget(struct reader *r, size_t down_to)
{
    while (r->n_seen > down_to)
        free(r->seen[--r->n_seen].key);
}

static int by_key(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Looks for a key that came twice once a mapping is whole: sorting keeps a hostile file from costing the square of
 * its keys. */
static int check_keys(struct reader *r, size_t first)
{
    if (r->n_seen < first + 2)
        return 0; /* and where no key was seen at all there is no array either, which qsort must not be given */
    qsort(r->seen + first, r->n_seen - first, sizeof *r->seen, by_key);
    for (size_t i = first + 1; i < r->n_seen; i++)
        if (!strcmp(r->seen[i - 1].key, r->seen[i].key))
            return err_set(r->e, ERR_INVALID, "line %zu: the key %.60s comes twice, first in line %zu", r->seen[i].line,
                           r->seen[i].key, r->seen[i - 1].line);
    return 0;
}

/* A key is used up by the value that follows it. */
static const char *take_key(struct reader *r, char **taken)
{
    *taken = NULL;
    if (r->depth > 0) {
        *taken = r->levels[r->depth - 1].key;
        r->levels[r->depth - 1].key = NULL;
    }
    return *taken;
}

static bool is_one_of(const char *text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(text, names[i]))
            return true;
    return false;
}

static bool write_integer(struct json_w *w, const char *key, const char *text)
{
    const char *digits = text + (*text == '-' || *text == '+');
    int base = str_starts(text, "0x") ? 16 : str_starts(text, "0o") ? 8 : 10;
    const char *start = base == 10 ? digits : text + 2;
    if (!*start || strspn(start, base == 16  ? "0123456789abcdefABCDEF"
                                 : base == 8 ? "01234567"
                                             : "0123456789") != strlen(start))
        return false;
    errno = 0;
    long long value = strtoll(base == 10 ? text : start, NULL, base);
    if (errno)
        return false; /* out of range: a real number */
    json_w_int(w, key, value);
    return true;
}

static bool write_real(struct json_w *w, const char *key, const char *text)
{
    if (strspn(text, "+-.0123456789eE") != strlen(text) || !strpbrk(text, "0123456789"))
        return false;
    char *end;
    double value = strtod(text, &end);
    if (*end || value != value || value - value != 0)
        return false;
    json_w_real(w, key, value);
    return true;
}

/* YAML 1.2, 10.3.2: the core schema, without its infinities, which JSON has not. */
static void write_plain(struct json_w *w, const char *key, const char *text)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
    static const char *const trues[] = { "true", "True", "TRUE" };
    static const char *const falses[] = { "false", "False", "FALSE" };
    if (is_one_of(text, nulls, COUNT(nulls)))
        json_w_null(w, key);
    else if (is_one_of(text, trues, COUNT(trues)))
        json_w_bool(w, key, true);
    else if (is_one_of(text, falses, COUNT(falses)))
        json_w_bool(w, key, false);
    else if (!write_integer(w, key, text) && !write_real(w, key, text))
        json_w_str(w, key, text);
}

static int on_key(struct reader *r, const yaml_event_t *event, const char *text, size_t size)
{
    if (strlen(text) != size)
        return fail_at(r, event, "a key holds a NUL character");
    if (!strcmp(text, "<<") && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return fail_at(r, event, "merge keys are not read: write the values out");
    r->levels[r->depth - 1].key = str_dup(text);
    remember(r, text, event->start_mark.line + 1);
    return 0;
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    const char *tag = (const char *)event->data.scalar.tag;
    if (tag && strcmp(tag, YAML_STR_TAG))
        return fail_at(r, event, "tags are not read");
    if (!r->depth)
        return fail_at(r, event, "a mapping or a list is expected here");
    const struct level *level = &r->levels[r->depth - 1];
    if (level->mapping && !level->key)
        return on_key(r, event, text, size);

    char *taken;
    const char *key = take_key(r, &taken);
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !tag && strlen(text) == size;
    if (plain && r->scalars == YAML_JSON_TYPED)
        write_plain(r->w, key, text);
    else
        json_w_strn(r->w, key, text, size);
    free(taken);
    return 0;
}

static int on_begin(struct reader *r, const yaml_event_t *event, bool mapping, const yaml_char_t *tag)
{
    if (tag)
        return fail_at(r, event, "tags are not read");
    if (r->depth == YAML_JSON_DEPTH_MAX)
        return fail_at(r, event, "nested too deeply");
    if (r->depth && r->levels[r->depth - 1].mapping && !r->levels[r->depth - 1].key)
        return fail_at(r, event, "a key must be a scalar");
    r->begun = true;
    char *taken;
    const char *key = take_key(r, &taken);
    if (mapping)
        json_w_object(r->w, key);
    else
        json_w_array(r->w, key);
    free(taken);
    r->levels[r->depth++] = (struct level){ .mapping = mapping, .first = r->n_seen };
    return 0;
}

static int on_end(struct reader *r)
{
    struct level *level = &r->levels[--r->depth];
    if (level->mapping && check_keys(r, level->first))
        return -1;
    forget(r, level->first);
    json_w_end(r->w);
    return 0;
}

/* 1 once the stream is at its end. */
static int on_event(struct reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT: return r->begun ? fail_at(r, event, "a second document: only one is read") : 0;
    case YAML_SCALAR_EVENT: return on_scalar(r, event);
    case YAML_MAPPING_START_EVENT: return on_begin(r, event, true, event->data.mapping_start.tag);
    case YAML_SEQUENCE_START_EVENT: return on_begin(r, event, false, event->data.sequence_start.tag);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT: return on_end(r);
    case YAML_ALIAS_EVENT: return fail_at(r, event, "aliases are not read: write the value out");
    case YAML_STREAM_END_EVENT: return 1;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    default: return 0;
    }
}

static int read_events(struct reader *r)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event))
            return err_set(r->e, ERR_INVALID, "line %zu, column %zu: %s", r->parser.problem_mark.line + 1,
                           r->parser.problem_mark.column + 1, r->parser.problem ? r->parser.problem : "not YAML");
        int outcome = on_event(r, &event);
        yaml_event_delete(&event);
        if (outcome)
            return outcome < 0 ? -1 : 0;
    }
}

struct json_doc *yaml_json_parse(const char *text, size_t size, enum yaml_json_scalars scalars, struct err *e)
{
    if (size > YAML_JSON_SIZE_MAX) {
        err_set(e, ERR_TOO_LARGE, "%zu bytes of YAML, at most %u are read", size, YAML_JSON_SIZE_MAX);
        return NULL;
    }
    struct err ignored;
    struct reader r = { .scalars = scalars, .w = json_w_new(), .e = e ? e : &ignored };
    struct json_doc *doc = NULL;
    if (!yaml_parser_initialize(&r.parser)) {
        err_set(e, ERR_INTERNAL, "the YAML parser does not start");
    } else {
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
        if (!read_events(&r)) {
            if (r.begun) {
                size_t json_size;
                AUTO_FREE char *json_text = json_w_take(r.w, &json_size);
                doc = json_parse(json_text, json_size, &json_list_limits, e);
            } else {
                err_set(e, ERR_INVALID, "the document is empty");
            }
        }
        yaml_parser_delete(&r.parser);
    }
    for (int i = 0; i < r.depth; i++)
        free(r.levels[i].key);
    forget(&r, 0);
    free(r.seen);
    json_w_free(r.w);
    return doc;
}
