#include "sim/oracle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

struct oracle {
    FILE *out;
    char *cluster;
};

static const char *const verbs[] = { [VERB_ADDED] = "ADDED", [VERB_MODIFIED] = "MODIFIED", [VERB_DELETED] = "DELETED" };

struct oracle *oracle_open(const char *path, const char *cluster, struct err *e)
{
    FILE *out = str_eq(path, "-") ? stdout : fopen(path, "ae");
    if (!out) {
        err_sys(e, errno, "opening the oracle's file %s", path);
        return NULL;
    }
    struct oracle *o = mem_alloc(sizeof *o);
    *o = (struct oracle){ .out = out, .cluster = str_dup(cluster) };
    return o;
}

void oracle_close(struct oracle *o)
{
    if (!o)
        return;
    if (o->out == stdout)
        fflush(stdout);
    else
        fclose(o->out);
    free(o->cluster);
    free(o);
}

static void write_line(struct oracle *o, struct json_w *w, int64_t now_ms)
{
    json_w_str(w, "cluster", o->cluster);
    json_w_int(w, "at", now_ms);
    json_w_end(w);
    AUTO_FREE char *text = json_w_take(w, NULL);
    fputs(text, o->out);
    fputc('\n', o->out);
}

static struct json_w *begin_line(const char *say)
{
    struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "say", say);
    return w;
}

static void write_revision(struct oracle *o, const char *say, const struct revision *r, int64_t now_ms)
{
    if (!o || r->object->kind != KIND_EVENT)
        return;
    AUTO_JSON struct json_doc *doc = json_parse(r->text, r->size, &json_object_limits, NULL);
    json *event = json_root(doc);
    AUTO_JSON_W struct json_w *w = begin_line(say);
    AUTO_FREE char *version = str_printf("%llu", (unsigned long long)r->version);
    json_w_str(w, "verb", verbs[r->verb]);
    json_w_str(w, "uid", r->object->uid);
    json_w_str(w, "resourceVersion", version);
    int64_t count = json_get_int(event, "count", json_int(json_at(event, "series.count"), 1));
    json_w_int(w, "count", count);
    json_w_str(w, "type", json_get_str(event, "type"));
    json_w_str(w, "reason", json_get_str(event, "reason"));
    AUTO_FREE char *object = str_printf("%s/%s/%s", str_or_empty(json_at_str(event, "involvedObject.kind")),
                                        str_or_empty(json_at_str(event, "involvedObject.namespace")),
                                        str_or_empty(json_at_str(event, "involvedObject.name")));
    json_w_str(w, "object", object);
    write_line(o, w, now_ms);
}

void oracle_made(struct oracle *o, const struct revision *r, int64_t now_ms)
{
    write_revision(o, "made", r, now_ms);
}

void oracle_handed(struct oracle *o, struct revision *r, int64_t now_ms)
{
    if (r->handed)
        return;
    r->handed = true;
    write_revision(o, "handed", r, now_ms);
}

void oracle_failure(struct oracle *o, const char *code, const char *object, const char *root, int64_t now_ms)
{
    if (!o)
        return;
    AUTO_JSON_W struct json_w *w = begin_line("failure");
    json_w_str(w, "failure", code);
    json_w_str(w, "object", object);
    json_w_str(w, "root", root ? root : object);
    write_line(o, w, now_ms);
}

void oracle_fixed(struct oracle *o, const char *object, int64_t now_ms)
{
    if (!o)
        return;
    AUTO_JSON_W struct json_w *w = begin_line("fixed");
    json_w_str(w, "object", object);
    write_line(o, w, now_ms);
}

void oracle_flush(struct oracle *o)
{
    if (o)
        fflush(o->out);
}
