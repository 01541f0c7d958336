/* The manager's smaller tables: clusters, watermarks, gaps, dead letters, outbox, commands, samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "store/clusters.h"
#include "store/commands.h"
#include "store/events.h"
#include "store/gaps.h"
#include "store/manager_schema.h"
#include "store/outbox.h"
#include "store/samples.h"

#define NOW INT64_C(1767323045678)

static struct db *begin(void)
{
    struct err e;
    struct db *d = db_open(NULL, &manager_schema, &e);
    assert_non_null(d);
    struct cluster_row row = { .cluster_id = "shop", .hello = "{}", .epoch = 7, .registered_at = NOW };
    assert_int_equal(clusters_insert(d, &row, &e), 0);
    return d;
}

static void take_cluster(void *arg, const struct cluster_row *row)
{
    char *out = arg;
    (void)snprintf(out, 200, "%s/%s/%s/%d/%d/%llu/%s/%lld", row->cluster_id, str_or_empty(row->uid), str_or_empty(row->reason), row->admission,
                   row->link, (unsigned long long)row->epoch, str_or_empty(row->beat), (long long)row->gaps_total);
}

static void a_cluster_is_what_was_last_written(void **state)
{
    (void)state;
    struct db *d = begin();
    struct err e;
    char text[200];
    assert_int_equal(clusters_load(d, take_cluster, text, &e), 0);
    assert_string_equal(text, "shop///0/0/7//0");
    struct cluster_row row = { .n = 1, .cluster_id = "shop", .uid = "u", .reason = "why", .admission = 1, .link = 2, .epoch = 8, .hello = "{}",
                               .beat = "{\"a\":1}", .gaps_total = 3 };
    assert_int_equal(clusters_update(d, &row, &e), 0);
    assert_int_equal(clusters_load(d, take_cluster, text, &e), 0);
    assert_string_equal(text, "shop/u/why/1/2/8/{\"a\":1}/3");
    struct cluster_row twin = { .cluster_id = "shop", .hello = "{}" };
    assert_int_equal(clusters_insert(d, &twin, &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    db_close(d);
}

static void watermarks_of_the_last_epochs_are_remembered(void **state)
{
    (void)state;
    struct db *d = begin();
    struct arena a = { 0 };
    struct err e;
    struct watermark_row row;
    for (uint64_t epoch = 1; epoch <= 20; epoch++) {
        row = (struct watermark_row){ epoch, epoch * 10, "7-9" };
        assert_int_equal(watermarks_save(d, 1, &row, &e), 0);
    }
    assert_int_equal(watermarks_find(d, 1, 0, &a, &row, &e), 1);
    assert_int_equal(row.epoch, 20);
    assert_int_equal(row.seq, 200);
    assert_string_equal(row.ahead, "7-9");
    assert_int_equal(watermarks_find(d, 1, 13, &a, &row, &e), 1);
    assert_int_equal(watermarks_find(d, 1, 12, &a, &row, &e), 0);
    assert_int_equal(watermarks_find(d, 2, 0, &a, &row, &e), 0);
    row = (struct watermark_row){ 20, 201, "" };
    assert_int_equal(watermarks_save(d, 1, &row, &e), 0);
    assert_int_equal(watermarks_find(d, 1, 20, &a, &row, &e), 1);
    assert_int_equal(row.seq, 201);
    arena_fini(&a);
    db_close(d);
}

static void take_gap(void *arg, const struct gap_row *row)
{
    char *out = arg;
    size_t used = strlen(out);
    (void)snprintf(out + used, 400 - used, "%s:%lld ", row->cause, (long long)row->count);
}

static void an_agents_gap_is_recorded_once_and_dead_letters_are_counted_together(void **state)
{
    (void)state;
    struct db *d = begin();
    struct err e;
    char text[400] = "";
    int64_t next;
    struct gap_row row = { .cluster = 1, .event_id = "gap.1", .cause = "watch_expired", .count = -1, .recorded_at = NOW };
    assert_int_equal(gaps_insert(d, &row, &e), 1);
    assert_int_equal(gaps_insert(d, &row, &e), 0);
    row = (struct gap_row){ .cluster = 1, .cause = "dead_letter", .count = 2, .recorded_at = NOW };
    assert_int_equal(gaps_extend(d, 1, "dead_letter", NOW - 60000, 2, &e), 0);
    assert_int_equal(gaps_insert(d, &row, &e), 1);
    assert_int_equal(gaps_extend(d, 1, "dead_letter", NOW - 60000, 3, &e), 1);
    assert_int_equal(gaps_extend(d, 1, "dead_letter", NOW + 1, 3, &e), 0);
    assert_int_equal(gaps_list(d, 0, 0, 10, take_gap, text, &next, &e), 0);
    assert_string_equal(text, "dead_letter:5 watch_expired:-1 ");
    assert_int_equal(next, 0);
    assert_int_equal(gaps_extend(d, 1, "dead_letter", NOW - 60000, -1, &e), 1);    /* now nobody knows how many */
    text[0] = '\0';
    assert_int_equal(gaps_list(d, 1, 0, 1, take_gap, text, &next, &e), 0);
    assert_string_equal(text, "dead_letter:-1 ");
    assert_true(next > 0);
    text[0] = '\0';
    assert_int_equal(gaps_list(d, 1, next, 1, take_gap, text, &next, &e), 0);
    assert_string_equal(text, "watch_expired:-1 ");
    db_close(d);
}

