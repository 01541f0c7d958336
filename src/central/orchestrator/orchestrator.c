#include "central/orchestrator/orchestrator.h"

#include <string.h>

#include "base/crypt.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "central/orchestrator/grouping.h"

#define NEW_SYMPTOM_MS  1500     /* a symptom not seen before in a reported incident: look again after it has settled */
#define RECOVERY_MS     200
#define SWEEP_EVERY_MS  60000
#define SWEEP_AT_ONCE   50

static struct metric metrics[] = {
    { "aetherius_incidents_opened_total", METRIC_COUNTER, NULL, "Incidents that were opened.", NULL },
    { "aetherius_incidents_open", METRIC_GAUGE, NULL, "Incidents that are open.", NULL },
    { "aetherius_incident_events_total", METRIC_COUNTER, NULL, "Events that joined an incident.", NULL },
};
METRIC_DECLARE(metrics);
enum { M_OPENED, M_OPEN, M_EVENTS };

int step_add(struct orchestrator *o, const char *incident_id, const char *object, const char *text, const char *text_zh, struct err *e)
{
    struct incident_step step = { .at = loop_wall_ms(o->c->loop), .object = object, .text = text, .text_zh = text_zh };
    return incident_steps_add(o->db, incident_id, &step, e);
}

/* Short enough to be read out and typed: i-7k2m9qd4.  Of 30^8, so that two never meet in practice; the store's key would refuse the second. */
static const char *new_id(struct arena *a)
{
    static const char alphabet[] = "23456789abcdefghjkmnpqrstvwxyz";    /* without what is read as something else */
    uint64_t dice;
    char id[11] = "i-";
    crypt_random(&dice, sizeof dice);
    for (int k = 2; k < 10; k++, dice /= sizeof alphabet - 1)
        id[k] = alphabet[dice % (sizeof alphabet - 1)];
    return arena_strdup(a, id);
}

static int open_incident(struct orchestrator *o, const struct wire_event *event, const char *key, struct incident *out, struct err *e)
{
    struct arena *a = o->c->arena;
    int64_t now = loop_wall_ms(o->c->loop);
    const char *name = strrchr(key, '/') + 1;
    const char *what = event->reason ? event->reason : "a problem";
    *out = (struct incident){
        .id = new_id(a), .cluster_id = event->cluster_id, .key = key, .object = key, .state = "open", .phase = "collecting",
        .namespace_ = event->involved.namespace_, .severity = event->severity, .opened_at = now, .updated_at = now, .last_event_at = event->timestamp,
        .title = arena_printf(a, "%s: looking into %s", name, what),
        .title_zh = arena_printf(a, "%s：正在调查 %s", name, event->reason ? event->reason : "异常"),
    };
    if (incidents_put(o->db, out, e))
        return -1;
    metric_add(&metrics[M_OPENED], NULL, 1);
    return step_add(o, out->id, NULL, arena_printf(a, "Opened by %s on %s", what, key), arena_printf(a, "由 %s 的 %s 事件触发", key, what), e);
}

static int join(struct orchestrator *o, struct incident *i, const struct wire_event *event, bool fresh, struct err *e)
{
    int64_t now = loop_wall_ms(o->c->loop);
    bool known = !event->reason || incident_events_has_reason(o->db, i->id, event->reason, e) == 1;
    struct incident_event row = {
        .incident_id = i->id, .event_id = event->id, .type = event->event_type ? event->event_type : wire_event_type_name(event->type), .reason = event->reason,
        .message = event->message, .object = grouping_object(event, o->c->arena), .at = event->timestamp, .severity = event->severity,
        .delta = event->delta > 0 ? event->delta : 1, .recovery = event->recovery,
    };
    int added = incident_events_add(o->db, &row, e);
    if (added)
        return added < 0 ? -1 : 0;    /* seen before: delivered twice */
    metric_add(&metrics[M_EVENTS], NULL, 1);
    if (!known && !event->recovery)
        i->healthy_since = 0;    /* what was seen of it was seen before this */
    i->occurrences += row.delta;
    i->last_event_at = event->timestamp;
    i->updated_at = now;
    if (incidents_put(o->db, i, e))
        return -1;
    if (fresh)
        return tasks_look(o, i, now, e);
    if (event->recovery)
        return tasks_look(o, i, now + RECOVERY_MS, e);
    return known ? 0 : tasks_look(o, i, now + NEW_SYMPTOM_MS, e);
}

