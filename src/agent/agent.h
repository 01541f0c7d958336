/* The agent, put together: watches -> reporter -> spool -> sender -> link, and commands the other way. */
#pragma once

#include "agent/options.h"
#include "base/loop.h"

struct agent;

/* options are borrowed for the agent's life.  Opens the spool and the credentials and begins to watch, once it holds its cluster's lease (or runs
 * without one); neither the API server nor central
 * has to be there. */
struct agent *agent_new(struct loop *l, const struct agent_options *options, struct err *e);

/* Stops watching, gives what is gathered a moment to reach central, and stops the loop; called again, at once. */
void agent_stop(struct agent *a);

/* When the loop has ended: 0, 1 when another agent has taken this one's place (make it anew: it will stand by), or -1 with *e when it could not
 * begin to work. */
int agent_outcome(const struct agent *a, struct err *e) MUST_CHECK;

/* When the loop has ended: what is not sent is kept in the spool. */
void agent_free(struct agent *a);
