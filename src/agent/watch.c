#include "agent/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/normalise.h"
#include "agent/reach.h"
#include "agent/seen.h"
#include "base/log.h"
#include "base/metric.h"

#define SLICE_MS      50       /* what arrives together is read together; a first object after silence does not wait */
#define STALE_MS      60000    /* an API server that proved alive on no watch for so long does not answer */
#define EVENT_TTL_MS  3300000  /* Events live for an hour by default: what a list shows after a shorter break is all there was */

/* One row a kind that is watched. */
static const struct row {
    const char *kind;
    enum state_kind state;
} rows[] = {
    { "Event", STATE_NONE },
    { "Pod", STATE_POD },
    { "Node", STATE_NODE },
    { "Deployment", STATE_DEPLOYMENT },
    { "StatefulSet", STATE_STATEFUL_SET },
    { "DaemonSet", STATE_DAEMON_SET },
    { "Job", STATE_JOB },
    { "PersistentVolumeClaim", STATE_CLAIM },
    { "Service", STATE_SERVICE },
    { "EndpointSlice", STATE_SLICE },
};
#define KINDS COUNT(rows)

struct watched {
    struct watches *all;
    const struct row *row;
    const struct kube_kind *kind;
    struct kube_watch *watch;
    bool listed;
    char why[160];                          /* of the last failure, "" while it is well         */
    bool unreachable, told;                 /* the server did not answer; the failure was logged */
    char broken_from[NORMALISE_VERSION_MAX];/* continuity ended here; "": it did not            */
    const char *broken_cause;
    int64_t broken_ms;                      /* how long nothing had come then                   */
    int64_t news_in_list;                   /* Events of this list that were not known          */
};

struct watches {
    struct loop *loop;
    const struct agent_options *options;
    const struct filter *filter;
    struct reporter *reporter;
    struct state *state;
    struct seen *seen;
    struct arena arena;                     /* of one object                                    */
    struct json_w *raw;                     /* its raw_data                                     */
    char place[NORMALISE_VERSION_MAX];      /* of Events                                        */
    const char *server;
    struct reach reach;
    struct timer look;                      /* whose failures are these?                        */
    struct watched kinds[KINDS];
};

enum { OBJECTS, UNNAMED, KNOWN, OPEN, BREAKS, FAILURES, AWAY };
static struct metric metrics[] = {
    [OBJECTS] = { "aetherius_agent_watch_objects_total", METRIC_COUNTER, "kind", "Objects that lists and watches brought." },
    [UNNAMED] = { "aetherius_agent_watch_unnamed_total", METRIC_COUNTER, "kind", "Objects without uid or resourceVersion, which nobody could name." },
    [KNOWN] = { "aetherius_agent_events_known_total", METRIC_COUNTER, NULL, "Revisions of Events that had been reported before." },
    [OPEN] = { "aetherius_agent_watch_open", METRIC_GAUGE, "kind", "1 while the watch on this kind is open." },
    [BREAKS] = { "aetherius_agent_watch_breaks_total", METRIC_COUNTER, "kind", "Times that continuity was lost and the kind was listed anew." },
    [FAILURES] = { "aetherius_agent_watch_failures_total", METRIC_COUNTER, "kind", "Times that a list or watch of this kind failed and waited." },
    [AWAY] = { "aetherius_agent_api_away_total", METRIC_COUNTER, NULL, "Times that the API server stopped answering." },
};
METRIC_DECLARE(metrics);

const struct kube_kind *watches_kind(size_t at)
{
    return at < KINDS ? kube_kind_find(rows[at].kind) : NULL;
}

/* --- Events ------------------------------------------------------------------------------------------------------ */

static bool wants_raw(const struct watches *w, const json *object)
{
    if (w->options->raw_data == RAW_WARNING)
        return str_eq(json_get_str(object, "type"), "Warning");
    return w->options->raw_data == RAW_ALL;
}

static void report_event(struct watches *w, struct watched *k, json *object)
{
    struct wire_event event;
    struct spool_seen entry;
    if (normalise_event(w->options->cluster_id, object, wants_raw(w, object) ? w->raw : NULL, &w->arena, &event)) {
        metric_add(&metrics[UNNAMED], k->kind->kind, 1);
        return;
    }
    if (!filter_event(w->filter, &event)) {
        reporter_count_filtered();
        return;
    }
    if (!seen_is_new(w->seen, event.uid, event.resource_version, event.count, &event.delta, &entry)) {
        metric_add(&metrics[KNOWN], NULL, 1);
        return;
    }
    state_owner(w->state, &event.involved, &event.owner_kind, &event.owner_name);
    k->news_in_list++;
    reporter_report(w->reporter, &event);
    spool_seen(w->reporter->spool, &entry);
}

