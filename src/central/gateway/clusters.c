/* Clusters as the manager knows them, with the open incidents that the orchestrator counts. */
#include "central/gateway/ask.h"

#include <string.h>

#include "base/str.h"

#define COUNTS "{\"what\":\"counts\"}"

static const struct question list = { "manager.query", "clusters" };
static const struct question one = { "manager.query", "cluster" };

static const json *counts_of(const json *counts, const char *cluster_id)
{
    for (struct json_iter i = json_iter(json_get(counts, "items")); json_next(&i);)
        if (str_eq(json_get_str(i.value, "cluster_id"), cluster_id))
            return i.value;
    return NULL;
}

/* A cluster that the orchestrator does not name has no open incident. */
static void write_cluster(struct json_w *w, const json *cluster, const json *counts)
{
    const json *mine = counts_of(counts, json_get_str(cluster, "cluster_id"));
    json_w_object(w, NULL);
    for (struct json_iter i = json_iter(cluster); json_next(&i);)
        json_w_copy(w, i.key, i.value);
    json_w_int(w, "open_incidents", json_get_int(mine, "open_incidents", 0));
    json_w_str(w, "worst_severity", json_get_str(mine, "worst_severity"));
    json_w_end(w);
}

static void finish_list(struct gateway *g, struct http_exchange *x, struct ask_answer answers[2])
{
    (void)g;
    const json *page = answers[0].body;
    if (answers[0].status >= 400 || answers[1].status >= 400) {    /* without counts the clusters are shown all the same: the numbers are left out */
        ask_pass(x, &answers[0]);
        return;
    }
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_array(w, "items");
    for (struct json_iter i = json_iter(json_get(page, "items")); json_next(&i);)
        write_cluster(w, i.value, answers[1].body);
    json_w_end(w);
    json_w_str(w, "next", str_or_empty(json_get_str(page, "next")));
    json_w_end(w);
    http_reply_json(x, answers[0].status, w);
}

static void finish_one(struct gateway *g, struct http_exchange *x, struct ask_answer answers[2])
{
    (void)g;
    if (answers[0].status >= 400 || answers[1].status >= 400) {
        ask_pass(x, &answers[0]);
        return;
    }
    AUTO_JSON_W struct json_w *w = json_w_new();
    write_cluster(w, answers[0].body, answers[1].body);
    http_reply_json(x, answers[0].status, w);
}

static void join(struct gateway *g, struct http_exchange *x, const struct question *q, ask_both_done finish)
{
    size_t size;
    AUTO_FREE char *payload = ask_payload(q, x, &size);
    if (payload)
        ask_both(g, x, &(struct ask_pair){ .subject = { q->subject, "orchestrator.query" }, .payload = { payload, COUNTS } }, finish);
}

void clusters_list(void *gateway, struct http_exchange *x)
{
    join(gateway, x, &list, finish_list);
}

void clusters_one(void *gateway, struct http_exchange *x)
{
    join(gateway, x, &one, finish_one);
}