static void dead_letters_are_bounded_in_size_and_number(void **state)
{
    (void)state;
    struct db *d = begin();
    struct err e;
    int64_t count;
    static char large[DEAD_LETTER_BYTES_MAX * 2];
    struct dead_letter letter = { .subject = "agent.event.shop", .reason = "no JSON", .payload = large, .size = sizeof large, .recorded_at = NOW };
    assert_int_equal(db_begin(d, &e), 0);
    assert_int_equal(dead_letters_insert(d, &letter, &e), 0);
    letter.size = 1;
    for (int i = 0; i < DEAD_LETTERS_MAX + 50; i++)
        assert_int_equal(dead_letters_insert(d, &letter, &e), 0);
    assert_int_equal(db_commit(d, &e), 0);
    assert_int_equal(dead_letters_count(d, &count, &e), 0);
    assert_int_equal(count, DEAD_LETTERS_MAX);
    db_close(d);
}

struct due {
    int64_t last;
    int count;
};

static void take_due(void *arg, const struct outbox_row *row)
{
    struct due *due = arg;
    due->last = row->n;
    due->count++;
}

static void the_outbox_gives_what_is_due_until_it_is_handled(void **state)
{
    (void)state;
    struct db *d = begin();
    struct err e;
    struct due due = { 0 };
    int64_t event, count;
    struct outbox_row first = { .event = 11 }, second = { .command = "cmd-1" };
    assert_int_equal(outbox_insert(d, &first, NOW, &e), 0);
    assert_int_equal(outbox_insert(d, &second, NOW + 5000, &e), 0);
    assert_int_equal(outbox_due(d, NOW, 10, take_due, &due, &e), 0);
    assert_int_equal(due.count, 1);
    assert_int_equal(due.last, first.n);
    assert_int_equal(outbox_put_off(d, first.n, NOW + 6000, &e), 0);
    assert_int_equal(outbox_due(d, NOW + 6000, 10, take_due, &due, &e), 0);
    assert_int_equal(due.count, 3);
    assert_int_equal(outbox_handled(d, first.n, &event, &e), 1);
    assert_int_equal(event, 11);
    assert_int_equal(outbox_handled(d, first.n, &event, &e), 0);
    assert_int_equal(outbox_handled(d, second.n, &event, &e), 1);
    assert_int_equal(event, 0);
    assert_int_equal(outbox_count(d, &count, &e), 0);
    assert_int_equal(count, 0);
    struct outbox_row third = { .event = 12 };
    assert_int_equal(outbox_insert(d, &third, NOW, &e), 0);
    assert_true(third.n > second.n);    /* a late acknowledgement never hits another row */
    db_close(d);
}

