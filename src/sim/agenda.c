#include "sim/agenda.h"

#include <assert.h>
#include <stdlib.h>

#include "base/str.h"

static bool before(const struct task *a, const struct task *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void put(struct agenda *a, size_t place, struct task *t)
{
    a->heap[place - 1] = t;
    t->place = place;
}

static void rise(struct agenda *a, struct task *t)
{
    size_t place = t->place;
    for (; place > 1 && before(t, a->heap[place / 2 - 1]); place /= 2)
        put(a, place, a->heap[place / 2 - 1]);
    put(a, place, t);
}

static void sink(struct agenda *a, struct task *t)
{
    size_t place = t->place;
    for (;;) {
        size_t child = 2 * place;
        if (child > a->count)
            break;
        if (child < a->count && before(a->heap[child], a->heap[child - 1]))
            child++;
        if (!before(a->heap[child - 1], t))
            break;
        put(a, place, a->heap[child - 1]);
        place = child;
    }
    put(a, place, t);
}

void agenda_fini(struct agenda *a)
{
    for (size_t i = 0; i < a->count; i++)
        a->heap[i]->place = 0;
    free(a->heap);
    *a = (struct agenda){ 0 };
}

void agenda_clear(struct agenda *a, struct task *t)
{
    t->held = false;
    if (t->place == 0)
        return;
    assert(t->place <= a->count && a->heap[t->place - 1] == t);
    struct task *last = a->heap[--a->count];
    if (last != t) {
        put(a, t->place, last);
        rise(a, last);
        sink(a, last);
    }
    t->place = 0;
}

void agenda_set(struct agenda *a, struct task *t, int64_t at_ms, void (*run)(void *arg), void *arg)
{
    assert(run);
    agenda_clear(a, t);
    if (a->count == a->capacity) {
        a->capacity = a->capacity ? 2 * a->capacity : 64;
        a->heap = mem_grow(a->heap, a->capacity * sizeof *a->heap);
    }
    *t = (struct task){ .at_ms = at_ms, .order = a->order++, .run = run, .arg = arg };
    put(a, ++a->count, t);
    rise(a, t);
}

void agenda_hold(struct agenda *a, struct task *t)
{
    if (t->place == 0)
        return;
    agenda_clear(a, t);
    t->held = true;
}

void agenda_release(struct agenda *a, struct task *t, int64_t now_ms)
{
    if (t->held)
        agenda_set(a, t, t->at_ms > now_ms ? t->at_ms : now_ms, t->run, t->arg);
}

int64_t agenda_next(const struct agenda *a)
{
    return a->count > 0 ? a->heap[0]->at_ms : INT64_MAX;
}

struct task *agenda_take(struct agenda *a, int64_t now_ms)
{
    if (agenda_next(a) > now_ms)
        return NULL;
    struct task *t = a->heap[0];
    agenda_clear(a, t);
    return t;
}
