/* The routes of docs/http.md, one row each.  Rows that only ask one service carry their question. */
#include "base/str.h"
#include "central/gateway/ask.h"
#include "central/gateway/stream.h"

static void show_openapi(void *gateway, struct http_exchange *x)
{
    const struct gateway *g = gateway;
    http_reply(x, 200, "application/json", g->openapi, g->openapi_size);
}

#define PAGE                                                                        \
    { "limit", "Most items; the rest is behind next." },                            \
    { "cursor", "next of the page before." }

#define EVENT_FILTERS                                                               \
    { "cluster_id", "Of this cluster." },                                           \
    { "namespace", "In this namespace." },                                          \
    { "kind", "About an object of this kind." },                                    \
    { "name", "About the object of this name." },                                   \
    { "reason", "With this reason." },                                              \
    { "severity", "Of this severity; several with commas." },                                            \
    { "type", "k8s_event or k8s_state." },                                          \
    { "since", "Not before: RFC 3339, or how long ago (15m)." },                                                     \
    { "until", "Before: RFC 3339, or how long ago." },                                                         \
    { "q", "With these words in the message." },                                    \
    { "incident_id", "That belong to this incident." }

static const struct route_param page_params[] = { PAGE };
static const struct route_param event_params[] = { EVENT_FILTERS, PAGE };
static const struct route_param histogram_params[] = { EVENT_FILTERS, { "buckets", "How many steps." } };
static const struct route_param gap_params[] = { { "cluster_id", "Of this cluster." }, PAGE };
static const struct route_param command_params[] = { { "cluster_id", "To this cluster." }, { "incident_id", "For this incident." }, PAGE };
static const struct route_param incident_params[] = {
    { "cluster_id", "Of this cluster." },
    { "state", "Without it: open ones, and those closed in the last 24 h." },
    { "code", "With this cause." },
    { "family", "With a cause of this family." },
    { "namespace", "In this namespace." },
    { "severity", "Of this severity; several with commas." },
    { "since", "Opened not before: RFC 3339, or how long ago (2h)." },
    { "q", "With these words in the title." },
    PAGE,
};
static const struct route_param report_params[] = { { "format", "md when absent." }, { "lang", "en when absent." } };
static const struct route_param knowledge_params[] = { { "q", "Words, in either language." }, { "lang", "The reader's." }, PAGE };
static const struct route_param metric_params[] = {
    { "series", "With commas: cpu, memory, restarts, events, pods." },
    { "node", "Of this node." },
    { "since", "Not before: RFC 3339, or how long ago (15m)." },
    { "until", "Before: RFC 3339, or how long ago." },
};
static const struct route_param stream_params[] = { { "kinds", "With commas: event, incident, cluster, command, gap. All when absent." } };

#define PARAMS(table)       .params = table, .n_params = COUNT(table)
#define ASKS(service, name) .handler = ask_and_pass, .detail = &(const struct question){ .subject = service ".query", .what = name }

const struct route gateway_routes[] = {
    { "GET", "/agents", ASKS("manager", "agents"), .tag = "agents", .answer = "Agent[]", .summary = "All agents, in the older shape." },
    { "GET", "/agents/{id}", ASKS("manager", "agent"), .tag = "agents", .answer = "Agent", .summary = "One agent, in the older shape." },
    { "POST", "/agents/{id}/commands", commands_post, .tag = "commands", .answer = "CommandAccepted", .success = 202, .body = "CommandRequest", .summary = "Sends a command to a cluster." },

    { "GET", "/api/v1/commands", ASKS("manager", "commands"), .tag = "commands", .answer = "[Command]", .summary = "Commands, newest first.", PARAMS(command_params) },
    { "GET", "/api/v1/commands/{id}", ASKS("manager", "command"), .tag = "commands", .answer = "Command", .summary = "A command, and its result once there is one." },
    { "GET", "/api/v1/clusters", clusters_list, .tag = "clusters", .answer = "[Cluster]", .summary = "All clusters.", PARAMS(page_params) },
    { "GET", "/api/v1/clusters/{id}", clusters_one, .tag = "clusters", .answer = "Cluster", .summary = "One cluster." },
    { "POST", "/api/v1/clusters/{id}/accept", admission_accept, .tag = "clusters", .answer = "Cluster", .body = "Decision?", .summary = "Accepts a cluster that waits for admission." },
    { "POST", "/api/v1/clusters/{id}/refuse", admission_refuse, .tag = "clusters", .answer = "Cluster", .body = "Decision?", .summary = "Refuses a cluster, also one that was accepted." },
    { "GET", "/api/v1/clusters/{id}/nodes", ASKS("manager", "nodes"), .tag = "clusters", .answer = "NodeList", .summary = "Its nodes, as last sampled." },
    { "GET", "/api/v1/events", ASKS("manager", "events"), .tag = "events", .answer = "[Event]", .summary = "Stored events, newest first.", PARAMS(event_params) },
    { "GET", "/api/v1/events/histogram", ASKS("manager", "histogram"), .tag = "events", .answer = "Histogram", .summary = "How many events, over time.", PARAMS(histogram_params) },
    { "GET", "/api/v1/events/{id}", ASKS("manager", "event"), .tag = "events", .answer = "Event", .summary = "One event with its raw data." },
    { "GET", "/api/v1/gaps", ASKS("manager", "gaps"), .tag = "events", .answer = "[Gap]", .summary = "What was not seen, and why.", PARAMS(gap_params) },
    { "GET", "/api/v1/incidents", ASKS("orchestrator", "incidents"), .tag = "incidents", .answer = "[Incident]", .summary = "Incidents, newest first.", PARAMS(incident_params) },
    { "GET", "/api/v1/incidents/{id}", ASKS("orchestrator", "incident"), .tag = "incidents", .answer = "IncidentDetail", .summary = "One incident with all that is known of it." },
    { "GET", "/api/v1/incidents/{id}/report", reports_show, .tag = "incidents", .answer = "text/markdown text/html application/json",
      .summary = "Its report.", PARAMS(report_params) },
    { "POST", "/api/v1/incidents/{id}/diagnose", ASKS("orchestrator", "look-again"), .tag = "incidents", .answer = "Looking", .success = 202, .summary = "Looks again now." },
    { "GET", "/api/v1/knowledge", ASKS("knowledge", "search"), .tag = "knowledge", .answer = "[Knowledge]", .summary = "Searches the knowledge base.", PARAMS(knowledge_params) },
    { "GET", "/api/v1/knowledge/{id}", ASKS("knowledge", "entry"), .tag = "knowledge", .answer = "Knowledge", .summary = "One entry." },
    { "GET", "/api/v1/metrics/{id}", ASKS("manager", "metrics"), .tag = "clusters", .answer = "SeriesList", .summary = "Series of a cluster.", PARAMS(metric_params) },
    { "GET", "/api/v1/stream", stream_open, .tag = "stream", .answer = "text/event-stream", .summary = "Items as they come, as server-sent events.", PARAMS(stream_params) },
    { "GET", "/api/v1/status", status_show, .tag = "central", .answer = "Status", .summary = "How this central is." },

    { "GET", "/health/live", status_live, .tag = "central", .answer = "Health", .summary = "503: only a restart helps." },
    { "GET", "/health/ready", status_ready, .tag = "central", .answer = "Health", .summary = "503: agents or services cannot be reached." },
    { "GET", "/openapi.json", show_openapi, .tag = "central", .answer = "application/json", .summary = "This document." },
};
const size_t gateway_routes_count = COUNT(gateway_routes);
