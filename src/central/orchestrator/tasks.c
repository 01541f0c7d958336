/* Each open incident has one task row: what to do next, and when.  Every step may be done twice, so a restart goes on where the row says. */
#include <string.h>

#include "base/crypt.h"
#include "base/log.h"
#include "base/str.h"
#include "central/orchestrator/orchestrator.h"

#define DUE_AT_ONCE        32
#define EVIDENCE_GRACE_MS  3000     /* on top of the agent's own time-out          */
#define DIAGNOSE_MS        10000
#define REPORT_MS          10000
#define RETRY_MS           2000
#define RETRIES_GROW       30       /* the pause between tries grows to a minute  */
#define EVIDENCE_TRIES     2
#define BUSY_TRIES         8        /* of an agent that has its hands full; with pauses that grow, more than a minute */

/* An answer that is awaited: names the task, because the row may have changed meanwhile. */
struct asked {
    struct orchestrator *o;
    char task_id[CRYPT_ID_SIZE];
};

void tasks_kick(struct orchestrator *o, int64_t after_ms)
{
    timer_start(&o->kick, o->c->loop, after_ms, tasks_run_due, o);
}

int tasks_look(struct orchestrator *o, const struct incident *i, int64_t at, struct err *e)
{
    struct task t;
    int found = tasks_of_incident(o->db, i->id, o->c->arena, &t, e);
    if (found < 0)
        return -1;
    if (found == 1) {
        char id[CRYPT_ID_SIZE];
        crypt_id(id);
        t = (struct task){ .id = arena_strdup(o->c->arena, id), .incident_id = i->id, .cluster_id = i->cluster_id, .object = i->key, .step = "evidence",
                           .next_at = at, .created_at = loop_wall_ms(o->c->loop) };
        return tasks_put(o->db, &t, e);
    }
    if (!str_eq(t.step, "evidence") || t.next_at <= at)
        return 0;    /* a look is under way, or comes earlier */
    t.next_at = at;
    return tasks_put(o->db, &t, e);
}

int tasks_report(struct orchestrator *o, const struct incident *i, struct err *e)
{
    struct task t;
    int found = tasks_of_incident(o->db, i->id, o->c->arena, &t, e);
    if (found || !str_eq(t.step, "evidence"))
        return found < 0 ? -1 : 0;    /* what is under way ends with a look at report_due */
    t.step = "report";
    t.next_at = loop_wall_ms(o->c->loop);
    tasks_kick(o, 0);
    return tasks_put(o->db, &t, e);
}

static void save(struct orchestrator *o, struct task *t, const char *step, int64_t next_at)
{
    struct err e;
    t->step = step;
    t->next_at = next_at;
    if (tasks_put(o->db, t, &e))
        log_error("task not stored, it will be done again", "task=%s incident=%s why=\"%s\"", t->id, t->incident_id, e.text);
    int64_t wait = next_at - loop_wall_ms(o->c->loop);
    if (wait < 500)    /* the tick comes for the others */
        tasks_kick(o, wait > 0 ? wait : 0);
}

static struct asked *asked_new(struct orchestrator *o, const struct task *t)
{
    struct asked *asked = mem_alloc(sizeof *asked);
    *asked = (struct asked){ .o = o };
    (void)str_copy(asked->task_id, sizeof asked->task_id, t->id);
    return asked;
}

/* The task an answer belongs to, if it still waits at that step. */
static bool awaited(struct asked *asked, const char *step, struct task *t)
{
    struct err e;
    struct orchestrator *o = asked->o;
    bool there = tasks_get(o->db, asked->task_id, o->c->arena, t, &e) == 0 && str_eq(t->step, step);
    free(asked);
    return there;
}

/* ---- evidence ---------------------------------------------------------------------------------------------- */

static void ask_evidence(struct orchestrator *o, struct task *t)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "task_id", arena_printf(o->c->arena, "%s.%lld", t->id, (long long)t->attempts));
    json_w_str(w, "incident_id", t->incident_id);
    json_w_str(w, "cluster_id", t->cluster_id);
    json_w_str(w, "object", t->object);
    json_w_end(w);
    t->attempts++;
    save(o, t, "waiting", loop_wall_ms(o->c->loop) + o->c->options->evidence_timeout_ms + EVIDENCE_GRACE_MS);
    (void)service_publish(o->c, "execution.evidence", w);    /* logged there; the wait ends and asks again */
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

/* A cause that was proved by evidence stands while there is none: what events alone would say is less.  True when there is such a cause. */
static bool stands(struct orchestrator *o, struct task *t, const char *why)
{
    struct err e;
    struct incident i;
    if (incidents_get(o->db, t->incident_id, o->c->arena, &i, &e) || !i.code || !str_eq(i.state, "open"))
        return false;
    log_info("no evidence, the cause stands", "incident=%s code=%s why=\"%s\"", i.id, i.code, why);
    t->bundle = NULL;
    t->attempts = 0;
    save(o, t, "evidence", loop_wall_ms(o->c->loop) + verdicts_next_look_ms(o, &i));
    return true;
}

