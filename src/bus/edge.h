/* The edge: the NATS connection between agents and central, over nats.c.  Both sides use this.
 *
 * Connects for ever with jittered back-off over several endpoints; nothing here blocks the loop: nats.c's own threads only move messages into the loop's mailbox.
 * Uses JetStream when the server has it (events, metrics, results), core NATS otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"
#include "base/str.h"

struct edge;

struct edge_config {
    const char *endpoints;        /* "nats://a:4222,nats://b:4222"                            */
    const char *name;             /* shown by the server                                      */
    const char *user, *password_file, *creds, *nkey;
    const char *ca, *cert, *key;
    int64_t reconnect_ms;         /* first step of the back-off                               */
    int64_t max_retries;          /* 0: for ever                                              */
    int64_t ping_ms;              /* 0: 20 s                                                  */
    int pending_max;              /* messages nats.c may hold for us; 0: 4096                  */
    bool jetstream;               /* central: consume through JetStream when the server has it */
};

struct edge_message {
    const char *subject, *data, *reply;
    size_t size;
    const char *encoding;         /* Content-Encoding header or NULL                          */
    struct edge_ack *ack;         /* JetStream: must be settled with edge_settle; NULL on core */
};

struct edge_handlers {
    void (*connected)(void *arg);                             /* each (re)connection, subscriptions are in place */
    void (*disconnected)(void *arg, const char *why);
    void (*message)(void *arg, const struct edge_message *m); /* valid during the call; of a message with an ack until that is settled */
};

/* Starts connecting in the background; endpoints that cannot be parsed and files that cannot be read are the only errors. */
struct edge *edge_new(struct loop *l, const struct edge_config *config, const struct edge_handlers *handlers, void *arg, struct err *e);
void edge_free(struct edge *edge);    /* drains what was published, at most 2 s */

/* Core subscription, kept over reconnects; queue may be NULL.  Call before or after the connection is up. */
int edge_subscribe(struct edge *edge, const char *subject, const char *queue, struct err *e) MUST_CHECK;

/* Central: makes sure the stream `name` over `subject` exists (discard new, bounded) and consumes it durably with explicit acks, from each connection on.
 * A server without JetStream, or without room for the stream, is consumed by core subscriptions in the queue group `durable` instead; edge_status tells which.
 * stream's strings are borrowed for the edge's life.  Before the first connection only. */
struct edge_stream {
    const char *name, *durable, *subject;
    int64_t bytes_max, per_subject_max, age_max_ms;    /* 0: no bound */
    size_t held_max;              /* bytes of unsettled messages in memory; one more message goes back to the broker for a while. 0: no bound */
};
int edge_consume(struct edge *edge, const struct edge_stream *stream, struct err *e) MUST_CHECK;
enum edge_outcome { EDGE_DONE, EDGE_AGAIN, EDGE_TERM };
void edge_settle(struct edge_ack **ack, enum edge_outcome outcome);    /* from any thread */
void edge_extend(const struct edge_ack *ack);    /* not done yet: the broker is to wait once more before it delivers the message again; from any thread */
int edge_deliveries(const struct edge_ack *ack);                       /* how often it was delivered, from 1 */

/* Fire and forget on core NATS.  -1 (ERR_UNAVAILABLE) when not connected: nothing is buffered. encoding: "zstd" or NULL. */
int edge_publish(struct edge *edge, const char *subject, const void *data, size_t size, const char *encoding, struct err *e) MUST_CHECK;
int edge_publish_reply(struct edge *edge, const char *subject, const char *reply_to, const void *data, size_t size, struct err *e) MUST_CHECK;

/* Stored by the broker when a stream of central's holds the subject, else plain core.  message_id: broker-side dedup, or NULL.  The broker's ack is not asked for: central's
 * committed watermark is the record (docs/protocol.md, Delivery), and so an agent needs no right to the broker's own subjects. */
int edge_publish_durable(struct edge *edge, const char *subject, const void *data, size_t size, const char *encoding, const char *message_id, struct err *e) MUST_CHECK;

struct edge_status {
    bool connected, jetstream;
    char server[128], server_version[32];
    uint64_t reconnects, in_messages, out_messages, in_bytes, out_bytes, dropped;    /* dropped: mailbox full */
    uint64_t held_bytes, held_back;    /* of unsettled messages, now; messages that went back to the broker for want of room, so far */
    char last_error[200];
};
void edge_status(const struct edge *edge, struct edge_status *out);    /* any thread */
