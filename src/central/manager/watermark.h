/* How far an agent's spool is stored: everything up to seq, and ranges beyond a hole.
 *
 * Sequence numbers count from 1 within an epoch.  Numbers may come in any order and more than once; what is beyond the bound of ranges is
 * forgotten again, so that the agent sends it once more, which is harmless.  Pure functions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define WATERMARK_RANGES_MAX 64

struct watermark_range {
    uint64_t from, to;            /* both inclusive */
};

struct watermark {
    uint64_t epoch, seq;
    struct watermark_range ahead[WATERMARK_RANGES_MAX];    /* ascending, apart from each other and from seq */
    size_t n_ahead;
};

void watermark_start(struct watermark *w, uint64_t epoch, uint64_t seq);

/* seq is stored.  Returns true when w->seq moved. */
bool watermark_take(struct watermark *w, uint64_t seq);

/* The first numbers that are missing although later ones are there. */
bool watermark_hole(const struct watermark *w, struct watermark_range *hole);

/* Gives the first hole up: moves behind what stands beyond it. */
void watermark_skip(struct watermark *w);

/* The ranges ahead as text, for the store: "7-9,12-12". Reading takes what it understands. */
void watermark_print(const struct watermark *w, struct buf *out);
void watermark_parse(struct watermark *w, const char *ahead);
