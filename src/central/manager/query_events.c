/* Events: the list, one of them, and counts over time. */
#include <string.h>

#include "base/str.h"
#include "central/manager/query.h"
#include "central/manager/show.h"
#include "central/page.h"

#define DAY_MS     INT64_C(86400000)
#define BUCKETS_MAX 240

static void write_event(void *arg, const struct event_row *row)
{
    struct query *q = arg;
    show_event(q->w, row, 0);
}

static int read_type(const char *word, int *type, struct err *e)
{
    *type = -1;
    while (word && ++*type < EVENT_GAP)    /* gaps are not among the events */
        if (str_eq(wire_event_type_name((enum wire_event_type)*type), word))
            return 0;
    return word ? err_set(e, ERR_INVALID, "there is no event type \"%.20s\"; k8s_event and k8s_state are", word) : 0;
}

static int read_filter(struct manager *m, struct query *q, struct event_filter *f)
{
    *f = (struct event_filter){
        .cluster = query_cluster_filter(m, q),
        .namespace_ = params_str(q->params, "namespace"),
        .kind = params_str(q->params, "kind"),
        .name = params_str(q->params, "name"),
        .reason = params_str(q->params, "reason"),
        .incident_id = params_str(q->params, "incident_id"),
        .text = params_str(q->params, "q"),
    };
    if (params_severities(q->params, "severity", &f->severities, &q->e) ||
        read_type(params_str(q->params, "type"), &f->type, &q->e) ||
        params_time(q->params, "since", 0, manager_wall(m), &f->since, &q->e))
        return -1;
    return params_time(q->params, "until", 0, manager_wall(m), &f->until, &q->e);
}

int query_events(struct manager *m, struct query *q)
{
    struct event_filter filter;
    int limit;
    int64_t cursor, next = 0;
    if (read_filter(m, q, &filter) || page_from_row(q->params, &limit, &cursor, &q->e))
        return 400;
    page_begin(q->w);
    if (filter.cluster >= 0 && events_list(m->db, &filter, cursor, limit, write_event, q, &next, &q->e))
        return 500;
    page_end_at_row(q->w, next);
    return 200;
}

int query_event(struct manager *m, struct query *q)
{
    int64_t cluster = query_cluster_filter(m, q);
    int found = q->id && cluster >= 0 ? events_find(m->db, cluster, q->id, write_event, q, &q->e) : 0;
    if (found < 0)
        return 500;
    if (found)
        return 200;
    err_set(&q->e, ERR_NOT_FOUND, "there is no event \"%.80s\"", str_or_empty(q->id));
    return 404;
}

/* Buckets of whole minutes where they are long enough, because minutes are counted already. */
static size_t lay_out(struct event_filter *f, int64_t buckets, int64_t *step_ms)
{
    int64_t span = f->until - f->since;
    *step_ms = (span + buckets - 1) / buckets;
    if (*step_ms >= 60000) {
        *step_ms = (*step_ms + 59999) / 60000 * 60000;
        f->since -= f->since % 60000;
        span = f->until - f->since;
    }
    int64_t count = (span + *step_ms - 1) / *step_ms;
    return (size_t)(count < BUCKETS_MAX ? count : BUCKETS_MAX);
}

static void write_buckets(struct query *q, const struct event_bucket *buckets, size_t count, int64_t from, int64_t step_ms)
{
    for (size_t i = 0; i < count; i++) {
        int64_t total = 0;
        for (int s = 0; s < EVENT_SEVERITIES; s++)
            total += buckets[i].by_severity[s];
        json_w_object(q->w, NULL);
        json_w_time(q->w, "at", from + step_ms * (int64_t)i);
        json_w_int(q->w, "total", total);
        for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--)
            json_w_int(q->w, wire_severity_name((enum wire_severity)s), buckets[i].by_severity[s]);
        json_w_end(q->w);
    }
}

int query_histogram(struct manager *m, struct query *q)
{
    struct event_filter filter;
    struct event_bucket buckets[BUCKETS_MAX] = { 0 };
    int64_t most, step_ms, counted_since = 0;
    if (read_filter(m, q, &filter) || params_int(q->params, "buckets", 60, 10, BUCKETS_MAX, &most, &q->e))
        return 400;
    if (!filter.until)
        filter.until = manager_wall(m);
    if (!filter.since)
        filter.since = filter.until - DAY_MS;
    if (filter.since >= filter.until) {
        err_set(&q->e, ERR_INVALID, "since must lie before until");
        return 400;
    }
    size_t count = lay_out(&filter, most, &step_ms);
    if (filter.cluster >= 0 && events_histogram(m->db, &filter, step_ms, buckets, count, &counted_since, &q->e))
        return 500;
    json_w_object(q->w, NULL);
    json_w_time(q->w, "from", filter.since);
    json_w_time(q->w, "to", filter.since + step_ms * (int64_t)count);
    json_w_int(q->w, "step_ms", step_ms);
    json_w_time(q->w, "counted_since", counted_since);
    json_w_array(q->w, "items");
    write_buckets(q, buckets, count, filter.since, step_ms);
    json_w_end(q->w);
    json_w_end(q->w);
    return 200;
}
