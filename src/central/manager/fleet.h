/* The clusters that the manager knows, in memory, as a cache of the clusters table.
 *
 * The table is the truth: fleet_load makes the fleet anew from it, after a restart and after a transaction that failed.  Used on the
 * manager's loop only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "central/manager/link_state.h"
#include "central/manager/quota.h"
#include "central/manager/watermark.h"
#include "store/clusters.h"
#include "wire/agent.h"
#include "wire/subject.h"

#define FLEET_MAX 20000           /* clusters; more are refused and counted */

struct cluster {
    int64_t n;                    /* its number in the store                                          */
    char id[WIRE_CLUSTER_ID_SIZE];
    char *uid, *reason, *hello, *beat;    /* as in struct cluster_row                                 */
    enum wire_admission admission;
    enum link link;
    int64_t link_since, registered_at, last_seen;    /* wall ms                                       */
    uint64_t epoch;
    int64_t events_total, metrics_total, commands_total, gaps_total, dead_letters;
    struct watermark watermark;   /* epoch 0: none; with what the running transaction stores          */
    uint64_t committed_epoch, committed_seq;    /* what the agent may rely on                         */

    bool changed;                 /* to be written with the running transaction                       */
    bool watermark_changed;       /* likewise                                                         */
    bool unsaved;                 /* heard of since it was written: with the next round               */
    bool tell_watermark;          /* it moved: the agent is to be told                                */
    bool tell_stream;             /* the live view is to be told                                      */
    int64_t heard_ms;             /* monotonic, like all that follow; LINK_NEVER                      */
    char *session;                /* of the agent that central talks to; NULL: it does not say        */
    uint64_t lease_term;          /* of that session                                                  */
    int64_t session_ms;           /* when it was heard                                                */
    int64_t second_ms;            /* when another session was raised; LINK_NEVER                      */
    int64_t clock_offset_ms;      /* agent's clock minus ours, of the last heartbeat                  */
    uint64_t spool_epoch, spool_seq;    /* newest record of the agent's spool, as the last heartbeat said */
    int64_t moved_ms;             /* the watermark moved, or nothing was missing                      */
    int64_t told_ms, streamed_ms, hello_again_ms, throttled_ms, security_ms;
    struct quota quota;
    struct rate rate;
};

struct fleet {
    struct cluster **items;       /* by id, ascending */
    size_t count, capacity;
    bool tell;                    /* some committed watermark moved; cleared by whoever tells */
};

void fleet_fini(struct fleet *f);

/* The fleet as stored.  What is only in memory (when agents were heard, quotas) is kept for those that were there.  now_ms: agents that
 * were not offline count as heard now, because central was not there to hear them. */
int fleet_load(struct fleet *f, struct db *d, struct arena *a, int64_t now_ms, struct err *e) MUST_CHECK;

struct cluster *fleet_find(const struct fleet *f, const char *id);
struct cluster *fleet_by_number(const struct fleet *f, int64_t n);

/* NULL with *e when there are too many. */
struct cluster *fleet_add(struct fleet *f, const char *id, struct err *e);

/* Borrows c's texts. */
void fleet_row(const struct cluster *c, struct cluster_row *row);

/* Loads the watermark of that epoch (0: of the largest one), or starts it at 0. */
int fleet_watermark(struct cluster *c, struct db *d, uint64_t epoch, struct arena *a, struct err *e) MUST_CHECK;

/* Writes what changed in this transaction; to be followed by its commit, or by fleet_load. */
int fleet_save(struct fleet *f, struct db *d, struct err *e) MUST_CHECK;

/* A copy that replaces *at. */
void fleet_text(char **at, const char *text);
