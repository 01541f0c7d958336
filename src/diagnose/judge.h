/* From findings to verdicts: what is told, in which order, beside what. */
#pragma once

#include "diagnose/diagnose.h"
#include "diagnose/explain.h"

/* The verdict about the bundle's scope object; without one, about everything.  out is made in a. */
void judge_scope(struct relations *rel, struct arena *a, struct wire_verdict *out);

/* Each independent cause as an incident, worst first. */
void judge_all(struct relations *rel, struct arena *a, struct diagnose_incidents *out);
