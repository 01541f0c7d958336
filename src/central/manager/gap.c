#include "central/manager/gap.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "central/manager/live.h"

#define LETTERS_TOGETHER_MS 60000

struct told_gap {
    char cluster_id[WIRE_CLUSTER_ID_SIZE];
    struct gap_row row;
};

static void on_stored(struct manager *m, void *arg, bool committed)
{
    const struct told_gap *t = arg;
    const struct cluster *c = fleet_find(&m->fleet, t->cluster_id);
    if (committed && c)
        live_gap(m, c, &t->row);
}

static void tell(struct manager *m, const struct cluster *c, const struct gap_row *row)
{
    struct arena *a = &m->commit.arena;
    struct told_gap *t = ARENA_NEW(a, struct told_gap);
    (void)str_copy(t->cluster_id, sizeof t->cluster_id, c->id);
    t->row = *row;
    t->row.from = arena_strdup(a, row->from);
    t->row.to = arena_strdup(a, row->to);
    t->row.cause = arena_strdup(a, row->cause);
    t->row.detail = arena_strdup(a, row->detail);
    commit_then(m, on_stored, t);
}

int gap_record(struct manager *m, struct cluster *c, struct gap_row *row, struct err *e)
{
    row->cluster = c->n;
    row->recorded_at = manager_wall(m);
    if (commit_join(m, e))
        return -1;
    int fresh = gaps_insert(m->db, row, e);
    if (fresh <= 0)
        return fresh;
    c->gaps_total++;
    c->changed = true;
    metric_add(&manager_metrics[M_GAPS], row->cause, 1);
    log_warn("gap recorded", "cluster_id=%s cause=%s from=%s to=%s count=%lld", c->id, row->cause, str_or_empty(row->from),
             str_or_empty(row->to), (long long)row->count);
    tell(m, c, row);
    return 0;
}

int gap_of_dead_letters(struct manager *m, struct cluster *c, int64_t count, const char *why, struct err *e)
{
    if (commit_join(m, e))
        return -1;
    int extended = gaps_extend(m->db, c->n, "dead_letter", manager_wall(m) - LETTERS_TOGETHER_MS, count, e);
    if (extended)
        return extended < 0 ? -1 : 0;
    struct gap_row row = { .cause = "dead_letter", .count = count, .detail = why };
    return gap_record(m, c, &row, e);
}

void gap_security(struct manager *m, struct cluster *c, const char *cause, const char *text)
{
    metric_add(&manager_metrics[M_SECURITY], cause, 1);
    log_error("security event", "cluster_id=%s cause=%s why=\"%s\"", c->id, cause, text);
    c->security_ms = manager_now(m);
    if (c->admission == ADMISSION_ACCEPTED)
        fleet_text(&c->reason, text);
    c->changed = true;
    c->tell_stream = true;
    control_soon(m);
}
