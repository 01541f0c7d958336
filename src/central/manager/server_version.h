/* Which NATS servers are too old to be trusted with agents.  Pure. */
#pragma once

/* A sentence for a person, or NULL when the version is fine or unknown (""). */
const char *server_version_warning(const char *version);
