/* What the agent knows it could not deliver, as an event (docs/protocol.md, Gap).  Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wire/event.h"

/* Text of the event with that place in the spool; free() it.  at: wall ms. */
char *gap_encode(const char *cluster_id, uint64_t epoch, uint64_t seq, const struct wire_gap *gap, int64_t at, size_t *size);
