#include "base/json.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static struct json_doc *parse(const char *text)
{
    struct err e = { 0 };
    struct json_doc *doc = json_parse(text, strlen(text), &json_wire_limits, &e);
    if (!doc)
        fail_msg("%s: %s", text, e.text);
    return doc;
}

static enum err_kind refusal(const char *text, size_t size, const struct json_limits *limits, struct err *e)
{
    *e = (struct err){ 0 };
    AUTO_JSON struct json_doc *doc = json_parse(text, size, limits, e);
    assert_null(doc);
    assert_true(e->text[0] != '\0');
    return e->kind;
}

static void values_are_found_by_key_and_path(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc =
        parse("{\"kind\":\"Pod\",\"status\":{\"conditions\":[{\"type\":\"Ready\"},{\"type\":\"Old\",\"n\":7}],"
              "\"ready\":true,\"7\":\"seven\"},\"none\":null}");
    json *root = json_root(doc);
    assert_true(json_is_object(root));
    assert_string_equal(json_get_str(root, "kind"), "Pod");
    assert_string_equal(json_at_str(root, "status.conditions.1.type"), "Old");
    assert_int_equal(json_int(json_at(root, "status.conditions.1.n"), -1), 7);
    assert_string_equal(json_at_str(root, "status.7"), "seven");
    assert_true(json_get_bool(json_get(root, "status"), "ready", false));
    assert_true(json_is_null(json_get(root, "none")));
    assert_int_equal(json_count(json_at(root, "status.conditions")), 2);
    assert_ptr_equal(json_at(root, "status.conditions.0"), json_at(root, "status.conditions.00"));
    static const char *const absent[] = { "kinds",
                                          "kin",
                                          "status.",
                                          ".status",
                                          "",
                                          ".",
                                          "status.conditions.2",
                                          "status.conditions.-1",
                                          "status.conditions.type",
                                          "status.conditions.99999999999999999999",
                                          "kind.0",
                                          "status..ready",
                                          "status.conditions." };
    for (size_t i = 0; i < COUNT(absent); i++)
        assert_null(json_at(root, absent[i]));
}

static void a_chain_over_a_wrong_shape_answers_absent(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = parse("[1,\"x\",true,null,{},[]]");
    const json *odd[] = { NULL,
                          json_root(doc),
                          json_at(json_root(doc), "0"),
                          json_at(json_root(doc), "1"),
                          json_at(json_root(doc), "2"),
                          json_at(json_root(doc), "3"),
                          json_at(json_root(doc), "4"),
                          json_at(json_root(doc), "5") };
    for (size_t i = 0; i < COUNT(odd); i++) {
        assert_null(json_get(odd[i], "a"));
        assert_null(json_get(odd[i], NULL));
        assert_null(json_at(json_get(odd[i], "a"), "b.0.c"));
        assert_null(json_get_str(odd[i], "a"));
        assert_int_equal(json_get_int(odd[i], "a", -9), -9);
        assert_true(json_get_bool(odd[i], "a", true));
    }
    assert_int_equal(json_int(odd[3], 5), 5);
    assert_true(json_real(odd[3], 5) == 5);
    assert_true(json_bool(odd[2], true));
    assert_null(json_str(odd[2]));
    assert_int_equal(json_str_size(odd[2]), 0);
    assert_int_equal(json_count(odd[3]), 0);
    assert_false(json_is_null(NULL) || json_is_object(NULL) || json_is_array(NULL) || json_is_string(NULL) ||
                 json_is_number(NULL) || json_is_bool(NULL));
    assert_null(json_root(NULL));
    size_t size = 7;
    assert_null(json_text(NULL, &size));
    assert_int_equal(size, 0);
    json_doc_free(NULL);
}

static void the_last_of_duplicate_keys_wins(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = parse("{\"a\":1,\"b\":0,\"a\":2,\"\\u0061\":3}");
    assert_int_equal(json_get_int(json_root(doc), "a", 0), 3);
    int seen = 0;
    for (struct json_iter i = json_iter(json_root(doc)); json_next(&i);)
        seen += str_eq(i.key, "a");
    assert_int_equal(seen, 3);
}

