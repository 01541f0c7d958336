#include "agent/health.h"

#include <stdlib.h>

#include "base/metric.h"
#include "http/router.h"

struct health {
    struct loop *loop;
    struct health_owner owner;
    struct http_server *probes, *scrapes;
};

static void live(void *arg, struct http_exchange *x)
{
    struct health *h = arg;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "status", "live");
    json_w_int(w, "turns", (int64_t)loop_turns(h->loop));
    json_w_end(w);
    http_reply_json(x, 200, w);
}

static void ready(void *arg, struct http_exchange *x)
{
    struct health *h = arg;
    const char *why = h->owner.not_ready(h->owner.arg);
    if (why) {
        http_reply_problem(x, 503, "%s", why);
        return;
    }
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    const char *holder = h->owner.stands_by_for(h->owner.arg);
    json_w_str(w, "status", holder ? "standby" : "ready");
    json_w_str(w, "holder", holder);
    json_w_end(w);
    http_reply_json(x, 200, w);
}

static void metrics(void *arg, struct http_exchange *x)
{
    struct health *h = arg;
    struct buf AUTO_BUF out = { 0 };
    h->owner.refresh(h->owner.arg);
    metric_print(&out);
    http_reply(x, 200, METRIC_CONTENT_TYPE, out.data, out.size);
}

static const struct route probe_routes[] = {
    { "GET", "/health/live", live, "Does the agent's loop turn?", "health" },
    { "GET", "/health/ready", ready, "Does the API server answer, and does the spool take records?", "health" },
};
static const struct route scrape_routes[] = {
    { "GET", "/metrics", metrics, "OpenMetrics of this process.", "health" },
};

static void on_probe(void *arg, struct http_exchange *x)
{
    route_dispatch(probe_routes, COUNT(probe_routes), arg, x);
}

static void on_scrape(void *arg, struct http_exchange *x)
{
    route_dispatch(scrape_routes, COUNT(scrape_routes), arg, x);
}

/* Few connections, small requests: nothing here is for the public. */
static int listen_at(struct health *h, const char *where, const char *option, http_handler handler, struct http_server **out, struct err *e)
{
    static const struct http_limits limits = { .body_max = 1024, .header_max = 8192, .connections_max = 32, .per_address_max = 16, .idle_ms = 10000 };
    if (!where[0])
        return 0;
    *out = http_server_new(h->loop, where, &limits, NULL, handler, h, e);
    return *out ? 0 : err_wrap(e, "%s", option);
}

struct health *health_new(struct loop *l, const struct agent_options *options, const struct health_owner *owner, struct err *e)
{
    struct health *h = mem_alloc(sizeof *h);
    *h = (struct health){ .loop = l, .owner = *owner };
    if (listen_at(h, options->health_listen, "health_listen", on_probe, &h->probes, e) ||
        listen_at(h, options->metrics_listen, "metrics_listen", on_scrape, &h->scrapes, e)) {
        health_free(h);
        return NULL;
    }
    return h;
}

void health_free(struct health *h)
{
    if (!h)
        return;
    if (h->probes)
        http_server_free(h->probes);
    if (h->scrapes)
        http_server_free(h->scrapes);
    free(h);
}
