#include "agent/kubectl_object.h"

#include <string.h>

#include "evidence/redact.h"

#define MASK "[redacted:setting]"

static bool is_left_out(const char *key)
{
    return str_eq(key, "managedFields") || str_eq(key, "kubectl.kubernetes.io/last-applied-configuration");
}

/* A setting {name, value} whose name says that its value is secret. */
static bool is_secret_setting(const json *object)
{
    const char *name = json_get_str(object, "name");
    return name && json_get_str(object, "value") && redact_name_is_secret(name);
}

static void copy(struct json_w *w, const char *key, const json *value, bool settings);

static void copy_members(struct json_w *w, const json *object, bool settings)
{
    bool secret = is_secret_setting(object), map = str_eq(json_get_str(object, "kind"), "ConfigMap");
    for (struct json_iter i = json_iter(object); json_next(&i);) {
        bool mask = (secret && str_eq(i.key, "value")) || (settings && json_is_string(i.value) && redact_name_is_secret(i.key));
        if (is_left_out(i.key))
            continue;
        if (mask)
            json_w_str(w, i.key, MASK);
        else
            copy(w, i.key, i.value, map && str_eq(i.key, "data"));
    }
}

/* settings: the members of value are settings (data of a ConfigMap).  As deep as the parser let it be. */
static void copy(struct json_w *w, const char *key, const json *value, bool settings)
{
    if (json_is_object(value)) {
        json_w_object(w, key);
        copy_members(w, value, settings);
        json_w_end(w);
    } else if (json_is_array(value)) {
        json_w_array(w, key);
        for (struct json_iter i = json_iter(value); json_next(&i);)
            copy(w, NULL, i.value, false);
        json_w_end(w);
    } else {
        json_w_copy(w, key, value);
    }
}

static char *clean(const json *object, size_t *size)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    copy(w, NULL, object, false);
    return json_w_take(w, size);
}

void object_json(const json *object, struct buf *out)
{
    size_t size;
    AUTO_FREE char *text = clean(object, &size);
    buf_add(out, text, size);
}

/* --- YAML -------------------------------------------------------------------------------------------------------- */

static void indent_by(struct buf *out, int indent)
{
    for (int i = 0; i < indent; i++)
        buf_char(out, ' ');
}

/* Plain where no reader could take it for something else; else as JSON, which is YAML, too. */
static bool is_plain(const char *text)
{
    static const char *const words[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };
    if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || *text == '/'))
        return false;
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq_nocase(words[i], text))
            return false;
    for (const char *c = text; *c; c++)
        if (*c < ' ' || *c > '~' || strchr("#:&*!|>'\"%@`{}[],?", *c))
            return *c == ':' && c[1] && c[1] != ' ' ? is_plain(c + 1) : false;
    return text[strlen(text) - 1] != ' ';
}

static void yaml_scalar(const json *value, struct buf *out)
{
    const char *text = json_str(value);
    if (text && is_plain(text)) {
        buf_str(out, text);
        return;
    }
    size_t size;
    AUTO_FREE char *quoted = json_text(value, &size);
    buf_add(out, quoted, size);
}

static void yaml_value(const json *value, int indent, bool in_list, struct buf *out);

static void yaml_object(const json *value, int indent, bool in_list, struct buf *out)
{
    bool first = in_list;    /* the first member stands behind the dash */
    for (struct json_iter i = json_iter(value); json_next(&i);) {
        if (!first)
            indent_by(out, indent);
        first = false;
        if (is_plain(i.key))
            buf_str(out, i.key);
        else
            buf_printf(out, "\"%s\"", i.key);
        buf_char(out, ':');
        yaml_value(i.value, indent, false, out);
    }
}

static void yaml_list(const json *value, int indent, struct buf *out)
{
    for (struct json_iter i = json_iter(value); json_next(&i);) {
        indent_by(out, indent);
        buf_char(out, '-');
        yaml_value(i.value, indent, true, out);
    }
}

/* Behind "key:" or "-". */
static void yaml_value(const json *value, int indent, bool in_list, struct buf *out)
{
    bool empty = json_count(value) == 0;
    if (json_is_object(value) && !empty) {
        buf_char(out, in_list ? ' ' : '\n');
        yaml_object(value, indent + 2, in_list, out);
    } else if (json_is_array(value) && !empty) {
        buf_char(out, '\n');
        yaml_list(value, in_list ? indent + 2 : indent, out);
    } else {
        buf_char(out, ' ');
        yaml_scalar(value, out);
        buf_char(out, '\n');
    }
}

void object_yaml(const json *object, int indent, struct buf *out)
{
    size_t size;
    AUTO_FREE char *text = clean(object, &size);
    AUTO_JSON struct json_doc *doc = json_parse(text, size, &json_object_limits, NULL);
    const json *root = json_root(doc);
    if (json_is_object(root))
        yaml_object(root, indent, false, out);
}