static void iteration_gives_keys_values_and_indexes(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = parse("{\"a\":[10,[1,2,3],{\"x\":{}},20],\"b\":{},\"c\":\"z\"}");
    AUTO_BUF struct buf seen = { 0 };
    for (struct json_iter i = json_iter(json_root(doc)); json_next(&i);) {
        buf_printf(&seen, "%zu%s", i.index, i.key);
        for (struct json_iter j = json_iter(i.value); json_next(&j);) {
            assert_null(j.key);
            buf_printf(&seen, "(%zu %d)", j.index, (int)json_int(j.value, -1));
        }
    }
    assert_string_equal(buf_text(&seen), "0a(0 10)(1 -1)(2 -1)(3 20)1b2c");
    struct json_iter empty = json_iter(NULL);
    assert_false(json_next(&empty));
    assert_false(json_next(&empty));
    empty = json_iter(json_get(json_root(doc), "c"));
    assert_false(json_next(&empty));
}

static void numbers_are_clamped_never_undefined(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t integer;
        double real;
    } rows[] = {
        { "0", 0, 0 },
        { "-0", 0, 0 },
        { "1.9", 1, 1.9 },
        { "-1.9", -1, -1.9 },
        { "9223372036854775807", INT64_MAX, 0x1p63 },
        { "9223372036854775808", INT64_MAX, 0x1p63 },
        { "-9223372036854775808", INT64_MIN, -0x1p63 },
        { "-9223372036854775809", INT64_MIN, -0x1p63 },
        { "18446744073709551615", INT64_MAX, 0x1p64 },
        { "12345678901234567890", INT64_MAX, 12345678901234567890.0 },
        { "99999999999999999999", INT64_MAX, 99999999999999999999.0 },
        { "-99999999999999999999", INT64_MIN, -99999999999999999999.0 },
        { "1e18", INT64_C(1000000000000000000), 1e18 },
        { "1e19", INT64_MAX, 1e19 },
        { "1e308", INT64_MAX, 1e308 },
        { "1e999", INT64_MAX, DBL_MAX },
        { "-1e999", INT64_MIN, -DBL_MAX },
        { "1e-999", 0, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_FREE char *text = str_printf("[%s,\"\"]", rows[i].text);
        AUTO_JSON struct json_doc *doc = parse(text);
        const json *v = json_at(json_root(doc), "0");
        assert_true(json_is_number(v));
        assert_int_equal(json_int(v, 42), rows[i].integer);
        assert_true(json_real(v, 42) == rows[i].real);
        assert_null(json_str(v));
    }
}

static void numbers_too_large_for_us_are_passed_on_as_they_came(void **state)
{
    (void)state;
    static const char text[] = "[99999999999999999999,1e999,-123456789012345678901234567890.5e400]";
    AUTO_JSON struct json_doc *doc = parse(text);
    AUTO_FREE char *again = json_text(json_root(doc), NULL);
    assert_string_equal(again, text);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_copy(w, NULL, json_root(doc));
    AUTO_FREE char *copied = json_w_take(w, NULL);
    assert_string_equal(copied, text);
}

static void one_hostile_byte_does_not_cost_the_message(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *value;
    } rows[] = {
        { "[\"a\xff\"]", 6, "a\ufffd" },
        { "[\"a\0b\"]", 7,
          "a\ufffd"
          "b" },
        { "[\"\\u0000b\"]", 11,
          "\ufffd"
          "b" },
        { "[\"\\\\u0000\"]", 11, "\\u0000" },
        { "[\"\\ud800\"]", 10, "\ufffd" },
        { "[\"\\udc00x\"]", 11, "\ufffdx" },
        { "[\"\\ud800\\ud83d\\ude00\"]", 22, "\ufffd\U0001f600" },
        { "[\"\\uD83D\\uDE00\"]", 16, "\U0001f600" },
        { "[\"\\ud800\\\\\"]", 12, "\ufffd\\" },
        { "[\"\xed\xa0\x80\"]", 7, "\ufffd\ufffd\ufffd" },
        { "[\"\xc0\xaf\"]", 6, "\ufffd\ufffd" },
        { "[\"\\u0000\xff\\ud800\"]", 17, "\ufffd\ufffd\ufffd" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err e = { 0 };
        AUTO_JSON struct json_doc *doc = json_parse(rows[i].text, rows[i].size, &json_wire_limits, &e);
        assert_string_equal(e.text, "");
        assert_non_null(doc);
        assert_string_equal(json_at_str(json_root(doc), "0"), rows[i].value);
        assert_int_equal(json_str_size(json_at(json_root(doc), "0")), strlen(rows[i].value));
    }
}

static void a_key_cannot_hide_behind_a_zero(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = parse("{\"cluster_id\":\"a\",\"cluster_id\\u0000\":\"b\"}");
    assert_string_equal(json_get_str(json_root(doc), "cluster_id"), "a");
    assert_string_equal(json_get_str(json_root(doc), "cluster_id\ufffd"), "b");
}

