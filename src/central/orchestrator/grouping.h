/* Which incident an event belongs to.  Pure. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "wire/event.h"

/* What events are grouped by: the top workload when the agent named it or the name of a Pod tells its Deployment, else the object itself; "kind/namespace/name". NULL when the event names no object. */
const char *grouping_key(const struct wire_event *event, struct arena *a);

/* The object the event speaks of, in the same form. */
const char *grouping_object(const struct wire_event *event, struct arena *a);

/* Does such an event open an incident, when none is open for its key?  Recoveries and what is below medium do not. */
bool grouping_opens(const struct wire_event *event);

/* When an incident is looked at again that nothing new has happened to: first, then doubling up to 5 minutes. looks: how many there were. */
int64_t grouping_next_look_ms(int64_t first_ms, int64_t looks);
