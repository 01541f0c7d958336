#include "central/manager/link_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct link_limits limits = { .degraded_after_ms = 35000, .offline_after_ms = 60000 };
#define HEARD 1000000

static void silence_makes_an_agent_degraded_and_then_offline(void **state)
{
    (void)state;
    static const struct {
        int64_t silent_ms;
        enum link link;
    } rows[] = {
        { 0, LINK_ONLINE },       { 34999, LINK_ONLINE },   { 35000, LINK_DEGRADED }, { 59999, LINK_DEGRADED },
        { 60000, LINK_OFFLINE },  { 86400000, LINK_OFFLINE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(link_state(HEARD, HEARD + rows[i].silent_ms, &limits), rows[i].link);
}

static void who_was_never_heard_is_offline_whatever_the_clock_says(void **state)
{
    (void)state;
    assert_int_equal(link_state(LINK_NEVER, 0, &limits), LINK_OFFLINE);
    assert_int_equal(link_state(LINK_NEVER, INT64_MAX, &limits), LINK_OFFLINE);
}

static void each_state_has_the_word_of_the_interface(void **state)
{
    (void)state;
    assert_string_equal(link_name(LINK_ONLINE), "online");
    assert_string_equal(link_name(LINK_DEGRADED), "degraded");
    assert_string_equal(link_name(LINK_OFFLINE), "offline");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_makes_an_agent_degraded_and_then_offline),
        cmocka_unit_test(who_was_never_heard_is_offline_whatever_the_clock_says),
        cmocka_unit_test(each_state_has_the_word_of_the_interface),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
