#include "diagnose/case_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define NOW (DAY "12:00:00Z")

static int64_t now_ms(void)
{
    int64_t ms;
    assert_int_equal(clock_parse(NOW, &ms), 0);
    return ms;
}

/* The next field up to the separator, copied with \n for line breaks; false at the end of the line. */
static bool field(const char **at, const char *end, char separator, char *out, size_t size)
{
    if (*at >= end)
        return false;
    const char *stop = memchr(*at, separator, (size_t)(end - *at));
    size_t n = (size_t)((stop ? stop : end) - *at), k = 0;
    for (size_t i = 0; i < n && k + 1 < size; i++) {
        bool line_break = (*at)[i] == '\\' && i + 1 < n && (*at)[i + 1] == 'n';
        out[k++] = line_break ? '\n' : (*at)[i];
        i += line_break;
    }
    out[k] = '\0';
    *at += n + 1;
    return true;
}

/* "pod/shop/x" as the kind, namespace and name of a JSON object. */
static void write_ref(struct json_w *w, const char *id)
{
    char text[400];
    str_copy(text, sizeof text, id);
    char *first = strchr(text, '/'), *second = first ? strchr(first + 1, '/') : NULL;
    assert_non_null(second);
    *first = *second = '\0';
    json_w_str(w, "kind", text);
    json_w_str(w, "namespace", first + 1);
    json_w_str(w, "name", second + 1);
}

static void write_event(struct json_w *w, const char *line, const char *end)
{
    char type[20], id[300], reason[80], message[2000], count[20] = "1", ago[20] = "60", container[80] = "";
    assert_true(field(&line, end, '|', type, sizeof type) && field(&line, end, '|', id, sizeof id) &&
                field(&line, end, '|', reason, sizeof reason) && field(&line, end, '|', message, sizeof message));
    (void)(field(&line, end, '|', count, sizeof count) && field(&line, end, '|', ago, sizeof ago) &&
           field(&line, end, '|', container, sizeof container));
    int64_t last = now_ms() - strtoll(ago, NULL, 10) * 1000;
    json_w_object(w, NULL);
    json_w_str(w, "type", type);
    json_w_str(w, "reason", reason);
    json_w_str(w, "message", message);
    json_w_int(w, "count", strtoll(count, NULL, 10));
    json_w_time(w, "firstTimestamp", last - 60000);
    json_w_time(w, "lastTimestamp", last);
    json_w_object(w, "involvedObject");
    write_ref(w, id);
    if (*container) {
        char path[120];
        snprintf(path, sizeof path, "spec.containers{%s}", container);
        json_w_str(w, "fieldPath", path);
    }
    json_w_end(w);
    json_w_end(w);
}

static void write_log(struct json_w *w, const char *line, const char *end)
{
    char pod[200], container[80], first[4000], text[4000];
    assert_true(field(&line, end, '|', pod, sizeof pod) && field(&line, end, '|', container, sizeof container) &&
                field(&line, end, '|', first, sizeof first));
    bool previous = field(&line, end, '|', text, sizeof text);
    json_w_object(w, NULL);
    json_w_str(w, "pod", pod);
    json_w_str(w, "container", container);
    json_w_bool(w, "previous", previous);
    json_w_str(w, "text", previous ? text : first);
    json_w_end(w);
}

static void write_name(struct json_w *w, const char *line, const char *end)
{
    char id[400];
    assert_true(field(&line, end, ' ', id, sizeof id));
    json_w_object(w, NULL);
    write_ref(w, id);
    json_w_end(w);
}

static void write_list(struct json_w *w, const char *line, const char *end)
{
    char kind[80], namespace_[80] = "";
    assert_true(field(&line, end, '/', kind, sizeof kind));
    (void)field(&line, end, ' ', namespace_, sizeof namespace_);
    json_w_object(w, NULL);
    json_w_str(w, "kind", kind);
    json_w_str(w, "namespace", namespace_);
    json_w_end(w);
}

