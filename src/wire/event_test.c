#include "wire/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "wire/agent.h"

#define REQUIRED "\"id\":\"u.7\",\"timestamp\":\"2026-01-02T03:04:05.678Z\""
#define USUAL    REQUIRED ",\"message\":\"m\""

static struct arena arena;

static int reset(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* What decoding of one event text said. */
struct decoded {
    int rc;
    struct wire_events events;
    const struct wire_event *event; /* the first */
    size_t refused;
    struct err e;
};

static struct decoded decode(const char *text)
{
    struct decoded d = { 0 };
    d.rc = wire_events_decode(text, strlen(text), "prod-1", &arena, &d.events, &d.refused, &d.e);
    d.event = d.events.count ? &d.events.items[0] : NULL;
    return d;
}

static char *encode(const struct wire_event *event)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    wire_event_write(w, NULL, event);
    return json_w_take(w, NULL);
}

static const struct wire_label labels[] = { { "app", "cart" }, { "tier", "" } };
static const struct wire_event full = {
    .id = "8f-1.4711",
    .cluster_id = "prod-1",
    .type = EVENT_STATE,
    .source = "kubernetes",
    .namespace_ = "shop",
    .severity = SEVERITY_CRITICAL,
    .message = "back-off 5m0s restarting failed container=cart \"\xe9\x9b\x86\"",
    .timestamp = 1767323045678,
    .reported_at = 1767323046001,
    .labels = labels,
    .n_labels = 2,
    .raw_data = "{\"kind\":\"Event\",\"count\":3}",
    .raw_size = 26,
    .uid = "8f-1",
    .resource_version = "4711",
    .event_type = "Warning",
    .reason = "BackOff",
    .action = "Restarting",
    .involved = { "Pod", "shop", "cart-7d9", "3c-9", "v1", "spec.containers{cart}" },
    .owner_kind = "Deployment",
    .owner_name = "cart",
    .count = 12,
    .delta = 3,
    .first_seen = 1767322000000,
    .last_seen = 1767323045000,
    .component = "kubelet",
    .node = "worker-1",
    .cluster_scoped = true,
    .fingerprint = "a1b2",
    .epoch = 1767000000000,
    .seq = 9007199254740991,
    .recovery = true,
};

static void every_field_comes_back(void **state)
{
    (void)state;
    AUTO_FREE char *text = encode(&full);
    struct decoded d = decode(text);
    assert_int_equal(d.rc, 0);
    assert_int_equal(d.events.count, 1);
    const struct wire_event *ev = d.event;
    const char *const got[] = { ev->id,
                                ev->cluster_id,
                                ev->source,
                                ev->namespace_,
                                ev->message,
                                ev->uid,
                                ev->resource_version,
                                ev->event_type,
                                ev->reason,
                                ev->action,
                                ev->involved.kind,
                                ev->involved.namespace_,
                                ev->involved.name,
                                ev->involved.uid,
                                ev->involved.api_version,
                                ev->involved.field_path,
                                ev->owner_kind,
                                ev->owner_name,
                                ev->component,
                                ev->node,
                                ev->fingerprint,
                                ev->raw_data,
                                ev->labels[0].name,
                                ev->labels[0].value,
                                ev->labels[1].name,
                                ev->labels[1].value };
    const char *const want[] = { full.id,
                                 full.cluster_id,
                                 full.source,
                                 full.namespace_,
                                 full.message,
                                 full.uid,
                                 full.resource_version,
                                 full.event_type,
                                 full.reason,
                                 full.action,
                                 "Pod",
                                 "shop",
                                 "cart-7d9",
                                 "3c-9",
                                 "v1",
                                 "spec.containers{cart}",
                                 "Deployment",
                                 "cart",
                                 "kubelet",
                                 "worker-1",
                                 "a1b2",
                                 full.raw_data,
                                 "app",
                                 "cart",
                                 "tier",
                                 "" };
    for (size_t i = 0; i < COUNT(got); i++)
        assert_string_equal(got[i], want[i]);
    assert_int_equal(ev->type, EVENT_STATE);
    assert_int_equal(ev->severity, SEVERITY_CRITICAL);
    assert_int_equal(ev->timestamp, full.timestamp);
    assert_int_equal(ev->reported_at, full.reported_at);
    assert_int_equal(ev->first_seen, full.first_seen);
    assert_int_equal(ev->last_seen, full.last_seen);
    assert_int_equal(ev->count, 12);
    assert_int_equal(ev->delta, 3);
    assert_int_equal(ev->n_labels, 2);
    assert_int_equal(ev->raw_size, 26);
    assert_true(ev->cluster_scoped && ev->recovery);
    assert_true(ev->epoch == full.epoch && ev->seq == full.seq);
    AUTO_FREE char *again = encode(ev);
    assert_string_equal(again, text);
}

