#include "sim/history.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define FIRST_VERSION 200 /* what a new cluster has used up for itself */

struct bucket {
    struct object **items;
    size_t count, capacity;
};

struct history {
    struct history_limits limits;
    struct bucket buckets[KIND_COUNT];
    struct revision **ring; /* positions first..end, at position % limits.revisions */
    uint64_t first, end;
    size_t bytes;
    uint64_t version, compacted;
    uint64_t dice;
    history_watch watch;
    void *arg;
};

struct history *history_new(const struct history_limits *limits, uint64_t seed, history_watch watch, void *arg)
{
    assert(limits->revisions > 0);
    struct history *h = mem_alloc(sizeof *h);
    *h = (struct history){ .limits = *limits,
                           .version = FIRST_VERSION,
                           .compacted = FIRST_VERSION,
                           .dice = seed,
                           .watch = watch,
                           .arg = arg };
    h->ring = mem_alloc(limits->revisions * sizeof(struct revision *));
    return h;
}

static void free_chain(struct revision *r)
{
    while (r) {
        struct revision *older = r->older;
        free(r);
        r = older;
    }
}

static void free_object(struct object *o)
{
    free_chain(o->newest);
    free(o->namespace);
    free(o->name);
    free(o);
}

void history_free(struct history *h)
{
    if (!h)
        return;
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        for (size_t i = 0; i < h->buckets[kind].count; i++)
            free_object(h->buckets[kind].items[i]);
        free(h->buckets[kind].items);
    }
    free(h->ring);
    free(h);
}

uint64_t history_version(const struct history *h)
{
    return h->version;
}

uint64_t history_compacted(const struct history *h)
{
    return h->compacted;
}

static int compare(const struct object *o, const char *namespace, const char *name)
{
    int by_namespace = strcmp(o->namespace, namespace);
    return by_namespace ? by_namespace : strcmp(o->name, name);
}

