#include "central/manager/watermark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void numbers_in_order_move_it_one_by_one(void **state)
{
    (void)state;
    struct watermark w;
    watermark_start(&w, 7, 0);
    for (uint64_t seq = 1; seq <= 100; seq++)
        assert_true(watermark_take(&w, seq));
    assert_int_equal(w.seq, 100);
    assert_int_equal(w.n_ahead, 0);
    assert_false(watermark_take(&w, 50));
    assert_false(watermark_take(&w, 100));
}

static void a_hole_holds_it_until_it_is_filled(void **state)
{
    (void)state;
    struct watermark w;
    struct watermark_range hole;
    watermark_start(&w, 7, 10);
    assert_false(watermark_hole(&w, &hole));
    assert_false(watermark_take(&w, 13));
    assert_false(watermark_take(&w, 14));
    assert_true(watermark_hole(&w, &hole));
    assert_int_equal(hole.from, 11);
    assert_int_equal(hole.to, 12);
    assert_false(watermark_take(&w, 12));
    assert_int_equal(w.seq, 10);
    assert_true(watermark_take(&w, 11));
    assert_int_equal(w.seq, 14);
    assert_false(watermark_hole(&w, &hole));
}

static void a_hole_that_is_given_up_is_jumped_over(void **state)
{
    (void)state;
    struct watermark w;
    watermark_start(&w, 7, 10);
    watermark_take(&w, 13);
    watermark_take(&w, 20);
    watermark_skip(&w);
    assert_int_equal(w.seq, 13);
    watermark_skip(&w);
    assert_int_equal(w.seq, 20);
    watermark_skip(&w);
    assert_int_equal(w.seq, 20);
}

static void any_order_ends_at_the_same_place(void **state)
{
    (void)state;
    enum { N = 60 };
    uint64_t dice = 42;
    for (int round = 0; round < 200; round++) {
        uint64_t order[N];
        struct watermark w;
        watermark_start(&w, 1, 0);
        for (int i = 0; i < N; i++)
            order[i] = (uint64_t)i + 1;
        for (int i = N - 1; i > 0; i--) {
            int k = (int)(clock_roll(&dice) % (uint64_t)(i + 1));
            uint64_t swap = order[i];
            order[i] = order[k];
            order[k] = swap;
        }
        for (int i = 0; i < N; i++) {
            watermark_take(&w, order[i]);
            watermark_take(&w, order[i / 2]);    /* repeats change nothing */
        }
        assert_int_equal(w.seq, N);
        assert_int_equal(w.n_ahead, 0);
    }
}

static void ranges_beyond_the_bound_are_forgotten_and_come_again(void **state)
{
    (void)state;
    struct watermark w;
    watermark_start(&w, 1, 0);
    for (uint64_t seq = 1000; seq >= 2; seq -= 2)
        watermark_take(&w, seq);
    assert_int_equal(w.n_ahead, WATERMARK_RANGES_MAX);
    assert_int_equal(w.ahead[0].from, 2);    /* the nearest are kept */
    assert_int_equal(w.ahead[WATERMARK_RANGES_MAX - 1].to, 2 * WATERMARK_RANGES_MAX);
    for (uint64_t seq = 1; seq <= 1000; seq++)
        watermark_take(&w, seq);
    assert_int_equal(w.seq, 1000);
    assert_int_equal(w.n_ahead, 0);
}

static void what_was_printed_is_read_again(void **state)
{
    (void)state;
    struct watermark w, again;
    AUTO_BUF struct buf text = { 0 };
    watermark_start(&w, 1, 5);
    for (uint64_t seq = 8; seq < 30; seq += seq % 3 ? 1 : 3)
        watermark_take(&w, seq);
    watermark_print(&w, &text);
    watermark_start(&again, 1, 5);
    watermark_parse(&again, buf_text(&text));
    assert_int_equal(again.n_ahead, w.n_ahead);
    assert_memory_equal(again.ahead, w.ahead, sizeof w.ahead[0] * w.n_ahead);
}

static void nonsense_in_the_store_is_passed_over(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "x", "7", "7-", "9-7", "3-4", "-", "7-9;12", "7-9,", ",7-9", "99999999999999999999999-1" };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct watermark w;
        watermark_start(&w, 1, 5);
        watermark_parse(&w, texts[i]);
        assert_int_equal(w.seq, 5);
        assert_true(w.n_ahead <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_order_move_it_one_by_one),
        cmocka_unit_test(a_hole_holds_it_until_it_is_filled),
        cmocka_unit_test(a_hole_that_is_given_up_is_jumped_over),
        cmocka_unit_test(any_order_ends_at_the_same_place),
        cmocka_unit_test(ranges_beyond_the_bound_are_forgotten_and_come_again),
        cmocka_unit_test(what_was_printed_is_read_again),
        cmocka_unit_test(nonsense_in_the_store_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
