#include "agent/link.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

#define ANSWER_MS      10000
#define PAUSE_FIRST_MS 1000
#define PAUSE_MOST_MS  30000
#define PENDING_MAX    1024    /* messages that nats.c may hold for us: little memory */
#define REASON_SIZE    200

struct link {
    struct loop *loop;
    const struct agent_options *options;
    const char *session;
    struct link_handlers handlers;
    void *arg;
    struct edge *edge;
    struct sender *sender;
    uint64_t epoch;
    char subjects[WIRE_KINDS][WIRE_SUBJECT_SIZE];
    enum link_state state;
    char reason[REASON_SIZE];     /* why central does not accept us                       */
    bool connected, foreign_epoch;
    int tries;                    /* registrations since the last welcome                 */
    int64_t first_try_ms;         /* of these                                             */
    struct timer again, beat;     /* the next registration, the next heartbeat            */
    struct wire_settings settings;
    bool offset_known;
    int64_t offset_ms, throttled_until_ms;
    uint64_t dice;
    struct arena arena;           /* of one message                                       */
};

enum { CONNECTED, STATE, RECONNECTS, REGISTERED, BEATS, CONTROL_BAD, OFFSET };
static struct metric metrics[] = {
    [CONNECTED] = { "aetherius_agent_link_connected", METRIC_GAUGE, NULL, "1 while a NATS server is connected." },
    [STATE] = { "aetherius_agent_link_accepted", METRIC_GAUGE, NULL, "1 while central has accepted this cluster on this connection." },
    [RECONNECTS] = { "aetherius_agent_link_connections_total", METRIC_COUNTER, NULL, "Connections that were made." },
    [REGISTERED] = { "aetherius_agent_registrations_total", METRIC_COUNTER, NULL, "Registrations that were sent." },
    [BEATS] = { "aetherius_agent_heartbeats_total", METRIC_COUNTER, NULL, "Heartbeats that were sent." },
    [CONTROL_BAD] = { "aetherius_agent_messages_refused_total", METRIC_COUNTER, "kind", "Messages from central that nobody can read." },
    [OFFSET] = { "aetherius_agent_clock_offset_seconds", METRIC_GAUGE, NULL, "Central's clock minus ours." },
};
METRIC_DECLARE(metrics);

const char *link_state_name(enum link_state state)
{
    static const char *const names[] = { "down", "registering", "pending", "refused", "accepted" };
    return names[state];
}

static void set_state(struct link *k, enum link_state state, const char *why)
{
    if (k->state != state)
        log_info("link", "state=%s why=\"%s\"", link_state_name(state), str_or_empty(why));
    k->state = state;
    metric_set(&metrics[STATE], NULL, state == LINK_ACCEPTED);
    (void)str_copy(k->reason, sizeof k->reason, str_or_empty(why));
}

static int may_speak(struct link *k, struct err *e)
{
    return k->handlers.may_speak(k->arg) ? 0 : err_set(e, ERR_REFUSED, "the lease is not held");
}

int link_publish(struct link *k, enum wire_kind kind, const void *data, size_t size, struct err *e)
{
    if (may_speak(k, e))
        return -1;
    return edge_publish_durable(k->edge, k->subjects[kind], data, size, NULL, NULL, e);
}

int link_publish_events(void *arg, const void *data, size_t size, const char *encoding, struct err *e)
{
    struct link *k = arg;
    if (may_speak(k, e))
        return -1;
    return edge_publish_durable(k->edge, k->subjects[WIRE_EVENT], data, size, encoding, NULL, e);
}

/* --- heartbeat --------------------------------------------------------------------------------------------------- */

static int64_t beat_ms(const struct link *k)
{
    return k->settings.heartbeat_ms ? k->settings.heartbeat_ms : k->options->heartbeat_interval_ms;
}

