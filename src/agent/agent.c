#include "agent/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "agent/cluster.h"
#include "agent/digest.h"
#include "agent/executor.h"
#include "agent/keys.h"
#include "agent/health.h"
#include "agent/lease.h"
#include "agent/link.h"
#include "agent/rights.h"
#include "agent/sampler.h"
#include "agent/sender.h"
#include "agent/spool_lock.h"
#include "agent/state.h"
#include "agent/telemetry.h"
#include "agent/watch.h"
#include "base/log.h"

#define USER_AGENT  "aetherius-agent/" AETHERIUS_VERSION
#define ENDING_MS   1500    /* that central may take to commit the last records before we end   */
#define ENDING_STEP 20
#define STALE_MS    120000  /* a watch on Events older than this is worth a word                */
#define SKEW_MS     30000
#define RELEASE_MS  500     /* that giving back the lease may take                              */

struct agent {
    struct loop *loop;
    const struct agent_options *options;
    int64_t started_at;              /* wall ms */
    char *instance, *session;        /* session: instance and spool, of no other agent          */
    char *namespace_;                /* the Pod's own, or NULL: outside of a cluster            */
    struct filter filter;
    int spool_lock;                  /* -1: none                                                */
    struct spool *spool;
    struct reporter reporter;
    struct state *state;
    struct kube *kube;
    struct lease *lease;

    /* Those that work; NULL while another agent does. */
    struct watches *watches;
    struct cluster *cluster;
    struct sender *sender;
    struct link *link;
    struct keys keys;
    struct executor *executor;
    struct rights *rights;
    struct sampler *sampler;

    struct health *health;
    char asked_place[LEASE_VERSION_SIZE], committed_place[LEASE_VERSION_SIZE];
    uint64_t asked_seq;              /* everything up to asked_place has a place up to here     */
    bool lost;                       /* another agent took the lease: begin anew, as a standby  */
    struct err failed;               /* of a start that came later than agent_new               */
    char why_not_ready[256];
    struct timer ending;
    int64_t ends_ms;                 /* monotonic; 0: not ending */
};

/* --- what it says of itself -------------------------------------------------------------------------------------- */

static const char *const capabilities[] = { "event_watch", "state_watch", "metrics_collect", "command_execute", "evidence_collect" };

static void add_text(struct wire_strings *to, struct arena *arena, const char *text)
{
    if (!text)
        return;
    if (!to->items)
        to->items = ARENA_ARRAY(arena, const char *, WIRE_LIST_MAX);
    if (to->count < WIRE_LIST_MAX)
        to->items[to->count++] = text;
}

/* What is configured, without secrets: options of two agents with the same hash are the same. */
static const char *config_hash(const struct agent_options *o, struct arena *arena)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    conf_print(&agent_program, o, out);
    (void)fclose(out);
    const char *hash = arena_printf(arena, "%016llx", (unsigned long long)digest_text(text));
    free(text);
    return hash;
}

static void count_node(void *arg, const struct state_object *o)
{
    (void)o;
    ++*(int64_t *)arg;
}

static int64_t nodes_of(const struct agent *a)
{
    int64_t nodes = 0;
    state_each(a->state, STATE_NODE, count_node, &nodes);
    return nodes > 0 ? nodes : -1;
}

static void introduce(void *arg, struct arena *arena, struct wire_register *out)
{
    struct agent *a = arg;
    const struct agent_options *o = a->options;
    for (size_t i = 0; i < COUNT(capabilities); i++)
        if (rights_allow(a->rights, capabilities[i]) && (o->commands || !str_eq(capabilities[i], "command_execute")))
            add_text(&out->capabilities, arena, capabilities[i]);
    rights_denied(a->rights, arena, &out->denied, &out->n_denied);
    out->lease_term = lease_term(a->lease);
    out->start_time = a->started_at;
    out->cluster_name = o->cluster_name[0] ? o->cluster_name : o->cluster_id;
    out->region = o->region[0] ? o->region : NULL;
    out->instance = a->instance;
    out->cluster_uid = cluster_uid(a->cluster);
    out->kubernetes_version = cluster_version(a->cluster);
    out->nodes = nodes_of(a);
    out->config_hash = config_hash(o, arena);
    out->build = "linux";
}

