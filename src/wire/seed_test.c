/* The messages of the origin's document, literally, and what Go's encoder makes of its structs (tests/data/seed): they decode unchanged, so
 * that a program which follows that document is understood.  Run from the root of the sources. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "wire/agent.h"
#include "wire/command.h"
#include "wire/event.h"
#include "wire/metrics.h"

#define CLUSTER "prod-us-west-2"

static struct arena arena;

static int reset(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* A message of tests/data/seed, in the arena. */
static const char *load(const char *name)
{
    AUTO_FREE char *path = str_printf("tests/data/seed/%s", name);
    static char text[8192];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s: run from the root of the sources", path);
    ssize_t size = read(fd, text, sizeof text);
    close(fd);
    assert_in_range(size, 1, sizeof text - 1);
    return arena_strndup(&arena, text, (size_t)size);
}

static int64_t at(const char *text)
{
    int64_t wall_ms = 0;
    assert_int_equal(clock_parse(text, &wall_ms), 0);
    return wall_ms;
}

/* Every member of the original is in what we write, with the same value; times with the same instant. */
static void assert_unchanged(const char *original, const char *written)
{
    AUTO_JSON struct json_doc *before = json_parse(original, strlen(original), &json_wire_limits, NULL);
    AUTO_JSON struct json_doc *after = json_parse(written, strlen(written), &json_wire_limits, NULL);
    for (struct json_iter i = json_iter(json_root(before)); json_next(&i);) {
        const json *value = json_get(json_root(after), i.key);
        int64_t was, is;
        if (clock_parse(json_str(i.value), &was) == 0) {
            assert_int_equal(clock_parse(json_str(value), &is), 0);
            assert_int_equal(was, is);
            continue;
        }
        AUTO_FREE char *want = json_text(i.value, NULL), *got = json_text(value, NULL);
        assert_non_null(got);
        assert_string_equal(got, want);
    }
}

static void the_registration(void **state)
{
    (void)state;
    const char *text = load("register.json");
    struct wire_register m;
    assert_int_equal(wire_register_decode(text, strlen(text), CLUSTER, &arena, &m, NULL), 0);
    assert_string_equal(m.cluster_id, CLUSTER);
    assert_string_equal(m.version, "v1.0.0");
    assert_int_equal(m.start_time, at("2025-09-28T10:00:00Z"));
    assert_int_equal(m.capabilities.count, 3);
    assert_string_equal(m.capabilities.items[2], "command_execute");
    assert_true(m.epoch == 0);
    assert_int_equal(m.nodes, -1);
    AUTO_FREE char *written = wire_register_encode(&m, NULL);
    assert_unchanged(text, written);
}

static void the_event(void **state)
{
    (void)state;
    const char *text = load("event.json");
    struct wire_events events;
    size_t refused;
    assert_int_equal(wire_events_decode(text, strlen(text), CLUSTER, &arena, &events, &refused, NULL), 0);
    assert_int_equal(events.count, 1);
    assert_int_equal(refused, 0);
    const struct wire_event *event = &events.items[0];
    assert_string_equal(event->id, "evt-12345");
    assert_int_equal(event->type, EVENT_K8S);
    assert_string_equal(event->source, "kubernetes");
    assert_string_equal(event->namespace_, "default");
    assert_int_equal(event->severity, SEVERITY_HIGH);
    assert_string_equal(event->message, "Pod CrashLoopBackOff");
    assert_int_equal(event->timestamp, at("2025-09-28T10:05:00Z"));
    assert_int_equal(event->reported_at, at("2025-09-28T10:05:01Z"));
    assert_int_equal(event->n_labels, 2);
    assert_string_equal(event->labels[1].name, "pod");
    assert_string_equal(event->labels[1].value, "app-1234");
    assert_string_equal(event->reason, "CrashLoopBackOff");    /* the document has it among the labels */
    assert_true(event->seq == 0);
    AUTO_JSON_W struct json_w *w = json_w_new();
    wire_event_write(w, NULL, event);
    AUTO_FREE char *written = json_w_take(w, NULL);
    assert_unchanged(text, written);
}

