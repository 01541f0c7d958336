/* Group commit: what arrives within a slice of time is stored by one transaction, and what follows from it happens after the commit.
 *
 * A handler calls commit_join, writes to the store, and leaves its acknowledgement and its follow-up here.  When the transaction fails, it is
 * undone as a whole: acknowledgements become "again", follow-ups are told, and the manager loads its memory anew.  On the manager's loop only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "bus/edge.h"

struct manager;

#define COMMIT_EVENTS_MAX 2048    /* events in one transaction                                     */
#define COMMIT_BYTES_MAX  (8u << 20)
#define COMMIT_SLICE_MS   20      /* least time between the ends of two transactions under load    */
#define COMMIT_FLOOD_MS   100     /* likewise while messages wait that were delivered already: then the disk is what is slow */

/* committed false: the transaction was undone. */
typedef void (*commit_follow_up)(struct manager *m, void *arg, bool committed);

struct commit {
    bool open;
    struct timer timer;
    int64_t ended_ms;
    size_t events;
    struct arena arena;           /* what follow-ups need; reset after them */
    struct commit_step *steps;
    size_t n_steps, steps_capacity;
};

void commit_fini(struct manager *m);

/* Begins a transaction unless one is open. */
int commit_join(struct manager *m, struct err *e) MUST_CHECK;

/* Settles *ack (may be NULL) as outcome after the commit, or as "again" when it fails. Without an open transaction: now. */
void commit_settle(struct manager *m, struct edge_ack **ack, enum edge_outcome outcome);

/* arg: from m->commit.arena. */
void commit_then(struct manager *m, commit_follow_up run, void *arg);

/* Counts towards the bound; commits when it is reached. */
void commit_weigh(struct manager *m, size_t events);

/* Commits what is open. False when the store refused and it was undone. */
bool commit_now(struct manager *m);

/* Undoes what is open because of why, which is logged here. */
void commit_abort(struct manager *m, const struct err *why);
