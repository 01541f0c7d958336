/* One agent speaks for a cluster at a time (docs/protocol.md, Two agents). */
#pragma once

#include "central/manager/manager.h"

/* A registration: may this agent speak for the cluster from now on?  False: another one does; raised as a security event, and the text for the
 * agent is in *why (free() it). */
bool session_take(struct manager *m, struct cluster *c, const struct wire_register *hello, char **why);

/* A heartbeat: is it from the agent that speaks for the cluster?  False: from another one, which is raised. */
bool session_hears(struct manager *m, struct cluster *c, const char *session);
