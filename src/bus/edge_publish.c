/* Messages on their way out. */
#include "bus/edge_impl.h"

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
