/* What to do about a finding, from the catalogue, with commands that can be pasted. */
#pragma once

#include "diagnose/finding.h"

/* The actions whose values are all known, in a.  Returns how many; *out is an array of them. */
size_t actions_of(const struct run *r, const struct finding *f, struct arena *a, struct wire_action **out);
