#include "sim/selector.h"

#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

static const char *cut(struct selector *s, const char *start, size_t size)
{
    while (size > 0 && isspace((unsigned char)*start)) {
        start++;
        size--;
    }
    while (size > 0 && isspace((unsigned char)start[size - 1]))
        size--;
    return arena_strndup(&s->arena, start, size);
}

static int take_values(struct selector *s, struct selector_term *t, const char *text, struct err *e)
{
    const char *open = strchr(text, '('), *close = open ? strchr(open, ')') : NULL;
    if (!close)
        return err_set(e, ERR_INVALID, "unable to parse requirement: found '%s', expected: '('", text);
    for (const char *c = open + 1; c <= close;) {
        size_t size = strcspn(c, ",)");
        if (t->n_values < SELECTOR_VALUES_MAX)
            t->values[t->n_values++] = cut(s, c, size);
        c += size + 1;
    }
    return 0;
}

/* "a in (b,c)", "a notin (b)": the operator behind the first word. */
static int take_set(struct selector *s, struct selector_term *t, const char *text, struct err *e)
{
    size_t word = strcspn(text, " ");
    const char *rest = text + word + strspn(text + word, " ");
    t->key = cut(s, text, word);
    t->operator= str_starts(rest, "notin") ? TERM_NOT_IN : TERM_IN;
    if (!str_starts(rest, "in") && !str_starts(rest, "notin"))
        return err_set(e, ERR_INVALID, "unable to parse requirement: found '%s', expected: in, notin, =, ==, !=", rest);
    return take_values(s, t, rest, e);
}

static int take_term(struct selector *s, const char *text, bool field, struct err *e)
{
    if (!*text)
        return 0;
    if (s->n_terms == SELECTOR_TERMS_MAX)
        return err_set(e, ERR_TOO_LARGE, "more than %d requirements", SELECTOR_TERMS_MAX);
    struct selector_term *t = &s->terms[s->n_terms++];
    *t = (struct selector_term){ .field = field };
    const char *equals = strchr(text, '=');
    if (equals) {
        bool not = equals > text && equals[-1] == '!';
        t->operator= not ? TERM_NOT_EQUAL : TERM_EQUAL;
        t->key = cut(s, text, (size_t)(equals - text) - not);
        const char *value = equals + 1 + (equals[1] == '=');
        t->values[t->n_values++] = cut(s, value, strlen(value));
        return 0;
    }
    if (field)
        return err_set(e, ERR_INVALID, "invalid selector: '%s'; can't understand '%s'", text, text);
    if (strchr(text, ' '))
        return take_set(s, t, text, e);
    t->operator= text[0] == '!' ? TERM_NOT_EXISTS : TERM_EXISTS;
    t->key = text + (text[0] == '!');
    return 0;
}

static int take_terms(struct selector *s, const char *text, bool field, struct err *e)
{
    int depth = 0;
    const char *start = text;
    for (const char *c = text;; c++) {
        depth += *c == '(';
        depth -= *c == ')';
        if (*c && !(*c == ',' && depth == 0))
            continue;
        if (take_term(s, cut(s, start, (size_t)(c - start)), field, e) != 0)
            return -1;
        if (!*c)
            return 0;
        start = c + 1;
    }
}

int selector_parse(struct selector *s, const char *namespace, const char *labels, const char *fields, struct err *e)
{
    *s = (struct selector){ 0 };
    if (namespace && *namespace)
        s->namespace = arena_strdup(&s->arena, namespace);
    if ((labels && take_terms(s, labels, false, e) != 0) || (fields && take_terms(s, fields, true, e) != 0)) {
        selector_fini(s);
        return -1;
    }
    return 0;
}

void selector_fini(struct selector *s)
{
    arena_fini(&s->arena);
}

static const char *label_of(const json *object, const char *key)
{
    return json_str(json_get(json_at(object, "metadata.labels"), key));
}

/* Absent fields are empty, as the real one has them. */
static const char *field_of(const json *object, const char *path)
{
    if (str_eq(path, "spec.unschedulable"))
        return json_bool(json_at(object, path), false) ? "true" : "false";
    return str_or_empty(json_at_str(object, path));
}

static bool has_value(const struct selector_term *t, const char *value)
{
    for (size_t i = 0; value && i < t->n_values; i++)
        if (str_eq(t->values[i], value))
            return true;
    return false;
}

static bool term_takes(const struct selector_term *t, const json *object)
{
    const char *value = t->field ? field_of(object, t->key) : label_of(object, t->key);
    switch (t->operator) {
    case TERM_EQUAL:
    case TERM_IN: return has_value(t, value);
    case TERM_NOT_EQUAL:
    case TERM_NOT_IN: return !has_value(t, value);
    case TERM_EXISTS: return value != NULL;
    case TERM_NOT_EXISTS: return value == NULL;
    }
    return false;
}

bool selector_takes(const struct selector *s, const struct revision *r)
{
    if (s->namespace && !str_eq(s->namespace, r->object->namespace))
        return false;
    if (s->n_terms == 0)
        return true;
    AUTO_JSON struct json_doc *doc = json_parse(r->text, r->size, &json_object_limits, NULL);
    for (size_t i = 0; i < s->n_terms; i++)
        if (!term_takes(&s->terms[i], json_root(doc)))
            return false;
    return true;
}
