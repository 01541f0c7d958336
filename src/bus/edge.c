/* nats.c's threads never run our code beyond moving a message into the loop's mailbox: connecting and JetStream's set-up are work for the
 * loop's pool, callbacks post.  What nats.c owns (connection, subscriptions) may call back until its own completion callbacks have run, and
 * letters may wait in the mailbox: each of these is a user of the struct, the owner is one more, and the last one frees it. */
#include "bus/edge.h"

#include <assert.h>
#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/crypt.h"
#include "bus/edge_options.h"
#include "bus/nats_library.h"

#define SUBSCRIPTIONS_MAX 32
#define STREAMS_MAX       4
#define FLUSH_MS          2000
#define CALLBACKS_S       2
#define DELIVER_MAX       12          /* the owner gives a message up before (docs/protocol.md: ten tries) */

struct subscription {
    char *subject, *queue;
    natsSubscription *handle;
};

struct edge {
    struct loop *loop;
    struct edge_handlers handlers;
    void *arg;
    natsOptions *options;
    natsConnection *connection;    /* set by the connecting work, read on the loop after it */
    jsCtx *js;
    bool jetstream_wanted, working, up;    /* working: the pool has the connection, nobody else may touch it */
    atomic_bool freed;
    struct subscription subscriptions[SUBSCRIPTIONS_MAX];
    size_t n_subscriptions;
    const struct edge_stream *streams[STREAMS_MAX];
    natsSubscription *stream_handles[STREAMS_MAX * 4];
    size_t n_streams, n_stream_handles;
    int64_t reconnect_ms, failures;
    uint64_t dice;
    struct timer again;
    natsStatus outcome;            /* of the connecting work */

    pthread_mutex_t lock;          /* guards what follows */
    pthread_cond_t let_go;
    int users;
    int held;                      /* connection and subscriptions whose last callback nats.c still owes us */
    struct edge_status status;
};

struct edge_ack {
    natsMsg *message;
    int deliveries;
};

struct delivery {
    struct edge *edge;
    natsMsg *message;
    bool durable;
};

static void setup(struct edge *edge);
static void connect_later(struct edge *edge);
static void take_down(struct edge *edge);

static void release(struct edge *edge)
{
    natsOptions_Destroy(edge->options);
    for (size_t i = 0; i < edge->n_subscriptions; i++) {
        free(edge->subscriptions[i].subject);
        free(edge->subscriptions[i].queue);
    }
    pthread_cond_destroy(&edge->let_go);
    pthread_mutex_destroy(&edge->lock);
    free(edge);
    nats_library_release();    /* messages that waited in the mailbox needed it until here */
}

static void use(struct edge *edge, int by)
{
    pthread_mutex_lock(&edge->lock);
    edge->users += by;
    bool last = edge->users == 0;
    pthread_mutex_unlock(&edge->lock);
    if (last)
        release(edge);
}

/* A use that ends with a callback of nats.c. */
static void hold(struct edge *edge, int by)
{
    pthread_mutex_lock(&edge->lock);
    edge->held += by;
    edge->users += by;
    bool last = edge->users == 0;
    if (edge->held == 0)
        pthread_cond_broadcast(&edge->let_go);    /* whoever waits for this ends the edge, not we on the library's own thread */
    pthread_mutex_unlock(&edge->lock);
    if (last)
        release(edge);
}

static void remember_error(struct edge *edge, const char *text)
{
    pthread_mutex_lock(&edge->lock);
    (void)str_copy(edge->status.last_error, sizeof edge->status.last_error, text);
    pthread_mutex_unlock(&edge->lock);
}

/* ---- from nats.c's threads -------------------------------------------------------------------------------- */

static void run_up(void *arg)
{
    struct edge *edge = arg;
    if (!edge->freed && !edge->up)
        setup(edge);
    use(edge, -1);
}

static void run_down(void *arg)
{
    struct edge *edge = arg;
    if (!edge->freed && edge->up) {
        edge->up = false;
        edge->handlers.disconnected(edge->arg, edge->status.last_error[0] ? edge->status.last_error : "the connection ended");
    }
    use(edge, -1);
}

static void run_closed(void *arg)
{
    struct edge *edge = arg;
    if (!edge->freed)
        connect_later(edge);
    use(edge, -1);
}

static void drop_use(void *arg)
{
    use(arg, -1);
}

