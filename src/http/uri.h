/* A request's target, split and decoded.
 *
 * Everything lives in the arena it was parsed into.  The raw path is kept, because a route is matched before decoding: an encoded
 * slash is part of a name, not a separator.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define URI_QUERY_MAX 64 /* parameters of one query */

struct uri_pair {
    const char *name, *value;
};

struct uri {
    const char *raw_path; /* as sent, without query */
    const char *path;     /* decoded */
    struct uri_pair query[URI_QUERY_MAX];
    size_t n_query;
};

/* Takes only what a client of a server sends: a path that starts with "/".  -1 with *e (ERR_INVALID) for other forms, for half or
 * non-hexadecimal escapes, and for control characters, encoded or not. */
int uri_parse(struct uri *u, const char *target, struct arena *a, struct err *e) MUST_CHECK;

/* One decoded path segment of size bytes.  NULL when it holds a bad escape. */
const char *uri_decode(const char *text, size_t size, struct arena *a);
