#include "kube/watch_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct watch_limits limits = { .pause_first_ms = 800, .pause_most_ms = 30000, .silence_ms = 600000 };

/* A plan and its clock, which only the tests move. */
struct following {
    struct watch_plan plan;
    int64_t now_ms;
};

static struct following follow(const char *version)
{
    struct following f = { .now_ms = 1000000 };
    watch_plan_init(&f.plan, &limits, version, 42);
    return f;
}

static enum watch_todo todo(const struct following *f)
{
    int64_t until_ms;
    return watch_todo(&f->plan, f->now_ms, &until_ms);
}

static enum watch_break happened(struct following *f, enum watch_fact fact, const char *version)
{
    return watch_happened(&f->plan, fact, version, 0, f->now_ms);
}

static void sit_out_the_pause(struct following *f)
{
    assert_int_equal(todo(f), WATCH_PAUSE);
    f->now_ms = f->plan.until_ms;
    assert_int_not_equal(todo(f), WATCH_PAUSE);
}

/* Listed at version and watching. */
static struct following watching(const char *version)
{
    struct following f = follow(NULL);
    happened(&f, WATCH_LISTED, version);
    happened(&f, WATCH_OPENED, NULL);
    return f;
}

static void a_first_life_lists_and_watches_from_there(void **state)
{
    (void)state;
    struct following f = follow(NULL);
    assert_int_equal(todo(&f), WATCH_LIST);
    assert_int_equal(happened(&f, WATCH_LISTED, "1475"), WATCH_WHOLE);
    assert_int_equal(todo(&f), WATCH_OPEN);
    assert_string_equal(f.plan.version, "1475");
}

static void a_second_life_checks_its_version_and_resumes_without_a_list(void **state)
{
    (void)state;
    struct following f = follow("1475");
    assert_int_equal(todo(&f), WATCH_CHECK);
    assert_int_equal(happened(&f, WATCH_CHECKED, "1475"), WATCH_WHOLE);
    assert_int_equal(todo(&f), WATCH_OPEN);
    assert_string_equal(f.plan.version, "1475");
}

static void a_version_from_the_future_is_found_before_it_is_watched(void **state)
{
    (void)state;
    struct following f = follow("99999");
    assert_int_equal(happened(&f, WATCH_CHECKED, "210"), WATCH_FUTURE);
    assert_int_equal(todo(&f), WATCH_LIST);
    assert_int_equal(happened(&f, WATCH_LISTED, "212"), WATCH_WHOLE);
    assert_string_equal(f.plan.version, "212");
}

static void a_cluster_made_anew_behind_our_back_is_found_by_the_list_after_a_silence(void **state)
{
    (void)state;
    struct following f = watching("99999");
    f.now_ms += limits.silence_ms;
    assert_int_equal(happened(&f, WATCH_SILENT, NULL), WATCH_WHOLE);
    assert_int_equal(todo(&f), WATCH_LIST);
    assert_int_equal(happened(&f, WATCH_LISTED, "31"), WATCH_FUTURE);
    assert_int_equal(todo(&f), WATCH_OPEN);
    assert_string_equal(f.plan.version, "31");
}

static void versions_that_are_no_numbers_are_not_compared(void **state)
{
    (void)state;
    struct following f = follow("v-9");
    assert_int_equal(happened(&f, WATCH_CHECKED, "1"), WATCH_WHOLE);
    assert_int_equal(todo(&f), WATCH_OPEN);
}

static void a_stored_version_that_is_none_counts_as_none(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "1&watch=0", "12 3",
                                       "99999999999999999999999999999999999999999999999999999999999999999" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct following f = follow(bad[i]);
        assert_int_equal(todo(&f), WATCH_LIST);
        assert_string_equal(f.plan.version, "");
    }
}

