#include "central/manager/metrics.h"

struct metric manager_metrics[MANAGER_METRICS] = {
    [M_AGENTS] = { "aetherius_agents", METRIC_GAUGE, "status", "Agents by connection state." },
    [M_EVENTS] = { "aetherius_agent_events_total", METRIC_COUNTER, "cluster_id", "Events stored." },
    [M_DUPLICATES] = { "aetherius_agent_duplicate_events_total", METRIC_COUNTER, "cluster_id", "Events that came again and were not stored twice." },
    [M_SAMPLES] = { "aetherius_agent_metrics_total", METRIC_COUNTER, "cluster_id", "Metric samples stored." },
    [M_COMMANDS] = { "aetherius_agent_commands_total", METRIC_COUNTER, "status", "Commands to agents by the state they reached." },
    [M_RESULTS] = { "aetherius_agent_unmatched_results_total", METRIC_COUNTER, "cluster_id", "Results for commands that were not given to that cluster." },
    [M_GAPS] = { "aetherius_agent_gaps_total", METRIC_COUNTER, "cause", "Gap records: what is known to be missing." },
    [M_DEAD_LETTERS] = { "aetherius_agent_dead_letters_total", METRIC_COUNTER, "kind", "Messages of agents that could not be taken, kept as dead letters." },
    [M_SECURITY] = { "aetherius_agent_security_events_total", METRIC_COUNTER, "cause", "Messages under a false identity, and clusters that claim another's id." },
    [M_UNKNOWN] = { "aetherius_agent_unknown_messages_total", METRIC_COUNTER, "kind", "Messages of clusters that have not registered or are not accepted." },
    [M_THROTTLED] = { "aetherius_agent_throttled_total", METRIC_COUNTER, "cluster_id", "How often an agent was told to slow down." },
    [M_REFUSED] = { "aetherius_agent_over_quota_total", METRIC_COUNTER, "cluster_id", "Messages not taken because the cluster did not slow down." },
    [M_WAITING] = { "aetherius_manager_waiting_messages", METRIC_GAUGE, NULL, "Event messages that the broker has delivered and nobody has looked at yet." },
    [M_WAITING_FULL] = { "aetherius_manager_waiting_refused_total", METRIC_COUNTER, NULL, "Event messages given back to the broker because too many waited." },
    [M_COMMIT] = { "aetherius_manager_commit_seconds", METRIC_HISTOGRAM, NULL, "Time of one commit of the manager's store." },
    [M_COMMIT_FAILED] = { "aetherius_manager_failed_commits_total", METRIC_COUNTER, NULL, "Transactions undone because the store refused them." },
    [M_DELAY] = { "aetherius_agent_event_delay_seconds", METRIC_HISTOGRAM, NULL, "From an agent's taking down an event to its place in the store, by both clocks." },
    [M_OUTBOX] = { "aetherius_manager_outbox_rows", METRIC_GAUGE, NULL, "Stored events and results that other services have not yet handled." },
    [M_SKIPPED] = { "aetherius_manager_stream_skipped_total", METRIC_COUNTER, NULL, "Events left out of the live view because there were too many at once." },
    [M_HELD] = { "aetherius_manager_held_bytes", METRIC_GAUGE, NULL, "Bytes of messages that the broker has delivered and that are not committed yet." },
    [M_HELD_BACK] = { "aetherius_manager_held_back_total", METRIC_COUNTER, NULL, "Messages given back to the broker for a while because too many bytes were held." },
    [M_SWEPT] = { "aetherius_manager_swept_events_total", METRIC_COUNTER, NULL, "Events deleted because they are older than `event_retention`." },
};
METRIC_DECLARE(manager_metrics);