/* A full mailbox must not swallow a change of the link, which comes once: these few are retried by whoever calls back next, so say it in the log. */
static void post(struct edge *edge, void (*run)(void *arg))
{
    use(edge, 1);
    if (loop_post(edge->loop, run, drop_use, edge)) {
        if (!edge->freed)
            log_error("change of the NATS link not delivered", "loop=%s why=\"mailbox full\"", loop_name(edge->loop));
        use(edge, -1);
    }
}

static void on_up(natsConnection *connection, void *closure)
{
    struct edge *edge = closure;
    char url[128] = "";
    (void)natsConnection_GetConnectedUrl(connection, url, sizeof url);    /* a link that is gone again has no URL */
    pthread_mutex_lock(&edge->lock);
    edge->status.connected = true;
    edge->status.reconnects++;
    (void)str_copy(edge->status.server, sizeof edge->status.server, url);
    pthread_mutex_unlock(&edge->lock);
    post(edge, run_up);
}

static void on_down(natsConnection *connection, void *closure)
{
    struct edge *edge = closure;
    const char *text = NULL;
    if (natsConnection_GetLastError(connection, &text) != NATS_OK && text && text[0])
        remember_error(edge, text);
    pthread_mutex_lock(&edge->lock);
    edge->status.connected = false;
    pthread_mutex_unlock(&edge->lock);
    post(edge, run_down);
}

static void on_closed(natsConnection *connection, void *closure)
{
    (void)connection;
    struct edge *edge = closure;
    post(edge, run_closed);
    hold(edge, -1);
}

static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus status, void *closure)
{
    (void)connection;
    (void)subscription;
    struct edge *edge = closure;
    remember_error(edge, natsStatus_GetText(status));
    if (status == NATS_SLOW_CONSUMER) {
        pthread_mutex_lock(&edge->lock);
        edge->status.dropped++;
        pthread_mutex_unlock(&edge->lock);
    }
}

static int64_t on_delay(natsConnection *connection, int attempts, void *closure)
{
    (void)connection;
    struct edge *edge = closure;
    pthread_mutex_lock(&edge->lock);
    int64_t ms = clock_back_off_ms(attempts < 1 ? 1 : attempts, edge->reconnect_ms, 30000, &edge->dice);
    pthread_mutex_unlock(&edge->lock);
    return ms;
}

static void on_subscription_over(void *closure)
{
    hold(closure, -1);
}

static void deliver(void *arg)
{
    struct delivery *d = arg;
    struct edge *edge = d->edge;
    natsMsg *message = d->message;
    struct edge_ack *ack = NULL;
    if (d->durable) {
        jsMsgMetaData *meta = NULL;
        ack = mem_alloc(sizeof *ack);
        *ack = (struct edge_ack){ .message = message, .deliveries = 1 };
        if (natsMsg_GetMetaData(&meta, message) == NATS_OK) {
            ack->deliveries = (int)meta->NumDelivered;
            jsMsgMetaData_Destroy(meta);
        }
    }
    const char *encoding = NULL;
    if (natsMsgHeader_Get(message, "Content-Encoding", &encoding) != NATS_OK)
        encoding = NULL;
    struct edge_message m = {
        .subject = natsMsg_GetSubject(message), .data = natsMsg_GetData(message), .size = (size_t)natsMsg_GetDataLength(message),
        .reply = d->durable ? NULL : natsMsg_GetReply(message), .encoding = encoding, .ack = ack,
    };
    if (!m.data)
        m.data = "";
    if (!edge->freed)
        edge->handlers.message(edge->arg, &m);
    else if (ack)
        edge_settle(&ack, EDGE_AGAIN);
    if (!d->durable)
        natsMsg_Destroy(message);
    use(edge, -1);
    free(d);
}

static void give_back(void *arg)
{
    struct delivery *d = arg;
    natsMsg_Destroy(d->message);    /* an unsettled one is delivered again by the server */
    use(d->edge, -1);
    free(d);
}

static void take_in(struct edge *edge, natsMsg *message, bool durable)
{
    struct delivery *d = mem_alloc(sizeof *d);
    *d = (struct delivery){ .edge = edge, .message = message, .durable = durable };
    pthread_mutex_lock(&edge->lock);
    edge->users++;
    edge->status.in_messages++;
    edge->status.in_bytes += (uint64_t)natsMsg_GetDataLength(message);
    pthread_mutex_unlock(&edge->lock);
    if (loop_post(edge->loop, deliver, give_back, d) == 0)
        return;
    if (durable)
        (void)natsMsg_NakWithDelay(message, 1000, NULL);    /* lost: the server's ack wait brings it again */
    pthread_mutex_lock(&edge->lock);
    edge->status.dropped++;
    pthread_mutex_unlock(&edge->lock);
    give_back(d);
}

