/* Work on the store that can wait, a little at a time: deleting what is older than its retention, indexing events. */
#pragma once

struct manager;

void sweep_tick(struct manager *m);

/* Events were stored: perhaps a block of them is full and to be indexed. */
void sweep_index_soon(struct manager *m);
