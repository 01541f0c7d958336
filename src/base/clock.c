#include "base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_MS ((int64_t)1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    int rc = clock_gettime(id, &now);
    assert(rc == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_mono_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_boot_ms(void)
{
    return read_us(CLOCK_BOOTTIME) / 1000;
}

int64_t clock_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

/* --- the calendar ------------------------------------------------------------------------------------------------- */

/* Days from 1970-01-01 in the Gregorian calendar, without the C library's time zone and its lock.  A year is counted
 * from March, so that the leap day is its last: 153 days are in five months from March or August on, 146097 in 400
 * years. */
static int64_t days_of_date(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of_days(int64_t days, int *year, int *month, int *day)
{
    int64_t d = days + 719468;
    int64_t era = (d >= 0 ? d : d - 146096) / 146097;
    int64_t day_of_era = d - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t m = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

#define FIRST_MS INT64_C(-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define LAST_MS  INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* count digits of value and what follows them; returns what is behind. */
static char *write_digits(char *out, int value, int count, char behind)
{
    for (int i = count; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    out[count] = behind;
    return out + count + 1;
}

void clock_format(int64_t wall_ms, char out[CLOCK_TEXT_SIZE])
{
    if (wall_ms < FIRST_MS)
        wall_ms = FIRST_MS;
    if (wall_ms > LAST_MS)
        wall_ms = LAST_MS;
    int64_t rest = wall_ms % DAY_MS;
    if (rest < 0)
        rest += DAY_MS;
    int year, month, day;
    date_of_days((wall_ms - rest) / DAY_MS, &year, &month, &day);
    out = write_digits(out, year, 4, '-');
    out = write_digits(out, month, 2, '-');
    out = write_digits(out, day, 2, 'T');
    out = write_digits(out, (int)(rest / HOUR_MS), 2, ':');
    out = write_digits(out, (int)(rest / MINUTE_MS % 60), 2, ':');
    out = write_digits(out, (int)(rest / SECOND_MS % 60), 2, '.');
    out = write_digits(out, (int)(rest % SECOND_MS), 3, 'Z');
    *out = '\0';
}

/* Reads exactly count digits and moves *s behind them. */
static bool read_digits(const char **s, int count, int low, int high, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, (*s)++) {
        if (**s < '0' || **s > '9')
            return false;
        *value = *value * 10 + (**s - '0');
    }
    return *value >= low && *value <= high;
}

static bool read_char(const char **s, const char *one_of)
{
    if (**s == '\0' || !strchr(one_of, **s))
        return false;
    (*s)++;
    return true;
}

/* ".5" is 500; digits behind the third are read and dropped.  Without a fraction *ms is 0. */
static bool read_fraction(const char **s, int *ms)
{
    *ms = 0;
    if (!read_char(s, "."))
        return true;
    int scale = 100;
    const char *first = *s;
    for (; **s >= '0' && **s <= '9'; (*s)++, scale /= 10)
        *ms += scale * (**s - '0');
    return *s > first;
}

static bool read_offset(const char **s, int64_t *ms)
{
    *ms = 0;
    if (read_char(s, "Zz"))
        return true;
    bool west = **s == '-';
    int hours, minutes;
    if (!read_char(s, "+-") || !read_digits(s, 2, 0, 23, &hours) || !read_char(s, ":") ||
        !read_digits(s, 2, 0, 59, &minutes))
        return false;
    *ms = (hours * HOUR_MS + minutes * MINUTE_MS) * (west ? -1 : 1);
    return true;
}

int clock_parse(const char *text, int64_t *wall_ms)
{
    if (!text)
        return -1;
    const char *s = text;
    int year, month, day, hour, minute, second, ms;
    int64_t offset_ms;
    if (!read_digits(&s, 4, 0, 9999, &year) || !read_char(&s, "-") || !read_digits(&s, 2, 1, 12, &month) ||
        !read_char(&s, "-") || !read_digits(&s, 2, 1, days_in_month(year, month), &day) || !read_char(&s, "Tt"))
        return -1;
    if (!read_digits(&s, 2, 0, 23, &hour) || !read_char(&s, ":") || !read_digits(&s, 2, 0, 59, &minute) ||
        !read_char(&s, ":") || !read_digits(&s, 2, 0, 60, &second) || !read_fraction(&s, &ms) ||
        !read_offset(&s, &offset_ms) || *s)
        return -1;
    bool leap = second == 60;
    if (leap) {
        second = 59;
        ms = 999;
    }
    int64_t time = days_of_date(year, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS +
                   ms - offset_ms;
    /* Seconds are added at the end of a UTC day only. */
    if (leap && (time + 1) % DAY_MS != 0)
        return -1;
    *wall_ms = time;
    return 0;
}

/* --- durations ---------------------------------------------------------------------------------------------------- */

static const struct unit {
    const char *name;
    int64_t ns;
} units[] = {
    /* A name stands before those it begins. */
    { "ns", 1 },       { "us", 1000 },      { "\xc2\xb5s", 1000 }, { "\xce\xbcs", 1000 },
    { "ms", 1000000 }, { "s", 1000000000 }, { "m", 60000000000 },  { "h", 3600000000000 },
};

static const struct unit *read_unit(const char **s)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t size = strlen(units[i].name);
        if (strncmp(*s, units[i].name, size) == 0) {
            *s += size;
            return &units[i];
        }
    }
    return NULL;
}

/* One "1.5h".  False when it is none or larger than 292 years. */
static bool read_piece(const char **s, int64_t *ns)
{
    int64_t whole = 0, part = 0, scale = 1;
    bool digits = false;
    for (; **s >= '0' && **s <= '9'; (*s)++, digits = true)
        if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, **s - '0', &whole))
            return false;
    if (read_char(s, "."))
        for (; **s >= '0' && **s <= '9'; (*s)++, digits = true)
            if (scale < INT64_C(1000000000000000)) { /* beyond a millionth of a nanosecond nothing counts */
                part = part * 10 + (**s - '0');
                scale *= 10;
            }
    const struct unit *unit = digits ? read_unit(s) : NULL;
    if (!unit || __builtin_mul_overflow(whole, unit->ns, &whole))
        return false;
    int64_t part_ns = (int64_t)((__int128)part * unit->ns / scale);
    return !__builtin_add_overflow(whole, part_ns, ns);
}

