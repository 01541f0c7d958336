#include "diagnose/amount.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/quantity.h"
#include "base/str.h"

double amount_of(const json *v, double absent)
{
    double value;
    if (json_is_number(v))
        return json_real(v, absent);
    return json_is_string(v) && quantity_parse(json_str(v), &value) == 0 ? value : absent;
}

/* Up to two decimals, without trailing zeros. */
static const char *decimal(struct arena *a, double value, const char *unit)
{
    char text[400]; /* the largest double has 309 digits */
    int size = snprintf(text, sizeof text, "%.2f", value);
    while (size > 0 && text[size - 1] == '0')
        text[--size] = '\0';
    if (size > 0 && text[size - 1] == '.')
        text[--size] = '\0';
    return arena_printf(a, "%s%s", strcmp(text, "-0") == 0 ? "0" : text, unit);
}

static bool counts_bytes(const char *resource)
{
    static const char *const names[] = { "memory", "storage", "ephemeral-storage" };
    const char *bare = str_starts(resource, "requests.") ? resource + strlen("requests.")
                       : str_starts(resource, "limits.") ? resource + strlen("limits.")
                                                         : resource;
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(bare, names[i]) == 0)
            return true;
    return str_starts(bare, "hugepages-");
}

const char *amount_text(struct arena *a, const char *resource, double value)
{
    static const char *const names[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" };
    if (!counts_bytes(resource))
        return decimal(a, value, "");
    size_t i = 0;
    while (i + 1 < COUNT(names) && fabs(value) >= 1024) {
        value /= 1024;
        i++;
    }
    return decimal(a, value, names[i]);
}
