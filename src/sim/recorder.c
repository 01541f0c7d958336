#include "sim/recorder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "sim/oracle.h"
#include "sim/stamp.h"

#define SLOTS           4096
#define SIMILAR_MAX     10                   /* texts of one reason before they are combined */
#define SERIES_EVERY_MS (int64_t)(6 * 60000) /* a series is written again after so long */
#define COMBINED        "(combined from similar events): "

struct event {
    struct event *next;           /* of its slot */
    struct event *before, *after; /* in order of age */
    struct object *object;
    uint64_t key;
    struct voice who;  /* component and action are literals, host the node's */
    struct about what; /* its texts are the event's own */
    char *texts[4];    /* namespace, name, uid, container */
    const char *type, *reason;
    char *message;
    bool combined;
    int count;
    int64_t first_ms, last_ms, written_ms;
    uint64_t dice;
};

struct recorder {
    struct event *slots[SLOTS];
    struct event *oldest, *newest;
    struct similar {
        uint64_t key;
        int texts;
    } similar[SLOTS]; /* by reason and object: how many texts there were */
    struct task expiry;
};

struct about about_object(const struct object *o)
{
    return (struct about){ .kind = o->kind,
                           .namespace = o->namespace,
                           .name = o->name,
                           .uid = o->uid,
                           .version = o->newest ? o->newest->version : 0 };
}

static uint64_t hash(uint64_t h, const char *text)
{
    for (const char *c = str_or_empty(text); *c; c++)
        h = (h ^ (unsigned char)*c) * 0x100000001b3u;
    return (h ^ 0xff) * 0x100000001b3u;
}

static uint64_t key_of(const struct voice *who, const struct about *what, const char *reason, const char *message)
{
    const char *const parts[] = { who->component,  who->host,  kind_rows[what->kind].name,
                                  what->namespace, what->name, what->uid,
                                  what->container, reason,     message };
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < COUNT(parts); i++)
        h = hash(h, parts[i]);
    return h;
}

struct recorder *recorder_new(struct world *w)
{
    (void)w;
    struct recorder *r = mem_alloc(sizeof *r);
    memset(r, 0, sizeof *r);
    return r;
}

static void free_event(struct event *e)
{
    for (size_t i = 0; i < COUNT(e->texts); i++)
        free(e->texts[i]);
    free(e->message);
    free(e);
}

void recorder_free(struct recorder *r)
{
    if (!r)
        return;
    for (struct event *e = r->oldest, *after; e; e = after) {
        after = e->after;
        free_event(e);
    }
    free(r);
}

static const char older_fields[] = "{\"f:count\":{},\"f:firstTimestamp\":{},\"f:involvedObject\":{},\"f:"
                                   "lastTimestamp\":{},\"f:message\":{},\"f:reason\":{},"
                                   "\"f:reportingComponent\":{},\"f:reportingInstance\":{},\"f:source\":{\"f:"
                                   "component\":{},\"f:host\":{}},\"f:type\":{}}";
static const char newer_fields[] =
    "{\"f:action\":{},\"f:eventTime\":{},\"f:note\":{},\"f:reason\":{},\"f:regarding\":{},\"f:reportingController\":{},"
    "\"f:reportingInstance\":{},\"f:type\":{}}";

static const char *manager_of(const struct voice *who)
{
    if (str_eq(who->component, "default-scheduler"))
        return "kube-scheduler";
    return who->host ? who->component : "kube-controller-manager";
}

static void write_involved(struct json_w *j, const struct about *what)
{
    json_w_object(j, "involvedObject");
    json_w_str(j, "kind", kind_rows[what->kind].name);
    if (what->namespace[0])
        json_w_str(j, "namespace", what->namespace);
    json_w_str(j, "name", what->name);
    json_w_str(j, "uid", what->uid);
    json_w_str(j, "apiVersion", kind_api_version(what->kind));
    if (what->version > 0) {
        AUTO_FREE char *version = str_printf("%llu", (unsigned long long)what->version);
        json_w_str(j, "resourceVersion", version);
    }
    if (what->container) {
        AUTO_FREE char *path = str_printf("spec.%s{%s}", what->init ? "initContainers" : "containers", what->container);
        json_w_str(j, "fieldPath", path);
    }
    json_w_end(j);
}

static void write_older(struct json_w *j, const struct event *e)
{
    json_w_object(j, "source");
    json_w_str(j, "component", e->who.component);
    json_w_str(j, "host", e->who.host);
    json_w_end(j);
    stamp_write(j, "firstTimestamp", e->first_ms);
    stamp_write(j, "lastTimestamp", e->last_ms);
    json_w_int(j, "count", e->count);
    json_w_str(j, "type", e->type);
    json_w_null(j, "eventTime");
    json_w_str(j, "reportingComponent", e->combined ? "" : e->who.component);
    json_w_str(j, "reportingInstance", e->combined ? "" : str_or_empty(e->who.host));
}

static void write_newer(struct json_w *j, const struct event *e, const char *cluster)
{
    json_w_object(j, "source");
    json_w_end(j);
    json_w_null(j, "firstTimestamp");
    json_w_null(j, "lastTimestamp");
    json_w_str(j, "type", e->type);
    stamp_write_micro(j, "eventTime", e->first_ms, e->dice);
    if (e->count > 1) {
        json_w_object(j, "series");
        json_w_int(j, "count", e->count);
        stamp_write_micro(j, "lastObservedTime", e->last_ms, e->dice);
        json_w_end(j);
    }
    json_w_str(j, "action", e->who.action);
    json_w_str(j, "reportingComponent", e->who.component);
    AUTO_FREE char *instance = str_printf("%s-%s", e->who.component, e->who.host ? e->who.host : cluster);
    json_w_str(j, "reportingInstance", instance);
}