int clock_parse_duration(const char *text, int64_t *ms)
{
    if (!text)
        return -1;
    const char *s = text;
    bool negative = *s == '-';
    read_char(&s, "+-");
    if (strcmp(s, "0") == 0) {
        *ms = 0;
        return 0;
    }
    int64_t sum = 0;
    do {
        int64_t ns;
        if (!read_piece(&s, &ns) || __builtin_add_overflow(sum, ns, &sum))
            return -1;
    } while (*s);
    *ms = negative ? -(sum / 1000000 + (sum % 1000000 != 0)) : sum / 1000000;
    return 0;
}

void clock_format_duration(int64_t ms, char out[CLOCK_TEXT_SIZE])
{
    uint64_t rest = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    size_t size = 0;
    if (ms < 0)
        out[size++] = '-';
    if (rest < (uint64_t)SECOND_MS) {
        snprintf(out + size, CLOCK_TEXT_SIZE - size, rest ? "%ums" : "%us", (unsigned)rest);
        return;
    }
    uint64_t hours = rest / HOUR_MS, minutes = rest / MINUTE_MS % 60;
    unsigned seconds = (unsigned)(rest / SECOND_MS % 60), part = (unsigned)(rest % SECOND_MS);
    if (hours)
        size += (size_t)snprintf(out + size, CLOCK_TEXT_SIZE - size, "%lluh", (unsigned long long)hours);
    if (minutes)
        size += (size_t)snprintf(out + size, CLOCK_TEXT_SIZE - size, "%um", (unsigned)minutes);
    if (!seconds && !part)
        return;
    size += (size_t)snprintf(out + size, CLOCK_TEXT_SIZE - size, part ? "%u.%03u" : "%u", seconds, part);
    while (part && out[size - 1] == '0')
        size--;
    out[size] = 's';
    out[size + 1] = '\0';
}

void clock_format_age(int64_t ms, char out[CLOCK_TEXT_SIZE])
{
    static const struct {
        int64_t ms;
        char letter;
    } steps[] = { { DAY_MS, 'd' }, { HOUR_MS, 'h' }, { MINUTE_MS, 'm' }, { SECOND_MS, 's' } };
    size_t i = 0;
    while (i < 3 && ms < steps[i].ms)
        i++;
    snprintf(out, CLOCK_TEXT_SIZE, "%lld%c", (long long)(ms > 0 ? ms / steps[i].ms : 0), steps[i].letter);
}

/* --- back-off ----------------------------------------------------------------------------------------------------- */

int64_t clock_back_off_ms(int failures, int64_t first_ms, int64_t most_ms, uint64_t *dice)
{
    assert(first_ms >= 0 && most_ms >= 0);
    int64_t step = first_ms;
    for (int i = 1; i < failures && step > 0 && step < most_ms; i++)
        step = step > most_ms / 2 ? most_ms : step * 2;
    if (step > most_ms)
        step = most_ms;
    int64_t half = step / 2;
    return half + (int64_t)(clock_roll(dice) % (uint64_t)(step - half + 1));
}

uint64_t clock_roll(uint64_t *dice)
{
    uint64_t z = (*dice += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