static void the_words_on_the_wire_are_those_of_the_contract(void **state)
{
    (void)state;
    AUTO_FREE char *text = encode(&full);
    assert_string_equal(
        text,
        "{\"schema\":1,\"id\":\"8f-1.4711\",\"cluster_id\":\"prod-1\",\"type\":\"k8s_state\",\"source\":\"kubernetes\","
        "\"namespace\":\"shop\","
        "\"severity\":\"critical\",\"message\":\"back-off 5m0s restarting failed container=cart \\\"\xe9\x9b\x86\\\"\","
        "\"timestamp\":\"2026-01-02T03:04:05.678Z\",\"reported_at\":\"2026-01-02T03:04:06.001Z\",\"uid\":\"8f-1\","
        "\"resource_version\":\"4711\","
        "\"event_type\":\"Warning\",\"reason\":\"BackOff\",\"action\":\"Restarting\",\"involved\":{\"kind\":\"Pod\","
        "\"namespace\":\"shop\","
        "\"name\":\"cart-7d9\",\"uid\":\"3c-9\",\"api_version\":\"v1\",\"field_path\":\"spec.containers{cart}\"},"
        "\"owner\":{\"kind\":\"Deployment\",\"name\":\"cart\"},\"count\":12,\"delta\":3,\"first_seen\":\"2026-01-02T02:"
        "46:40.000Z\","
        "\"last_seen\":\"2026-01-02T03:04:05.000Z\",\"component\":\"kubelet\",\"node\":\"worker-1\",\"scope\":"
        "\"cluster\","
        "\"fingerprint\":\"a1b2\",\"epoch\":1767000000000,\"seq\":9007199254740991,\"recovery\":true,"
        "\"labels\":{\"app\":\"cart\",\"tier\":\"\"},\"raw_data\":{\"kind\":\"Event\",\"count\":3}}");
}

static void a_member_has_no_schema_of_its_own(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    wire_event_write(w, "event", &(struct wire_event){ .id = "1", .cluster_id = "c", .reason = "R", .timestamp = 1 });
    json_w_end(w);
    AUTO_FREE char *text = json_w_take(w, NULL);
    assert_string_equal(text,
                        "{\"event\":{\"id\":\"1\",\"cluster_id\":\"c\",\"type\":\"unknown\",\"severity\":\"unknown\","
                        "\"timestamp\":\"1970-01-01T00:00:00.001Z\",\"reason\":\"R\",\"scope\":\"namespaced\"}}");
}

static void missing_fields_refuse_and_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "{\"timestamp\":\"2026-01-02T03:04:05Z\",\"message\":\"m\"}", "event: id is missing" },
        { "{\"id\":\"\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"message\":\"m\"}", "event: id is missing" },
        { "{\"id\":7,\"timestamp\":\"2026-01-02T03:04:05Z\",\"message\":\"m\"}", "event: id is no text" },
        { "{\"id\":\"1\",\"message\":\"m\"}", "event: timestamp is missing" },
        { "{\"id\":\"1\",\"message\":\"m\",\"timestamp\":\"yesterday\"}", "event: timestamp is no RFC 3339 time" },
        { "{\"id\":\"1\",\"message\":\"m\",\"timestamp\":\"0001-01-01T00:00:00Z\"}", "event: timestamp is missing" },
        { "{" REQUIRED "}", "event: message and reason are missing" },
        { "{" REQUIRED ",\"message\":\"\",\"reason\":null}", "event: message and reason are missing" },
        { "{" REQUIRED ",\"type\":\"gap\"}", "event gap: cause is missing" },
        { "[]", "event: the message is no object" },
        { "\"x\"", "event: the message is no object" },
        { "{" USUAL "", "event: line 1" },
        { "", "event: " },
        { "{" USUAL ",\"schema\":2}", "event: schema 2 is newer than 1" },
        { "{\"events\":{}}", "event: events is no list" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct decoded d = decode(rows[i].text);
        assert_int_equal(d.rc, -1);
        assert_int_equal(d.refused, 1);
        assert_int_equal(d.e.kind, ERR_INVALID);
        assert_memory_equal(d.e.text, rows[i].says, strlen(rows[i].says));
    }
}

