/* Clusters as the manager remembers them, and how far each agent's spool is stored.
 *
 * Rows borrow their texts: in a callback until it returns, from watermarks_find until the arena is reset.
 */
#pragma once

#include "store/db.h"

struct cluster_row {
    int64_t n;                    /* the cluster's number in all other tables; set by clusters_insert */
    const char *cluster_id, *uid;
    int admission;                /* enum wire_admission                                              */
    const char *reason;           /* why it waits or is refused, or what a person should know; NULL   */
    int link;                     /* enum link, as last seen                                          */
    int64_t link_since, registered_at, last_seen;    /* wall ms                                       */
    uint64_t epoch;               /* of the last registration                                         */
    const char *hello, *beat;     /* last registration and heartbeat as on the wire; beat may be NULL */
    int64_t events_total, metrics_total, commands_total, gaps_total, dead_letters;
};

int clusters_insert(struct db *d, struct cluster_row *row, struct err *e) MUST_CHECK;
int clusters_update(struct db *d, const struct cluster_row *row, struct err *e) MUST_CHECK;

/* Calls each(arg, row) for every cluster. */
int clusters_load(struct db *d, void (*each)(void *arg, const struct cluster_row *row), void *arg,
                  struct err *e) MUST_CHECK;

struct watermark_row {
    uint64_t epoch, seq;          /* everything up to seq is stored          */
    const char *ahead;            /* ranges stored beyond a hole, "7-9,12-12" */
};

#define WATERMARK_EPOCHS_MAX 8    /* remembered for one cluster; the smallest is forgotten first */

/* epoch 0: the largest.  1: *row is filled; 0: there is none. */
int watermarks_find(struct db *d, int64_t cluster, uint64_t epoch, struct arena *a, struct watermark_row *row,
                    struct err *e) MUST_CHECK;
int watermarks_save(struct db *d, int64_t cluster, const struct watermark_row *row, struct err *e) MUST_CHECK;
