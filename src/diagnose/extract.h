/* Names, hosts and lines out of text that people and programs wrote: messages of events, lines of logs.
 *
 * Whatever is found is checked before it is handed out: a name is a name, a host a host, so that a hostile message cannot put anything
 * else into a reference or a command.  Linear time.  Results live in the arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* What stands between double quotes behind the first occurrence of after (NULL: from the beginning), or NULL.  Backslashes before the
 * quotes are taken as part of them: messages inside JSON inside logs. */
const char *extract_quoted(struct arena *a, const char *text, const char *after);

/* The same when it is a sound object name, else NULL. */
const char *extract_name(struct arena *a, const char *text, const char *after);

/* The word behind the first occurrence of after, up to white space or one of the stops, or NULL. */
const char *extract_word(struct arena *a, const char *text, const char *after, const char *stops);

/* Lines of a text one after the other; false at the end.  Zeroed is the beginning. */
struct line {
    const char *text;
    size_t size;
    const char *rest;
};
bool extract_line(struct line *line, const char *text);

/* The line without leading and trailing white space, cut at max bytes. */
const char *extract_trimmed(struct arena *a, const char *text, size_t size, size_t max);

/* The other side that a line of a failed connection names. */
struct host {
    const char *name; /* lower case: "db.shop.svc", "10.96.0.12"  */
    const char *port; /* digits, or ""                            */
};
bool extract_host(struct arena *a, const char *line, struct host *out);

/* "db.shop.svc:5432". */
const char *extract_host_text(struct arena *a, const struct host *host);

/* The name of a setting that a line calls missing ("DB_URL"), or NULL. */
const char *extract_setting(struct arena *a, const char *line);

/* The first path in a line ("/data/x"), or NULL. */
const char *extract_path(struct arena *a, const char *line);

/* The port in a line about one that cannot be had ("listen tcp :8080: bind"), or NULL. */
const char *extract_port(struct arena *a, const char *line);

/* A port that a line says the program listens on, or NULL. */
const char *extract_listening(struct arena *a, const char *line);