static void add_reasons(struct agent *a, const struct watches_status *watches, const struct spool_status *spool, struct arena *arena, struct wire_strings *out)
{
    bool known;
    int64_t offset = link_clock_offset_ms(a->link, &known);
    if (!watches->answers)
        add_text(out, arena, arena_printf(arena, "the API server does not answer%s%s", watches->trouble[0] ? ": " : "", watches->trouble));
    else if (watches->trouble[0])
        add_text(out, arena, arena_strdup(arena, watches->trouble));
    if (watches->age_ms > STALE_MS)
        add_text(out, arena, arena_printf(arena, "the watch on Events has been silent for %lld s", (long long)watches->age_ms / 1000));
    if (spool->failing)
        add_text(out, arena, arena_printf(arena, "the spool cannot be written: %s", spool->error));
    if (spool->full)
        add_text(out, arena, "the spool takes nothing more, the watches wait");
    if (spool->dropped)
        add_text(out, arena, arena_printf(arena, "%lld records were dropped for want of room", (long long)spool->dropped));
    if (state_refused(a->state))
        add_text(out, arena, arena_printf(arena, "the state of %llu objects is not followed: objects_max is reached", (unsigned long long)state_refused(a->state)));
    add_text(out, arena, arena_strdup(arena, lease_trouble(a->lease)));
    add_text(out, arena, arena_strdup(arena, rights_excess(a->rights)));
    if (a->keys.conflict)
        add_text(out, arena, "central offers another command key than the one that is known");
    if (known && (offset > SKEW_MS || offset < -SKEW_MS))
        add_text(out, arena, arena_printf(arena, "this clock and central's differ by %lld s", (long long)offset / 1000));
}

static void beat(void *arg, struct arena *arena, struct wire_heartbeat *out)
{
    struct agent *a = arg;
    struct watches_status watches;
    struct spool_status spool;
    watches_status(a->watches, &watches);
    spool_status(a->spool, &spool);
    add_reasons(a, &watches, &spool, arena, &out->reasons);
    bool ill = !watches.answers || spool.failing;
    out->status = ill ? HEALTH_UNHEALTHY : out->reasons.count > 0 ? HEALTH_DEGRADED : HEALTH_HEALTHY;
    out->event_queue = spool.waiting + spool.records;
    out->command_queue = (int64_t)executor_waiting(a->executor);
    out->epoch = spool_epoch(a->spool);
    out->seq = spool_newest(a->spool);
    out->watch_age_ms = watches.age_ms;
    out->spool_records = spool.records;
    out->spool_bytes = spool.bytes;
    out->spool_oldest_ms = spool.oldest_ms;
    out->spool_dropped = spool.dropped;
    out->nodes = nodes_of(a);
    out->connected_api = watches.answers;
}

/* --- what central says ------------------------------------------------------------------------------------------- */

/* Central knows an older spool of ours: what it had not committed of it is gone with it.  Of another agent's the lease has told. */
static void tell_lost_spool(struct agent *a, const struct wire_control *welcome)
{
    if (welcome->epoch == 0 || welcome->epoch >= spool_epoch(a->spool) || spool_next(a->spool) > 1 || lease_inherited(a->lease))
        return;
    char from[48];
    (void)snprintf(from, sizeof from, "%llu.%llu", (unsigned long long)welcome->epoch, (unsigned long long)welcome->seq);
    struct wire_gap gap = { .cause = "agent_restart", .from = from, .count = -1, .detail = "the spool of before is gone; what the API server still holds is reported again" };
    spool_gap(a->spool, &gap);
}

static void on_welcome(void *arg, const struct wire_control *welcome)
{
    struct agent *a = arg;
    tell_lost_spool(a, welcome);
    keys_offer(&a->keys, welcome->command_key);
    if (welcome->state == ADMISSION_ACCEPTED)
        executor_flush(a->executor);
}

