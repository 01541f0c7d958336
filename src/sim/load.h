/* Events in bulk, for load and for counting: so many revisions at such a rate, with repeats that raise the count of earlier ones. */
#pragma once

#include "sim/world.h"

struct load {
    struct world *world;
    int64_t total, done;
    int64_t per_second;
    bool repeats;
    int64_t start_ms;
    uint64_t dice;
    struct task next;
};

/* Begins; a load that runs is replaced. */
void load_begin(struct load *l, struct world *w, int64_t total, int64_t per_second, bool repeats);
