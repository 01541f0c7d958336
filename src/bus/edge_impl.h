/* What the files of the edge share: its struct, and who may touch what.  Not for use outside this folder.
 *
 *   edge.c               the struct's life: who uses it, status
 *   edge_link.c          the connection: made, lost, made again, ended
 *   edge_subscription.c  what is subscribed and which streams are consumed on each connection
 *   edge_delivery.c      a message on its way from nats.c to the owner, and its acknowledgement
 *   edge_publish.c       messages on their way out
 *   edge_options.c       what nats.c is told before it connects
 *
 * nats.c's threads never run our code beyond moving a message into the loop's mailbox: connecting and subscribing are work for the loop's pool, callbacks post.
 * What nats.c owns (connection, subscriptions) may call back until its own completion callbacks have run, and letters may wait in the mailbox: each of these is
 * a user of the struct, the owner is one more, and the last one frees it. */
#pragma once

#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>

#include "bus/edge.h"

#define EDGE_SUBSCRIPTIONS_MAX 32

struct edge_subscription {
    struct edge *edge;
    char *subject, *queue;               /* queue: NULL for all messages           */
    const struct edge_stream *stream;    /* to consume where there is JetStream, or NULL */
    natsSubscription *handle;            /* NULL until made on this connection     */
    size_t held_bytes;                   /* of messages that are not settled; guarded by the edge's lock */
};

struct edge {
    struct loop *loop;
    struct edge_handlers handlers;
    void *arg;
    natsOptions *options;
    natsConnection *connection;    /* set by the connecting work, read on the loop after it              */
    jsCtx *js;
    bool jetstream_wanted;
    bool working;                  /* the pool has connection and subscriptions, nobody else may touch them */
    bool up;
    atomic_bool freed;
    struct edge_subscription subscriptions[EDGE_SUBSCRIPTIONS_MAX];
    size_t n_subscriptions;
    int64_t reconnect_ms;
    int failures;                  /* in a row                                                           */
    struct timer again;
    natsStatus outcome;            /* of the connecting work                                             */

    pthread_mutex_t lock;          /* guards what follows                                                */
    pthread_cond_t let_go;
    int users;
    int held;                      /* connection and subscriptions whose last callback nats.c still owes us */
    uint64_t dice;
    struct edge_status status;
};

/* One user more (1) or less (-1); the last one's leaving frees the edge.  Any thread. */
void edge_use(struct edge *edge, int by);
/* The same for a use that ends with a callback of nats.c: taken before the call that makes nats.c owe it, given up by the callback, or at once when the call failed. */
void edge_hold(struct edge *edge, int by);
/* Waits until nats.c has made every callback it owes, at most 2 s: they post to the loop, which may be gone after edge_free. */
void edge_wait_for_callbacks(struct edge *edge);
/* Keeps text for edge_status.  Any thread. */
void edge_remember_error(struct edge *edge, const char *text);

/* Reads the configuration and sets nats.c's callbacks.  -1: see edge_new. */
int edge_link_init(struct edge *edge, const struct edge_config *config, struct err *e) MUST_CHECK;
/* Connects from the loop's next turn on. */
void edge_link_start(struct edge *edge);
/* Ends what nats.c holds and gives up the owner's use.  While the pool works this is left to the work's done function: edge->freed must be set. */
void edge_link_end(struct edge *edge);

/* On the loop's pool: makes what this connection does not have yet.  Subscriptions outlive a reconnection inside nats.c, so each is made once for a connection. */
void edge_subscriptions_make(struct edge *edge);
/* Forgets what a connection had; the descriptions stay for the next one. */
void edge_subscriptions_drop(struct edge *edge);
void edge_subscriptions_fini(struct edge *edge);

/* Called by nats.c's delivery thread. */
void edge_delivery_core(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *edge);
void edge_delivery_stream(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *edge_subscription);
