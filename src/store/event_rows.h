/* What the files about events (events.c, event_filter.c, event_list.c, event_counts.c, event_text.c) share.  Not for use outside this folder. */
#pragma once

#include "base/str.h"
#include "store/events.h"

#define EVENT_BLOCK 1024    /* rows of events that share one span of times in event_blocks */

/* ASCII only; NULL stays NULL. */
void event_lower(char *text);

/* Adds the trigrams of text (may be NULL) to a query of event_text; none when it is too short for one. */
void event_text_query(struct buf *out, const char *text);

/* The last n that event_text knows. */
int event_text_end(struct db *d, int64_t *n, struct err *e) MUST_CHECK;

/* The statements for a filter.  Parameters: 1 and 2 the stretch, 3 to 13 the filter, 14 the statement's own (limit, or step), 15 the driver's. */
struct event_driver {
    bool (*drives)(const struct event_filter *f);
    const char *list, *counts;
};

/* One walk over what a filter can match, from the newest down, in parts: each is a range of n, and the statement that finds its rows. */
struct event_walk {
    const struct event_filter *filter;
    int64_t to;                   /* where the next part ends                                     */
    int64_t from;                 /* of the part in hand                                          */
    int64_t left;                 /* events that a search may still look at                       */
    int64_t part;                 /* rows of event_text in the next part                          */
    bool given_up;                /* it may look at no more; what lies before from was not looked at */
    const struct event_driver *driver;
    bool searches;                /* for words, or a name: bounded                                */
    struct buf query;             /* of event_text; empty: too short                              */
    int64_t indexed;              /* the last n in event_text                                     */
    int64_t next_to;
};

/* before 0: from the newest.  looks_max: for a search. */
int event_walk_begin(struct event_walk *walk, struct db *d, const struct event_filter *f, int64_t before, int64_t looks_max,
                     struct err *e) MUST_CHECK;
void event_walk_end(struct event_walk *walk);

/* 1: a part is chosen; 0: the end (or given_up). */
int event_walk_next(struct event_walk *walk, struct db *d, struct err *e) MUST_CHECK;

/* Binds everything but parameter 14. */
void event_walk_bind(const struct event_walk *walk, struct db_stmt *s);
