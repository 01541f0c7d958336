/* The manager's metrics: rows of one table, named by these numbers. */
#pragma once

#include "base/metric.h"

enum manager_metric {
    M_AGENTS, M_EVENTS, M_DUPLICATES, M_SAMPLES, M_COMMANDS, M_RESULTS, M_GAPS, M_DEAD_LETTERS, M_SECURITY, M_UNKNOWN, M_WAITING, M_WAITING_FULL,
    M_THROTTLED, M_REFUSED, M_COMMIT, M_COMMIT_FAILED, M_DELAY, M_OUTBOX, M_SKIPPED, M_HELD, M_HELD_BACK, M_SWEPT,
    MANAGER_METRICS,
};
extern struct metric manager_metrics[MANAGER_METRICS];
