#include "central/params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/event.h"

#define NOW INT64_C(1767323045678)

static struct json_doc *parse(const char *text)
{
    struct err e;
    struct json_doc *doc = json_parse(text, strlen(text), &json_wire_limits, &e);
    assert_non_null(doc);
    return doc;
}

static int64_t time_of(const char *text, struct err *e)
{
    AUTO_JSON struct json_doc *doc = parse(text);
    int64_t out;
    return params_time(json_root(doc), "since", 7, NOW, &out, e) ? -1 : out;
}

static void a_time_is_written_in_four_ways(void **state)
{
    (void)state;
    struct err e;
    assert_int_equal(time_of("{\"since\":\"2026-01-02T03:04:05.678Z\"}", &e), NOW);
    assert_int_equal(time_of("{\"since\":\"1767323045678\"}", &e), NOW);
    assert_int_equal(time_of("{\"since\":1767323045678}", &e), NOW);
    assert_int_equal(time_of("{\"since\":\"15m\"}", &e), NOW - 900000);
    assert_int_equal(time_of("{\"since\":\"\"}", &e), 7);
    assert_int_equal(time_of("{}", &e), 7);
}

static void what_is_no_time_is_refused_with_the_way_to_write_it(void **state)
{
    (void)state;
    struct err e;
    static const char *const bad[] = { "{\"since\":\"yesterday\"}", "{\"since\":\"-5\"}", "{\"since\":\"2026-13-01T00:00:00Z\"}", "{\"since\":-1}" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(time_of(bad[i], &e), -1);
        assert_non_null(strstr(e.text, "since"));
    }
}

static void severities_are_several_with_commas(void **state)
{
    (void)state;
    struct err e;
    unsigned bits;
    AUTO_JSON struct json_doc *good = parse("{\"one\":\"high\",\"two\":\"high,info\",\"none\":\"\",\"odd\":\"high,loud\"}");
    assert_int_equal(params_severities(json_root(good), "one", &bits, &e), 0);
    assert_int_equal(bits, 1u << SEVERITY_HIGH);
    assert_int_equal(params_severities(json_root(good), "two", &bits, &e), 0);
    assert_int_equal(bits, 1u << SEVERITY_HIGH | 1u << SEVERITY_INFO);
    assert_int_equal(params_severities(json_root(good), "none", &bits, &e), 0);
    assert_int_equal(bits, 0);
    assert_int_equal(params_severities(json_root(good), "odd", &bits, &e), -1);
    assert_non_null(strstr(e.text, "loud"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_written_in_four_ways),
        cmocka_unit_test(what_is_no_time_is_refused_with_the_way_to_write_it),
        cmocka_unit_test(severities_are_several_with_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
