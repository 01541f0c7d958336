#include "central/params.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "wire/event.h"

const char *params_str(const json *params, const char *key)
{
    const char *text = json_get_str(params, key);
    return text && text[0] ? text : NULL;
}

static int parse_number(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno || end == text || *end ? -1 : 0;
}

int params_int(const json *params, const char *key, int64_t absent, int64_t min, int64_t max, int64_t *out, struct err *e)
{
    const char *text = params_str(params, key);
    *out = absent;
    if (text ? parse_number(text, out) : 0)
        return err_set(e, ERR_INVALID, "%s is no whole number: %.40s", key, text);
    if (!text && json_is_number(json_get(params, key)))
        *out = json_get_int(params, key, absent);
    else if (!text)
        return 0;
    if (*out < min || *out > max)
        return err_set(e, ERR_INVALID, "%s must be from %lld to %lld", key, (long long)min, (long long)max);
    return 0;
}

int params_severities(const json *params, const char *key, unsigned *bits, struct err *e)
{
    *bits = 0;
    for (const char *at = str_or_empty(params_str(params, key)); *at;) {
        size_t size = strcspn(at, ",");
        AUTO_FREE char *word = str_ndup(at, size);
        enum wire_severity severity = wire_severity_parse(word);
        if (severity == SEVERITY_UNKNOWN && !str_eq(word, "unknown"))
            return err_set(e, ERR_INVALID, "%s: there is no \"%.20s\"; critical, high, medium, low and info are", key, word);
        *bits |= 1u << severity;
        at += size + (at[size] == ',');
    }
    return 0;
}

int params_time(const json *params, const char *key, int64_t absent, int64_t now_ms, int64_t *out, struct err *e)
{
    const char *text = params_str(params, key);
    int64_t ms;
    *out = absent;
    if (!text)
        *out = json_get_int(params, key, absent);
    else if (clock_parse(text, &ms) == 0 || parse_number(text, &ms) == 0)
        *out = ms;
    else if (clock_parse_duration(text, &ms) == 0)
        *out = now_ms - ms;
    else
        return err_set(e, ERR_INVALID, "%s is no time: %.40s; write 2026-01-02T03:04:05Z, or 15m for the last quarter of an hour", key, text);
    return *out < 0 ? err_set(e, ERR_INVALID, "%s lies before 1970", key) : 0;
}
