/* Sends what is durable in the spool, in slices, until central's watermark has passed it.
 *
 * While it keeps up, records go out from the transaction that made them durable, many at once as the spool has packed them; once behind, they are read back from disk, and never
 * more than SENDER_WINDOW records ahead of the watermark.  Without progress of the watermark everything behind it is sent again, at
 * growing distances.  On the loop's thread.
 */
#pragma once

#include "agent/spool.h"

#define SENDER_WINDOW    8192
#define SENDER_SILENCE_MS 5000    /* without progress for so long: send again */

struct sender;

/* Publishes on agent.event.<id>; -1: not connected. */
typedef int (*sender_publish)(void *arg, const void *data, size_t size, const char *encoding, struct err *e);

struct sender_settings {
    int64_t slice_ms;             /* gathers for so long after a message; 0: 50 ms  */
    int64_t batch_max;            /* events in a message; 0: one, without a list    */
    bool zstd;
    bool acknowledged;            /* central answers with watermarks                */
};

struct sender *sender_new(struct loop *l, struct spool *spool, sender_publish publish, void *arg);
void sender_free(struct sender *s);

/* From behind seq on.  Open already: takes the settings only. */
void sender_open(struct sender *s, const struct sender_settings *settings, uint64_t seq);
void sender_shut(struct sender *s);
bool sender_is_open(const struct sender *s);

/* The spool's committed rows, in order, and the same as they were packed. */
void sender_committed(struct sender *s, const struct spool_row *rows, size_t count, const struct spool_packing *packed);

void sender_watermark(struct sender *s, uint64_t seq);
void sender_pause(struct sender *s, int64_t pause_ms);

/* Sends what is gathered; true when everything durable was sent. */
bool sender_flush(struct sender *s);

struct sender_status {
    uint64_t sent, acknowledged;
    int64_t messages, events, resends, errors;
};
void sender_status(const struct sender *s, struct sender_status *out);
