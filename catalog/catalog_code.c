#include "catalog/catalog.h"

#include <stdlib.h>
#include <string.h>

static int by_code(const void *key, const void *row)
{
    return strcmp(key, ((const struct catalog_code *)row)->code);
}

const struct catalog_code *catalog_find(const char *code)
{
    return bsearch(code, catalog_codes, catalog_codes_count, sizeof catalog_codes[0], by_code);
}
