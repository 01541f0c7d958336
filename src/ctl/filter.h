/* The filters that lists share, from options to a path's query. */
#pragma once

#include "ctl/ctl.h"

/* names: which of the options the route takes, with spaces between: "cluster namespace since".  -1 with *e: a time is none. */
int filter_add(const struct ctl *c, const char *names, struct buf *path, struct err *e) MUST_CHECK;

/* The list at route ("/api/v1/gaps") under these filters, --limit long; see api_list. */
struct json_doc *filter_list(struct ctl *c, const char *route, const char *names, struct err *e);