static void what_is_no_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *place;
    } rows[] = {
        { "", "empty" },
        { " ", "line 1, column" },
        { "{\n  \"a\": 1,\n  \"b\": x\n}", "line 3, column 8: " },
        { "{\"a\":\"集群\",}", "line 1, column 10: " },
        { "{\"a\":1}}", "line 1, column 8: " },
        { "{\"a\":1", "line 1, column 7: " },
        { "[1,]", "line 1, column " },
        { "{'a':1}", "line 1, column 2: " },
        { "[NaN]", "line 1, column 2: " },
        { "[Infinity]", "line 1, column 2: " },
        { "[-Infinity]", "line 1, column " },
        { "[01]", "line 1, column " },
        { "[1.]", "line 1, column " },
        { "[+1]", "line 1, column 2: " },
        { "[.5]", "line 1, column 2: " },
        { "[0x1]", "line 1, column 3: " },
        { "[tru]", "line 1, column 2: " },
        { "/* c */ 1", "line 1, column 1: " },
        { "[1] // c", "line 1, column 5: " },
        { "[\"a\nb\"]", "line 1, column 4: " },
        { "[\"\\x41\"]", "line 1, column " },
        { "[\"\\u12\"]", "line 1, column " },
        { "[\"\\u12g4\"]", "line 1, column " },
        { "[\"abc", "line 1, column " },
        { "[\"abc\\", "line 1, column " },
        { "[\"\\ud800", "line 1, column " },
        { "\xef\xbb\xbf{}", "line 1, column 1: " },
        { "[\"a\"\xff]", "line 1, column 5: " },
        { "[1 2]", "line 1, column 4: " },
        { "{1:2}", "line 1, column 2: " },
        { "{\"a\"}", "line 1, column 5: " },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err e;
        assert_int_equal(refusal(rows[i].text, strlen(rows[i].text), &json_wire_limits, &e), ERR_INVALID);
        if (!strstr(e.text, rows[i].place))
            fail_msg("%s: %s, not at %s", rows[i].text, e.text, rows[i].place);
    }
    struct err e;
    assert_int_equal(refusal(NULL, 0, &json_wire_limits, &e), ERR_INVALID);
    assert_int_equal(refusal("[1]\0", 4, &json_wire_limits, &e), ERR_INVALID);
    assert_null(json_parse("x", 1, &json_wire_limits, NULL));
}

static void every_truncation_of_an_event_is_refused(void **state)
{
    (void)state;
    static const char event[] = "{\"a\":[1,-2.5e3,true,null,{\"b\":\"\\u00e9集\\n\"}],\"c\":{}}";
    for (size_t size = 0; size < sizeof event - 1; size++) {
        struct err e;
        AUTO_FREE char *cut = mem_alloc(size); /* exactly as large as it is, for the sanitizer */
        memcpy(cut, event, size);
        assert_int_equal(refusal(cut, size, &json_wire_limits, &e), ERR_INVALID);
    }
    AUTO_JSON struct json_doc *whole = parse(event);
    assert_non_null(whole);
}

static struct json_doc *nested(int depth, const char *open, const char *close, const struct json_limits *limits,
                               struct err *e)
{
    AUTO_BUF struct buf b = { 0 };
    for (int i = 0; i < depth; i++)
        buf_str(&b, open);
    buf_str(&b, "[]");
    for (int i = 0; i < depth; i++)
        buf_str(&b, close);
    return json_parse(b.data, b.size, limits, e);
}

static void depth_is_limited_without_recursion(void **state)
{
    (void)state;
    static const struct {
        const char *open, *close;
    } rows[] = { { "[", "]" }, { "{\"a\":", "}" }, { "[1,{\"a\":", "},[]]" } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int levels = i == 2 ? 2 : 1;
        struct err e = { 0 };
        AUTO_JSON struct json_doc *most = nested(i == 2 ? 31 : 63, rows[i].open, rows[i].close, &json_wire_limits, &e);
        assert_non_null(most);
        AUTO_JSON struct json_doc *more = nested(64 / levels, rows[i].open, rows[i].close, &json_wire_limits, &e);
        assert_null(more);
        assert_int_equal(e.kind, ERR_TOO_LARGE);
        e.kind = ERR_NONE;
        AUTO_JSON struct json_doc *endless = nested(100000, rows[i].open, rows[i].close, &json_list_limits, &e);
        assert_null(endless);
        assert_int_equal(e.kind, ERR_TOO_LARGE);
    }
    AUTO_JSON struct json_doc *flat = parse("[[],[[]],[[],[]],{\"a\":[]},[]]"); /* siblings are no depth */
    struct json_limits three = { .size = 100, .depth = 2, .keys = 10 };
    struct err e;
    assert_int_equal(refusal("[[[]]]", 6, &three, &e), ERR_TOO_LARGE);
    AUTO_JSON struct json_doc *two = json_parse("[[],[],[1],{}]", 14, &three, &e);
    assert_non_null(two);
}

