/* What was looked at beside a cause and is not it: told so that nobody looks there again. */
#pragma once

#include "diagnose/explain.h"

/* Adds notes to the roots about Pods: their node, quotas, name resolution, claims, rollouts.  After explain(), before notes_sort(). */
void ruled_out_add(struct relations *rel);