static void write_each(struct json_w *w, const char *key, const char *text, const char *separators,
                       void (*write)(struct json_w *, const char *, const char *))
{
    json_w_array(w, key);
    for (const char *at = text ? text : ""; *at;) {
        size_t size = strcspn(at, separators);
        if (size > 0)
            write(w, at, at + size);
        at += size + (at[size] != '\0');
    }
    json_w_end(w);
}

static void write_objects(struct json_w *w, const char *pieces)
{
    AUTO_BUF struct buf text = { 0 };
    buf_printf(&text, "[%s]", pieces ? pieces : "");
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '\'')
            text.data[i] = '"';
    struct err e = { 0 };
    AUTO_JSON struct json_doc *doc = json_parse(text.data, text.size, &json_list_limits, &e);
    if (!doc)
        fail_msg("%s in %s", e.text, text.data);
    json_w_copy(w, "objects", json_root(doc));
}

char *case_bundle(const struct case_ *c, size_t *size)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_int(w, "schema", 1);
    json_w_str(w, "cluster_id", "test");
    json_w_time(w, "collected_at", now_ms());
    json_w_object(w, "scope");
    json_w_str(w, "object", c->scope);
    json_w_end(w);
    write_objects(w, c->objects);
    write_each(w, "events", c->events, "\n", write_event);
    write_each(w, "logs", c->logs, "\n", write_log);
    write_each(w, "absent", c->absent, " ", write_name);
    write_each(w, "lists", c->lists, " ", write_list);
    return json_w_take(w, size);
}

void case_verdict(const struct case_ *c, struct arena *a, struct wire_verdict *out)
{
    struct err e = { 0 };
    size_t size;
    AUTO_FREE char *text = case_bundle(c, &size);
    if (diagnose_bundle(text, size, a, out, &e) != 0)
        fail_msg("%s: %s", c->name, e.text);
}

/* What is wrong with the sentences and actions of a root, or NULL. */
static const char *unsound(const struct wire_root *root)
{
    const char *texts[] = { root->statement, root->statement_zh };
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!*texts[i] || strstr(texts[i], " ? ") || strstr(texts[i], "?,") || str_ends(texts[i], "?"))
            return "a gap in the statement";
    if (root->n_evidence == 0)
        return "no evidence";
    if (root->n_actions == 0)
        return "no action";
    for (size_t i = 0; i < root->n_actions; i++)
        if (!*root->actions[i].text || !*root->actions[i].text_zh || strchr(root->actions[i].command, '?'))
            return "a gap in an action";
    return NULL;
}

static bool is_as_expected(const struct case_ *c)
{
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct wire_root none = { .code = "-", .object = "-", .statement = "-" };
    case_verdict(c, &a, &v);
    const struct wire_root *root = v.n_roots ? &v.roots[0] : &none;
    bool same = v.n_roots == 1 && v.outcome == VERDICT_FAULT && strcmp(root->code, c->code) == 0 &&
                strcmp(root->object, c->object) == 0 && (!c->phrase || strstr(root->statement, c->phrase));
    const char *why = same ? unsound(root) : "another verdict";
    if (why)
        print_error("%s: %s\n  expected %s on %s: ... %s ...\n  %s with %zu roots: %s on %s: %s; %s\n", c->name, why,
                    c->code, c->object, str_or_empty(c->phrase), wire_outcome_name(v.outcome), v.n_roots, root->code,
                    root->object, root->statement, v.n_roots > 1 ? v.roots[1].statement : "");
    arena_fini(&a);
    return !why;
}

void case_expect(const struct case_ *cases, size_t n)
{
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++)
        wrong += !is_as_expected(&cases[i]);
    if (wrong > 0)
        fail_msg("%zu of %zu cases", wrong, n);
}

void case_expect_none(const struct case_ *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct arena a = { 0 };
        struct wire_verdict v;
        case_verdict(&cases[i], &a, &v);
        if (v.n_roots > 0)
            fail_msg("%s: %s", cases[i].name, v.roots[0].statement);
        arena_fini(&a);
    }
}