static void on_core_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure)
{
    (void)connection;
    (void)subscription;
    take_in(closure, message, false);
}

static void on_stream_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure)
{
    (void)connection;
    (void)subscription;
    take_in(closure, message, true);
}

/* ---- work on the loop's pool ------------------------------------------------------------------------------- */

static void connect_work(void *arg)
{
    struct edge *edge = arg;
    edge->outcome = natsConnection_Connect(&edge->connection, edge->options);
    if (edge->outcome == NATS_OK)
        on_up(edge->connection, edge);
}

static void connect_done(void *arg)
{
    struct edge *edge = arg;
    edge->working = false;
    bool made = edge->outcome == NATS_OK || edge->outcome == NATS_NOT_YET_CONNECTED;
    use(edge, 1);    /* ours, over what follows */
    if (!made) {
        remember_error(edge, natsStatus_GetText(edge->outcome));
        log_warn("NATS cannot be reached", "why=\"%s\"", natsStatus_GetText(edge->outcome));
        hold(edge, -1);    /* what connect_now took would have been the connection's until on_closed */
    }
    if (edge->freed)
        take_down(edge);
    else if (!made)
        connect_later(edge);
    else if (natsConnection_Status(edge->connection) == NATS_CONN_STATUS_CONNECTED)
        setup(edge);    /* word that the link is up may have come while the pool still had the connection, and was passed over then */
    use(edge, -1);
}

static void connect_now(void *arg)
{
    struct edge *edge = arg;
    struct err e;
    hold(edge, 1);
    edge->working = true;
    if (loop_work(edge->loop, connect_work, connect_done, edge, &e) == 0)
        return;
    log_error("cannot start connecting to NATS", "why=\"%s\"", e.text);
    edge->working = false;
    hold(edge, -1);
    connect_later(edge);
}

static void disconnect(struct edge *edge)
{
    for (size_t i = 0; i < edge->n_subscriptions; i++) {
        natsSubscription_Destroy(edge->subscriptions[i].handle);
        edge->subscriptions[i].handle = NULL;
    }
    for (size_t i = 0; i < edge->n_stream_handles; i++)
        natsSubscription_Destroy(edge->stream_handles[i]);
    edge->n_stream_handles = 0;
    jsCtx_Destroy(edge->js);
    edge->js = NULL;
    natsConnection_Destroy(edge->connection);
    edge->connection = NULL;
    edge->up = false;
}

/* The connection closed for good: nats.c gives up when a server refuses our login twice.  Login may be mended meanwhile, so start anew. */
static void connect_later(struct edge *edge)
{
    if (edge->working)
        return;    /* set-up still has the connection and will find it closed */
    disconnect(edge);
    edge->failures++;
    timer_start(&edge->again, edge->loop, clock_back_off_ms((int)edge->failures, edge->reconnect_ms, 30000, &edge->dice), connect_now, edge);
}

static natsStatus subscribe_core(struct edge *edge, const char *subject, const char *queue, natsSubscription **out)
{
    natsStatus s = queue ? natsConnection_QueueSubscribe(out, edge->connection, subject, queue, on_core_message, edge)
                         : natsConnection_Subscribe(out, edge->connection, subject, on_core_message, edge);
    if (s != NATS_OK)
        return s;
    hold(edge, 1);
    s = natsSubscription_SetOnCompleteCB(*out, on_subscription_over, edge);
    if (s != NATS_OK)
        hold(edge, -1);
    return s;
}

static natsStatus ensure_stream(jsCtx *js, const struct edge_stream *stream)
{
    jsStreamConfig c;
    jsErrCode code = 0;
    const char *subjects[16];
    int n = 0;
    while (stream->subjects[n] && n < 16) {
        subjects[n] = stream->subjects[n];
        n++;
    }
    jsStreamConfig_Init(&c);
    c.Name = stream->name;
    c.Subjects = subjects;
    c.SubjectsLen = n;
    c.Storage = js_FileStorage;
    c.Discard = js_DiscardNew;
    c.Retention = js_WorkQueuePolicy;
    if (stream->bytes_max)
        c.MaxBytes = stream->bytes_max;
    if (stream->per_subject_max) {
        c.MaxMsgsPerSubject = stream->per_subject_max;
        c.DiscardNewPerSubject = true;
    }
    if (stream->age_max_ms)
        c.MaxAge = stream->age_max_ms * 1000000;
    natsStatus s = js_UpdateStream(NULL, js, &c, NULL, &code);
    return s == NATS_OK ? s : js_AddStream(NULL, js, &c, NULL, &code);
}

