/* Each open incident has one task row: what to do next, and when.  Every step may be done twice, so a restart goes on where the row says. */
#include <string.h>

#include "base/crypt.h"
#include "base/log.h"
#include "base/str.h"
#include "central/orchestrator/orchestrator.h"

#define DUE_AT_ONCE        32
#define LOOKS_AT_ONCE      8        /* of one cluster: its agent collects three at a time and does not idle between them */
#define DIAGNOSE_MS        10000
#define REPORT_MS          10000
#define RETRY_MS           2000
#define RETRIES_GROW       30       /* the pause between tries grows to a minute  */

/* ---- when, and what next --------------------------------------------------------------------------------------- */

static void on_kick(void *arg)
{
    struct orchestrator *o = arg;
    tasks_run_due(o);
    arena_reset(o->c->arena);
}

void tasks_kick(struct orchestrator *o, int64_t after_ms)
{
    int64_t at = loop_now_ms(o->c->loop) + after_ms;
    if (timer_running(&o->kick) && o->kick_at <= at)
        return;
    o->kick_at = at;
    timer_start(&o->kick, o->c->loop, after_ms, on_kick, o);
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
        t = (struct task){ .id = arena_strdup(o->c->arena, id), .incident_id = i->id, .cluster_id = i->cluster_id, .object = i->key, .step = TASK_EVIDENCE,
                           .next_at = at, .created_at = loop_wall_ms(o->c->loop) };
        return tasks_put(o->db, &t, e);
    }
    int64_t *when = str_eq(t.step, TASK_EVIDENCE) ? &t.next_at : &t.again_at;    /* of what is under way nobody knows whether it sees this yet */
    if (*when && *when <= at)
        return 0;
    *when = at;
    return tasks_put(o->db, &t, e);
}

int tasks_report(struct orchestrator *o, const struct incident *i, struct err *e)
{
    struct task t;
    int found = tasks_of_incident(o->db, i->id, o->c->arena, &t, e);
    if (found || !str_eq(t.step, TASK_EVIDENCE))
        return found < 0 ? -1 : 0;    /* what is under way ends with a look at report_due */
    return tasks_go_on(o, &t, TASK_REPORT, 0, e);
}

int tasks_go_on(struct orchestrator *o, struct task *t, const char *step, int64_t after_ms, struct err *e)
{
    t->step = step;
    t->next_at = loop_wall_ms(o->c->loop) + after_ms;
    if (after_ms < 500)    /* the tick comes for the others */
        tasks_kick(o, after_ms);
    return tasks_put(o->db, t, e);
}

int tasks_rest(struct orchestrator *o, struct task *t, int64_t after_ms, struct err *e)
{
    int64_t now = loop_wall_ms(o->c->loop);
    if (t->again_at && t->again_at < now + after_ms)
        after_ms = t->again_at > now ? t->again_at - now : 0;
    t->again_at = 0;
    t->bundle = NULL;
    t->attempts = 0;
    return tasks_go_on(o, t, TASK_EVIDENCE, after_ms, e);
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

struct answer {
    const char *task_id;
    const json *body;        /* NULL: there is none  */
    const char *why;         /* and this is why      */
};

/* Reads an answer, and takes it in a turn of its own. */
static void take(void *arg, const struct bus_message *message, const struct err *err, turn_step step, turn_step otherwise)
{
    struct asked *asked = arg;
    struct orchestrator *o = asked->o;
    struct err e = { 0 };
    AUTO_JSON struct json_doc *doc = message ? json_parse(message->data, message->size, &json_list_limits, &e) : NULL;
    const json *root = json_root(doc);
    const char *detail = json_get_str(root, "detail");
    struct answer answer = { .task_id = asked->task_id, .why = err ? err->text : detail ? detail : e.text };
    if (json_get_int(root, "status", 0) == 200)
        answer.body = json_get(root, "body");
    struct err failed;
    bool taken = answer.body && turn_run(o, step, &answer, &failed) == 0;
    if (answer.body && !taken)
        answer.why = failed.text;
    if (!taken && turn_run(o, otherwise, &answer, &e))
        log_error("task not stored, it will be done again", "task=%s why=\"%s\"", asked->task_id, e.text);
    turn_forget(asked);
    arena_reset(o->c->arena);    /* the answer came to no handler of the service */
}

/* The task an answer belongs to, when it still waits at that step; 1: it does not. */
static int awaited(struct orchestrator *o, const struct answer *a, const char *step, struct task *t, struct err *e)
{
    int found = tasks_get(o->db, a->task_id, o->c->arena, t, e);
    return found ? found : !str_eq(t->step, step);
}

/* ---- report ------------------------------------------------------------------------------------------------- */

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
    turn_say(o, "incident.closed", w);
}