static void on_command(void *arg, const char *data, size_t size)
{
    struct agent *a = arg;
    if (lease_may_act(a->lease) && link_takes_commands(a->link))
        executor_take(a->executor, data, size);    /* else it is another agent's, or central sends it again */
}

static void on_cancel(void *arg, const char *command_id)
{
    struct agent *a = arg;
    executor_cancel(a->executor, command_id);
}

static int publish_result(void *arg, const void *data, size_t size, struct err *e)
{
    struct agent *a = arg;
    return link_publish(a->link, WIRE_RESULT, data, size, e);
}

static int64_t clock_offset_ms(void *arg, bool *known)
{
    struct agent *a = arg;
    return link_clock_offset_ms(a->link, known);
}

static bool may_speak(void *arg)
{
    const struct agent *a = arg;
    return lease_may_act(a->lease);
}

static const struct link_handlers link_handlers = { introduce, beat, on_welcome, on_command, on_cancel, may_speak };

/* --- probes and metrics ------------------------------------------------------------------------------------------ */

static const char *not_ready(void *arg)
{
    struct agent *a = arg;
    struct watches_status watches;
    struct spool_status spool;
    if (!a->watches)
        return lease_state(a->lease) == LEASE_STANDBY ? NULL : "the API server was not asked yet who works";
    watches_status(a->watches, &watches);
    spool_status(a->spool, &spool);
    const char *why = !watches.answers ? "the API server does not answer" : !watches.listed ? "not everything was listed yet"
                    : spool.failing    ? "the spool cannot be written" : spool.full ? "the spool takes nothing more" : NULL;
    const char *detail = spool.failing ? spool.error : watches.trouble;
    if (!why)
        return NULL;
    (void)snprintf(a->why_not_ready, sizeof a->why_not_ready, "%s%s%s", why, detail[0] ? ": " : "", detail);
    return a->why_not_ready;
}

/* Standing by is what such an agent is there for: it is ready. */
static const char *stands_by_for(void *arg)
{
    const struct agent *a = arg;
    return a->watches ? NULL : lease_holder(a->lease);
}

static void refresh(void *arg)
{
    struct agent *a = arg;
    struct watches_status watches;
    struct spool_status spool;
    struct kube_counts counts = kube_counts(a->kube);
    spool_status(a->spool, &spool);
    if (a->watches)
        watches_status(a->watches, &watches);
    else
        watches = (struct watches_status){ .age_ms = -1 };
    telemetry_refresh(&spool, &watches, &counts, a->executor ? executor_waiting(a->executor) : 0);
}

static int64_t metrics_interval_ms(void *arg)
{
    struct agent *a = arg;
    return link_metrics_interval_ms(a->link);
}

static bool may_send_metrics(void *arg)
{
    struct agent *a = arg;
    enum link_state state = link_state(a->link);
    return (state == LINK_ACCEPTED || (state == LINK_REGISTERING && sender_is_open(a->sender))) && !link_is_throttled(a->link);
}

static int publish_metrics(void *arg, const void *data, size_t size, struct err *e)
{
    struct agent *a = arg;
    return link_publish(a->link, WIRE_METRICS, data, size, e);
}

/* --- the parts --------------------------------------------------------------------------------------------------- */

static void on_committed(void *arg, const struct spool_row *spooled, size_t count, const struct spool_packing *packed)
{
    struct agent *a = arg;
    if (a->sender)
        sender_committed(a->sender, spooled, count, packed);
}

static void on_full(void *arg, bool full)
{
    struct agent *a = arg;
    log_warn(full ? "the spool has no room: the watches wait" : "the spool has room again: the watches go on", "full=%d", full);
    if (a->watches)
        watches_pause(a->watches, full);
}

static const struct spool_handlers spool_handlers = { on_committed, on_full };

static void on_facts(void *arg)
{
    struct agent *a = arg;
    link_register(a->link);
}

