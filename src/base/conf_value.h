/* One option's value: from text into the member of the program's struct, and back.
 *
 * Part of conf; nothing else includes it.
 */
#pragma once

#include "base/conf.h"

/* Makes the member empty without looking at what it holds. */
void conf_value_init(const struct conf_option *o, void *values);

/* Parses text, checks its bounds and stores it; what was there is freed.  -1 with *e ("\"5h\" is out of bounds (1s to 5m)") leaves the member alone. */
int conf_value_set(const struct conf_option *o, void *values, const char *text, struct err *e) MUST_CHECK;
void conf_value_free(const struct conf_option *o, void *values);

/* As conf_value_set would read it; secrets are "***" or empty. */
void conf_value_format(const struct conf_option *o, const void *values, struct buf *out);

/* "1s to 5m"; nothing when there are no bounds. */
void conf_value_bounds(const struct conf_option *o, struct buf *out);

/* "DURATION" for --help, "duration" for the documentation; a choice is "json|text" in both. */
void conf_value_placeholder(const struct conf_option *o, struct buf *out);
void conf_value_type_name(const struct conf_option *o, struct buf *out);

/* Text from outside for a message: made harmless, cut at 60 bytes, in quotes. */
void conf_value_quote(const char *text, struct buf *out);
