/* Which columns a kind is shown with: the table behind `get`. */
#pragma once

#include "agent/table.h"
#include "base/json.h"

/* Headers of the kind (singular), then a row for each object. */
void columns_begin(struct table *t, const char *kind, bool wide, bool with_namespace);
void columns_row(struct table *t, const char *kind, bool wide, bool with_namespace, const json *object, int64_t wall_ms);

/* What kubectl calls a Pod's STATUS. */
const char *columns_pod_status(const json *pod);
