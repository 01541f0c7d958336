/* Work on the store that can wait, a little at a time: deleting what is older than its retention, indexing events. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct manager;

void sweep_tick(struct manager *m);

/* How long the sweep rests after a slice that took so long: it never takes more than half of the loop's time, and a quarter while events wait. Deleting an
 * event costs less than a third of storing it, so that is enough to keep up with them. */
int64_t sweep_pause_ms(int64_t spent_us, bool events_wait);

/* Events were stored: perhaps a block of them is full and to be indexed. */
void sweep_index_soon(struct manager *m);
