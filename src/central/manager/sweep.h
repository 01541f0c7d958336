/* Work on the store that can wait, a little at a time: deleting what is older than its retention, indexing words. */
#pragma once

struct manager;

void sweep_tick(struct manager *m);

/* Events were stored: their words are to be indexed. */
void sweep_words_soon(struct manager *m);
