/* The shapes that the interface answers with (docs/http.md), row by row. */
#include "base/str.h"
#include "central/gateway/schema.h"

#define SEVERITY "critical|high|medium|low|info"

static const struct schema_field problem[] = {
    { "type", "string", NULL },
    { "title", "string", "The status in words." },
    { "status", "int", NULL },
    { "detail", "string", "What was wrong, and what to do." },
};

static const struct schema_field agent_info[] = {
    { "cluster_id", "string", NULL }, { "version", "string", NULL }, { "start_time", "time", NULL }, { "capabilities", "[string]", NULL },
};

static const struct schema_field agent[] = {
    { "cluster_id", "string", NULL },
    { "info", "AgentInfo", NULL },
    { "status", "string", "Central's view of the connection." },
    { "health", "string", "What the agent says of itself." },
    { "last_heartbeat", "time", NULL },
    { "registered_at", "time", NULL },
    { "event_count", "int", NULL },
    { "metrics_count", "int", NULL },
    { "command_count", "int", NULL },
};

static const struct schema_field command_request[] = {
    { "type", "string", "diagnostic, which reads only, or remediation." },
    { "tool", "string", "kubectl, evidence, net or agent." },
    { "action", "string", "Of kubectl the verb." },
    { "args", "[string]", "At most 32 of 256 bytes." },
    { "timeout", "string", "A duration such as 30s." },
};

static const struct schema_field decision[] = {
    { "reason", "string", "At most 300 bytes; people see it beside a refused cluster." },
};

static const struct schema_field command_accepted[] = {
    { "command_id", "string", "Also in Location: /api/v1/commands/ID." },
};

static const struct schema_field command_result[] = {
    { "schema", "int", NULL },
    { "command_id", "string", NULL },
    { "cluster_id", "string", NULL },
    { "status", "string", NULL },
    { "output", "string", NULL },
    { "error", "string", NULL },
    { "reason", "string", "A machine's word: forbidden, not_found, grammar, busy …" },
    { "exit_code", "int", NULL },
    { "duration", "string", NULL },
    { "timestamp", "time", NULL },
    { "started_at", "time", NULL },
    { "truncated", "bool", NULL },
    { "total_bytes", "int", NULL },
    { "redactions", "int", "Secrets that were taken out." },
    { "sha256", "string", "Of the whole output." },
};

static const struct schema_field command[] = {
    { "id", "string", NULL },
    { "cluster_id", "string", NULL },
    { "type", "string", NULL },
    { "tool", "string", NULL },
    { "action", "string", NULL },
    { "args", "[string]", NULL },
    { "timeout", "string", NULL },
    { "issuer", "string", NULL },
    { "incident_id", "string", NULL },
    { "task_id", "string", NULL },
    { "state", "queued|sent|accepted|running|success|failed|timeout|rejected|expired|cancelled|interrupted", NULL },
    { "created_at", "time", NULL },
    { "expires_at", "time", NULL },
    { "sent_at", "time", NULL },
    { "finished_at", "time", NULL },
    { "result", "CommandResult", NULL },
};

static const struct schema_field denied[] = {
    { "capability", "string", NULL }, { "verb", "string", NULL }, { "resource", "string", NULL }, { "costs", "[string]", "Codes that cannot be told without it." },
};

static const struct schema_field spool[] = {
    { "records", "int", NULL }, { "bytes", "int", NULL }, { "oldest_ms", "int", NULL }, { "dropped", "int", NULL },
};

static const struct schema_field watermark[] = {
    { "epoch", "int", NULL }, { "seq", "int", NULL },
};

static const struct schema_field cluster[] = {
    { "cluster_id", "string", NULL },
    { "cluster_name", "string", NULL },
    { "cluster_uid", "string", NULL },
    { "state", "online|degraded|offline|pending|refused", "Central's own view." },
    { "state_since", "time", NULL },
    { "state_reason", "string", NULL },
    { "health", "healthy|degraded|unhealthy|unknown", "What the agent says of itself." },
    { "health_reasons", "[string]", NULL },
    { "version", "string", "Of the agent." },
    { "kubernetes_version", "string", NULL },
    { "nodes", "int", NULL },
    { "labels", "object", NULL },
    { "capabilities", "[string]", NULL },
    { "capabilities_denied", "[DeniedCapability]", "What RBAC refuses the agent." },
    { "instance", "string", NULL },
    { "epoch", "int", NULL },
    { "watch_age_ms", "int", "Since the event watch last proved alive." },
    { "spool", "Spool", NULL },
    { "clock_offset_ms", "int", NULL },
    { "watermark", "Watermark", "Everything up to here is stored." },
    { "events_total", "int", NULL },
    { "events_per_second", "number", NULL },
    { "metrics_total", "int", NULL },
    { "commands_total", "int", NULL },
    { "gaps_total", "int", NULL },
    { "dead_letters", "int", NULL },
    { "open_incidents", "int", "Absent while the orchestrator does not answer." },
    { "worst_severity", SEVERITY, "Of the open incidents." },
    { "last_seen", "time", NULL },
    { "registered_at", "time", NULL },
    { "started_at", "time", NULL },
    { "settings", "object", NULL },
};

