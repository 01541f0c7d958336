#include "base/metric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test has rows of its own, because the registry keeps them for ever. */
static struct buf page;

static const char *print(void)
{
    buf_reset(&page);
    metric_print(&page);
    return buf_text(&page);
}

static void a_counter_is_printed_as_openmetrics_wants_it(void **state)
{
    (void)state;
    static struct metric rows[] = {
        { "aetherius_a_events_total", METRIC_COUNTER, "kind", "Events that \"came\" in.", NULL },
        { "aetherius_a_read_bytes_total", METRIC_COUNTER, NULL, "Bytes read.", NULL },
    };
    metric_register(rows, COUNT(rows));
    metric_register(rows, COUNT(rows));    /* harmless */
    metric_add(&rows[0], "pods", 1);
    metric_add(&rows[0], "nodes", 2);
    metric_add(&rows[0], "pods", 1);
    assert_non_null(strstr(print(), "# TYPE aetherius_a_events counter\n"
                                    "# HELP aetherius_a_events Events that \\\"came\\\" in.\n"
                                    "aetherius_a_events_total{kind=\"pods\"} 2\n"
                                    "aetherius_a_events_total{kind=\"nodes\"} 2\n"
                                    "# TYPE aetherius_a_read_bytes counter\n"
                                    "# UNIT aetherius_a_read_bytes bytes\n"
                                    "# HELP aetherius_a_read_bytes Bytes read.\n"
                                    "aetherius_a_read_bytes_total 0\n"));
    assert_true(str_ends(print(), "\n# EOF\n"));
    assert_double_equal(metric_value(&rows[0], "pods"), 2, 0);
    assert_double_equal(metric_value(&rows[0], "never"), 0, 0);
    assert_null(strstr(print(), "never"));    /* asking is no touching */
    metric_set(&rows[1], NULL, 77);           /* kept elsewhere, mirrored here */
    assert_non_null(strstr(print(), "aetherius_a_read_bytes_total 77\n"));
}

static void a_gauge_goes_up_and_down(void **state)
{
    (void)state;
    static struct metric rows[] = { { "aetherius_b_depth", METRIC_GAUGE, NULL, "Waiting.", NULL } };
    metric_register(rows, COUNT(rows));
    metric_set(&rows[0], NULL, 10);
    metric_add(&rows[0], NULL, -12.5);
    assert_non_null(strstr(print(), "# TYPE aetherius_b_depth gauge\n# HELP aetherius_b_depth Waiting.\naetherius_b_depth -2.5\n"));
}

