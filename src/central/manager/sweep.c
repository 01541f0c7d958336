#include "central/manager/sweep.h"

#include "base/clock.h"
#include "central/manager/manager.h"
#include "store/commands.h"
#include "store/events.h"
#include "store/samples.h"

#define EVERY_MS        1000
#define SLICE_ROWS      1024      /* of events, deleted at once: some 10 ms */
#define COMMANDS_MAX    2000      /* in one round; there are few */
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

int64_t sweep_pause_ms(int64_t spent_us)
{
    return spent_us < 1000 ? 1 : (spent_us + 999) / 1000;
}

static void on_swept(struct manager *m, void *arg, bool committed)
{
    (void)m;
    const int *rows = arg;
    if (committed)
        metric_add(&manager_metrics[M_SWEPT], NULL, *rows);
}

/* One slice; more of them follow as long as there is something old. */
static void sweep_events(void *arg)
{
    struct manager *m = arg;
    struct err e;
    int64_t begun_us = clock_mono_us(), old = manager_wall(m) - m->c->options->event_retention_ms;
    int rows = commit_join(m, &e) ? -1 : events_sweep(m->db, old, SLICE_ROWS, &e);
    if (rows < 0) {
        commit_abort(m, &e);
        return;
    }
    if (rows > 0)
        commit_then(m, on_swept, arena_copy(&m->commit.arena, &rows, sizeof rows));
    if (rows == SLICE_ROWS)
        timer_start(&m->sweep, m->c->loop, sweep_pause_ms(clock_mono_us() - begun_us), sweep_events, m);
}

static int sweep_others(struct manager *m, struct err *e)
{
    if (commit_join(m, e) || commands_sweep(m->db, manager_wall(m) - m->c->options->event_retention_ms, COMMANDS_MAX, e) < 0)
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
    if (!timer_running(&m->sweep))
        sweep_events(m);
    if (sweep_others(m, &e))
        commit_abort(m, &e);
}
