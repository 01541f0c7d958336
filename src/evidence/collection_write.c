/* From what was collected to a bundle that fits. */
#include "evidence/collection.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "evidence/collection_parts.h"
#include "evidence/log_tail.h"
#include "wire/bundle.h"

#define EVENTS_EACH 50   /* newest of an object                                  */
#define FRAME_BYTES 1024 /* of the bundle around its lists                       */

static void note(struct collection *c, const char *what, size_t count)
{
    AUTO_FREE char *text = str_printf("%s (%zu)", what, count);
    AUTO_FREE char *why = str_printf("left out so that the bundle stays below %zu bytes", c->size_max);
    collection_unchecked(c, text, why, NULL, NULL, NULL);
}

/* --- order ------------------------------------------------------------------------------------------------------ */

static int by_object(const void *a, const void *b)
{
    const struct kept_object *x = a, *y = b;
    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank) : strcmp(x->key, y->key);
}

static int by_size(const void *a, const void *b)
{
    const struct kept_object *x = a, *y = b;
    return x->size != y->size ? (x->size < y->size) - (x->size > y->size) : strcmp(x->key, y->key);
}

/* By object, the newest first: so the n-th of an object is known. */
static int by_involved(const void *a, const void *b)
{
    const struct kept_event *x = a, *y = b;
    int order = strcmp(x->involved, y->involved);
    if (!order)
        order = (x->at_ms < y->at_ms) - (x->at_ms > y->at_ms);
    return order ? order : strcmp(y->name, x->name);
}

