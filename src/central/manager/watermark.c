#include "central/manager/watermark.h"

#include <inttypes.h>
#include <string.h>

void watermark_start(struct watermark *w, uint64_t epoch, uint64_t seq)
{
    *w = (struct watermark){ .epoch = epoch, .seq = seq };
}

static void remove_range(struct watermark *w, size_t at)
{
    memmove(&w->ahead[at], &w->ahead[at + 1], sizeof w->ahead[0] * (w->n_ahead - at - 1));
    w->n_ahead--;
}

static void insert_range(struct watermark *w, size_t at, struct watermark_range range)
{
    if (w->n_ahead == WATERMARK_RANGES_MAX) {
        if (at == w->n_ahead)
            return;
        w->n_ahead--;    /* the furthest makes room: the nearest are needed first */
    }
    memmove(&w->ahead[at + 1], &w->ahead[at], sizeof w->ahead[0] * (w->n_ahead - at));
    w->ahead[at] = range;
    w->n_ahead++;
}

/* Moves over ranges that are no longer ahead. */
static void close_up(struct watermark *w)
{
    while (w->n_ahead && w->ahead[0].from <= w->seq + 1) {
        if (w->ahead[0].to > w->seq)
            w->seq = w->ahead[0].to;
        remove_range(w, 0);
    }
}

static void put_ahead(struct watermark *w, struct watermark_range new)
{
    size_t at = 0;
    while (at < w->n_ahead && w->ahead[at].to + 1 < new.from)
        at++;
    if (at == w->n_ahead || w->ahead[at].from > new.to + 1) {
        insert_range(w, at, new);
        return;
    }
    struct watermark_range *r = &w->ahead[at];
    r->from = new.from < r->from ? new.from : r->from;
    r->to = new.to > r->to ? new.to : r->to;
    while (at + 1 < w->n_ahead && w->ahead[at + 1].from <= r->to + 1) {
        if (w->ahead[at + 1].to > r->to)
            r->to = w->ahead[at + 1].to;
        remove_range(w, at + 1);
    }
}

bool watermark_take(struct watermark *w, uint64_t seq)
{
    if (seq <= w->seq)
        return false;
    if (seq > w->seq + 1) {
        put_ahead(w, (struct watermark_range){ seq, seq });
        return false;
    }
    w->seq = seq;
    close_up(w);
    return true;
}

bool watermark_hole(const struct watermark *w, struct watermark_range *hole)
{
    if (w->n_ahead == 0)
        return false;
    *hole = (struct watermark_range){ w->seq + 1, w->ahead[0].from - 1 };
    return true;
}

void watermark_skip(struct watermark *w)
{
    if (w->n_ahead) {
        w->seq = w->ahead[0].from - 1;
        close_up(w);
    }
}

void watermark_print(const struct watermark *w, struct buf *out)
{
    for (size_t i = 0; i < w->n_ahead; i++)
        buf_printf(out, "%s%" PRIu64 "-%" PRIu64, i ? "," : "", w->ahead[i].from, w->ahead[i].to);
}

void watermark_parse(struct watermark *w, const char *ahead)
{
    while (*ahead) {
        char *end;
        uint64_t from = strtoull(ahead, &end, 10);
        if (*end != '-')
            return;
        uint64_t to = strtoull(end + 1, &end, 10);
        if (from > w->seq && to >= from)
            put_ahead(w, (struct watermark_range){ from, to });
        ahead = *end == ',' ? end + 1 : end;
        if (*end && *end != ',')
            return;
    }
    close_up(w);
}