static void unclosed_depth_is_refused(void **state)
{
    (void)state;
    AUTO_FREE char *text = mem_alloc(1000000);
    struct err e;
    memset(text, '[', 1000000);
    assert_int_equal(refusal(text, 1000000, &json_wire_limits, &e), ERR_INVALID);
}

static void keys_are_counted_over_all_objects(void **state)
{
    (void)state;
    struct json_limits limits = { .size = 1000, .depth = 4, .keys = 4 };
    struct err e;
    static const char text[] = "[{\"a\":{\"b\":1}},{\"a\":1,\"a\":2}]",
                      more[] = "[{\"a\":{\"b\":1}},{\"a\":1,\"a\":2},{\"c\":0}]";
    AUTO_JSON struct json_doc *four = json_parse(text, strlen(text), &limits, &e);
    assert_non_null(four);
    assert_int_equal(refusal(more, strlen(more), &limits, &e), ERR_TOO_LARGE);
    AUTO_BUF struct buf many = { 0 };
    buf_char(&many, '{');
    for (int i = 0; i < 1000000; i++)
        buf_printf(&many, "\"k%d\":%d,", i, i);
    buf_str(&many, "\"last\":true}");
    assert_int_equal(refusal(many.data, many.size, &json_object_limits, &e), ERR_TOO_LARGE);
    AUTO_JSON struct json_doc *list = json_parse(many.data, many.size, &json_list_limits, &e);
    assert_int_equal(json_count(json_root(list)), 1000001);
    size_t steps = 0;
    for (struct json_iter i = json_iter(json_root(list)); json_next(&i);)
        steps++;
    assert_int_equal(steps, 1000001);
    assert_true(json_get_bool(json_root(list), "last", false));
}

static void size_is_checked_first(void **state)
{
    (void)state;
    struct json_limits limits = { .size = 4, .depth = 4, .keys = 4 };
    struct err e;
    assert_int_equal(refusal("[1,2]", 5, &limits, &e), ERR_TOO_LARGE);
    AUTO_JSON struct json_doc *fits = json_parse("[12]", 4, &limits, &e);
    assert_non_null(fits);
}

static void scalars_are_documents_too(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *text = parse("\"x\""), *number = parse("-7"), *nothing = parse(" null ");
    assert_string_equal(json_str(json_root(text)), "x");
    assert_int_equal(json_int(json_root(number), 0), -7);
    assert_true(json_is_null(json_root(nothing)));
}

static void text_is_written_back(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = parse("{ \"a\" : [ 1 , 2.50 , \"\\u00e9\\n\\\"/\\u0001\" ] }");
    size_t size;
    AUTO_FREE char *text = json_text(json_root(doc), &size);
    assert_string_equal(text, "{\"a\":[1,2.5,\"é\\n\\\"/\\u0001\"]}");
    assert_int_equal(size, strlen(text));
    AUTO_FREE char *part = json_text(json_at(json_root(doc), "a.0"), NULL);
    assert_string_equal(part, "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_by_key_and_path),
        cmocka_unit_test(a_chain_over_a_wrong_shape_answers_absent),
        cmocka_unit_test(the_last_of_duplicate_keys_wins),
        cmocka_unit_test(iteration_gives_keys_values_and_indexes),
        cmocka_unit_test(numbers_are_clamped_never_undefined),
        cmocka_unit_test(numbers_too_large_for_us_are_passed_on_as_they_came),
        cmocka_unit_test(one_hostile_byte_does_not_cost_the_message),
        cmocka_unit_test(a_key_cannot_hide_behind_a_zero),
        cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(every_truncation_of_an_event_is_refused),
        cmocka_unit_test(depth_is_limited_without_recursion),
        cmocka_unit_test(unclosed_depth_is_refused),
        cmocka_unit_test(keys_are_counted_over_all_objects),
        cmocka_unit_test(size_is_checked_first),
        cmocka_unit_test(scalars_are_documents_too),
        cmocka_unit_test(text_is_written_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
