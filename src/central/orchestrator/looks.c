/* The evidence of a look: asked for through execution, awaited, and, when there is none, replaced by what the events said. */
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "central/orchestrator/orchestrator.h"

#define EVIDENCE_GRACE_MS  3000     /* on top of the agent's own time-out          */
#define EVIDENCE_TRIES     2
#define BUSY_TRIES         8        /* of an agent that has its hands full; with pauses that grow, a minute */
#define BUSY_PAUSE_MS      2000

int looks_ask(struct orchestrator *o, struct task *t, struct err *e)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "task_id", arena_printf(o->c->arena, "%s.%lld", t->id, (long long)t->attempts));
    json_w_str(w, "incident_id", t->incident_id);
    json_w_str(w, "cluster_id", t->cluster_id);
    json_w_str(w, "object", t->object);
    json_w_end(w);
    turn_say(o, "execution.evidence", w);
    t->attempts++;
    if (t->again_at <= loop_wall_ms(o->c->loop))
        t->again_at = 0;    /* this look sees it */
    return tasks_go_on(o, t, TASK_WAITING, o->c->options->evidence_timeout_ms + EVIDENCE_GRACE_MS, e);
}

/* Nothing can be read in the cluster: what the events said is all there is, and the verdict says so. */
static const char *bundle_of_events(struct orchestrator *o, const struct task *t, const char *why)
{
    struct err e;
    struct incident_event *events;
    size_t n = 0, size;
    if (incident_events_list(o->db, t->incident_id, 50, o->c->arena, &events, &n, &e))
        n = 0;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_int(w, "schema", 1);
    json_w_str(w, "cluster_id", t->cluster_id);
    json_w_time(w, "collected_at", loop_wall_ms(o->c->loop));
    json_w_object(w, "scope");
    json_w_str(w, "object", t->object);
    json_w_end(w);
    json_w_array(w, "objects");
    json_w_end(w);
    json_w_array(w, "events");
    for (size_t i = 0; i < n; i++) {
        const char *first = strchr(str_or_empty(events[i].object), '/'), *last = first ? strrchr(events[i].object, '/') : NULL;
        if (!first || events[i].recovery)
            continue;
        json_w_object(w, NULL);
        json_w_str(w, "type", "Warning");
        json_w_str(w, "reason", events[i].reason);
        json_w_str(w, "message", events[i].message);
        json_w_time(w, "lastTimestamp", events[i].at);
        json_w_object(w, "involvedObject");
        json_w_strn(w, "kind", events[i].object, (size_t)(first - events[i].object));
        if (last > first + 1)
            json_w_strn(w, "namespace", first + 1, (size_t)(last - first - 1));
        json_w_str(w, "name", last + 1);
        json_w_end(w);
        json_w_end(w);
    }
    json_w_end(w);
    json_w_array(w, "not_checked");
    json_w_object(w, NULL);
    json_w_str(w, "what", "everything in the cluster");
    json_w_str(w, "why", why);
    json_w_end(w);
    json_w_end(w);
    json_w_end(w);
    AUTO_FREE char *text = json_w_take(w, &size);
    return arena_strndup(o->c->arena, text, size);
}

static int without_evidence(struct orchestrator *o, struct task *t, const char *why, struct err *e)
{
    struct incident i;
    int found = incidents_get(o->db, t->incident_id, o->c->arena, &i, e);
    if (found < 0)
        return -1;
    /* A cause that was proved by evidence stands while there is none: what events alone would say is less. */
    if (found == 0 && i.code && str_eq(i.state, "open")) {
        log_info("no evidence, the cause stands", "incident=%s code=%s why=\"%s\"", i.id, i.code, why);
        return tasks_rest(o, t, verdicts_next_look_ms(o, &i), e);
    }
    if (step_add(o, t->incident_id, NULL, arena_printf(o->c->arena, "No evidence from the cluster: %s", why),
                 arena_printf(o->c->arena, "未能从集群取得证据：%s", why), e))
        return -1;
    t->bundle = bundle_of_events(o, t, why);
    return tasks_diagnose(o, t, e);
}

int looks_overdue(struct orchestrator *o, struct task *t, struct err *e)
{
    return t->attempts < EVIDENCE_TRIES ? looks_ask(o, t, e) : without_evidence(o, t, "the agent did not answer in time", e);
}

static int take_evidence(struct orchestrator *o, void *arg, struct err *e)
{
    const json *payload = arg;
    const char *full_id = str_or_empty(json_get_str(payload, "task_id")), *reason = json_get_str(payload, "reason");
    struct task t;
    size_t size;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "task_id", full_id);
    json_w_end(w);
    turn_say(o, "evidence.handled", w);

    const char *id = arena_strndup(o->c->arena, full_id, strcspn(full_id, "."));    /* without the number of the attempt */
    int found = tasks_get(o->db, id, o->c->arena, &t, e);
    if (found || !str_eq(t.step, TASK_WAITING))
        return found < 0 ? -1 : 0;    /* delivered again, or the incident is gone */
    const json *bundle = json_get(payload, "bundle");
    if (!json_is_object(bundle) && str_eq(reason, "busy") && t.attempts < BUSY_TRIES)
        return tasks_go_on(o, &t, TASK_BUSY, BUSY_PAUSE_MS * t.attempts, e);
    if (!json_is_object(bundle))
        return without_evidence(o, &t, str_or_empty(json_get_str(payload, "error")), e);
    AUTO_FREE char *text = json_text(bundle, &size);
    t.bundle = text;
    return tasks_diagnose(o, &t, e);
}

void on_evidence_ready(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)m;
    struct orchestrator *o = orchestrator_of(c);
    struct err e;
    if (turn_run(o, take_evidence, payload, &e)) {
        c->errors++;
        log_error("evidence not taken, it will come again", "task=%s why=\"%s\"", str_or_empty(json_get_str(payload, "task_id")), e.text);
    }
    tasks_kick(o, 0);    /* the agent has room for another */
}
