/* What is to happen when: the simulator's own time.
 *
 * Tasks are embedded in their owners and run in order of their time, those of one time in the order they were set.  Nobody here reads a
 * clock: the owner of the agenda says what time it is, so a test plays an hour in a millisecond.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct task {
    int64_t at_ms;
    uint64_t order;
    size_t place; /* in the heap, from 1; 0: not set. Zeroed storage is a task that is not set. */
    bool held;    /* taken off by agenda_hold */
    void (*run)(void *arg);
    void *arg;
};

struct agenda {
    struct task **heap;
    size_t count, capacity;
    uint64_t order;
};

void agenda_fini(struct agenda *a); /* forgets what is set */

/* Sets the task anew if it was set. */
void agenda_set(struct agenda *a, struct task *t, int64_t at_ms, void (*run)(void *arg), void *arg);
void agenda_clear(struct agenda *a, struct task *t);

/* Takes a task off until it is released; then it runs at its time, or at once when that has passed. */
void agenda_hold(struct agenda *a, struct task *t);
void agenda_release(struct agenda *a, struct task *t, int64_t now_ms);

/* When the next task is due; INT64_MAX: there is none. */
int64_t agenda_next(const struct agenda *a);

/* Takes the next task that is due at now_ms off; NULL when none is.  The caller runs it. */
struct task *agenda_take(struct agenda *a, int64_t now_ms);
