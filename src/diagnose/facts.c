#include "diagnose/facts.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "wire/bundle.h"

#define KIND_MAX    63
#define NEAREST_MAX 1000 /* candidates for a likely misspelling */
#define COMBINED    "(combined from similar events): "

int64_t facts_time(const json *v)
{
    int64_t ms;
    const char *text = json_str(v);
    return text && clock_parse(text, &ms) == 0 && ms > 0 ? ms : 0;
}

bool facts_name_is_sound(const char *name)
{
    size_t size = name ? strlen(name) : 0;
    return size > 0 && size <= 253 && name[0] != '-' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") == size;
}

const char *facts_id(struct arena *a, const char *kind, const char *namespace_, const char *name)
{
    return arena_printf(a, "%s/%s/%s", kind, namespace_, name);
}

/* The kind in lower case, or NULL when it is none. */
static const char *kind_of(struct arena *a, const char *text)
{
    size_t size = text ? strlen(text) : 0;
    if (size == 0 || size > KIND_MAX)
        return NULL;
    char *kind = arena_strdup(a, text);
    for (char *p = kind; *p; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 'a' - 'A');
        else if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9'))
            return NULL;
    }
    return kind;
}

/* A namespace as it is borrowed, "" when absent, NULL when it is none. */
static const char *namespace_of(const json *v)
{
    const char *text = str_or_empty(json_str(v));
    return !*text || str_is_dns_label(text) ? text : NULL;
}

static int by_place(const void *left, const void *right)
{
    const struct object *a = left, *b = right;
    int order = strcmp(a->kind, b->kind);
    if (order == 0)
        order = strcmp(a->namespace_, b->namespace_);
    return order ? order : strcmp(a->name, b->name);
}

static int by_object_newest_first(const void *left, const void *right)
{
    const struct event *a = left, *b = right;
    int order = strcmp(a->object, b->object);
    if (order == 0)
        order = (a->last < b->last) - (a->last > b->last);
    if (order == 0)
        order = strcmp(a->reason, b->reason);
    return order ? order : strcmp(a->message, b->message);
}

static int by_container(const void *left, const void *right)
{
    const struct log *a = left, *b = right;
    int order = strcmp(a->pod, b->pod);
    if (order == 0)
        order = strcmp(a->container, b->container);
    return order ? order : a->previous - b->previous;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* What says who controls the object: the reference marked so.  Cluster-scoped owners (a Node) have no namespace. */
static const char *owner_of(const struct object *o, struct arena *a)
{
    for (struct json_iter i = json_iter(json_get(o->meta, "ownerReferences")); json_next(&i);) {
        const char *kind = kind_of(a, json_get_str(i.value, "kind"));
        const char *name = json_get_str(i.value, "name");
        if (json_get_bool(i.value, "controller", false) && kind && facts_name_is_sound(name))
            return facts_id(a, kind, strcmp(kind, "node") == 0 ? "" : o->namespace_, name);
    }
    return NULL;
}

static json *object_or_null(json *v)
{
    return json_is_object(v) ? v : NULL;
}

static bool read_object(json *value, struct arena *a, struct object *out)
{
    json *meta = json_get(value, "metadata");
    const char *kind = kind_of(a, json_get_str(value, "kind"));
    const char *namespace_ = namespace_of(json_get(meta, "namespace"));
    const char *name = json_get_str(meta, "name");
    if (!kind || !namespace_ || !facts_name_is_sound(name))
        return false;
    *out = (struct object){
        .id = facts_id(a, kind, namespace_, name),
        .kind = kind,
        .namespace_ = namespace_,
        .name = name,
        .value = value,
        .meta = object_or_null(meta),
        .spec = object_or_null(json_get(value, "spec")),
        .status = object_or_null(json_get(value, "status")),
        .created = facts_time(json_get(meta, "creationTimestamp")),
        .deleted = facts_time(json_get(meta, "deletionTimestamp")),
    };
    out->owner = owner_of(out, a);
    return true;
}

/* "cart" of "spec.containers{cart}". */
static const char *container_of(const char *path, struct arena *a)
{
    const char *open = path ? strchr(path, '{') : NULL;
    const char *close = open ? strchr(open, '}') : NULL;
    return close ? arena_strndup(a, open + 1, (size_t)(close - open - 1)) : "";
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool read_event(const json *value, struct arena *a, struct event *out)
{
    json *about = json_get(value, "involvedObject");
    const char *kind = kind_of(a, json_get_str(about, "kind"));
    const char *name = json_get_str(about, "name");
    const char *namespace_ = namespace_of(json_get(about, "namespace"));
    if (!kind || !namespace_ || !facts_name_is_sound(name))
        return false;
    const char *message = str_or_empty(json_get_str(value, "message"));
    int64_t made = facts_time(json_at(value, "metadata.creationTimestamp"));
    int64_t first = facts_time(json_get(value, "firstTimestamp")), at = facts_time(json_get(value, "eventTime"));
    int64_t last =
        later(facts_time(json_at(value, "series.lastObservedTime")), facts_time(json_get(value, "lastTimestamp")));
    int64_t count = later(json_get_int(value, "count", 1), json_int(json_at(value, "series.count"), 1));
    *out = (struct event){
        .object = facts_id(a, kind, namespace_, name),
        .reason = str_or_empty(json_get_str(value, "reason")),
        .message = str_starts(message, COMBINED) ? message + strlen(COMBINED) : message,
        .container = container_of(json_get_str(about, "fieldPath"), a),
        .warning = str_eq(json_get_str(value, "type"), "Warning"),
        .first = first ? first
                 : at  ? at
                       : made,
        .last = last    ? last
                : at    ? at
                : first ? first
                        : made,
        .count = count > 0 ? count : 1,
    };
    return true;
}

static bool read_log(const json *value, struct arena *a, struct log *out)
{
    const char *pod = json_get_str(value, "pod"), *container = json_get_str(value, "container");
    const char *slash = pod ? strchr(pod, '/') : NULL;
    const char *text = str_or_empty(json_get_str(value, "text"));
    struct bundle_ref ref;
    const char *id = slash ? arena_printf(a, "pod/%s", pod) : "";
    if (bundle_ref_parse(id, &ref) != 0 || !container)
        return false;
    *out = (struct log){
        .pod = id,
        .container = container,
        .text = text,
        .size = strlen(text),
        .previous = json_get_bool(value, "previous", false),
        .truncated = json_get_bool(value, "truncated", false),
    };
    return true;
}

static void load_objects(struct facts *f, const json *list, struct arena *a)
{
    size_t room = json_count(list) < FACTS_OBJECTS_MAX ? json_count(list) : FACTS_OBJECTS_MAX;
    f->objects = ARENA_ARRAY(a, struct object, room + 1);
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        if (f->n_objects < room && read_object(i.value, a, &f->objects[f->n_objects]))
            f->n_objects++;
        else
            f->refused++;
    }
    qsort(f->objects, f->n_objects, sizeof *f->objects, by_place);
    size_t kept = 0;
    for (size_t i = 0; i < f->n_objects; i++) {
        if (kept > 0 && by_place(&f->objects[kept - 1], &f->objects[i]) == 0)
            f->refused++;
        else
            f->objects[kept++] = f->objects[i];
    }
    f->n_objects = kept;
}

static void load_events(struct facts *f, const json *list, struct arena *a)
{
    size_t room = json_count(list) < FACTS_EVENTS_MAX ? json_count(list) : FACTS_EVENTS_MAX;
    f->events = ARENA_ARRAY(a, struct event, room + 1);
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        if (f->n_events < room && read_event(i.value, a, &f->events[f->n_events]))
            f->n_events++;
        else
            f->refused++;
    }
    qsort(f->events, f->n_events, sizeof *f->events, by_object_newest_first);
}