static int take_report(struct orchestrator *o, void *arg, struct err *e)
{
    const struct answer *a = arg;
    struct task t;
    struct incident i;
    int found = awaited(o, a, TASK_REPORT, &t, e);
    if (found)
        return found < 0 ? -1 : 0;
    found = incidents_get(o->db, t.incident_id, o->c->arena, &i, e);
    if (found)
        return found < 0 ? -1 : tasks_delete(o->db, t.id, e);
    int64_t now = loop_wall_ms(o->c->loop);
    bool open = str_eq(i.state, "open");
    if (!i.reported_at)
        i.reported_at = now;
    i.updated_at = now;
    i.phase = open ? "reported" : "closed";
    if (incidents_put(o->db, &i, e))
        return -1;
    turn_show(o, &i);
    if (i.report_due)
        return tasks_go_on(o, &t, TASK_REPORT, 0, e);
    if (open)
        return tasks_rest(o, &t, verdicts_next_look_ms(o, &i), e);
    tell_closed(o, &i);
    return tasks_delete(o->db, t.id, e);
}

static int retry_report(struct orchestrator *o, void *arg, struct err *e)
{
    const struct answer *a = arg;
    struct task t;
    int found = awaited(o, a, TASK_REPORT, &t, e);
    if (found)
        return found < 0 ? -1 : 0;
    log_warn("report not written, trying again", "incident=%s why=\"%s\"", t.incident_id, a->why);
    return tasks_go_on(o, &t, TASK_REPORT, RETRY_MS, e);
}

static void on_report(void *arg, const struct bus_message *answer, const struct err *err)
{
    take(arg, answer, err, take_report, retry_report);
}

static int ask_report(struct orchestrator *o, struct task *t, struct err *e)
{
    struct err shown;
    struct incident i;
    int found = incidents_get(o->db, t->incident_id, o->c->arena, &i, e);
    if (found)
        return found < 0 ? -1 : tasks_delete(o->db, t->id, e);    /* an incident that is gone needs no report */
    i.report_due = 0;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    if (incidents_put(o->db, &i, e))
        return -1;
    if (show_detail(o, w, "incident", &i, &shown)) {
        log_error("incident cannot be shown", "incident=%s why=\"%s\"", i.id, shown.text);
        return tasks_go_on(o, t, TASK_REPORT, RETRY_MS, e);
    }
    json_w_end(w);
    turn_ask(o, &(struct question){ "report.write", t->id, REPORT_MS, on_report }, w);
    return tasks_go_on(o, t, TASK_REPORT, REPORT_MS + RETRY_MS, e);
}

/* ---- diagnosis ---------------------------------------------------------------------------------------------- */

static int after_verdict(struct orchestrator *o, struct task *t, enum after_verdict after, int64_t again_ms, struct err *e)
{
    t->bundle = NULL;
    t->attempts = 0;
    switch (after) {
    case AFTER_REPORT: return ask_report(o, t, e);
    case AFTER_LOOK_AGAIN: return tasks_rest(o, t, again_ms, e);
    case AFTER_NOTHING:
    default: return tasks_delete(o->db, t->id, e);
    }
}