static void take_command(void *arg, const struct command_row *row)
{
    char *out = arg;
    size_t used = strlen(out);
    (void)snprintf(out + used, 200 - used, "%s:%d ", row->id, row->state);
}

static void a_command_is_open_until_it_is_finished(void **state)
{
    (void)state;
    struct db *d = begin();
    struct arena a = { 0 };
    struct err e;
    char text[200] = "";
    int64_t next;
    struct command_row row = { .cluster = 1, .id = "cmd-1", .incident_id = "inc-1", .body = "{}", .created_at = NOW, .expires_at = NOW + 1 };
    assert_int_equal(commands_insert(d, &row, &e), 1);
    assert_int_equal(commands_insert(d, &(struct command_row){ .cluster = 1, .id = "cmd-1", .body = "{}" }, &e), 0);
    assert_int_equal(commands_insert(d, &(struct command_row){ .cluster = 1, .id = "cmd-2", .body = "{}", .created_at = NOW }, &e), 1);
    row.state = 4;
    row.finished_at = NOW + 5;
    row.result = "{\"status\":\"success\"}";
    assert_int_equal(commands_update(d, &row, &e), 0);
    assert_int_equal(commands_open(d, take_command, text, &e), 0);
    assert_string_equal(text, "cmd-2:0 ");
    struct command_row found;
    assert_int_equal(commands_find(d, "cmd-1", &a, &found, &e), 1);
    assert_string_equal(found.result, "{\"status\":\"success\"}");
    assert_string_equal(found.incident_id, "inc-1");
    assert_int_equal(found.finished_at, NOW + 5);
    assert_int_equal(commands_find(d, "cmd-3", &a, &found, &e), 0);
    text[0] = '\0';
    assert_int_equal(commands_list(d, &(struct command_filter){ .state = -1 }, 0, 1, take_command, text, &next, &e), 0);
    assert_int_equal(commands_list(d, &(struct command_filter){ .state = -1 }, next, 1, take_command, text, &next, &e), 0);
    assert_string_equal(text, "cmd-2:0 cmd-1:4 ");
    text[0] = '\0';
    assert_int_equal(commands_list(d, &(struct command_filter){ .state = -1, .incident_id = "inc-1" }, 0, 9, take_command, text, &next, &e), 0);
    assert_string_equal(text, "cmd-1:4 ");
    arena_fini(&a);
    db_close(d);
}

static void a_command_stays_while_somebody_has_to_hear_of_it(void **state)
{
    (void)state;
    struct db *d = begin();
    struct err e;
    int64_t event;
    struct command_row row = { .cluster = 1, .id = "cmd-1", .body = "{}", .created_at = NOW };
    assert_int_equal(commands_insert(d, &row, &e), 1);
    row.finished_at = NOW;
    assert_int_equal(commands_update(d, &row, &e), 0);
    assert_int_equal(commands_insert(d, &(struct command_row){ .cluster = 1, .id = "cmd-2", .body = "{}", .created_at = NOW }, &e), 1);
    struct outbox_row outbox = { .command = "cmd-1" };
    assert_int_equal(outbox_insert(d, &outbox, NOW, &e), 0);
    assert_int_equal(commands_sweep(d, NOW + 1, 10, &e), 0);
    assert_int_equal(outbox_handled(d, outbox.n, &event, &e), 1);
    assert_int_equal(commands_sweep(d, NOW + 1, 10, &e), 1);
    db_close(d);
}

static void take_point(void *arg, const struct sample_point *p)
{
    char *out = arg;
    size_t used = strlen(out);
    if (p->cpu == WIRE_ABSENT)
        (void)snprintf(out + used, 400 - used, "- ");
    else
        (void)snprintf(out + used, 400 - used, "%lld ", (long long)p->cpu);
}