static int open_kube(struct agent *a, struct err *e)
{
    struct kube_config config = { 0 };
    const struct agent_options *o = a->options;
    int failed = o->kubeconfig[0] ? kube_config_file(o->kubeconfig, o->context, &config, e) : kube_config_in_cluster(NULL, &config, e);
    if (failed)
        return -1;
    a->kube = kube_new(a->loop, &config, USER_AGENT, e);
    a->namespace_ = o->kubeconfig[0] ? NULL : str_dup(config.namespace_);
    kube_config_fini(&config);
    if (a->kube)
        log_info("watching", "server=%s", kube_server(a->kube));
    return a->kube ? 0 : -1;
}

static int open_spool(struct agent *a, struct err *e)
{
    const struct agent_options *o = a->options;
    struct spool_config config = { .dir = o->spool_dir, .cluster_id = o->cluster_id, .bytes_max = o->spool_bytes_max, .waiting_max = (size_t)o->buffer_size };
    if (spool_lock(o->spool_dir, &a->spool_lock, e))
        return -1;
    a->spool = spool_open(a->loop, &config, &spool_handlers, a, e);
    a->reporter = (struct reporter){ .spool = a->spool, .cluster_id = o->cluster_id };
    reporter_register_metrics();
    return a->spool ? 0 : -1;
}

static void name_instance(struct agent *a)
{
    struct utsname host;
    if (a->options->instance[0])
        a->instance = str_dup(a->options->instance);
    else
        a->instance = str_dup(uname(&host) == 0 ? host.nodename : "agent");
}

/* The version of Events up to which central has committed everything: what was taken when this was asked last, once the watermark has passed it. */
static const char *place_to_hand_on(void *arg)
{
    struct agent *a = arg;
    struct sender_status sent;
    if (!a->watches)
        return NULL;
    sender_status(a->sender, &sent);
    if (a->asked_place[0] && sent.acknowledged >= a->asked_seq)
        (void)str_copy(a->committed_place, sizeof a->committed_place, a->asked_place);
    if (sent.acknowledged >= a->asked_seq) {
        (void)str_copy(a->asked_place, sizeof a->asked_place, watches_place(a->watches));
        a->asked_seq = spool_next(a->spool) - 1;
    }
    return a->committed_place[0] ? a->committed_place : NULL;
}

/* Another agent worked here and did not live to say how far. */
static void tell_lost_place(struct agent *a)
{
    struct wire_gap gap = { .cause = "agent_restart", .count = -1, .detail = "another agent of this cluster was at work before, and left no place to go on from; what the API server still holds is reported again" };
    log_warn("another agent was at work before and left no place to go on from", "lease=" LEASE_NAME);
    spool_gap(a->spool, &gap);
}

/* What works: only while no other agent of this cluster does. */
static int open_work(struct agent *a, struct err *e)
{
    a->state = state_new(a->loop, &a->filter, &a->reporter, (size_t)a->options->objects_max);
    a->link = link_new(a->loop, a->options, a->session, &link_handlers, a, e);
    if (!a->link)
        return -1;
    a->sender = sender_new(a->loop, a->spool, link_publish_events, a->link);
    link_send_through(a->link, a->sender, spool_epoch(a->spool));
    struct tool_context context = { .loop = a->loop, .kube = a->kube, .cluster_id = a->options->cluster_id };
    struct executor_links links = { publish_result, clock_offset_ms, a };
    keys_init(&a->keys, a->options, a->spool);
    a->executor = executor_new(&context, a->options, a->spool, &a->keys, &links);
    a->cluster = cluster_new(a->loop, a->kube, on_facts, a);
    a->rights = rights_new(a->loop, a->kube, a->options->kubeconfig[0], on_facts, a);
    struct sampler_owner owner = { metrics_interval_ms, may_send_metrics, publish_metrics, a };
    a->sampler = sampler_new(a->loop, a->kube, a->state, a->options->cluster_id, &owner);
    const char *inherited = lease_inherited(a->lease);
    if (inherited && !inherited[0])
        tell_lost_place(a);
    struct watches_parts parts = { a->kube, a->options, &a->filter, &a->reporter, a->state, inherited && inherited[0] ? inherited : NULL };
    a->watches = watches_new(a->loop, &parts);
    return 0;
}

