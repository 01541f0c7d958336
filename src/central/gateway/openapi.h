/* /openapi.json (OpenAPI 3.1), printed from the table that serves the requests and from the schemas in schema.c. */
#pragma once

#include <stddef.h>

#include "http/router.h"

/* The document on one line; free() it.  Rows of one pattern stand together.  Asserts that each schema a row names is there. */
char *openapi_text(const struct route *routes, size_t count, size_t *size);
