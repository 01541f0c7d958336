/* nats.c's process-wide state, and the one fact it does not tell: the server's version.  Not for use outside this folder. */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* Opens the library, once for the process's life; any thread. */
int nats_library_open(struct err *e) MUST_CHECK;

/* Reads the version from the INFO line that a server greets with (NATS protocol, INFO); "" when it cannot. url: "nats://host:port" as nats.c says it. Blocks, at most
 * 2 s. */
void nats_info_version(const char *url, char *out, size_t size);
