#include "agent/reach.h"

static enum reach_say gone(struct reach *r, int64_t now_ms)
{
    if (!r->away) {
        r->away = true;
        r->told = false;
        r->since_ms = now_ms;
        r->times++;
    }
    if (r->told || (r->told_ms && now_ms - r->told_ms < REACH_QUIET_MS))
        return REACH_NOTHING;
    r->told = true;
    r->told_ms = now_ms;
    return REACH_GONE;
}

enum reach_say reach_look(struct reach *r, size_t failing, size_t all, int64_t now_ms)
{
    if (failing > 0 && 2 * failing >= all)
        return gone(r, now_ms);
    if (r->away) {
        r->away = false;
        return r->told ? REACH_BACK : REACH_NOTHING;
    }
    return failing > 0 ? REACH_EACH : REACH_NOTHING;
}