static void members_may_stand_in_any_order_and_the_last_of_a_key_counts(void **state)
{
    (void)state;
    struct decoded d = decode("{\"node\":\"n1\",\"seq\":7,\"x\":1,\"message\":\"first\",\"involved\":{\"name\":\"p\",\"kind\":\"Pod\"},"
                              "\"timestamp\":\"2026-01-02T03:04:05.678Z\",\"message\":\"last\",\"id\":\"u.7\",\"seq\":null,\"node\":\"n2\"}");
    assert_int_equal(d.rc, 0);
    assert_string_equal(d.event->id, "u.7");
    assert_string_equal(d.event->message, "last");
    assert_string_equal(d.event->node, "n2");
    assert_string_equal(d.event->involved.kind, "Pod");
    assert_string_equal(d.event->involved.name, "p");
    assert_int_equal(d.event->seq, 0);
    assert_int_equal(d.event->timestamp, 1767323045678);
}

static void message_or_reason_is_enough(void **state)
{
    (void)state;
    assert_int_equal(decode("{" REQUIRED ",\"message\":\"m\"}").rc, 0);
    assert_int_equal(decode("{" REQUIRED ",\"reason\":\"Killing\"}").rc, 0);
}

static void unknown_words_are_unknown_and_unknown_fields_nothing(void **state)
{
    (void)state;
    struct decoded d =
        decode("{" USUAL ",\"type\":\"k9_event\",\"severity\":\"HIGH\",\"scope\":\"galaxy\",\"mood\":{\"a\":[1]}}");
    assert_int_equal(d.rc, 0);
    assert_int_equal(d.event->type, EVENT_UNKNOWN);
    assert_int_equal(d.event->severity, SEVERITY_UNKNOWN);
    assert_false(d.event->cluster_scoped);
}

static void what_is_of_the_wrong_type_counts_as_absent(void **state)
{
    (void)state;
    struct decoded d =
        decode("{" USUAL ",\"count\":\"3\",\"delta\":-3,\"reason\":5,\"involved\":[],\"owner\":\"x\",\"labels\":[1],"
               "\"recovery\":\"yes\",\"first_seen\":12,\"severity\":9,\"reported_at\":\"noon\"}");
    assert_int_equal(d.rc, 0);
    assert_int_equal(d.event->count, 0);
    assert_int_equal(d.event->delta, 0);
    assert_null(d.event->reason);
    assert_null(d.event->involved.kind);
    assert_null(d.event->owner_kind);
    assert_int_equal(d.event->n_labels, 0);
    assert_false(d.event->recovery);
    assert_int_equal(d.event->first_seen, 0);
    assert_int_equal(d.event->reported_at, 0);
    assert_int_equal(d.event->severity, SEVERITY_UNKNOWN);
}

static void a_place_in_the_spool_is_never_negative_nor_beyond_63_bits(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "-1", "9223372036854775807", "18446744073709551615", "1e300", "\"5\"", "-1e400"
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        AUTO_FREE char *text = str_printf("{" USUAL ",\"seq\":%s}", bad[i]);
        struct decoded d = decode(text);
        assert_int_equal(d.rc, -1);
        assert_non_null(strstr(d.e.text, "event: seq is no whole number"));
    }
    struct decoded d = decode("{" USUAL ",\"seq\":9223372036854775806,\"epoch\":0}");
    assert_int_equal(d.rc, 0);
    assert_true(d.event->seq == INT64_MAX - 1 && d.event->epoch == 0);
}

