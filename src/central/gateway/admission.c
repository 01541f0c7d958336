/* A person's word on a cluster that waits for admission: POST /api/v1/clusters/{id}/accept and …/refuse. */
#include "base/str.h"
#include "central/gateway/ask.h"

#define REASON_SIZE 301

static void on_decided(void *arg, struct ask_answer *answer)
{
    ask_pass(arg, answer);
}

/* The body is optional: {"reason": "…"}, which people see beside a refused cluster. False: answered. */
static bool read_reason(struct http_exchange *x, char reason[REASON_SIZE])
{
    struct err e;
    size_t size;
    const char *body = http_body(x, &size);
    reason[0] = '\0';
    if (size == 0)
        return true;
    AUTO_JSON struct json_doc *doc = json_parse(body, size, &json_wire_limits, &e);
    const json *value = json_get(json_root(doc), "reason");
    if (!doc || !json_is_object(json_root(doc)))
        http_reply_problem(x, 400, "%s", doc ? "the body must be an object" : e.text);
    else if (value && (!json_str(value) || str_copy(reason, REASON_SIZE, json_str(value))))
        http_reply_problem(x, 422, "reason must be a text of at most %d bytes", REASON_SIZE - 1);
    else
        return true;
    return false;
}

static void decide(struct gateway *g, struct http_exchange *x, const char *decision)
{
    size_t size;
    char reason[REASON_SIZE];
    if (!read_reason(x, reason))
        return;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "cluster_id", route_value(x, "id"));
    json_w_str(w, "decision", decision);
    if (reason[0])
        json_w_str(w, "reason", reason);
    AUTO_FREE char *payload = json_w_take(w, &size);
    ask(g, "manager.admit", payload, size, on_decided, x);
}

void admission_accept(void *gateway, struct http_exchange *x)
{
    decide(gateway, x, "accept");
}

void admission_refuse(void *gateway, struct http_exchange *x)
{
    decide(gateway, x, "refuse");
}
