/* Sentences that are no causes: what was looked at and ruled out, how a victim suffers, what changed, what could not be read.
 *
 * A table of templates in both languages, filled by catalog_render(); the placeholders are those of catalog/README.md.
 */
#pragma once

#include "diagnose/finding.h"

enum note_kind {
    NOTE_TAINT_ELSEWHERE,
    NOTE_SELECTOR_MATCHES,
    NOTE_NONE_CORDONED,
    NOTE_QUOTA_FREE,
    NOTE_IMAGE_PULLED,
    NOTE_REGISTRY_ANSWERS,
    NOTE_NOT_OOM,
    NOTE_NODE_WELL,
    NOTE_SERVICE_THERE,
    NOTE_SERVICE_ENDPOINTS,
    NOTE_DNS_WELL,
    NOTE_PROBE_PORT,
    NOTE_PROCESS_RUNS,
    NOTE_NO_CHANGE,
    NOTE_OLD_CHANGE,
    NOTE_CLAIM_BOUND,
    /* of victims */
    NOTE_WAITS_FOR_CLAIM,
    NOTE_SHOWS_IT,
    NOTE_RUNS_ON,
    NOTE_NO_ENDPOINT,
    NOTE_NOT_AVAILABLE,
    NOTE_MOUNTS,
    /* of evidence */
    NOTE_LOG_ABSENT,
    NOTE_LOG_CUT,
    NOTE_SAME_ANSWER,
    N_NOTES,
};

/* Adds a note about what was looked at at subject.  params as for catalog_render(). */
void note_add(struct run *r, enum note_kind kind, const char *subject, const struct catalog_param *params, size_t n);

/* Puts the notes in order of their subjects; the first of a subject, or n_notes. */
void notes_sort(struct run *r);
size_t notes_of(const struct run *r, const char *subject);

/* Says how the finding reads when another cause explains it. */
void note_victim(struct run *r, struct finding *f, enum note_kind kind);

/* The sentence alone. */
const char *note_text(struct arena *a, enum note_kind kind, bool zh, const struct catalog_param *params, size_t n);

/* The code that such a note speaks of; "" when it is about none. */
const char *note_code(enum note_kind kind);
