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

static void of_many_events_the_first_and_the_newest_are_listed_and_all_are_counted(void **state)
{
    (void)state;
    struct err e;
    struct arena a;
    struct incident_event *events;
    size_t n;
    int64_t all;
    struct db *d = db_open(NULL, &orchestrator_schema, &e);
    assert_non_null(d);
    arena_init(&a);
    put(d, "i", "a", "open", 2);
    for (int i = 0; i < 25; i++) {
        char id[2] = { (char)('a' + i) };
        struct incident_event event = { .incident_id = "i", .event_id = id, .at = 100 + i, .delta = 2 };
        assert_int_equal(incident_events_add(d, &event, &e), 0);
    }
    assert_int_equal(incident_events_list(d, "i", 10, &a, &events, &n, &e), 0);
    assert_int_equal(n, 10);
    assert_string_equal(events[0].event_id, "y");
    assert_string_equal(events[8].event_id, "q");
    assert_string_equal(events[9].event_id, "a");
    assert_int_equal(incident_events_count(d, "i", &all, &e), 0);
    assert_int_equal(all, 25);
    assert_int_equal(incident_events_count(d, "nobody", &all, &e), 0);
    assert_int_equal(all, 0);
    arena_fini(&a);
    db_close(d);
}

static void put_task(struct db *d, const char *id, const char *cluster, const char *step, int64_t next_at, int64_t created_at)
{
    struct err e;
    struct task t = { .id = id, .incident_id = id, .cluster_id = cluster, .object = "pod/shop/a", .step = step, .next_at = next_at, .created_at = created_at };
    if (tasks_put(d, &t, &e))
        fail_msg("%s", e.text);
}

static const char *due(struct db *d, int looks_max, int limit, struct arena *a)
{
    struct err e;
    struct task *tasks;
    size_t n;
    AUTO_BUF struct buf ids = { 0 };
    assert_int_equal(tasks_due(d, 100, looks_max, limit, a, &tasks, &n, &e), 0);
    for (size_t i = 0; i < n; i++)
        buf_printf(&ids, "%s ", tasks[i].id);
    return arena_strdup(a, buf_text(&ids));
}

static void of_each_cluster_a_few_looks_are_due_and_first_ones_before_others(void **state)
{
    (void)state;
    struct err e;
    struct arena a;
    struct db *d = db_open(NULL, &orchestrator_schema, &e);
    assert_non_null(d);
    arena_init(&a);
    put_task(d, "recheck", "a", TASK_EVIDENCE, 10, 1);
    put_task(d, "first", "a", TASK_EVIDENCE, 90, 90);
    put_task(d, "later", "a", TASK_EVIDENCE, 101, 1);
    put_task(d, "other", "b", TASK_EVIDENCE, 50, 1);
    assert_string_equal(due(d, 1, 9, &a), "other first ");
    assert_string_equal(due(d, 2, 9, &a), "recheck other first ");
    put_task(d, "asked", "a", TASK_WAITING, 200, 1);
    assert_string_equal(due(d, 2, 9, &a), "other first ");
    put_task(d, "refused", "a", TASK_BUSY, 30, 1);
    put_task(d, "verdict", "a", TASK_DIAGNOSE, 20, 1);
    put_task(d, "report", "a", TASK_REPORT, 40, 1);
    assert_string_equal(due(d, 2, 9, &a), "verdict refused report other ");
    assert_string_equal(due(d, 2, 2, &a), "verdict refused ");
    arena_fini(&a);
    db_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_incidents_are_counted_by_cluster_with_the_worst),
        cmocka_unit_test(of_many_events_the_first_and_the_newest_are_listed_and_all_are_counted),
        cmocka_unit_test(of_each_cluster_a_few_looks_are_due_and_first_ones_before_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
