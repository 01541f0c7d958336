/* Query parameters: what each name may hold, for the check of requests and for /openapi.json. */
#pragma once

#include "base/err.h"
#include "base/json.h"
#include "http/router.h"

#define QUERY_TEXT_MAX 512    /* bytes of one value */

enum param_type { PARAM_TEXT, PARAM_TIME, PARAM_NUMBER, PARAM_CHOICE, PARAM_CHOICES };    /* a time: RFC 3339, or how long ago; choices: several with commas */

struct query_param {
    const char *name;
    enum param_type type;
    int64_t min, max;                 /* numbers; above max counts as max, because a list's rest is behind "next" */
    const char *choices;              /* "en|zh"                                                                    */
};

/* What is known of the name; never NULL: an unlisted name holds text. */
const struct query_param *query_params_kind(const char *name);

/* 0, or -1 with *e: a query parameter that the route names holds what it may not. */
int query_params_check(const struct http_exchange *x, const struct route *route, struct err *e) MUST_CHECK;

/* Writes the query parameters that the route names into the object that is open in w, as strings.  Others are ignored.  -1 with *e: one holds what it may not. */
int query_params_write(const struct http_exchange *x, const struct route *route, struct json_w *w, struct err *e) MUST_CHECK;