static int take_verdict(struct orchestrator *o, void *arg, struct err *e)
{
    const struct answer *a = arg;
    struct task t;
    struct incident i;
    enum after_verdict after;
    int64_t again_ms = 0;
    int found = awaited(o, a, TASK_DIAGNOSE, &t, e);
    if (found)
        return found < 0 ? -1 : 0;
    found = incidents_get(o->db, t.incident_id, o->c->arena, &i, e);
    if (found)
        return found < 0 ? -1 : tasks_delete(o->db, t.id, e);
    if (verdicts_apply(o, &i, json_get(a->body, "verdict"), &after, &again_ms, e))
        return -1;
    turn_show(o, &i);
    return after_verdict(o, &t, after, again_ms, e);
}

/* The same evidence would end the same way, so it is asked for again. */
static int retry_diagnosis(struct orchestrator *o, void *arg, struct err *e)
{
    const struct answer *a = arg;
    struct task t;
    int found = awaited(o, a, TASK_DIAGNOSE, &t, e);
    if (found)
        return found < 0 ? -1 : 0;
    log_warn("no verdict, trying again", "incident=%s why=\"%s\"", t.incident_id, a->why);
    t.bundle = NULL;
    return tasks_go_on(o, &t, TASK_EVIDENCE, RETRY_MS * (t.attempts < RETRIES_GROW ? t.attempts + 1 : RETRIES_GROW), e);
}

static void on_verdict(void *arg, const struct bus_message *answer, const struct err *err)
{
    take(arg, answer, err, take_verdict, retry_diagnosis);
}

int tasks_diagnose(struct orchestrator *o, struct task *t, struct err *e)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "incident_id", t->incident_id);
    json_w_str(w, "cluster_id", t->cluster_id);
    json_w_raw(w, "bundle", t->bundle, strlen(t->bundle));
    json_w_end(w);
    turn_ask(o, &(struct question){ "reasoning.diagnose", t->id, DIAGNOSE_MS, on_verdict }, w);
    return tasks_go_on(o, t, TASK_DIAGNOSE, DIAGNOSE_MS + RETRY_MS, e);
}

/* ---- what is due ------------------------------------------------------------------------------------------------ */

static int diagnose_again(struct orchestrator *o, struct task *t, struct err *e)
{
    return t->bundle ? tasks_diagnose(o, t, e) : tasks_rest(o, t, 0, e);
}

static const struct {
    const char *step;
    int (*due)(struct orchestrator *o, struct task *t, struct err *e);
} steps[] = {
    { TASK_EVIDENCE, looks_ask }, { TASK_WAITING, looks_overdue }, { TASK_BUSY, looks_ask }, { TASK_DIAGNOSE, diagnose_again }, { TASK_REPORT, ask_report },
};

static int drive(struct orchestrator *o, void *arg, struct err *e)
{
    struct task *t = arg;
    for (size_t i = 0; i < COUNT(steps); i++)
        if (str_eq(steps[i].step, t->step))
            return steps[i].due(o, t, e);
    return tasks_rest(o, t, 0, e);    /* a step of another release */
}

void tasks_run_due(struct orchestrator *o)
{
    struct err e;
    struct task *due;
    size_t n;
    if (tasks_due(o->db, loop_wall_ms(o->c->loop), LOOKS_AT_ONCE, DUE_AT_ONCE, o->c->arena, &due, &n, &e)) {
        log_error("tasks cannot be read", "why=\"%s\"", e.text);
        return;
    }
    size_t driven = 0;
    for (size_t i = 0; i < n; i++)
        if (turn_run(o, drive, &due[i], &e) == 0)
            driven++;
        else
            log_error("task not driven, it will be tried again", "task=%s incident=%s why=\"%s\"", due[i].id, due[i].incident_id, e.text);
    if (n == DUE_AT_ONCE && driven)
        tasks_kick(o, 0);
}
