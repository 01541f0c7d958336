/* Nodes as last sampled, and series over time. */
#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "central/manager/query.h"
#include "central/params.h"
#include "store/events.h"
#include "store/samples.h"

#define POINTS_MAX   300
#define HOUR_MS      INT64_C(3600000)
#define NODE_GONE_MS 600000       /* not in the samples of the last ten minutes before the newest one */

static struct cluster *find(struct manager *m, struct query *q)
{
    struct cluster *c = q->id ? fleet_find(&m->fleet, q->id) : NULL;
    if (!c)
        err_set(&q->e, ERR_NOT_FOUND, "there is no cluster \"%.64s\"", str_or_empty(q->id));
    return c;
}

static void write_node(void *arg, const char *body)
{
    struct query *q = arg;
    json_w_raw(q->w, NULL, body, strlen(body));
}

int query_nodes(struct manager *m, struct query *q)
{
    const struct cluster *c = find(m, q);
    int64_t newest;
    if (!c)
        return 404;
    json_w_object(q->w, NULL);
    json_w_array(q->w, "items");
    if (samples_newest(m->db, c->n, &newest, &q->e) || nodes_list(m->db, c->n, newest - NODE_GONE_MS, write_node, q, &q->e))
        return 500;
    json_w_end(q->w);
    json_w_end(q->w);
    return 200;
}

static const struct series {
    const char *name, *unit;
    size_t offset;                /* in struct sample_point */
    bool of_nodes;
} series[] = {
    { "cpu", "millicores", offsetof(struct sample_point, cpu), true },
    { "memory", "bytes", offsetof(struct sample_point, memory), true },
    { "pods", "count", offsetof(struct sample_point, pods), true },
    { "restarts", "count", offsetof(struct sample_point, restarts), false },
};

struct points {
    struct sample_point items[POINTS_MAX + 1];
    size_t count;
};

static void collect(void *arg, const struct sample_point *p)
{
    struct points *points = arg;
    if (points->count < COUNT(points->items))
        points->items[points->count++] = *p;
}

/* Is name in the list "cpu,memory"?  No list: everything. */
static bool is_wanted(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (; list && *list; list += list[strcspn(list, ",")] ? strcspn(list, ",") + 1 : strcspn(list, ","))
        if (strcspn(list, ",") == size && memcmp(list, name, size) == 0)
            return true;
    return !list;
}

static void begin_series(struct query *q, const char *name, const char *node, const char *unit)
{
    json_w_object(q->w, NULL);
    json_w_str(q->w, "series", name);
    json_w_str(q->w, "node", node);
    json_w_str(q->w, "unit", unit);
    json_w_array(q->w, "points");
}

static void write_point(struct query *q, int64_t at, int64_t value)
{
    json_w_array(q->w, NULL);
    json_w_int(q->w, NULL, at);
    if (value == WIRE_ABSENT)
        json_w_null(q->w, NULL);
    else
        json_w_int(q->w, NULL, value);
    json_w_end(q->w);
}

static void end_series(struct query *q)
{
    json_w_end(q->w);
    json_w_end(q->w);
}

static int write_events(struct manager *m, struct query *q, const struct cluster *c, int64_t since, int64_t until)
{
    static struct event_bucket buckets[POINTS_MAX];
    struct event_filter filter = { .cluster = c->n, .type = -1, .since = since - since % 60000 };
    int64_t minutes = (until - filter.since) / 60000 + 1;
    int64_t step_ms = (minutes + POINTS_MAX - 1) / POINTS_MAX * 60000;
    size_t count = (size_t)((until - filter.since) / step_ms + 1);
    int64_t counted_since;
    if (events_histogram(m->db, &filter, step_ms, buckets, count, &counted_since, &q->e))
        return -1;
    begin_series(q, "events", NULL, "count");
    for (size_t i = 0; i < count; i++) {
        int64_t total = 0;
        for (int s = 0; s < EVENT_SEVERITIES; s++)
            total += buckets[i].by_severity[s];
        write_point(q, filter.since + step_ms * (int64_t)i, total);
    }
    end_series(q);
    return 0;
}

static void write_samples(struct query *q, const struct points *points, const char *wanted, const char *node)
{
    for (size_t k = 0; k < COUNT(series); k++) {
        if (!is_wanted(wanted, series[k].name) || (node && !series[k].of_nodes))
            continue;
        begin_series(q, series[k].name, node, series[k].unit);
        for (size_t i = 0; i < points->count; i++) {
            int64_t value;
            memcpy(&value, (const char *)&points->items[i] + series[k].offset, sizeof value);
            write_point(q, points->items[i].at, value);
        }
        end_series(q);
    }
}

int query_metrics(struct manager *m, struct query *q)
{
    const struct cluster *c = find(m, q);
    const char *wanted = params_str(q->params, "series"), *node = params_str(q->params, "node");
    int64_t since, until, now = manager_wall(m);
    if (!c)
        return 404;
    if (params_time(q->params, "until", now, now, &until, &q->e) || params_time(q->params, "since", until - HOUR_MS, now, &since, &q->e))
        return 400;
    if (since >= until) {
        err_set(&q->e, ERR_INVALID, "since must lie before until");
        return 400;
    }
    struct points *points = ARENA_NEW(&m->scratch, struct points);
    if (samples_list(m->db, c->n, node, since, until, POINTS_MAX, collect, points, &q->e))
        return 500;
    json_w_object(q->w, NULL);
    json_w_array(q->w, "items");
    write_samples(q, points, wanted, node);
    if (!node && is_wanted(wanted, "events") && write_events(m, q, c, since, until))
        return 500;
    json_w_end(q->w);
    json_w_end(q->w);
    return 200;
}
