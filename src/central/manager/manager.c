/* Central's side of the agents: the service's row, and its life. */
#include "central/manager/manager.h"

#include "base/log.h"
#include "central/manager/commands.h"
#include "central/manager/link_watch.h"
#include "central/manager/outgoing.h"
#include "central/manager/query.h"
#include "central/manager/registration.h"
#include "central/manager/sweep.h"
#include "store/manager_schema.h"
#include "store/outbox.h"

#define TICK_MS 500

static int load(struct manager *m, struct err *e)
{
    if (fleet_load(&m->fleet, m->db, &m->scratch, manager_now(m), e) || commands_reload(m, e))
        return -1;
    return outbox_count(m->db, &m->outbox_rows, e);
}

void manager_reload(struct manager *m)
{
    struct err e;
    if (load(m, &e))
        log_error("memory not loaded anew", "why=\"%s\"", e.text);
}

static void free_all(struct manager *m)
{
    intake_close(m);
    commit_fini(m);    /* acknowledges over the edge */
    edge_free(m->edge);
    timer_stop(&m->soon);
    timer_stop(&m->index);
    timer_stop(&m->sweep);
    commands_forget(m);
    fleet_fini(&m->fleet);
    db_close(m->db);
    arena_fini(&m->scratch);
    free(m);
}

static int manager_open(struct service_context *c, struct err *e)
{
    struct manager *m = mem_alloc(sizeof *m);
    *m = (struct manager){ .c = c, .unknown_asked_ms = LINK_NEVER };
    c->state = m;
    metric_register(manager_metrics, MANAGER_METRICS);
    m->db = db_open(c->options->data_dir, &manager_schema, e);
    if (m->db && outbox_all_due(m->db, e) == 0 && load(m, e) == 0 && intake_open(m, e) == 0) {
        sweep_index_soon(m);    /* those of an earlier life */
        return 0;
    }
    free_all(m);
    c->state = NULL;
    return -1;
}

static void manager_tick(struct service_context *c)
{
    struct manager *m = c->state;
    control_ask_key(m);
    link_tick(m);
    commands_tick(m);
    outgoing_tick(m);
    sweep_tick(m);
    intake_tick(m);
    arena_reset(&m->scratch);
}

/* What was in hand is committed; what was not is delivered or sent again. */
static void manager_close(struct service_context *c)
{
    free_all(c->state);
    c->state = NULL;
}

static const struct service_subject subjects[] = {
    { "manager.query", "manager", query_answer },
    { "manager.command", "manager", commands_issue },
    { "manager.admit", "manager", registration_decide },
    { "outbox.handled", "manager", outgoing_handled },
};

const struct service manager_service = {
    .name = "manager",
    .subjects = subjects,
    .n_subjects = COUNT(subjects),
    .open = manager_open,
    .tick = manager_tick,
    .tick_ms = TICK_MS,
    .close = manager_close,
};
