#include "agent/reporter.h"

#include "base/metric.h"

enum { REPORTED, FILTERED };
static struct metric rows[] = {
    [REPORTED] = { "aetherius_agent_events_total", METRIC_COUNTER, "type", "Events that were spooled, by type." },
    [FILTERED] = { "aetherius_agent_events_filtered_total", METRIC_COUNTER, NULL, "Events that the options leave out." },
};
METRIC_DECLARE(rows);

void reporter_register_metrics(void)
{
    metric_register(rows, COUNT(rows));
}

void reporter_count_filtered(void)
{
    metric_add(&rows[FILTERED], NULL, 1);
}

static enum spool_class class_of(const struct wire_event *event)
{
    if (event->type == EVENT_GAP)
        return SPOOL_KEPT;
    bool normal = event->type == EVENT_K8S && event->severity <= SEVERITY_LOW && str_eq(event->event_type, "Normal");
    return normal ? SPOOL_NORMAL : SPOOL_WARNING;
}

void reporter_fini(struct reporter *r)
{
    json_w_free(r->writer);
    r->writer = NULL;
}

void reporter_report(struct reporter *r, struct wire_event *event)
{
    event->cluster_id = r->cluster_id;
    event->epoch = spool_epoch(r->spool);
    event->seq = spool_next(r->spool);
    event->reported_at = spool_now(r->spool);
    if (!r->writer)
        r->writer = json_w_new();
    json_w_reset(r->writer);
    wire_event_write(r->writer, NULL, event);
    size_t size;
    const char *body = json_w_so_far(r->writer, &size);
    spool_append(r->spool, class_of(event), body, size);
    metric_add(&rows[REPORTED], wire_event_type_name(event->type), 1);
}