static void without_evidence(struct orchestrator *o, struct task *t, const char *why)
{
    struct err e;
    if (stands(o, t, why))
        return;
    if (step_add(o, t->incident_id, NULL, arena_printf(o->c->arena, "No evidence from the cluster: %s", why),
                 arena_printf(o->c->arena, "未能从集群取得证据：%s", why), &e))
        log_error("step not stored", "incident=%s why=\"%s\"", t->incident_id, e.text);
    t->bundle = bundle_of_events(o, t, why);
    save(o, t, "diagnose", loop_wall_ms(o->c->loop));
}

void on_evidence_ready(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)m;
    struct orchestrator *o = orchestrator_of(c);
    struct task t;
    struct err e;
    const char *full_id = str_or_empty(json_get_str(payload, "task_id"));
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "task_id", full_id);
    json_w_end(w);
    (void)service_publish(c, "evidence.handled", w);    /* logged there; it would only come once more */

    char id[CRYPT_ID_SIZE];
    (void)str_copy(id, sizeof id, full_id);
    id[strcspn(id, ".")] = '\0';
    if (tasks_get(o->db, id, c->arena, &t, &e) || !str_eq(t.step, "waiting"))
        return;    /* delivered again, or the incident is gone */
    json *bundle = json_get(payload, "bundle");
    if (!json_is_object(bundle) && str_eq(json_get_str(payload, "reason"), "busy") && t.attempts < BUSY_TRIES) {
        save(o, &t, "evidence", loop_wall_ms(c->loop) + RETRY_MS * t.attempts);    /* many fail at once: its turn comes */
        return;
    }
    if (!json_is_object(bundle)) {
        without_evidence(o, &t, str_or_empty(json_get_str(payload, "error")));
        return;
    }
    size_t size;
    AUTO_FREE char *text = json_text(bundle, &size);
    t.bundle = text;
    save(o, &t, "diagnose", loop_wall_ms(o->c->loop));
    tasks_run_due(o);
}

/* A closed incident is a case for the knowledge base. */
static void tell_closed(struct orchestrator *o, const struct incident *i)
{
    struct err e;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    if (show_detail(o, w, "incident", i, &e)) {
        log_error("closed incident cannot be shown", "incident=%s why=\"%s\"", i->id, e.text);
        return;
    }
    json_w_end(w);
    (void)service_publish(o->c, "incident.closed", w);    /* logged there; the incident itself is stored */
}

/* ---- report ------------------------------------------------------------------------------------------------- */

static void on_report(void *arg, const struct bus_message *answer, const struct err *err)
{
    struct asked *asked = arg;
    struct orchestrator *o = asked->o;
    struct task t;
    struct incident i;
    struct err e;
    if (!awaited(asked, "report", &t))
        return;
    AUTO_JSON struct json_doc *doc = answer ? json_parse(answer->data, answer->size, &json_list_limits, &e) : NULL;
    if (json_get_int(json_root(doc), "status", 0) != 200) {
        log_warn("report not written, trying again", "incident=%s why=\"%s\"", t.incident_id, err ? err->text : str_or_empty(json_get_str(json_root(doc), "detail")));
        save(o, &t, "report", loop_wall_ms(o->c->loop) + RETRY_MS);
        return;
    }
    if (incidents_get(o->db, t.incident_id, o->c->arena, &i, &e))
        return;
    int64_t now = loop_wall_ms(o->c->loop);
    if (!i.reported_at)
        i.reported_at = now;
    i.updated_at = now;
    i.phase = str_eq(i.state, "closed") ? "closed" : "reported";
    bool over = str_eq(i.state, "closed") && !i.report_due;
    if (incidents_put(o->db, &i, &e) || (over && tasks_delete(o->db, t.id, &e)))
        log_error("incident not stored", "incident=%s why=\"%s\"", i.id, e.text);
    if (i.report_due) {
        save(o, &t, "report", now);
    } else if (str_eq(i.state, "open")) {
        t.attempts = 0;
        t.bundle = NULL;
        save(o, &t, "evidence", now + verdicts_next_look_ms(o, &i));
    } else {
        tell_closed(o, &i);
    }
    show_stream(o, &i);
}

static void ask_report(struct orchestrator *o, struct task *t)
{
    struct err e;
    struct incident i;
    size_t size;
    if (incidents_get(o->db, t->incident_id, o->c->arena, &i, &e)) {
        if (tasks_delete(o->db, t->id, &e))    /* an incident that is gone needs no report */
            save(o, t, "report", loop_wall_ms(o->c->loop) + RETRY_MS);
        return;
    }
    i.report_due = 0;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    if (incidents_put(o->db, &i, &e) || show_detail(o, w, "incident", &i, &e)) {
        log_error("incident cannot be shown", "incident=%s why=\"%s\"", i.id, e.text);
        save(o, t, "report", loop_wall_ms(o->c->loop) + RETRY_MS);
        return;
    }
    json_w_end(w);
    AUTO_FREE char *text = json_w_take(w, &size);
    struct asked *asked = asked_new(o, t);
    save(o, t, "report", loop_wall_ms(o->c->loop) + REPORT_MS + RETRY_MS);
    if (bus_request(o->c->bus, "report.write", text, size, REPORT_MS, on_report, asked, &e)) {
        free(asked);
        log_warn("report service does not take it", "incident=%s why=\"%s\"", i.id, e.text);
        save(o, t, "report", loop_wall_ms(o->c->loop) + RETRY_MS);
    }
}

