#include "central/gateway/schema.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/str.h"

/* ---- types ---- */

static const struct basic {
    const char *name, *type, *format;
} basics[] = {
    { "string", "string", NULL },   { "time", "string", "date-time" }, { "int", "integer", NULL }, { "number", "number", NULL },
    { "bool", "boolean", NULL },    { "object", "object", NULL },      { "any", NULL, NULL },
};

static const struct basic *basic_of(const char *type)
{
    for (size_t i = 0; i < COUNT(basics); i++)
        if (str_eq(basics[i].name, type))
            return &basics[i];
    return NULL;
}

static void write_reference(struct json_w *w, const char *name)
{
    size_t i = 0;
    while (i < schemas_count && !str_eq(schemas[i].name, name))
        i++;
    assert(i < schemas_count);    /* a type that no table explains */
    AUTO_FREE char *place = str_printf("#/components/schemas/%s", name);
    json_w_str(w, "$ref", place);
}

static void write_words(struct json_w *w, const char *words, bool may_be_null)
{
    json_w_array(w, "enum");
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, "|");
        json_w_strn(w, NULL, at, n);
        at += at[n] ? n + 1 : n;
    }
    if (may_be_null)
        json_w_null(w, NULL);
    json_w_end(w);
}

static void write_type_name(struct json_w *w, const char *name, bool may_be_null)
{
    if (!may_be_null) {
        json_w_str(w, "type", name);
        return;
    }
    json_w_array(w, "type");
    json_w_str(w, NULL, name);
    json_w_str(w, NULL, "null");
    json_w_end(w);
}

static void write_list(struct json_w *w, const char *type, bool may_be_null)
{
    AUTO_FREE char *inner = str_ndup(type + 1, strlen(type) - 2);
    write_type_name(w, "array", may_be_null);
    schema_write_type(w, "items", inner, NULL, false);
}

static void write_nullable_reference(struct json_w *w, const char *name)
{
    json_w_array(w, "anyOf");
    json_w_object(w, NULL);
    write_reference(w, name);
    json_w_end(w);
    json_w_object(w, NULL);
    json_w_str(w, "type", "null");
    json_w_end(w);
    json_w_end(w);
}

void schema_write_type(struct json_w *w, const char *key, const char *type, const char *help, bool may_be_null)
{
    const struct basic *b = basic_of(type);
    json_w_object(w, key);
    json_w_str(w, "description", help);
    if (b && b->type)
        write_type_name(w, b->type, may_be_null);
    if (b)
        json_w_str(w, "format", b->format);
    else if (type[0] == '[')
        write_list(w, type, may_be_null);
    else if (strchr(type, '|'))
        write_words(w, type, may_be_null);
    else if (may_be_null)
        write_nullable_reference(w, type);
    else
        write_reference(w, type);
    json_w_end(w);
}

/* ---- schemas ---- */

static bool is_required(const struct schema *s, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = str_or_empty(s->required); *at;) {
        at += strspn(at, " ");
        size_t n = strcspn(at, " ");
        if (n == size && memcmp(at, name, n) == 0)
            return true;
        at += n;
    }
    return false;
}

static void write_schema(struct json_w *w, const struct schema *s)
{
    json_w_object(w, s->name);
    json_w_str(w, "type", "object");
    json_w_str(w, "description", s->help);
    json_w_object(w, "properties");
    for (size_t i = 0; i < s->n_fields; i++)
        schema_write_type(w, s->fields[i].name, s->fields[i].type, s->fields[i].help, !is_required(s, s->fields[i].name));
    json_w_end(w);
    if (s->required) {
        json_w_array(w, "required");
        for (size_t i = 0; i < s->n_fields; i++)
            if (is_required(s, s->fields[i].name))
                json_w_str(w, NULL, s->fields[i].name);
        json_w_end(w);
    }
    json_w_end(w);
}

void schema_write_all(struct json_w *w)
{
    for (size_t i = 0; i < schemas_count; i++)
        write_schema(w, &schemas[i]);
}