static const struct schema_field condition[] = {
    { "type", "string", NULL }, { "status", "string", NULL }, { "reason", "string", NULL },
};

static const struct schema_field node[] = {
    { "name", "string", NULL },
    { "ready", "bool", NULL },
    { "conditions", "[Condition]", NULL },
    { "unschedulable", "bool", NULL },
    { "cpu_millicores", "int", NULL },
    { "cpu_allocatable", "int", NULL },
    { "memory_bytes", "int", NULL },
    { "memory_allocatable", "int", NULL },
    { "pods", "int", NULL },
    { "pods_allocatable", "int", NULL },
    { "kubelet_version", "string", NULL },
    { "sampled_at", "time", NULL },
};

static const struct schema_field node_list[] = {
    { "items", "[Node]", NULL },
};

static const struct schema_field involved[] = {
    { "kind", "string", NULL }, { "namespace", "string", NULL }, { "name", "string", NULL }, { "uid", "string", NULL }, { "api_version", "string", NULL }, { "field_path", "string", NULL },
};

static const struct schema_field owner[] = {
    { "kind", "string", NULL }, { "name", "string", NULL },
};

static const struct schema_field event[] = {
    { "schema", "int", NULL },
    { "id", "string", NULL },
    { "cluster_id", "string", NULL },
    { "type", "string", "k8s_event or k8s_state." },
    { "source", "string", NULL },
    { "namespace", "string", NULL },
    { "severity", SEVERITY, NULL },
    { "message", "string", "As the cluster said it: data, never markup." },
    { "timestamp", "time", NULL },
    { "reported_at", "time", NULL },
    { "stored_at", "time", NULL },
    { "labels", "object", NULL },
    { "uid", "string", NULL },
    { "resource_version", "string", NULL },
    { "reason", "string", NULL },
    { "event_type", "string", "Kubernetes' own: Normal or Warning." },
    { "recovery", "bool", "It tells that something is well again." },
    { "involved", "InvolvedObject", NULL },
    { "owner", "Owner", NULL },
    { "count", "int", NULL },
    { "delta", "int", NULL },
    { "first_seen", "time", NULL },
    { "last_seen", "time", NULL },
    { "component", "string", NULL },
    { "node", "string", NULL },
    { "scope", "string", NULL },
    { "fingerprint", "string", NULL },
    { "epoch", "any", NULL },
    { "seq", "int", NULL },
    { "incident_id", "string", NULL },
    { "raw_data", "any", "Of one event only." },
};

static const struct schema_field bucket[] = {
    { "at", "time", NULL }, { "total", "int", NULL }, { "critical", "int", NULL }, { "high", "int", NULL }, { "medium", "int", NULL }, { "low", "int", NULL }, { "info", "int", NULL },
};

static const struct schema_field histogram[] = {
    { "from", "time", NULL }, { "to", "time", NULL }, { "step_ms", "int", NULL }, { "items", "[HistogramBucket]", NULL },
};

static const struct schema_field gap[] = {
    { "id", "any", NULL },
    { "cluster_id", "string", NULL },
    { "from", "time", NULL },
    { "to", "time", NULL },
    { "cause", "string", "watch_expired, spool_overflow, sequence, agent_restart or dead_letter." },
    { "count", "int", NULL },
    { "recorded_at", "time", NULL },
    { "detail", "string", NULL },
};

static const struct schema_field evidence[] = {
    { "source", "string", NULL }, { "quote", "string", "The literal line." }, { "at", "time", NULL },
};

static const struct schema_field action[] = {
    { "type", "string", NULL }, { "object", "string", NULL }, { "class", "string", "none, ask or ok." }, { "command", "string", NULL }, { "text", "string", NULL }, { "text_zh", "string", NULL },
};

static const struct schema_field root[] = {
    { "code", "string", "Of the catalogue." },
    { "object", "string", "kind/namespace/name of what must be changed." },
    { "confidence", "number", "0 to 1." },
    { "severity", SEVERITY, NULL },
    { "statement", "string", NULL },
    { "statement_zh", "string", NULL },
    { "evidence", "[Evidence]", NULL },
    { "actions", "[Action]", NULL },
};

static const struct schema_field reason[] = {
    { "object", "string", NULL }, { "code", "string", NULL }, { "what", "string", NULL }, { "why", "string", NULL }, { "why_zh", "string", NULL }, { "at", "time", NULL },
    { "text", "string", NULL },   { "text_zh", "string", NULL }, { "costs", "[string]", NULL },
};

