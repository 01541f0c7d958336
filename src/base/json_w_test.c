#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void an_object_is_written_in_order(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "id", "a.1");
    json_w_str(w, "gone", NULL);
    json_w_strn(w, "part", "abcdef", 3);
    json_w_strn(w, "nothing", NULL, 3);
    json_w_int(w, "count", INT64_MIN);
    json_w_real(w, "ratio", 0.5);
    json_w_bool(w, "ready", false);
    json_w_null(w, "cause");
    json_w_time(w, "at", INT64_C(1767323045678));
    json_w_time(w, "never", 0);
    json_w_duration(w, "took", 1500);
    json_w_array(w, "items");
    json_w_int(w, NULL, 1);
    json_w_object(w, NULL);
    json_w_end(w);
    json_w_array(w, NULL);
    json_w_end(w);
    json_w_end(w);
    json_w_int(w, "last", 2);
    json_w_end(w);
    size_t size;
    AUTO_FREE char *text = json_w_take(w, &size);
    assert_string_equal(
        text,
        "{\"id\":\"a.1\",\"part\":\"abc\",\"count\":-9223372036854775808,\"ratio\":0.5,\"ready\":false,\"cause\":null,"
        "\"at\":\"2026-01-02T03:04:05.678Z\",\"took\":\"1.5s\",\"items\":[1,{},[]],\"last\":2}");
    assert_int_equal(size, strlen(text));
}

static void taking_closes_what_is_open_and_leaves_an_empty_writer(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_array(w, "a");
    json_w_object(w, NULL);
    AUTO_FREE char *first = json_w_take(w, NULL);
    assert_string_equal(first, "{\"a\":[{}]}");
    size_t size = 0;
    AUTO_FREE char *nothing = json_w_take(w, &size);
    assert_string_equal(nothing, "null");
    assert_int_equal(size, 4);
    json_w_str(w, NULL, "again");
    AUTO_FREE char *second = json_w_take(w, NULL);
    assert_string_equal(second, "\"again\"");
    json_w_object(w, NULL); /* freed with something inside */
    json_w_free(NULL);
}

static void foreign_text_becomes_valid_and_escaped(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "k\xff", "a\xc0\xaf\"\\\n\x1b集");
    json_w_strn(w, "zero", "a\0b", 3);
    json_w_str(w, "", "");
    AUTO_FREE char *text = json_w_take(w, NULL);
    assert_string_equal(text, "{\"k\ufffd\":\"a\ufffd\ufffd\\\"\\\\\\n\\u001B集\",\"zero\":\"a\ufffd"
                              "b\",\"\":\"\"}");
    struct err e = { 0 };
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_wire_limits, &e);
    assert_non_null(doc);
}

/* Wherever in a word of the machine it stands. */
static void one_foreign_character_is_found_at_any_place(void **state)
{
    (void)state;
    static const struct { char c; const char *written; } cases[] = {
        { '"', "\\\"" }, { '\\', "\\\\" }, { '\n', "\\n" }, { '\x1f', "\\u001F" }, { ' ', " " }, { '~', "~" }, { '\x7f', "\x7f" }, { '\xe9', "\xef\xbf\xbd" },
    };
    for (size_t n = 0; n < COUNT(cases); n++)
        for (size_t at = 0; at < 24; at++) {
            char given[] = "abcdefghijklmnopqrstuvwxyz";
            given[at] = cases[n].c;
            AUTO_FREE char *wanted = str_printf("\"%.*s%s%s\"", (int)at, given, cases[n].written, given + at + 1);
            struct json_w *w = json_w_new();
            json_w_str(w, NULL, given);
            AUTO_FREE char *text = json_w_take(w, NULL);
            assert_string_equal(text, wanted);
            json_w_free(w);
        }
}

static void what_was_written_can_be_written_anew(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *w = json_w_new();
    size_t from, size;
    json_w_object(w, NULL);
    json_w_str(w, "a", "kept");
    (void)json_w_so_far(w, &from);
    json_w_str(w, "b", "secret");
    assert_string_equal(json_w_so_far(w, &size) + from, ",\"b\":\"secret\"");
    json_w_rewrite(w, from, ",\"b\":\"***\"", 10);
    json_w_text(w, "c", "[1]", 3);
    AUTO_FREE char *text = json_w_take(w, NULL);
    assert_string_equal(text, "{\"a\":\"kept\",\"b\":\"***\",\"c\":[1]}");
}

static void the_callers_bytes_are_copied(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *w = json_w_new();
    char key[] = "key", value[] = "value";
    json_w_object(w, NULL);
    json_w_str(w, key, value);
    memset(key, 'x', 3);
    memset(value, 'y', 5);
    AUTO_FREE char *text = json_w_take(w, NULL);
    assert_string_equal(text, "{\"key\":\"value\"}");
}

static void what_is_no_number_is_null(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_array(w, NULL);
    json_w_real(w, NULL, NAN);
    json_w_real(w, NULL, INFINITY);
    json_w_real(w, NULL, -INFINITY);
    json_w_real(w, NULL, 1e21);
    AUTO_FREE char *text = json_w_take(w, NULL);
    assert_string_equal(text, "[null,null,null,1e21]");
}

static void values_are_copied_deeply_out_of_a_document(void **state)
{
    (void)state;
    static const char source[] = "{\"a\":{\"b\":[1,\"x\",{\"c\":null}]}}";
    struct json_doc *doc = json_parse(source, strlen(source), &json_wire_limits, NULL);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_copy(w, "copy", json_get(json_root(doc), "a"));
    json_w_copy(w, "absent", json_get(json_root(doc), "z"));
    json_doc_free(doc);
    AUTO_FREE char *text = json_w_take(w, NULL);
    assert_string_equal(text, "{\"copy\":{\"b\":[1,\"x\",{\"c\":null}]}}");
}

static void raw_text_goes_in_only_when_it_is_json(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_raw(w, "good", "{ \"a\":\n1 }", 10);
    json_w_raw(w, "bad", "}, \"x\": 1", 9);
    json_w_raw(w, "none", NULL, 0);
    json_w_raw(w, "empty", "", 0);
    size_t too_large = ((size_t)16 << 20) + 1;
    AUTO_FREE char *spaces = mem_alloc(too_large);
    memset(spaces, ' ', too_large);
    spaces[0] = '1';
    json_w_raw(w, "large", spaces, too_large);
    json_w_raw(w, "largest", spaces, too_large - 1);
    AUTO_FREE char *text = json_w_take(w, NULL);
    assert_string_equal(text, "{\"good\":{\"a\":1},\"largest\":1}");
}

static void a_writer_holds_its_64_levels(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *w = json_w_new();
    for (int i = 0; i < JSON_W_DEPTH; i++)
        json_w_array(w, NULL);
    AUTO_FREE char *text = json_w_take(w, NULL);
    assert_int_equal(strlen(text), 2 * JSON_W_DEPTH);
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_wire_limits, NULL);
    assert_non_null(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_written_in_order),
        cmocka_unit_test(taking_closes_what_is_open_and_leaves_an_empty_writer),
        cmocka_unit_test(foreign_text_becomes_valid_and_escaped),
        cmocka_unit_test(one_foreign_character_is_found_at_any_place),
        cmocka_unit_test(what_was_written_can_be_written_anew),
        cmocka_unit_test(the_callers_bytes_are_copied),
        cmocka_unit_test(what_is_no_number_is_null),
        cmocka_unit_test(values_are_copied_deeply_out_of_a_document),
        cmocka_unit_test(raw_text_goes_in_only_when_it_is_json),
        cmocka_unit_test(a_writer_holds_its_64_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