static void beat(void *arg)
{
    struct link *k = arg;
    struct err e;
    struct wire_heartbeat m = { .cluster_id = k->options->cluster_id, .session = k->session, .timestamp = loop_wall_ms(k->loop), .nodes = -1, .watch_age_ms = -1, .connected_api = true };
    k->handlers.beat(k->arg, &k->arena, &m);
    size_t size;
    AUTO_FREE char *text = wire_heartbeat_encode(&m, &size);
    arena_reset(&k->arena);
    if (may_speak(k, &e) == 0 && edge_publish(k->edge, k->subjects[WIRE_HEARTBEAT], text, size, NULL, &e) == 0)
        metric_add(&metrics[BEATS], NULL, 1);
    int64_t every = beat_ms(k), spread = every / 10;
    if (k->connected)
        timer_start(&k->beat, k->loop, every - spread + (int64_t)(clock_roll(&k->dice) % (uint64_t)(2 * spread + 1)), beat, k);
}

static void start_beats(struct link *k)
{
    if (!timer_running(&k->beat))
        beat(k);
}

/* --- registration ------------------------------------------------------------------------------------------------ */

/* Central does not answer, or is of the kind that never does: events go out all the same, one by one, as the oldest contract has it. */
static void speak_unanswered(struct link *k)
{
    struct sender_status status;
    start_beats(k);
    if (!k->sender || sender_is_open(k->sender))
        return;
    sender_status(k->sender, &status);
    log_warn("central does not answer the registration; events are sent without a welcome and kept in the spool", "tries=%d", k->tries);
    sender_open(k->sender, &(struct sender_settings){ 0 }, status.sent);
}

static void send_register(void *arg)
{
    struct link *k = arg;
    struct err e;
    if (!k->connected)
        return;
    int64_t now = loop_now_ms(k->loop);
    if (k->tries == 0)
        k->first_try_ms = now;
    if (k->state == LINK_REGISTERING && now - k->first_try_ms >= ANSWER_MS)
        speak_unanswered(k);
    struct wire_register m = { .cluster_id = k->options->cluster_id, .version = AETHERIUS_VERSION, .session = k->session, .epoch = k->epoch, .nodes = -1 };
    k->handlers.introduce(k->arg, &k->arena, &m);
    size_t size;
    AUTO_FREE char *text = wire_register_encode(&m, &size);
    arena_reset(&k->arena);
    if (may_speak(k, &e) || edge_publish(k->edge, k->subjects[WIRE_REGISTER], text, size, NULL, &e))
        log_debug("registration waits", "why=\"%s\"", e.text);
    else
        metric_add(&metrics[REGISTERED], NULL, 1);
    k->tries++;
    int64_t pause = clock_back_off_ms(k->tries, PAUSE_FIRST_MS, PAUSE_MOST_MS, &k->dice);
    int64_t answer_ms = k->state == LINK_REGISTERING ? ANSWER_MS : 0;
    timer_start(&k->again, k->loop, answer_ms + pause, send_register, k);
}

void link_register(struct link *k)
{
    if (k->connected)
        timer_start(&k->again, k->loop, 0, send_register, k);
}

static void shut(struct link *k)
{
    if (k->sender)
        sender_shut(k->sender);
}

/* --- what central says ------------------------------------------------------------------------------------------- */

static void note_time(struct link *k, const struct wire_control *c)
{
    if (c->time == 0)
        return;
    k->offset_known = true;
    k->offset_ms = c->time - loop_wall_ms(k->loop);
    metric_set(&metrics[OFFSET], NULL, (double)k->offset_ms / 1000);
}

/* Everything of an older epoch is committed, and nothing of ours when central knows only an older one. */
static void on_watermark(struct link *k, const struct wire_control *c)
{
    if (c->epoch > k->epoch && !k->foreign_epoch) {
        k->foreign_epoch = true;
        log_error("central knows a newer spool of this cluster: is a second agent running, or was the spool restored from a copy?",
                  "ours=%llu central=%llu", (unsigned long long)k->epoch, (unsigned long long)c->epoch);
    }
    if (c->epoch == k->epoch && k->sender && k->state == LINK_ACCEPTED)
        sender_watermark(k->sender, c->seq);
}

