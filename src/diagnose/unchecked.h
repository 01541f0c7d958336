/* What could not be looked at, and what it costs. */
#pragma once

#include "diagnose/finding.h"

/* Adds the bundle's not_checked to out, made in a; at most max. */
size_t unchecked_list(const struct run *r, struct arena *a, struct wire_reason *out, size_t max);
