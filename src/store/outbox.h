/* Messages to other services that must not be lost: a row in the transaction that stores what they tell, kept until the
 * receiver names it as handled. */
#pragma once

#include "store/db.h"

struct outbox_row {
    int64_t n;
    int64_t event;                /* events.n, or 0            */
    const char *command;          /* commands.id, or NULL      */
};

/* Sets row->n.  due_at: when to send it (again), wall ms. */
int outbox_insert(struct db *d, struct outbox_row *row, int64_t due_at, struct err *e) MUST_CHECK;

/* Calls each for at most limit rows that are due, oldest first. */
int outbox_due(struct db *d, int64_t now_ms, int limit, void (*each)(void *arg, const struct outbox_row *row), void *arg,
               struct err *e) MUST_CHECK;
/* After a restart nobody knows what arrived: everything is due. */
int outbox_all_due(struct db *d, struct err *e) MUST_CHECK;
int outbox_put_off(struct db *d, int64_t n, int64_t due_at, struct err *e) MUST_CHECK;

/* Deletes the row: 1 with *event set to what it told of (0: of no event); 0: it is gone already. */
int outbox_handled(struct db *d, int64_t n, int64_t *event, struct err *e) MUST_CHECK;
int outbox_count(struct db *d, int64_t *count, struct err *e) MUST_CHECK;