static void close_work(struct agent *a)
{
    watches_free(a->watches);
    sampler_free(a->sampler);
    rights_free(a->rights);
    cluster_free(a->cluster);
    executor_free(a->executor);
    sender_free(a->sender);
    link_free(a->link);
    state_free(a->state);
}

/* A holder that lost its lease is torn down whole and begins anew: nothing of what it was about to do is left. */
static void on_lease(void *arg)
{
    struct agent *a = arg;
    enum lease_state state = lease_state(a->lease);
    if (a->ends_ms)
        return;
    if (a->watches) {
        a->lost = state == LEASE_STANDBY;
        if (a->lost)
            loop_stop(a->loop);
        else if (state == LEASE_HELD)
            link_register(a->link);    /* central hears of the term */
        return;
    }
    if (lease_may_act(a->lease) && open_work(a, &a->failed))
        loop_stop(a->loop);
}

static void open_lease(struct agent *a)
{
    const struct agent_options *o = a->options;
    const char *own = o->lease_namespace[0] ? o->lease_namespace : a->namespace_;
    struct lease_config config = {
        .namespace_ = o->lease ? own : NULL, .identity = a->session, .duration_ms = o->lease_duration_ms,
        .why_without = o->lease ? "this agent is outside of the cluster; lease_namespace names a place for the lease" : "the option lease is off",
    };
    a->lease = lease_new(a->loop, a->kube, &config, &(struct lease_owner){ on_lease, place_to_hand_on, a });
}

static int open_all(struct agent *a, struct err *e)
{
    if (filter_init(&a->filter, a->options, e) || open_kube(a, e) || open_spool(a, e))
        return -1;
    a->session = str_printf("%.120s_%llu", a->instance, (unsigned long long)spool_epoch(a->spool));
    telemetry_register();
    open_lease(a);
    if (lease_may_act(a->lease) && open_work(a, e))
        return -1;
    struct health_owner health = { not_ready, stands_by_for, refresh, a };
    a->health = health_new(a->loop, a->options, &health, e);
    return a->health ? 0 : -1;
}

struct agent *agent_new(struct loop *l, const struct agent_options *options, struct err *e)
{
    struct agent *a = mem_alloc(sizeof *a);
    *a = (struct agent){ .loop = l, .options = options, .started_at = loop_wall_ms(l), .spool_lock = -1 };
    name_instance(a);
    if (open_all(a, e)) {
        agent_free(a);
        return NULL;
    }
    return a;
}

int agent_outcome(const struct agent *a, struct err *e)
{
    if (a->failed.kind)
        *e = a->failed;
    return a->failed.kind ? -1 : a->lost;
}

void agent_free(struct agent *a)
{
    if (!a)
        return;
    timer_stop(&a->ending);
    health_free(a->health);
    close_work(a);
    lease_free(a->lease);
    reporter_fini(&a->reporter);
    spool_close(a->spool);
    spool_unlock(a->spool_lock);
    if (a->kube)
        kube_free(a->kube);
    filter_fini(&a->filter);
    free(a->instance);
    free(a->session);
    free(a->namespace_);
    free(a);
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

static void look_whether_ended(void *arg)
{
    struct agent *a = arg;
    struct spool_status spool;
    struct sender_status sent;
    spool_status(a->spool, &spool);
    bool flushed = sender_flush(a->sender);
    sender_status(a->sender, &sent);
    bool committed = sent.acknowledged >= spool_newest(a->spool);
    bool hopeless = link_state(a->link) != LINK_ACCEPTED;
    int64_t now = loop_now_ms(a->loop);
    if (now < a->ends_ms && (spool.waiting > 0 || !(hopeless || (flushed && committed))))
        return;
    if (lease_release(a->lease) || now >= a->ends_ms + RELEASE_MS)
        loop_stop(a->loop);
}

void agent_stop(struct agent *a)
{
    if (a->ends_ms || !a->watches) {
        loop_stop(a->loop);
        return;
    }
    a->ends_ms = loop_now_ms(a->loop) + ENDING_MS;
    watches_pause(a->watches, true);
    executor_stop(a->executor);
    timer_every(&a->ending, a->loop, ENDING_STEP, look_whether_ended, a);
}