static void the_subject_says_who_it_was(void **state)
{
    (void)state;
    struct decoded d = decode("{" USUAL "}");
    assert_string_equal(d.event->cluster_id, "prod-1");
    d = decode("{" USUAL ",\"cluster_id\":\"prod-1\"}");
    assert_string_equal(d.event->cluster_id, "prod-1");
    static const char *const liars[] = { "prod-2", "PROD-1", "prod-1 ", "prod-1\\u0000", "*", "\\u202eprod-1" };
    for (size_t i = 0; i < COUNT(liars); i++) {
        AUTO_FREE char *text = str_printf("{" USUAL ",\"cluster_id\":\"%s\"}", liars[i]);
        d = decode(text);
        assert_int_equal(d.rc, -1);
        assert_int_equal(d.e.kind, ERR_REFUSED);
        assert_non_null(strstr(d.e.text, "the subject names"));
    }
}

static void long_messages_are_cut_between_characters(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = { 0 };
    buf_str(&text, "{" REQUIRED ",\"message\":\"a");
    for (size_t i = 0; i < WIRE_MESSAGE_MAX / 3 + 5; i++)
        buf_str(&text, "\xe9\x9b\x86");
    buf_str(&text, "\"}");
    struct decoded d = decode(buf_text(&text));
    assert_int_equal(d.rc, 0);
    size_t size = strlen(d.event->message);
    assert_in_range(size, WIRE_MESSAGE_MAX - 2, WIRE_MESSAGE_MAX);
    assert_int_equal(size % 3, 1);
}

static void an_id_is_never_cut(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = { 0 };
    buf_str(&text, "{\"timestamp\":\"2026-01-02T03:04:05Z\",\"message\":\"m\",\"id\":\"");
    for (size_t i = 0; i < 5000; i++)
        buf_char(&text, 'x');
    buf_str(&text, "\"}");
    struct decoded d = decode(buf_text(&text));
    assert_int_equal(d.rc, -1);
    assert_int_equal(d.e.kind, ERR_TOO_LARGE);
    assert_non_null(strstr(d.e.text, "event: id has 5000 bytes"));
}

static void large_raw_data_is_dropped_and_the_event_kept(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = { 0 };
    buf_str(&text, "{" USUAL ",\"raw_data\":{\"a\":\"");
    for (size_t i = 0; i < WIRE_RAW_MAX; i++)
        buf_char(&text, 'x');
    buf_str(&text, "\"}}");
    struct decoded d = decode(buf_text(&text));
    assert_int_equal(d.rc, 0);
    assert_null(d.event->raw_data);
    assert_int_equal(d.event->raw_size, 0);
}

static void raw_data_that_would_not_be_read_again_is_not_written(void **state)
{
    (void)state;
    AUTO_BUF struct buf deep = { 0 };
    for (int i = 0; i < 60; i++)
        buf_char(&deep, '[');
    for (int i = 0; i < 60; i++)
        buf_char(&deep, ']');
    const char *const raws[] = { buf_text(&deep), "{\"half\":", "" };
    for (size_t i = 0; i < COUNT(raws); i++) {
        struct wire_event event = full;
        event.raw_data = raws[i];
        event.raw_size = strlen(raws[i]);
        AUTO_FREE char *text = encode(&event);
        assert_null(strstr(text, "raw_data"));
        assert_int_equal(decode(text).rc, 0);
    }
}

static void labels_are_texts_at_most_sixty_four_and_the_last_of_a_name_counts(void **state)
{
    (void)state;
    struct decoded d =
        decode("{" USUAL ",\"labels\":{\"a\":\"1\",\"n\":null,\"o\":{},\"\":\"x\",\"b\":\"2\",\"a\":\"3\"}}");
    assert_int_equal(d.event->n_labels, 2);
    assert_string_equal(d.event->labels[0].value, "3");
    assert_string_equal(d.event->labels[1].name, "b");
    AUTO_BUF struct buf text = { 0 };
    buf_str(&text, "{" USUAL ",\"labels\":{");
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "%s\"l%d\":\"v\"", i ? "," : "", i);
    buf_str(&text, "}}");
    d = decode(buf_text(&text));
    assert_int_equal(d.rc, 0);
    assert_int_equal(d.event->n_labels, WIRE_LIST_MAX);
    assert_string_equal(d.event->labels[WIRE_LIST_MAX - 1].name, "l63");
}