static void an_orderly_end_goes_on_at_once_from_the_last_frame(void **state)
{
    (void)state;
    struct following f = watching("7");
    for (int i = 0; i < 10; i++) {
        happened(&f, WATCH_FRAME, "9");
        f.now_ms += 300000;
        assert_int_equal(happened(&f, WATCH_ENDED, NULL), WATCH_WHOLE);
        assert_int_equal(todo(&f), WATCH_OPEN);
        assert_string_equal(f.plan.version, "9");
        happened(&f, WATCH_OPENED, NULL);
    }
}

static void a_watch_that_ends_without_a_word_is_followed_by_a_list_and_nothing_is_lost(void **state)
{
    (void)state;
    struct following f = watching("7");
    f.now_ms += 400000;
    assert_int_equal(happened(&f, WATCH_ENDED, NULL), WATCH_WHOLE);
    assert_int_equal(todo(&f), WATCH_LIST);
}

static void too_old_is_a_break_and_lists_at_once(void **state)
{
    (void)state;
    struct following f = watching("7");
    assert_int_equal(happened(&f, WATCH_TOO_OLD, NULL), WATCH_EXPIRED);
    assert_int_equal(todo(&f), WATCH_LIST);
    assert_string_equal(f.plan.version, "");
}

static void too_old_again_and_again_does_not_spin(void **state)
{
    (void)state;
    struct following f = follow(NULL);
    int64_t began_ms = f.now_ms;
    for (int i = 0; i < 20; i++) {
        happened(&f, WATCH_LISTED, "7");
        assert_int_equal(happened(&f, WATCH_TOO_OLD, NULL), WATCH_EXPIRED);
        if (i)
            sit_out_the_pause(&f);
    }
    assert_true(f.now_ms - began_ms > 200000);
}

static void one_empty_stream_is_tried_again_two_in_a_row_mean_too_old(void **state)
{
    (void)state;
    struct following f = watching("7");
    assert_int_equal(happened(&f, WATCH_ENDED, NULL), WATCH_WHOLE);
    sit_out_the_pause(&f);
    assert_int_equal(todo(&f), WATCH_OPEN);
    happened(&f, WATCH_OPENED, NULL);
    f.now_ms += WATCH_EMPTY_MS - 1;
    assert_int_equal(happened(&f, WATCH_ENDED, NULL), WATCH_EXPIRED);
    sit_out_the_pause(&f);
    assert_int_equal(todo(&f), WATCH_LIST);
}

static void a_frame_between_two_empty_streams_makes_them_no_row(void **state)
{
    (void)state;
    struct following f = watching("7");
    happened(&f, WATCH_ENDED, NULL);
    sit_out_the_pause(&f);
    happened(&f, WATCH_OPENED, NULL);
    happened(&f, WATCH_FRAME, "8");
    f.now_ms += 5000;
    happened(&f, WATCH_ENDED, NULL);
    happened(&f, WATCH_OPENED, NULL);
    assert_int_equal(happened(&f, WATCH_ENDED, NULL), WATCH_WHOLE);
}

static void a_server_that_ends_every_watch_at_once_is_asked_less_and_less(void **state)
{
    (void)state;
    struct following f = follow(NULL);
    int requests = 0;
    int64_t after_five_ms = 0;
    while (requests < 40) {
        switch (todo(&f)) {
        case WATCH_LIST:
            requests++;
            happened(&f, WATCH_LISTED, "7");
            break;
        case WATCH_OPEN:
            requests++;
            happened(&f, WATCH_OPENED, NULL);
            happened(&f, WATCH_ENDED, NULL);
            break;
        case WATCH_PAUSE: f.now_ms = f.plan.until_ms; break;
        case WATCH_CHECK:
        case WATCH_READ:
        default: fail_msg("not expected");
        }
        if (requests == 5)
            after_five_ms = f.now_ms;
    }
    assert_true(f.now_ms - after_five_ms > 35 * 1000); /* less than one a second */
}

