#include "catalog/tables.h"

#include <assert.h>
#include <string.h>

/* One pass over a text; seen holds the needles found so far, one bit each. */
struct scan {
    const struct pattern_group *group;
    const char *text;
    size_t size;
    uint64_t seen[PATTERN_NEEDLES_MAX / 64 + 1];
};

static bool has(const struct scan *scan, uint16_t needle)
{
    return scan->seen[needle / 64] >> (needle % 64) & 1;
}

/* The text as it is compared: letters small, tabs as spaces, and a line break before and after, so that a phrase tied to a line's
 * start or end fits at the text's, too.  Positions count from that first line break. */
static unsigned char byte_at(const struct scan *scan, size_t at)
{
    if (at == 0 || at > scan->size)
        return '\n';
    unsigned char byte = (unsigned char)scan->text[at - 1];
    if (byte == '\r')
        return '\n';
    if (byte == '\t')
        return ' ';
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + 'a' - 'A') : byte;
}

static bool is_part_of_word(unsigned char byte)
{
    return byte == '_' || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

static void found(struct scan *scan, uint16_t number, size_t end)
{
    const struct pattern_needle *needle = &scan->group->needles[number];
    if (needle->word && (is_part_of_word(byte_at(scan, end - needle->size)) || is_part_of_word(byte_at(scan, end + 1))))
        return;
    scan->seen[number / 64] |= UINT64_C(1) << (number % 64);
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

static uint16_t step(struct scan *scan, uint16_t state, size_t at)
{
    const struct pattern_state *states = scan->group->states;
    const struct pattern_edge *edge;
    while (!(edge = edge_for(scan->group, state, byte_at(scan, at))) && state != 0)
        state = states[state].fail;
    state = edge ? edge->to : 0;

    for (uint16_t end = states[state].needle ? state : states[state].suffix; end != 0; end = states[end].suffix)
        found(scan, states[end].needle, at);
    return state;
}

static bool row_fits(const struct pattern_row *row, const struct scan *scan)
{
    if (!has(scan, row->text))
        return false;
    for (size_t i = 0; i < PATTERN_ALSO_MAX && row->also[i]; i++)
        if (!has(scan, row->also[i]))
            return false;
    for (size_t i = 0; i < PATTERN_NOT_MAX && row->not_[i]; i++)
        if (has(scan, row->not_[i]))
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

const char *catalog_match_n(const char *group, const char *text, size_t size)
{
    struct scan scan = { .group = group_named(group), .text = text, .size = size };
    uint16_t state = 0;
    for (size_t at = 0; at <= size + 1; at++)
        state = step(&scan, state, at);

    for (size_t i = 0; i < scan.group->n_rows; i++)
        if (row_fits(&scan.group->rows[i], &scan))
            return scan.group->rows[i].class_;
    return NULL;
}

const char *catalog_match(const char *group, const char *text)
{
    return catalog_match_n(group, text, strlen(text));
}
