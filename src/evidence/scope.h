/* What is read: for one object and all that may explain it, or for a whole namespace or cluster.
 *
 * A scope starts with a few questions and asks on from the answers; it is done when fetch is idle.
 */
#pragma once

#include <stdbool.h>

#include "evidence/collection.h"
#include "evidence/evidence.h"
#include "evidence/fetch.h"
#include "wire/bundle.h"

struct scope; /* of one object */
struct scope *scope_object(struct fetch *f, struct collection *into, const struct kube_kind *kind,
                           const struct bundle_ref *ref, const struct evidence_request *r);

struct scope_wide; /* of a namespace, NULL: the cluster */
struct scope_wide *scope_wide(struct fetch *f, struct collection *into, const char *namespace_, bool no_logs);

/* When fetch is idle for now: asks on for what the answers point at.  True when it did, so that fetch will be idle once more. */
bool scope_follow(struct scope *s);

/* After fetch was idle: what is only known once everything is read. */
void scope_finish(struct scope *s);
void scope_wide_finish(struct scope_wide *s);

void scope_free(struct scope *s);
void scope_wide_free(struct scope_wide *s);
