#include "sim/agenda.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"

static char played[64];

static void play(void *arg)
{
    size_t size = strlen(played);
    played[size] = *(const char *)arg;
    played[size + 1] = '\0';
}

static char letters[] = "abcdef";

static void run_until(struct agenda *a, int64_t now_ms)
{
    for (struct task *t; (t = agenda_take(a, now_ms));)
        t->run(t->arg);
}

static void tasks_run_in_order_of_time_and_of_being_set(void **state)
{
    (void)state;
    struct agenda a = { 0 };
    struct task t[4] = { 0 };
    played[0] = '\0';
    agenda_set(&a, &t[0], 30, play, &letters[0]);
    agenda_set(&a, &t[1], 10, play, &letters[1]);
    agenda_set(&a, &t[2], 20, play, &letters[2]);
    agenda_set(&a, &t[3], 10, play, &letters[3]);
    assert_int_equal(agenda_next(&a), 10);
    run_until(&a, 20);
    assert_string_equal(played, "bdc");
    assert_int_equal(agenda_next(&a), 30);
    run_until(&a, 30);
    assert_string_equal(played, "bdca");
    assert_int_equal(agenda_next(&a), INT64_MAX);
    agenda_fini(&a);
}

static void a_task_set_anew_has_its_new_time_and_a_cleared_one_none(void **state)
{
    (void)state;
    struct agenda a = { 0 };
    struct task t[2] = { 0 };
    played[0] = '\0';
    agenda_set(&a, &t[0], 10, play, &letters[0]);
    agenda_set(&a, &t[0], 50, play, &letters[1]);
    agenda_set(&a, &t[1], 20, play, &letters[2]);
    agenda_clear(&a, &t[1]);
    agenda_clear(&a, &t[1]);
    run_until(&a, 49);
    assert_string_equal(played, "");
    run_until(&a, 50);
    assert_string_equal(played, "b");
    agenda_fini(&a);
}

static void a_held_task_runs_when_it_is_released(void **state)
{
    (void)state;
    struct agenda a = { 0 };
    struct task t[3] = { 0 };
    played[0] = '\0';
    for (int i = 0; i < 3; i++)
        agenda_set(&a, &t[i], 10 * i, play, &letters[i]);
    agenda_hold(&a, &t[0]);
    agenda_hold(&a, &t[2]);
    run_until(&a, 15);
    assert_string_equal(played, "b");
    agenda_release(&a, &t[0], 15);
    agenda_release(&a, &t[1], 15); /* was not held */
    agenda_release(&a, &t[2], 15);
    run_until(&a, 15);
    assert_string_equal(played, "ba");
    run_until(&a, 20);
    assert_string_equal(played, "bac");
    agenda_fini(&a);
}

#define MANY 500

static void many_tasks_set_and_cleared_by_chance_stay_in_order(void **state)
{
    (void)state;
    struct agenda a = { 0 };
    static struct task t[MANY];
    uint64_t dice = 1;
    for (int i = 0; i < 5000; i++) {
        struct task *one = &t[clock_roll(&dice) % MANY];
        if (clock_roll(&dice) % 3)
            agenda_set(&a, one, (int64_t)(clock_roll(&dice) % 1000), play, &letters[0]);
        else
            agenda_clear(&a, one);
    }
    int64_t last_ms = 0;
    size_t count = a.count;
    for (struct task *one; (one = agenda_take(&a, 1000)); count--) {
        assert_true(one->at_ms >= last_ms);
        last_ms = one->at_ms;
    }
    assert_int_equal(count, 0);
    agenda_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_run_in_order_of_time_and_of_being_set),
        cmocka_unit_test(a_task_set_anew_has_its_new_time_and_a_cleared_one_none),
        cmocka_unit_test(a_held_task_runs_when_it_is_released),
        cmocka_unit_test(many_tasks_set_and_cleared_by_chance_stay_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
