#include "base/quantity.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const struct suffix {
    const char *text;
    double factor;
} suffixes[] = {
    { "", 1 },
    { "n", 1e-9 },
    { "u", 1e-6 },
    { "m", 1e-3 },
    { "k", 1e3 },
    { "M", 1e6 },
    { "G", 1e9 },
    { "T", 1e12 },
    { "P", 1e15 },
    { "E", 1e18 },
    { "Ki", 1024.0 },
    { "Mi", 1024.0 * 1024 },
    { "Gi", 1024.0 * 1024 * 1024 },
    { "Ti", 1024.0 * 1024 * 1024 * 1024 },
    { "Pi", 1024.0 * 1024 * 1024 * 1024 * 1024 },
    { "Ei", 1024.0 * 1024 * 1024 * 1024 * 1024 * 1024 },
};

/* Digits with at most one point, by hand: strtod also reads hexadecimal, "nan" and the locale's comma. */
static const char *read_number(const char *text, double *out)
{
    double value = 0, place = 1;
    bool point = false, any = false;
    const char *c = text + (*text == '-' || *text == '+');
    for (; (*c >= '0' && *c <= '9') || (*c == '.' && !point); c++) {
        if (*c == '.') {
            point = true;
            continue;
        }
        any = true;
        value = value * 10 + (*c - '0');
        place *= point ? 10 : 1;
    }
    *out = (*text == '-' ? -value : value) / place;
    return any ? c : NULL;
}

/* "e3", "E-2": a decimal exponent instead of a suffix. */
static int read_exponent(const char *text, double *factor)
{
    const char *digits = text + 1 + (text[1] == '-' || text[1] == '+');
    size_t count = strspn(digits, "0123456789");
    if (!count || count > 2 || digits[count])
        return -1;
    int exponent = atoi(digits);
    *factor = 1;
    for (int i = 0; i < exponent; i++)
        *factor *= 10;
    if (text[1] == '-')
        *factor = 1 / *factor;
    return 0;
}

int quantity_parse(const char *text, double *out)
{
    if (!text || strlen(text) > 64)
        return -1;
    double number, factor;
    const char *rest = read_number(text, &number);
    if (!rest)
        return -1;
    if ((*rest == 'e' || *rest == 'E') && rest[1] && rest[1] != 'i') {
        if (read_exponent(rest, &factor))
            return -1;
        *out = number * factor;
        return 0;
    }
    for (size_t i = 0; i < COUNT(suffixes); i++) {
        if (strcmp(rest, suffixes[i].text))
            continue;
        *out = number * suffixes[i].factor;
        return 0;
    }
    return -1;
}