static void frames_that_end_at_once_do_not_spin_either(void **state)
{
    (void)state;
    struct following f = watching("7");
    happened(&f, WATCH_FRAME, "8");
    happened(&f, WATCH_ENDED, NULL);
    assert_int_equal(todo(&f), WATCH_PAUSE);
}

static void failures_pause_longer_each_time_up_to_the_limit(void **state)
{
    (void)state;
    struct following f = follow("7");
    for (int i = 0; i < 40; i++) {
        happened(&f, WATCH_CUT, NULL);
        int64_t pause_ms = f.plan.until_ms - f.now_ms;
        int64_t step_ms = i < 6 ? limits.pause_first_ms << i : limits.pause_most_ms;
        if (step_ms > limits.pause_most_ms)
            step_ms = limits.pause_most_ms;
        assert_in_range(pause_ms, step_ms / 2, step_ms);
        sit_out_the_pause(&f);
        assert_int_equal(todo(&f), WATCH_CHECK);
    }
}

static void a_frame_forgives_all_failures(void **state)
{
    (void)state;
    struct following f = follow("7");
    for (int i = 0; i < 9; i++)
        happened(&f, WATCH_CUT, NULL);
    f.now_ms = f.plan.until_ms;
    happened(&f, WATCH_CHECKED, "7");
    happened(&f, WATCH_OPENED, NULL);
    happened(&f, WATCH_FRAME, "8");
    happened(&f, WATCH_CUT, NULL);
    assert_in_range(f.plan.until_ms - f.now_ms, 400, 800);
}

static void two_quiet_minutes_forgive_all_failures_too(void **state)
{
    (void)state;
    struct following f = follow("7");
    for (int i = 0; i < 9; i++)
        happened(&f, WATCH_CUT, NULL);
    f.now_ms = f.plan.until_ms;
    happened(&f, WATCH_CHECKED, "7");
    happened(&f, WATCH_OPENED, NULL);
    f.now_ms += WATCH_HEALTHY_MS;
    happened(&f, WATCH_CUT, NULL);
    assert_in_range(f.plan.until_ms - f.now_ms, 400, 800);
}

static void the_servers_wish_to_wait_is_obeyed(void **state)
{
    (void)state;
    struct following f = watching("7");
    watch_happened(&f.plan, WATCH_BUSY, NULL, 12000, f.now_ms);
    f.now_ms += 11999;
    assert_int_equal(todo(&f), WATCH_PAUSE);
    f.now_ms += 1;
    assert_int_equal(todo(&f), WATCH_OPEN);
    assert_string_equal(f.plan.version, "7");
}

static void a_refusal_is_tried_again_at_the_same_place(void **state)
{
    (void)state;
    struct following f = watching("7");
    assert_int_equal(happened(&f, WATCH_REFUSED, NULL), WATCH_WHOLE);
    sit_out_the_pause(&f);
    assert_int_equal(todo(&f), WATCH_OPEN);
    assert_string_equal(f.plan.version, "7");
}

static void a_list_or_check_that_fails_is_still_to_be_done(void **state)
{
    (void)state;
    static const enum watch_fact failures[] = { WATCH_CUT, WATCH_REFUSED, WATCH_BUSY, WATCH_FAILED };
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct following f = follow(NULL);
        happened(&f, failures[i], NULL);
        sit_out_the_pause(&f);
        assert_int_equal(todo(&f), WATCH_LIST);
        f = follow("7");
        happened(&f, failures[i], NULL);
        sit_out_the_pause(&f);
        assert_int_equal(todo(&f), WATCH_CHECK);
        f = watching("7");
        happened(&f, WATCH_SILENT, NULL);
        happened(&f, failures[i], NULL);
        sit_out_the_pause(&f);
        assert_int_equal(todo(&f), WATCH_LIST);
    }
}

