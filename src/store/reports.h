/* Report's table: the reports that were written.  One writer: report. */
#pragma once

#include "base/arena.h"
#include "store/db.h"

extern const struct db_schema report_schema;

struct report {
    const char *id, *incident_id;
    const char *incident;            /* the incident as it was when the report was written, JSON */
    int64_t written_at, revision;
};

/* Inserts, or replaces the incident's report with a higher revision; *revision tells which. */
int reports_put(struct db *d, const struct report *r, int64_t *revision, struct err *e) MUST_CHECK;
int reports_of_incident(struct db *d, const char *incident_id, struct arena *a, struct report *out, struct err *e) MUST_CHECK;    /* 1: none */
int reports_sweep(struct db *d, int64_t before, struct err *e) MUST_CHECK;                                                       /* at most 500 */
