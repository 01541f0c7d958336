/* What really happened, one JSON line each, for tests that compare it with what was reported.
 *
 * {"say":"made", ...}     an event revision was stored            uid, resourceVersion, verb, count, type, reason, object, at
 * {"say":"handed", ...}   it was handed to a client, the first time
 * {"say":"failure", ...}  a failure became visible                failure (its code), object (what fails), root (what to look at), at
 * {"say":"fixed", ...}    and is over
 * at is the time of day in milliseconds.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "sim/history.h"

struct oracle;

/* path "-" is standard output.  NULL with *e. */
struct oracle *oracle_open(const char *path, const char *cluster, struct err *e);
void oracle_close(struct oracle *o);

/* All accept NULL: nobody listens. */
void oracle_made(struct oracle *o, const struct revision *r, int64_t now_ms); /* events only; others are left out */
void oracle_handed(struct oracle *o, struct revision *r, int64_t now_ms);
/* root NULL: the object itself. */
void oracle_failure(struct oracle *o, const char *code, const char *object, const char *root, int64_t now_ms);
void oracle_fixed(struct oracle *o, const char *object, int64_t now_ms);

/* Lines are written out by now at the latest. */
void oracle_flush(struct oracle *o);
