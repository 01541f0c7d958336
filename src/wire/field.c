#include "wire/field.h"

#include <assert.h>
#include <string.h>

#include "wire/field_type.h"
#include "wire/subject.h"

const char *field_word(const struct field_words *words, unsigned value)
{
    return words->names[value < words->count ? value : words->unknown];
}

unsigned field_value(const struct field_words *words, const char *word)
{
    for (unsigned i = 0; word && i < words->count; i++)
        if (str_eq(words->names[i], word))
            return i;
    return words->unknown;
}

static int read_row(const struct field_spot *s, const json *v, void *out)
{
    const struct field *row = s->row;
    void *count = (char *)out + row->count_offset;
    int outcome = v && !json_is_null(v) ? field_types[row->type].read(s, v, (char *)out + row->offset,
                                                                      field_has_count(row) ? count : NULL)
                                        : 0;
    if (outcome < 0)
        return -1;
    if (outcome > 0 && (field_spot_strict(s) || (row->flags & FIELD_REQUIRED)))
        return err_set(s->e, ERR_INVALID, "%s: %s is no %s", s->table->message, row->key, field_types[row->type].name);
    bool found = row->type == FIELD_ENUM || row->type == FIELD_OBJECT ? v && !json_is_null(v) : field_there(row, out);
    if ((row->flags & FIELD_REQUIRED) && !found)
        return err_set(s->e, ERR_INVALID, "%s: %s is missing", s->table->message, row->key);
    return 0;
}

/* The row with that key, looked for from a guess on and round to it; table->count when there is none. */
static size_t find_row(const struct field_table *table, const char *key, size_t guess)
{
    for (size_t i = 0; i < table->count; i++) {
        size_t at = guess + i < table->count ? guess + i : guess + i - table->count;
        if (str_eq(table->rows[at].key, key))
            return at;
    }
    return table->count;
}

/* Each row's value in one way through the object, whose members mostly stand in the order of the rows; the last one of a key counts. */
static void find_values(const struct field_table *table, const json *object, const json **values)
{
    size_t next = 0;
    if (!json_is_object(object))
        return;
    for (struct json_iter i = json_iter(object); json_next(&i);) {
        size_t at = find_row(table, i.key, next);
        if (at == table->count)
            continue;
        values[at] = i.value;
        next = at + 1 < table->count ? at + 1 : 0;
    }
}

int field_read(const struct field_table *table, const json *object, struct arena *a, void *out, struct err *e)
{
    const json *values[FIELD_ROWS_MAX] = { NULL };
    assert(table->count <= FIELD_ROWS_MAX);
    find_values(table, object, values);
    for (size_t i = 0; i < table->count; i++)
        field_clear(&table->rows[i], out);
    for (size_t i = 0; i < table->count; i++) {
        struct field_spot s = { .row = &table->rows[i], .table = table, .arena = a, .e = e };
        if (read_row(&s, values[i], out) != 0)
            return -1;
    }
    return 0;
}

void field_write(const struct field_table *table, struct json_w *w, const void *in)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *row = &table->rows[i];
        bool cut = !table->strict && !(row->flags & FIELD_EXACT);
        if ((row->flags & FIELD_ALWAYS) || field_there(row, in))
            field_types[row->type].write(row, cut, w, (const char *)in + row->offset, field_count(row, in));
    }
}

struct json_doc *field_parse(const char *message, const char *data, size_t size, const struct json_limits *limits,
                             struct err *e)
{
    struct json_doc *doc = json_parse(data, size, limits, e);
    if (!doc) {
        err_wrap(e, "%s", message);
        return NULL;
    }
    json *root = json_root(doc);
    if (!json_is_object(root)) {
        err_set(e, ERR_INVALID, "%s: the message is no object", message);
    } else if (json_get_int(root, "schema", WIRE_SCHEMA) > WIRE_SCHEMA) {
        err_set(e, ERR_INVALID, "%s: schema %lld is newer than %d, which this program speaks", message,
                (long long)json_get_int(root, "schema", 0), WIRE_SCHEMA);
    } else {
        return doc;
    }
    json_doc_free(doc);
    return NULL;
}

void field_begin(struct json_w *w, const char *key)
{
    json_w_object(w, key);
    if (!key)
        json_w_int(w, "schema", WIRE_SCHEMA);
}

char *field_encode(const struct field_table *table, const void *in, size_t *size)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    field_begin(w, NULL);
    field_write(table, w, in);
    json_w_end(w);
    return json_w_take(w, size);
}

int field_identify(const char *message, const char **payload, const char *cluster_id, struct arena *a, struct err *e)
{
    assert(wire_cluster_id_ok(cluster_id)); /* wire_subject_parse has refused anything else */
    if (*payload && !str_eq(*payload, cluster_id))
        return err_set(e, ERR_REFUSED, "%s: cluster_id %.64s in the message is not %s, which the subject names",
                       message, *payload, cluster_id);
    if (!*payload)
        *payload = arena_strdup(a, cluster_id);
    return 0;
}
