#include "diagnose/case_test.h"
#include "diagnose/facts.h"

static struct json_doc *load(const struct case_ *c, struct arena *a, struct facts *f)
{
    struct err e = { 0 };
    size_t size;
    AUTO_FREE char *text = case_bundle(c, &size);
    struct json_doc *doc = json_parse(text, size, &json_list_limits, &e);
    assert_int_equal(facts_load(f, json_root(doc), a, &e), 0);
    return doc;
}

static void objects_are_found_by_reference_and_by_kind(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct facts f;
    const struct case_ c = { "objects", POD("b", "", "") "," POD("a", "", "") "," NODE("n1", "", "", ROOM) "," OBJECT(
                                            "Service", META("a"), "", "") "," POD("a", "", "") };
    AUTO_JSON struct json_doc *doc = load(&c, &a, &f);
    assert_int_equal(f.n_objects, 4); /* the second "a" is the first */
    assert_int_equal(f.refused, 1);
    assert_string_equal(facts_get(&f, "pod/shop/a")->name, "a");
    assert_string_equal(facts_find(&f, "node", "", "n1")->id, "node//n1");
    assert_null(facts_get(&f, "pod/shop/c"));
    assert_null(facts_get(&f, "pod"));
    assert_null(facts_get(&f, NULL));
    assert_int_equal(facts_kind(&f, "pod").count, 2);
    assert_int_equal(facts_in(&f, "pod", "shop").count, 2);
    assert_int_equal(facts_in(&f, "pod", "other").count, 0);
    arena_fini(&a);
}

static void absence_is_a_statement_and_not_a_guess(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct facts f;
    const struct case_ c = { "absence", OBJECT("Secret", META("there"), "", ""), .absent = "configmap/shop/gone",
                             .lists = "secret/shop storageclass/" };
    AUTO_JSON struct json_doc *doc = load(&c, &a, &f);
    assert_int_equal(facts_presence(&f, "secret", "shop", "there"), PRESENT);
    assert_int_equal(facts_presence(&f, "secret", "shop", "other"), ABSENT);   /* listed whole */
    assert_int_equal(facts_presence(&f, "configmap", "shop", "gone"), ABSENT); /* answered 404 */
    assert_int_equal(facts_presence(&f, "configmap", "shop", "other"), UNKNOWN);
    assert_int_equal(facts_presence(&f, "secret", "prod", "other"), UNKNOWN);
    assert_int_equal(facts_presence(&f, "storageclass", "", "fast"), ABSENT);
    arena_fini(&a);
}

static void events_come_newest_first_and_by_their_object(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct facts f;
    const struct case_ c = { "events", NULL,
                             .events =
                                 "Warning|pod/shop/a|Old|first|1|300\nWarning|pod/shop/b|New|other|1|1\nNormal|pod/"
                                 "shop/a|New|(combined from similar events): second|7|10|c" };
    AUTO_JSON struct json_doc *doc = load(&c, &a, &f);
    struct events all = facts_events(&f, "pod/shop/a");
    assert_int_equal(all.count, 2);
    assert_string_equal(all.items[0].message, "second");
    assert_string_equal(all.items[0].container, "c");
    assert_int_equal(all.items[0].count, 7);
    assert_false(all.items[0].warning);
    assert_string_equal(facts_event(&f, "pod/shop/a", "Old", NULL)->message, "first");
    assert_null(facts_event(&f, "pod/shop/a", "New", "other"));
    arena_fini(&a);
}

static void a_log_that_could_not_be_had_is_none(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct facts f;
    const struct case_ c = {
        "logs", NULL,
        .logs = "shop/a|c|hello\nshop/a|c|previous|unable to retrieve container logs for containerd://1f\nno-pod|c|x"
    };
    AUTO_JSON struct json_doc *doc = load(&c, &a, &f);
    assert_string_equal(facts_log(&f, "pod/shop/a", "c", false)->text, "hello");
    assert_null(facts_log(&f, "pod/shop/a", "c", true));
    assert_null(facts_log(&f, "pod/shop/a", "d", false));
    assert_int_equal(f.refused, 1);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_found_by_reference_and_by_kind),
        cmocka_unit_test(absence_is_a_statement_and_not_a_guess),
        cmocka_unit_test(events_come_newest_first_and_by_their_object),
        cmocka_unit_test(a_log_that_could_not_be_had_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
