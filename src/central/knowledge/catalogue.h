/* Catalogue entries as Markdown pages, one a code. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "catalog/catalog.h"

void catalogue_page(struct buf *out, const struct catalog_code *code, bool chinese);

/* Changes whenever any page would: what was indexed before is then indexed anew. */
void catalogue_digest(char out[65]);
