#include "evidence/collection.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "evidence/collection_parts.h"
#include "evidence/log_tail.h"
#include "evidence/redact.h"
#include "evidence/trim.h"
#include "wire/bundle.h"

#define NOTES_MAX   200
#define EVENTS_MAX  50000
#define LISTS_MAX   200
#define ABSENT_MAX  500
#define LOGS_MAX    400
#define BYTES_LEAST ((size_t)16 << 20) /* of what is held before anything is left out */

struct collection *collection_new(size_t size_max, bool everything)
{
    struct collection *c = mem_alloc(sizeof *c);
    size_t bytes_max = size_max * 2 > BYTES_LEAST ? size_max * 2 : BYTES_LEAST;
    *c = (struct collection){ .size_max = size_max, .bytes_max = bytes_max, .everything = everything };
    return c;
}

void collection_free(struct collection *c)
{
    for (size_t i = 0; i < c->n_objects; i++) {
        free(c->objects[i].key);
        free(c->objects[i].text);
        free(c->objects[i].extra);
    }
    for (size_t i = 0; i < c->n_events; i++) {
        free(c->events[i].involved);
        free(c->events[i].name);
        free(c->events[i].text);
    }
    for (size_t i = 0; i < c->n_logs; i++) {
        free(c->logs[i].pod);
        free(c->logs[i].container);
        free(c->logs[i].text);
    }
    for (size_t i = 0; i < c->n_notes; i++) {
        free(c->notes[i].what);
        free(c->notes[i].why);
        free(c->notes[i].verb);
        free(c->notes[i].resource);
        free(c->notes[i].namespace_);
    }
    for (size_t i = 0; i < c->n_lists; i++) {
        free(c->lists[i].kind);
        free(c->lists[i].namespace_);
    }
    for (size_t i = 0; i < c->n_absent; i++) {
        free(c->absent[i].kind);
        free(c->absent[i].namespace_);
        free(c->absent[i].name);
    }
    free(c->objects);
    free(c->events);
    free(c->logs);
    free(c->notes);
    free(c->lists);
    free(c->absent);
    ref_table_fini(&c->object_table);
    ref_table_fini(&c->event_table);
    ref_table_fini(&c->told_table);
    free(c);
}

/* Room for one more in an array of count items: it is doubled when count is a power of two. */
static void *room_for(void *array, size_t count, size_t item_size)
{
    if (count & (count - 1))
        return array;
    return mem_grow(array, (count ? count * 2 : 1) * item_size);
}
#define APPEND(array, count, ...)                                                                                      \
    do {                                                                                                               \
        (array) = room_for((array), (count), sizeof *(array));                                                         \
        (array)[(count)++] = __VA_ARGS__;                                                                              \
    } while (0)

/* --- objects ---------------------------------------------------------------------------------------------------- */