static void a_gap_says_what_is_missing(void **state)
{
    (void)state;
    struct wire_event event = {
        .id = "gap.1.7",
        .cluster_id = "prod-1",
        .type = EVENT_GAP,
        .timestamp = 1767323045678,
        .gap = { .from = "100", .to = "180", .cause = "watch_expired", .count = -1, .detail = "events" }
    };
    AUTO_FREE char *text = encode(&event);
    assert_non_null(
        strstr(text, "\"gap\":{\"from\":\"100\",\"to\":\"180\",\"cause\":\"watch_expired\",\"detail\":\"events\"}"));
    struct decoded d = decode(text);
    assert_int_equal(d.rc, 0);
    assert_int_equal(d.event->type, EVENT_GAP);
    assert_int_equal(d.event->gap.count, -1);
    event.gap.count = 0;
    AUTO_FREE char *none = encode(&event);
    assert_int_equal(decode(none).event->gap.count, 0);
    event.gap.count = 80;
    AUTO_FREE char *counted = encode(&event);
    d = decode(counted);
    assert_int_equal(d.event->gap.count, 80);
    assert_string_equal(d.event->gap.from, "100");
    assert_string_equal(d.event->gap.to, "180");
    assert_string_equal(d.event->gap.cause, "watch_expired");
    assert_string_equal(d.event->gap.detail, "events");
}

static void only_a_gap_has_a_gap(void **state)
{
    (void)state;
    struct decoded d = decode("{" USUAL ",\"type\":\"k8s_event\",\"gap\":{\"cause\":\"sequence\"}}");
    assert_null(d.event->gap.cause);
    assert_int_equal(d.event->gap.count, 0);
}

static void a_batch_keeps_the_good_and_counts_the_bad(void **state)
{
    (void)state;
    struct decoded d = decode("{\"schema\":1,\"events\":[{" USUAL "},7,{\"id\":\"x\"},{" USUAL ",\"seq\":2}]}");
    assert_int_equal(d.rc, 0);
    assert_int_equal(d.events.count, 2);
    assert_int_equal(d.refused, 2);
    assert_string_equal(d.e.text, "event: it is no object");
    assert_true(d.events.items[1].seq == 2);
    assert_string_equal(d.events.items[1].cluster_id, "prod-1");
}

static void a_false_identity_in_a_batch_is_the_reason_that_is_told(void **state)
{
    (void)state;
    struct decoded d = decode("{\"events\":[7,{" USUAL ",\"cluster_id\":\"other\"},{" USUAL "}]}");
    assert_int_equal(d.rc, 0);
    assert_int_equal(d.refused, 2);
    assert_int_equal(d.e.kind, ERR_REFUSED);
    d = decode("{\"cluster_id\":\"other\",\"events\":[{" USUAL "},{" USUAL "}]}");
    assert_int_equal(d.rc, -1);
    assert_int_equal(d.refused, 2);
    assert_int_equal(d.e.kind, ERR_REFUSED);
}

static void a_batch_without_a_good_member_is_refused(void **state)
{
    (void)state;
    struct decoded d = decode("{\"events\":[7,8]}");
    assert_int_equal(d.rc, -1);
    assert_int_equal(d.refused, 2);
    d = decode("{\"events\":[]}");
    assert_int_equal(d.rc, 0);
    assert_int_equal(d.events.count, 0);
    assert_int_equal(d.refused, 0);
}

