/* Down before up: which finding explains which.
 *
 * A finding that states its own cause (a missing key, a limit) stands for itself.  One that can only say what it suffers from (a failing
 * probe, an unreachable dependency, a stuck rollout) is explained by what is at fault below it: the node it runs on, the claim it mounts,
 * the Service it calls and the Pods behind that.  The table in explain.c says which code may be explained over which edges.
 */
#pragma once

#include "diagnose/relation.h"

/* Sets cause in every finding that another one explains.  No circles. */
void explain(struct relations *rel);

/* The finding at the end of the chain of causes; f itself when nothing explains it. */
struct finding *explain_root(struct finding *f);

/* Is the finding about that object: at fault, showing it, or owning it? */
bool explain_is_about(const struct finding *f, const char *id);