/* An object whose incident was merged stays with the one it was merged into, as long as it tells nothing new; what is new is looked into by itself. */
static bool joins_merged(struct orchestrator *o, const struct wire_event *event, const char *key, struct incident *i, struct err *e)
{
    return incidents_merged_by_key(o->db, event->cluster_id, key, o->c->arena, i, e) == 0 &&
           (event->recovery || (event->reason && incident_events_has_reason(o->db, i->id, event->reason, e) == 1));
}

int incident_take_event(struct orchestrator *o, const struct wire_event *event, struct incident *i, struct err *e)
{
    const char *key = grouping_key(event, o->c->arena);
    if (!key)
        return 1;
    int found = incidents_open_by_key(o->db, event->cluster_id, key, o->c->arena, i, e);
    if (found < 0)
        return -1;
    if (found == 1 && joins_merged(o, event, key, i, e))
        return join(o, i, event, false, e);
    bool fresh = found == 1;
    if (fresh && !grouping_opens(event))
        return 1;
    const char *before;
    if (fresh && incident_of_event(o->db, event->id, event->cluster_id, o->c->arena, &before, e) == 0)
        return 1;    /* delivered again after its incident was closed or merged */
    if (fresh && open_incident(o, event, key, i, e))
        return -1;
    return join(o, i, event, fresh, e);
}

static void sweep(struct orchestrator *o)
{
    struct err e;
    int removed = 0;
    if (incidents_sweep(o->db, loop_wall_ms(o->c->loop) - o->c->options->incident_retention_ms, SWEEP_AT_ONCE, &removed, &e))
        log_error("old incidents not removed", "why=\"%s\"", e.text);
    else if (removed)
        log_info("old incidents removed", "count=%d", removed);
}

static int open_service(struct service_context *c, struct err *e)
{
    struct orchestrator *o = mem_alloc(sizeof *o);
    *o = (struct orchestrator){ .c = c };
    c->state = o;
    metric_register(metrics, COUNT(metrics));
    o->db = db_open(c->options->data_dir, &orchestrator_schema, e);
    if (o->db)
        return 0;
    free(o);
    return -1;
}

static void count_open(struct orchestrator *o)
{
    struct err e;
    struct incident_count *clusters;
    size_t n;
    int64_t open = 0;
    if (incidents_count_open(o->db, o->c->arena, &clusters, &n, &e))
        return;    /* the gauge keeps its last value; what else needs the database says so */
    for (size_t i = 0; i < n; i++)
        open += clusters[i].open;
    metric_set(&metrics[M_OPEN], NULL, (double)open);
}

static void tick(struct service_context *c)
{
    struct orchestrator *o = orchestrator_of(c);
    count_open(o);
    if (loop_now_ms(c->loop) - o->swept_at > SWEEP_EVERY_MS) {
        o->swept_at = loop_now_ms(c->loop);
        sweep(o);
    }
    tasks_run_due(o);
}

static void close_service(struct service_context *c)
{
    struct orchestrator *o = orchestrator_of(c);
    timer_stop(&o->kick);
    turn_close(o);
    arrivals_close(&o->arrivals);
    db_close(o->db);
    free(o);
}

static const struct service_subject subjects[] = {
    { "event.received", "orchestrator", on_event },
    { "evidence.ready", "orchestrator", on_evidence_ready },
    { "orchestrator.query", "orchestrator", on_query },
};

const struct service orchestrator_service = {
    .name = "orchestrator", .subjects = subjects, .n_subjects = COUNT(subjects), .open = open_service, .tick = tick, .tick_ms = 500, .close = close_service,
};
