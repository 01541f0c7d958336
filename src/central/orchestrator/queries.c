/* The orchestrator's answers to queries: incidents, their counts, and a wish to look again. */
#include <string.h>

#include "base/str.h"
#include "central/orchestrator/orchestrator.h"
#include "central/page.h"

#define CLOSED_SHOWN_MS (24 * 3600 * 1000LL)

static void answer_error(struct service_context *c, const struct bus_message *m, const struct err *e)
{
    c->errors += e->kind != ERR_INVALID;
    service_answer_problem(c, m, e->kind == ERR_INVALID ? 400 : 500, "%s", e->text);
}

static void query_incidents(struct service_context *c, const struct bus_message *m, json *payload)
{
    struct orchestrator *o = orchestrator_of(c);
    struct err e;
    int64_t now = loop_wall_ms(c->loop);
    const json *params = json_get(payload, "params");
    struct incident_filter f = {
        .cluster_id = params_str(params, "cluster_id"), .state = params_str(params, "state"), .code = params_str(params, "code"), .family = params_str(params, "family"),
        .namespace_ = params_str(params, "namespace"), .text = params_str(params, "q"), .cursor = params_str(params, "cursor"), .closed_since = now - CLOSED_SHOWN_MS,
    };
    struct incident_list list;
    const char *next;
    if (page_limit(params, &f.limit, &e) || params_severities(params, "severity", &f.severities, &e) || params_time(params, "since", 0, now, &f.since, &e) || incidents_list(o->db, &f, c->arena, &list, &next, &e)) {
        answer_error(c, m, &e);
        return;
    }
    AUTO_JSON_W struct json_w *w = json_w_new();
    page_begin(w);
    for (size_t i = 0; i < list.count; i++)
        show_item(o, w, NULL, &list.items[i]);
    page_end(w, next);
    service_answer(c, m, 200, w);
}

/* Finds the payload's incident, or answers why not. */
static bool find(struct service_context *c, const struct bus_message *m, json *payload, struct incident *i)
{
    struct orchestrator *o = orchestrator_of(c);
    struct err e;
    const char *id = str_or_empty(json_get_str(payload, "id"));
    int found = incidents_get(o->db, id, c->arena, i, &e);
    if (found < 0)
        answer_error(c, m, &e);
    else if (found == 1)
        service_answer_problem(c, m, 404, "there is no incident %.64s", id);
    return found == 0;
}

static void query_incident(struct service_context *c, const struct bus_message *m, json *payload)
{
    struct incident i;
    struct err e;
    if (!find(c, m, payload, &i))
        return;
    AUTO_JSON_W struct json_w *w = json_w_new();
    if (show_detail(orchestrator_of(c), w, NULL, &i, &e))
        answer_error(c, m, &e);
    else
        service_answer(c, m, 200, w);
}

static void query_look_again(struct service_context *c, const struct bus_message *m, json *payload)
{
    struct orchestrator *o = orchestrator_of(c);
    struct incident i;
    struct err e;
    if (!find(c, m, payload, &i))
        return;
    if (!str_eq(i.state, "open")) {
        service_answer_problem(c, m, 409, "incident %.64s is closed", i.id);
        return;
    }
    if (tasks_look(o, &i, loop_wall_ms(c->loop), &e)) {
        answer_error(c, m, &e);
        return;
    }
    tasks_kick(o, 0);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "incident_id", i.id);
    json_w_end(w);
    service_answer(c, m, 202, w);
}

static void query_counts(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)payload;
    struct err e;
    struct incident_count *counts;
    size_t n;
    if (incidents_count_open(orchestrator_of(c)->db, c->arena, &counts, &n, &e)) {
        answer_error(c, m, &e);
        return;
    }
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_array(w, "items");
    for (size_t i = 0; i < n; i++) {
        json_w_object(w, NULL);
        json_w_str(w, "cluster_id", counts[i].cluster_id);
        json_w_int(w, "open_incidents", counts[i].open);
        json_w_str(w, "worst_severity", wire_severity_name((enum wire_severity)counts[i].worst));
        json_w_end(w);
    }
    service_answer(c, m, 200, w);
}

static const struct {
    const char *what;
    void (*run)(struct service_context *c, const struct bus_message *m, json *payload);
} queries[] = {
    { "incidents", query_incidents },
    { "incident", query_incident },
    { "look-again", query_look_again },
    { "counts", query_counts },
};

void on_query(struct service_context *c, const struct bus_message *m, json *payload)
{
    const char *what = str_or_empty(json_get_str(payload, "what"));
    for (size_t i = 0; i < COUNT(queries); i++)
        if (str_eq(queries[i].what, what)) {
            queries[i].run(c, m, payload);
            return;
        }
    service_answer_problem(c, m, 404, "the orchestrator knows no query \"%.40s\"", what);
}
