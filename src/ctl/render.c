#include "ctl/render.h"

#include <string.h>

/* ---- strings ---- */

enum dialect { JSON, YAML };

static void add_unicode(struct buf *out, uint32_t code, enum dialect dialect)
{
    if (code <= 0xffff)
        buf_printf(out, "\\u%04x", (unsigned)code);
    else if (dialect == YAML)
        buf_printf(out, "\\U%08x", (unsigned)code);
    else
        buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((code - 0x10000) >> 10)), (unsigned)(0xdc00 + ((code - 0x10000) & 0x3ff)));
}

static const char *short_escape(uint32_t code)
{
    switch (code) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return NULL;
    }
}

/* Both dialects read these escapes alike. */
static void add_quoted(struct buf *out, const char *text, size_t size, enum dialect dialect)
{
    buf_char(out, '"');
    for (size_t at = 0; at < size;) {
        uint32_t code;
        size_t n = str_utf8_next(text + at, size - at, &code);
        const char *escape = short_escape(code);
        if (escape)
            buf_str(out, escape);
        else if (code == STR_BAD || str_is_unseen(code))
            add_unicode(out, code == STR_BAD ? 0xfffd : code, dialect);
        else
            buf_add(out, text + at, n);
        at += n;
    }
    buf_char(out, '"');
}

/* Numbers, booleans and null have no foreign text. */
static void add_scalar(struct buf *out, const json *value, enum dialect dialect)
{
    if (json_is_string(value)) {
        add_quoted(out, json_str(value), json_str_size(value), dialect);
        return;
    }
    AUTO_FREE char *text = json_text(value, NULL);
    buf_str(out, str_or_empty(text));
}

static bool is_container(const json *value)
{
    return (json_is_object(value) || json_is_array(value)) && json_count(value) > 0;
}

static void add_empty(struct buf *out, const json *value, enum dialect dialect)
{
    if (json_is_object(value))
        buf_str(out, "{}");
    else if (json_is_array(value))
        buf_str(out, "[]");
    else
        add_scalar(out, value, dialect);
}

/* ---- JSON ---- */

static void line_break(struct buf *out, int depth, bool pretty)
{
    if (pretty)
        buf_printf(out, "\n%*s", depth * 2, "");
}

static void add_json(struct buf *out, const json *value, int depth, bool pretty)
{
    if (!is_container(value)) {
        add_empty(out, value, JSON);
        return;
    }
    bool object = json_is_object(value);
    buf_char(out, object ? '{' : '[');
    for (struct json_iter i = json_iter(value); json_next(&i);) {
        if (i.index > 0)
            buf_char(out, ',');
        line_break(out, depth + 1, pretty);
        if (i.key) {
            add_quoted(out, i.key, strlen(i.key), JSON);
            buf_str(out, pretty ? ": " : ":");
        }
        add_json(out, i.value, depth + 1, pretty);
    }
    line_break(out, depth, pretty);
    buf_char(out, object ? '}' : ']');
}

void render_json(struct buf *out, const json *value)
{
    add_json(out, value, 0, true);
    buf_char(out, '\n');
}

void render_json_line(struct buf *out, const json *value)
{
    add_json(out, value, 0, false);
    buf_char(out, '\n');
}

/* ---- YAML ---- */

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
}

/* What some reader takes for a boolean, a number, a date or nothing. */
static bool is_plain(const char *text)
{
    static const char *const taken[] = { "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf" };
    bool letter = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    for (const char *c = text; *c; c++)
        if (!is_word_char(*c))
            return false;
    for (size_t i = 0; i < COUNT(taken); i++)
        if (str_eq_nocase(text, taken[i]))
            return false;
    return letter;
}

static void add_yaml_string(struct buf *out, const char *text, size_t size)
{
    if (is_plain(text) && strlen(text) == size)
        buf_str(out, text);
    else
        add_quoted(out, text, size, YAML);
}

static void add_yaml(struct buf *out, const json *value, int depth, bool in_list);

static void add_yaml_value(struct buf *out, const json *value, int depth)
{
    if (is_container(value)) {
        buf_char(out, '\n');
        add_yaml(out, value, depth, false);
        return;
    }
    buf_char(out, ' ');
    if (json_is_string(value))
        add_yaml_string(out, json_str(value), json_str_size(value));
    else
        add_empty(out, value, YAML);
    buf_char(out, '\n');
}

/* in_list: the first line stands behind a "- " already. */
static void add_yaml(struct buf *out, const json *value, int depth, bool in_list)
{
    for (struct json_iter i = json_iter(value); json_next(&i);) {
        if (i.index > 0 || !in_list)
            buf_printf(out, "%*s", depth * 2, "");
        if (i.key) {
            add_yaml_string(out, i.key, strlen(i.key));
            buf_char(out, ':');
            add_yaml_value(out, i.value, depth + 1);
        } else if (is_container(i.value)) {
            buf_str(out, "- ");
            add_yaml(out, i.value, depth + 1, true);
        } else {
            buf_char(out, '-');
            add_yaml_value(out, i.value, depth + 1);
        }
    }
}

void render_yaml(struct buf *out, const json *value)
{
    if (is_container(value))
        add_yaml(out, value, 0, false);
    else {
        add_empty(out, value, YAML);
        buf_char(out, '\n');
    }
}
