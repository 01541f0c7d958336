/* A core/v1 Event as the API server gives it, as an event of the wire (docs/protocol.md, Event).  Pure. */
#pragma once

#include "base/json.h"
#include "wire/event.h"

#define NORMALISE_VERSION_MAX 64    /* bytes of a resourceVersion that we take */

/* Fills everything but delta, owner, reported_at, epoch and seq.  Texts are the arena's or the object's, redacted where they are free
 * text.  raw: a writer for the whole object, which raw_data then lives as long as; NULL: without.  0; 1: it has no uid or resourceVersion, so nobody could name it. */
int normalise_event(const char *cluster_id, json *object, struct json_w *raw, struct arena *a, struct wire_event *out) MUST_CHECK;

/* The same for the same object, reason and shape of message: digits and quoted parts do not count.  16 hex digits. */
void normalise_fingerprint(const struct wire_event *event, char out[17]);
