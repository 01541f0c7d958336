#include "central/manager/live.h"

#include "base/str.h"
#include "central/manager/show.h"

#define EVENTS_PER_SECOND 200
#define CLUSTER_EVERY_MS  1000

/* Tokens: a second's worth at once, then as many as come by. */
static bool may_stream(struct manager *m)
{
    int64_t now = manager_now(m), passed = now - m->stream_at_ms;
    int64_t tokens = passed >= 1000 ? EVENTS_PER_SECOND : m->stream_tokens + passed * EVENTS_PER_SECOND / 1000;
    if (tokens != m->stream_tokens)
        m->stream_at_ms = now;
    m->stream_tokens = tokens < EVENTS_PER_SECOND ? tokens : EVENTS_PER_SECOND;
    if (m->stream_tokens == 0)
        return false;
    m->stream_tokens--;
    return true;
}

void live_event(struct manager *m, const char *body, int64_t stored_at)
{
    if (!may_stream(m)) {
        m->stream_skipped++;
        metric_add(&manager_metrics[M_SKIPPED], NULL, 1);
        return;
    }
    AUTO_JSON_W struct json_w *w = json_w_new();
    struct event_row row = { .body = body, .stored_at = stored_at };
    show_event(w, &row, m->stream_skipped);
    m->stream_skipped = 0;
    service_stream(m->c, "event", w);
}

bool live_cluster(struct manager *m, struct cluster *c)
{
    if (c->streamed_ms != LINK_NEVER && manager_now(m) - c->streamed_ms < CLUSTER_EVERY_MS)
        return false;
    c->tell_stream = false;
    c->streamed_ms = manager_now(m);
    AUTO_JSON_W struct json_w *w = json_w_new();
    show_cluster(m, w, c);
    service_stream(m->c, "cluster", w);
    return true;
}

void live_gap(struct manager *m, const struct cluster *c, const struct gap_row *row)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    show_gap(w, c->id, row);
    service_stream(m->c, "gap", w);
}

void live_command(struct manager *m, const struct command_row *row)
{
    const struct cluster *c = fleet_by_number(&m->fleet, row->cluster);
    AUTO_JSON_W struct json_w *w = json_w_new();
    show_command(w, c ? c->id : "", row, false);
    service_stream(m->c, "command", w);
}
