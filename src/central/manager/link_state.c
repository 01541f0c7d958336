#include "central/manager/link_state.h"

static const char *const names[] = { [LINK_OFFLINE] = "offline", [LINK_DEGRADED] = "degraded", [LINK_ONLINE] = "online" };

const char *link_name(enum link link)
{
    return names[link];
}

enum link link_state(int64_t heard_ms, int64_t now_ms, const struct link_limits *limits)
{
    if (heard_ms == LINK_NEVER || now_ms - heard_ms >= limits->offline_after_ms)
        return LINK_OFFLINE;
    return now_ms - heard_ms >= limits->degraded_after_ms ? LINK_DEGRADED : LINK_ONLINE;
}
