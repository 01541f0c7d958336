/* What could not be looked at, and what it costs. */
#pragma once

#include "diagnose/finding.h"

/* Adds the bundle's not_checked to out, made in a; at most max.  What is about the log of a Pod counts only where that Pod shows one of
 * the roots, and not where another log of it did the work. */
size_t unchecked_list(const struct run *r, struct finding *const *roots, size_t n_roots, struct arena *a,
                      struct wire_reason *out, size_t max);
