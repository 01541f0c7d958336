/* Which Pod of a workload kubectl would read the logs of: of all that its selector finds, the one with the best rank. */
#pragma once

#include <stdbool.h>

#include "base/json.h"
#include "base/str.h"

struct pod_rank {
    bool assigned, ready;
    int phase;                             /* running, then unknown, then pending       */
    int64_t ready_at, restarts, created_at;/* wall ms; 0: absent                        */
};
void pod_rank_of(const json *pod, struct pod_rank *out);
bool pod_rank_before(const struct pod_rank *a, const struct pod_rank *b);

/* A label selector for a query, not escaped, from what a workload or a Service says; nothing when it selects nothing. */
void pick_selector(const json *object, struct buf *out);
