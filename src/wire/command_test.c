#include "wire/command.h"

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

static int read_command(const char *text, struct wire_command *out, struct err *e)
{
    return wire_command_decode(text, strlen(text), &arena, out, e);
}

static int read_result(const char *text, struct wire_result *out, struct err *e)
{
    return wire_result_decode(text, strlen(text), "prod-1", &arena, out, e);
}

static const char *some_args[] = { "pod", "cart-7d9", "-n", "shop", "" };
static const struct wire_command full = {
    .id = "cmd-1",
    .cluster_id = "prod-1",
    .type = "diagnostic",
    .tool = "kubectl",
    .action = "logs",
    .args = some_args,
    .n_args = 5,
    .timeout_ms = 30000,
    .created_at = 1767323045678,
    .expires_at = 1767323345678,
    .issuer = "execution",
    .task_id = "t-1",
    .incident_id = "i-1",
    .nonce = "n-1",
    .key_id = "0011223344556677",
    .signature = "c2ln",
};

#define UNSIGNED "\"id\":\"1\",\"type\":\"diagnostic\",\"tool\":\"kubectl\",\"action\":\"get\""

static void a_command_tells_everything(void **state)
{
    (void)state;
    AUTO_FREE char *text = wire_command_encode(&full, NULL);
    assert_string_equal(text, "{\"schema\":1,\"id\":\"cmd-1\",\"cluster_id\":\"prod-1\",\"type\":\"diagnostic\","
                              "\"tool\":\"kubectl\",\"action\":\"logs\","
                              "\"args\":[\"pod\",\"cart-7d9\",\"-n\",\"shop\",\"\"],\"timeout\":\"30s\",\"created_at\":"
                              "\"2026-01-02T03:04:05.678Z\","
                              "\"expires_at\":\"2026-01-02T03:09:05.678Z\",\"issuer\":\"execution\",\"task_id\":\"t-"
                              "1\",\"incident_id\":\"i-1\",\"nonce\":\"n-1\","
                              "\"key_id\":\"0011223344556677\",\"signature\":\"c2ln\"}");
    struct wire_command back;
    assert_int_equal(read_command(text, &back, NULL), 0);
    AUTO_FREE char *again = wire_command_encode(&back, NULL);
    assert_string_equal(again, text);
    assert_int_equal(back.n_args, 5);
    assert_string_equal(back.args[4], "");
    assert_int_equal(back.timeout_ms, 30000);
}

static void a_command_is_understood_wholly_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "{\"type\":\"diagnostic\",\"tool\":\"kubectl\",\"action\":\"get\"}", "command: id is missing" },
        { "{\"id\":\"1\",\"tool\":\"kubectl\",\"action\":\"get\"}", "command: type is missing" },
        { "{\"id\":\"1\",\"type\":\"diagnostic\",\"action\":\"get\"}", "command: tool is missing" },
        { "{\"id\":\"1\",\"type\":\"diagnostic\",\"tool\":\"kubectl\"}", "command: action is missing" },
        { "{" UNSIGNED ",\"args\":\"pods\"}", "command: args is no list of texts" },
        { "{" UNSIGNED ",\"args\":[\"pods\",7]}", "command: args is no list of texts" },
        { "{" UNSIGNED ",\"timeout\":\"soon\"}", "command: timeout is no duration" },
        { "{" UNSIGNED ",\"timeout\":-1}", "command: timeout is no duration" },
        { "{" UNSIGNED ",\"expires_at\":\"tomorrow\"}", "command: expires_at is no RFC 3339 time" },
        { "{" UNSIGNED ",\"issuer\":{}}", "command: issuer is no text" },
        { "{" UNSIGNED ",\"signature\":\"c2ln\",\"dry_run\":true}",
          "command: the field dry_run is not covered by the signature" },
        { "[]", "command: the message is no object" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wire_command c;
        struct err e = { 0 };
        assert_int_equal(read_command(rows[i].text, &c, &e), -1);
        assert_memory_equal(e.text, rows[i].says, strlen(rows[i].says));
    }
}

static void an_unsigned_command_may_have_fields_beyond_ours(void **state)
{
    (void)state;
    struct wire_command c;
    assert_int_equal(read_command("{" UNSIGNED ",\"schema\":1,\"mood\":1}", &c, NULL), 0);
    assert_null(c.signature);
    assert_int_equal(c.n_args, 0);
}

