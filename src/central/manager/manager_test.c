/* The manager as a whole, against a real nats-server, spoken to with the messages of the oldest document (tests/data/seed). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "central/manager/stage_test.h"

#define REGISTER "{\"cluster_id\":\"prod-us-west-2\",\"version\":\"v1.0.0\",\"start_time\":\"2025-09-28T10:00:00Z\",\"capabilities\":" \
                 "[\"event_watch\",\"metrics_collect\",\"command_execute\"]}"
#define HEARTBEAT "{\"cluster_id\":\"prod-us-west-2\",\"timestamp\":\"2025-09-28T10:05:30Z\",\"status\":\"healthy\",\"metrics\":" \
                  "{\"event_queue_size\":3,\"metrics_queue_size\":1,\"command_queue_size\":0}}"
#define EVENT "{\"id\":\"evt-12345\",\"cluster_id\":\"prod-us-west-2\",\"type\":\"k8s_event\",\"source\":\"kubernetes\",\"namespace\":\"default\"," \
              "\"severity\":\"high\",\"message\":\"Pod CrashLoopBackOff\",\"timestamp\":\"2025-09-28T10:05:00Z\",\"reported_at\":" \
              "\"2025-09-28T10:05:01Z\",\"labels\":{\"reason\":\"CrashLoopBackOff\",\"pod\":\"app-1234\"}}"

static const struct stage_options usual = { 0 };
static const struct stage_options core_only = { .no_jetstream = true };

static struct stage *open_or_skip(const struct stage_options *options)
{
    struct stage *s = stage_open(options);
    if (!s)
        skip();
    return s;
}

static int64_t count_items(struct stage *s, const char *what, const char *params)
{
    AUTO_JSON struct json_doc *list = stage_query(s, what, "", params);
    return (int64_t)json_count(json_get(json_root(list), "items"));
}

static void a_plain_client_registers_and_its_event_is_stored(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    stage_request(s, "agent.register.prod-us-west-2", REGISTER);
    stage_hear(s, "answer", "\"state\":\"accepted\"");
    const char *welcome = stage_hear(s, "agent.control.prod-us-west-2", "welcome");
    assert_non_null(strstr(welcome, "\"heartbeat_interval\":\"15s\""));
    stage_say(s, "agent.heartbeat.prod-us-west-2", HEARTBEAT);
    stage_say(s, "agent.event.prod-us-west-2", EVENT);
    const char *received = stage_see(s, "event.received", "evt-12345");
    assert_non_null(strstr(received, "\"cluster_id\":\"prod-us-west-2\""));
    stage_see(s, "stream.event", "evt-12345");

    AUTO_JSON struct json_doc *event = stage_query(s, "event", "evt-12345", "{}");
    assert_string_equal(json_get_str(json_root(event), "message"), "Pod CrashLoopBackOff");
    assert_string_equal(json_at_str(json_root(event), "labels.pod"), "app-1234");
    assert_non_null(json_get_str(json_root(event), "stored_at"));
    AUTO_JSON struct json_doc *agent = stage_query(s, "agent", "prod-us-west-2", "{}");
    assert_string_equal(json_get_str(json_root(agent), "status"), "online");
    assert_string_equal(json_get_str(json_root(agent), "health"), "healthy");
    assert_string_equal(json_at_str(json_root(agent), "info.version"), "v1.0.0");
    assert_int_equal(json_get_int(json_root(agent), "event_count", 0), 1);
    stage_close(s);
}

static void the_same_works_without_jetstream(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    stage_request(s, "agent.register.prod-us-west-2", REGISTER);
    stage_hear(s, "answer", "\"state\":\"accepted\"");
    stage_say(s, "agent.event.prod-us-west-2", EVENT);
    stage_see(s, "event.received", "evt-12345");
    assert_int_equal(count_items(s, "events", "{}"), 1);
    stage_close(s);
}

static void the_welcome_carries_the_command_key(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    stage_say(s, "agent.register.prod-us-west-2", REGISTER);
    stage_hear(s, "agent.control.prod-us-west-2", "\"key_id\":\"21fe31dfa154a261\"");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_client_registers_and_its_event_is_stored),
        cmocka_unit_test(the_same_works_without_jetstream),
        cmocka_unit_test(the_welcome_carries_the_command_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
