/* What a Service reaches: its endpoints as the API server has them, its Pods as their labels say. */
#pragma once

#include "diagnose/finding.h"

/* Ready addresses in its EndpointSlices; -1: the bundle has none of them and cannot say. */
long endpoints_ready(const struct run *r, const struct object *service);

/* All addresses, ready or not; -1 as above. */
long endpoints_all(const struct run *r, const struct object *service);

/* Is somebody behind it who stays?  A crash loop is ready for a moment after each start, and serves nobody. */
bool endpoints_serve(const struct run *r, const struct object *service);

/* Does its selector (never an empty one) take a Pod with these labels in its namespace? */
bool endpoints_selects(const struct object *service, const struct pod *p);

/* Would it take the Pods that this workload makes? */
bool endpoints_selects_template(const struct object *service, const struct object *workload);
