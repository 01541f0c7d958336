#include "catalog/tables.h"

#include <stdlib.h>
#include <string.h>

static int by_reason(const void *key, const void *row)
{
    return strcmp(key, ((const struct catalog_reason *)row)->reason);
}

const struct catalog_reason *catalog_reason(const char *reason)
{
    return bsearch(reason, catalog_reasons, catalog_reasons_count, sizeof catalog_reasons[0], by_reason);
}

const char *catalog_reason_severity(const char *reason, bool warning)
{
    const struct catalog_reason *row = catalog_reason(reason);
    if (!row)
        return warning ? "medium" : "info";
    return warning ? row->warning : row->normal;
}

const struct catalog_exit *catalog_exit(int code)
{
    for (size_t i = 0; i < catalog_exits_count; i++)
        if (catalog_exits[i].code == code)
            return &catalog_exits[i];
    return NULL;
}