static void numbers_read_back_as_they_were(void **state)
{
    (void)state;
    static struct metric rows[] = { { "aetherius_c_number", METRIC_GAUGE, NULL, "Any.", NULL } };
    static const struct { double number; const char *text; } cases[] = {
        { 0, "0" }, { 1, "1" }, { 0.1, "0.1" }, { 1.0 / 3, "0.3333333333333333" }, { 1e15, "1e+15" }, { 123456789012345, "123456789012345" },
        { 9007199254740993, "9007199254740992" }, { -0.25, "-0.25" }, { INFINITY, "+Inf" }, { -INFINITY, "-Inf" }, { NAN, "NaN" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        metric_set(&rows[0], NULL, cases[i].number);
        char line[80];
        snprintf(line, sizeof line, "\naetherius_c_number %s\n", cases[i].text);
        if (!strstr(print(), line))
            fail_msg("%s", cases[i].text);
    }
}

static void a_histogram_counts_into_buckets(void **state)
{
    (void)state;
    static struct metric rows[] = {
        { "aetherius_d_wait_seconds", METRIC_HISTOGRAM, "route", "Wait.", NULL },
        { "aetherius_d_idle_seconds", METRIC_HISTOGRAM, NULL, "Idle.", NULL },
    };
    metric_register(rows, COUNT(rows));
    static const double seconds[] = { 0, 0.001, 0.0011, 1, 60, 61, -5, NAN };
    for (size_t i = 0; i < COUNT(seconds); i++)
        metric_observe(&rows[0], "a", seconds[i]);
    assert_double_equal(metric_value(&rows[0], "a"), COUNT(seconds), 0);
    assert_non_null(strstr(print(), "# TYPE aetherius_d_wait_seconds histogram\n"
                                    "# UNIT aetherius_d_wait_seconds seconds\n"
                                    "# HELP aetherius_d_wait_seconds Wait.\n"
                                    "aetherius_d_wait_seconds_bucket{route=\"a\",le=\"0.001\"} 4\n"
                                    "aetherius_d_wait_seconds_bucket{route=\"a\",le=\"0.0025\"} 5\n"));
    assert_non_null(strstr(print(), "aetherius_d_wait_seconds_bucket{route=\"a\",le=\"0.5\"} 5\n"
                                    "aetherius_d_wait_seconds_bucket{route=\"a\",le=\"1.0\"} 6\n"));
    assert_non_null(strstr(print(), "aetherius_d_wait_seconds_bucket{route=\"a\",le=\"60.0\"} 7\n"
                                    "aetherius_d_wait_seconds_bucket{route=\"a\",le=\"+Inf\"} 8\n"
                                    "aetherius_d_wait_seconds_count{route=\"a\"} 8\n"
                                    "aetherius_d_wait_seconds_sum{route=\"a\"} 122.0021\n"));
    assert_non_null(strstr(print(), "aetherius_d_idle_seconds_bucket{le=\"+Inf\"} 0\n"
                                    "aetherius_d_idle_seconds_count 0\naetherius_d_idle_seconds_sum 0\n"));
}

static void hostile_label_values_stay_label_values(void **state)
{
    (void)state;
    static struct metric rows[] = { { "aetherius_e_things_total", METRIC_COUNTER, "name", "Things.", NULL } };
    metric_add(&rows[0], "a\"} 1\n# EOF\\", 1);
    metric_add(&rows[0], "\x1b[2J", 1);
    metric_add(&rows[0], "\x07[2J", 1);    /* looks the same once it is harmless: one series, not the same line twice */
    metric_add(&rows[0], "\xff\xc3", 1);
    metric_add(&rows[0], "镜像", 1);
    metric_add(&rows[0], NULL, 1);
    assert_non_null(strstr(print(), "aetherius_e_things_total{name=\"a\\\"} 1\\n# EOF\\\\\"} 1\n"
                                    "aetherius_e_things_total{name=\"\xef\xbf\xbd[2J\"} 2\n"
                                    "aetherius_e_things_total{name=\"\xef\xbf\xbd\xef\xbf\xbd\"} 1\n"
                                    "aetherius_e_things_total{name=\"镜像\"} 1\n"
                                    "aetherius_e_things_total{name=\"\"} 1\n"));
    assert_double_equal(metric_value(&rows[0], "\x1b[2J"), 2, 0);

    char longer[1000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    metric_add(&rows[0], longer, 1);
    longer[500] = '\0';
    metric_add(&rows[0], longer, 1);
    longer[128] = '\0';
    assert_double_equal(metric_value(&rows[0], longer), 2, 0);
}

static void too_many_label_values_are_counted_as_other(void **state)
{
    (void)state;
    static struct metric rows[] = { { "aetherius_f_things_total", METRIC_COUNTER, "name", "Things.", NULL } };
    for (int i = 0; i < METRIC_SERIES_MAX + 50; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        metric_add(&rows[0], name, 1);
        metric_add(&rows[0], name, 1);
    }
    assert_double_equal(metric_value(&rows[0], "n0"), 2, 0);
    assert_double_equal(metric_value(&rows[0], "n1999"), 2, 0);
    assert_double_equal(metric_value(&rows[0], "n2000"), 0, 0);
    assert_double_equal(metric_value(&rows[0], "other"), 100, 0);
}

static struct metric shared[] = {
    { "aetherius_g_adds_total", METRIC_COUNTER, "who", "Adds.", NULL },
    { "aetherius_g_took_seconds", METRIC_HISTOGRAM, NULL, "Took.", NULL },
};

static void *hammer(void *arg)
{
    (void)arg;
    static const char *const names[] = { "a", "b", "c", "d", "e" };
    for (int i = 0; i < 5000; i++) {
        metric_add(&shared[0], names[i % 5], 1);
        metric_observe(&shared[1], NULL, 0.5);
    }
    return NULL;
}

static void no_update_of_any_thread_is_lost(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, NULL), 0);
    print();    /* in between */
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    static const char *const names[] = { "a", "b", "c", "d", "e" };
    for (size_t i = 0; i < COUNT(names); i++)
        assert_double_equal(metric_value(&shared[0], names[i]), 4000, 0);
    assert_double_equal(metric_value(&shared[1], NULL), 20000, 0);
    assert_non_null(strstr(print(), "aetherius_g_took_seconds_sum 10000\n"));
}

