/* Incidents as JSON (docs/http.md, Incident). */
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "central/orchestrator/orchestrator.h"

#define SPARK_BUCKETS  12
#define EVENTS_SHOWN   100
#define SIMILAR_SHOWN  5

static void show_spark(struct orchestrator *o, struct json_w *w, const struct incident *i)
{
    struct err e;
    int64_t counts[SPARK_BUCKETS];
    int64_t to = i->closed_at ? i->closed_at : loop_wall_ms(o->c->loop);
    json_w_array(w, "spark");
    if (incident_events_spark(o->db, i->id, i->opened_at - 60000, to, SPARK_BUCKETS, counts, &e) == 0)
        for (int k = 0; k < SPARK_BUCKETS; k++)
            json_w_int(w, NULL, counts[k]);
    json_w_end(w);
}

/* A step that is still to come is null, so that a reader finds every step of an incident by its name. */
static void show_step(struct json_w *w, const char *name, int64_t at)
{
    if (at)
        json_w_time(w, name, at);
    else
        json_w_null(w, name);
}

static void show_members(struct orchestrator *o, struct json_w *w, const struct incident *i)
{
    json_w_str(w, "id", i->id);
    json_w_str(w, "cluster_id", i->cluster_id);
    json_w_str(w, "state", str_eq(i->state, "open") ? "open" : "closed");
    json_w_str(w, "phase", i->phase);
    json_w_time(w, "opened_at", i->opened_at);
    show_step(w, "diagnosed_at", i->diagnosed_at);
    show_step(w, "reported_at", i->reported_at);
    show_step(w, "closed_at", i->closed_at);
    json_w_time(w, "updated_at", i->updated_at);
    json_w_time(w, "last_event_at", i->last_event_at);
    json_w_str(w, "title", i->title);
    json_w_str(w, "title_zh", i->title_zh);
    json_w_str(w, "severity", wire_severity_name((enum wire_severity)i->severity));
    json_w_str(w, "code", i->code);
    json_w_str(w, "family", i->family);
    json_w_str(w, "object", i->object);
    json_w_str(w, "key", i->key);
    json_w_str(w, "namespace", i->namespace_);
    if (i->code)
        json_w_real(w, "confidence", i->confidence);
    json_w_int(w, "victims", i->victims);
    json_w_int(w, "occurrences", i->occurrences);
    json_w_str(w, "merged_into", i->merged_into);
    show_spark(o, w, i);
    if (i->verdict)
        json_w_raw(w, "verdict", i->verdict, strlen(i->verdict));
    else
        json_w_null(w, "verdict");
}

void show_item(struct orchestrator *o, struct json_w *w, const char *key, const struct incident *i)
{
    json_w_object(w, key);
    show_members(o, w, i);
    json_w_end(w);
}

static void show_event(struct json_w *w, const struct incident *i, const struct incident_event *event)
{
    json_w_object(w, NULL);
    json_w_str(w, "id", event->event_id);
    json_w_str(w, "cluster_id", i->cluster_id);
    json_w_str(w, "event_type", event->type);
    json_w_str(w, "reason", event->reason);
    json_w_str(w, "message", event->message);
    json_w_str(w, "object", event->object);
    json_w_time(w, "timestamp", event->at);
    json_w_str(w, "severity", wire_severity_name((enum wire_severity)event->severity));
    json_w_int(w, "delta", event->delta);
    json_w_bool(w, "recovery", event->recovery);
    json_w_end(w);
}

static void timeline_row(struct json_w *w, int64_t at, const char *kind, const char *severity, const char *object, const char *text, const char *text_zh, const char *ref)
{
    json_w_object(w, NULL);
    json_w_time(w, "at", at);
    json_w_str(w, "kind", kind);
    json_w_str(w, "severity", severity);
    json_w_str(w, "object", object);
    json_w_str(w, "text", text);
    json_w_str(w, "text_zh", text_zh);
    json_w_str(w, "ref", ref);
    json_w_end(w);
}

struct story {    /* what the timeline is merged from, each newest first */
    struct incident_event *events;
    struct incident_step *steps;
    size_t n_events, n_steps;
    int64_t left_out;    /* of the events */
    const struct wire_verdict *verdict;
};

/* Merges three sources by time, newest first; changes are few, so a linear look for the newest is enough. */
static void show_timeline(struct orchestrator *o, struct json_w *w, const struct story *s)
{
    size_t event = 0, step = 0;
    bool *told = ARENA_ARRAY(o->c->arena, bool, s->verdict->n_changes + 1);
    json_w_array(w, "timeline");
    for (;;) {
        const struct wire_reason *change = NULL;
        size_t change_at = 0;
        for (size_t k = 0; k < s->verdict->n_changes; k++)
            if (!told[k] && (!change || s->verdict->changes[k].at > change->at)) {
                change = &s->verdict->changes[k];
                change_at = k;
            }
        int64_t event_time = event < s->n_events ? s->events[event].at : INT64_MIN, step_time = step < s->n_steps ? s->steps[step].at : INT64_MIN;
        int64_t change_time = change ? change->at : INT64_MIN;
        if (event_time == INT64_MIN && step_time == INT64_MIN && change_time == INT64_MIN)
            break;
        if (step_time >= event_time && step_time >= change_time) {
            const struct incident_step *row = &s->steps[step++];
            timeline_row(w, row->at, "step", NULL, row->object, row->text, row->text_zh, NULL);
        } else if (event_time >= change_time) {
            const struct incident_event *row = &s->events[event++];
            const char *text = arena_printf(o->c->arena, "%s: %s", str_or_empty(row->reason), str_or_empty(row->message));
            timeline_row(w, row->at, "event", wire_severity_name((enum wire_severity)row->severity), row->object, text, text, row->event_id);
        } else {
            told[change_at] = true;
            timeline_row(w, change->at, "change", NULL, change->what, change->why, change->why_zh, NULL);
        }
    }
    json_w_end(w);
}

