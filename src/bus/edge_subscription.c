/* What an edge subscribes and which streams it consumes, made anew on each connection. */
#include <assert.h>

#include "base/log.h"
#include "bus/edge_impl.h"

#define ACCOUNT_MS     2000
#define ON_THEIR_WAY   1024  /* unsettled messages of one stream                                  */

static void on_over(void *closure)
{
    edge_hold(closure, -1);
}

/* From here on nats.c owes us the word that the subscription's last callback has run. */
static natsStatus owe(struct edge *edge, natsSubscription *handle)
{
    edge_hold(edge, 1);
    natsStatus s = natsSubscription_SetOnCompleteCB(handle, on_over, edge);
    if (s != NATS_OK)
        edge_hold(edge, -1);
    return s;
}

static natsStatus subscribe_core(struct edge *edge, struct edge_subscription *sub)
{
    natsStatus s = sub->queue ? natsConnection_QueueSubscribe(&sub->handle, edge->connection, sub->subject, sub->queue, edge_delivery_core, edge)
                              : natsConnection_Subscribe(&sub->handle, edge->connection, sub->subject, edge_delivery_core, edge);
    return s == NATS_OK ? owe(edge, sub->handle) : s;
}

static natsStatus ensure_stream(jsCtx *js, const struct edge_stream *stream)
{
    jsStreamConfig c;
    jsErrCode code = 0;
    jsStreamConfig_Init(&c);
    c.Name = stream->name;
    c.Subjects = (const char *[]){ stream->subject };
    c.SubjectsLen = 1;
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

static natsStatus consume(struct edge *edge, struct edge_subscription *sub)
{
    static int64_t back_off[] = { 1000000000, 5000000000, 30000000000, 120000000000 };
    natsStatus s = ensure_stream(edge->js, sub->stream);
    if (s != NATS_OK)
        return s;
    jsSubOptions o;
    jsErrCode code = 0;
    jsSubOptions_Init(&o);
    o.Stream = sub->stream->name;
    o.ManualAck = true;
    o.Config.AckPolicy = js_AckExplicit;
    o.Config.AckWait = back_off[0];    /* what the server makes of it; another value would not match the consumer of an earlier life */
    o.Config.MaxDeliver = -1;    /* the owner gives a message up, and says so (docs/protocol.md: ten tries); one that the broker gives up is lost silently */
    o.Config.MaxAckPending = ON_THEIR_WAY;
    o.Config.BackOff = back_off;
    o.Config.BackOffLen = (int)COUNT(back_off);
    /* A push consumer with a queue group: replicas of central share it, and a restarted one binds to it again at once. */
    o.Queue = sub->stream->durable;
    o.Config.Durable = sub->stream->durable;
    s = js_Subscribe(&sub->handle, edge->js, sub->subject, edge_delivery_stream, sub, NULL, &o, &code);
    return s == NATS_OK ? owe(edge, sub->handle) : s;
}

static bool has_jetstream(struct edge *edge)
{
    jsAccountInfo *info = NULL;
    jsErrCode code = 0;
    jsOptions o;
    jsOptions_Init(&o);
    o.Wait = ACCOUNT_MS;
    if (!edge->js && natsConnection_JetStream(&edge->js, edge->connection, &o) != NATS_OK)
        return false;
    natsStatus s = js_GetAccountInfo(&info, edge->js, &o, &code);
    jsAccountInfo_Destroy(info);
    return s == NATS_OK;
}

/* False when the server refuses the stream: it is subscribed on core NATS then. */
static bool consumed(struct edge *edge, struct edge_subscription *sub)
{
    natsStatus s = consume(edge, sub);
    if (s != NATS_OK)
        log_warn("JetStream refuses a stream, using core NATS for it", "stream=%s why=\"%s\"", sub->stream->name, natsStatus_GetText(s));
    return s == NATS_OK;
}

void edge_subscriptions_make(struct edge *edge)
{
    bool asked = false, jetstream = false;
    for (size_t i = 0; i < edge->n_subscriptions; i++) {
        struct edge_subscription *sub = &edge->subscriptions[i];
        if (sub->handle)
            continue;
        if (sub->stream && !asked) {
            jetstream = edge->jetstream_wanted && has_jetstream(edge);
            asked = true;
        }
        if (sub->stream && jetstream)
            jetstream = consumed(edge, sub);
        if (!sub->handle && subscribe_core(edge, sub) != NATS_OK)
            edge_remember_error(edge, "subscribing was refused");
    }
    if (!asked)
        return;
    pthread_mutex_lock(&edge->lock);
    edge->status.jetstream = jetstream;
    pthread_mutex_unlock(&edge->lock);
}

void edge_subscriptions_drop(struct edge *edge)
{
    for (size_t i = 0; i < edge->n_subscriptions; i++) {
        natsSubscription_Destroy(edge->subscriptions[i].handle);
        edge->subscriptions[i].handle = NULL;
    }
}

void edge_subscriptions_fini(struct edge *edge)
{
    for (size_t i = 0; i < edge->n_subscriptions; i++) {
        free(edge->subscriptions[i].subject);
        free(edge->subscriptions[i].queue);
    }
}

static struct edge_subscription *add(struct edge *edge, const char *subject, const char *queue, struct err *e)
{
    if (edge->n_subscriptions == EDGE_SUBSCRIPTIONS_MAX) {
        err_set(e, ERR_TOO_LARGE, "more than %d subscriptions on one NATS link", EDGE_SUBSCRIPTIONS_MAX);
        return NULL;
    }
    struct edge_subscription *sub = &edge->subscriptions[edge->n_subscriptions++];
    *sub = (struct edge_subscription){ .edge = edge, .subject = str_dup(subject), .queue = str_dup(queue) };
    return sub;
}

int edge_subscribe(struct edge *edge, const char *subject, const char *queue, struct err *e)
{
    assert(!edge->working);
    struct edge_subscription *sub = add(edge, subject, queue, e);
    if (!sub)
        return -1;
    if (edge->up && subscribe_core(edge, sub) != NATS_OK)
        return err_set(e, ERR_UNAVAILABLE, "subscribing to %s failed", subject);
    return 0;
}

int edge_consume(struct edge *edge, const struct edge_stream *stream, struct err *e)
{
    assert(!edge->connection && !edge->working);
    struct edge_subscription *sub = add(edge, stream->subject, stream->durable, e);
    if (!sub)
        return -1;
    sub->stream = stream;
    return 0;
}
