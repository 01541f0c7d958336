/* What was reported of each Event: so that a list brings nothing twice and a repeat is reported with what is new.
 *
 * A hash table of digests, bounded; beyond the bound the oldest entry is forgotten (its Event would be reported again with its whole
 * count, which is harmless: the id is the same).  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/spool_db.h"

struct seen;

struct seen *seen_new(size_t max);
void seen_free(struct seen *s);
size_t seen_count(const struct seen *s);

/* False: this revision has been reported.  True: report it; *delta is what is new in count, *entry what to store. */
bool seen_is_new(struct seen *s, const char *uid, const char *version, int64_t count, int64_t *delta, struct spool_seen *entry);

/* Puts a stored entry back; entries come oldest first. */
void seen_restore(struct seen *s, const struct spool_seen *entry);
