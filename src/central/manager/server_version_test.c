#include "central/manager/server_version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/str.h"

static void versions_with_the_fixes_are_fine(void **state)
{
    (void)state;
    static const char *const fine[] = { "", "2.11.16", "2.11.20", "2.12.7", "2.12.11", "2.14.0", "2.14.0-RC.1", "2.15.3", "3.0.0" };
    for (size_t i = 0; i < COUNT(fine); i++)
        assert_null(server_version_warning(fine[i]));
}

static void older_ones_and_those_between_the_lines_are_warned_of(void **state)
{
    (void)state;
    static const char *const old[] = { "2.9.10", "2.10.27", "2.11.0", "2.11.15", "2.12.6", "2.13.5", "1.4.1", "0.0.0", "latest", "2.14" };
    for (size_t i = 0; i < COUNT(old); i++)
        assert_non_null(server_version_warning(old[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_with_the_fixes_are_fine),
        cmocka_unit_test(older_ones_and_those_between_the_lines_are_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
