/* Events as stored: one row for each revision, never two for the same one.
 *
 * n is the order of storing; lists go from the newest n down, and a cursor is an n.  Texts given to a callback are valid
 * until it returns.
 */
#pragma once

#include "store/db.h"
#include "wire/event.h"

struct event_stored {
    int64_t n, delta;             /* delta: new occurrences, so that all of one Event add up to its last count */
    char *body;                   /* the event as on the wire, with this delta and without raw_data; in the arena */
    size_t size;
};

/* 1: stored, *out is filled; 0: this revision is there already. */
int events_insert(struct db *d, int64_t cluster, const struct wire_event *event, int64_t now_ms, struct arena *a,
                  struct event_stored *out, struct err *e) MUST_CHECK;

struct event_filter {
    int64_t cluster;              /* 0: any; the others: NULL                             */
    const char *namespace_, *name, *incident_id;
    const char *kind, *reason;    /* in any case                                          */
    const char *text;             /* found in message, reason or name of the object       */
    unsigned severities;          /* bits 1 << enum wire_severity; 0: any                 */
    int type;                     /* enum wire_event_type; -1: any                        */
    int64_t since, until;         /* the event's own time, from since to before until; 0: open */
};

struct event_row {
    int64_t n, cluster, stored_at;
    const char *incident_id, *body, *raw;    /* raw: events_find only */
};

/* At most limit rows with n < before (0: from the newest).  *next: cursor of what follows, 0 at the end.  A list looks at a bounded number of events: the page
 * may be short, or empty, although *next says that there is more to look at; without a text or a name that takes millions of events. */
int events_list(struct db *d, const struct event_filter *f, int64_t before, int limit,
                void (*each)(void *arg, const struct event_row *row), void *arg, int64_t *next,
                struct err *e) MUST_CHECK;

/* The event with that id in that cluster (0: in any).  1: each was called; 0: there is none. */
int events_find(struct db *d, int64_t cluster, const char *id, void (*each)(void *arg, const struct event_row *row),
                void *arg, struct err *e) MUST_CHECK;

#define EVENT_SEVERITIES 6        /* enum wire_severity */
struct event_bucket {
    int64_t by_severity[EVENT_SEVERITIES];
};

/* Counts revisions by the event's own time into count buckets of step_ms from f->since on; f->until is not looked at.  Like a list it looks at a
 * bounded number of events: *counted_since is then the time from which on they are all counted, else 0. */
int events_histogram(struct db *d, const struct event_filter *f, int64_t step_ms, struct event_bucket *buckets, size_t count,
                     int64_t *counted_since, struct err *e) MUST_CHECK;

/* Indexes at most blocks_max blocks of 1024 events that are full; lists walk what is not indexed yet, so this should follow the inserts.  Returns how many
 * blocks it did, or -1. */
int events_index(struct db *d, int blocks_max, struct err *e) MUST_CHECK;

/* Ties event n to an incident.  An event that is gone is no error. */
int events_link(struct db *d, int64_t n, const char *incident_id, struct err *e) MUST_CHECK;

/* The body of event n (in the arena): 1, or 0 when it is gone. */
int events_body(struct db *d, int64_t n, struct arena *a, char **body, size_t *size, struct err *e) MUST_CHECK;

/* Deletes at most limit of the oldest that were stored before that time.  Returns how many, or -1. */
int events_sweep(struct db *d, int64_t stored_before_ms, int limit, struct err *e) MUST_CHECK;
