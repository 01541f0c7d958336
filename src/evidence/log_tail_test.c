#include "evidence/log_tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_tail(const char *text, size_t lines, size_t bytes, const char *expected, bool expected_cut)
{
    AUTO_BUF struct buf out = { 0 };
    bool cut = log_tail(&out, text, strlen(text), lines, bytes);
    assert_string_equal(buf_text(&out), expected);
    assert_int_equal(cut, expected_cut);
}

static void a_short_log_stays_as_it_is(void **state)
{
    (void)state;
    assert_tail("one\ntwo\n", 10, 100, "one\ntwo\n", false);
    assert_tail("one\n\ntwo", 10, 100, "one\n\ntwo\n", false);
    assert_tail("", 10, 100, "", false);
    assert_tail("\n", 10, 100, "\n", false);
}

static void the_last_lines_stay(void **state)
{
    (void)state;
    assert_tail("one\ntwo\nthree\n", 2, 100, "two\nthree\n", true);
    assert_tail("one\ntwo\nthree\n", 3, 100, "one\ntwo\nthree\n", false);
    assert_tail("one\n", 0, 100, "", true);
}

static void errors_stay_when_not_all_can(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = { 0 };
    for (int i = 0; i < 200; i++)
        buf_printf(&text, i == 10 ? "FATAL cannot connect to the database %d\n" : "INFO request served %d\n", i);
    AUTO_BUF struct buf out = { 0 };
    assert_true(log_tail(&out, buf_text(&text), text.size, 200, 1000));
    assert_true(out.size <= 1000);
    assert_non_null(strstr(buf_text(&out), "FATAL cannot connect to the database 10\n"));
    assert_non_null(strstr(buf_text(&out), "INFO request served 199\n"));
    assert_null(strstr(buf_text(&out), "INFO request served 11\n"));
    assert_true(strstr(buf_text(&out), "FATAL") < strstr(buf_text(&out), "served 199")); /* in their order */
}

static void a_line_without_end_is_cut_at_a_character(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = { 0 };
    buf_str(&text, "x");
    for (int i = 0; i < 5000; i++)
        buf_str(&text, "\xc3\xa9");
    AUTO_BUF struct buf out = { 0 };
    assert_true(log_tail(&out, buf_text(&text), text.size, 10, 100000));
    assert_int_equal(out.size, LOG_TAIL_LINE_MAX); /* one byte less for the character, one more for the line's end */
    assert_int_equal((unsigned char)out.data[out.size - 2], 0xa9);
}

static void errors_are_known_in_the_words_of_many_runtimes(void **state)
{
    (void)state;
    static const char *const errors[] = {
        "ERROR x",
        "panic: runtime error",
        "Traceback (most recent call last):",
        "java.lang.NullPointerException",
        "Killed",
        "OOMKilled",
        "bash: reporter: not found",
        "connection refused",
        "x509: certificate has expired",
        "Segmentation fault (core dumped)",
        "open /x: permission denied",
    };
    static const char *const others[] = { "INFO started", "GET /healthz 200", "", "ok" };
    for (size_t i = 0; i < COUNT(errors); i++)
        assert_true(log_tail_is_error(errors[i], strlen(errors[i])));
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(log_tail_is_error(others[i], strlen(others[i])));
}

static void every_cut_of_a_log_is_read_within_its_bounds(void **state)
{
    (void)state;
    static const char text[] = "a\n\nERROR b\n\r\nlast one\n";
    for (size_t size = 0; size < sizeof text; size++)
        for (size_t lines = 0; lines < 6; lines++)
            for (size_t bytes = 0; bytes < 30; bytes += 5) {
                char *copy = malloc(size ? size : 1);
                memcpy(copy, text, size);
                AUTO_BUF struct buf out = { 0 };
                log_tail(&out, copy, size, lines, bytes);
                assert_true(out.size <= bytes);
                free(copy);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_log_stays_as_it_is),
        cmocka_unit_test(the_last_lines_stay),
        cmocka_unit_test(errors_stay_when_not_all_can),
        cmocka_unit_test(a_line_without_end_is_cut_at_a_character),
        cmocka_unit_test(errors_are_known_in_the_words_of_many_runtimes),
        cmocka_unit_test(every_cut_of_a_log_is_read_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
