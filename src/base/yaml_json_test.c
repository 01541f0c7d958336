#include "base/yaml_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static struct json_doc *read_as(const char *text, enum yaml_json_scalars scalars)
{
    struct err e = { 0 };
    struct json_doc *doc = yaml_json_parse(text, strlen(text), scalars, &e);
    if (!doc)
        fail_msg("%s", e.text);
    return doc;
}

/* What is wrong with text. */
static const char *refusal(const char *text)
{
    static struct err e;
    struct json_doc *doc = yaml_json_parse(text, strlen(text), YAML_JSON_TYPED, &e);
    assert_null(doc);
    assert_int_equal(e.kind, ERR_INVALID);
    return e.text;
}

static void mappings_and_lists_nest(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = read_as("a:\n  - b: {c: [1, 2, {d: e}]}\n  - x\nf: {}\n", YAML_JSON_TYPED);
    json *root = json_root(doc);
    assert_string_equal(json_at_str(root, "a.0.b.c.2.d"), "e");
    assert_string_equal(json_at_str(root, "a.1"), "x");
    assert_int_equal(json_int(json_at(root, "a.0.b.c.1"), 0), 2);
    assert_true(json_is_object(json_get(root, "f")));
}

static void an_empty_mapping_is_an_empty_object(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = read_as("{}", YAML_JSON_TYPED);
    assert_true(json_is_object(json_root(doc)));
    assert_int_equal(json_count(json_root(doc)), 0);
}

static void plain_scalars_have_the_core_schemas_types(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = read_as("- 12\n- -0x1F\n- 0x1f\n- 0o17\n- 1.5\n- true\n- null\n- ~\n-\n- yes\n- "
                                             "1.2.3\n- \"12\"\n- !!str 12\n- 99999999999999999999\n",
                                             YAML_JSON_TYPED);
    json *root = json_root(doc);
    assert_int_equal(json_int(json_at(root, "0"), 0), 12);
    assert_string_equal(json_at_str(root, "1"), "-0x1F");
    assert_int_equal(json_int(json_at(root, "2"), 0), 31);
    assert_int_equal(json_int(json_at(root, "3"), 0), 15);
    assert_true(json_real(json_at(root, "4"), 0) == 1.5);
    assert_true(json_bool(json_at(root, "5"), false));
    assert_true(json_is_null(json_at(root, "6")) && json_is_null(json_at(root, "7")) &&
                json_is_null(json_at(root, "8")));
    assert_string_equal(json_at_str(root, "9"), "yes");
    assert_string_equal(json_at_str(root, "10"), "1.2.3");
    assert_string_equal(json_at_str(root, "11"), "12");
    assert_string_equal(json_at_str(root, "12"), "12");
    assert_true(json_is_number(json_at(root, "13")));
}

static void text_keeps_every_scalar_as_it_stands(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = read_as("name: 1.10\nuser: 007\nyes: true\nnothing:\n", YAML_JSON_TEXT);
    json *root = json_root(doc);
    assert_string_equal(json_get_str(root, "name"), "1.10");
    assert_string_equal(json_get_str(root, "user"), "007");
    assert_string_equal(json_get_str(root, "yes"), "true");
    assert_string_equal(json_get_str(root, "nothing"), "");
}

static void json_is_yaml_too(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = read_as("{\"a\": [1, \"\\u00e9\"], \"b\": null}", YAML_JSON_TYPED);
    assert_string_equal(json_at_str(json_root(doc), "a.1"), "\xc3\xa9");
}

static void what_would_be_guessed_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_non_null(strstr(refusal("a: 1\nb: 2\na: 3\n"), "line 3: the key a comes twice, first in line 1"));
    assert_non_null(strstr(refusal("a: &x 1\nb: *x\n"), "line 2, column 4: aliases"));
    assert_non_null(strstr(refusal("<<: {a: 1}\n"), "merge keys"));
    assert_non_null(strstr(refusal("a: !!binary aGk=\n"), "tags"));
    assert_non_null(strstr(refusal("[a, b]: c\n"), "a key must be a scalar"));
    assert_non_null(strstr(refusal("a: 1\n---\nb: 2\n"), "second document"));
    assert_non_null(strstr(refusal("just text\n"), "mapping"));
    assert_non_null(strstr(refusal(""), "empty"));
    assert_non_null(strstr(refusal("a: [1, 2\n"), "line 2"));
    assert_non_null(strstr(refusal("\ta: 1\n"), "line 1"));
}

static void depth_and_size_are_bounded(void **state)
{
    (void)state;
    char deep[YAML_JSON_DEPTH_MAX + 2];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    assert_non_null(strstr(refusal(deep), "nested too deeply"));

    struct err e;
    char *large = malloc(YAML_JSON_SIZE_MAX + 1);
    memset(large, ' ', YAML_JSON_SIZE_MAX + 1);
    assert_null(yaml_json_parse(large, YAML_JSON_SIZE_MAX + 1, YAML_JSON_TYPED, &e));
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    free(large);
}

static void many_keys_are_checked_in_no_time(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = { 0 };
    for (int i = 0; i < 60000; i++)
        buf_printf(&text, "k%d: 1\n", i);
    buf_str(&text, "k30000: 2\n");
    assert_non_null(strstr(refusal(buf_text(&text)), "the key k30000 comes twice"));
}

static void every_cut_of_a_document_is_read_or_refused(void **state)
{
    (void)state;
    static const char text[] = "a: {b: [1, \"x\"]}\nc:\n  - d: |\n      line\n    e: 'f'\n";
    for (size_t size = 0; size < sizeof text; size++) {
        struct err e;
        char *copy = malloc(size ? size : 1);
        memcpy(copy, text, size);
        json_doc_free(yaml_json_parse(copy, size, YAML_JSON_TYPED, &e));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mappings_and_lists_nest),
        cmocka_unit_test(an_empty_mapping_is_an_empty_object),
        cmocka_unit_test(plain_scalars_have_the_core_schemas_types),
        cmocka_unit_test(text_keeps_every_scalar_as_it_stands),
        cmocka_unit_test(json_is_yaml_too),
        cmocka_unit_test(what_would_be_guessed_is_refused_with_its_place),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(many_keys_are_checked_in_no_time),
        cmocka_unit_test(every_cut_of_a_document_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