static natsStatus consume_stream(struct edge *edge, const struct edge_stream *stream)
{
    static int64_t back_off[] = { 1000000000, 5000000000, 30000000000, 120000000000 };
    natsStatus s = ensure_stream(edge->js, stream);
    if (s != NATS_OK)
        return s;
    jsSubOptions o;
    jsErrCode code = 0;
    jsSubOptions_Init(&o);
    o.Stream = stream->name;
    o.ManualAck = true;
    o.Config.AckPolicy = js_AckExplicit;
    o.Config.AckWait = back_off[0];    /* what the server makes of it; another value would not match the consumer of an earlier life */
    o.Config.MaxDeliver = DELIVER_MAX;
    o.Config.MaxAckPending = 1024;    /* what bounds the messages on their way to us */
    o.Config.BackOff = back_off;
    o.Config.BackOffLen = (int)COUNT(back_off);
    /* A push consumer with a queue group: replicas of central share it, and a restarted one binds to it again at once. */
    natsSubscription *handle = NULL;
    o.Queue = stream->durable;
    o.Config.Durable = stream->durable;
    s = js_Subscribe(&handle, edge->js, stream->subjects[1] ? NULL : stream->subjects[0], on_stream_message, edge, NULL, &o, &code);
    if (s != NATS_OK)
        return s;
    hold(edge, 1);
    if (natsSubscription_SetOnCompleteCB(handle, on_subscription_over, edge) != NATS_OK)
        hold(edge, -1);
    edge->stream_handles[edge->n_stream_handles++] = handle;
    return NATS_OK;
}

static bool has_jetstream(struct edge *edge)
{
    jsAccountInfo *info = NULL;
    jsErrCode code = 0;
    jsOptions o;
    jsOptions_Init(&o);
    o.Wait = 2000;
    if (!edge->js && natsConnection_JetStream(&edge->js, edge->connection, &o) != NATS_OK)
        return false;
    natsStatus s = js_GetAccountInfo(&info, edge->js, &o, &code);
    jsAccountInfo_Destroy(info);
    return s == NATS_OK;
}

static void consume_core(struct edge *edge, const struct edge_stream *stream)
{
    for (int i = 0; stream->subjects[i] && edge->n_stream_handles < COUNT(edge->stream_handles); i++) {
        natsSubscription *handle = NULL;
        if (subscribe_core(edge, stream->subjects[i], stream->durable, &handle) == NATS_OK)
            edge->stream_handles[edge->n_stream_handles++] = handle;
    }
}

/* Subscriptions outlive a reconnection inside nats.c, so each is made once for a connection. */
static void setup_work(void *arg)
{
    struct edge *edge = arg;
    for (size_t i = 0; i < edge->n_subscriptions; i++) {
        struct subscription *s = &edge->subscriptions[i];
        if (!s->handle && subscribe_core(edge, s->subject, s->queue, &s->handle) != NATS_OK)
            remember_error(edge, "subscribing was refused");
    }
    bool streams_made = edge->n_stream_handles > 0;
    bool jetstream = false;
    if (edge->n_streams && !streams_made) {
        jetstream = edge->jetstream_wanted && has_jetstream(edge);
        for (size_t i = 0; i < edge->n_streams; i++) {
            natsStatus s = jetstream ? consume_stream(edge, edge->streams[i]) : NATS_NOT_FOUND;
            if (jetstream && s != NATS_OK) {
                log_warn("JetStream refuses a stream, using core NATS for it", "stream=%s why=\"%s\"", edge->streams[i]->name, natsStatus_GetText(s));
                jetstream = false;
            }
            if (s != NATS_OK)
                consume_core(edge, edge->streams[i]);
        }
    }
    (void)natsConnection_FlushTimeout(edge->connection, FLUSH_MS);    /* a link that broke meanwhile says so by its own callback */
    struct edge_status now;
    edge_status(edge, &now);
    char version[sizeof now.server_version];
    nats_info_version(now.server, version, sizeof version);
    pthread_mutex_lock(&edge->lock);
    if (edge->n_streams && !streams_made)
        edge->status.jetstream = jetstream;
    (void)str_copy(edge->status.server_version, sizeof edge->status.server_version, version);
    pthread_mutex_unlock(&edge->lock);
}

