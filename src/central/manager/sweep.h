/* Work on the store that can wait, a little at a time: deleting what is older than its retention, indexing events. */
#pragma once

#include <stdint.h>

struct manager;

void sweep_tick(struct manager *m);

/* How long the sweep rests after a slice that took so long: as long as it worked, so that half of the loop's time is left to events. Deleting one costs about
 * half of storing it (bench/README.md), so that it keeps up with any rate that central takes. */
int64_t sweep_pause_ms(int64_t spent_us);

/* Events were stored: perhaps a block of them is full and to be indexed. */
void sweep_index_soon(struct manager *m);
