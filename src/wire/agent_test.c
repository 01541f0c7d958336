#include "wire/agent.h"

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

static int read_register(const char *text, struct wire_register *out, struct err *e)
{
    return wire_register_decode(text, strlen(text), "prod-1", &arena, out, e);
}

static int read_control(const char *text, struct wire_control *out, struct err *e)
{
    return wire_control_decode(text, strlen(text), &arena, out, e);
}

static int read_heartbeat(const char *text, struct wire_heartbeat *out, struct err *e)
{
    return wire_heartbeat_decode(text, strlen(text), "prod-1", &arena, out, e);
}

static void a_registration_tells_everything(void **state)
{
    (void)state;
    const char *capabilities[] = { "event_watch", "evidence_collect" };
    struct wire_denied denied[] = { { "evidence_collect", "list", "networkpolicies.networking.k8s.io" } };
    struct wire_register m = { .cluster_id = "prod-1",
                               .version = "0.1.0",
                               .start_time = 1767323045678,
                               .capabilities = { capabilities, 2 },
                               .cluster_name = "\xe4\xb8\x8a\xe6\xb5\xb7",
                               .cluster_uid = "7c-1",
                               .instance = "aetherius-agent-5d",
                               .kubernetes_version = "v1.33.1",
                               .config_hash = "ab12",
                               .build = "deb13",
                               .epoch = 1767000000000,
                               .nodes = 3,
                               .denied = denied,
                               .n_denied = 1,
                               .region = "cn-east",
                               .session = "aetherius-agent-5d_1767000000000",
                               .lease_term = 3 };
    size_t size;
    AUTO_FREE char *text = wire_register_encode(&m, &size);
    assert_string_equal(
        text,
        "{\"schema\":1,\"cluster_id\":\"prod-1\",\"version\":\"0.1.0\",\"start_time\":\"2026-01-02T03:04:05.678Z\","
        "\"capabilities\":[\"event_watch\",\"evidence_collect\"],\"cluster_name\":\"\xe4\xb8\x8a\xe6\xb5\xb7\","
        "\"cluster_uid\":\"7c-1\","
        "\"instance\":\"aetherius-agent-5d\",\"epoch\":1767000000000,\"kubernetes_version\":\"v1.33.1\",\"nodes\":3,"
        "\"capabilities_denied\":[{\"capability\":\"evidence_collect\",\"verb\":\"list\",\"resource\":"
        "\"networkpolicies.networking.k8s.io\"}],"
        "\"config_hash\":\"ab12\",\"build\":\"deb13\",\"region\":\"cn-east\","
        "\"session\":\"aetherius-agent-5d_1767000000000\",\"lease_term\":3}");
    assert_int_equal(size, strlen(text));
    struct wire_register back;
    assert_int_equal(read_register(text, &back, NULL), 0);
    AUTO_FREE char *again = wire_register_encode(&back, NULL);
    assert_string_equal(again, text);
    assert_int_equal(back.n_denied, 1);
    assert_string_equal(back.denied[0].verb, "list");
}

static void a_registration_needs_a_version_and_its_own_name(void **state)
{
    (void)state;
    struct wire_register m;
    struct err e = { 0 };
    assert_int_equal(read_register("{}", &m, &e), -1);
    assert_string_equal(e.text, "register: version is missing");
    assert_int_equal(read_register("{\"version\":\"1\"}", &m, &e), 0);
    assert_string_equal(m.cluster_id, "prod-1");
    assert_int_equal(m.nodes, -1);
    assert_int_equal(m.start_time, 0);
    assert_int_equal(m.capabilities.count, 0);
    assert_int_equal(read_register("{\"version\":\"1\",\"cluster_id\":\"prod-2\"}", &m, &e), -1);
    assert_int_equal(e.kind, ERR_REFUSED);
    assert_int_equal(read_register("{\"version\":\"1\",\"epoch\":-4}", &m, &e), -1);
    assert_memory_equal(e.text, "register: epoch", 15);
}