static void take_node(void *arg, const char *body)
{
    char *out = arg;
    (void)snprintf(out, 400, "%s", body);
}

static struct wire_metrics sample(int64_t at, int64_t cpu, struct wire_node_sample *node)
{
    return (struct wire_metrics){ .timestamp = at, .nodes = WIRE_ABSENT, .pods = 3, .restarts = WIRE_ABSENT, .cpu_millicores = cpu,
                                  .memory_bytes = WIRE_ABSENT, .node_samples = node, .n_node_samples = 1 };
}

static void absent_numbers_stay_absent(void **state)
{
    (void)state;
    struct db *d = begin();
    struct err e;
    char text[400] = "";
    struct wire_node_sample node = { .name = "worker-1", .ready = true, .cpu_millicores = 5, .memory_bytes = WIRE_ABSENT,
                                     .cpu_allocatable = WIRE_ABSENT, .memory_allocatable = WIRE_ABSENT, .pods_allocatable = WIRE_ABSENT, .pods = 0 };
    struct wire_metrics m = sample(NOW, 100, &node);
    assert_int_equal(samples_insert(d, 1, &m, &e), 1);
    assert_int_equal(samples_insert(d, 1, &m, &e), 0);
    m = sample(NOW + 60000, WIRE_ABSENT, &node);
    node.cpu_millicores = 7;
    assert_int_equal(samples_insert(d, 1, &m, &e), 1);
    assert_int_equal(samples_list(d, 1, NULL, NOW, NOW + 60000, 100, take_point, text, &e), 0);
    assert_string_equal(text, "100 - ");
    text[0] = '\0';
    assert_int_equal(samples_list(d, 1, "worker-1", NOW, NOW + 60000, 100, take_point, text, &e), 0);
    assert_string_equal(text, "5 7 ");
    assert_int_equal(nodes_list(d, 1, NOW, take_node, text, &e), 0);
    assert_non_null(strstr(text, "\"cpu_millicores\":7"));
    assert_non_null(strstr(text, "\"pods\":0"));
    assert_null(strstr(text, "memory_bytes"));
    node.cpu_millicores = 1;
    m = sample(NOW - 60000, 1, &node);    /* late: the node stays as it was seen last */
    assert_int_equal(samples_insert(d, 1, &m, &e), 1);
    assert_int_equal(nodes_list(d, 1, NOW, take_node, text, &e), 0);
    assert_non_null(strstr(text, "\"cpu_millicores\":7"));
    db_close(d);
}

static void long_series_are_thinned_and_old_samples_go(void **state)
{
    (void)state;
    struct db *d = begin();
    struct err e;
    char text[400] = "";
    struct wire_node_sample node = { .name = "worker-1" };
    for (int i = 0; i < 100; i++) {
        struct wire_metrics m = sample(NOW + i * 1000, i, &node);
        assert_int_equal(samples_insert(d, 1, &m, &e), 1);
    }
    assert_int_equal(samples_list(d, 1, NULL, NOW, NOW + 99999, 4, take_point, text, &e), 0);
    assert_string_equal(text, "24 49 74 99 ");    /* spans of 25,000 ms and one: the last point of each */
    assert_int_equal(samples_sweep(d, 1, NOW + 98000, &e), 0);
    text[0] = '\0';
    assert_int_equal(samples_list(d, 1, NULL, NOW, NOW + 99999, 100, take_point, text, &e), 0);
    assert_string_equal(text, "98 99 ");
    db_close(d);
}

/* ---- a database of an earlier release --------------------------------------------------------------------------------- */

#define OLD_EVENTS 1500

static void store_old_events(struct db *d)
{
    struct err e;
    struct arena a = { 0 };
    assert_int_equal(db_begin(d, &e), 0);
    for (int i = 1; i <= OLD_EVENTS; i++) {
        struct event_stored stored;
        struct wire_event event = { .id = arena_printf(&a, "u.%d", i), .uid = "u", .resource_version = arena_printf(&a, "%d", i), .type = EVENT_K8S,
                                    .reason = "BackOff", .message = "Back-off restarting", .timestamp = NOW + i, .involved = { .kind = "Pod", .name = "cart" } };
        assert_int_equal(events_insert(d, 1, &event, NOW + i, &a, &stored, &e), 1);
    }
    assert_int_equal(db_commit(d, &e), 0);
    arena_fini(&a);
}

