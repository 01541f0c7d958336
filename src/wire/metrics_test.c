#include "wire/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static struct arena arena;

static int reset(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static int read_metrics(const char *text, struct wire_metrics *out, struct err *e)
{
    return wire_metrics_decode(text, strlen(text), "prod-1", &arena, out, e);
}

static struct wire_node_sample absent_node(const char *name)
{
    return (
        struct wire_node_sample){ name, WIRE_ABSENT, WIRE_ABSENT, WIRE_ABSENT, WIRE_ABSENT, WIRE_ABSENT, WIRE_ABSENT };
}

static struct wire_metrics absent_metrics(void)
{
    return (struct wire_metrics){ "prod-1",    1767323045678, 0,           WIRE_ABSENT, WIRE_ABSENT,
                                  WIRE_ABSENT, WIRE_ABSENT,   WIRE_ABSENT, WIRE_ABSENT, WIRE_ABSENT,
                                  WIRE_ABSENT, WIRE_ABSENT,   WIRE_ABSENT, WIRE_ABSENT };
}

static void a_sample_set_tells_everything(void **state)
{
    (void)state;
    struct wire_condition conditions[] = { { "Ready", "True", "KubeletReady" }, { "MemoryPressure", "False", NULL } };
    struct wire_node_sample nodes[] = { { "worker-1", 1, 2, 3, 4, 5, 6, true, true, "v1.33.1", conditions, 2 },
                                        absent_node("worker-2") };
    struct wire_pod_sample pods[] = { { "shop", "cart-7d9", "worker-1", 7, 8, 9, 0 } };
    struct wire_metrics m = {
        "prod-1", 1767323045678, 1767323046000, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, nodes, 2, pods, 1
    };
    size_t size;
    AUTO_FREE char *text = wire_metrics_encode(&m, &size);
    assert_string_equal(text,
                        "{\"schema\":1,\"cluster_id\":\"prod-1\",\"timestamp\":\"2026-01-02T03:04:05.678Z\",\"reported_"
                        "at\":\"2026-01-02T03:04:06.000Z\",\"data\":{"
                        "\"cluster\":{\"nodes\":10,\"nodes_ready\":11,\"pods\":12,\"pods_running\":13,\"pods_pending\":"
                        "14,\"pods_failed\":15,\"restarts\":16,"
                        "\"cpu_millicores\":17,\"memory_bytes\":18,\"cpu_allocatable\":19,\"memory_allocatable\":20},"
                        "\"nodes\":[{\"name\":\"worker-1\",\"cpu_millicores\":1,\"memory_bytes\":2,\"cpu_allocatable\":"
                        "3,\"memory_allocatable\":4,"
                        "\"pods_allocatable\":5,\"pods\":6,\"ready\":true,\"unschedulable\":true,\"kubelet_version\":"
                        "\"v1.33.1\",\"conditions\":["
                        "{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"KubeletReady\"},{\"type\":"
                        "\"MemoryPressure\",\"status\":\"False\"}]},"
                        "{\"name\":\"worker-2\",\"ready\":false}],"
                        "\"pods\":[{\"namespace\":\"shop\",\"name\":\"cart-7d9\",\"node\":\"worker-1\",\"cpu_"
                        "millicores\":7,\"memory_bytes\":8,"
                        "\"memory_limit\":9,\"restarts\":0}]}}");
    struct wire_metrics back;
    assert_int_equal(read_metrics(text, &back, NULL), 0);
    AUTO_FREE char *again = wire_metrics_encode(&back, NULL);
    assert_string_equal(again, text);
    assert_int_equal(back.node_samples[1].pods, WIRE_ABSENT);
    assert_int_equal(back.pod_samples[0].restarts, 0);
}

static void absent_is_absent_and_never_zero(void **state)
{
    (void)state;
    struct wire_metrics m = absent_metrics(), back;
    AUTO_FREE char *text = wire_metrics_encode(&m, NULL);
    assert_string_equal(
        text, "{\"schema\":1,\"cluster_id\":\"prod-1\",\"timestamp\":\"2026-01-02T03:04:05.678Z\",\"data\":{}}");
    assert_int_equal(read_metrics(text, &back, NULL), 0);
    assert_int_equal(back.nodes, WIRE_ABSENT);
    assert_int_equal(back.memory_allocatable, WIRE_ABSENT);
    assert_int_equal(back.n_node_samples, 0);
    m.pods_failed = 0;
    AUTO_FREE char *zero = wire_metrics_encode(&m, NULL);
    assert_non_null(strstr(zero, "\"cluster\":{\"pods_failed\":0}"));
    assert_int_equal(read_metrics(zero, &back, NULL), 0);
    assert_int_equal(back.pods_failed, 0);
    assert_int_equal(back.pods_pending, WIRE_ABSENT);
}

static void a_set_needs_its_time_and_its_own_name(void **state)
{
    (void)state;
    struct wire_metrics m;
    struct err e = { 0 };
    assert_int_equal(read_metrics("{\"data\":{}}", &m, &e), -1);
    assert_string_equal(e.text, "metrics: timestamp is missing");
    assert_int_equal(read_metrics("{\"timestamp\":\"2026-01-02T03:04:05Z\"}", &m, &e), 0);
    assert_string_equal(m.cluster_id, "prod-1");
    assert_int_equal(m.restarts, WIRE_ABSENT);
    assert_int_equal(read_metrics("{\"timestamp\":\"2026-01-02T03:04:05Z\",\"cluster_id\":\"x\"}", &m, &e), -1);
    assert_int_equal(e.kind, ERR_REFUSED);
}

static void samples_without_a_name_are_left_out(void **state)
{
    (void)state;
    struct wire_metrics m;
    assert_int_equal(
        read_metrics(
            "{\"timestamp\":\"2026-01-02T03:04:05Z\",\"data\":{\"nodes\":[{\"pods\":1},{\"name\":\"a\",\"pods\":-2},3],"
            "\"pods\":[{\"name\":\"p\"},{\"namespace\":\"n\",\"name\":\"p\",\"cpu_millicores\":1.9}]}}",
            &m, NULL),
        0);
    assert_int_equal(m.n_node_samples, 1);
    assert_string_equal(m.node_samples[0].name, "a");
    assert_int_equal(m.node_samples[0].pods, WIRE_ABSENT);
    assert_int_equal(m.n_pod_samples, 1);
    assert_int_equal(m.pod_samples[0].cpu_millicores, 1);
}

static void a_full_set_is_read_again(void **state)
{
    (void)state;
    struct wire_condition conditions[WIRE_CONDITIONS_MAX];
    struct wire_node_sample nodes[WIRE_NODE_SAMPLES_MAX + 1];
    struct wire_pod_sample pods[WIRE_POD_SAMPLES_MAX + 1];
    for (size_t i = 0; i < COUNT(conditions); i++)
        conditions[i] = (struct wire_condition){ "NetworkUnavailable", "False", "RouteCreated" };
    for (size_t i = 0; i < COUNT(nodes); i++)
        nodes[i] = (struct wire_node_sample){ "worker", 1,    2,    3,         4,          5,
                                              6,        true, true, "v1.33.1", conditions, COUNT(conditions) };
    for (size_t i = 0; i < COUNT(pods); i++)
        pods[i] = (struct wire_pod_sample){ "shop", "cart", "worker", 1, 2, 3, 4 };
    struct wire_metrics m = { "prod-1",     1,    2,          3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, nodes,
                              COUNT(nodes), pods, COUNT(pods) },
                        back;
    size_t size;
    AUTO_FREE char *text = wire_metrics_encode(&m, &size);
    assert_true(size < (1u << 20));
    assert_int_equal(read_metrics(text, &back, NULL), 0);
    assert_int_equal(back.n_node_samples, WIRE_NODE_SAMPLES_MAX);
    assert_int_equal(back.n_pod_samples, WIRE_POD_SAMPLES_MAX);
    assert_int_equal(back.node_samples[0].n_conditions, WIRE_CONDITIONS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_sample_set_tells_everything, reset),
        cmocka_unit_test_teardown(absent_is_absent_and_never_zero, reset),
        cmocka_unit_test_teardown(a_set_needs_its_time_and_its_own_name, reset),
        cmocka_unit_test_teardown(samples_without_a_name_are_left_out, reset),
        cmocka_unit_test_teardown(a_full_set_is_read_again, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