static void load_logs(struct facts *f, const json *list, struct arena *a)
{
    size_t room = json_count(list) < FACTS_EVENTS_MAX ? json_count(list) : FACTS_EVENTS_MAX;
    f->logs = ARENA_ARRAY(a, struct log, room + 1);
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        if (f->n_logs < room && read_log(i.value, a, &f->logs[f->n_logs]))
            f->n_logs++;
        else
            f->refused++;
    }
    qsort(f->logs, f->n_logs, sizeof *f->logs, by_container);
}

/* Ids of "absent", or with names false the "kind/namespace" of "lists". */
static const char **load_names(const json *list, bool names, struct arena *a, size_t *count)
{
    const char **out = ARENA_ARRAY(a, const char *, json_count(list) + 1);
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        const char *kind = kind_of(a, json_get_str(i.value, "kind"));
        const char *namespace_ = namespace_of(json_get(i.value, "namespace"));
        const char *name = json_get_str(i.value, "name");
        if (!kind || !namespace_ || (names && !facts_name_is_sound(name)))
            continue;
        out[(*count)++] = names ? facts_id(a, kind, namespace_, name) : arena_printf(a, "%s/%s", kind, namespace_);
    }
    qsort(out, *count, sizeof *out, by_text);
    return out;
}

/* A bundle that does not say when it was collected is as new as the newest thing in it. */
static int64_t newest(const struct facts *f)
{
    int64_t at = 0;
    for (size_t i = 0; i < f->n_events; i++)
        at = later(at, f->events[i].last);
    for (size_t i = 0; i < f->n_objects; i++)
        at = later(at, f->objects[i].created);
    return at;
}

int facts_load(struct facts *f, const json *root, struct arena *a, struct err *e)
{
    *f = (struct facts){ 0 };
    if (!json_is_object(root) || !json_is_array(json_get(root, "objects")))
        return err_set(e, ERR_INVALID, "no evidence bundle: it has no list \"objects\"");
    load_objects(f, json_get(root, "objects"), a);
    load_events(f, json_get(root, "events"), a);
    load_logs(f, json_get(root, "logs"), a);
    f->absent = load_names(json_get(root, "absent"), true, a, &f->n_absent);
    f->lists = load_names(json_get(root, "lists"), false, a, &f->n_lists);
    f->now = facts_time(json_get(root, "collected_at"));
    if (f->now == 0)
        f->now = newest(f);
    const char *scope = json_at_str(root, "scope.object");
    struct bundle_ref ref;
    f->scope_object = scope && bundle_ref_parse(scope, &ref) == 0 ? scope : "";
    f->scope_namespace = str_or_empty(namespace_of(json_at(root, "scope.namespace")));
    f->cluster = str_or_empty(json_get_str(root, "cluster_id"));
    f->not_checked = json_get(root, "not_checked");
    f->calls = json_get_int(root, "calls", 0);
    f->ms = json_get_int(root, "ms", 0);
    return 0;
}

