/* One line for a server that goes, one for a server that comes back. */
#include "agent/reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_server_that_goes_is_told_once_and_so_is_its_return(void **state)
{
    (void)state;
    struct reach r = { 0 };
    assert_int_equal(reach_look(&r, 10, 10, 1000), REACH_GONE);
    for (int64_t now = 2000; now < 120000; now += 1000)
        assert_int_equal(reach_look(&r, 9, 10, now), REACH_NOTHING);
    assert_int_equal(reach_look(&r, 4, 10, 120000), REACH_BACK);
    assert_int_equal(reach_look(&r, 0, 10, 121000), REACH_NOTHING);
    assert_int_equal(r.times, 1);
}

static void the_failure_of_a_few_kinds_is_theirs(void **state)
{
    (void)state;
    struct reach r = { 0 };
    assert_int_equal(reach_look(&r, 0, 10, 1000), REACH_NOTHING);
    assert_int_equal(reach_look(&r, 4, 10, 2000), REACH_EACH);
    assert_int_equal(r.times, 0);
    assert_int_equal(reach_look(&r, 5, 10, 3000), REACH_GONE);
}

static void a_server_that_comes_and_goes_is_told_no_more_than_once_in_ten_seconds_and_counted_each_time(void **state)
{
    (void)state;
    struct reach r = { 0 };
    int told = 0;
    for (int64_t now = 1000; now < 61000; now += 2000) {
        told += reach_look(&r, 10, 10, now) == REACH_GONE;
        (void)reach_look(&r, 0, 10, now + 1000);
    }
    assert_int_equal(told, 6);
    assert_int_equal(r.times, 30);
}

static void a_return_is_not_told_when_its_going_was_not(void **state)
{
    (void)state;
    struct reach r = { 0 };
    assert_int_equal(reach_look(&r, 10, 10, 1000), REACH_GONE);
    assert_int_equal(reach_look(&r, 0, 10, 2000), REACH_BACK);
    assert_int_equal(reach_look(&r, 10, 10, 3000), REACH_NOTHING);
    assert_int_equal(reach_look(&r, 0, 10, 4000), REACH_NOTHING);
    assert_int_equal(reach_look(&r, 10, 10, 5000), REACH_NOTHING);
    assert_int_equal(reach_look(&r, 10, 10, 11500), REACH_GONE);    /* away for longer */
    assert_int_equal(reach_look(&r, 0, 10, 12000), REACH_BACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_goes_is_told_once_and_so_is_its_return),
        cmocka_unit_test(the_failure_of_a_few_kinds_is_theirs),
        cmocka_unit_test(a_server_that_comes_and_goes_is_told_no_more_than_once_in_ten_seconds_and_counted_each_time),
        cmocka_unit_test(a_return_is_not_told_when_its_going_was_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