static void lists_are_bounded_and_hold_texts_only(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = { 0 };
    buf_str(&text, "{\"version\":\"1\",\"capabilities\":[5,null");
    for (int i = 0; i < 100; i++)
        buf_printf(&text, ",\"c%d\"", i);
    buf_str(&text, "],\"capabilities_denied\":[3,{\"verb\":\"get\"}]}");
    struct wire_register m;
    assert_int_equal(read_register(buf_text(&text), &m, NULL), 0);
    assert_in_range(m.capabilities.count, WIRE_LIST_MAX - 2, WIRE_LIST_MAX);
    assert_string_equal(m.capabilities.items[0], "c0");
    assert_int_equal(m.n_denied, 1);
    assert_string_equal(m.denied[0].verb, "get");
}

static void a_welcome_tells_everything(void **state)
{
    (void)state;
    struct wire_control m = {
        .type = CONTROL_WELCOME,
        .state = ADMISSION_ACCEPTED,
        .epoch = 5,
        .seq = 77,
        .time = 1767323045678,
        .settings = { .heartbeat_ms = 15000, .metrics_ms = 60000, .batch_ms = 250, .batch_max = 256, .zstd = true },
        .command_key = "a2V5",
        .key_id = "0011223344556677",
        .session = "a_5"
    };
    AUTO_FREE char *text = wire_control_encode(&m, NULL);
    assert_string_equal(text, "{\"schema\":1,\"type\":\"welcome\",\"time\":\"2026-01-02T03:04:05.678Z\",\"state\":"
                              "\"accepted\",\"watermark\":{\"epoch\":5,\"seq\":77},"
                              "\"settings\":{\"heartbeat_interval\":\"15s\",\"metrics_interval\":\"1m\",\"batch_"
                              "interval\":\"250ms\",\"batch_max\":256,\"zstd\":true},"
                              "\"command_key\":\"a2V5\",\"key_id\":\"0011223344556677\",\"session\":\"a_5\"}");
    struct wire_control back;
    assert_int_equal(read_control(text, &back, NULL), 0);
    AUTO_FREE char *again = wire_control_encode(&back, NULL);
    assert_string_equal(again, text);
    assert_true(back.settings.zstd && back.seq == 77 && back.settings.batch_max == 256);
}

static void a_refusal_gives_its_reason(void **state)
{
    (void)state;
    AUTO_FREE char *text = wire_control_encode(
        &(struct wire_control){ .type = CONTROL_WELCOME, .state = ADMISSION_REFUSED, .reason = "clone" }, NULL);
    struct wire_control m;
    assert_int_equal(read_control(text, &m, NULL), 0);
    assert_int_equal(m.state, ADMISSION_REFUSED);
    assert_string_equal(m.reason, "clone");
    assert_int_equal(m.settings.heartbeat_ms, 0);
}

static void a_state_that_we_do_not_know_is_no_acceptance(void **state)
{
    (void)state;
    struct wire_control m;
    struct err e = { 0 };
    assert_int_equal(read_control("{\"type\":\"welcome\",\"state\":\"probation\"}", &m, &e), 0);
    assert_int_equal(m.state, ADMISSION_PENDING);
    assert_int_equal(read_control("{\"type\":\"welcome\"}", &m, &e), -1);
    assert_string_equal(e.text, "control welcome: state is missing");
}

