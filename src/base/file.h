/* Small files, read whole: credentials, kubeconfigs.  Thread-safe. */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* The bytes of a regular file or pipe of at most max bytes, 0-terminated; free() them.  size may be NULL.  NULL
 * with *e filled: it names the path (ERR_NOT_FOUND, ERR_REFUSED, ERR_TOO_LARGE, ERR_IO). */
char *file_read(const char *path, size_t max, size_t *size, struct err *e);
