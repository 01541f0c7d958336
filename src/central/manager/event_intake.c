/* Events: taken apart, stored once, counted in the watermark, and told to those who look for causes. */
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "central/manager/arrival.h"
#include "central/manager/gap.h"
#include "central/manager/live.h"
#include "central/manager/outgoing.h"
#include "store/events.h"

#define TRIES_OVER_QUOTA 5    /* then it is taken all the same: slow is the sender, not the event */

struct fresh_event {
    const char *body;
    int64_t stored_at;
};

static void on_stored(struct manager *m, void *arg, bool committed)
{
    const struct fresh_event *f = arg;
    if (committed)
        live_event(m, f->body, f->stored_at);
}

/* A severity that we do not know may be a high one. */
static bool is_worth_a_look(const struct wire_event *event)
{
    return event->type == EVENT_STATE || event->severity != SEVERITY_INFO;
}

static void count_fresh(struct manager *m, struct cluster *c, const struct wire_event *event)
{
    c->events_total++;
    c->changed = true;
    rate_add(&c->rate, 1, manager_now(m));
    metric_add(&manager_metrics[M_EVENTS], c->id, 1);
    int64_t delay_ms = event->reported_at ? manager_wall(m) - event->reported_at : 0;
    if (event->reported_at)
        metric_observe(&manager_metrics[M_DELAY], NULL, delay_ms > 0 ? (double)delay_ms / 1000 : 0);
}

static int store_event(struct manager *m, struct cluster *c, const struct wire_event *event, struct err *e)
{
    struct event_stored stored;
    int fresh = events_insert(m->db, c->n, event, manager_wall(m), &m->commit.arena, &stored, e);
    if (fresh < 0)
        return -1;
    if (fresh == 0) {
        metric_add(&manager_metrics[M_DUPLICATES], c->id, 1);
        return 0;
    }
    count_fresh(m, c, event);
    if (is_worth_a_look(event) && outgoing_event(m, &stored, e))
        return -1;
    struct fresh_event *f = ARENA_NEW(&m->commit.arena, struct fresh_event);
    *f = (struct fresh_event){ stored.body, manager_wall(m) };
    commit_then(m, on_stored, f);
    return 0;
}

static int store_gap(struct manager *m, struct cluster *c, const struct wire_event *event, struct err *e)
{
    struct gap_row row = { .event_id = event->id, .from = event->gap.from, .to = event->gap.to, .cause = event->gap.cause,
                           .count = event->gap.count, .detail = event->gap.detail };
    return gap_record(m, c, &row, e);
}

static void take_place(struct manager *m, struct cluster *c, uint64_t epoch, uint64_t seq)
{
    if (epoch == 0 || seq == 0 || epoch != c->watermark.epoch)
        return;    /* a peer without a spool; an earlier epoch needs no watermark any more */
    c->watermark_changed = true;
    if (watermark_take(&c->watermark, seq))
        c->moved_ms = manager_now(m);
}

/* 1: events of that epoch may come; 0: an epoch that nobody registered, perhaps of another cluster; -1: *e. */
static int knows_epoch(struct manager *m, struct cluster *c, uint64_t epoch, struct err *e)
{
    struct watermark_row row;
    if (epoch == 0 || epoch == c->watermark.epoch)
        return 1;
    if (c->epoch)
        return watermarks_find(m->db, c->n, epoch, &m->scratch, &row, e);
    if (epoch < c->watermark.epoch)
        return 1;
    return fleet_watermark(c, m->db, epoch, &m->scratch, e) ? -1 : 1;
}

static int knows_epochs(struct manager *m, struct cluster *c, const struct wire_events *events, struct err *e)
{
    uint64_t last = 0;
    for (size_t i = 0; i < events->count; i++) {
        uint64_t epoch = events->items[i].epoch;
        int known = epoch == last ? 1 : knows_epoch(m, c, epoch, e);
        if (known <= 0)
            return known;
        last = epoch;
    }
    return 1;
}

