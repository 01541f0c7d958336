#include "central/manager/link_watch.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/str.h"
#include "central/manager/gap.h"
#include "central/manager/show.h"

#define SAVE_EVERY_MS 10000       /* last_seen and the last heartbeat go to the store so often       */
#define STALL_MS      10000       /* an agent that has more, of which nothing comes, is asked again  */
#define HOLE_MS       60000       /* what does not come after asking is given up: a gap              */
#define NOTICE_MS     3600000

static void change_link(struct manager *m, struct cluster *c, enum link link)
{
    if (c->link == link)
        return;
    log_info("connection state", "cluster_id=%s from=%s to=%s", c->id, link_name(c->link), link_name(link));
    c->link = link;
    c->link_since = manager_wall(m);
    c->unsaved = c->tell_stream = true;
    m->save_soon = true;
    control_soon(m);
}

void link_heard(struct manager *m, struct cluster *c)
{
    c->heard_ms = manager_now(m);
    c->last_seen = manager_wall(m);
    c->unsaved = true;
    change_link(m, c, LINK_ONLINE);
}

/* A notice about a false identity has been seen, or nobody looks. */
static void forget_notice(struct manager *m, struct cluster *c)
{
    if (c->security_ms == LINK_NEVER || manager_now(m) - c->security_ms < NOTICE_MS)
        return;
    c->security_ms = LINK_NEVER;
    if (c->admission == ADMISSION_ACCEPTED) {
        fleet_text(&c->reason, NULL);
        c->unsaved = c->tell_stream = true;
    }
}

static int give_up(struct manager *m, struct cluster *c, const struct watermark_range *hole, struct err *e)
{
    AUTO_FREE char *from = str_printf("%" PRIu64, hole->from);
    AUTO_FREE char *to = str_printf("%" PRIu64, hole->to);
    AUTO_FREE char *detail = str_printf("epoch %" PRIu64 ": not received, although the agent was asked again", c->watermark.epoch);
    struct gap_row row = { .cause = "sequence", .from = from, .to = to, .detail = detail,
                           .count = (int64_t)(hole->to - hole->from + 1) };
    if (gap_record(m, c, &row, e))
        return -1;
    watermark_skip(&c->watermark);
    c->watermark_changed = true;
    c->moved_ms = manager_now(m);
    return 0;
}

/* What is missing comes again once the agent registers, for it then sends from behind the watermark on. */
static int watch_spool(struct manager *m, struct cluster *c, struct err *e)
{
    struct watermark_range hole;
    bool has_hole = watermark_hole(&c->watermark, &hole);
    bool behind = c->spool_epoch == c->watermark.epoch && c->spool_seq > c->watermark.seq;
    int64_t now = manager_now(m);
    if ((!has_hole && !behind) || c->link != LINK_ONLINE || c->admission != ADMISSION_ACCEPTED) {
        c->moved_ms = now;
        return 0;
    }
    if (has_hole && now - c->moved_ms >= HOLE_MS)
        return give_up(m, c, &hole, e);
    if (now - c->moved_ms >= STALL_MS)
        control_hello_again(m, c, "events of the spool are missing");
    return 0;
}

static int save(struct manager *m, struct err *e)
{
    bool due = m->save_soon || manager_now(m) - m->saved_ms >= SAVE_EVERY_MS;
    bool any = false;
    for (size_t i = 0; i < m->fleet.count && due; i++)
        any = m->fleet.items[i]->unsaved || any;
    if (!any)
        return 0;
    if (commit_join(m, e))
        return -1;
    for (size_t i = 0; i < m->fleet.count; i++)
        if (m->fleet.items[i]->unsaved)
            m->fleet.items[i]->changed = true;
    m->saved_ms = manager_now(m);
    m->save_soon = false;
    return 0;
}

static void count_states(struct manager *m)
{
    static const char *const states[] = { "online", "degraded", "offline", "pending", "refused" };
    double counts[COUNT(states)] = { 0 };
    for (size_t i = 0; i < m->fleet.count; i++)
        for (size_t k = 0; k < COUNT(states); k++)
            if (str_eq(states[k], show_state(m->fleet.items[i])))
                counts[k]++;
    for (size_t k = 0; k < COUNT(states); k++)
        metric_set(&manager_metrics[M_AGENTS], states[k], counts[k]);
}

void link_tick(struct manager *m)
{
    struct link_limits limits = { m->c->options->degraded_after_ms, m->c->options->offline_after_ms };
    struct err e;
    for (size_t i = 0; i < m->fleet.count && m->connected; i++) {
        struct cluster *c = m->fleet.items[i];
        change_link(m, c, link_state(c->heard_ms, manager_now(m), &limits));
        forget_notice(m, c);
        if (watch_spool(m, c, &e)) {
            commit_abort(m, &e);    /* the fleet is another one now */
            return;
        }
    }
    count_states(m);
    if (save(m, &e))
        commit_abort(m, &e);
}
