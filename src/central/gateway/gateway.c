/* The service's row: both listeners, and what every request meets first. */
#include "central/gateway/gateway.h"

#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "central/gateway/ask.h"
#include "central/gateway/guard.h"
#include "central/gateway/openapi.h"
#include "central/gateway/site.h"
#include "central/gateway/stream.h"

static const struct http_limits limits = {
    .body_max = 64u << 10, .header_max = 16u << 10, .connections_max = 1024, .per_address_max = 256, .idle_ms = 30000,
};
static const struct http_limits metrics_limits = {
    .body_max = 1024, .header_max = 8u << 10, .connections_max = 16, .per_address_max = 16, .idle_ms = 10000,
};

static struct metric metrics[] = {
    { "aetherius_http_requests_total", METRIC_COUNTER, "method", "Requests to the gateway.", NULL },
};
METRIC_DECLARE(metrics);

/* Methods as label values: a client can send any word. */
static const char *method_label(const char *method)
{
    static const char *const known[] = { "GET", "HEAD", "POST", "OPTIONS" };
    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(known[i], method))
            return known[i];
    return "other";
}

static void serve(void *arg, struct http_exchange *x)
{
    struct gateway *g = arg;
    const char *method = http_method(x);
    metric_add(&metrics[0], method_label(method), 1);
    guard_headers(x);
    if (!guard_pass(g->c->options, x))
        return;
    bool reads = str_eq(method, "GET") || str_eq(method, "HEAD");
    if (!reads || !site_serve(x))
        route_dispatch(gateway_routes, gateway_routes_count, g, x);
}

static void show_metrics(void *arg, struct http_exchange *x)
{
    (void)arg;
    AUTO_BUF struct buf text = { 0 };
    metric_print(&text);
    http_reply(x, 200, METRIC_CONTENT_TYPE, buf_text(&text), text.size);
}

static const struct route metrics_routes[] = {
    { .method = "GET", .pattern = "/metrics", .handler = show_metrics },
};

static void serve_metrics(void *arg, struct http_exchange *x)
{
    route_dispatch(metrics_routes, COUNT(metrics_routes), arg, x);
}

static int listen_on(struct gateway *g, struct err *e)
{
    const struct central_options *o = g->c->options;
    if (o->http_listen[0]) {
        g->server = http_server_new(g->c->loop, o->http_listen, &limits, NULL, serve, g, e);
        if (!g->server)
            return err_wrap(e, "http_listen");
        log_info("serving HTTP", "listen=%s port=%d", o->http_listen, http_server_port(g->server));
    }
    if (o->metrics_listen[0]) {
        g->metrics = http_server_new(g->c->loop, o->metrics_listen, &metrics_limits, NULL, serve_metrics, g, e);
        if (!g->metrics)
            return err_wrap(e, "metrics_listen");
    }
    if (!central_is_local(o))
        log_warn("anybody who reaches the port reads and commands", "http_listen=%s why=\"insecure_no_login is set\"", o->http_listen);
    return 0;
}

static void gateway_close(struct service_context *c)
{
    struct gateway *g = c->state;
    ask_cancel_all(g);
    http_server_free(g->server);
    http_server_free(g->metrics);
    stream_free(g->stream);
    free(g->openapi);
    free(g);
}

static int gateway_open(struct service_context *c, struct err *e)
{
    struct gateway *g = mem_alloc(sizeof *g);
    *g = (struct gateway){ .c = c, .started_at = loop_wall_ms(c->loop) };
    c->state = g;
    metric_register(metrics, COUNT(metrics));
    g->stream = stream_new(g);
    g->openapi = openapi_text(gateway_routes, gateway_routes_count, &g->openapi_size);
    if (listen_on(g, e) == 0)
        return 0;
    gateway_close(c);
    return -1;
}

static void gateway_tick(struct service_context *c)
{
    stream_comment(((struct gateway *)c->state)->stream);
}

/* Subject "stream.event": an item for everybody who follows. */
static void on_stream(struct service_context *c, const struct bus_message *m, json *payload)
{
    stream_publish(((struct gateway *)c->state)->stream, m->subject + strlen("stream."), payload);
}

static const struct service_subject subjects[] = {
    { "stream.*", NULL, on_stream },
};

const struct service gateway_service = {
    .name = "gateway",
    .subjects = subjects,
    .n_subjects = COUNT(subjects),
    .open = gateway_open,
    .tick = gateway_tick,
    .tick_ms = STREAM_COMMENT_MS,
    .close = gateway_close,
};