/* ---- diagnosis ---------------------------------------------------------------------------------------------- */

static void after_verdict(struct orchestrator *o, struct task *t, const struct incident *i, enum after_verdict after, int64_t again_ms)
{
    struct err e;
    t->bundle = NULL;
    t->attempts = 0;
    switch (after) {
    case AFTER_REPORT:
        save(o, t, "report", loop_wall_ms(o->c->loop));
        ask_report(o, t);
        break;
    case AFTER_LOOK_AGAIN:
        save(o, t, "evidence", loop_wall_ms(o->c->loop) + again_ms);
        break;
    case AFTER_NOTHING:
        if (tasks_delete(o->db, t->id, &e))
            log_error("task not removed", "task=%s why=\"%s\"", t->id, e.text);
        break;
    }
    show_stream(o, i);
}

static void on_verdict(void *arg, const struct bus_message *answer, const struct err *err)
{
    struct asked *asked = arg;
    struct orchestrator *o = asked->o;
    struct task t;
    struct incident i;
    struct err e = { 0 };
    enum after_verdict after;
    int64_t again_ms = 0;
    if (!awaited(asked, "diagnose", &t))
        return;
    AUTO_JSON struct json_doc *doc = answer ? json_parse(answer->data, answer->size, &json_list_limits, &e) : NULL;
    json *verdict = json_at(json_root(doc), "body.verdict");
    if (!json_is_object(verdict)) {
        const char *detail = json_get_str(json_root(doc), "detail");
        log_warn("no verdict, trying again", "incident=%s why=\"%s\"", t.incident_id, err ? err->text : detail ? detail : e.text);
        save(o, &t, "evidence", loop_wall_ms(o->c->loop) + RETRY_MS * (t.attempts < RETRIES_GROW ? t.attempts + 1 : RETRIES_GROW));
        return;
    }
    if (db_begin(o->db, &e))
        goto failed;
    if (incidents_get(o->db, t.incident_id, o->c->arena, &i, &e) || verdicts_apply(o, &i, verdict, &after, &again_ms, &e) || db_commit(o->db, &e)) {
        db_rollback(o->db);
        goto failed;
    }
    after_verdict(o, &t, &i, after, again_ms);
    return;
failed:
    log_error("verdict not stored, trying again", "incident=%s why=\"%s\"", t.incident_id, e.text);
    save(o, &t, "evidence", loop_wall_ms(o->c->loop) + RETRY_MS);
}

static void ask_diagnosis(struct orchestrator *o, struct task *t)
{
    struct err e;
    size_t size;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "incident_id", t->incident_id);
    json_w_str(w, "cluster_id", t->cluster_id);
    json_w_raw(w, "bundle", t->bundle, strlen(t->bundle));
    json_w_end(w);
    AUTO_FREE char *text = json_w_take(w, &size);
    struct asked *asked = asked_new(o, t);
    save(o, t, "diagnose", loop_wall_ms(o->c->loop) + DIAGNOSE_MS + RETRY_MS);
    if (bus_request(o->c->bus, "reasoning.diagnose", text, size, DIAGNOSE_MS, on_verdict, asked, &e)) {
        free(asked);
        log_warn("reasoning does not take it", "incident=%s why=\"%s\"", t->incident_id, e.text);
        save(o, t, "diagnose", loop_wall_ms(o->c->loop) + RETRY_MS);
    }
}

static void drive(struct orchestrator *o, struct task *t)
{
    if (str_eq(t->step, "evidence"))
        ask_evidence(o, t);
    else if (str_eq(t->step, "waiting") && t->attempts < EVIDENCE_TRIES)
        ask_evidence(o, t);
    else if (str_eq(t->step, "waiting"))
        without_evidence(o, t, "the agent did not answer in time");
    else if (str_eq(t->step, "diagnose") && t->bundle)
        ask_diagnosis(o, t);
    else if (str_eq(t->step, "report"))
        ask_report(o, t);
    else
        save(o, t, "evidence", loop_wall_ms(o->c->loop));
}

void tasks_run_due(void *arg)
{
    struct orchestrator *o = arg;
    struct err e;
    struct task *due;
    size_t n;
    if (tasks_due(o->db, loop_wall_ms(o->c->loop), DUE_AT_ONCE, o->c->arena, &due, &n, &e)) {
        log_error("tasks cannot be read", "why=\"%s\"", e.text);
        return;
    }
    for (size_t i = 0; i < n; i++)
        drive(o, &due[i]);
    if (n == DUE_AT_ONCE)
        tasks_kick(o, 0);
}
