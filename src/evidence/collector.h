/* Collections from one API server: of each root one at a time.
 *
 * A bundle is never older than the wish for it.  Who wishes for one while its root is being collected waits for the next collection,
 * which all who wait share; and two collections of a root begin at least a pause apart, so that a root that everybody asks for costs no
 * more than that.  The first one begins at once.  What one finds to be a flood (evidence/floods.h) the next ones know.  On its loop's thread.
 */
#pragma once

#include "evidence/evidence.h"

struct collector;
struct wish;    /* ends with its bundle, or with collector_cancel */

struct collector *collector_new(struct kube *k, struct loop *l, int64_t pause_ms);
void collector_free(struct collector *c); /* NULL is allowed; no wish is open any more */

/* As evidence_collect().  Those who share a collection get the longest of their time-outs. */
struct wish *collector_ask(struct collector *c, const struct evidence_request *request, evidence_done done, void *arg);
void collector_cancel(struct wish *w);