static const struct schema_field verdict[] = {
    { "verdict", "fault|healthy|recovered|inconclusive", NULL },
    { "roots", "[Root]", NULL },
    { "victims", "[Reason]", NULL },
    { "ruled_out", "[Reason]", NULL },
    { "not_checked", "[Reason]", NULL },
    { "changes", "[Reason]", NULL },
    { "nodes", "[AffectedNode]", NULL },
    { "edges", "[AffectedEdge]", NULL },
    { "calls", "int", "Calls of the API for the evidence." },
    { "ms", "int", NULL },
};

#define INCIDENT_FIELDS                                                                                          \
    { "id", "string", NULL }, { "cluster_id", "string", NULL }, { "state", "open|closed", NULL },                \
    { "phase", "collecting|diagnosing|reported|closed", NULL }, { "opened_at", "time", NULL },                   \
    { "diagnosed_at", "time", NULL }, { "reported_at", "time", NULL }, { "closed_at", "time", NULL },            \
    { "updated_at", "time", NULL }, { "last_event_at", "time", NULL }, { "title", "string", NULL },              \
    { "title_zh", "string", NULL }, { "key", "string", "What its events are grouped by." },                      \
    { "severity", SEVERITY, NULL }, { "code", "string", NULL }, { "family", "string", NULL },                    \
    { "object", "string", NULL }, { "namespace", "string", NULL }, { "confidence", "number", NULL },             \
    { "victims", "int", NULL }, { "occurrences", "int", NULL }, { "spark", "[int]", "Twelve counts." },          \
    { "verdict", "Verdict", NULL }

static const struct schema_field incident[] = { INCIDENT_FIELDS };

static const struct schema_field incident_detail[] = {
    INCIDENT_FIELDS,
    { "events", "[IncidentEvent]", "The events that it was made from, in short." },
    { "affected", "Affected", NULL },
    { "timeline", "[TimelineEntry]", NULL },
    { "events_left_out", "int", "How many events of the incident neither list holds: those between its beginning and the newest." },
    { "joined", "[Reason]", "What was counted to this incident, and why." },
    { "similar", "[Incident]", NULL },
    { "knowledge", "KnowledgeRef", NULL },
    { "report", "bool", NULL },
    { "not_checked", "[Reason]", NULL },
};

static const struct schema_field incident_event[] = {
    { "id", "string", "Of GET /api/v1/events/{id}." },
    { "cluster_id", "string", NULL },
    { "event_type", "string", NULL },
    { "reason", "string", NULL },
    { "message", "string", NULL },
    { "object", "string", NULL },
    { "timestamp", "time", NULL },
    { "severity", SEVERITY, NULL },
    { "delta", "int", NULL },
    { "recovery", "bool", NULL },
};

static const struct schema_field affected_node[] = {
    { "object", "string", NULL }, { "role", "root|victim|context", NULL }, { "state", "string", NULL }, { "detail", "string", NULL },
};

static const struct schema_field affected_edge[] = {
    { "from", "string", NULL }, { "to", "string", NULL }, { "kind", "string", "owns, runs-on, selects, mounts or references." },
};

static const struct schema_field affected[] = {
    { "nodes", "[AffectedNode]", NULL }, { "edges", "[AffectedEdge]", NULL },
};

static const struct schema_field timeline[] = {
    { "at", "time", NULL }, { "kind", "event|change|step", NULL }, { "severity", SEVERITY, NULL }, { "object", "string", NULL },
    { "text", "string", NULL }, { "text_zh", "string", NULL }, { "ref", "string", NULL },
};

static const struct schema_field looking[] = {
    { "incident_id", "string", NULL },
};

static const struct schema_field report[] = {
    { "incident_id", "string", NULL }, { "written_at", "time", NULL },
};

static const struct schema_field knowledge_ref[] = {
    { "id", "string", NULL }, { "code", "string", NULL },
};

static const struct schema_field knowledge[] = {
    { "id", "string", NULL },
    { "code", "string", NULL },
    { "family", "string", NULL },
    { "source", "string", "catalogue, document or case." },
    { "title", "string", NULL },
    { "title_zh", "string", NULL },
    { "text", "string", "Markdown." },
    { "text_zh", "string", NULL },
    { "score", "number", NULL },
    { "snippet", "string", NULL },
};

static const struct schema_field series[] = {
    { "series", "string", NULL }, { "node", "string", NULL }, { "unit", "string", NULL }, { "points", "[[any]]", "Pairs of milliseconds since 1970 and a value or null." },
};

static const struct schema_field series_list[] = {
    { "items", "[Series]", NULL },
};

