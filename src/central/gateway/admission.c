/* A person's word on a cluster that waits for admission: POST /api/v1/clusters/{id}/accept and …/refuse. */
#include "base/str.h"
#include "central/gateway/ask.h"

static void on_decided(void *arg, struct ask_answer *answer)
{
    ask_pass(arg, answer);
}

static void decide(struct gateway *g, struct http_exchange *x, const char *decision)
{
    size_t size;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "cluster_id", route_value(x, "id"));
    json_w_str(w, "decision", decision);
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