static void note_place(struct watched *k, const char *version)
{
    (void)str_copy(k->all->place, sizeof k->all->place, version);
    spool_place(k->all->reporter->spool, k->kind->plural, version);
}

/* The expiry of an Event is no recovery, and nothing to report. */
static void on_event(struct watched *k, enum kube_change change, json *object, const char *version)
{
    if (change != KUBE_DELETED)
        report_event(k->all, k, object);
    arena_reset(&k->all->arena);
    if (version[0])
        note_place(k, version);
}

/* After a break the list holds every Event that still lives, with its whole count; what may be missing are revisions in between, and
 * Events that came and went.  When it brought nothing new, nothing had happened. */
static void end_break(struct watched *k, const char *version)
{
    if (!k->broken_from[0])
        return;
    if (k->news_in_list > 0 || k->broken_ms > EVENT_TTL_MS) {
        AUTO_FREE char *detail = str_printf("events; %lld came with the list", (long long)k->news_in_list);
        struct wire_gap gap = { .from = k->broken_from, .to = version, .cause = k->broken_cause, .count = -1, .detail = detail };
        log_warn("some revisions of Events may be missing", "cause=%s from=%s to=%s found=%lld", k->broken_cause, k->broken_from, version, (long long)k->news_in_list);
        spool_gap(k->all->reporter->spool, &gap);
    }
    k->broken_from[0] = 0;
}

/* --- what the watches say ---------------------------------------------------------------------------------------- */

static void on_object(void *arg, enum kube_change change, json *object, const char *version)
{
    struct watched *k = arg;
    metric_add(&metrics[OBJECTS], k->kind->kind, 1);
    if (k->row->state == STATE_NONE)
        on_event(k, change, object, version);
    else
        state_see(k->all->state, k->row->state, object, change == KUBE_DELETED);
}

static void on_list_began(void *arg)
{
    struct watched *k = arg;
    k->news_in_list = 0;
    if (k->row->state != STATE_NONE)
        state_list_began(k->all->state, k->row->state);
}

static void on_listed(void *arg, const char *version)
{
    struct watched *k = arg;
    k->listed = true;
    if (k->row->state != STATE_NONE) {
        state_listed(k->all->state, k->row->state);
        return;
    }
    end_break(k, version);
    note_place(k, version);
}

static void on_place(void *arg, const char *version)
{
    struct watched *k = arg;
    if (k->row->state == STATE_NONE)
        note_place(k, version);
}

/* The state of objects is taken from the list that follows, whole; only Events can be missing. */
static void on_broken(void *arg, const char *cause, const char *from)
{
    struct watched *k = arg;
    metric_add(&metrics[BREAKS], k->kind->kind, 1);
    log_info("the watch lost its place and lists anew", "kind=%s cause=%s from=%s", k->kind->kind, cause, from);
    if (k->row->state != STATE_NONE || k->broken_from[0])
        return;
    (void)str_copy(k->broken_from, sizeof k->broken_from, from);
    k->broken_cause = cause;
    k->broken_ms = kube_watch_age_ms(k->watch);
}

static void tell_failure(struct watched *k)
{
    if (!k->told)
        log_warn("the watch waits and tries again", "kind=%s why=\"%s\"", k->kind->kind, k->why);
    k->told = true;
}

static void tell_failures(struct watches *w)
{
    for (size_t i = 0; i < KINDS; i++)
        if (w->kinds[i].unreachable)
            tell_failure(&w->kinds[i]);
}

/* A watch that still waits when the server is back waits because of the server: only the next failure is its own. */
static void forgive(struct watches *w)
{
    for (size_t i = 0; i < KINDS; i++)
        w->kinds[i].unreachable = false;
}

static void tell_gone(struct watches *w)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (!w->kinds[i].unreachable)
            continue;
        log_warn("the API server does not answer; every watch waits and tries again", "server=%s why=\"%s\" away_before=%llu", w->server, w->kinds[i].why,
                 (unsigned long long)w->reach.times - 1);
        return;
    }
}

/* Whose failures are these: the server's or those of single kinds? */
static void look(void *arg)
{
    struct watches *w = arg;
    size_t failing = 0;
    uint64_t times = w->reach.times;
    bool was_away = w->reach.away;
    for (size_t i = 0; i < KINDS; i++)
        failing += w->kinds[i].unreachable;
    int64_t now = loop_now_ms(w->loop);
    enum reach_say say = reach_look(&w->reach, failing, KINDS, now);
    metric_add(&metrics[AWAY], NULL, (double)(w->reach.times - times));
    if (say == REACH_GONE)
        tell_gone(w);
    else if (say == REACH_BACK)
        log_info("the API server answers again", "server=%s after_ms=%lld", w->server, (long long)(now - w->reach.since_ms));
    else if (say == REACH_EACH)
        tell_failures(w);
    if (was_away && !w->reach.away)
        forgive(w);
}

