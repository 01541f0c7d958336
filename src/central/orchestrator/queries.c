#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "central/orchestrator/orchestrator.h"

#define CLOSED_SHOWN_MS (24 * 3600 * 1000LL)

static void answer_error(struct service_context *c, const struct bus_message *m, const struct err *e)
{
    c->errors += e->kind != ERR_INVALID;
    service_answer_problem(c, m, e->kind == ERR_INVALID ? 400 : 500, "%s", e->text);
}

static int time_parameter(json *params, const char *name, int64_t *out, struct err *e)
{
    const char *text = json_get_str(params, name);
    *out = 0;
    if (text && text[0] && clock_parse(text, out))
        return err_set(e, ERR_INVALID, "%s: \"%.40s\" is no RFC 3339 time", name, text);
    return 0;
}

static int64_t limit_of(json *params)
{
    const char *text = json_get_str(params, "limit");
    int64_t limit = text ? strtoll(text, NULL, 10) : 100;
    return limit < 1 ? 1 : limit > 500 ? 500 : limit;
}

static void query_incidents(struct service_context *c, const struct bus_message *m, json *payload)
{
    struct orchestrator *o = orchestrator_of(c);
    struct err e;
    json *params = json_get(payload, "params");
    const char *severity = json_get_str(params, "severity");
    struct incident_filter f = {
        .cluster_id = json_get_str(params, "cluster_id"), .state = json_get_str(params, "state"), .code = json_get_str(params, "code"), .family = json_get_str(params, "family"),
        .namespace_ = json_get_str(params, "namespace"), .text = json_get_str(params, "q"), .cursor = json_get_str(params, "cursor"), .limit = limit_of(params),
        .closed_since = loop_wall_ms(c->loop) - CLOSED_SHOWN_MS,
    };
    if (severity)
        f.severity = arena_printf(c->arena, "%d", (int)wire_severity_parse(severity));
    struct incident_list list;
    const char *next;
    if (time_parameter(params, "since", &f.since, &e) || incidents_list(o->db, &f, c->arena, &list, &next, &e)) {
        answer_error(c, m, &e);
        return;
    }
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_array(w, "items");
    for (size_t i = 0; i < list.count; i++)
        show_item(o, w, NULL, &list.items[i]);
    json_w_end(w);
    json_w_str(w, "next", next);
    json_w_end(w);
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