/* Index of the first object that does not stand before kind/namespace_/name; NULL names stand before all. */
static size_t first_from(const struct facts *f, const char *kind, const char *namespace_, const char *name)
{
    const struct object wanted = { .kind = kind, .namespace_ = namespace_, .name = name };
    size_t low = 0, high = f->n_objects;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_place(&f->objects[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct object *facts_find(const struct facts *f, const char *kind, const char *namespace_, const char *name)
{
    if (!kind || !namespace_ || !name)
        return NULL;
    size_t i = first_from(f, kind, namespace_, name);
    const struct object wanted = { .kind = kind, .namespace_ = namespace_, .name = name };
    return i < f->n_objects && by_place(&f->objects[i], &wanted) == 0 ? &f->objects[i] : NULL;
}

const struct object *facts_get(const struct facts *f, const char *id)
{
    char text[400];
    if (!id || str_copy(text, sizeof text, id))
        return NULL;
    char *first = strchr(text, '/');
    char *second = first ? strchr(first + 1, '/') : NULL;
    if (!second)
        return NULL;
    *first = *second = '\0';
    return facts_find(f, text, first + 1, second + 1);
}

/* Stands behind every sound name and namespace. */
#define BEHIND_ALL "\x7f"

struct objects facts_in(const struct facts *f, const char *kind, const char *namespace_)
{
    size_t from = first_from(f, kind, namespace_, ""), to = first_from(f, kind, namespace_, BEHIND_ALL);
    return (struct objects){ &f->objects[from], to - from };
}

struct objects facts_kind(const struct facts *f, const char *kind)
{
    size_t from = first_from(f, kind, "", ""), to = first_from(f, kind, BEHIND_ALL, "");
    return (struct objects){ &f->objects[from], to - from };
}

static bool holds(const char *const *sorted, size_t count, const char *text)
{
    return count > 0 && bsearch(&text, sorted, count, sizeof *sorted, by_text) != NULL;
}

bool facts_listed(const struct facts *f, const char *kind, const char *namespace_)
{
    char text[160];
    snprintf(text, sizeof text, "%s/%s", kind, namespace_);
    if (holds(f->lists, f->n_lists, text))
        return true;
    snprintf(text, sizeof text, "%s/", kind);
    return holds(f->lists, f->n_lists, text);
}

enum presence facts_presence(const struct facts *f, const char *kind, const char *namespace_, const char *name)
{
    if (facts_find(f, kind, namespace_, name))
        return PRESENT;
    char id[400];
    snprintf(id, sizeof id, "%s/%s/%s", kind, namespace_, str_or_empty(name));
    return holds(f->absent, f->n_absent, id) || facts_listed(f, kind, namespace_) ? ABSENT : UNKNOWN;
}

struct events facts_events(const struct facts *f, const char *id)
{
    size_t low = 0, high = f->n_events;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(f->events[middle].object, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t to = low;
    while (to < f->n_events && strcmp(f->events[to].object, id) == 0)
        to++;
    return (struct events){ &f->events[low], to - low };
}

const struct event *facts_event(const struct facts *f, const char *id, const char *reason, const char *container)
{
    struct events all = facts_events(f, id);
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        bool same = !container || !*container || !*ev->container || strcmp(ev->container, container) == 0;
        if (same && strcmp(ev->reason, reason) == 0)
            return ev;
    }
    return NULL;
}

/* What a node says in place of a log that it has no more. */
static bool is_excuse(const char *text)
{
    static const char *const excuses[] = { "unable to retrieve container logs for",
                                           "failed to try resolving symlinks in path",
                                           "failed to create fsnotify watcher" };
    for (size_t i = 0; i < COUNT(excuses); i++)
        if (str_starts(text, excuses[i]))
            return true;
    return false;
}

const struct log *facts_log(const struct facts *f, const char *pod, const char *container, bool previous)
{
    const struct log wanted = { .pod = pod, .container = container, .previous = previous };
    const struct log *log = f->n_logs ? bsearch(&wanted, f->logs, f->n_logs, sizeof *f->logs, by_container) : NULL;
    return log && log->size > 0 && !is_excuse(log->text) ? log : NULL;
}

const char *facts_nearest(const struct facts *f, const char *kind, const char *namespace_, const char *name)
{
    const char *names[NEAREST_MAX];
    struct objects all = facts_in(f, kind, namespace_);
    size_t count = all.count < NEAREST_MAX ? all.count : NEAREST_MAX;
    for (size_t i = 0; i < count; i++)
        names[i] = all.items[i].name;
    return count > 0 ? str_nearest(name, names, count) : NULL;
}
