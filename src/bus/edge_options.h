/* What of an edge's configuration nats.c wants to know before it connects: servers, login, TLS, limits.  Not for use outside this folder. */
#pragma once

#include <nats/nats.h>

#include "bus/edge.h"

/* The callbacks are the caller's to set.  0 and *out (natsOptions_Destroy), or -1: an endpoint that is none, a file that cannot be read. */
int edge_options(const struct edge_config *c, natsOptions **out, struct err *e) MUST_CHECK;
