#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void setting_fills_kind_and_text_and_returns_minus_one(void **state)
{
    (void)state;
    struct err e = { .sys = 7 };
    assert_int_equal(err_set(&e, ERR_INVALID, "line %d: %s", 3, "no such key"), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    assert_int_equal(e.sys, 0);
    assert_string_equal(e.text, "line 3: no such key");
}

static void nobody_needs_to_care(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, ERR_IO, "x"), -1);
    assert_int_equal(err_sys(NULL, ENOENT, "x"), -1);
    assert_int_equal(err_wrap(NULL, "x"), -1);
}

static void the_operating_systems_word_is_appended_and_sorted(void **state)
{
    (void)state;
    static const struct {
        int sys;
        enum err_kind kind;
    } rows[] = {
        { ENOENT, ERR_NOT_FOUND },    { EACCES, ERR_REFUSED },
        { ETIMEDOUT, ERR_TIMEOUT },   { ECONNREFUSED, ERR_UNAVAILABLE },
        { EADDRINUSE, ERR_CONFLICT }, { ENOSPC, ERR_IO },
        { EAGAIN, ERR_BUSY },         { EFBIG, ERR_TOO_LARGE },
        { 123456, ERR_IO },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = { 0 };
        assert_int_equal(err_sys(&e, rows[i].sys, "opening %s", "/etc/x"), -1);
        assert_int_equal(e.kind, rows[i].kind);
        assert_int_equal(e.sys, rows[i].sys);
        assert_non_null(strstr(e.text, strerror(rows[i].sys)));
        assert_memory_equal(e.text, "opening /etc/x: ", 16);
    }
}

static void context_grows_in_front_and_the_cause_stays(void **state)
{
    (void)state;
    struct err e = { 0 };
    err_sys(&e, ENOENT, "spool");
    assert_int_equal(err_wrap(&e, "opening %s", "a"), -1);
    assert_int_equal(err_wrap(&e, "starting"), -1);
    assert_string_equal(e.text, "starting: opening a: spool: No such file or directory");
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_int_equal(e.sys, ENOENT);
}

static void its_own_text_may_be_an_argument(void **state)
{
    (void)state;
    struct err e = { 0 };
    err_set(&e, ERR_IO, "inner");
    err_set(&e, ERR_BUSY, "outer (%s)", e.text);
    assert_string_equal(e.text, "outer (inner)");
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    char wide[1000] = "";
    for (size_t i = 0; i + 3 < sizeof wide; i += 3)
        memcpy(wide + i, "集", 4);
    for (int shift = 0; shift < 3; shift++) {
        struct err e = { 0 };
        err_set(&e, ERR_IO, "%.*s%s", shift, "abc", wide);
        size_t size = strlen(e.text);
        assert_true(size < sizeof e.text && size >= sizeof e.text - 3);
        assert_int_equal((size - (size_t)shift) % 3, 0);
        for (int i = 0; i < 5; i++)
            err_wrap(&e, "%s", wide);
        assert_int_equal(strlen(e.text) % 3, 0);
    }
}

static void foreign_control_characters_do_not_break_the_line(void **state)
{
    (void)state;
    struct err e = { 0 };
    err_set(&e, ERR_INVALID, "bad name %s", "a\n\x1b[31mb\r\x7f");
    assert_string_equal(e.text, "bad name a  [31mb  ");
}

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (int i = ERR_NONE; i <= ERR_INTERNAL; i++) {
        assert_non_null(err_kind_name((enum err_kind)i));
        assert_string_not_equal(err_kind_name((enum err_kind)i), "unknown");
    }
    assert_string_equal(err_kind_name(ERR_TOO_LARGE), "too-large");
    assert_string_equal(err_kind_name((enum err_kind)(ERR_INTERNAL + 1)), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_fills_kind_and_text_and_returns_minus_one),
        cmocka_unit_test(nobody_needs_to_care),
        cmocka_unit_test(the_operating_systems_word_is_appended_and_sorted),
        cmocka_unit_test(context_grows_in_front_and_the_cause_stays),
        cmocka_unit_test(its_own_text_may_be_an_argument),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(foreign_control_characters_do_not_break_the_line),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
