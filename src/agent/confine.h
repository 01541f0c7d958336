/* Restricts the agent's process to what its options need (agent/restrict.h), and says so. */
#pragma once

#include "agent/options.h"

/* Once, before the first thread.  -1: spool_dir cannot be made. */
int confine(const struct agent_options *options, struct err *e) MUST_CHECK;
