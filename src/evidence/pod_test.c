#include "evidence/pod.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static struct json_doc *parse(const char *text)
{
    struct err e = { 0 };
    struct json_doc *doc = json_parse(text, strlen(text), &json_object_limits, &e);
    if (!doc)
        fail_msg("%s", e.text);
    return doc;
}

static int illness_of(const char *text)
{
    AUTO_JSON struct json_doc *doc = parse(text);
    return pod_illness(json_root(doc));
}

#define RUNNING                                                                                                        \
    "{\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":true,\"restartCount\":0,"     \
    "\"state\":{\"running\":{}}}]}}"
#define UNREADY                                                                                                        \
    "{\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":false,\"restartCount\":0,"    \
    "\"state\":{\"running\":{}}}]}}"
#define RESTARTED                                                                                                      \
    "{\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":true,\"restartCount\":3,"     \
    "\"state\":{\"running\":{}},\"lastState\":{\"terminated\":{\"exitCode\":137,\"reason\":\"OOMKilled\"}}}]}}"
#define CRASHED                                                                                                        \
    "{\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":false,\"restartCount\":3,"    \
    "\"state\":{\"terminated\":{\"exitCode\":3}},\"lastState\":{\"terminated\":{\"exitCode\":3}}}]}}"
#define WAITING                                                                                                        \
    "{\"status\":{\"phase\":\"Pending\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":false,\"restartCount\":0,"    \
    "\"state\":{\"waiting\":{\"reason\":\"ImagePullBackOff\"}}}]}}"
#define CREATING                                                                                                       \
    "{\"status\":{\"phase\":\"Pending\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":false,\"restartCount\":0,"    \
    "\"state\":{\"waiting\":{\"reason\":\"ContainerCreating\"}}}]}}"
#define EVICTED "{\"status\":{\"phase\":\"Failed\",\"reason\":\"Evicted\"}}"
#define DONE                                                                                                           \
    "{\"status\":{\"phase\":\"Succeeded\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":false,\"restartCount\":0,"  \
    "\"state\":{\"terminated\":{\"exitCode\":0}}}]}}"

static void the_worse_a_pod_the_more_it_counts(void **state)
{
    (void)state;
    static const char *const order[] = { RUNNING, UNREADY, RESTARTED, CREATING, CRASHED, WAITING, EVICTED };
    assert_int_equal(illness_of(RUNNING), 0);
    assert_int_equal(illness_of(DONE), 0);
    for (size_t i = 1; i < COUNT(order); i++)
        assert_true(illness_of(order[i]) > illness_of(order[i - 1]));
}

static void assert_logs(const char *text, const char *expected)
{
    AUTO_JSON struct json_doc *doc = parse(text);
    struct pod_log logs[8];
    char got[200] = "";
    size_t count = pod_logs(json_root(doc), logs, COUNT(logs));
    for (size_t i = 0; i < count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%.63s%s ", logs[i].container,
                 logs[i].previous ? "-" : "");
    assert_string_equal(got, expected);
}

static void logs_are_wanted_of_containers_that_are_not_well_and_have_run(void **state)
{
    (void)state;
    assert_logs(RUNNING, "");
    assert_logs(UNREADY, "c ");
    assert_logs(RESTARTED, "c c- ");
    assert_logs(CRASHED, "c c- ");
    assert_logs(WAITING, "");
    assert_logs(CREATING, "");
    assert_logs(EVICTED, "");
    assert_logs(DONE, "");
    assert_logs("{\"status\":{\"phase\":\"Pending\",\"initContainerStatuses\":[{\"name\":\"init\",\"ready\":false,"
                "\"restartCount\":2,\"state\":{\"waiting\":"
                "{\"reason\":\"CrashLoopBackOff\"}},\"lastState\":{\"terminated\":{\"exitCode\":1}}},{\"name\":"
                "\"done\",\"ready\":true,\"state\":{\"terminated\":"
                "{\"exitCode\":0}}}],\"containerStatuses\":[{\"name\":\"main\",\"ready\":false,\"state\":{\"waiting\":{"
                "\"reason\":\"PodInitializing\"}}}]}}",
                "init init- ");
}

static void more_logs_than_there_is_room_for_are_left_out(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = parse(CRASHED);
    struct pod_log log;
    assert_int_equal(pod_logs(json_root(doc), &log, 1), 1);
    assert_int_equal(pod_logs(json_root(doc), &log, 0), 0);
}

static void a_pending_pod_without_a_node_is_unscheduled(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *pending = parse("{\"spec\":{},\"status\":{\"phase\":\"Pending\"}}");
    AUTO_JSON struct json_doc *placed = parse("{\"spec\":{\"nodeName\":\"n\"},\"status\":{\"phase\":\"Pending\"}}");
    assert_true(pod_is_unscheduled(json_root(pending)));
    assert_false(pod_is_unscheduled(json_root(placed)));
}

static void add(void *arg, const char *resource, double amount)
{
    char *out = arg;
    snprintf(out + strlen(out), 200 - strlen(out), "%s=%g ", resource, amount);
}

static void requests_are_what_the_scheduler_reserves(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc =
        parse("{\"spec\":{\"containers\":[{\"resources\":{\"requests\":{\"cpu\":\"100m\",\"memory\":\"1Ki\"}}},{"
              "\"resources\":{\"requests\":{\"cpu\":\"1\"}}}],"
              "\"initContainers\":[{\"resources\":{\"requests\":{\"cpu\":\"500m\",\"memory\":\"4Ki\"}}},"
              "{\"restartPolicy\":\"Always\",\"resources\":{\"requests\":{\"cpu\":\"10m\"}}}],\"overhead\":{\"cpu\":"
              "\"1m\"}}}");
    char got[200] = "";
    pod_requests(json_root(doc), add, got);
    assert_string_equal(got, "cpu=1.111 memory=4096 ");
}

static void hostile_pods_have_no_answers(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"status\":5,\"spec\":\"x\"}",
        "{\"status\":{\"containerStatuses\":{\"a\":1}}}",
        "{\"status\":{\"containerStatuses\":[7,null,{\"name\":5,\"restartCount\":\"x\"}]}}",
        "{\"spec\":{\"containers\":[{\"resources\":{\"requests\":{\"cpu\":7,\"memory\":\"x\"}}}]}}",
        "{\"spec\":{\"containers\":[{\"resources\":{\"requests\":[\"1\"]}}],\"overhead\":[2]}}"
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        AUTO_JSON struct json_doc *doc = parse(texts[i]);
        struct pod_log logs[4];
        char got[200] = "";
        pod_illness(json_root(doc));
        assert_int_equal(pod_logs(json_root(doc), logs, COUNT(logs)), 0);
        pod_requests(json_root(doc), add, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worse_a_pod_the_more_it_counts),
        cmocka_unit_test(logs_are_wanted_of_containers_that_are_not_well_and_have_run),
        cmocka_unit_test(more_logs_than_there_is_room_for_are_left_out),
        cmocka_unit_test(a_pending_pod_without_a_node_is_unscheduled),
        cmocka_unit_test(requests_are_what_the_scheduler_reserves),
        cmocka_unit_test(hostile_pods_have_no_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
