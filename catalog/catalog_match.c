#include "catalog/tables.h"

#include <assert.h>
#include <string.h>

/* The needles seen so far, one bit each. */
struct seen {
    uint64_t bits[PATTERN_NEEDLES_MAX / 64 + 1];
};

static bool has(const struct seen *seen, uint16_t needle)
{
    return seen->bits[needle / 64] >> (needle % 64) & 1;
}

static const struct pattern_edge *edge_for(const struct pattern_group *group, uint16_t state, unsigned char byte)
{
    size_t low = group->states[state].edges, high = group->states[state + 1].edges;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (group->edges[middle].byte == byte)
            return &group->edges[middle];
        if (group->edges[middle].byte < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static uint16_t step(const struct pattern_group *group, uint16_t state, unsigned char byte, struct seen *seen)
{
    const struct pattern_edge *edge;
    while (!(edge = edge_for(group, state, byte)) && state != 0)
        state = group->states[state].fail;
    state = edge ? edge->to : 0;

    uint16_t at = group->states[state].needle ? state : group->states[state].suffix;
    for (; at != 0; at = group->states[at].suffix)
        seen->bits[group->states[at].needle / 64] |= UINT64_C(1) << (group->states[at].needle % 64);
    return state;
}

static unsigned char fold(unsigned char byte)
{
    if (byte == '\r' || byte == '\t')
        return byte == '\r' ? '\n' : ' ';
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + 'a' - 'A') : byte;
}

static bool row_fits(const struct pattern_row *row, const struct seen *seen)
{
    if (!has(seen, row->text))
        return false;
    for (size_t i = 0; i < PATTERN_ALSO_MAX && row->also[i]; i++)
        if (!has(seen, row->also[i]))
            return false;
    for (size_t i = 0; i < PATTERN_NOT_MAX && row->not_[i]; i++)
        if (has(seen, row->not_[i]))
            return false;
    return true;
}

static const struct pattern_group *group_named(const char *name)
{
    for (size_t i = 0; i < pattern_groups_count; i++)
        if (!strcmp(pattern_groups[i].name, name))
            return &pattern_groups[i];
    assert(!"a group of catalog/patterns.yaml");
    return NULL;
}

const char *catalog_match_n(const char *group_name, const char *text, size_t size)
{
    const struct pattern_group *group = group_named(group_name);
    struct seen seen = { 0 };

    /* A line break before and after, so that a phrase anchored to a line's start or end fits there, too. */
    uint16_t state = step(group, 0, '\n', &seen);
    for (size_t i = 0; i < size; i++)
        state = step(group, state, fold((unsigned char)text[i]), &seen);
    step(group, state, '\n', &seen);

    for (size_t i = 0; i < group->n_rows; i++)
        if (row_fits(&group->rows[i], &seen))
            return group->rows[i].class_;
    return NULL;
}

const char *catalog_match(const char *group, const char *text)
{
    return catalog_match_n(group, text, strlen(text));
}
