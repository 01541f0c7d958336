/* Commands to agents, from being accepted to their final result.
 *
 * Rows borrow their texts: in a callback until it returns, from commands_find until the arena is reset.
 */
#pragma once

#include "store/db.h"

struct command_row {
    int64_t n, cluster;
    const char *id, *incident_id;
    int state;                    /* enum command_state of the manager                        */
    int64_t created_at, expires_at;
    int64_t deadline_at;          /* when a command that was accepted counts as timed out     */
    int64_t sent_at, finished_at; /* 0: not yet                                               */
    int tries;                    /* how often it was sent                                    */
    const char *body;             /* the command as on the wire                               */
    const char *result;           /* its last result as on the wire, or NULL                  */
};

/* 1: stored, row->n is set; 0: there is one with that id. */
int commands_insert(struct db *d, struct command_row *row, struct err *e) MUST_CHECK;

/* Writes state, sent_at, tries and finished_at, and result unless it is NULL. */
int commands_update(struct db *d, const struct command_row *row, struct err *e) MUST_CHECK;

/* 1: *row is filled; 0: there is none. */
int commands_find(struct db *d, const char *id, struct arena *a, struct command_row *row, struct err *e) MUST_CHECK;

/* Calls each for every command without a final result. */
int commands_open(struct db *d, void (*each)(void *arg, const struct command_row *row), void *arg, struct err *e) MUST_CHECK;

struct command_filter {
    int64_t cluster;              /* 0: any */
    const char *incident_id;
    int state;                    /* -1: any */
};
/* Newest first, at most limit with n < before (0: from the newest).  *next: cursor of what follows, 0 at the end. */
int commands_list(struct db *d, const struct command_filter *f, int64_t before, int limit,
                  void (*each)(void *arg, const struct command_row *row), void *arg, int64_t *next, struct err *e) MUST_CHECK;

/* Deletes at most limit finished commands that were created before that time.  Returns how many, or -1. */
int commands_sweep(struct db *d, int64_t created_before_ms, int limit, struct err *e) MUST_CHECK;
