#include "ctl/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void expect(void (*render)(struct buf *out, const json *value), const char *text, const char *wanted)
{
    struct err e;
    AUTO_BUF struct buf out = { 0 };
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_wire_limits, &e);
    assert_non_null(doc);
    render(&out, json_root(doc));
    assert_string_equal(buf_text(&out), wanted);
}

static void json_is_indented_by_two(void **state)
{
    (void)state;
    expect(render_json, "{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":[],\"e\":\"x\"}",
           "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n  \"e\": \"x\"\n}\n");
    expect(render_json_line, "{\"a\":[1,2]}", "{\"a\":[1,2]}\n");
}

static void nothing_a_terminal_acts_on_comes_out_raw(void **state)
{
    (void)state;
    const char *text = "[\"\\u001b[2J\\u009b31m\\u202e\\n\\\"\\\\\xf3\xa0\x81\x81中\"]";
    expect(render_json_line, text, "[\"\\u001b[2J\\u009b31m\\u202e\\n\\\"\\\\\\udb40\\udc41中\"]\n");
    expect(render_yaml, text, "- \"\\u001b[2J\\u009b31m\\u202e\\n\\\"\\\\\\U000e0041中\"\n");
}

static void yaml_nests_objects_and_lists(void **state)
{
    (void)state;
    expect(render_yaml, "{\"a\":{\"b\":1,\"c\":[{\"d\":1,\"e\":2},[3,[4]],[],{}]},\"f\":true}",
           "a:\n  b: 1\n  c:\n    - d: 1\n      e: 2\n    - - 3\n      - - 4\n    - []\n    - {}\nf: true\n");
    expect(render_yaml, "[]", "[]\n");
    expect(render_yaml, "\"x\"", "\"x\"\n");
}

static void yaml_quotes_what_a_reader_could_take_for_something_else(void **state)
{
    (void)state;
    expect(render_yaml, "{\"a\":\"no\",\"b\":\"1.10\",\"c\":\"\",\"d\":\"x: y\",\"e\":\"null\",\"f\":\"plain-word_1.2/x\",\"g\":\"# c\",\"yes\":\"~\"}",
           "a: \"no\"\nb: \"1.10\"\nc: \"\"\nd: \"x: y\"\ne: \"null\"\nf: plain-word_1.2/x\ng: \"# c\"\n\"yes\": \"~\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_indented_by_two),
        cmocka_unit_test(nothing_a_terminal_acts_on_comes_out_raw),
        cmocka_unit_test(yaml_nests_objects_and_lists),
        cmocka_unit_test(yaml_quotes_what_a_reader_could_take_for_something_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
