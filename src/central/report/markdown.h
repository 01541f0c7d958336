/* An incident as a Markdown report.  Pure: the incident's JSON in, text out.  What came from the cluster is escaped or stands in code. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/str.h"

/* incident: as GET /api/v1/incidents/{id} shows it. */
void markdown_report(struct buf *out, const json *incident, int64_t written_at, int64_t revision, bool chinese);

/* Text in running Markdown: every character that Markdown gives a meaning is escaped, control characters are shown, line breaks become blanks. */
void markdown_escape(struct buf *out, const char *text);

/* Text as inline code, whatever backquotes it holds. */
void markdown_code(struct buf *out, const char *text);
