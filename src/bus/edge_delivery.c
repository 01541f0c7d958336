/* A message on its way from nats.c to the owner, and its acknowledgement. */
#include <nats/nats.h>

#include "bus/edge_impl.h"

#define AGAIN_MS      1000
#define AGAIN_MAX_MS  30000

struct edge_ack {
    natsMsg *message;
    struct edge_subscription *from;    /* a user of its edge */
    int deliveries;
};

struct delivery {
    struct edge *edge;
    natsMsg *message;
    struct edge_subscription *from;    /* of a stream; else NULL */
};

static size_t size_of(const natsMsg *message)
{
    return (size_t)natsMsg_GetDataLength(message);
}

/* ---- what is held in memory -------------------------------------------------------------------------------------- */

/* The consumer bounds how many messages are on their way to us, and messages may be large. A larger one than the bound comes when it is alone. */
static bool hold(struct edge_subscription *from, size_t size)
{
    struct edge *edge = from->edge;
    pthread_mutex_lock(&edge->lock);
    size_t most = from->stream->held_max;
    bool room = most == 0 || from->held_bytes == 0 || from->held_bytes + size <= most;
    from->held_bytes += room ? size : 0;
    edge->status.held_bytes += room ? size : 0;
    edge->status.held_back += !room;
    pthread_mutex_unlock(&edge->lock);
    return room;
}

static void let_go(struct edge_subscription *from, size_t size)
{
    struct edge *edge = from->edge;
    pthread_mutex_lock(&edge->lock);
    from->held_bytes -= size;
    edge->status.held_bytes -= size;
    pthread_mutex_unlock(&edge->lock);
}

static int deliveries_of(natsMsg *message)
{
    jsMsgMetaData *meta = NULL;
    if (natsMsg_GetMetaData(&meta, message) != NATS_OK)
        return 1;
    int deliveries = (int)meta->NumDelivered;
    jsMsgMetaData_Destroy(meta);
    return deliveries;
}

/* Back to the broker, longer each time. */
static void send_back(natsMsg *message)
{
    int64_t delay_ms = (int64_t)AGAIN_MS * deliveries_of(message);
    (void)natsMsg_NakWithDelay(message, delay_ms < AGAIN_MAX_MS ? delay_ms : AGAIN_MAX_MS, NULL);    /* lost: the server's ack wait brings it again */
    natsMsg_Destroy(message);
}

/* ---- deliveries -------------------------------------------------------------------------------------------------- */

static void deliver(void *arg)
{
    struct delivery *d = arg;
    struct edge *edge = d->edge;
    natsMsg *message = d->message;
    struct edge_ack *ack = NULL;
    if (d->from) {
        ack = mem_alloc(sizeof *ack);
        *ack = (struct edge_ack){ .message = message, .from = d->from, .deliveries = deliveries_of(message) };
        edge_use(edge, 1);
    }
    const char *encoding = NULL;
    if (natsMsgHeader_Get(message, "Content-Encoding", &encoding) != NATS_OK)
        encoding = NULL;
    struct edge_message m = {
        .subject = natsMsg_GetSubject(message), .data = natsMsg_GetData(message), .size = size_of(message),
        .reply = d->from ? NULL : natsMsg_GetReply(message), .encoding = encoding, .ack = ack,
    };
    if (!m.data)
        m.data = "";
    if (!edge->freed)
        edge->handlers.message(edge->arg, &m);
    else if (ack)
        edge_settle(&ack, EDGE_AGAIN);
    if (!d->from)
        natsMsg_Destroy(message);
    edge_use(edge, -1);
    free(d);
}

static void give_back(void *arg)
{
    struct delivery *d = arg;
    if (d->from)
        let_go(d->from, size_of(d->message));
    natsMsg_Destroy(d->message);    /* an unsettled one is delivered again by the server */
    edge_use(d->edge, -1);
    free(d);
}

/* from: the stream's subscription, or NULL. */
static void take_in(struct edge *edge, struct edge_subscription *from, natsMsg *message)
{
    if (from && !hold(from, size_of(message))) {
        send_back(message);
        return;
    }
    struct delivery *d = mem_alloc(sizeof *d);
    *d = (struct delivery){ .edge = edge, .message = message, .from = from };
    pthread_mutex_lock(&edge->lock);
    edge->users++;
    edge->status.in_messages++;
    edge->status.in_bytes += size_of(message);
    pthread_mutex_unlock(&edge->lock);
    if (loop_post(edge->loop, deliver, give_back, d) == 0)
        return;
    if (from)
        (void)natsMsg_NakWithDelay(message, AGAIN_MS, NULL);    /* lost: the server's ack wait brings it again */
    pthread_mutex_lock(&edge->lock);
    edge->status.dropped++;
    pthread_mutex_unlock(&edge->lock);
    give_back(d);
}

void edge_delivery_core(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure)
{
    (void)connection;
    (void)subscription;
    take_in(closure, NULL, message);
}

void edge_delivery_stream(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure)
{
    (void)connection;
    (void)subscription;
    struct edge_subscription *from = closure;
    take_in(from->edge, from, message);
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
    case EDGE_AGAIN: (void)natsMsg_NakWithDelay(a->message, AGAIN_MS, NULL); break;
    case EDGE_TERM: (void)natsMsg_Term(a->message, NULL); break;
    }
    let_go(a->from, size_of(a->message));
    natsMsg_Destroy(a->message);
    edge_use(a->from->edge, -1);
    free(a);
}

void edge_extend(const struct edge_ack *ack)
{
    (void)natsMsg_InProgress(ack->message, NULL);    /* one that is lost only means one more delivery */
}

int edge_deliveries(const struct edge_ack *ack)
{
    return ack->deliveries;
}