static void setup_done(void *arg)
{
    struct edge *edge = arg;
    edge->working = false;
    natsConnStatus status = natsConnection_Status(edge->connection);
    if (edge->freed) {
        take_down(edge);
    } else if (status == NATS_CONN_STATUS_CONNECTED) {
        edge->up = true;
        edge->failures = 0;
        edge->handlers.connected(edge->arg);
    } else if (status == NATS_CONN_STATUS_CLOSED) {
        connect_later(edge);
    }
    use(edge, -1);
}

static void setup(struct edge *edge)
{
    struct err e;
    if (edge->working || !edge->connection)
        return;    /* a link that flapped: the set-up under way serves it, or a new connection will come */
    use(edge, 1);
    edge->working = true;
    if (loop_work(edge->loop, setup_work, setup_done, edge, &e)) {
        log_error("cannot set up the NATS link", "why=\"%s\"", e.text);
        edge->working = false;
        use(edge, -1);
    }
}

static natsStatus set_callbacks(struct edge *edge)
{
    natsOptions *o = edge->options;
    natsStatus s = natsOptions_SetCustomReconnectDelay(o, on_delay, edge);
    if (s == NATS_OK) s = natsOptions_SetRetryOnFailedConnect(o, true, on_up, edge);
    if (s == NATS_OK) s = natsOptions_SetReconnectedCB(o, on_up, edge);
    if (s == NATS_OK) s = natsOptions_SetDisconnectedCB(o, on_down, edge);
    if (s == NATS_OK) s = natsOptions_SetClosedCB(o, on_closed, edge);
    if (s == NATS_OK) s = natsOptions_SetErrorHandler(o, on_error, edge);
    return s;
}

/* ---- the interface -------------------------------------------------------------------------------------------- */

struct edge *edge_new(struct loop *l, const struct edge_config *config, const struct edge_handlers *handlers, void *arg, struct err *e)
{
    if (nats_library_use(e))
        return NULL;
    struct edge *edge = mem_alloc(sizeof *edge);
    *edge = (struct edge){ .loop = l, .handlers = *handlers, .arg = arg, .jetstream_wanted = config->jetstream,
                           .reconnect_ms = config->reconnect_ms > 0 ? config->reconnect_ms : 1000 };
    pthread_mutex_init(&edge->lock, NULL);
    pthread_cond_init(&edge->let_go, NULL);
    edge->users = 1;
    crypt_random(&edge->dice, sizeof edge->dice);
    if (edge_options(config, &edge->options, e)) {
        edge_free(edge);
        return NULL;
    }
    natsStatus s = set_callbacks(edge);
    if (s != NATS_OK) {
        err_set(e, ERR_INTERNAL, "NATS callbacks: %s", natsStatus_GetText(s));
        edge_free(edge);
        return NULL;
    }
    timer_start(&edge->again, l, 0, connect_now, edge);
    return edge;
}

/* The library must not be closed over callbacks that it still owes: it would forget what they stand for. */
static void wait_for_callbacks(struct edge *edge)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CALLBACKS_S;
    pthread_mutex_lock(&edge->lock);
    while (edge->held > 0 && pthread_cond_timedwait(&edge->let_go, &edge->lock, &until) == 0)
        ;
    int left = edge->held;
    pthread_mutex_unlock(&edge->lock);
    if (left)
        log_warn("NATS callbacks are late", "count=%d", left);
}

/* Ends what nats.c holds.  Letters in the mailbox may still name this edge; they find freed set and only give up their use. */
static void take_down(struct edge *edge)
{
    if (edge->connection && edge->up)
        (void)natsConnection_FlushTimeout(edge->connection, FLUSH_MS);    /* best effort on the way out */
    disconnect(edge);
    wait_for_callbacks(edge);
    use(edge, -1);
}

void edge_free(struct edge *edge)
{
    if (!edge)
        return;
    edge->freed = true;
    timer_stop(&edge->again);
    if (!edge->working)
        take_down(edge);    /* else the work's done function does */
}

