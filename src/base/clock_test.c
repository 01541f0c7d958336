#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/str.h"

static void clocks_go_forward(void **state)
{
    (void)state;
    int64_t us = clock_mono_us(), ms = clock_mono_ms();
    assert_true(ms >= us / 1000);
    assert_true(clock_mono_us() >= us);
    assert_true(clock_wall_ms() > INT64_C(1700000000000));
}

static void formatting_agrees_with_the_c_library_in_every_year(void **state)
{
    (void)state;
    uint64_t dice = 1;
    for (int64_t ms = INT64_C(-62135596800000); ms < INT64_C(253402300800000);
         ms += INT64_C(86400000) * 97 + INT64_C(12345678)) {
        time_t seconds = (time_t)((ms - ((ms % 1000) + 1000) % 1000) / 1000);
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        char wanted[64], text[CLOCK_TEXT_SIZE];
        snprintf(wanted, sizeof wanted, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(((ms % 1000) + 1000) % 1000));
        clock_format(ms, text);
        assert_string_equal(text, wanted);
        int64_t back;
        assert_int_equal(clock_parse(text, &back), 0);
        assert_int_equal(back, ms);
        ms += (int64_t)(clock_roll(&dice) % 1000);
    }
}

static void years_are_clamped(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_SIZE];
    clock_format(INT64_MIN, text);
    assert_string_equal(text, "0001-01-01T00:00:00.000Z");
    clock_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    clock_format(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    clock_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

/* 2 letters x 8 fractions x 6 zones: each spelling of one moment means that moment. */
static void every_spelling_of_a_moment_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int ms;
    } fractions[] = { { "", 0 },       { ".0", 0 },        { ".5", 500 },         { ".05", 50 },
                      { ".678", 678 }, { ".678901", 678 }, { ".999999999", 999 }, { ".000999999999999999999999", 0 } };
    static const struct {
        const char *text;
        int minutes;
    } zones[] = { { "Z", 0 }, { "z", 0 }, { "+00:00", 0 }, { "-00:00", 0 }, { "+08:00", 480 }, { "-05:30", -330 } };
    int tried = 0;
    for (size_t t = 0; t < 2; t++)
        for (size_t f = 0; f < COUNT(fractions); f++)
            for (size_t z = 0; z < COUNT(zones); z++, tried++) {
                char text[96];
                snprintf(text, sizeof text, "2024-02-29%c23:59:07%s%s", "Tt"[t], fractions[f].text, zones[z].text);
                int64_t ms = -1;
                assert_int_equal(clock_parse(text, &ms), 0);
                assert_int_equal(ms, INT64_C(1709251147000) + fractions[f].ms - zones[z].minutes * 60000);
            }
    assert_int_equal(tried, 96);
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-01-02 03:04:05Z",
        "2026-01-02T03:04Z",
        "2026-1-02T03:04:05Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00,5Z",
        "2026-01-01T00:00:00+0800",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+08:60",
        "2026-01-01T00:00:00+08",
        "2026-01-01T00:00:00ZZ",
        "2026-01-01T00:00:00Z ",
        " 2026-01-01T00:00:00Z",
        "+2026-01-01T00:00:00Z",
        "-026-01-01T00:00:00Z",
        "20260-01-01T00:00:00Z",
        "null",
        "1735689600",
        "2026-01-01T00:00:00.5",
        "2026-01-01T-1:00:00Z",
        "2026/01/01T00:00:00Z",
        "2026-01-01T00:00:00\u221208:00",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ms = 42;
        assert_int_equal(clock_parse(bad[i], &ms), -1);
        assert_int_equal(ms, 42);
    }
    int64_t ms;
    assert_int_equal(clock_parse(NULL, &ms), -1);
}

static void a_leap_second_is_the_last_moment_of_its_day(void **state)
{
    (void)state;
    int64_t utc, pacific;
    assert_int_equal(clock_parse("1990-12-31T23:59:60Z", &utc), 0);
    assert_int_equal(utc, INT64_C(662688000000) - 1);
    assert_int_equal(clock_parse("1990-12-31T15:59:60.250-08:00", &pacific), 0);
    assert_int_equal(pacific, utc);
}

static void kubernetes_own_forms_are_read(void **state)
{
    (void)state;
    int64_t ms;
    assert_int_equal(clock_parse("2026-01-02T03:04:05.678901Z", &ms), 0); /* MicroTime */
    assert_int_equal(ms, INT64_C(1767323045678));
    assert_int_equal(clock_parse("0001-01-01T00:00:00Z", &ms), 0); /* Go's zero time */
    assert_int_equal(ms, INT64_C(-62135596800000));
}

