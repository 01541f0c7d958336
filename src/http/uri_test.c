#include "http/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static struct uri parsed;
static struct arena arena;
static struct err error;

static int parse(const char *target)
{
    return uri_parse(&parsed, target, &arena, &error);
}

static int clear(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static const char *query(const char *name)
{
    for (size_t i = 0; i < parsed.n_query; i++)
        if (str_eq(parsed.query[i].name, name))
            return parsed.query[i].value;
    return NULL;
}

static void path_and_query_are_split_and_decoded(void **state)
{
    (void)state;
    assert_int_equal(parse("/a%20b/c+d?q=x+y%3D&empty=&flag&&z=%E4%B8%AD"), 0);
    assert_string_equal(parsed.path, "/a b/c+d");
    assert_string_equal(parsed.raw_path, "/a%20b/c+d");
    assert_string_equal(query("q"), "x y=");
    assert_string_equal(query("empty"), "");
    assert_string_equal(query("flag"), "");
    assert_string_equal(query("z"), "中");
    assert_null(query("absent"));
    assert_int_equal(parsed.n_query, 4);
}

static void what_a_proxy_might_read_differently_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "*",    "",     "http://host/path", "host:443", "/a#b",     "/a?b#c", "/%",      "/%2",
        "/%zz", "/%00", "/a%0d%0ab",        "/a%7f",    "/a?x=%00", "/a?%=1", "/a?x=%f",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (parse(bad[i]) == 0)
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(error.kind, ERR_INVALID);
    }
}

static void a_line_break_may_stand_in_a_query(void **state)
{
    (void)state;
    assert_int_equal(parse("/search?q=two%0Alines"), 0);
    assert_string_equal(query("q"), "two\nlines");
}

static void the_number_of_parameters_is_bounded(void **state)
{
    (void)state;
    AUTO_BUF struct buf target = { 0 };
    buf_str(&target, "/?");
    for (int i = 0; i < URI_QUERY_MAX; i++)
        buf_printf(&target, "p%d=1&", i);
    assert_int_equal(parse(buf_text(&target)), 0);
    assert_int_equal(parsed.n_query, URI_QUERY_MAX);
    buf_str(&target, "one_more=1");
    assert_int_equal(parse(buf_text(&target)), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(path_and_query_are_split_and_decoded, clear),
        cmocka_unit_test_teardown(what_a_proxy_might_read_differently_is_refused, clear),
        cmocka_unit_test_teardown(a_line_break_may_stand_in_a_query, clear),
        cmocka_unit_test_teardown(the_number_of_parameters_is_bounded, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
