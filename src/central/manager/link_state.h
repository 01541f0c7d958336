/* The connection state of an agent, by central's own clock: what was heard, when, and nothing that the agent says of itself.
 *
 * Pure functions.
 */
#pragma once

#include <stdint.h>

enum link { LINK_OFFLINE, LINK_DEGRADED, LINK_ONLINE };
const char *link_name(enum link link);    /* "online", … */

struct link_limits {
    int64_t degraded_after_ms, offline_after_ms;
};

#define LINK_NEVER INT64_MIN              /* nothing was heard yet */

/* heard_ms: when the agent's last sign of life came. */
enum link link_state(int64_t heard_ms, int64_t now_ms, const struct link_limits *limits);
