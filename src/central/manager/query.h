/* What the gateway asks for its routes: one handler for each word of `what` (docs/services.md). */
#pragma once

#include "base/json.h"
#include "central/manager/manager.h"

struct query {
    const char *id;               /* NULL when the route has none           */
    const json *params;
    struct json_w *w;             /* takes the body; the handler writes it all */
    struct err e;                 /* for a status above 299                 */
};

/* Handlers return the status; of queries.c's table. */
int query_clusters(struct manager *m, struct query *q);
int query_cluster(struct manager *m, struct query *q);
int query_agents(struct manager *m, struct query *q);
int query_agent(struct manager *m, struct query *q);
int query_nodes(struct manager *m, struct query *q);
int query_metrics(struct manager *m, struct query *q);
int query_events(struct manager *m, struct query *q);
int query_event(struct manager *m, struct query *q);
int query_histogram(struct manager *m, struct query *q);
int query_gaps(struct manager *m, struct query *q);
int query_commands(struct manager *m, struct query *q);
int query_command(struct manager *m, struct query *q);
int query_edge(struct manager *m, struct query *q);

/* The cluster that a filter names: 0 when none is named, -1 when nothing can match because there is no such cluster. */
int64_t query_cluster_filter(const struct manager *m, const struct query *q);

/* Handler of the subject manager.query. */
void query_answer(struct service_context *c, const struct bus_message *message, json *payload);