static const struct schema_field service[] = {
    { "name", "string", NULL },  { "state", "running|busy|stuck", NULL }, { "mailbox", "int", "Messages waiting." },
    { "handled", "int", NULL },  { "errors", "int", NULL },               { "refused", "int", "Messages refused because the mailbox was full." },
};

static const struct schema_field edge[] = {
    { "endpoint", "string", NULL }, { "connected", "bool", NULL }, { "server_version", "string", NULL }, { "warning", "string", NULL }, { "warning_zh", "string", NULL }, { "jetstream", "bool", NULL },
};

static const struct schema_field status[] = {
    { "version", "string", NULL },
    { "started_at", "time", NULL },
    { "now", "time", NULL },
    { "services", "[ServiceStatus]", "Those of this process." },
    { "edge", "Edge", "The NATS that agents reach." },
    { "command_key", "string", "Base64 of the public key that agents check commands with." },
    { "login", "string", "none." },
    { "insecure", "bool", "Reachable from other machines without a login." },
    { "admission", "auto|manual", NULL },
    { "model", "string", NULL },
};

static const struct schema_field health[] = {
    { "status", "ok|unavailable", NULL }, { "reasons", "[string]", NULL },
};

#define ROW(title, words, needed, table) { .name = title, .help = words, .required = needed, .fields = table, .n_fields = COUNT(table) }

const struct schema schemas[] = {
    ROW("Problem", "An error (RFC 9457).", "type title status detail", problem),
    ROW("Agent", "An agent in the older shape.", "cluster_id info status", agent),
    ROW("AgentInfo", "What an agent said when it registered.", "cluster_id", agent_info),
    ROW("CommandRequest", "A command to a cluster.", "type tool action", command_request),
    ROW("Decision", "A person's word on a cluster.", NULL, decision),
    ROW("CommandAccepted", "The command is on its way.", "command_id", command_accepted),
    ROW("Command", "A command and how far it is.", "id cluster_id state", command),
    ROW("CommandResult", "What the agent answered.", "status", command_result),
    ROW("Cluster", "A cluster and its agent.", "cluster_id state", cluster),
    ROW("DeniedCapability", "A right that the agent lacks.", "capability", denied),
    ROW("Spool", "What the agent holds back until it is stored.", NULL, spool),
    ROW("Watermark", "A place in an agent's stream.", "epoch seq", watermark),
    ROW("Node", "A node's newest sample.", "name", node),
    ROW("NodeList", "All nodes of a cluster.", "items", node_list),
    ROW("Condition", "A condition of a node.", "type status", condition),
    ROW("Event", "A stored event.", "id cluster_id type severity timestamp", event),
    ROW("InvolvedObject", "What an event is about.", "kind name", involved),
    ROW("Owner", "The workload that an object belongs to.", "kind name", owner),
    ROW("Histogram", "Events over time.", "from to step_ms items", histogram),
    ROW("HistogramBucket", "One step of a histogram.", "at total", bucket),
    ROW("Gap", "Something that was not seen, and why.", "id cluster_id cause recorded_at", gap),
    ROW("Incident", "One cause and what it explains.", "id cluster_id state opened_at severity", incident),
    ROW("IncidentDetail", "An incident with all that is known of it.", "id cluster_id state opened_at severity", incident_detail),
    ROW("IncidentEvent", "An event of an incident.", "id cluster_id severity timestamp", incident_event),
    ROW("Verdict", "What the diagnosis says.", "verdict", verdict),
    ROW("Root", "A cause.", "code object statement", root),
    ROW("Evidence", "A literal line and where it stands.", "source quote", evidence),
    ROW("Action", "What to do.", "type class", action),
    ROW("Reason", "A thing and why it stands here.", NULL, reason),
    ROW("Affected", "Objects between cause and victims.", "nodes edges", affected),
    ROW("AffectedNode", "One of them.", "object role", affected_node),
    ROW("AffectedEdge", "How two of them hang together.", "from to kind", affected_edge),
    ROW("TimelineEntry", "Something that happened.", "at kind", timeline),
    ROW("Looking", "The incident that is looked at again.", "incident_id", looking),
    ROW("Report", "The report as JSON: the incident at the time of writing, and more.", NULL, report),
    ROW("KnowledgeRef", "Where the knowledge base explains a code.", "id", knowledge_ref),
    ROW("Knowledge", "An entry of the knowledge base.", "id source", knowledge),
    ROW("Series", "Values over time.", "series points", series),
    ROW("SeriesList", "Several series.", "items", series_list),
    ROW("Status", "This central.", "version started_at now services login insecure admission", status),
    ROW("ServiceStatus", "A service of this central.", "name state mailbox handled errors refused", service),
    ROW("Edge", "A connection to NATS.", "connected", edge),
    ROW("Health", "A probe's answer.", "status reasons", health),
};
const size_t schemas_count = COUNT(schemas);
