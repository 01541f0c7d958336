/* Runs services, each on a loop thread of its own, in the order of the table; stops them in the reverse order.
 *
 * Used by main only.  Its own thread is the caller's.
 */
#pragma once

#include "central/service.h"

struct supervisor;

/* services: all that there are; options->services says which of them to run.  Opens each service on the calling thread, then starts its loop.  NULL with *e when one cannot start: those that
 * were open are closed again. */
struct supervisor *supervisor_start(const struct central_options *options, const struct service *const *services, size_t count, struct err *e);

/* Ends the loops, closes the services, joins everything. */
void supervisor_stop(struct supervisor *s);