static void an_unknown_failure_lists_again_after_a_pause_and_keeps_the_version_to_compare(void **state)
{
    (void)state;
    struct following f = watching("70");
    assert_int_equal(happened(&f, WATCH_FAILED, NULL), WATCH_WHOLE);
    sit_out_the_pause(&f);
    assert_int_equal(todo(&f), WATCH_LIST);
    assert_int_equal(happened(&f, WATCH_LISTED, "69"), WATCH_FUTURE);
}

static void an_unreadable_frame_is_a_break(void **state)
{
    (void)state;
    struct following f = watching("7");
    assert_int_equal(happened(&f, WATCH_GARBLED, NULL), WATCH_UNREADABLE);
    sit_out_the_pause(&f);
    assert_int_equal(todo(&f), WATCH_LIST);
}

static void patience_with_a_silence_begins_anew_with_each_frame_and_each_pause_of_reading(void **state)
{
    (void)state;
    struct following f = watching("7");
    int64_t until_ms;
    f.now_ms += 1000;
    happened(&f, WATCH_FRAME, "8");
    assert_int_equal(watch_todo(&f.plan, f.now_ms, &until_ms), WATCH_READ);
    assert_int_equal(until_ms, f.now_ms + limits.silence_ms);
    f.now_ms += 500000;
    watch_plan_patience(&f.plan, f.now_ms);
    watch_todo(&f.plan, f.now_ms, &until_ms);
    assert_int_equal(until_ms, f.now_ms + limits.silence_ms);
}

static void versions_compare_as_numbers_of_any_length(void **state)
{
    (void)state;
    assert_true(watch_version_before("9", "10"));
    assert_true(watch_version_before("99999999999999999999999999", "100000000000000000000000000"));
    assert_false(watch_version_before("10", "9"));
    assert_false(watch_version_before("10", "10"));
    assert_false(watch_version_before("09", "10"));
    assert_false(watch_version_before("", "10"));
    assert_false(watch_version_before("10", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_life_lists_and_watches_from_there),
        cmocka_unit_test(a_second_life_checks_its_version_and_resumes_without_a_list),
        cmocka_unit_test(a_version_from_the_future_is_found_before_it_is_watched),
        cmocka_unit_test(a_cluster_made_anew_behind_our_back_is_found_by_the_list_after_a_silence),
        cmocka_unit_test(versions_that_are_no_numbers_are_not_compared),
        cmocka_unit_test(a_stored_version_that_is_none_counts_as_none),
        cmocka_unit_test(an_orderly_end_goes_on_at_once_from_the_last_frame),
        cmocka_unit_test(a_watch_that_ends_without_a_word_is_followed_by_a_list_and_nothing_is_lost),
        cmocka_unit_test(too_old_is_a_break_and_lists_at_once),
        cmocka_unit_test(too_old_again_and_again_does_not_spin),
        cmocka_unit_test(one_empty_stream_is_tried_again_two_in_a_row_mean_too_old),
        cmocka_unit_test(a_frame_between_two_empty_streams_makes_them_no_row),
        cmocka_unit_test(a_server_that_ends_every_watch_at_once_is_asked_less_and_less),
        cmocka_unit_test(frames_that_end_at_once_do_not_spin_either),
        cmocka_unit_test(failures_pause_longer_each_time_up_to_the_limit),
        cmocka_unit_test(a_frame_forgives_all_failures),
        cmocka_unit_test(two_quiet_minutes_forgive_all_failures_too),
        cmocka_unit_test(the_servers_wish_to_wait_is_obeyed),
        cmocka_unit_test(a_refusal_is_tried_again_at_the_same_place),
        cmocka_unit_test(a_list_or_check_that_fails_is_still_to_be_done),
        cmocka_unit_test(an_unknown_failure_lists_again_after_a_pause_and_keeps_the_version_to_compare),
        cmocka_unit_test(an_unreadable_frame_is_a_break),
        cmocka_unit_test(patience_with_a_silence_begins_anew_with_each_frame_and_each_pause_of_reading),
        cmocka_unit_test(versions_compare_as_numbers_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
