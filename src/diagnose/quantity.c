#include "diagnose/quantity.h"

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const struct unit {
    const char *suffix;
    double factor;
} units[] = {
    { "", 1 },        { "n", 1e-9 },    { "u", 1e-6 },    { "m", 1e-3 },    { "k", 1e3 },     { "M", 1e6 },
    { "G", 1e9 },     { "T", 1e12 },    { "P", 1e15 },    { "E", 1e18 },    { "Ki", 1024.0 }, { "Mi", 1048576.0 },
    { "Gi", 0x1p30 }, { "Ti", 0x1p40 }, { "Pi", 0x1p50 }, { "Ei", 0x1p60 },
};

int quantity_parse(const char *text, double *out)
{
    /* Hexadecimal, infinity and the like are strtod's, not Kubernetes'. */
    size_t digits = text ? strspn(text, "+-.0123456789") : 0;
    if (digits == 0 || digits > 40)
        return -1;
    bool exponent = (text[digits] == 'e' || text[digits] == 'E') && text[digits + 1] != '\0' && text[digits + 1] != 'i';
    char number[64];
    size_t size = exponent ? strlen(text) : digits;
    if (size >= sizeof number)
        return -1;
    memcpy(number, text, size);
    number[size] = '\0';
    char *end;
    double value = strtod(number, &end);
    if (*end || !isfinite(value))
        return -1;
    for (size_t i = 0; i < COUNT(units); i++)
        if (strcmp(units[i].suffix, text + size) == 0) {
            *out = value * units[i].factor;
            return 0;
        }
    return -1;
}

double quantity_of(const json *v, double absent)
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

const char *quantity_text(struct arena *a, const char *resource, double value)
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
