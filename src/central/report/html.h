/* A Markdown report as an HTML page that stands alone: no script, no outside resource, raw HTML in the Markdown is text. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

int html_page(struct buf *out, const char *title, const struct buf *markdown, bool chinese, struct err *e) MUST_CHECK;
