/* The live stream: what services say on stream.*, to every reader that is there.
 *
 * Ids grow and begin at the time of the start, so that a reader who knew an earlier central is told to load again instead of resuming in the wrong place.  A reader who
 * cannot keep up gets a reset and is let go; the last STREAM_RING items are kept for those who come back.  Belongs to the gateway's loop.
 */
#pragma once

#include "central/gateway/gateway.h"

#define STREAM_RING        1000
#define STREAM_RING_BYTES  (8u << 20)
#define STREAM_ITEM_BYTES  (256u << 10)    /* a larger item is a reset for everybody: it must be loaded */
#define STREAM_BUFFER      (1u << 20)      /* bytes that may wait for one reader        */
#define STREAM_READERS_MAX 128
#define STREAM_COMMENT_MS  15000

struct stream *stream_new(struct gateway *g);
void stream_free(struct stream *s);

/* Handler of /api/v1/stream. */
void stream_open(void *gateway, struct http_exchange *x);

/* kind: "event"; item: one line of JSON. */
void stream_publish(struct stream *s, const char *kind, const json *item);

/* A comment for each reader, so that proxies and readers see that the line stands. */
void stream_comment(struct stream *s);
