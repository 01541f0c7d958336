#include "central/manager/fleet.h"

#include <string.h>

#include "base/str.h"

void fleet_text(char **at, const char *text)
{
    char *copy = str_dup(text);
    free(*at);
    *at = copy;
}

static void cluster_free(struct cluster *c)
{
    free(c->uid);
    free(c->reason);
    free(c->hello);
    free(c->beat);
    free(c->session);
    free(c);
}

void fleet_fini(struct fleet *f)
{
    for (size_t i = 0; i < f->count; i++)
        cluster_free(f->items[i]);
    free(f->items);
    *f = (struct fleet){ 0 };
}

/* Where id stands, or would stand. */
static size_t place_of(const struct fleet *f, const char *id)
{
    size_t low = 0, high = f->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(f->items[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct cluster *fleet_find(const struct fleet *f, const char *id)
{
    size_t at = place_of(f, id);
    return at < f->count && str_eq(f->items[at]->id, id) ? f->items[at] : NULL;
}

struct cluster *fleet_by_number(const struct fleet *f, int64_t n)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i]->n == n)
            return f->items[i];
    return NULL;
}

struct cluster *fleet_add(struct fleet *f, const char *id, struct err *e)
{
    if (f->count == FLEET_MAX) {
        err_set(e, ERR_TOO_LARGE, "central takes no more than %d clusters", FLEET_MAX);
        return NULL;
    }
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? f->capacity * 2 : 16;
        f->items = mem_grow(f->items, f->capacity * sizeof *f->items);
    }
    size_t at = place_of(f, id);
    memmove(&f->items[at + 1], &f->items[at], sizeof *f->items * (f->count - at));
    struct cluster *c = mem_alloc(sizeof *c);
    *c = (struct cluster){ .heard_ms = LINK_NEVER, .hello_again_ms = LINK_NEVER, .throttled_ms = LINK_NEVER,
                           .told_ms = LINK_NEVER, .streamed_ms = LINK_NEVER, .security_ms = LINK_NEVER, .second_ms = LINK_NEVER };
    (void)str_copy(c->id, sizeof c->id, id);
    f->items[at] = c;
    f->count++;
    return c;
}

void fleet_row(const struct cluster *c, struct cluster_row *row)
{
    *row = (struct cluster_row){
        .n = c->n,
        .cluster_id = c->id,
        .uid = c->uid,
        .admission = c->admission,
        .reason = c->reason,
        .link = c->link,
        .link_since = c->link_since,
        .registered_at = c->registered_at,
        .last_seen = c->last_seen,
        .epoch = c->epoch,
        .hello = c->hello,
        .beat = c->beat,
        .events_total = c->events_total,
        .metrics_total = c->metrics_total,
        .commands_total = c->commands_total,
        .gaps_total = c->gaps_total,
        .dead_letters = c->dead_letters,
    };
}

struct loading {
    struct fleet *old, *new;
    int64_t now_ms;
    struct err *e;
    bool failed;
};

static void first_sight(struct cluster *c, const struct cluster_row *row, int64_t now_ms)
{
    c->link = (enum link)row->link;
    c->link_since = row->link_since;
    c->last_seen = row->last_seen;
    c->moved_ms = now_ms;
    if (c->reason)
        c->security_ms = now_ms;
    if (c->link != LINK_OFFLINE)
        c->heard_ms = now_ms;
}

static void load_one(void *arg, const struct cluster_row *row)
{
    struct loading *l = arg;
    struct cluster *c = fleet_add(l->new, row->cluster_id, l->e);
    if (!c) {
        l->failed = true;
        return;
    }
    const struct cluster *was = fleet_find(l->old, row->cluster_id);
    if (was)
        *c = *was;
    c->changed = c->watermark_changed = c->unsaved = false;
    c->uid = str_dup(row->uid);
    c->reason = str_dup(row->reason);
    c->hello = str_dup(row->hello);
    c->beat = str_dup(was ? was->beat : row->beat);
    c->session = str_dup(was ? was->session : NULL);
    c->n = row->n;
    c->admission = (enum wire_admission)row->admission;
    c->registered_at = row->registered_at;
    c->epoch = row->epoch;
    c->events_total = row->events_total;
    c->metrics_total = row->metrics_total;
    c->commands_total = row->commands_total;
    c->gaps_total = row->gaps_total;
    c->dead_letters = row->dead_letters;
    if (was)
        c->unsaved = true;    /* what heartbeats said is newer than the store */
    else
        first_sight(c, row, l->now_ms);
}

int fleet_watermark(struct cluster *c, struct db *d, uint64_t epoch, struct arena *a, struct err *e)
{
    struct watermark_row row = { .epoch = epoch, .ahead = "" };
    if (watermarks_find(d, c->n, epoch, a, &row, e) < 0)
        return -1;
    watermark_start(&c->watermark, row.epoch, row.seq);
    watermark_parse(&c->watermark, row.ahead);
    return 0;
}

static int load_watermark(struct cluster *c, struct db *d, struct arena *a, struct err *e)
{
    if (fleet_watermark(c, d, c->epoch, a, e))
        return -1;
    c->committed_epoch = c->watermark.epoch;
    c->committed_seq = c->watermark.seq;
    return 0;
}

int fleet_load(struct fleet *f, struct db *d, struct arena *a, int64_t now_ms, struct err *e)
{
    struct fleet new = { 0 };
    struct loading l = { .old = f, .new = &new, .now_ms = now_ms, .e = e };
    if (clusters_load(d, load_one, &l, e))
        l.failed = true;
    for (size_t i = 0; i < new.count && !l.failed; i++)
        l.failed = load_watermark(new.items[i], d, a, e) != 0;
    if (l.failed) {
        fleet_fini(&new);
        return -1;
    }
    fleet_fini(f);
    *f = new;
    return 0;
}

static int save_watermark(struct cluster *c, struct db *d, struct err *e)
{
    AUTO_BUF struct buf ahead = { 0 };
    watermark_print(&c->watermark, &ahead);
    struct watermark_row row = { c->watermark.epoch, c->watermark.seq, buf_text(&ahead) };
    return watermarks_save(d, c->n, &row, e);
}

static void settle_watermark(struct fleet *f, struct cluster *c)
{
    bool moved = c->committed_epoch != c->watermark.epoch || c->committed_seq != c->watermark.seq;
    c->committed_epoch = c->watermark.epoch;
    c->committed_seq = c->watermark.seq;
    c->tell_watermark = c->tell_watermark || (moved && c->committed_seq > 0);
    f->tell = f->tell || c->tell_watermark;
}

int fleet_save(struct fleet *f, struct db *d, struct err *e)
{
    for (size_t i = 0; i < f->count; i++) {
        struct cluster *c = f->items[i];
        if (c->changed) {
            struct cluster_row row;
            fleet_row(c, &row);
            if (clusters_update(d, &row, e))
                return -1;
        }
        if (c->watermark_changed && save_watermark(c, d, e))
            return -1;
        /* Should the commit fail, the fleet is loaded anew, flags and all. */
        c->unsaved = c->unsaved && !c->changed;
        if (c->watermark_changed)
            settle_watermark(f, c);
        c->changed = c->watermark_changed = false;
    }
    return 0;
}
