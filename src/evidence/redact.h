/* Takes secrets out of text before it leaves the cluster (docs/redaction.md).
 *
 * Linear time, no back-tracking.  Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Appends text with secrets replaced by "[redacted:kind]".  Returns how many there were. */
int64_t redact_text(struct buf *out, const char *text, size_t size);

/* True when a setting of that name (DB_PASSWORD, api-token) must not show its value. */
int redact_name_is_secret(const char *name);