/* The first place whose object is not before the name. */
static size_t place_of(const struct bucket *b, const char *namespace, const char *name)
{
    size_t low = 0, high = b->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(b->items[middle], namespace, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct object *history_find(const struct history *h, enum kind kind, const char *namespace, const char *name)
{
    const struct bucket *b = &h->buckets[kind];
    for (size_t i = place_of(b, namespace, name); i < b->count && compare(b->items[i], namespace, name) == 0; i++)
        if (!b->items[i]->gone)
            return b->items[i];
    return NULL;
}

static void make_uid(struct history *h, char uid[37])
{
    uint64_t a = clock_roll(&h->dice), b = clock_roll(&h->dice);
    snprintf(uid, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
             (unsigned)(a & 0xfff), (unsigned)(0x8000 | (b >> 48 & 0x3fff)), (unsigned long long)(b & 0xffffffffffff));
}

struct object *history_object(struct history *h, enum kind kind, const char *namespace, const char *name,
                              int64_t now_ms)
{
    assert(!history_find(h, kind, namespace, name));
    struct bucket *b = &h->buckets[kind];
    struct object *o = mem_alloc(sizeof *o);
    *o = (struct object){ .kind = kind, .namespace = str_dup(namespace), .name = str_dup(name), .created_ms = now_ms };
    make_uid(h, o->uid);

    if (b->count == b->capacity) {
        b->capacity = b->capacity ? 2 * b->capacity : 16;
        b->items = mem_grow(b->items, b->capacity * sizeof *b->items);
    }
    size_t place = place_of(b, namespace, name);
    while (place < b->count && compare(b->items[place], namespace, name) == 0) /* behind those that are gone */
        place++;
    memmove(b->items + place + 1, b->items + place, (b->count - place) * sizeof *b->items);
    b->items[place] = o;
    b->count++;
    return o;
}

static void remove_object(struct history *h, struct object *o)
{
    struct bucket *b = &h->buckets[o->kind];
    size_t place = place_of(b, o->namespace, o->name);
    while (b->items[place] != o)
        place++;
    memmove(b->items + place, b->items + place + 1, (b->count - place - 1) * sizeof *b->items);
    b->count--;
    free_object(o);
}

/* Takes the oldest revision out of the past.  It stays with its object as the state from which the past begins; what it replaced goes. */
static void forget_oldest(struct history *h)
{
    struct revision *r = h->ring[h->first % h->limits.revisions];
    h->first++;
    h->bytes -= r->size;
    h->compacted = r->version;
    free_chain(r->older);
    r->older = NULL;
    if (r->verb == VERB_DELETED)
        remove_object(h, r->object);
}

static void append(struct history *h, struct revision *r)
{
    while (h->end - h->first == h->limits.revisions || (h->first < h->end && h->bytes + r->size > h->limits.bytes))
        forget_oldest(h);
    h->ring[h->end % h->limits.revisions] = r;
    h->end++;
    h->bytes += r->size;
    if (h->watch)
        h->watch(h->arg, r);
}

#define MARK "\"resourceVersion\":\""

/* Where the version's digits stand. */
static size_t version_at(const char *text, size_t *digits)
{
    const char *mark = strstr(text, MARK);
    assert(mark);
    const char *at = mark + strlen(MARK);
    *digits = strspn(at, "0123456789");
    return (size_t)(at - text);
}

static bool unchanged(const struct revision *r, const char *text, size_t size)
{
    size_t old_digits, new_digits, old_at = version_at(r->text, &old_digits), new_at = version_at(text, &new_digits);
    return old_at == new_at && r->size - old_digits == size - new_digits && memcmp(r->text, text, old_at) == 0 &&
           strcmp(r->text + old_at + old_digits, text + new_at + new_digits) == 0;
}

static struct revision *make_revision(struct history *h, struct object *o, enum verb verb, const char *text,
                                      size_t size)
{
    char version[24];
    size_t version_size = (size_t)snprintf(version, sizeof version, "%llu", (unsigned long long)++h->version);
    size_t digits, at = version_at(text, &digits);
    struct revision *r = mem_alloc(sizeof *r + size - digits + version_size + 1);
    *r = (struct revision){
        .older = o->newest, .object = o, .version = h->version, .verb = verb, .size = size - digits + version_size
    };
    memcpy(r->text, text, at);
    memcpy(r->text + at, version, version_size);
    memcpy(r->text + at + version_size, text + at + digits, size - at - digits + 1);
    o->newest = r;
    return r;
}

bool history_put(struct history *h, struct object *o, const char *text, size_t size)
{
    assert(!o->gone);
    if (o->newest && unchanged(o->newest, text, size))
        return false;
    append(h, make_revision(h, o, o->newest ? VERB_MODIFIED : VERB_ADDED, text, size));
    return true;
}

void history_delete(struct history *h, struct object *o)
{
    assert(!o->gone && o->newest);
    o->gone = true;
    append(h, make_revision(h, o, VERB_DELETED, o->newest->text, o->newest->size));
}

void history_compact(struct history *h)
{
    while (h->first < h->end)
        forget_oldest(h);
    h->compacted = ++h->version; /* so that even the newest version of a reader is too old */
}

uint64_t history_first(const struct history *h)
{
    return h->first;
}

uint64_t history_end(const struct history *h)
{
    return h->end;
}

struct revision *history_at(const struct history *h, uint64_t position)
{
    assert(position >= h->first && position < h->end);
    return h->ring[position % h->limits.revisions];
}

uint64_t history_after(const struct history *h, uint64_t version)
{
    uint64_t low = h->first, high = h->end;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (history_at(h, middle)->version <= version)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct object *const *history_objects(const struct history *h, enum kind kind, size_t *count)
{
    *count = h->buckets[kind].count;
    return h->buckets[kind].items;
}

struct revision *history_state(const struct object *o, uint64_t version)
{
    struct revision *r = o->newest;
    while (r && r->version > version)
        r = r->older;
    return r && r->verb != VERB_DELETED ? r : NULL;
}
