#include "ctl/when.h"

#include <time.h>

static bool read_time(const json *object, const char *field, int64_t *ms)
{
    const char *text = json_get_str(object, field);
    return text && clock_parse(text, ms) == 0;
}

void when_age(const json *object, const char *field, int64_t now_ms, char out[WHEN_SIZE])
{
    int64_t at;
    out[0] = '\0';
    if (!read_time(object, field, &at))
        return;
    char text[CLOCK_TEXT_SIZE];
    clock_format_age(now_ms > at ? now_ms - at : 0, text);
    (void)str_copy(out, WHEN_SIZE, text);
}

void when_clock(const json *object, const char *field, int64_t now_ms, char out[WHEN_SIZE])
{
    int64_t at;
    struct tm then, today;
    out[0] = '\0';
    if (!read_time(object, field, &at))
        return;
    time_t seconds = (time_t)(at / 1000), now = (time_t)(now_ms / 1000);
    if (!localtime_r(&seconds, &then) || !localtime_r(&now, &today))
        return;
    bool same_day = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
    (void)strftime(out, WHEN_SIZE, same_day ? "%H:%M:%S" : then.tm_year == today.tm_year ? "%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then);
}

void when_zone(int64_t at_ms, char out[WHEN_SIZE])
{
    struct tm tm;
    time_t seconds = (time_t)(at_ms / 1000);
    long minutes = localtime_r(&seconds, &tm) ? tm.tm_gmtoff / 60 : 0, size = minutes < 0 ? -minutes : minutes;
    (void)snprintf(out, WHEN_SIZE, minutes ? "UTC%c%02ld:%02ld" : "UTC", minutes < 0 ? '-' : '+', size / 60, size % 60);
}
