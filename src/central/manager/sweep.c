#include "central/manager/sweep.h"

#include "central/manager/manager.h"
#include "store/commands.h"
#include "store/events.h"
#include "store/samples.h"

#define EVERY_MS        1000
#define ROWS_MAX        2000      /* in one round; more than a cluster's quota would let in over long times is swept in more rounds */
#define BLOCKS_MAX      2         /* of events, indexed in one round: some 10 ms */
#define INDEX_AFTER_MS  100
#define INDEX_AGAIN_MS  5         /* room for others, when there are many blocks */
#define SAMPLES_KEPT_MS INT64_C(86400000)

static void index_events(void *arg)
{
    struct manager *m = arg;
    struct err e;
    int done = commit_join(m, &e) ? -1 : events_index(m->db, BLOCKS_MAX, &e);
    if (done < 0)
        commit_abort(m, &e);
    else if (done == BLOCKS_MAX)
        timer_start(&m->index, m->c->loop, INDEX_AGAIN_MS, index_events, m);
}

void sweep_index_soon(struct manager *m)
{
    if (!timer_running(&m->index))
        timer_start(&m->index, m->c->loop, INDEX_AFTER_MS, index_events, m);
}

static int sweep(struct manager *m, struct err *e)
{
    int64_t old = manager_wall(m) - m->c->options->event_retention_ms;
    if (commit_join(m, e) || events_sweep(m->db, old, ROWS_MAX, e) < 0 || commands_sweep(m->db, old, ROWS_MAX, e) < 0)
        return -1;
    /* One cluster's samples a round: with many clusters each has its turn within the hour that nobody notices. */
    if (m->fleet.count == 0)
        return 0;
    m->sweep_cluster = (m->sweep_cluster + 1) % m->fleet.count;
    return samples_sweep(m->db, m->fleet.items[m->sweep_cluster]->n, manager_wall(m) - SAMPLES_KEPT_MS, e);
}

void sweep_tick(struct manager *m)
{
    struct err e;
    if (manager_now(m) - m->swept_ms < EVERY_MS)
        return;
    m->swept_ms = manager_now(m);
    if (sweep(m, &e))
        commit_abort(m, &e);
}
