/* One incident as a person reads it: the sentence, its proof, what was hit, what changed, what to do.  For incidents of central and for those found right here. */
#pragma once

#include "ctl/ctl.h"

enum finding_parts { FINDING_WHOLE, FINDING_WITHOUT_CHECKS };    /* without: what was not checked is said once for several */

/* incident: docs/http.md's Incident, list item or detail. */
void finding_print(const struct ctl *c, const json *incident, enum finding_parts parts, int64_t now_ms);

/* A list of {what, why, why_zh}. */
void finding_print_not_checked(const struct ctl *c, const json *list);