static void the_command(void **state)
{
    (void)state;
    const char *text = load("command.json");
    struct wire_command c;
    assert_int_equal(wire_command_decode(text, strlen(text), &arena, &c, NULL), 0);
    assert_string_equal(c.id, "cmd-67890");
    assert_string_equal(c.type, "diagnostic");
    assert_string_equal(c.tool, "kubectl");
    assert_string_equal(c.action, "logs");
    assert_int_equal(c.n_args, 4);
    assert_string_equal(c.args[1], "app-1234");
    assert_int_equal(c.timeout_ms, 30000);
    assert_int_equal(c.created_at, at("2025-09-28T10:05:05Z"));
    assert_null(c.signature);
    AUTO_FREE char *written = wire_command_encode(&c, NULL);
    assert_unchanged(text, written);
}

static void the_result(void **state)
{
    (void)state;
    const char *text = load("result.json");
    struct wire_result r;
    assert_int_equal(wire_result_decode(text, strlen(text), CLUSTER, &arena, &r, NULL), 0);
    assert_string_equal(r.command_id, "cmd-67890");
    assert_int_equal(r.status, STATUS_SUCCESS);
    assert_string_equal(r.output, "...[logs]...");
    assert_int_equal(r.duration_ms, 1500);
    assert_int_equal(r.timestamp, at("2025-09-28T10:05:06Z"));
    assert_int_equal(r.exit_code, -1);
    AUTO_FREE char *written = wire_result_encode(&r, NULL);
    assert_unchanged(text, written);
}

static void the_event_as_go_writes_it(void **state)
{
    (void)state;
    const char *text = load("go-event.json");
    struct wire_events events;
    size_t refused;
    assert_int_equal(wire_events_decode(text, strlen(text), CLUSTER, &arena, &events, &refused, NULL), 0);
    const struct wire_event *event = &events.items[0];
    assert_null(event->namespace_);
    assert_int_equal(event->timestamp, at("2025-09-28T10:05:00.123Z"));
    assert_int_equal(event->reported_at, 0);
    assert_int_equal(event->n_labels, 0);
    assert_string_equal(event->raw_data, "{\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"app-1234\"},\"count\":3}");
}

static void the_durations_as_go_writes_them(void **state)
{
    (void)state;
    const char *text = load("go-command.json");
    struct wire_command c;
    assert_int_equal(wire_command_decode(text, strlen(text), &arena, &c, NULL), 0);
    assert_int_equal(c.timeout_ms, 30000);
    text = load("go-result.json");
    struct wire_result r;
    assert_int_equal(wire_result_decode(text, strlen(text), CLUSTER, &arena, &r, NULL), 0);
    assert_int_equal(r.status, STATUS_FAILED);
    assert_int_equal(r.duration_ms, 1500);
    assert_string_equal(r.error, "exit status 1");
    assert_null(r.output);
}

static void the_heartbeat_as_go_writes_it(void **state)
{
    (void)state;
    const char *text = load("go-heartbeat.json");
    struct wire_heartbeat m;
    assert_int_equal(wire_heartbeat_decode(text, strlen(text), CLUSTER, &arena, &m, NULL), 0);
    assert_int_equal(m.status, HEALTH_HEALTHY);
    assert_int_equal(m.event_queue, 3);
    assert_int_equal(m.metrics_queue, 1);
    assert_int_equal(m.command_queue, 0);
    assert_int_equal(m.watch_age_ms, -1);
    assert_true(m.connected_api);
    AUTO_FREE char *written = wire_heartbeat_encode(&m, NULL);
    assert_unchanged(text, written);
}

static void metrics_of_any_shape(void **state)
{
    (void)state;
    const char *text = load("go-metrics.json");
    struct wire_metrics m;
    assert_int_equal(wire_metrics_decode(text, strlen(text), CLUSTER, &arena, &m, NULL), 0);
    assert_int_equal(m.timestamp, at("2025-09-28T10:06:00Z"));
    assert_int_equal(m.nodes, WIRE_ABSENT);
    assert_int_equal(m.n_node_samples, 0);
    assert_int_equal(m.n_pod_samples, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_registration, reset),
        cmocka_unit_test_teardown(the_event, reset),
        cmocka_unit_test_teardown(the_command, reset),
        cmocka_unit_test_teardown(the_result, reset),
        cmocka_unit_test_teardown(the_event_as_go_writes_it, reset),
        cmocka_unit_test_teardown(the_durations_as_go_writes_them, reset),
        cmocka_unit_test_teardown(the_heartbeat_as_go_writes_it, reset),
        cmocka_unit_test_teardown(metrics_of_any_shape, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