static void each_type_has_its_own_fields(void **state)
{
    (void)state;
    static const struct {
        struct wire_control m;
        const char *text;
    } rows[] = {
        { { .type = CONTROL_WATERMARK, .epoch = 1, .seq = 0, .time = 1000 },
          "{\"schema\":1,\"type\":\"watermark\",\"time\":\"1970-01-01T00:00:01.000Z\",\"watermark\":{\"epoch\":1,"
          "\"seq\":0}}" },
        { { .type = CONTROL_HELLO_AGAIN, .reason = "restart" },
          "{\"schema\":1,\"type\":\"hello_again\",\"reason\":\"restart\"}" },
        { { .type = CONTROL_THROTTLE, .pause_ms = 2500 }, "{\"schema\":1,\"type\":\"throttle\",\"pause\":\"2.5s\"}" },
        { { .type = CONTROL_CANCEL, .command_id = "cmd-1" },
          "{\"schema\":1,\"type\":\"cancel\",\"command_id\":\"cmd-1\"}" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_FREE char *text = wire_control_encode(&rows[i].m, NULL);
        assert_string_equal(text, rows[i].text);
        struct wire_control back;
        assert_int_equal(read_control(text, &back, NULL), 0);
        assert_int_equal(back.type, rows[i].m.type);
        assert_true(back.epoch == rows[i].m.epoch && back.seq == rows[i].m.seq && back.pause_ms == rows[i].m.pause_ms);
        assert_true(str_eq(back.command_id, rows[i].m.command_id));
    }
}

static void controls_without_what_they_need_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "{}", "control: type is missing" },
        { "{\"type\":\"watermark\"}", "control watermark: watermark is missing" },
        { "{\"type\":\"watermark\",\"watermark\":7}", "control watermark: watermark is no object" },
        { "{\"type\":\"watermark\",\"watermark\":{\"seq\":-7}}", "control watermark: seq is no whole number from 0" },
        { "{\"type\":\"throttle\",\"pause\":\"-1s\"}", "control throttle: pause is no duration" },
        { "{\"type\":\"throttle\"}", "control throttle: pause is missing" },
        { "{\"type\":\"cancel\",\"command_id\":\"\"}", "control cancel: command_id is missing" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wire_control m;
        struct err e = { 0 };
        assert_int_equal(read_control(rows[i].text, &m, &e), -1);
        assert_memory_equal(e.text, rows[i].says, strlen(rows[i].says));
    }
}

static void a_control_of_the_future_is_unknown_and_harmless(void **state)
{
    (void)state;
    struct wire_control m;
    assert_int_equal(read_control("{\"type\":\"dance\",\"watermark\":{\"epoch\":9,\"seq\":9}}", &m, NULL), 0);
    assert_int_equal(m.type, CONTROL_UNKNOWN);
    assert_true(m.seq == 0);
}

static void intervals_come_as_text_or_nanoseconds(void **state)
{
    (void)state;
    struct wire_control m;
    assert_int_equal(
        read_control("{\"type\":\"welcome\",\"state\":\"accepted\",\"settings\":{\"heartbeat_interval\":1500000000,"
                     "\"metrics_interval\":\"2m30s\",\"batch_interval\":\"200 years\"}}",
                     &m, NULL),
        0);
    assert_int_equal(m.settings.heartbeat_ms, 1500);
    assert_int_equal(m.settings.metrics_ms, 150000);
    assert_int_equal(m.settings.batch_ms, 0);
    assert_int_equal(
        read_control("{\"type\":\"welcome\",\"state\":\"accepted\",\"settings\":{\"heartbeat_interval\":\"900000h\","
                     "\"metrics_interval\":\"-1s\",\"batch_interval\":-5}}",
                     &m, NULL),
        0);
    assert_int_equal(m.settings.heartbeat_ms, 0);    /* 102 years are a mistake, not an interval */
    assert_int_equal(m.settings.metrics_ms, 0);
    assert_int_equal(m.settings.batch_ms, 0);
}

static void settings_are_written_for_showing(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    wire_settings_write(w, "settings", &(struct wire_settings){ .heartbeat_ms = 30000, .zstd = true });
    json_w_end(w);
    AUTO_FREE char *text = json_w_take(w, NULL);
    assert_string_equal(text, "{\"settings\":{\"heartbeat_interval\":\"30s\",\"zstd\":true}}");
}