static void a_full_batch_of_full_events_is_read_and_the_rest_counted(void **state)
{
    (void)state;
    struct wire_event event = full;
    event.raw_data = NULL;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_array(w, "events");
    for (int i = 0; i < WIRE_BATCH_MAX + 3; i++)
        wire_event_write(w, NULL, &event);
    json_w_end(w);
    json_w_end(w);
    AUTO_FREE char *text = json_w_take(w, NULL);
    struct decoded d = decode(text);
    assert_int_equal(d.rc, 0);
    assert_int_equal(d.events.count, WIRE_BATCH_MAX);
    assert_int_equal(d.refused, 3);
    assert_non_null(strstr(d.e.text, "a batch of 515, at most 512"));
}

static void reading_a_value_needs_its_cluster(void **state)
{
    (void)state;
    AUTO_FREE char *text = encode(&full);
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_wire_limits, NULL);
    struct wire_event event;
    struct err e = { 0 };
    assert_int_equal(wire_event_read(json_root(doc), &arena, &event, &e), 0);
    AUTO_FREE char *again = encode(&event);
    assert_string_equal(again, text);
    AUTO_JSON struct json_doc *nobody = json_parse("{" USUAL "}", strlen("{" USUAL "}"), &json_wire_limits, NULL);
    assert_int_equal(wire_event_read(json_root(nobody), &arena, &event, &e), -1);
    assert_non_null(strstr(e.text, "cluster_id"));
    assert_int_equal(wire_event_read(NULL, &arena, &event, &e), -1);
}

static void severities_have_names(void **state)
{
    (void)state;
    for (int s = SEVERITY_UNKNOWN; s <= SEVERITY_CRITICAL; s++)
        assert_int_equal(wire_severity_parse(wire_severity_name((enum wire_severity)s)), s);
    assert_int_equal(wire_severity_parse("fatal"), SEVERITY_UNKNOWN);
    assert_int_equal(wire_severity_parse(NULL), SEVERITY_UNKNOWN);
    assert_string_equal(wire_severity_name((enum wire_severity)99), "unknown");
    assert_string_equal(wire_event_type_name(EVENT_GAP), "gap");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_field_comes_back, reset),
        cmocka_unit_test_teardown(the_words_on_the_wire_are_those_of_the_contract, reset),
        cmocka_unit_test_teardown(a_member_has_no_schema_of_its_own, reset),
        cmocka_unit_test_teardown(missing_fields_refuse_and_are_named, reset),
        cmocka_unit_test_teardown(members_may_stand_in_any_order_and_the_last_of_a_key_counts, reset),
        cmocka_unit_test_teardown(message_or_reason_is_enough, reset),
        cmocka_unit_test_teardown(unknown_words_are_unknown_and_unknown_fields_nothing, reset),
        cmocka_unit_test_teardown(what_is_of_the_wrong_type_counts_as_absent, reset),
        cmocka_unit_test_teardown(a_place_in_the_spool_is_never_negative_nor_beyond_63_bits, reset),
        cmocka_unit_test_teardown(the_subject_says_who_it_was, reset),
        cmocka_unit_test_teardown(long_messages_are_cut_between_characters, reset),
        cmocka_unit_test_teardown(an_id_is_never_cut, reset),
        cmocka_unit_test_teardown(large_raw_data_is_dropped_and_the_event_kept, reset),
        cmocka_unit_test_teardown(raw_data_that_would_not_be_read_again_is_not_written, reset),
        cmocka_unit_test_teardown(labels_are_texts_at_most_sixty_four_and_the_last_of_a_name_counts, reset),
        cmocka_unit_test_teardown(a_gap_says_what_is_missing, reset),
        cmocka_unit_test_teardown(only_a_gap_has_a_gap, reset),
        cmocka_unit_test_teardown(a_batch_keeps_the_good_and_counts_the_bad, reset),
        cmocka_unit_test_teardown(a_false_identity_in_a_batch_is_the_reason_that_is_told, reset),
        cmocka_unit_test_teardown(a_batch_without_a_good_member_is_refused, reset),
        cmocka_unit_test_teardown(a_full_batch_of_full_events_is_read_and_the_rest_counted, reset),
        cmocka_unit_test_teardown(reading_a_value_needs_its_cluster, reset),
        cmocka_unit_test_teardown(severities_have_names, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
