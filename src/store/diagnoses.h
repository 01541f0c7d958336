/* Reasoning's table: every verdict that was given.  One writer: reasoning. */
#pragma once

#include "store/db.h"

extern const struct db_schema reasoning_schema;

struct diagnosis {
    const char *incident_id, *cluster_id, *outcome, *code, *object, *verdict;
    int64_t at;
};

int diagnoses_add(struct db *d, const struct diagnosis *v, struct err *e) MUST_CHECK;

/* Removes verdicts given before that time, at most 500 at once. */
int diagnoses_sweep(struct db *d, int64_t before, struct err *e) MUST_CHECK;