static int by_time(const void *a, const void *b)
{
    const struct kept_event *x = a, *y = b;
    int order = (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
    return order ? order : strcmp(x->name, y->name);
}

static int by_pod(const void *a, const void *b)
{
    const struct kept_log *x = a, *y = b;
    int order = strcmp(x->pod, y->pod);
    if (!order)
        order = strcmp(x->container, y->container);
    return order ? order : x->previous - y->previous;
}

static int by_note(const void *a, const void *b)
{
    const struct kept_note *x = a, *y = b;
    int order = strcmp(x->what, y->what);
    return order ? order : strcmp(x->why, y->why);
}

static int by_list(const void *a, const void *b)
{
    const struct kept_list *x = a, *y = b;
    int order = strcmp(x->kind, y->kind);
    return order ? order : strcmp(x->namespace_, y->namespace_);
}

static int by_absent(const void *a, const void *b)
{
    const struct kept_absent *x = a, *y = b;
    int order = strcmp(x->kind, y->kind);
    if (!order)
        order = strcmp(x->namespace_, y->namespace_);
    return order ? order : strcmp(x->name, y->name);
}

#define SORT(items, count, by)                                                                                         \
    do {                                                                                                               \
        if (count)                                                                                                     \
            qsort((items), (count), sizeof *(items), (by));                                                            \
    } while (0)

/* --- what may go ------------------------------------------------------------------------------------------------ */

static size_t size_of(const struct collection *c)
{
    size_t size = FRAME_BYTES;
    for (size_t i = 0; i < c->n_objects; i++)
        size += c->objects[i].dropped ? 0 : c->objects[i].size + strlen(str_or_empty(c->objects[i].extra)) + 1;
    for (size_t i = 0; i < c->n_events; i++)
        size += c->events[i].dropped ? 0 : c->events[i].size + 1;
    for (size_t i = 0; i < c->n_logs; i++) /* quotes and line ends take two bytes */
        size += c->logs[i].dropped ? 0 : c->logs[i].size + c->logs[i].size / 8 + 512;
    for (size_t i = 0; i < c->n_notes; i++)
        size += strlen(c->notes[i].what) + strlen(c->notes[i].why) + 256;
    return size + c->n_absent * 384 + c->n_lists * 128;
}

/* Keeps at most `most` newest events of each object, of those that are Normal or of all. */
static size_t limit_events(struct collection *c, size_t most, bool normal_only)
{
    size_t dropped = 0, nth = 0;
    const char *involved = "";
    SORT(c->events, c->n_events, by_involved);
    for (size_t i = 0; i < c->n_events; i++) {
        struct kept_event *e = &c->events[i];
        if (strcmp(e->involved, involved)) {
            involved = e->involved;
            nth = 0;
        }
        if (e->dropped || (normal_only && !e->normal))
            continue;
        if (++nth > most) {
            e->dropped = true;
            dropped++;
        }
    }
    return dropped;
}

static size_t shorten_logs(struct collection *c, size_t most)
{
    size_t shortened = 0;
    for (size_t i = 0; i < c->n_logs; i++) {
        struct kept_log *log = &c->logs[i];
        if (log->dropped || log->size <= most)
            continue;
        shortened++;
        log->truncated = true;
        struct buf tail = { 0 };
        log_tail(&tail, log->text, log->size, BUNDLE_LOG_LINES, most);
        free(log->text);
        log->text = buf_take(&tail, &log->size);
        log->dropped = !most;
    }
    return shortened;
}

/* A list that is not whole any more must not claim to be. */
static void withdraw_claim(struct collection *c, const char *key)
{
    size_t kind = strcspn(key, "/");
    for (size_t i = 0; i < c->n_lists; i++)
        if (strlen(c->lists[i].kind) == kind && !memcmp(c->lists[i].kind, key, kind))
            c->lists[i].dropped = true;
}

/* Drops objects of a rank, the largest first, until the bundle fits. */
static size_t drop_objects(struct collection *c, enum collection_rank rank)
{
    size_t dropped = 0, size = size_of(c);
    SORT(c->objects, c->n_objects, by_size); /* the table's numbers are of no more use from here on */
    for (size_t i = 0; i < c->n_objects && size > c->size_max; i++) {
        struct kept_object *o = &c->objects[i];
        if (o->rank != rank || o->dropped)
            continue;
        o->dropped = true;
        withdraw_claim(c, o->key);
        size -= o->size + strlen(str_or_empty(o->extra)) + 1;
        dropped++;
    }
    return dropped;
}

enum remedy { SHORTEN_LOGS, LIMIT_NORMAL, LIMIT_EVENTS, DROP_OBJECTS };
static const struct step {
    enum remedy remedy;
    size_t most; /* bytes, events, or the rank */
    const char *what;
} steps[] = {
    { SHORTEN_LOGS, 16 << 10, "logs beyond 16 KiB each" },
    { SHORTEN_LOGS, 8 << 10, "logs beyond 8 KiB each" },
    { SHORTEN_LOGS, 4 << 10, "logs beyond 4 KiB each" },
    { LIMIT_NORMAL, 10, "Normal events beyond the newest 10 of an object" },
    { LIMIT_NORMAL, 0, "Normal events" },
    { DROP_OBJECTS, RANK_CONTEXT, "objects beside the incident" },
    { LIMIT_EVENTS, 10, "events beyond the newest 10 of an object" },
    { SHORTEN_LOGS, 1 << 10, "logs beyond 1 KiB each" },
    { DROP_OBJECTS, RANK_REFERENCED, "objects that pods refer to" },
    { LIMIT_EVENTS, 2, "events beyond the newest 2 of an object" },
    { SHORTEN_LOGS, 0, "logs" },
    { DROP_OBJECTS, RANK_POD, "pods" },
    { DROP_OBJECTS, RANK_OWNER, "owners" },
    { LIMIT_EVENTS, 0, "events" },
};

static size_t take_step(struct collection *c, const struct step *s)
{
    switch (s->remedy) {
    case SHORTEN_LOGS: return shorten_logs(c, s->most);
    case LIMIT_NORMAL: return limit_events(c, s->most, true);
    case LIMIT_EVENTS: return limit_events(c, s->most, false);
    case DROP_OBJECTS: return drop_objects(c, (enum collection_rank)s->most);
    default: return 0;
    }
}

static void fit(struct collection *c)
{
    for (size_t i = 0; i < COUNT(steps) && size_of(c) > c->size_max; i++) {
        size_t count = take_step(c, &steps[i]);
        if (count)
            note(c, steps[i].what, count);
    }
}

static bool is_told_of(const struct collection *c, const char *involved)
{
    return c->everything || ref_table_get(&c->object_table, involved) != REF_TABLE_NONE ||
           ref_table_get(&c->told_table, involved) != REF_TABLE_NONE;
}

static void choose_events(struct collection *c)
{
    for (size_t i = 0; i < c->n_events; i++)
        c->events[i].dropped = !is_told_of(c, c->events[i].involved);
    size_t beyond = limit_events(c, EVENTS_EACH, false);
    if (beyond) {
        AUTO_FREE char *what = str_printf("events beyond the newest %d of an object (%zu)", EVENTS_EACH, beyond);
        collection_unchecked(c, what, "older than those that are kept", "list", "events", NULL);
    }
}

/* --- text ------------------------------------------------------------------------------------------------------- */

static void begin_list(struct buf *out, const char *name)
{
    buf_printf(out, ",\"%s\":[", name);
}

static void add_item(struct buf *out, const char *text, size_t size)
{
    if (out->data[out->size - 1] != '[')
        buf_char(out, ',');
    buf_add(out, text, size);
}

static void add_written(struct buf *out, struct json_w *w)
{
    size_t size;
    AUTO_FREE char *text = json_w_take(w, &size);
    add_item(out, text, size);
}

static void write_objects(const struct collection *c, struct buf *out)
{
    begin_list(out, "objects");
    for (size_t i = 0; i < c->n_objects; i++) {
        const struct kept_object *o = &c->objects[i];
        if (o->dropped)
            continue;
        add_item(out, o->text, o->size - 1); /* without its brace: more may follow */
        buf_str(out, str_or_empty(o->extra));
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void write_events(const struct collection *c, struct buf *out)
{
    begin_list(out, "events");
    for (size_t i = 0; i < c->n_events; i++)
        if (!c->events[i].dropped)
            add_item(out, c->events[i].text, c->events[i].size);
    buf_char(out, ']');
}

static void write_logs(const struct collection *c, struct buf *out, struct json_w *w)
{
    begin_list(out, "logs");
    for (size_t i = 0; i < c->n_logs; i++) {
        const struct kept_log *log = &c->logs[i];
        if (log->dropped)
            continue;
        json_w_object(w, NULL);
        json_w_str(w, "pod", log->pod);
        json_w_str(w, "container", log->container);
        json_w_bool(w, "previous", log->previous);
        json_w_strn(w, "text", log->text, log->size);
        json_w_bool(w, "truncated", log->truncated);
        json_w_end(w);
        add_written(out, w);
    }
    buf_char(out, ']');
}

static void write_claims(const struct collection *c, struct buf *out, struct json_w *w)
{
    begin_list(out, "absent");
    for (size_t i = 0; i < c->n_absent; i++) {
        json_w_object(w, NULL);
        json_w_str(w, "kind", c->absent[i].kind);
        json_w_str(w, "namespace", c->absent[i].namespace_);
        json_w_str(w, "name", c->absent[i].name);
        json_w_end(w);
        add_written(out, w);
    }
    buf_char(out, ']');
    begin_list(out, "lists");
    for (size_t i = 0; i < c->n_lists; i++) {
        if (c->lists[i].dropped)
            continue;
        json_w_object(w, NULL);
        json_w_str(w, "kind", c->lists[i].kind);
        json_w_str(w, "namespace", c->lists[i].namespace_);
        json_w_int(w, "count", (int64_t)c->lists[i].count);
        json_w_end(w);
        add_written(out, w);
    }
    buf_char(out, ']');
}

static void write_notes(const struct collection *c, struct buf *out, struct json_w *w)
{
    begin_list(out, "not_checked");
    for (size_t i = 0; i < c->n_notes; i++) {
        const struct kept_note *n = &c->notes[i];
        json_w_object(w, NULL);
        json_w_str(w, "what", n->what);
        json_w_str(w, "why", n->why);
        json_w_str(w, "verb", n->verb);
        json_w_str(w, "resource", n->resource);
        json_w_str(w, "namespace", n->namespace_);
        json_w_end(w);
        add_written(out, w);
    }
    buf_char(out, ']');
}

static void write_facts(const struct collection_facts *f, struct buf *out, struct json_w *w)
{
    json_w_object(w, NULL);
    json_w_int(w, "schema", 1);
    json_w_str(w, "cluster_id", str_or_empty(f->cluster_id));
    json_w_time(w, "collected_at", f->collected_at_ms);
    json_w_str(w, "server_version", f->server_version);
    json_w_object(w, "scope");
    json_w_str(w, "object", f->object);
    json_w_str(w, "namespace", f->object ? NULL : f->namespace_);
    json_w_end(w);
    json_w_end(w);
    size_t size;
    AUTO_FREE char *text = json_w_take(w, &size);
    buf_add(out, text, size - 1);
}

char *collection_write(struct collection *c, const struct collection_facts *facts, size_t *size)
{
    if (c->refused) {
        AUTO_FREE char *what = str_printf("%zu objects or events", c->refused);
        collection_unchecked(c, what, "more than one collection holds", NULL, NULL, NULL);
        for (size_t i = 0; i < c->n_lists; i++) /* no list can be sure to be whole */
            c->lists[i].dropped = true;
    }
    choose_events(c);
    fit(c);
    if (c->notes_more) {
        AUTO_FREE char *what = str_printf("%zu things more", c->notes_more + 1);
        c->n_notes--; /* the last gives way to the sum: the list is full */
        free(c->notes[c->n_notes].what);
        free(c->notes[c->n_notes].why);
        free(c->notes[c->n_notes].verb);
        free(c->notes[c->n_notes].resource);
        free(c->notes[c->n_notes].namespace_);
        collection_unchecked(c, what, "the list of what was not checked ends here", NULL, NULL, NULL);
    }
    SORT(c->objects, c->n_objects, by_object);
    SORT(c->events, c->n_events, by_time);
    SORT(c->logs, c->n_logs, by_pod);
    SORT(c->notes, c->n_notes, by_note);
    SORT(c->lists, c->n_lists, by_list);
    SORT(c->absent, c->n_absent, by_absent);

    struct buf out = { 0 };
    AUTO_JSON_W struct json_w *w = json_w_new();
    write_facts(facts, &out, w);
    write_objects(c, &out);
    write_events(c, &out);
    write_logs(c, &out, w);
    write_claims(c, &out, w);
    write_notes(c, &out, w);
    buf_printf(&out, ",\"calls\":%d,\"ms\":%lld}", facts->calls, (long long)facts->ms);
    return buf_take(&out, size);
}
