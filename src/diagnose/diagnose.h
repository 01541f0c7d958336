/* The rule engine: a bundle in, causes out.  Pure functions: no I/O, no clock, no threads.
 *
 * Finds what is wrong in the objects, events and logs of a bundle, in the decision order of docs/diagnosis.md: state before history, down before up (what a lower
 * cause explains is a victim, not a finding), absent objects before log reading.  Texts come from the catalogue.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "wire/verdict.h"
#include "wire/bundle.h"

/* One independent cause with all it explains. */
struct diagnose_incident {
    const char *title, *title_zh; /* the first root's statement                         */
    enum wire_severity severity;
    struct wire_verdict verdict;
};

struct diagnose_incidents {
    struct diagnose_incident *items; /* worst first                                        */
    size_t count;
    int64_t objects, events, logs; /* how much was looked at                             */
};

/* What is wrong with the bundle's scope object (and what explains it).  Without a scope object: of everything together.
 * out is borrowed from a.  -1: the bundle cannot be read. */
int diagnose_bundle(const char *text, size_t size, struct arena *a, struct wire_verdict *out, struct err *e) MUST_CHECK;

/* Every independent cause in the bundle, each an incident of its own. */
int diagnose_all(const char *text, size_t size, struct arena *a, struct diagnose_incidents *out,
                 struct err *e) MUST_CHECK;
