/* The manager's answers to queries: the table of them, and those about clusters, agents, gaps and commands. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "central/manager/commands.h"
#include "central/manager/query.h"
#include "central/manager/server_version.h"
#include "central/manager/show.h"
#include "central/page.h"

static const struct {
    const char *what;
    int (*answer)(struct manager *m, struct query *q);
} rows[] = {
    { "clusters", query_clusters }, { "cluster", query_cluster },     { "agents", query_agents },       { "agent", query_agent },
    { "nodes", query_nodes },       { "metrics", query_metrics },     { "events", query_events },       { "event", query_event },
    { "gaps", query_gaps },         { "histogram", query_histogram }, { "commands", query_commands },   { "command", query_command },
    { "edge", query_edge },
};

int64_t query_cluster_filter(const struct manager *m, const struct query *q)
{
    const char *id = params_str(q->params, "cluster_id");
    const struct cluster *c = id ? fleet_find(&m->fleet, id) : NULL;
    return id ? (c ? c->n : -1) : 0;
}

#define AFTER "after:"

/* A page of clusters goes by id: a cursor is "after:" and the last id. */
static int read_after(const struct query *q, const char **after, struct err *e)
{
    const char *cursor = params_str(q->params, "cursor");
    if (cursor && !str_starts(cursor, AFTER))
        return err_set(e, ERR_INVALID, "cursor: \"%.40s\" is none that a list gave", cursor);
    *after = cursor ? cursor + strlen(AFTER) : "";
    return 0;
}

int query_clusters(struct manager *m, struct query *q)
{
    int limit, given = 0;
    const char *after = "", *state = params_str(q->params, "state");
    char next[sizeof AFTER + WIRE_CLUSTER_ID_SIZE] = "";
    if (page_limit(q->params, &limit, &q->e) || read_after(q, &after, &q->e))
        return 400;
    page_begin(q->w);
    const struct cluster *last = NULL;
    for (size_t i = 0; i < m->fleet.count; i++) {
        const struct cluster *c = m->fleet.items[i];
        if (strcmp(c->id, after) <= 0 || (state && !str_eq(state, show_state(c))))
            continue;
        if (given++ == limit) {
            (void)snprintf(next, sizeof next, AFTER "%s", last->id);
            break;
        }
        show_cluster(m, q->w, c);
        last = c;
    }
    page_end(q->w, next);
    return 200;
}

static struct cluster *find(struct manager *m, struct query *q)
{
    struct cluster *c = q->id ? fleet_find(&m->fleet, q->id) : NULL;
    if (!c)
        err_set(&q->e, ERR_NOT_FOUND, "there is no cluster \"%.64s\"", str_or_empty(q->id));
    return c;
}

int query_cluster(struct manager *m, struct query *q)
{
    const struct cluster *c = find(m, q);
    if (!c)
        return 404;
    show_cluster(m, q->w, c);
    return 200;
}

int query_agents(struct manager *m, struct query *q)
{
    json_w_array(q->w, NULL);
    for (size_t i = 0; i < m->fleet.count; i++)
        show_agent(m, q->w, m->fleet.items[i]);
    json_w_end(q->w);
    return 200;
}

int query_agent(struct manager *m, struct query *q)
{
    const struct cluster *c = find(m, q);
    if (!c)
        return 404;
    show_agent(m, q->w, c);
    return 200;
}

struct rows_to {
    struct manager *m;
    struct query *q;
};

static void write_gap(void *arg, const struct gap_row *row)
{
    const struct rows_to *to = arg;
    const struct cluster *c = fleet_by_number(&to->m->fleet, row->cluster);
    show_gap(to->q->w, c ? c->id : NULL, row);
}

int query_gaps(struct manager *m, struct query *q)
{
    struct rows_to to = { m, q };
    int limit;
    int64_t cursor, next = 0, cluster = query_cluster_filter(m, q);
    if (page_from_row(q->params, &limit, &cursor, &q->e))
        return 400;
    page_begin(q->w);
    if (cluster >= 0 && gaps_list(m->db, cluster, cursor, limit, write_gap, &to, &next, &q->e))
        return 500;
    page_end_at_row(q->w, next);
    return 200;
}

