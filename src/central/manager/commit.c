#include "central/manager/commit.h"

#include <assert.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "central/manager/manager.h"
#include "central/manager/sweep.h"

/* One of the two: an acknowledgement or a follow-up. */
struct commit_step {
    struct edge_ack *ack;
    enum edge_outcome outcome;
    commit_follow_up run;
    void *arg;
};

void commit_fini(struct manager *m)
{
    while (m->commit.open)
        (void)commit_now(m);    /* follow-ups may have begun another one; what fails is logged there */
    timer_stop(&m->commit.timer);
    free(m->commit.steps);
    arena_fini(&m->commit.arena);
}

static void on_slice(void *arg)
{
    (void)commit_now(arg);    /* what fails is logged and told to the follow-ups */
}

int commit_join(struct manager *m, struct err *e)
{
    struct commit *t = &m->commit;
    if (t->open)
        return 0;
    if (db_begin(m->db, e))
        return err_wrap(e, "beginning a transaction");
    t->open = true;
    /* After a quiet time at the end of this turn; under load in slices, so that one sync of the disk serves many. */
    int64_t passed = loop_now_ms(m->c->loop) - t->ended_ms, slice = m->intake.count > 0 ? COMMIT_FLOOD_MS : COMMIT_SLICE_MS;
    timer_start(&t->timer, m->c->loop, passed >= slice ? 0 : slice - passed, on_slice, m);
    return 0;
}

static struct commit_step *add_step(struct commit *t)
{
    if (t->n_steps == t->steps_capacity) {
        t->steps_capacity = t->steps_capacity ? t->steps_capacity * 2 : 64;
        t->steps = mem_grow(t->steps, t->steps_capacity * sizeof *t->steps);
    }
    return &t->steps[t->n_steps++];
}

void commit_settle(struct manager *m, struct edge_ack **ack, enum edge_outcome outcome)
{
    if (!*ack)
        return;
    if (!m->commit.open) {
        edge_settle(ack, outcome);
        return;
    }
    *add_step(&m->commit) = (struct commit_step){ .ack = *ack, .outcome = outcome };
    *ack = NULL;
}

void commit_then(struct manager *m, commit_follow_up run, void *arg)
{
    assert(m->commit.open);
    *add_step(&m->commit) = (struct commit_step){ .run = run, .arg = arg };
}

void commit_weigh(struct manager *m, size_t events)
{
    m->commit.events += events;
    if (m->commit.events >= COMMIT_EVENTS_MAX || m->commit.arena.used >= COMMIT_BYTES_MAX)
        (void)commit_now(m);
}

/* Follow-ups may begin the next transaction, so this one's steps are taken off first. */
static void finish(struct manager *m, bool committed)
{
    struct commit *t = &m->commit;
    struct commit_step *steps = t->steps;
    size_t n = t->n_steps, events = t->events;
    struct arena arena = t->arena;
    timer_stop(&t->timer);
    t->open = false;
    t->ended_ms = loop_now_ms(m->c->loop);
    t->events = t->n_steps = t->steps_capacity = 0;
    t->steps = NULL;
    arena_init(&t->arena);
    for (size_t i = 0; i < n; i++) {
        if (steps[i].ack)
            edge_settle(&steps[i].ack, committed ? steps[i].outcome : EDGE_AGAIN);
        else
            steps[i].run(m, steps[i].arg, committed);
    }
    free(steps);
    arena_fini(&arena);
    if (m->fleet.tell)
        control_soon(m);
    m->fleet.tell = false;
    if (committed && events)
        sweep_index_soon(m);
}

void commit_abort(struct manager *m, const struct err *why)
{
    log_error("transaction undone", "why=\"%s\"", why->text);
    metric_add(&manager_metrics[M_COMMIT_FAILED], NULL, 1);
    m->c->errors++;
    if (!m->commit.open)
        return;
    db_rollback(m->db);
    manager_reload(m);
    finish(m, false);
}

bool commit_now(struct manager *m)
{
    struct err e;
    if (!m->commit.open)
        return true;
    int64_t begun_us = clock_mono_us();
    if (fleet_save(&m->fleet, m->db, &e) || db_commit(m->db, &e)) {
        err_wrap(&e, "committing");
        commit_abort(m, &e);
        return false;
    }
    metric_observe(&manager_metrics[M_COMMIT], NULL, (double)(clock_mono_us() - begun_us) / 1e6);
    finish(m, true);
    return true;
}
