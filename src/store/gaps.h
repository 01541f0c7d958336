/* What is known to be missing, and messages that could not be taken.  Rows borrow their texts. */
#pragma once

#include "store/db.h"

struct gap_row {
    int64_t n, cluster;
    const char *event_id;         /* the agent's own record of it; NULL: central's      */
    const char *from, *to, *cause, *detail;
    int64_t count;                /* -1: unknown                                        */
    int64_t recorded_at;
};

/* 1: stored, row->n is set; 0: the agent's record is there already. */
int gaps_insert(struct db *d, struct gap_row *row, struct err *e) MUST_CHECK;

/* Adds count (-1: unknown, and so is the sum) to the newest gap of that cluster and cause if it was recorded at or after since_ms.  1: done; 0: there is none. */
int gaps_extend(struct db *d, int64_t cluster, const char *cause, int64_t since_ms, int64_t count, struct err *e) MUST_CHECK;

/* Newest first, at most limit with n < before (0: from the newest); cluster 0: all.  *next: cursor of what follows, 0 at the end. */
int gaps_list(struct db *d, int64_t cluster, int64_t before, int limit, void (*each)(void *arg, const struct gap_row *row),
              void *arg, int64_t *next, struct err *e) MUST_CHECK;

#define DEAD_LETTER_BYTES_MAX (64u << 10)    /* kept of a payload                         */
#define DEAD_LETTERS_MAX      10000          /* kept in all; the oldest are deleted first */

struct dead_letter {
    int64_t cluster;              /* 0: of no cluster that is known */
    const char *subject, *reason;
    int tries;
    const void *payload;
    size_t size;
    int64_t recorded_at;
};
int dead_letters_insert(struct db *d, const struct dead_letter *letter, struct err *e) MUST_CHECK;
int dead_letters_count(struct db *d, int64_t *count, struct err *e) MUST_CHECK;
