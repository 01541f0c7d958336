#include "base/quantity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void quantities_are_read_in_every_notation(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        { "0", 0 },
        { "1", 1 },
        { "100m", 0.1 },
        { "1.5", 1.5 },
        { ".5", 0.5 },
        { "1.", 1 },
        { "128Mi", 134217728 },
        { "1Ki", 1024 },
        { "1k", 1000 },
        { "2Gi", 2147483648.0 },
        { "2e3", 2000 },
        { "2E3", 2000 },
        { "1E", 1e18 },
        { "1Ei", 1152921504606846976.0 },
        { "5e-1", 0.5 },
        { "250000n", 0.00025 },
        { "3u", 0.000003 },
        { "-1", -1 },
        { "+2", 2 },
        { "12E+2", 1200 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value;
        assert_int_equal(quantity_parse(cases[i].text, &value), 0);
        assert_true(fabs(value - cases[i].value) <= fabs(cases[i].value) * 1e-12);
    }
}

static void what_is_no_quantity_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",    " 1", "1 ",    "m",   "1x",  "1.2.3", "0x10", "nan",
                                       "inf", "1e", "1e999", "--1", "1mm", "1KI",   "1e1i" };
    double value;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(quantity_parse(bad[i], &value), -1);
    assert_int_equal(quantity_parse(NULL, &value), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_are_read_in_every_notation),
        cmocka_unit_test(what_is_no_quantity_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
