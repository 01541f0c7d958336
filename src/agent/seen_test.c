#include "agent/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static bool report(struct seen *s, const char *uid, const char *version, int64_t count, int64_t *delta)
{
    struct spool_seen entry;
    return seen_is_new(s, uid, version, count, delta, &entry);
}

static void each_revision_is_new_once_and_deltas_add_up(void **state)
{
    (void)state;
    struct seen *s = seen_new(8);
    int64_t delta;
    assert_true(report(s, "a", "10", 1, &delta));
    assert_int_equal(delta, 1);
    assert_false(report(s, "a", "10", 1, &delta));
    assert_true(report(s, "a", "12", 5, &delta));
    assert_int_equal(delta, 4);
    assert_true(report(s, "a", "20", 25, &delta));
    assert_int_equal(delta, 20);
    assert_true(report(s, "b", "10", 1, &delta));
    seen_free(s);
}

static void what_was_stored_is_known_again(void **state)
{
    (void)state;
    struct seen *s = seen_new(8), *next = seen_new(8);
    struct spool_seen entry;
    int64_t delta;
    assert_true(seen_is_new(s, "a", "10", 7, &delta, &entry));
    seen_restore(next, &entry);
    assert_false(report(next, "a", "10", 7, &delta));
    assert_true(report(next, "a", "11", 9, &delta));
    assert_int_equal(delta, 2);
    seen_free(s);
    seen_free(next);
}

/* Otherwise a stored entry would take the place of another. */
static void an_entry_keeps_its_turn_also_after_a_restart(void **state)
{
    (void)state;
    enum { MAX = 10 };
    struct seen *s = seen_new(MAX);
    struct spool_seen stored[MAX], entry;
    char uid[16];
    int64_t delta;
    for (uint64_t i = 1; i <= 25; i++) {
        (void)snprintf(uid, sizeof uid, "uid-%d", (int)i);
        assert_true(seen_is_new(s, uid, "1", 1, &delta, &entry));
        assert_int_equal(entry.turn, i);
        stored[i % MAX] = entry;
    }
    assert_true(seen_is_new(s, "uid-17", "2", 3, &delta, &entry));
    assert_int_equal(entry.turn, 17);
    seen_free(s);
    s = seen_new(MAX);
    for (uint64_t turn = 16; turn <= 25; turn++)
        seen_restore(s, &stored[turn % MAX]);
    assert_true(seen_is_new(s, "uid-17", "3", 4, &delta, &entry));
    assert_int_equal(entry.turn, 17);
    assert_int_equal(delta, 3);
    assert_true(seen_is_new(s, "another", "1", 1, &delta, &entry));
    assert_int_equal(entry.turn, 26);
    assert_false(report(s, "uid-18", "1", 1, &delta));
    assert_true(report(s, "uid-16", "1", 1, &delta));    /* its place was the next */
    seen_free(s);
}

static void beyond_the_bound_the_oldest_is_forgotten_and_no_other(void **state)
{
    (void)state;
    enum { MAX = 100, ALL = 1000 };
    struct seen *s = seen_new(MAX);
    char uid[16];
    int64_t delta;
    for (int i = 0; i < ALL; i++) {
        (void)snprintf(uid, sizeof uid, "uid-%d", i);
        assert_true(report(s, uid, "1", 1, &delta));
        assert_int_equal(seen_count(s), i < MAX ? i + 1 : MAX);
    }
    for (int i = ALL - MAX; i < ALL; i++) {
        (void)snprintf(uid, sizeof uid, "uid-%d", i);
        assert_false(report(s, uid, "1", 1, &delta));
    }
    assert_true(report(s, "uid-0", "1", 1, &delta));
    assert_int_equal(seen_count(s), MAX);
    seen_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_revision_is_new_once_and_deltas_add_up),
        cmocka_unit_test(what_was_stored_is_known_again),
        cmocka_unit_test(an_entry_keeps_its_turn_also_after_a_restart),
        cmocka_unit_test(beyond_the_bound_the_oldest_is_forgotten_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
