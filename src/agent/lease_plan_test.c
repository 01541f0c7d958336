/* Who works: every way in which a lease changes hands, with a moved clock. */
#include "agent/lease_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/str.h"

#define DURATION 15000
#define TERM     12000    /* what a holder trusts itself for */
#define RETRY    3000

static struct lease_record record(const char *holder, const char *version, int64_t transitions)
{
    struct lease_record r = { .duration_ms = DURATION, .transitions = transitions };
    (void)str_copy(r.holder, sizeof r.holder, holder);
    (void)str_copy(r.version, sizeof r.version, version);
    return r;
}

static void assert_todo(const struct lease_plan *p, int64_t now, enum lease_todo todo, int64_t until)
{
    int64_t found;
    assert_int_equal(lease_plan_todo(p, now, &found), todo);
    if (todo == LEASE_REST)
        assert_int_equal(found, until);
}

static void read_it(struct lease_plan *p, const char *holder, const char *version, int64_t now)
{
    struct lease_record r = record(holder, version, 4);
    lease_plan_sent(p, now);
    lease_plan_read(p, &r, now);
}

static void write_it(struct lease_plan *p, const char *version, int64_t now)
{
    struct lease_record r = record("a_1", version, 5);
    lease_plan_sent(p, now);
    lease_plan_written(p, &r, now);
}

static void the_first_agent_makes_the_lease_and_renews_it(void **state)
{
    (void)state;
    struct lease_plan p;
    lease_plan_init(&p, "a_1", DURATION, 1000);
    assert_int_equal(lease_plan_state(&p, 1000), LEASE_UNKNOWN);
    assert_todo(&p, 1000, LEASE_READ, 0);
    lease_plan_sent(&p, 1000);
    lease_plan_read(&p, NULL, 1010);
    assert_todo(&p, 1010, LEASE_MAKE, 0);
    assert_int_equal(lease_plan_transitions(&p), 0);
    write_it(&p, "10", 1020);
    assert_int_equal(lease_plan_state(&p, 1020), LEASE_HELD);
    assert_todo(&p, 1020, LEASE_REST, 1020 + RETRY);
    assert_todo(&p, 1020 + RETRY, LEASE_WRITE, 0);
    assert_int_equal(lease_plan_transitions(&p), 5);    /* a renewal is no new holder */
}

static void the_second_one_waits_until_the_lease_has_not_changed_for_its_whole_duration_by_its_own_clock(void **state)
{
    (void)state;
    struct lease_plan p;
    lease_plan_init(&p, "a_1", DURATION, 0);
    read_it(&p, "b_2", "10", 0);
    assert_int_equal(lease_plan_state(&p, 0), LEASE_STANDBY);
    assert_todo(&p, 0, LEASE_REST, RETRY);
    read_it(&p, "b_2", "11", 3000);    /* renewed: the wait begins anew */
    for (int64_t now = 6000; now < 18000; now += RETRY)
        read_it(&p, "b_2", "11", now);
    assert_int_equal(lease_plan_state(&p, 15000), LEASE_STANDBY);
    assert_todo(&p, 15000, LEASE_REST, 18000);
    read_it(&p, "b_2", "11", 17999);
    assert_int_equal(lease_plan_state(&p, 17999), LEASE_STANDBY);
    assert_todo(&p, 17999, LEASE_REST, 18000);    /* not a retry later */
    read_it(&p, "b_2", "11", 18000);
    assert_todo(&p, 18000, LEASE_WRITE, 0);
    assert_int_equal(lease_plan_transitions(&p), 5);
    assert_int_equal(lease_plan_state(&p, 18000), LEASE_STANDBY);    /* until it is written */
    write_it(&p, "12", 18010);
    assert_int_equal(lease_plan_state(&p, 18010), LEASE_HELD);
}

static void a_longer_duration_of_the_holder_counts(void **state)
{
    (void)state;
    struct lease_plan p;
    struct lease_record r = record("b_2", "10", 0);
    r.duration_ms = 60000;
    lease_plan_init(&p, "a_1", DURATION, 0);
    lease_plan_read(&p, &r, 0);
    lease_plan_read(&p, &r, 59000);
    assert_todo(&p, 59000, LEASE_REST, 60000);
    lease_plan_read(&p, &r, 60000);
    assert_todo(&p, 60000, LEASE_WRITE, 0);
}

/* A request that was not answered in its time. */
static void be_silent(struct lease_plan *p, int64_t now)
{
    lease_plan_sent(p, now - RETRY);
    lease_plan_silence(p, now);
}

static void a_lease_that_was_given_back_or_is_ones_own_is_taken_at_once(void **state)
{
    (void)state;
    static const char *const holders[] = { "", "a_1" };
    for (size_t i = 0; i < COUNT(holders); i++) {
        struct lease_plan p;
        lease_plan_init(&p, "a_1", DURATION, 0);
        read_it(&p, holders[i], "10", 5);
        assert_todo(&p, 5, LEASE_WRITE, 0);
        assert_int_equal(lease_plan_transitions(&p), holders[i][0] ? 4 : 5);
    }
}

static void a_holder_that_wakes_after_its_term_does_nothing_before_it_has_asked(void **state)
{
    (void)state;
    struct lease_plan p;
    lease_plan_init(&p, "a_1", DURATION, 0);
    write_it(&p, "10", 1000);
    assert_int_equal(lease_plan_state(&p, 1000 + TERM - 1), LEASE_HELD);
    assert_int_equal(lease_plan_state(&p, 1000 + TERM), LEASE_UNKNOWN);
    assert_todo(&p, 60000, LEASE_WRITE, 0);
    lease_plan_sent(&p, 60000);
    lease_plan_conflict(&p, 60010);
    assert_int_equal(lease_plan_state(&p, 60010), LEASE_UNKNOWN);
    read_it(&p, "b_2", "20", 60100);
    assert_int_equal(lease_plan_state(&p, 60100), LEASE_STANDBY);
}