static void arguments_are_bounded_in_number_and_size(void **state)
{
    (void)state;
    for (int over = 0; over <= 1; over++) {
        AUTO_BUF struct buf many = { 0 }, wide = { 0 };
        struct wire_command c;
        struct err e = { 0 };
        buf_str(&many, "{" UNSIGNED ",\"args\":[\"0\"");
        for (int i = 1; i < WIRE_ARGS_MAX + over; i++)
            buf_str(&many, ",\"x\"");
        buf_str(&many, "]}");
        assert_int_equal(read_command(buf_text(&many), &c, &e), over ? -1 : 0);
        assert_int_equal(e.kind, over ? ERR_TOO_LARGE : ERR_NONE);
        e.kind = ERR_NONE;
        buf_str(&wide, "{" UNSIGNED ",\"args\":[\"");
        for (int i = 0; i < WIRE_ARG_MAX + over; i++)
            buf_char(&wide, 'x');
        buf_str(&wide, "\"]}");
        assert_int_equal(read_command(buf_text(&wide), &c, &e), over ? -1 : 0);
        assert_int_equal(e.kind, over ? ERR_TOO_LARGE : ERR_NONE);
    }
}

static void a_body_of_the_api_has_neither_id_nor_type_yet(void **state)
{
    (void)state;
    static const char body[] = "{\"tool\":\"kubectl\",\"action\":\"get\",\"args\":[\"pods\"],\"timeout\":\"5s\"}";
    AUTO_JSON struct json_doc *doc = json_parse(body, strlen(body), &json_wire_limits, NULL);
    struct wire_command c;
    struct err e = { 0 };
    assert_int_equal(wire_command_read(json_root(doc), &arena, &c, &e), 0);
    assert_null(c.id);
    assert_int_equal(c.timeout_ms, 5000);
    assert_int_equal(wire_command_read(NULL, &arena, &c, &e), -1);
}

static void a_result_tells_everything(void **state)
{
    (void)state;
    struct wire_result r = { .command_id = "cmd-1",
                             .cluster_id = "prod-1",
                             .status = STATUS_FAILED,
                             .output = "a\n\"b\"",
                             .output_size = 5,
                             .error = "no such pod",
                             .reason = "not_found",
                             .duration_ms = 1500,
                             .timestamp = 1767323045678,
                             .started_at = 1767323044178,
                             .exit_code = 1,
                             .truncated = true,
                             .total_bytes = 99,
                             .redactions = 2,
                             .sha256 = "ab" };
    AUTO_FREE char *text = wire_result_encode(&r, NULL);
    assert_string_equal(
        text, "{\"schema\":1,\"command_id\":\"cmd-1\",\"cluster_id\":\"prod-1\",\"status\":\"failed\",\"output\":"
              "\"a\\n\\\"b\\\"\","
              "\"error\":\"no such "
              "pod\",\"reason\":\"not_found\",\"duration\":\"1.5s\",\"timestamp\":\"2026-01-02T03:04:05.678Z\","
              "\"started_at\":\"2026-01-02T03:04:04.178Z\",\"exit_code\":1,\"truncated\":true,\"total_bytes\":99,"
              "\"redactions\":2,\"sha256\":\"ab\"}");
    struct wire_result back;
    assert_int_equal(read_result(text, &back, NULL), 0);
    assert_int_equal(back.output_size, 5);
    assert_int_equal(back.exit_code, 1);
    AUTO_FREE char *again = wire_result_encode(&back, NULL);
    assert_string_equal(again, text);
    AUTO_JSON_W struct json_w *w = json_w_new();
    wire_result_write(w, NULL, &back);
    AUTO_FREE char *written = json_w_take(w, NULL);
    assert_string_equal(written, text);
}

static void no_exit_code_is_not_exit_code_zero(void **state)
{
    (void)state;
    struct wire_result r;
    assert_int_equal(read_result("{\"command_id\":\"1\",\"status\":\"success\"}", &r, NULL), 0);
    assert_int_equal(r.exit_code, -1);
    AUTO_FREE char *text = wire_result_encode(&r, NULL);
    assert_null(strstr(text, "exit_code"));
    r.exit_code = 0;
    AUTO_FREE char *zero = wire_result_encode(&r, NULL);
    assert_non_null(strstr(zero, "\"exit_code\":0"));
}

