/* What a watch does next.
 *
 * To follow a kind is to list it, to watch from the list's version, and to decide after every end: go on from here,
 * look whether "here" still exists, list again, or wait.  This module is that decision and nothing else.  It has no
 * socket and no clock: the owner tells it what happened and when, and asks what to do.  One plan for each followed
 * kind, embedded in its owner, on one thread.
 *
 * What it knows of kube-apiserver, each seen or read in its source:
 * - "Too old" comes in three shapes: status 410, an ERROR frame with code 410 in a stream of status 200, and a
 *   stream that is 200 and ends at once without a frame.  The third cannot be told from a server that is just going
 *   down, so it takes two in a row.
 * - Events get no bookmarks.  The version of a quiet cluster is compacted away within minutes, so a watch that
 *   ended without a word is followed by a list (it is short: the cluster was quiet) instead of a resume that would
 *   be answered 410.
 * - A version from the future (the cluster was made anew, or restored) is answered with 200 and silence.  So a
 *   version of an earlier life, and one from before a cut, is compared with the server's own before it is watched
 *   from, and the list's version with ours.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum watch_todo {
    WATCH_LIST,     /* list the kind page by page: WATCH_LISTED or a failure                              */
    WATCH_CHECK,    /* ask for the server's present version (a list of one item): WATCH_CHECKED or a failure */
    WATCH_OPEN,     /* open a watch at plan->version: WATCH_OPENED or a failure                            */
    WATCH_READ,     /* it is open: read it, until the time watch_todo names                                */
    WATCH_PAUSE,    /* nothing until the time watch_todo names                                             */
};

enum watch_fact {
    WATCH_LISTED,     /* a list is whole; version: the list's                                              */
    WATCH_CHECKED,    /* version: the server's present one                                                 */
    WATCH_OPENED,     /* the server accepted the watch                                                     */
    WATCH_FRAME,      /* an object or a bookmark; version: its                                             */
    WATCH_ENDED,      /* the server ended the watch in order                                               */
    WATCH_CUT,        /* connection refused, reset, timed out or cut in the middle                         */
    WATCH_TOO_OLD,    /* 410, as a status or as a frame                                                    */
    WATCH_SILENT,     /* nothing came until the time watch_todo named                                      */
    WATCH_REFUSED,    /* 401, 403                                                                          */
    WATCH_BUSY,       /* 429, 503, as a status or as a frame; the server may have said how long            */
    WATCH_FAILED,     /* any other status or ERROR frame                                                   */
    WATCH_GARBLED,    /* a frame that nobody can read: what it said is lost                                */
    WATCH_FACTS,
};

enum watch_break {
    WATCH_WHOLE,        /* nothing can be missing                                                          */
    WATCH_EXPIRED,      /* the server does not know our version any more                                   */
    WATCH_FUTURE,       /* the server's own version is behind ours: not the cluster it was                 */
    WATCH_UNREADABLE,   /* a frame was lost                                                                */
};

#define WATCH_VERSION_SIZE 64               /* bytes with the final 0; a version is opaque text              */
#define WATCH_HEALTHY_MS   (2 * 60 * 1000)  /* open for so long: earlier failures are forgotten              */
#define WATCH_EMPTY_MS     1000             /* an end without a frame before this is not in order            */
#define WATCH_EMPTY_MOST   2                /* so many of them in a row: our version is taken for too old    */

struct watch_limits {
    int64_t pause_first_ms;      /* the first pause after a failure; doubles up to pause_most_ms           */
    int64_t pause_most_ms;
    int64_t silence_ms;          /* an open watch without a byte for so long is followed by a list         */
};

struct watch_plan {
    const struct watch_limits *limits;
    enum watch_todo todo;
    char version[WATCH_VERSION_SIZE];    /* where we are; "" before the first list and once it is of no use */
    int64_t until_ms;                    /* end of the pause, or of patience with a silence                */
    int64_t opened_ms;                   /* when the open watch was opened; 0: none is open                */
    bool spoke;                          /* the open watch brought a frame                                 */
    int empty;                           /* watches in a row that ended at once without a frame            */
    int failures;                        /* in a row; 0 after a frame or WATCH_HEALTHY_MS                  */
    uint64_t dice;                       /* state of the jitter                                            */
};

/* Begins with a list, or with a check of version, where an earlier life stopped (NULL: none; unusable text counts
 * as none).  limits is borrowed for the plan's life.  seed: anything that differs between agents. */
void watch_plan_init(struct watch_plan *plan, const struct watch_limits *limits, const char *version, uint64_t seed);

/* What to do now, and until when that holds (INT64_MAX: until something happens). */
enum watch_todo watch_todo(const struct watch_plan *plan, int64_t now_ms, int64_t *until_ms);

/* Something happened.  version: for WATCH_LISTED, WATCH_CHECKED and WATCH_FRAME, accepted by watch_version_ok; else
 * NULL.  wait_ms: how long the server asked us to wait, 0 when it did not.  Says whether anything between our
 * version and the coming list may be missing. */
enum watch_break watch_happened(struct watch_plan *plan, enum watch_fact fact, const char *version, int64_t wait_ms,
                                int64_t now_ms);

/* The owner did not read for a while: patience begins anew. */
void watch_plan_patience(struct watch_plan *plan, int64_t now_ms);

/* 1 to WATCH_VERSION_SIZE - 1 characters that can stand in a query as they are. */
bool watch_version_ok(const char *version);

/* True when both are decimal numbers, of any length, and a is the smaller: only those can be compared. */
bool watch_version_before(const char *a, const char *b);
