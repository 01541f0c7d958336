#include "central/manager/intake.h"

#include "base/log.h"
#include "base/str.h"
#include "central/manager/arrival.h"
#include "central/manager/gap.h"

#define TRIES_MAX         10
#define TURN_EVENTS       256     /* taken in one turn of the loop: some 5 ms */
#define EXTEND_MS         400     /* the broker delivers again what it hears nothing of for a second */
#define WAITING_MAX       4096    /* messages; more than the broker delivers without an acknowledgement */
#define EVENT_BYTES_MAX   (INT64_C(1) << 30)
#define REPORT_BYTES_MAX  (INT64_C(256) << 20)
#define EVENTS_HELD_MAX   ((size_t)32 << 20)
#define REPORTS_HELD_MAX  ((size_t)8 << 20)
#define HOUR_MS           INT64_C(3600000)

static const struct edge_stream streams[] = {
    { .name = "AGENT_EVENTS", .durable = "manager-events", .subject = "agent.event.*", .bytes_max = EVENT_BYTES_MAX,
      .per_subject_max = 100000, .age_max_ms = 24 * HOUR_MS, .held_max = EVENTS_HELD_MAX },
    { .name = "AGENT_RESULTS", .durable = "manager-results", .subject = "agent.result.*", .bytes_max = REPORT_BYTES_MAX,
      .per_subject_max = 1000, .age_max_ms = HOUR_MS, .held_max = REPORTS_HELD_MAX },
    { .name = "AGENT_METRICS", .durable = "manager-metrics", .subject = "agent.metrics.*", .bytes_max = REPORT_BYTES_MAX,
      .per_subject_max = 100, .age_max_ms = HOUR_MS, .held_max = REPORTS_HELD_MAX },
};

/* What each kind needs before its handler may see it. */
static const struct door {
    enum take (*take)(struct manager *m, struct arrival *a, struct err *e);
    bool from_anybody;            /* also from clusters that central does not know   */
    bool from_waiting;            /* also from those that wait for a person          */
} doors[WIRE_KINDS] = {
    [WIRE_REGISTER] = { registration_take, true, true },
    [WIRE_HEARTBEAT] = { heartbeat_take, false, true },
    [WIRE_EVENT] = { events_take, false, false },
    [WIRE_METRICS] = { metrics_take, false, false },
    [WIRE_RESULT] = { results_take, false, false },
};

static enum take pass_door(struct manager *m, struct arrival *a, struct err *e)
{
    const struct door *door = &doors[a->kind];
    const struct cluster *c = a->cluster;
    bool known = c || door->from_anybody;
    if (known && (!c || c->admission == ADMISSION_ACCEPTED || door->from_waiting))
        return door->take(m, a, e);
    metric_add(&manager_metrics[M_UNKNOWN], wire_kind_name(a->kind), 1);
    if (!known)
        control_hello_unknown(m, a->cluster_id);
    err_set(e, ERR_REFUSED, known ? "the cluster is not accepted" : "the cluster has not registered");
    return a->tries < TRIES_MAX && (!c || c->admission == ADMISSION_PENDING) ? TAKE_AGAIN : TAKE_POISON;
}

/* Keeps what cannot be taken, so that a person can see it, and the stream goes on. */
static enum take bury(struct manager *m, const struct arrival *a, const struct edge_message *em, struct err *e)
{
    struct err why = *e;
    metric_add(&manager_metrics[M_DEAD_LETTERS], wire_kind_name(a->kind), 1);
    log_warn("message refused", "cluster_id=%s subject=%s tries=%d why=\"%s\"", a->cluster_id, em->subject, a->tries, why.text);
    struct dead_letter letter = { .subject = em->subject, .reason = why.text, .tries = a->tries, .payload = em->data,
                                  .size = em->size, .cluster = a->cluster ? a->cluster->n : 0, .recorded_at = manager_wall(m) };
    if (commit_join(m, e) || dead_letters_insert(m->db, &letter, e))
        return TAKE_FAILED;
    if (!a->cluster)
        return TAKE_POISON;
    a->cluster->dead_letters++;
    a->cluster->changed = true;
    /* What was lost of an event message that nobody can read, nobody can count. */
    if (a->kind == WIRE_EVENT && gap_of_dead_letters(m, a->cluster, -1, why.text, e))
        return TAKE_FAILED;
    return TAKE_POISON;
}

static enum take receive(struct manager *m, struct arrival *a, const struct edge_message *em, struct err *e)
{
    AUTO_FREE char *body = NULL;
    enum take take = TAKE_POISON;
    if (wire_unpack(em->encoding, em->data, em->size, &body, &a->size, e) == 0) {
        a->data = body;
        take = pass_door(m, a, e);
    }
    if (take == TAKE_AGAIN && a->tries >= TRIES_MAX)
        take = TAKE_POISON;
    if (take == TAKE_POISON && e->kind == ERR_REFUSED && a->cluster)
        gap_security(m, a->cluster, "identity", e->text);
    return take == TAKE_POISON ? bury(m, a, em, e) : take;
}

