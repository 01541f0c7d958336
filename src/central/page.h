/* A list in answer to a query: limit and cursor in, {"items": […], "next": "…"} out (docs/http.md). */
#pragma once

#include "central/params.h"

/* limit: 1 to 500, default 100. */
int page_limit(const json *params, int *limit, struct err *e) MUST_CHECK;

/* limit, and a cursor that is a row's number; 0 when absent. */
int page_from_row(const json *params, int *limit, int64_t *cursor, struct err *e) MUST_CHECK;

/* The items are written between the two.  next: the cursor of what follows; "" or 0 at the end of the list. */
void page_begin(struct json_w *w);
void page_end(struct json_w *w, const char *next);
void page_end_at_row(struct json_w *w, int64_t next);
