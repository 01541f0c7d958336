/* Brings a log down to what may go into a bundle: its last lines, and when even they are too many, those that speak
 * of errors first.  Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define LOG_TAIL_LINE_MAX 4096    /* bytes of one line; the rest is cut off */

/* Appends at most max_lines lines and max_bytes bytes of text[size], in their order, each with a newline.  Returns
 * true when something was left out. */
bool log_tail(struct buf *out, const char *text, size_t size, size_t max_lines, size_t max_bytes);

/* True when a line speaks of an error, in the words of any language's runtime. */
bool log_tail_is_error(const char *line, size_t size);
