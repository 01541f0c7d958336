#include "sim/phrase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;
static struct phrase p;

static int clear(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static bool match(const char *text, const char *pattern)
{
    return phrase_match(text, pattern, &p, &arena);
}

static void words_and_places_match_as_a_whole(void **state)
{
    (void)state;
    assert_true(match("crashes with exit 3 after 1.5s saying \"two, \\\"quoted\\\"\\nlines\"",
                      "crashes with exit {number} after {time} saying {text}"));
    assert_int_equal(p.number[0], 3);
    assert_int_equal(p.number[1], 1500);
    assert_string_equal(p.text[2], "two, \"quoted\"\nlines");
    assert_false(match("crashes with exit 3", "crashes with exit {number} after {time}"));
    assert_false(match("crashes with exit 3 after 1s", "crashes with exit {number}"));
    assert_false(match("crashes with exit three", "crashes with exit {number}"));
    assert_false(match("crash with exit 3", "crashes with exit {number}"));
    assert_false(match("\"healthy\"", "healthy")); /* a quoted word is a text */
}

static void amounts_are_read_with_their_units(void **state)
{
    (void)state;
    assert_true(match("64Mi", "{bytes}"));
    assert_int_equal(p.number[0], 64 << 20);
    assert_true(match("512", "{bytes}"));
    assert_int_equal(p.number[0], 512);
    assert_true(match("2", "{cpu}"));
    assert_int_equal(p.number[0], 2000);
    assert_true(match("250m", "{cpu}"));
    assert_int_equal(p.number[0], 250);
    assert_true(match("pool=batch", "{pair}"));
    assert_string_equal(p.text[0], "pool");
    assert_string_equal(p.value[0], "batch");
    static const char *const bad[][2] = {
        { "64MB", "{bytes}" }, { "-1", "{number}" }, { "250x", "{cpu}" },  { "pool", "{pair}" },
        { "=x", "{pair}" },    { "soon", "{time}" }, { "1", "{unknown}" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(match(bad[i][0], bad[i][1]));
}

static void clauses_are_split_at_commas_outside_quotes(void **state)
{
    (void)state;
    const char *pieces[4];
    assert_int_equal(phrase_split(" 2 replicas, says \"a, \\\", b\",, and healthy ", pieces, 4, &arena), 3);
    assert_string_equal(pieces[0], "2 replicas");
    assert_string_equal(pieces[1], "says \"a, \\\", b\"");
    assert_string_equal(pieces[2], "healthy");
    assert_int_equal(phrase_split("a,b,c,d,e", pieces, 4, &arena), 4);
    assert_int_equal(phrase_split("", pieces, 4, &arena), 0);
}

static void broken_quotes_end_with_the_line(void **state)
{
    (void)state;
    assert_true(match("says \"open end", "says {text}"));
    assert_string_equal(p.text[0], "open end");
    assert_true(match("says \"back\\", "says {text}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(words_and_places_match_as_a_whole, clear),
        cmocka_unit_test_teardown(amounts_are_read_with_their_units, clear),
        cmocka_unit_test_teardown(clauses_are_split_at_commas_outside_quotes, clear),
        cmocka_unit_test_teardown(broken_quotes_end_with_the_line, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
