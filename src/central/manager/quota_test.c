#include "central/manager/quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_steady_sender_within_its_quota_is_never_told_anything(void **state)
{
    (void)state;
    struct quota q = { 0 };
    for (int64_t now = 1000000; now < 1060000; now += 100)
        assert_int_equal(quota_take(&q, 1000, 100, now), QUOTA_WELL);
}

static void a_burst_of_two_seconds_worth_passes(void **state)
{
    (void)state;
    struct quota q = { 0 };
    assert_int_equal(quota_take(&q, 1000, 2000, 1000000), QUOTA_WELL);
    assert_int_equal(quota_take(&q, 1000, 1, 1000000), QUOTA_SLOW);
}

static void the_pause_pays_the_debt(void **state)
{
    (void)state;
    struct quota q = { 0 };
    assert_int_equal(quota_take(&q, 1000, 3500, 1000000), QUOTA_SLOW);
    assert_int_equal(quota_pause_ms(&q, 1000), 1500);
    assert_int_equal(quota_take(&q, 1000, 1, 1001500), QUOTA_SLOW);    /* paid, but the next one is over again */
    assert_int_equal(quota_take(&q, 1000, 1, 1001600), QUOTA_WELL);
}

static void who_does_not_pause_is_refused_and_recovers(void **state)
{
    (void)state;
    struct quota q = { 0 };
    int64_t now = 1000000;
    int refused = 0, taken = 0;
    for (int i = 0; i < 1000; i++, now += 10)    /* ten seconds at ten times the quota */
        if (quota_take(&q, 1000, 100, now) == QUOTA_REFUSED)
            refused++;
        else
            taken++;
    assert_in_range(taken, 120, 150);            /* two depths at once, then what the quota pays */
    assert_int_equal(taken + refused, 1000);
    assert_int_equal(quota_take(&q, 1000, 100, now + 4000), QUOTA_WELL);
}

static void a_small_quota_takes_a_whole_message_all_the_same(void **state)
{
    (void)state;
    struct quota q = { 0 };
    assert_int_equal(quota_take(&q, 1, 512, 1000000), QUOTA_SLOW);
    assert_int_equal(quota_take(&q, 1, 512, 1000000), QUOTA_REFUSED);
    assert_int_equal(quota_take(&q, 1, 512, 1600000), QUOTA_SLOW);
}

static void a_quota_of_a_million_does_not_overflow(void **state)
{
    (void)state;
    struct quota q = { 0 };
    assert_int_equal(quota_take(&q, 1000000, 512, 1), QUOTA_WELL);
    assert_int_equal(quota_take(&q, 1000000, 512, INT64_C(4102444800000)), QUOTA_WELL);
    assert_true(q.used_micro >= 0);
}

static void the_rate_is_that_of_the_last_ten_seconds(void **state)
{
    (void)state;
    struct rate r = { 0 };
    int64_t now = 1000000;
    for (int i = 0; i < 30; i++, now += 1000)
        rate_add(&r, 50, now);
    assert_true(rate_now(&r, now) > 45 && rate_now(&r, now) < 55);
    assert_true(rate_now(&r, now + 5000) < 35);
    assert_true(rate_now(&r, now + 20000) < 0.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_sender_within_its_quota_is_never_told_anything),
        cmocka_unit_test(a_burst_of_two_seconds_worth_passes),
        cmocka_unit_test(the_pause_pays_the_debt),
        cmocka_unit_test(who_does_not_pause_is_refused_and_recovers),
        cmocka_unit_test(a_small_quota_takes_a_whole_message_all_the_same),
        cmocka_unit_test(a_quota_of_a_million_does_not_overflow),
        cmocka_unit_test(the_rate_is_that_of_the_last_ten_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