static void durations_are_go_s(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        { "0", 0 },
        { "+0", 0 },
        { "-0", 0 },
        { "30s", 30000 },
        { "1.5s", 1500 },
        { "2m30s", 150000 },
        { "100ms", 100 },
        { "1h", 3600000 },
        { "1h1h", 7200000 },
        { ".5s", 500 },
        { "1.s", 1000 },
        { "999us", 0 },
        { "1500us", 1 },
        { "1500\xc2\xb5s", 1 },
        { "1500\xce\xbcs", 1 },
        { "2000000ns", 2 },
        { "0.9999ms", 0 },
        { "-1.5s", -1500 },
        { "-1us", -1 },
        { "+5s", 5000 },
        { "1h2m3s4ms", 3723004 },
        { "0.1s", 100 },
        { "0.3333333333333333333333h", 1199999 },
        { "9223372036s", 9223372036000 },
        { "0.000000000000000000001s", 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = -77;
        assert_int_equal(clock_parse_duration(rows[i].text, &ms), 0);
        assert_int_equal(ms, rows[i].ms);
    }
    static const char *const bad[] = { "",
                                       "-",
                                       "5",
                                       "s",
                                       ".s",
                                       ".",
                                       "1 s",
                                       "1s ",
                                       "1S",
                                       "1d",
                                       "1x",
                                       "1.2.3s",
                                       "--1s",
                                       "1e3s",
                                       "00",
                                       "9223372037s",
                                       "99999999999999999999s",
                                       "2562048h",
                                       "1s-1s",
                                       "0x10s",
                                       "1\xc2s" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ms = 42;
        assert_int_equal(clock_parse_duration(bad[i], &ms), -1);
        assert_int_equal(ms, 42);
    }
    int64_t ms;
    assert_int_equal(clock_parse_duration(NULL, &ms), -1);
}

static void durations_are_written_short_and_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        { 0, "0s" },         { 1, "1ms" },         { 250, "250ms" },      { 1000, "1s" },      { 1500, "1.5s" },
        { 1001, "1.001s" },  { 30000, "30s" },     { 60000, "1m" },       { 150000, "2m30s" }, { 3600000, "1h" },
        { 3605000, "1h5s" }, { 61010, "1m1.01s" }, { 3600500, "1h0.5s" }, { -1500, "-1.5s" },  { -1, "-1ms" },
        { 36000000, "10h" }, { 10000, "10s" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[CLOCK_TEXT_SIZE];
        clock_format_duration(rows[i].ms, text);
        assert_string_equal(text, rows[i].text);
        int64_t back;
        assert_int_equal(clock_parse_duration(text, &back), 0);
        assert_int_equal(back, rows[i].ms);
    }
    char text[CLOCK_TEXT_SIZE];
    clock_format_duration(INT64_MIN, text);
    assert_string_equal(text, "-2562047788015h12m55.808s");
    clock_format_duration(INT64_MAX, text);
    assert_string_equal(text, "2562047788015h12m55.807s");
}

static void ages_are_for_people(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = { { -5, "0s" },
                 { 0, "0s" },
                 { 999, "0s" },
                 { 3999, "3s" },
                 { 59999, "59s" },
                 { 60000, "1m" },
                 { 3599999, "59m" },
                 { 3600000, "1h" },
                 { 86399999, "23h" },
                 { 86400000, "1d" },
                 { INT64_C(432000000), "5d" },
                 { INT64_MIN, "0s" },
                 { INT64_MAX, "106751991167d" } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[CLOCK_TEXT_SIZE];
        clock_format_age(rows[i].ms, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void failures_wait_longer_up_to_the_limit(void **state)
{
    (void)state;
    uint64_t dice = 42;
    for (int failures = 1; failures < 200; failures++) {
        int64_t step = failures < 7 ? INT64_C(800) << (failures - 1) : 30000;
        if (step > 30000)
            step = 30000;
        int64_t wait = clock_back_off_ms(failures, 800, 30000, &dice);
        assert_in_range(wait, step / 2, step);
    }
    assert_in_range(clock_back_off_ms(0, 800, 30000, &dice), 400, 800);
    assert_in_range(clock_back_off_ms(1, 9000, 1000, &dice), 500, 1000);
    assert_in_range(clock_back_off_ms(INT32_MAX, 1, INT64_MAX, &dice), INT64_MAX / 2, INT64_MAX);
    assert_int_equal(clock_back_off_ms(5, 0, 1000, &dice), 0);
}

static void jitter_reaches_both_ends(void **state)
{
    (void)state;
    uint64_t dice = 7;
    bool seen[6] = { false };
    for (int i = 0; i < 1000; i++)
        seen[clock_back_off_ms(1, 5, 5, &dice)] = true;
    assert_true(!seen[0] && !seen[1] && seen[2] && seen[3] && seen[4] && seen[5]);
}

static void dice_follow_their_seed(void **state)
{
    (void)state;
    uint64_t a = 0, b = 0;
    assert_true(clock_roll(&a) == UINT64_C(0xe220a8397b1dcdaf)); /* the published first value for seed 0 */
    clock_roll(&b);
    assert_true(clock_roll(&a) == clock_roll(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_go_forward),
        cmocka_unit_test(formatting_agrees_with_the_c_library_in_every_year),
        cmocka_unit_test(years_are_clamped),
        cmocka_unit_test(every_spelling_of_a_moment_is_understood),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(a_leap_second_is_the_last_moment_of_its_day),
        cmocka_unit_test(kubernetes_own_forms_are_read),
        cmocka_unit_test(durations_are_go_s),
        cmocka_unit_test(durations_are_written_short_and_exact),
        cmocka_unit_test(ages_are_for_people),
        cmocka_unit_test(failures_wait_longer_up_to_the_limit),
        cmocka_unit_test(jitter_reaches_both_ends),
        cmocka_unit_test(dice_follow_their_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
