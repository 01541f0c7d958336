/* How this central is: for people (/api/v1/status) and for probes (/health/live, /health/ready). */
#include "base/clock.h"
#include "base/str.h"
#include "central/gateway/ask.h"
#include "central/registry.h"

#define BUSY_MS  5000      /* a service that did not turn its loop for so long is in a long handler  */
#define STUCK_MS 60000     /* for so long: it hangs, central is not ready                            */
#define DEAD_MS  180000    /* for so long: only a restart helps                                      */

#define EDGE "{\"what\":\"edge\"}"
#define KEY  "{\"what\":\"key\"}"

static const char *state_of(const struct registry_entry *s, int64_t now_ms)
{
    int64_t silence_ms = now_ms - s->at_ms;
    return silence_ms < BUSY_MS ? "running" : silence_ms < STUCK_MS ? "busy" : "stuck";
}

static void write_services(struct json_w *w, int64_t now_ms)
{
    struct registry_entry services[REGISTRY_MAX];
    size_t count = registry_list(services);
    json_w_array(w, "services");
    for (size_t i = 0; i < count; i++) {
        const struct registry_entry *s = &services[i];
        json_w_object(w, NULL);
        json_w_str(w, "name", s->name);
        json_w_str(w, "state", state_of(s, now_ms));
        json_w_int(w, "mailbox", (int64_t)s->mailbox);
        json_w_int(w, "handled", (int64_t)s->handled);
        json_w_int(w, "errors", (int64_t)s->errors);
        json_w_int(w, "refused", (int64_t)s->refused);
        json_w_end(w);
    }
    json_w_end(w);
}

/* What the manager and execution did not tell is left out. */
static void show(struct gateway *g, struct http_exchange *x, struct ask_answer answers[2])
{
    const struct central_options *o = g->c->options;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "version", AETHERIUS_VERSION);
    json_w_time(w, "started_at", g->started_at);
    json_w_time(w, "now", loop_wall_ms(g->c->loop));
    write_services(w, loop_now_ms(g->c->loop));
    if (answers[0].status < 400)
        json_w_copy(w, "edge", answers[0].body);
    if (answers[1].status < 400)
        json_w_copy(w, "command_key", json_get(answers[1].body, "command_key"));
    json_w_str(w, "login", "none");
    json_w_bool(w, "insecure", !central_is_local(o));
    json_w_str(w, "admission", o->admission ? "manual" : "auto");
    if (o->model_url[0])
        json_w_str(w, "model", o->model_name);
    else
        json_w_null(w, "model");
    json_w_end(w);
    http_reply_json(x, 200, w);
}

void status_show(void *gateway, struct http_exchange *x)
{
    ask_both(gateway, x, &(struct ask_pair){ .subject = { "manager.query", "execution.query" }, .payload = { EDGE, KEY } }, show);
}

/* ---- probes ---- */

static void write_silent(struct json_w *w, int64_t now_ms, int64_t limit_ms, int *count)
{
    struct registry_entry services[REGISTRY_MAX];
    size_t n = registry_list(services);
    for (size_t i = 0; i < n; i++) {
        if (now_ms - services[i].at_ms < limit_ms)
            continue;
        AUTO_FREE char *text = str_printf("%s has not turned its loop for %lld s", services[i].name, (long long)(now_ms - services[i].at_ms) / 1000);
        json_w_str(w, NULL, text);
        ++*count;
    }
}

/* w: the object's reasons have been written; their number decides. */
static void reply_health(struct http_exchange *x, struct json_w *w, int reasons)
{
    json_w_end(w);
    json_w_str(w, "status", reasons ? "unavailable" : "ok");
    json_w_end(w);
    http_reply_json(x, reasons ? 503 : 200, w);
}

void status_live(void *gateway, struct http_exchange *x)
{
    struct gateway *g = gateway;
    int reasons = 0;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_array(w, "reasons");
    write_silent(w, loop_now_ms(g->c->loop), DEAD_MS, &reasons);
    reply_health(x, w, reasons);
}

struct probe {
    struct gateway *g;
    struct http_exchange *x;
};

/* Ready: the services turn, the manager answers, and agents can reach it. */
static void on_edge(void *arg, struct ask_answer *answer)
{
    struct probe *p = arg;
    int reasons = 0;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_array(w, "reasons");
    write_silent(w, loop_now_ms(p->g->c->loop), STUCK_MS, &reasons);
    if (answer->status >= 400) {
        AUTO_FREE char *text = str_printf("the manager does not answer: %s", answer->detail);
        json_w_str(w, NULL, text);
        reasons++;
    } else if (!json_get_bool(answer->body, "connected", false)) {
        const char *endpoint = json_get_str(answer->body, "endpoint");
        AUTO_FREE char *text = str_printf("not connected to the NATS that agents reach%s%s", endpoint ? ": " : "", str_or_empty(endpoint));
        json_w_str(w, NULL, text);
        reasons++;
    }
    reply_health(p->x, w, reasons);
    free(p);
}

void status_ready(void *gateway, struct http_exchange *x)
{
    struct probe *p = mem_alloc(sizeof *p);
    *p = (struct probe){ .g = gateway, .x = x };
    ask(gateway, "manager.query", EDGE, sizeof EDGE - 1, on_edge, p);
}