static void accepted(struct link *k, const struct wire_control *c)
{
    struct sender_settings settings = {
        .slice_ms = c->settings.batch_ms, .batch_max = c->settings.batch_max, .zstd = c->settings.zstd, .acknowledged = true,
    };
    k->tries = 0;
    timer_stop(&k->again);
    if (k->sender)
        sender_open(k->sender, &settings, c->epoch == k->epoch ? c->seq : 0);
    on_watermark(k, c);
}

/* Two agents of one cluster hear the same subject, and central says whom it talks to. */
static void yield(struct link *k, const struct wire_control *c)
{
    char why[REASON_SIZE];
    if (c->state != ADMISSION_ACCEPTED)
        return;
    (void)snprintf(why, sizeof why, "central talks to another agent of this cluster: %.120s", c->session);
    if (k->state != LINK_REFUSED)
        log_error("a second agent of this cluster is at work: this one is silent", "other=%s this=%s", c->session, k->session);
    set_state(k, LINK_REFUSED, why);
    shut(k);
    timer_stop(&k->beat);
    if (!timer_running(&k->again))
        timer_start(&k->again, k->loop, PAUSE_MOST_MS, send_register, k);
}

static void on_welcome(struct link *k, const struct wire_control *c)
{
    static const enum link_state states[] = {
        [ADMISSION_ACCEPTED] = LINK_ACCEPTED, [ADMISSION_PENDING] = LINK_PENDING, [ADMISSION_REFUSED] = LINK_REFUSED,
    };
    if (c->session && !str_eq(c->session, k->session)) {
        yield(k, c);
        return;
    }
    k->settings = c->settings;
    if (c->state != ADMISSION_ACCEPTED && k->state != states[c->state])
        log_warn("central takes nothing from this cluster until a person there says: aetherctl cluster accept CLUSTER_ID", "state=%s why=\"%s\"",
                 link_state_name(states[c->state]), str_or_empty(c->reason));
    set_state(k, states[c->state], c->reason);
    k->handlers.welcome(k->arg, c);
    if (c->state == ADMISSION_ACCEPTED)
        accepted(k, c);
    else
        shut(k);    /* the next registration is planned already */
    timer_stop(&k->beat);
    start_beats(k);
}

static void on_hello_again(struct link *k, const struct wire_control *c)
{
    log_info("central asks for a registration", "why=\"%s\"", str_or_empty(c->reason));
    shut(k);
    set_state(k, LINK_REGISTERING, c->reason);
    k->tries = 0;
    link_register(k);
}

static void on_throttle(struct link *k, const struct wire_control *c)
{
    k->throttled_until_ms = loop_now_ms(k->loop) + c->pause_ms;
    if (k->sender)
        sender_pause(k->sender, c->pause_ms);
}

static void on_cancel(struct link *k, const struct wire_control *c)
{
    k->handlers.cancel(k->arg, c->command_id);
}

static void (*const controls[])(struct link *k, const struct wire_control *c) = {
    [CONTROL_WELCOME] = on_welcome, [CONTROL_WATERMARK] = on_watermark, [CONTROL_HELLO_AGAIN] = on_hello_again,
    [CONTROL_THROTTLE] = on_throttle, [CONTROL_CANCEL] = on_cancel,
};

static void on_control(struct link *k, const char *data, size_t size)
{
    struct wire_control c;
    struct err e;
    struct arena a = { 0 };    /* handlers send messages of their own */
    if (wire_control_decode(data, size, &a, &c, &e)) {
        metric_add(&metrics[CONTROL_BAD], "control", 1);
        log_warn("a control message cannot be read", "why=\"%s\"", e.text);
    } else if (c.type < COUNT(controls) && controls[c.type]) {
        note_time(k, &c);
        controls[c.type](k, &c);
    }
    arena_fini(&a);
}

