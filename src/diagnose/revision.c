#include "diagnose/revision.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define RECENT_MS   (30 * 60000)
#define DEPTH_MAX   12
#define CHANGES_MAX 8
#define VALUE_MAX   120
#define SLACK_MS                                                                                                       \
    5000 /* an onset is noted a moment before the revision that brings it is stamped: clocks have whole seconds */

static int64_t number_of(const struct object *o)
{
    const char *text = json_get_str(json_get(o->meta, "annotations"), "deployment.kubernetes.io/revision");
    return text ? strtoll(text, NULL, 10) : 0;
}

bool revision_newest(const struct run *r, const char *workload, struct revision *out)
{
    const struct object *owner = facts_get(r->f, workload);
    const struct object *newest = NULL, *before = NULL;
    if (!owner || strcmp(owner->kind, "deployment") != 0)
        return false;
    struct objects sets = facts_in(r->f, "replicaset", owner->namespace_);
    for (size_t i = 0; i < sets.count; i++) {
        const struct object *set = &sets.items[i];
        if (!set->owner || strcmp(set->owner, workload) != 0)
            continue;
        if (!newest || number_of(set) > number_of(newest)) {
            before = newest;
            newest = set;
        } else if (!before || number_of(set) > number_of(before)) {
            before = set;
        }
    }
    if (!newest)
        return false;
    *out = (struct revision){
        .workload = workload,
        .number = arena_printf(r->a, "%lld", (long long)number_of(newest)),
        .previous = before ? arena_printf(r->a, "%lld", (long long)number_of(before)) : NULL,
        .object = newest->id,
        .at = newest->created,
        .template_ = object_template(newest),
        .before = object_template(before),
    };
    return true;
}

bool revision_is_recent(const struct run *r, const struct revision *revision, int64_t onset)
{
    int64_t then = onset ? onset : r->f->now;
    return revision->previous && revision->at > 0 && revision->at <= then + SLACK_MS &&
           then - revision->at <= RECENT_MS;
}

/* Differences, field by field.  Lists of named things (containers, variables, volumes) are compared by name. */

struct comparison {
    struct arena *a;
    struct change *out;
    size_t count;
};

static const char *value_text(struct arena *a, const json *v)
{
    if (!v)
        return "";
    if (json_is_string(v))
        return arena_strndup(a, json_str(v), str_utf8_cut(json_str(v), json_str_size(v), VALUE_MAX));
    AUTO_FREE char *text = json_text(v, NULL);
    return arena_strndup(a, text, str_utf8_cut(text, strlen(text), VALUE_MAX));
}

static json *by_name(const json *list, const char *name)
{
    for (struct json_iter i = json_iter(list); json_next(&i);)
        if (str_eq(json_get_str(i.value, "name"), name))
            return i.value;
    return NULL;
}

static bool same(const json *a, const json *b)
{
    AUTO_FREE char *x = json_text(a, NULL);
    AUTO_FREE char *y = json_text(b, NULL);
    return str_eq(x, y);
}

static bool is_named_list(const json *v)
{
    return json_is_array(v) && json_get_str(json_at(v, "0"), "name");
}

static void compare(struct comparison *c, const char *path, const json *old, const json *new_, int depth);

static void compare_members(struct comparison *c, const char *path, const json *old, const json *new_, int depth)
{
    for (struct json_iter i = json_iter(new_); json_next(&i);)
        compare(c, arena_printf(c->a, "%s.%.60s", path, i.key), json_get(old, i.key), i.value, depth);
    for (struct json_iter i = json_iter(old); json_next(&i);)
        if (!json_get(new_, i.key))
            compare(c, arena_printf(c->a, "%s.%.60s", path, i.key), i.value, NULL, depth);
}

static void compare_items(struct comparison *c, const char *path, const json *old, const json *new_, int depth)
{
    for (struct json_iter i = json_iter(new_); json_next(&i);) {
        const char *name = json_get_str(i.value, "name");
        if (name)
            compare(c, arena_printf(c->a, "%s[%.60s]", path, name), by_name(old, name), i.value, depth);
    }
    for (struct json_iter i = json_iter(old); json_next(&i);) {
        const char *name = json_get_str(i.value, "name");
        if (name && !by_name(new_, name))
            compare(c, arena_printf(c->a, "%s[%.60s]", path, name), i.value, NULL, depth);
    }
}

static void compare(struct comparison *c, const char *path, const json *old, const json *new_, int depth)
{
    /* Kubernetes' own mark of the revision, and kubectl's of a restart, differ always. */
    if (c->count == CHANGES_MAX || same(old, new_) || str_ends(path, ".pod-template-hash"))
        return;
    if (depth < DEPTH_MAX && json_is_object(old) && json_is_object(new_)) {
        compare_members(c, path, old, new_, depth + 1);
    } else if (depth < DEPTH_MAX && is_named_list(old) && is_named_list(new_)) {
        compare_items(c, path, old, new_, depth + 1);
    } else {
        const char *field = str_starts(path, ".") ? path + 1 : path;
        c->out[c->count++] = (struct change){ field, value_text(c->a, old), value_text(c->a, new_) };
    }
}

size_t revision_changes(struct run *r, const struct revision *revision, struct change out[8])
{
    struct comparison c = { .a = r->a, .out = out };
    if (revision->before && revision->template_)
        compare(&c, "", revision->before, revision->template_, 0);
    return c.count;
}

const char *revision_good_image(struct run *r, const struct pod *p, const char *container)
{
    struct revision revision;
    if (!revision_newest(r, p->workload, &revision) || !revision.before)
        return NULL;
    const char *now = json_get_str(by_name(json_at(revision.template_, "spec.containers"), container), "image");
    const char *before = json_get_str(by_name(json_at(revision.before, "spec.containers"), container), "image");
    return before && !str_eq(now, before) ? before : NULL;
}