static void write_command(void *arg, const struct command_row *row)
{
    const struct rows_to *to = arg;
    const struct cluster *c = fleet_by_number(&to->m->fleet, row->cluster);
    show_command(to->q->w, c ? c->id : NULL, row, false);
}

int query_commands(struct manager *m, struct query *q)
{
    struct rows_to to = { m, q };
    const char *state = params_str(q->params, "state");
    struct command_filter filter = { .cluster = query_cluster_filter(m, q), .incident_id = params_str(q->params, "incident_id"), .state = -1 };
    int limit;
    int64_t cursor, next = 0;
    if (page_from_row(q->params, &limit, &cursor, &q->e))
        return 400;
    if (state && (filter.state = (int)commands_state_parse(state)) == COMMAND_STATES) {
        err_set(&q->e, ERR_INVALID, "there is no state \"%.40s\"", state);
        return 400;
    }
    page_begin(q->w);
    if (filter.cluster >= 0 && commands_list(m->db, &filter, cursor, limit, write_command, &to, &next, &q->e))
        return 500;
    page_end_at_row(q->w, next);
    return 200;
}

int query_command(struct manager *m, struct query *q)
{
    struct command_row row;
    int found = q->id ? commands_find(m->db, q->id, &m->scratch, &row, &q->e) : 0;
    if (found < 0)
        return 500;
    if (found == 0) {
        err_set(&q->e, ERR_NOT_FOUND, "there is no command \"%.64s\"", str_or_empty(q->id));
        return 404;
    }
    const struct cluster *c = fleet_by_number(&m->fleet, row.cluster);
    show_command(q->w, c ? c->id : NULL, &row, true);
    return 200;
}

int query_edge(struct manager *m, struct query *q)
{
    struct edge_status s;
    edge_status(m->edge, &s);
    const struct server_warning *warning = server_version_warning(s.server_version);
    json_w_object(q->w, NULL);
    AUTO_BUF struct buf endpoint = { 0 };
    str_hide_logins(&endpoint, s.server[0] ? s.server : m->c->options->edge_endpoint);
    json_w_str(q->w, "endpoint", buf_text(&endpoint));
    json_w_bool(q->w, "connected", m->connected);
    json_w_str(q->w, "server_version", s.server_version);
    json_w_str(q->w, "warning", warning ? warning->text : NULL);
    json_w_str(q->w, "warning_zh", warning ? warning->text_zh : NULL);
    json_w_bool(q->w, "jetstream", s.jetstream);
    json_w_int(q->w, "reconnects", (int64_t)s.reconnects);
    json_w_int(q->w, "in_messages", (int64_t)s.in_messages);
    json_w_int(q->w, "out_messages", (int64_t)s.out_messages);
    json_w_int(q->w, "dropped", (int64_t)s.dropped);
    json_w_int(q->w, "held_bytes", (int64_t)s.held_bytes);
    json_w_int(q->w, "held_back", (int64_t)s.held_back);
    json_w_str(q->w, "last_error", s.last_error[0] ? s.last_error : NULL);
    json_w_end(q->w);
    return 200;
}

void query_answer(struct service_context *c, const struct bus_message *message, json *payload)
{
    struct manager *m = c->state;
    const char *what = json_get_str(payload, "what");
    AUTO_JSON_W struct json_w *w = json_w_new();
    struct query q = { .id = json_get_str(payload, "id"), .params = json_get(payload, "params"), .w = w };
    size_t i = 0;
    while (i < COUNT(rows) && !str_eq(rows[i].what, what))
        i++;
    if (i == COUNT(rows)) {
        service_answer_problem(c, message, 404, "the manager knows no query \"%.40s\"", str_or_empty(what));
        return;
    }
    int status = rows[i].answer(m, &q);
    arena_reset(&m->scratch);
    if (status == 500) {
        c->errors++;
        log_error("query failed", "what=%s why=\"%s\"", what, q.e.text);
    }
    if (status > 299)
        service_answer_problem(c, message, status, "%s", q.e.text);
    else
        service_answer(c, message, status, w);
}
