/* What the two files about events (events.c, event_list.c) share.  Not for use outside this folder. */
#pragma once

#include "store/events.h"

#define EVENT_BLOCK 1024    /* rows of events that share one span of times in event_blocks */

struct event_times {
    int64_t at, stored_at;
};
