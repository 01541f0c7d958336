/* The bounded queue in front of a loop: a ring under a mutex.
 *
 * Thread-safe.  Only loop.c uses it; everybody else posts with loop_post.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message {
    void (*run)(void *arg);
    void (*drop)(void *arg);    /* instead of run when the loop ends first; may be NULL */
    void *arg;
};

struct mailbox;
struct mailbox *mailbox_new(size_t max);

/* What still waits is forgotten: take it first. */
void mailbox_free(struct mailbox *m);

/* False when max messages wait or the box is closed; counted as refused. */
bool mailbox_put(struct mailbox *m, struct message message);

/* The oldest; false when none waits. */
bool mailbox_take(struct mailbox *m, struct message *out);

/* Refuses from here on; what waits can still be taken. */
void mailbox_close(struct mailbox *m);

size_t mailbox_depth(struct mailbox *m);
uint64_t mailbox_refused(struct mailbox *m);