static void a_result_needs_command_status_and_its_own_name(void **state)
{
    (void)state;
    struct wire_result r;
    struct err e = { 0 };
    assert_int_equal(read_result("{\"status\":\"success\"}", &r, &e), -1);
    assert_string_equal(e.text, "result: command_id is missing");
    assert_int_equal(read_result("{\"command_id\":\"1\"}", &r, &e), -1);
    assert_string_equal(e.text, "result: status is missing");
    assert_int_equal(read_result("{\"command_id\":\"1\",\"status\":\"odd\"}", &r, &e), 0);
    assert_int_equal(r.status, STATUS_UNKNOWN);
    assert_int_equal(read_result("{\"command_id\":\"1\",\"status\":\"success\",\"cluster_id\":\"prod-2\"}", &r, &e),
                     -1);
    assert_int_equal(e.kind, ERR_REFUSED);
}

/* 768 KiB of each of these: letters fit, quotes take two bytes each, control characters six. */
static void output_that_does_not_fit_is_cut_and_said_to_be(void **state)
{
    (void)state;
    static const char *const fillings[] = { "x", "\"", "\x01", "\xe9\x9b\x86" };
    for (size_t f = 0; f < COUNT(fillings); f++) {
        AUTO_BUF struct buf output = { 0 };
        while (output.size < WIRE_OUTPUT_MAX + 100)
            buf_str(&output, fillings[f]);
        struct wire_result r = { .command_id = "1",
                                 .status = STATUS_SUCCESS,
                                 .output = buf_text(&output),
                                 .output_size = output.size,
                                 .exit_code = -1 };
        size_t size;
        AUTO_FREE char *text = wire_result_encode(&r, &size);
        assert_true(size < (1u << 20));
        struct wire_result back;
        assert_int_equal(read_result(text, &back, NULL), 0);
        assert_true(back.truncated);
        assert_int_equal(back.total_bytes, output.size);
        assert_true(back.output_size > 100000 && back.output_size <= WIRE_OUTPUT_MAX);
        assert_int_equal(back.output_size % strlen(fillings[f]), 0);
        assert_memory_equal(back.output, output.data, back.output_size);
    }
}

static void output_that_fits_is_whole(void **state)
{
    (void)state;
    AUTO_BUF struct buf output = { 0 };
    while (output.size < WIRE_OUTPUT_MAX)
        buf_char(&output, 'x');
    struct wire_result r = { .command_id = "1",
                             .status = STATUS_SUCCESS,
                             .output = buf_text(&output),
                             .output_size = output.size,
                             .exit_code = -1 };
    AUTO_FREE char *text = wire_result_encode(&r, NULL);
    struct wire_result back;
    assert_int_equal(read_result(text, &back, NULL), 0);
    assert_false(back.truncated);
    assert_int_equal(back.output_size, WIRE_OUTPUT_MAX);
}

static void statuses_have_names_and_ends(void **state)
{
    (void)state;
    for (int s = STATUS_UNKNOWN; s <= STATUS_INTERRUPTED; s++) {
        assert_int_equal(wire_status_parse(wire_status_name((enum wire_status)s)), s);
        assert_int_equal(wire_status_final((enum wire_status)s),
                         s != STATUS_UNKNOWN && s != STATUS_ACCEPTED && s != STATUS_RUNNING);
    }
    assert_int_equal(wire_status_parse("done"), STATUS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_command_tells_everything, reset),
        cmocka_unit_test_teardown(a_command_is_understood_wholly_or_refused, reset),
        cmocka_unit_test_teardown(an_unsigned_command_may_have_fields_beyond_ours, reset),
        cmocka_unit_test_teardown(arguments_are_bounded_in_number_and_size, reset),
        cmocka_unit_test_teardown(a_body_of_the_api_has_neither_id_nor_type_yet, reset),
        cmocka_unit_test_teardown(a_result_tells_everything, reset),
        cmocka_unit_test_teardown(no_exit_code_is_not_exit_code_zero, reset),
        cmocka_unit_test_teardown(a_result_needs_command_status_and_its_own_name, reset),
        cmocka_unit_test_teardown(output_that_does_not_fit_is_cut_and_said_to_be, reset),
        cmocka_unit_test_teardown(output_that_fits_is_whole, reset),
        cmocka_unit_test_teardown(statuses_have_names_and_ends, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
