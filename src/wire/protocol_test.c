/* The examples of docs/protocol.md decode, whole and without loss.  Run from the root of the sources. */
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

/* Each decodes an example and encodes it again; NULL with *e filled when it is refused. */

static char *pass_register(const char *text, size_t size, struct err *e)
{
    struct wire_register m;
    return wire_register_decode(text, size, CLUSTER, &arena, &m, e) == 0 ? wire_register_encode(&m, NULL) : NULL;
}

static char *pass_control(const char *text, size_t size, struct err *e)
{
    struct wire_control m;
    if (wire_control_decode(text, size, &arena, &m, e) != 0)
        return NULL;
    assert_int_not_equal(m.type, CONTROL_UNKNOWN);
    return wire_control_encode(&m, NULL);
}

static char *pass_heartbeat(const char *text, size_t size, struct err *e)
{
    struct wire_heartbeat m;
    return wire_heartbeat_decode(text, size, CLUSTER, &arena, &m, e) == 0 ? wire_heartbeat_encode(&m, NULL) : NULL;
}

static char *pass_event(const char *text, size_t size, struct err *e)
{
    struct wire_events events;
    size_t refused;
    if (wire_events_decode(text, size, CLUSTER, &arena, &events, &refused, e) != 0)
        return NULL;
    assert_int_equal(refused, 0);
    AUTO_JSON_W struct json_w *w = json_w_new();
    bool batch = events.count > 1;
    if (batch) {
        json_w_object(w, NULL);
        json_w_array(w, "events");
    }
    for (size_t i = 0; i < events.count; i++) {
        assert_int_not_equal(events.items[i].type, EVENT_UNKNOWN);
        wire_event_write(w, NULL, &events.items[i]);
    }
    if (batch) {
        json_w_end(w);
        json_w_end(w);
    }
    return json_w_take(w, NULL);
}

static char *pass_metrics(const char *text, size_t size, struct err *e)
{
    struct wire_metrics m;
    return wire_metrics_decode(text, size, CLUSTER, &arena, &m, e) == 0 ? wire_metrics_encode(&m, NULL) : NULL;
}

/* Signed with the key that the page names. */
static char *pass_command(const char *text, size_t size, struct err *e)
{
    static const char key_text[] = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    uint8_t key[CRYPT_KEY_SIZE];
    size_t key_size;
    struct wire_command m;
    assert_int_equal(crypt_unbase64(key_text, key, sizeof key, &key_size), 0);
    if (wire_command_decode(text, size, &arena, &m, e) != 0)
        return NULL;
    assert_int_equal(wire_command_verify(&m, key, e), 0);
    return wire_command_encode(&m, NULL);
}

static char *pass_result(const char *text, size_t size, struct err *e)
{
    struct wire_result m;
    if (wire_result_decode(text, size, CLUSTER, &arena, &m, e) != 0)
        return NULL;
    assert_int_not_equal(m.status, STATUS_UNKNOWN);
    return wire_result_encode(&m, NULL);
}

static const struct example {
    const char *name;
    char *(*pass)(const char *text, size_t size, struct err *e);
    size_t at_least; /* examples on the page */
} examples[] = {
    { "register", pass_register, 1 }, { "control", pass_control, 5 }, { "heartbeat", pass_heartbeat, 1 },
    { "event", pass_event, 3 },       { "metrics", pass_metrics, 1 }, { "command", pass_command, 1 },
    { "result", pass_result, 1 },
};

static const char *load_page(void)
{
    static char text[256 << 10];
    int fd = open("docs/protocol.md", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("docs/protocol.md: run from the root of the sources");
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    assert_in_range(size, 1, sizeof text - 2);
    text[size] = '\0';
    return text;
}

/* The same value, or a time that names the same instant, or (0, false) what is not written because it says nothing. */
static void assert_kept(const char *key, const json *was, const json *is)
{
    int64_t before, after;
    if (!is && json_is_number(was) && json_int(was, 1) == 0)
        return;
    if (!is)
        fail_msg("%s is lost", key);
    if (json_is_object(was) || json_is_array(was)) {
        struct json_iter b = json_iter(is);
        for (struct json_iter a = json_iter(was); json_next(&a);)
            assert_kept(a.key ? a.key : key, a.value, a.key ? json_get(is, a.key) : json_next(&b) ? b.value : NULL);
        return;
    }
    if (clock_parse(json_str(was), &before) == 0) {
        assert_int_equal(clock_parse(json_str(is), &after), 0);
        assert_int_equal(before, after);
        return;
    }
    AUTO_FREE char *want = json_text(was, NULL), *got = json_text(is, NULL);
    assert_string_equal(got, want);
}

static void check_example(const struct example *example, const char *text, size_t size)
{
    struct err e = { 0 };
    AUTO_FREE char *written = example->pass(text, size, &e);
    if (!written)
        fail_msg("an example of %s is refused: %s", example->name, e.text);
    AUTO_JSON struct json_doc *before = json_parse(text, size, &json_wire_limits, NULL);
    AUTO_JSON struct json_doc *after = json_parse(written, strlen(written), &json_wire_limits, NULL);
    for (struct json_iter i = json_iter(json_root(before)); json_next(&i);)
        if (!str_eq(i.key, "schema"))
            assert_kept(i.key, i.value, json_get(json_root(after), i.key));
}

static void every_example_of_the_page_is_understood_whole(void **state)
{
    (void)state;
    static const char fence[] = "-->\n```json\n";
    const char *page = load_page();
    for (size_t i = 0; i < COUNT(examples); i++) {
        AUTO_FREE char *mark = str_printf("<!-- example: %s %s", examples[i].name, fence);
        size_t found = 0;
        for (const char *at = page; (at = strstr(at, mark)) != NULL; found++) {
            at += strlen(mark);
            const char *end = strstr(at, "\n```");
            assert_non_null(end);
            check_example(&examples[i], at, (size_t)(end - at));
        }
        if (found < examples[i].at_least)
            fail_msg("%zu examples of %s, at least %zu are wanted", found, examples[i].name, examples[i].at_least);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_example_of_the_page_is_understood_whole, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