static void on_message(void *arg, const struct edge_message *m)
{
    struct link *k = arg;
    enum wire_kind kind;
    char cluster_id[WIRE_CLUSTER_ID_SIZE];
    AUTO_FREE char *body = NULL;
    size_t size;
    struct err e;
    if (wire_subject_parse(m->subject, &kind, cluster_id) || !str_eq(cluster_id, k->options->cluster_id))
        return;
    if (wire_unpack(m->encoding, m->data, m->size, &body, &size, &e)) {
        metric_add(&metrics[CONTROL_BAD], wire_kind_name(kind), 1);
        log_warn("a message cannot be unpacked", "kind=%s why=\"%s\"", wire_kind_name(kind), e.text);
    } else if (kind == WIRE_CONTROL) {
        on_control(k, body, size);
    } else if (kind == WIRE_COMMAND) {
        k->handlers.command(k->arg, body, size);
    }
}

/* --- connection -------------------------------------------------------------------------------------------------- */

static void on_connected(void *arg)
{
    struct link *k = arg;
    struct edge_status status;
    edge_status(k->edge, &status);
    k->connected = true;
    k->tries = 0;
    metric_set(&metrics[CONNECTED], NULL, 1);
    metric_add(&metrics[RECONNECTS], NULL, 1);
    log_info("connected", "server=%s version=%s", status.server, status.server_version);
    set_state(k, LINK_REGISTERING, "connected");
    link_register(k);
}

static void on_disconnected(void *arg, const char *why)
{
    struct link *k = arg;
    k->connected = false;
    metric_set(&metrics[CONNECTED], NULL, 0);
    timer_stop(&k->again);
    timer_stop(&k->beat);
    shut(k);
    set_state(k, LINK_DOWN, why);
}

static const struct edge_handlers edge_handlers = { on_connected, on_disconnected, on_message };

static int open_edge(struct link *k, struct err *e)
{
    const struct agent_options *o = k->options;
    AUTO_FREE char *name = str_printf("aetherius-agent %s", o->cluster_id);
    struct edge_config config = {
        .endpoints = o->central_endpoint, .name = name, .user = o->nats_user, .password_file = o->nats_password_file, .creds = o->nats_creds,
        .nkey = o->nats_nkey, .ca = o->nats_ca, .cert = o->nats_cert, .key = o->nats_key, .reconnect_ms = o->reconnect_delay_ms,
        .max_retries = o->max_retries, .pending_max = PENDING_MAX,
    };
    k->edge = edge_new(k->loop, &config, &edge_handlers, k, e);
    if (!k->edge)
        return -1;
    return edge_subscribe(k->edge, k->subjects[WIRE_COMMAND], NULL, e) || edge_subscribe(k->edge, k->subjects[WIRE_CONTROL], NULL, e) ? -1 : 0;
}

struct link *link_new(struct loop *l, const struct agent_options *options, const char *session, const struct link_handlers *handlers, void *arg, struct err *e)
{
    metric_register(metrics, COUNT(metrics));
    struct link *k = mem_alloc(sizeof *k);
    *k = (struct link){ .loop = l, .options = options, .session = session, .handlers = *handlers, .arg = arg, .dice = (uint64_t)clock_mono_us() };
    for (enum wire_kind kind = 0; kind < WIRE_KINDS; kind++)
        wire_subject(kind, options->cluster_id, k->subjects[kind]);
    if (open_edge(k, e)) {
        link_free(k);
        err_wrap(e, "central_endpoint");
        return NULL;
    }
    return k;
}

void link_free(struct link *k)
{
    if (!k)
        return;
    timer_stop(&k->again);
    timer_stop(&k->beat);
    if (k->edge)
        edge_free(k->edge);
    arena_fini(&k->arena);
    free(k);
}

void link_send_through(struct link *k, struct sender *sender, uint64_t epoch)
{
    k->sender = sender;
    k->epoch = epoch;
}

enum link_state link_state(const struct link *k)
{
    return k->state;
}

bool link_takes_commands(const struct link *k)
{
    return k->state != LINK_REFUSED;
}

bool link_is_throttled(const struct link *k)
{
    return loop_now_ms(k->loop) < k->throttled_until_ms;
}

int64_t link_clock_offset_ms(const struct link *k, bool *known)
{
    *known = k->offset_known;
    return k->offset_ms;
}

int64_t link_metrics_interval_ms(const struct link *k)
{
    return k->settings.metrics_ms ? k->settings.metrics_ms : k->options->metrics_interval_ms;
}