/* The verdict's own list as it is stored; an incident without a verdict has an empty one. */
static void show_stored(struct json_w *w, const char *key, const json *verdict)
{
    const json *list = json_get(verdict, key);
    json_w_array(w, key);
    for (struct json_iter i = json_iter(list); json_next(&i);)
        json_w_copy(w, NULL, i.value);
    json_w_end(w);
}

static void show_affected(struct json_w *w, const json *verdict)
{
    json_w_object(w, "affected");
    show_stored(w, "nodes", verdict);
    show_stored(w, "edges", verdict);
    json_w_end(w);
}

static void show_joined(struct json_w *w, const struct story *s)
{
    json_w_array(w, "joined");
    for (size_t k = 0; k < s->n_steps; k++) {
        if (!s->steps[k].object)
            continue;
        json_w_object(w, NULL);
        json_w_str(w, "object", s->steps[k].object);
        json_w_time(w, "at", s->steps[k].at);
        json_w_str(w, "why", s->steps[k].text);
        json_w_str(w, "why_zh", s->steps[k].text_zh);
        json_w_end(w);
    }
    json_w_end(w);
}

static int show_similar(struct orchestrator *o, struct json_w *w, const struct incident *i, struct err *e)
{
    struct incident_list similar = { 0 };
    if (i->code && incidents_similar(o->db, i, SIMILAR_SHOWN, o->c->arena, &similar, e))
        return -1;
    json_w_array(w, "similar");
    for (size_t k = 0; k < similar.count; k++) {
        const struct incident *s = &similar.items[k];
        json_w_object(w, NULL);
        json_w_str(w, "id", s->id);
        json_w_str(w, "cluster_id", s->cluster_id);
        json_w_str(w, "title", s->title);
        json_w_str(w, "title_zh", s->title_zh);
        json_w_time(w, "opened_at", s->opened_at);
        json_w_time(w, "closed_at", s->closed_at);
        json_w_end(w);
    }
    json_w_end(w);
    return 0;
}

static int read_verdict(struct orchestrator *o, const struct incident *i, struct json_doc **doc, struct wire_verdict *out, struct err *e)
{
    *out = (struct wire_verdict){ 0 };
    if (!i->verdict)
        return 0;
    *doc = json_parse(i->verdict, strlen(i->verdict), &json_object_limits, e);
    return *doc ? wire_verdict_read(json_root(*doc), o->c->arena, out, e) : -1;
}

/* A list that is not full is all of them: nothing to count. */
static int count_left_out(struct orchestrator *o, const struct incident *i, struct story *s, struct err *e)
{
    int64_t all;
    if (s->n_events < EVENTS_SHOWN)
        return 0;
    if (incident_events_count(o->db, i->id, &all, e))
        return -1;
    s->left_out = all - (int64_t)s->n_events;
    return 0;
}

int show_detail(struct orchestrator *o, struct json_w *w, const char *key, const struct incident *i, struct err *e)
{
    struct wire_verdict v;
    struct story s = { .verdict = &v };
    AUTO_JSON struct json_doc *doc = NULL;
    if (read_verdict(o, i, &doc, &v, e) || incident_events_list(o->db, i->id, EVENTS_SHOWN, o->c->arena, &s.events, &s.n_events, e) ||
        count_left_out(o, i, &s, e) || incident_steps_list(o->db, i->id, o->c->arena, &s.steps, &s.n_steps, e))
        return err_wrap(e, "incident %s", i->id);
    json_w_object(w, key);
    show_members(o, w, i);
    json_w_array(w, "events");
    for (size_t k = 0; k < s.n_events; k++)
        show_event(w, i, &s.events[k]);
    json_w_end(w);
    show_affected(w, json_root(doc));
    show_timeline(o, w, &s);
    json_w_int(w, "events_left_out", s.left_out);
    show_joined(w, &s);
    int similar = show_similar(o, w, i, e);
    show_stored(w, "not_checked", json_root(doc));
    if (i->code) {
        json_w_object(w, "knowledge");
        json_w_str(w, "id", i->code);
        json_w_str(w, "code", i->code);
        json_w_end(w);
    }
    json_w_bool(w, "report", i->reported_at != 0);
    json_w_end(w);
    return similar;
}

void show_stream(struct orchestrator *o, const struct incident *i)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    show_item(o, w, NULL, i);
    service_stream(o->c, "incident", w);
}
