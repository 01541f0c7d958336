#include "agent/telemetry.h"

#include <stdio.h>
#include <unistd.h>

#include "base/metric.h"

enum {
    RSS, SPOOL_RECORDS, SPOOL_BYTES, SPOOL_WAITING, SPOOL_OLDEST, SPOOL_DROPPED, SPOOL_COMMITS, SPOOL_FAILURES, SPOOL_FAILING, WATCH_AGE, API_ANSWERS, API_CALLS,
    API_FAILED, API_LISTS, API_WATCHES, API_FRAMES, API_FRAMES_BAD, API_BYTES, COMMANDS_WAITING,
};
static struct metric rows[] = {
    [RSS] = { "aetherius_agent_resident_memory_bytes", METRIC_GAUGE, NULL, "Resident memory of this process." },
    [SPOOL_RECORDS] = { "aetherius_agent_spool_records", METRIC_GAUGE, NULL, "Records on disk that central has not committed yet." },
    [SPOOL_BYTES] = { "aetherius_agent_spool_bytes", METRIC_GAUGE, NULL, "Bytes of the records on disk." },
    [SPOOL_WAITING] = { "aetherius_agent_spool_waiting_records", METRIC_GAUGE, NULL, "Records in memory on their way to the disk." },
    [SPOOL_OLDEST] = { "aetherius_agent_spool_oldest_seconds", METRIC_GAUGE, NULL, "Age of the oldest record on disk." },
    [SPOOL_DROPPED] = { "aetherius_agent_spool_dropped_total", METRIC_COUNTER, NULL, "Records that went for want of room; each is in a gap." },
    [SPOOL_COMMITS] = { "aetherius_agent_spool_commits_total", METRIC_COUNTER, NULL, "Transactions of the spool." },
    [SPOOL_FAILURES] = { "aetherius_agent_spool_failures_total", METRIC_COUNTER, NULL, "Transactions of the spool that failed and were tried again." },
    [SPOOL_FAILING] = { "aetherius_agent_spool_failing", METRIC_GAUGE, NULL, "1 while the spool cannot be written." },
    [WATCH_AGE] = { "aetherius_agent_watch_age_seconds", METRIC_GAUGE, NULL, "Since the watch on Events last proved alive; -1: never." },
    [API_ANSWERS] = { "aetherius_agent_api_answers", METRIC_GAUGE, NULL, "1 while the API server answers." },
    [API_CALLS] = { "aetherius_agent_api_calls_total", METRIC_COUNTER, NULL, "Requests to the API server." },
    [API_FAILED] = { "aetherius_agent_api_failed_total", METRIC_COUNTER, NULL, "Requests that failed." },
    [API_LISTS] = { "aetherius_agent_api_lists_total", METRIC_COUNTER, NULL, "Lists that were begun." },
    [API_WATCHES] = { "aetherius_agent_api_watches_total", METRIC_COUNTER, NULL, "Watches that were opened." },
    [API_FRAMES] = { "aetherius_agent_api_frames_total", METRIC_COUNTER, NULL, "Frames that watches brought." },
    [API_FRAMES_BAD] = { "aetherius_agent_api_frames_bad_total", METRIC_COUNTER, NULL, "Frames that nobody can read." },
    [API_BYTES] = { "aetherius_agent_api_bytes_total", METRIC_COUNTER, NULL, "Bytes from the API server." },
    [COMMANDS_WAITING] = { "aetherius_agent_commands_waiting", METRIC_GAUGE, NULL, "Commands that wait or run." },
};
METRIC_DECLARE(rows);

void telemetry_register(void)
{
    metric_register(rows, COUNT(rows));
}

int64_t telemetry_rss_bytes(void)
{
    long long size, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    int read = fscanf(file, "%lld %lld", &size, &resident);
    (void)fclose(file);
    return read == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : 0;
}

void telemetry_refresh(const struct spool_status *spool, const struct watches_status *watches, const struct kube_counts *kube, size_t commands_waiting)
{
    const double values[] = {
        [RSS] = (double)telemetry_rss_bytes(),
        [SPOOL_RECORDS] = (double)spool->records,
        [SPOOL_BYTES] = (double)spool->bytes,
        [SPOOL_WAITING] = (double)spool->waiting,
        [SPOOL_OLDEST] = (double)spool->oldest_ms / 1000,
        [SPOOL_DROPPED] = (double)spool->dropped,
        [SPOOL_COMMITS] = (double)spool->commits,
        [SPOOL_FAILURES] = (double)spool->failures,
        [SPOOL_FAILING] = spool->failing,
        [WATCH_AGE] = watches->age_ms < 0 ? -1 : (double)watches->age_ms / 1000,
        [API_ANSWERS] = watches->answers,
        [API_CALLS] = (double)kube->calls,
        [API_FAILED] = (double)kube->failed,
        [API_LISTS] = (double)kube->lists,
        [API_WATCHES] = (double)kube->watches,
        [API_FRAMES] = (double)kube->frames,
        [API_FRAMES_BAD] = (double)kube->frames_bad,
        [API_BYTES] = (double)kube->bytes,
        [COMMANDS_WAITING] = (double)commands_waiting,
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        metric_set(&rows[i], NULL, values[i]);
}