/* Members that were refused have a place in the spool, too; without it the agent would send them for ever. */
static void take_refused_places(struct manager *m, struct cluster *c, const char *data, size_t size)
{
    static const struct json_limits limits = { .size = WIRE_BODY_MAX, .depth = 64, .keys = 100000 };
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(data, size, &limits, &e);
    const json *root = json_root(doc), *list = json_get(root, "events");
    int64_t epoch = json_get_int(root, "epoch", 0), seq = json_get_int(root, "seq", 0);
    if (!list && epoch > 0 && seq > 0)
        take_place(m, c, (uint64_t)epoch, (uint64_t)seq);
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        epoch = json_get_int(i.value, "epoch", 0);
        seq = json_get_int(i.value, "seq", 0);
        if (epoch > 0 && seq > 0)
            take_place(m, c, (uint64_t)epoch, (uint64_t)seq);
    }
}

/* The good ones of the batch are stored; what was wrong with the others is kept with the first reason. */
static int bury_members(struct manager *m, const struct arrival *a, size_t refused, const struct err *why, struct err *e)
{
    struct cluster *c = a->cluster;
    struct dead_letter letter = { .cluster = c->n, .subject = a->subject, .reason = why->text, .tries = a->tries,
                                  .payload = a->data, .size = a->size, .recorded_at = manager_wall(m) };
    metric_add(&manager_metrics[M_DEAD_LETTERS], wire_kind_name(a->kind), (double)refused);
    log_warn("events refused", "cluster_id=%s count=%zu why=\"%s\"", c->id, refused, why->text);
    if (why->kind == ERR_REFUSED)
        gap_security(m, c, "identity", why->text);
    if (dead_letters_insert(m->db, &letter, e))
        return -1;
    c->dead_letters += (int64_t)refused;
    c->changed = true;
    take_refused_places(m, c, a->data, a->size);
    return gap_of_dead_letters(m, c, (int64_t)refused, why->text, e);
}

static bool is_over_quota(struct manager *m, const struct arrival *a, size_t count)
{
    struct cluster *c = a->cluster;
    int64_t most = m->c->options->events_per_second_max;
    enum quota_verdict verdict = quota_take(&c->quota, most, (int64_t)count, manager_now(m));
    if (verdict == QUOTA_WELL)
        return false;
    control_throttle(m, c, quota_pause_ms(&c->quota, most));
    if (verdict == QUOTA_SLOW || a->tries >= TRIES_OVER_QUOTA)
        return false;
    metric_add(&manager_metrics[M_REFUSED], c->id, 1);
    return true;
}

static int store_all(struct manager *m, struct cluster *c, const struct wire_events *events, struct err *e)
{
    for (size_t i = 0; i < events->count; i++) {
        const struct wire_event *event = &events->items[i];
        if (event->type == EVENT_GAP ? store_gap(m, c, event, e) : store_event(m, c, event, e))
            return -1;
        take_place(m, c, event->epoch, event->seq);
    }
    return 0;
}

enum take events_take(struct manager *m, struct arrival *a, struct err *e)
{
    struct wire_events events;
    struct err why = { 0 };
    size_t refused;
    struct cluster *c = a->cluster;
    if (wire_events_decode(a->data, a->size, a->cluster_id, &m->scratch, &events, &refused, &why)) {
        *e = why;
        take_refused_places(m, c, a->data, a->size);
        return TAKE_POISON;
    }
    int known = knows_epochs(m, c, &events, e);
    if (known < 0)
        return TAKE_FAILED;
    if (known == 0) {
        control_hello_again(m, c, "central does not know this epoch");
        err_set(e, ERR_INVALID, "events of an epoch that was not registered");
        return TAKE_AGAIN;
    }
    if (is_over_quota(m, a, events.count))
        return TAKE_AGAIN;
    if (commit_join(m, e) || store_all(m, c, &events, e) || (refused && bury_members(m, a, refused, &why, e)))
        return TAKE_FAILED;
    a->weight = events.count;
    return TAKE_DONE;
}