static struct metric never_registered[] = {
    { "aetherius_h_z", METRIC_GAUGE, NULL, "Last.", NULL },
    { "aetherius_h_a_total", METRIC_COUNTER, "kind", "First.", NULL },
};
METRIC_DECLARE(never_registered);

static struct metric another_table[] = { { "aetherius_h_m_seconds", METRIC_HISTOGRAM, NULL, "Middle.", NULL } };
METRIC_DECLARE(another_table);

static void documentation_knows_every_declared_table_and_is_sorted_by_name(void **state)
{
    (void)state;
    AUTO_BUF struct buf docs = { 0 };
    metric_print_docs(&docs);
    assert_string_equal(buf_text(&docs), "| Metric | Kind | Label | Meaning |\n| --- | --- | --- | --- |\n"
                                         "| `aetherius_h_a_total` | counter | `kind` | First. |\n| `aetherius_h_m_seconds` | histogram | | Middle. |\n| `aetherius_h_z` | gauge | | Last. |\n");
}

/* Prometheus' own OpenMetrics parser is strict, but reads files only with a time behind each sample. */
static void prometheus_reads_every_line(void **state)
{
    (void)state;
    if (system("command -v promtool >/dev/null 2>&1") != 0)
        skip();
    char directory[] = "/tmp/aetherius-metric-XXXXXX";
    assert_non_null(mkdtemp(directory));
    char path[64], command[200];
    snprintf(path, sizeof path, "%s/page", directory);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    AUTO_FREE char *text = str_dup(print());
    int samples = 0;
    char *more = NULL;
    for (char *line = strtok_r(text, "\n", &more); line; line = strtok_r(NULL, "\n", &more)) {
        samples += line[0] != '#';
        fprintf(f, line[0] == '#' ? "%s\n" : "%s 1700000000\n", line);
    }
    fclose(f);
    assert_true(samples > 100);
    snprintf(command, sizeof command, "promtool tsdb create-blocks-from openmetrics -q %s %s/blocks", path, directory);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "rm -r %s", directory);
    assert_int_equal(system(command), 0);
}

static int cleanup(void **state)
{
    (void)state;
    buf_fini(&page);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_is_printed_as_openmetrics_wants_it),
        cmocka_unit_test(a_gauge_goes_up_and_down),
        cmocka_unit_test(numbers_read_back_as_they_were),
        cmocka_unit_test(a_histogram_counts_into_buckets),
        cmocka_unit_test(hostile_label_values_stay_label_values),
        cmocka_unit_test(too_many_label_values_are_counted_as_other),
        cmocka_unit_test(no_update_of_any_thread_is_lost),
        cmocka_unit_test(documentation_knows_every_declared_table_and_is_sorted_by_name),
        cmocka_unit_test(prometheus_reads_every_line),
    };
    return cmocka_run_group_tests(tests, NULL, cleanup);
}
