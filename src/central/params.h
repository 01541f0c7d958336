/* What a service reads of a query's parameters, which the gateway has taken from a URL and checked (gateway/query_params.h); so numbers may be texts, too.  Absent and "" are the same. */
#pragma once

#include "base/err.h"
#include "base/json.h"

const char *params_str(const json *params, const char *key);    /* NULL when absent */

/* 0, or -1 with a text that names the parameter: no whole number, or outside min..max. */
int params_int(const json *params, const char *key, int64_t absent, int64_t min, int64_t max, int64_t *out, struct err *e) MUST_CHECK;

/* "high" or "high,critical": one bit for each enum wire_severity, 0 when absent. */
int params_severities(const json *params, const char *key, unsigned *bits, struct err *e) MUST_CHECK;

/* RFC 3339, Unix milliseconds, or a duration before now ("15m"). */
int params_time(const json *params, const char *key, int64_t absent, int64_t now_ms, int64_t *out, struct err *e) MUST_CHECK;
