#include "store/incidents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void put(struct db *d, const char *id, const char *cluster, const char *state, int64_t severity)
{
    struct err e;
    struct incident i = { .id = id, .cluster_id = cluster, .key = id, .state = state, .phase = "reported", .severity = severity, .opened_at = 1, .updated_at = 1 };
    if (incidents_put(d, &i, &e))
        fail_msg("%s", e.text);
}

static void open_incidents_are_counted_by_cluster_with_the_worst(void **state)
{
    (void)state;
    struct err e;
    struct arena a;
    struct incident_count *counts;
    size_t n;
    struct db *d = db_open(NULL, &orchestrator_schema, &e);
    assert_non_null(d);
    arena_init(&a);
    assert_int_equal(incidents_count_open(d, &a, &counts, &n, &e), 0);
    assert_int_equal(n, 0);
    put(d, "1", "a", "open", 2);
    put(d, "2", "a", "open", 4);
    put(d, "3", "a", "closed", 5);
    put(d, "4", "b", "closed", 5);
    put(d, "5", "c", "open", 1);
    for (int i = 0; i < 40; i++) {
        char id[8] = { 'x', (char)('a' + i / 26), (char)('a' + i % 26) };
        put(d, id, id, "open", 3);
    }
    assert_int_equal(incidents_count_open(d, &a, &counts, &n, &e), 0);
    assert_int_equal(n, 42);
    assert_string_equal(counts[0].cluster_id, "a");
    assert_int_equal(counts[0].open, 2);
    assert_int_equal(counts[0].worst, 4);
    assert_string_equal(counts[1].cluster_id, "c");
    assert_string_equal(counts[41].cluster_id, "xbn");
    arena_fini(&a);
    db_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(open_incidents_are_counted_by_cluster_with_the_worst) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