/* Returns how many events it was worth. */
static size_t take_in(struct manager *m, const struct edge_message *em)
{
    struct edge_ack *ack = em->ack;
    struct arrival a = { .subject = em->subject, .reply = em->reply, .tries = ack ? edge_deliveries(ack) : 1 };
    struct err e = { 0 };
    m->c->handled++;
    if (wire_subject_parse(em->subject, &a.kind, a.cluster_id) || !doors[a.kind].take) {
        log_warn("message on no subject of ours", "subject=%s why=\"agent.KIND.CLUSTER_ID is; a cluster_id is 1 to 63 of a-z, 0-9 and - and begins and ends without -\"", em->subject);
        m->c->errors++;
        commit_settle(m, &ack, EDGE_TERM);
        return 1;
    }
    a.cluster = fleet_find(&m->fleet, a.cluster_id);
    switch (receive(m, &a, em, &e)) {
    case TAKE_DONE: commit_settle(m, &ack, EDGE_DONE); break;
    case TAKE_POISON: commit_settle(m, &ack, EDGE_TERM); break;
    case TAKE_AGAIN:
        if (ack)
            edge_settle(&ack, EDGE_AGAIN);
        break;
    case TAKE_FAILED:
        if (ack)
            edge_settle(&ack, EDGE_AGAIN);
        commit_abort(m, &e);
        break;
    }
    arena_reset(&m->scratch);
    size_t weight = a.weight ? a.weight : 1;
    commit_weigh(m, weight);
    return weight;
}

static void on_turn(void *arg)
{
    struct manager *m = arg;
    struct intake *in = &m->intake;
    for (size_t done = 0; in->count > 0 && done < TURN_EVENTS;) {
        struct edge_message em = in->waiting[in->first];
        in->first = (in->first + 1) % in->capacity;
        in->count--;
        done += take_in(m, &em);
    }
    metric_set(&manager_metrics[M_WAITING], NULL, (double)in->count);
    if (in->count > 0)
        timer_start(&in->turn, m->c->loop, 0, on_turn, m);
}

static void on_extend(void *arg)
{
    struct manager *m = arg;
    struct intake *in = &m->intake;
    for (size_t i = 0; i < in->count; i++)
        edge_extend(in->waiting[(in->first + i) % in->capacity].ack);
    if (in->count > 0)
        timer_start(&in->extend, m->c->loop, EXTEND_MS, on_extend, m);
}

static void grow(struct intake *in)
{
    size_t capacity = in->capacity ? in->capacity * 2 : 64;
    struct edge_message *waiting = mem_alloc(capacity * sizeof *waiting);
    for (size_t i = 0; i < in->count; i++)
        waiting[i] = in->waiting[(in->first + i) % in->capacity];
    free(in->waiting);
    in->waiting = waiting;
    in->capacity = capacity;
    in->first = 0;
}

/* Only events come in floods.  What an agent registers, beats and answers does not wait behind them. */
static bool may_wait(const struct edge_message *em)
{
    enum wire_kind kind;
    char cluster_id[WIRE_CLUSTER_ID_SIZE];
    return em->ack && wire_subject_parse(em->subject, &kind, cluster_id) == 0 && kind == WIRE_EVENT;
}

static void on_message(void *arg, const struct edge_message *em)
{
    struct manager *m = arg;
    struct intake *in = &m->intake;
    struct edge_ack *ack = em->ack;
    if (!may_wait(em)) {
        (void)take_in(m, em);
        return;
    }
    if (in->count == WAITING_MAX) {
        metric_add(&manager_metrics[M_WAITING_FULL], NULL, 1);
        edge_settle(&ack, EDGE_AGAIN);
        return;
    }
    if (in->count == in->capacity)
        grow(in);
    in->waiting[(in->first + in->count++) % in->capacity] = *em;
    if (!timer_running(&in->turn))
        timer_start(&in->turn, m->c->loop, 0, on_turn, m);
    if (!timer_running(&in->extend))
        timer_start(&in->extend, m->c->loop, EXTEND_MS, on_extend, m);
}

void intake_tick(struct manager *m)
{
    struct edge_status status;
    edge_status(m->edge, &status);
    metric_set(&manager_metrics[M_HELD], NULL, (double)status.held_bytes);
    metric_set(&manager_metrics[M_HELD_BACK], NULL, (double)status.held_back);
}

void intake_close(struct manager *m)
{
    struct intake *in = &m->intake;
    timer_stop(&in->turn);
    timer_stop(&in->extend);
    for (; in->count > 0; in->count--) {
        edge_settle(&in->waiting[in->first].ack, EDGE_AGAIN);
        in->first = (in->first + 1) % in->capacity;
    }
    free(in->waiting);
    in->waiting = NULL;
}


static void on_connected(void *arg)
{
    struct manager *m = arg;
    struct edge_status status;
    edge_status(m->edge, &status);
    log_info("edge connected", "server=%s version=%s jetstream=%d", status.server, status.server_version, status.jetstream);
    m->connected = true;
    /* Nobody could be heard while the link was down, so silence counts from now on. */
    for (size_t i = 0; i < m->fleet.count; i++)
        if (m->fleet.items[i]->link != LINK_OFFLINE)
            m->fleet.items[i]->heard_ms = manager_now(m);
}

static void on_disconnected(void *arg, const char *why)
{
    struct manager *m = arg;
    log_warn("edge lost", "why=\"%s\"", why);
    m->connected = false;
}

int intake_open(struct manager *m, struct err *e)
{
    static const struct edge_handlers handlers = { on_connected, on_disconnected, on_message };
    const struct central_options *o = m->c->options;
    struct edge_config config = {
        .endpoints = o->edge_endpoint, .name = "aetherius-central", .user = o->nats_user, .password_file = o->nats_password_file,
        .creds = o->nats_creds, .nkey = o->nats_nkey, .ca = o->nats_ca, .cert = o->nats_cert, .key = o->nats_key,
        .reconnect_ms = 1000, .jetstream = true,
    };
    m->edge = edge_new(m->c->loop, &config, &handlers, m, e);
    if (!m->edge)
        return -1;
    for (size_t i = 0; i < COUNT(streams); i++)
        if (edge_consume(m->edge, &streams[i], e))
            return -1;
    if (edge_subscribe(m->edge, "agent.register.*", "manager", e))
        return -1;
    return edge_subscribe(m->edge, "agent.heartbeat.*", "manager", e);
}