int edge_subscribe(struct edge *edge, const char *subject, const char *queue, struct err *e)
{
    if (edge->n_subscriptions == SUBSCRIPTIONS_MAX)
        return err_set(e, ERR_TOO_LARGE, "more than %d subscriptions on one NATS link", SUBSCRIPTIONS_MAX);
    assert(!edge->working);
    struct subscription *s = &edge->subscriptions[edge->n_subscriptions++];
    *s = (struct subscription){ .subject = str_dup(subject), .queue = str_dup(queue) };
    if (edge->up && subscribe_core(edge, subject, queue, &s->handle) != NATS_OK)
        return err_set(e, ERR_UNAVAILABLE, "subscribing to %s failed", subject);
    return 0;
}

int edge_consume(struct edge *edge, const struct edge_stream *stream, struct err *e)
{
    if (edge->n_streams == STREAMS_MAX)
        return err_set(e, ERR_TOO_LARGE, "more than %d streams on one NATS link", STREAMS_MAX);
    assert(!edge->connection && !edge->working);
    edge->streams[edge->n_streams++] = stream;
    return 0;
}

void edge_settle(struct edge_ack **ack, enum edge_outcome outcome)
{
    struct edge_ack *a = *ack;
    *ack = NULL;
    if (!a)
        return;
    /* An acknowledgement that is lost only means one more delivery, which the store's unique key makes harmless. */
    switch (outcome) {
    case EDGE_DONE: (void)natsMsg_Ack(a->message, NULL); break;
    case EDGE_AGAIN: (void)natsMsg_NakWithDelay(a->message, 1000, NULL); break;
    case EDGE_TERM: (void)natsMsg_Term(a->message, NULL); break;
    }
    natsMsg_Destroy(a->message);
    free(a);
}

int edge_deliveries(const struct edge_ack *ack)
{
    return ack->deliveries;
}

static int publish(struct edge *edge, natsMsg *message, size_t size, struct err *e)
{
    natsStatus s = natsConnection_PublishMsg(edge->connection, message);
    natsMsg_Destroy(message);
    if (s == NATS_MAX_PAYLOAD)
        return err_set(e, ERR_TOO_LARGE, "the NATS server takes no message of %zu bytes", size);
    if (s != NATS_OK)
        return err_set(e, ERR_UNAVAILABLE, "publishing: %s", natsStatus_GetText(s));
    pthread_mutex_lock(&edge->lock);
    edge->status.out_messages++;
    edge->status.out_bytes += size;
    pthread_mutex_unlock(&edge->lock);
    return 0;
}

static int publish_with(struct edge *edge, const char *subject, const char *reply, const void *data, size_t size,
                        const char *const headers[2][2], struct err *e)
{
    if (!edge->up)
        return err_set(e, ERR_UNAVAILABLE, "not connected to NATS");
    natsMsg *message = NULL;
    natsStatus s = natsMsg_Create(&message, subject, reply, data, (int)size);
    for (int i = 0; s == NATS_OK && i < 2; i++)
        if (headers[i][1])
            s = natsMsgHeader_Set(message, headers[i][0], headers[i][1]);
    if (s != NATS_OK) {
        natsMsg_Destroy(message);
        return err_set(e, ERR_INTERNAL, "making a NATS message: %s", natsStatus_GetText(s));
    }
    return publish(edge, message, size, e);
}

int edge_publish(struct edge *edge, const char *subject, const void *data, size_t size, const char *encoding, struct err *e)
{
    return publish_with(edge, subject, NULL, data, size, (const char *const[2][2]){ { "Content-Encoding", encoding }, { NULL, NULL } }, e);
}

int edge_publish_reply(struct edge *edge, const char *subject, const char *reply_to, const void *data, size_t size, struct err *e)
{
    return publish_with(edge, subject, reply_to, data, size, (const char *const[2][2]){ { NULL, NULL }, { NULL, NULL } }, e);
}

int edge_publish_durable(struct edge *edge, const char *subject, const void *data, size_t size, const char *encoding, const char *message_id, struct err *e)
{
    return publish_with(edge, subject, NULL, data, size, (const char *const[2][2]){ { "Content-Encoding", encoding }, { "Nats-Msg-Id", message_id } }, e);
}

void edge_status(const struct edge *edge, struct edge_status *out)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&edge->lock;    /* reading does not change the edge, locking does */
    pthread_mutex_lock(lock);
    *out = edge->status;
    pthread_mutex_unlock(lock);
}
