/* A message on its way from nats.c to the owner, and its acknowledgement. */
#include <nats/nats.h>

#include "bus/edge_impl.h"

struct edge_ack {
    natsMsg *message;
    int deliveries;
};

struct delivery {
    struct edge *edge;
    natsMsg *message;
    bool durable;
};

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
    edge_use(edge, -1);
    free(d);
}

static void give_back(void *arg)
{
    struct delivery *d = arg;
    natsMsg_Destroy(d->message);    /* an unsettled one is delivered again by the server */
    edge_use(d->edge, -1);
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

void edge_delivery_core(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure)
{
    (void)connection;
    (void)subscription;
    take_in(closure, message, false);
}

void edge_delivery_stream(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure)
{
    (void)connection;
    (void)subscription;
    take_in(closure, message, true);
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

void edge_extend(const struct edge_ack *ack)
{
    (void)natsMsg_InProgress(ack->message, NULL);    /* one that is lost only means one more delivery */
}

int edge_deliveries(const struct edge_ack *ack)
{
    return ack->deliveries;
}
