/* Which NATS servers are too old to be trusted with agents.  Pure. */
#pragma once

/* A sentence for a person, in English and Chinese. */
struct server_warning {
    const char *text, *text_zh;
};

/* What to say of a version; NULL when it is fine or unknown (""). The answer is static. */
const struct server_warning *server_version_warning(const char *version);
