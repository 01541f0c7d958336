/* Shapes of the generated tables that only the lookups beside them read.  Written by catalog/generate.py into catalog_reasons.c and
 * catalog_patterns.c; constant, as everything here. */
#pragma once

#include "catalog/catalog.h"

#include <stdint.h>

extern const struct catalog_reason catalog_reasons[]; /* sorted by reason */
extern const size_t catalog_reasons_count;
extern const struct catalog_exit catalog_exits[]; /* sorted by code */
extern const size_t catalog_exits_count;

#define PATTERN_NEEDLES_MAX 1024 /* different phrases in one group */
#define PATTERN_ALSO_MAX    2
#define PATTERN_NOT_MAX     4

/* Needles are numbered from 1 within their group; 0 ends a list. */
struct pattern_row {
    const char *class_;
    uint16_t text;
    uint16_t also[PATTERN_ALSO_MAX]; /* must occur, too        */
    uint16_t not_[PATTERN_NOT_MAX];  /* none of them may occur */
};

struct pattern_needle {
    unsigned char size;
    bool word; /* counts only where neither a letter, a digit nor an underscore touches it */
};

/* All needles of a group as one Aho-Corasick automaton.  State 0 is the root.  A state's edges are those from its own index up to
 * the next state's, sorted by byte; the table ends with a state that only holds the end of the edges. */
struct pattern_state {
    uint16_t edges;  /* index of its first edge                                             */
    uint16_t fail;   /* where to go on when no edge fits                                    */
    uint16_t suffix; /* nearest state on the way of fail that completes a needle, 0 none    */
    uint16_t needle; /* the needle completed here, 0 none                                   */
};

struct pattern_edge {
    unsigned char byte;
    uint16_t to;
};

struct pattern_group {
    const char *name;
    const struct pattern_state *states;
    const struct pattern_edge *edges;
    const struct pattern_needle *needles; /* by number; 0 is unused */
    const struct pattern_row *rows;
    size_t n_rows;
};

extern const struct pattern_group pattern_groups[];
extern const size_t pattern_groups_count;