static void write_event(struct world *w, struct event *e)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = e->object });
    bool newer = e->who.action != NULL;
    world_write_manager(j, manager_of(&e->who), newer ? "events.k8s.io/v1" : "v1", e->last_ms,
                        newer ? newer_fields : older_fields, NULL);
    json_w_end(j);
    write_involved(j, &e->what);
    json_w_str(j, "reason", e->reason);
    json_w_str(j, "message", e->message[0] ? e->message : NULL);
    if (newer)
        write_newer(j, e, w->cluster);
    else
        write_older(j, e);
    json_w_end(j);
    e->written_ms = w->now_ms;
    world_store(w, e->object, j);
}

static void unlink_event(struct recorder *r, struct event *e)
{
    *(e->before ? &e->before->after : &r->oldest) = e->after;
    *(e->after ? &e->after->before : &r->newest) = e->before;
}

static void append_event(struct recorder *r, struct event *e)
{
    e->before = r->newest;
    e->after = NULL;
    *(r->newest ? &r->newest->after : &r->oldest) = e;
    r->newest = e;
}

static void on_expiry(void *arg)
{
    struct world *w = arg;
    struct recorder *r = w->recorder;
    while (r->oldest && r->oldest->written_ms + w->event_ttl_ms <= w->now_ms) {
        struct event *e = r->oldest;
        unlink_event(r, e);
        struct event **slot = &r->slots[e->key % SLOTS];
        while (*slot != e)
            slot = &(*slot)->next;
        *slot = e->next;
        history_delete(w->history, e->object);
        free_event(e);
    }
    if (r->oldest)
        agenda_set(&w->agenda, &r->expiry, r->oldest->written_ms + w->event_ttl_ms, on_expiry, w);
}

void recorder_set_ttl(struct world *w, int64_t ms)
{
    w->event_ttl_ms = ms;
    on_expiry(w);
}

void recorder_expire(struct world *w)
{
    for (struct event *e = w->recorder->oldest; e; e = e->after)
        e->written_ms = w->now_ms - w->event_ttl_ms;
    on_expiry(w);
}

static struct event *find(struct recorder *r, uint64_t key)
{
    struct event *e = r->slots[key % SLOTS];
    while (e && e->key != key)
        e = e->next;
    return e;
}

static struct event *make(struct world *w, const struct voice *who, const struct about *what, uint64_t key)
{
    struct recorder *r = w->recorder;
    struct event *e = mem_alloc(sizeof *e);
    *e = (struct event){ .key = key,
                         .who = *who,
                         .what = *what,
                         .first_ms = w->now_ms,
                         .dice = world_roll(w),
                         .next = r->slots[key % SLOTS] };
    const char **own[] = { &e->what.namespace, &e->what.name, &e->what.uid, &e->what.container };
    for (size_t i = 0; i < COUNT(own); i++)
        *own[i] = e->texts[i] = str_dup(*own[i]);
    r->slots[key % SLOTS] = e;
    append_event(r, e);

    const char *namespace = what->namespace[0] ? what->namespace : "default";
    AUTO_FREE char *name =
        str_printf("%s.%llx", what->name, (unsigned long long)w->now_ms * 1000000 + e->dice % 1000000);
    e->object = history_object(w->history, KIND_EVENT, namespace, name, w->now_ms);
    return e;
}

/* True when there have been so many texts of this reason that they are combined from now on. */
static bool too_similar(struct recorder *r, const struct voice *who, const struct about *what, const char *reason)
{
    uint64_t key = key_of(who, what, reason, "");
    struct similar *s = &r->similar[key % SLOTS];
    if (s->key != key)
        *s = (struct similar){ .key = key };
    return ++s->texts > SIMILAR_MAX;
}

void record(struct world *w, const struct voice *who, const struct about *what, const char *type, const char *reason,
            const char *format, ...)
{
    va_list args;
    va_start(args, format);
    record_v(w, who, what, type, reason, format, args);
    va_end(args);
}

void record_v(struct world *w, const struct voice *who, const struct about *what, const char *type, const char *reason,
              const char *format, va_list args)
{
    struct recorder *r = w->recorder;
    char *message = NULL;
    if (vasprintf(&message, format, args) < 0)
        abort();

    uint64_t key = key_of(who, what, reason, message);
    struct event *e = find(r, key);
    bool combined = false;
    if (!e && !who->action && too_similar(r, who, what, reason)) {
        combined = true;
        key = key_of(who, what, reason, COMBINED);
        e = find(r, key);
        char *longer = str_printf(COMBINED "%s", message);
        free(message);
        message = longer;
    }
    if (!e)
        e = make(w, who, what, key);
    free(e->message);
    e->message = message;
    e->combined = combined;
    e->type = type;
    e->reason = reason;
    e->what.version = what->version;
    e->last_ms = w->now_ms;
    e->count++;
    if (who->action && e->count > 2 && w->now_ms - e->written_ms < SERIES_EVERY_MS)
        return;
    unlink_event(r, e); /* a change renews its lease */
    append_event(r, e);
    write_event(w, e);
    if (!r->expiry.place)
        agenda_set(&w->agenda, &r->expiry, w->now_ms + w->event_ttl_ms, on_expiry, w);
}