static void a_term_is_counted_from_before_the_request_was_sent(void **state)
{
    (void)state;
    struct lease_plan p;
    struct lease_record r = record("a_1", "10", 0);
    lease_plan_init(&p, "a_1", DURATION, 0);
    lease_plan_sent(&p, 1000);
    lease_plan_written(&p, &r, 40000);    /* stopped while the answer waited */
    assert_int_equal(lease_plan_state(&p, 40000), LEASE_UNKNOWN);
    assert_todo(&p, 40000, LEASE_WRITE, 0);
}

static void without_the_api_server_a_holder_goes_on_alone_and_one_that_stands_by_does_not(void **state)
{
    (void)state;
    struct lease_plan held, standby, fresh;
    lease_plan_init(&held, "a_1", DURATION, 0);
    write_it(&held, "10", 0);
    lease_plan_init(&standby, "a_1", DURATION, 0);
    read_it(&standby, "b_2", "10", 0);
    lease_plan_init(&fresh, "a_1", DURATION, 0);
    for (int64_t now = RETRY; now <= 60000; now += RETRY) {
        be_silent(&held, now);
        be_silent(&standby, now);
        be_silent(&fresh, now);
        assert_int_equal(lease_plan_state(&held, now), now < TERM ? LEASE_HELD : LEASE_ALONE);
        assert_int_equal(lease_plan_state(&standby, now), LEASE_STANDBY);
        assert_int_equal(lease_plan_state(&fresh, now), LEASE_ALONE);
    }
    assert_int_equal(lease_plan_state(&held, 60000 + TERM), LEASE_UNKNOWN);    /* stopped while alone: asks first, too */
    read_it(&held, "b_2", "11", 70000);
    assert_int_equal(lease_plan_state(&held, 70000), LEASE_STANDBY);
}

static void one_that_was_stopped_in_the_middle_of_a_request_does_not_take_that_for_silence(void **state)
{
    (void)state;
    struct lease_plan held, alone;
    lease_plan_init(&held, "a_1", DURATION, 0);
    write_it(&held, "10", 0);
    lease_plan_sent(&held, RETRY);
    lease_plan_silence(&held, RETRY + TERM);    /* its own time-out, seen when it wakes */
    assert_int_equal(lease_plan_state(&held, RETRY + TERM), LEASE_UNKNOWN);
    assert_todo(&held, RETRY + TERM, LEASE_READ, 0);
    be_silent(&held, 2 * RETRY + TERM);    /* asked again and not answered: nobody is there */
    assert_int_equal(lease_plan_state(&held, 2 * RETRY + TERM), LEASE_ALONE);
    lease_plan_init(&alone, "a_1", DURATION, 0);
    be_silent(&alone, RETRY);
    lease_plan_sent(&alone, 2 * RETRY);
    lease_plan_silence(&alone, 60000);
    assert_int_equal(lease_plan_state(&alone, 60000), LEASE_UNKNOWN);
}

static void a_renewal_that_was_carried_out_and_not_answered_is_found_by_reading(void **state)
{
    (void)state;
    struct lease_plan p;
    lease_plan_init(&p, "a_1", DURATION, 0);
    write_it(&p, "10", 0);
    be_silent(&p, 3000);
    assert_todo(&p, 6000, LEASE_WRITE, 0);
    lease_plan_conflict(&p, 6010);
    assert_todo(&p, 6100, LEASE_READ, 0);
    read_it(&p, "a_1", "11", 6100);
    assert_todo(&p, 6100, LEASE_WRITE, 0);
    assert_int_equal(lease_plan_state(&p, TERM), LEASE_UNKNOWN);    /* what was read extends no term */
    write_it(&p, "12", 6110);
    assert_int_equal(lease_plan_state(&p, TERM), LEASE_HELD);
}

static void without_the_right_it_works_without_a_lease_and_asks_again_later(void **state)
{
    (void)state;
    struct lease_plan p, standby;
    lease_plan_init(&p, "a_1", DURATION, 0);
    lease_plan_denied(&p, 10);
    assert_int_equal(lease_plan_state(&p, 1000000), LEASE_WITHOUT);
    assert_todo(&p, 10, LEASE_REST, 30010);
    assert_todo(&p, 30010, LEASE_READ, 0);
    lease_plan_init(&standby, "a_1", DURATION, 0);
    read_it(&standby, "b_2", "10", 0);
    lease_plan_denied(&standby, 10);
    assert_int_equal(lease_plan_state(&standby, 10), LEASE_STANDBY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_agent_makes_the_lease_and_renews_it),
        cmocka_unit_test(the_second_one_waits_until_the_lease_has_not_changed_for_its_whole_duration_by_its_own_clock),
        cmocka_unit_test(a_longer_duration_of_the_holder_counts),
        cmocka_unit_test(a_lease_that_was_given_back_or_is_ones_own_is_taken_at_once),
        cmocka_unit_test(a_holder_that_wakes_after_its_term_does_nothing_before_it_has_asked),
        cmocka_unit_test(a_term_is_counted_from_before_the_request_was_sent),
        cmocka_unit_test(without_the_api_server_a_holder_goes_on_alone_and_one_that_stands_by_does_not),
        cmocka_unit_test(one_that_was_stopped_in_the_middle_of_a_request_does_not_take_that_for_silence),
        cmocka_unit_test(a_renewal_that_was_carried_out_and_not_answered_is_found_by_reading),
        cmocka_unit_test(without_the_right_it_works_without_a_lease_and_asks_again_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
