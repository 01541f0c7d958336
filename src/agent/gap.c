#include "agent/gap.h"

#include <stdio.h>

char *gap_encode(const char *cluster_id, uint64_t epoch, uint64_t seq, const struct wire_gap *gap, int64_t at, size_t *size)
{
    char id[64];
    (void)snprintf(id, sizeof id, "gap.%llu.%llu", (unsigned long long)epoch, (unsigned long long)seq);
    struct wire_event event = {
        .id = id, .cluster_id = cluster_id, .type = EVENT_GAP, .source = "aetherius-agent", .timestamp = at, .reported_at = at,
        .severity = SEVERITY_MEDIUM, .cluster_scoped = true, .epoch = epoch, .seq = seq, .gap = *gap,
    };
    AUTO_JSON_W struct json_w *w = json_w_new();
    wire_event_write(w, NULL, &event);
    return json_w_take(w, size);
}