static void run_sql(struct db *d, const char *sql)
{
    struct err e;
    struct db_stmt *s = db_prepare(d, sql, &e);
    assert_non_null(s);
    assert_int_equal(db_run(s, &e), 0);
}

static void count_row(void *arg, const struct event_row *row)
{
    (void)row;
    ++*(int *)arg;
}

static int count_found(struct db *d, const char *text)
{
    struct err e;
    int count = 0;
    int64_t next;
    struct event_filter filter = { .type = -1, .text = text, .reason = "backoff" };
    assert_int_equal(events_list(d, &filter, 0, 2 * OLD_EVENTS, count_row, &count, &next, &e), 0);
    return count;
}

static char *file_bytes(const char *dir, size_t *size)
{
    AUTO_FREE char *path = str_printf("%s/manager.db", dir);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = mem_alloc(8u << 20);
    *size = fread(bytes, 1, 8u << 20, file);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void a_database_of_an_earlier_release_keeps_its_events(void **state)
{
    (void)state;
    char dir[] = "/tmp/aetherius-manager-XXXXXX";
    struct err e;
    struct db_schema earlier = manager_schema;
    assert_non_null(mkdtemp(dir));
    earlier.n_migrations = 1;
    struct db *d = db_open(dir, &earlier, &e);
    assert_non_null(d);
    store_old_events(d);
    run_sql(d, "INSERT INTO event_text (rowid, words) SELECT n, reason FROM events");
    run_sql(d, "INSERT INTO event_blocks VALUES (0, 1, 2), (1, 1, 2)");
    run_sql(d, "INSERT INTO event_counts VALUES (0, 1, 1, 1500)");
    db_close(d);
    for (int times = 0; times < 2; times++) {    /* the second time there is nothing left to do */
        d = db_open(dir, &manager_schema, &e);
        assert_non_null(d);
        assert_int_equal(count_found(d, "restarting"), OLD_EVENTS);
        assert_int_equal(events_index(d, 10, &e), times ? 0 : 1);
        assert_int_equal(count_found(d, "restarting"), OLD_EVENTS);
        assert_int_equal(count_found(d, "restarted"), 0);
        db_close(d);
    }
    /* The earlier release refuses what this one has made, and leaves it alone. */
    size_t size_before, size_after;
    AUTO_FREE char *before = file_bytes(dir, &size_before);
    assert_null(db_open(dir, &earlier, &e));
    assert_int_equal(e.kind, ERR_CONFLICT);
    AUTO_FREE char *after = file_bytes(dir, &size_after);
    assert_int_equal(size_before, size_after);
    assert_memory_equal(before, after, size_before);
    AUTO_FREE char *path = str_printf("%s/manager.db", dir);
    assert_int_equal(unlink(path), 0);    /* nothing else is left beside it */
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cluster_is_what_was_last_written),
        cmocka_unit_test(watermarks_of_the_last_epochs_are_remembered),
        cmocka_unit_test(an_agents_gap_is_recorded_once_and_dead_letters_are_counted_together),
        cmocka_unit_test(dead_letters_are_bounded_in_size_and_number),
        cmocka_unit_test(the_outbox_gives_what_is_due_until_it_is_handled),
        cmocka_unit_test(a_command_is_open_until_it_is_finished),
        cmocka_unit_test(a_command_stays_while_somebody_has_to_hear_of_it),
        cmocka_unit_test(absent_numbers_stay_absent),
        cmocka_unit_test(long_series_are_thinned_and_old_samples_go),
        cmocka_unit_test(a_database_of_an_earlier_release_keeps_its_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