static void a_heartbeat_tells_everything(void **state)
{
    (void)state;
    const char *reasons[] = { "the watch on events is 3 minutes old", "clock 4 s ahead" };
    struct wire_heartbeat m = { .cluster_id = "prod-1",
                                .timestamp = 1767323045678,
                                .status = HEALTH_DEGRADED,
                                .reasons = { reasons, 2 },
                                .event_queue = 1,
                                .metrics_queue = 2,
                                .command_queue = 3,
                                .epoch = 4,
                                .seq = 5,
                                .watch_age_ms = 180000,
                                .spool_records = 6,
                                .spool_bytes = 7,
                                .spool_oldest_ms = 8,
                                .spool_dropped = 9,
                                .nodes = 10 };
    AUTO_FREE char *text = wire_heartbeat_encode(&m, NULL);
    assert_string_equal(
        text,
        "{\"schema\":1,\"cluster_id\":\"prod-1\",\"timestamp\":\"2026-01-02T03:04:05.678Z\",\"status\":\"degraded\","
        "\"reasons\":[\"the watch on events is 3 minutes old\",\"clock 4 s ahead\"],"
        "\"metrics\":{\"event_queue_size\":1,\"metrics_queue_size\":2,\"command_queue_size\":3},\"epoch\":4,\"seq\":5,"
        "\"watch_age_ms\":180000,"
        "\"spool\":{\"records\":6,\"bytes\":7,\"oldest_ms\":8,\"dropped\":9},\"nodes\":10,\"connected_api\":false}");
    struct wire_heartbeat back;
    assert_int_equal(read_heartbeat(text, &back, NULL), 0);
    AUTO_FREE char *again = wire_heartbeat_encode(&back, NULL);
    assert_string_equal(again, text);
}

static void a_heartbeat_that_never_saw_a_watch_says_so(void **state)
{
    (void)state;
    struct wire_heartbeat m = { .cluster_id = "prod-1", .status = HEALTH_UNHEALTHY, .watch_age_ms = -1, .nodes = -1 };
    AUTO_FREE char *text = wire_heartbeat_encode(&m, NULL);
    assert_null(strstr(text, "watch_age_ms"));
    struct wire_heartbeat back;
    assert_int_equal(read_heartbeat(text, &back, NULL), 0);
    assert_int_equal(back.watch_age_ms, -1);
    assert_int_equal(back.nodes, -1);
    assert_false(back.connected_api);
}

static void a_heartbeat_needs_a_status_and_its_own_name(void **state)
{
    (void)state;
    struct wire_heartbeat m;
    struct err e = { 0 };
    assert_int_equal(read_heartbeat("{}", &m, &e), -1);
    assert_string_equal(e.text, "heartbeat: status is missing");
    assert_int_equal(read_heartbeat("{\"status\":\"online\"}", &m, &e), 0);
    assert_int_equal(m.status, HEALTH_UNKNOWN);
    assert_int_equal(read_heartbeat("{\"status\":\"healthy\",\"cluster_id\":\"x\"}", &m, &e), -1);
    assert_int_equal(e.kind, ERR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_registration_tells_everything, reset),
        cmocka_unit_test_teardown(a_registration_needs_a_version_and_its_own_name, reset),
        cmocka_unit_test_teardown(lists_are_bounded_and_hold_texts_only, reset),
        cmocka_unit_test_teardown(a_welcome_tells_everything, reset),
        cmocka_unit_test_teardown(a_refusal_gives_its_reason, reset),
        cmocka_unit_test_teardown(a_state_that_we_do_not_know_is_no_acceptance, reset),
        cmocka_unit_test_teardown(each_type_has_its_own_fields, reset),
        cmocka_unit_test_teardown(controls_without_what_they_need_are_refused, reset),
        cmocka_unit_test_teardown(a_control_of_the_future_is_unknown_and_harmless, reset),
        cmocka_unit_test_teardown(intervals_come_as_text_or_nanoseconds, reset),
        cmocka_unit_test_teardown(settings_are_written_for_showing, reset),
        cmocka_unit_test_teardown(a_heartbeat_tells_everything, reset),
        cmocka_unit_test_teardown(a_heartbeat_that_never_saw_a_watch_says_so, reset),
        cmocka_unit_test_teardown(a_heartbeat_needs_a_status_and_its_own_name, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
