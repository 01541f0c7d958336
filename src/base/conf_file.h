/* The YAML subset of a configuration file: one mapping of names to single values.
 *
 * Part of conf; nothing else includes it.  No lists, no nesting, no anchors, aliases or tags, one document, at most 1 MiB.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

#define CONF_FILE_MAX ((size_t)1 << 20)

/* Called for each entry in order; -1 with *e (without place: that is added) ends the reading. */
typedef int conf_file_entry(void *arg, const char *key, const char *value, int line, struct err *e);

/* name: for messages.  0, or -1 with "name:line: what". */
int conf_file_parse(const char *name, const char *text, size_t size, conf_file_entry *entry, void *arg, struct err *e) MUST_CHECK;
int conf_file_read(const char *path, conf_file_entry *entry, void *arg, struct err *e) MUST_CHECK;