static void look_soon(struct watches *w)
{
    if (!timer_running(&w->look))
        timer_start(&w->look, w->loop, REACH_SETTLE_MS, look, w);
}

static void on_open(struct watched *k)
{
    if (k->told)
        log_info("the watch is open again", "kind=%s", k->kind->kind);
    if (k->unreachable)
        look_soon(k->all);
    k->why[0] = 0;
    k->told = k->unreachable = false;
}

static void on_state(void *arg, enum kube_watch_state state, const struct err *err)
{
    struct watched *k = arg;
    metric_set(&metrics[OPEN], k->kind->kind, state == KUBE_WATCH_OPEN);
    if (state == KUBE_WATCH_OPEN)
        on_open(k);
    if (!err)
        return;
    (void)str_copy(k->why, sizeof k->why, err->text);
    metric_add(&metrics[FAILURES], k->kind->kind, 1);
    k->unreachable = err->kind == ERR_UNAVAILABLE || err->kind == ERR_TIMEOUT || err->kind == ERR_BUSY || err->kind == ERR_IO;
    if (k->unreachable)
        look_soon(k->all);
    else
        tell_failure(k);
}

static const struct kube_watch_handlers handlers = {
    .object = on_object, .list_began = on_list_began, .listed = on_listed, .place = on_place, .broken = on_broken, .state = on_state,
};

/* --- life -------------------------------------------------------------------------------------------------------- */

static void remember(void *arg, const struct spool_seen *entry)
{
    seen_restore(arg, entry);
}

static void begin(struct watches *w, const struct watches_parts *parts, size_t at)
{
    struct watched *k = &w->kinds[at];
    *k = (struct watched){ .all = w, .row = &rows[at], .kind = kube_kind_find(rows[at].kind) };
    struct kube_watch_config config = { .kind = k->kind, .slice_ms = SLICE_MS };
    if (k->row->state == STATE_NONE)
        config.version = parts->events_from ? parts->events_from : spool_stored_place(w->reporter->spool, k->kind->plural, &w->arena);
    if (config.version)
        log_info(parts->events_from ? "going on where the last agent's work was committed" : "going on where the last run ended", "kind=%s version=%s", k->kind->kind, config.version);
    k->watch = kube_watch_new(parts->kube, &config, &handlers, k);
    arena_reset(&w->arena);
}

struct watches *watches_new(struct loop *l, const struct watches_parts *parts)
{
    metric_register(metrics, COUNT(metrics));
    struct watches *w = mem_alloc(sizeof *w);
    *w = (struct watches){ .loop = l, .options = parts->options, .filter = parts->filter, .reporter = parts->reporter, .state = parts->state,
                           .server = kube_server(parts->kube), .seen = seen_new(SPOOL_SEEN_MAX), .raw = json_w_new() };
    spool_each_seen(w->reporter->spool, remember, w->seen);
    for (size_t i = 0; i < KINDS; i++)
        begin(w, parts, i);
    return w;
}

void watches_free(struct watches *w)
{
    if (!w)
        return;
    timer_stop(&w->look);
    for (size_t i = 0; i < KINDS; i++)
        kube_watch_free(w->kinds[i].watch);
    seen_free(w->seen);
    json_w_free(w->raw);
    arena_fini(&w->arena);
    free(w);
}

void watches_pause(struct watches *w, bool pause)
{
    for (size_t i = 0; i < KINDS; i++)
        kube_watch_pause(w->kinds[i].watch, pause);
}

const char *watches_place(const struct watches *w)
{
    return w->place;
}

void watches_status(const struct watches *w, struct watches_status *out)
{
    *out = (struct watches_status){ .age_ms = kube_watch_age_ms(w->kinds[0].watch), .listed = true };
    for (size_t i = 0; i < KINDS; i++) {
        const struct watched *k = &w->kinds[i];
        int64_t age = kube_watch_age_ms(k->watch);
        bool forbidden = kube_watch_state(k->watch) == KUBE_WATCH_FORBIDDEN;
        out->answers |= age >= 0 && age < STALE_MS;
        out->listed &= k->listed || forbidden || kube_watch_state(k->watch) == KUBE_WATCH_OPEN;
        if (k->why[0] && !out->trouble[0])
            (void)snprintf(out->trouble, sizeof out->trouble, "%s: %s", k->kind->plural, k->why);
    }
}