/* Kinds we do not know are named as they name themselves. */
static char *key_of(const char *kind, const char *namespace_, const char *name)
{
    char *key = str_printf("%s/%s/%s", kind, str_or_empty(namespace_), str_or_empty(name));
    for (char *c = key; *c && *c != '/'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
    return key;
}

static struct kept_object *find(const struct collection *c, const char *kind, const char *namespace_, const char *name)
{
    AUTO_FREE char *key = key_of(kind, namespace_, name);
    size_t at = ref_table_get(&c->object_table, key);
    return at == REF_TABLE_NONE ? NULL : &c->objects[at];
}

static bool has_room(struct collection *c, size_t size)
{
    if (size > c->bytes_max - c->bytes) {
        c->refused++;
        return false;
    }
    c->bytes += size;
    return true;
}

void collection_object(struct collection *c, const struct kube_kind *kind, const json *object,
                       enum collection_rank rank)
{
    const char *namespace_ = json_at_str(object, "metadata.namespace"), *name = json_at_str(object, "metadata.name");
    bool partial = str_eq(json_get_str(object, "kind"), "PartialObjectMetadata");
    struct kept_object *old = find(c, kind->singular, namespace_, name);
    if (old && rank < old->rank)
        old->rank = rank;
    if (!name || (old && (partial || !old->partial)))
        return;
    size_t size;
    char *text = trim_object(kind, object, &size, &c->redactions);
    if (!has_room(c, size)) {
        free(text);
        return;
    }
    if (old) {
        free(old->text);
        old->text = text;
        old->size = size;
        old->partial = partial;
        return;
    }
    struct kept_object fresh = {
        .key = key_of(kind->singular, namespace_, name), .text = text, .size = size, .rank = rank, .partial = partial
    };
    *ref_table_put(&c->object_table, fresh.key) = c->n_objects;
    APPEND(c->objects, c->n_objects, fresh);
}

bool collection_has(const struct collection *c, const char *kind, const char *namespace_, const char *name)
{
    return find(c, kind, namespace_, name) != NULL;
}

void collection_tell_of(struct collection *c, const char *kind, const char *namespace_, const char *name)
{
    AUTO_FREE char *key = key_of(kind, namespace_, name);
    *ref_table_put(&c->told_table, key) = 1;
}

void collection_extend(struct collection *c, const char *kind, const char *namespace_, const char *name,
                       const char *key, const char *member)
{
    struct kept_object *object = find(c, kind, namespace_, name);
    if (!object)
        return;
    char *extra = str_printf("%s,\"%s\":%s", str_or_empty(object->extra), key, member);
    free(object->extra);
    object->extra = extra;
}

/* --- events and logs -------------------------------------------------------------------------------------------- */

/* Any of an event's times may be null; which ones depends on who wrote it. */
static int64_t event_time(const json *event)
{
    static const char *const times[] = { "series.lastObservedTime", "lastTimestamp", "eventTime", "firstTimestamp",
                                         "metadata.creationTimestamp" };
    int64_t at_ms;
    for (size_t i = 0; i < COUNT(times); i++) {
        const char *text = json_at_str(event, times[i]);
        if (text && !clock_parse(text, &at_ms))
            return at_ms;
    }
    return 0;
}

void collection_event(struct collection *c, const json *event)
{
    const json *involved = json_get(event, "involvedObject");
    const char *kind = json_get_str(involved, "kind"), *name = json_at_str(event, "metadata.name");
    if (!kind || !name || c->n_events >= EVENTS_MAX) {
        c->refused++;
        return;
    }
    AUTO_FREE char *key = key_of("event", json_at_str(event, "metadata.namespace"), name);
    size_t *place = ref_table_put(&c->event_table, key);
    if (*place != REF_TABLE_NONE)
        return;
    size_t size;
    char *text = trim_object(kube_kind_find("event"), event, &size, &c->redactions);
    if (!has_room(c, size)) {
        free(text);
        return;
    }
    *place = c->n_events;
    struct kept_event fresh = {
        .involved = key_of(kind, json_get_str(involved, "namespace"), json_get_str(involved, "name")),
        .name = str_dup(name),
        .text = text,
        .size = size,
        .at_ms = event_time(event),
        .normal = str_eq(json_get_str(event, "type"), "Normal"),
    };
    APPEND(c->events, c->n_events, fresh);
}

void collection_log(struct collection *c, const struct collection_log *log)
{
    if (c->n_logs >= LOGS_MAX) {
        c->refused++;
        return;
    }
    /* Redacted as a whole first: a secret must not be saved by a cut through its middle. */
    AUTO_BUF struct buf clean = { 0 };
    struct buf tail = { 0 };
    c->redactions += redact_text(&clean, log->text, log->size);
    bool cut = log_tail(&tail, buf_text(&clean), clean.size, BUNDLE_LOG_LINES, BUNDLE_LOG_BYTES);
    struct kept_log fresh = {
        .pod = str_printf("%s/%s", log->namespace_, log->pod),
        .container = str_dup(log->container),
        .previous = log->previous,
        .truncated = log->truncated || cut,
    };
    fresh.text = buf_take(&tail, &fresh.size);
    APPEND(c->logs, c->n_logs, fresh);
}

/* --- what is not there ------------------------------------------------------------------------------------------ */

void collection_absent(struct collection *c, const char *kind, const char *namespace_, const char *name)
{
    for (size_t i = 0; i < c->n_absent; i++)
        if (str_eq(c->absent[i].kind, kind) && str_eq(c->absent[i].namespace_, str_or_empty(namespace_)) &&
            str_eq(c->absent[i].name, name))
            return;
    if (c->n_absent >= ABSENT_MAX) {
        c->refused++;
        return;
    }
    collection_tell_of(c, kind, namespace_, name);
    struct kept_absent fresh = { str_dup(kind), str_dup(str_or_empty(namespace_)), str_dup(name) };
    APPEND(c->absent, c->n_absent, fresh);
}

void collection_listed(struct collection *c, const char *kind, const char *namespace_, size_t count)
{
    for (size_t i = 0; i < c->n_lists; i++)
        if (str_eq(c->lists[i].kind, kind) && str_eq(c->lists[i].namespace_, str_or_empty(namespace_)))
            return;
    if (c->n_lists >= LISTS_MAX)
        return; /* a claim that is not made is no lie */
    struct kept_list fresh = { .kind = str_dup(kind), .namespace_ = str_dup(str_or_empty(namespace_)), .count = count };
    APPEND(c->lists, c->n_lists, fresh);
}

void collection_unchecked(struct collection *c, const char *what, const char *why, const char *verb,
                          const char *resource, const char *namespace_)
{
    for (size_t i = 0; i < c->n_notes; i++)
        if (str_eq(c->notes[i].what, what) && str_eq(c->notes[i].why, why))
            return;
    if (c->n_notes >= NOTES_MAX) {
        c->notes_more++;
        return;
    }
    AUTO_BUF struct buf clean = { 0 };
    c->redactions += redact_text(&clean, why, strlen(why));
    struct kept_note fresh = { str_dup(what), buf_take(&clean, NULL), str_dup(verb), str_dup(resource),
                               str_dup(namespace_) };
    APPEND(c->notes, c->n_notes, fresh);
}

int collection_not_checked(const struct collection *c)
{
    return (int)(c->n_notes + c->notes_more);
}

int64_t collection_redactions(const struct collection *c)
{
    return c->redactions;
}

void collection_each_log(const struct collection *c, void (*see)(void *arg, const char *text), void *arg)
{
    for (size_t i = 0; i < c->n_logs; i++)
        if (c->logs[i].text)
            see(arg, c->logs[i].text);
}

bool collection_log_holds(const struct collection *c, bool (*holds)(const char *text, const char *word),
                          const char *word)
{
    for (size_t i = 0; i < c->n_logs; i++)
        if (c->logs[i].text && holds(c->logs[i].text, word))
            return true;
    return false;
}
