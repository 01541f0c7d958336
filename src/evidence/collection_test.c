#include "evidence/collection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "wire/bundle.h"

static void add_object(struct collection *c, const char *kind, enum collection_rank rank, const char *text)
{
    struct err e = { 0 };
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_object_limits, &e);
    if (!doc)
        fail_msg("%s", e.text);
    collection_object(c, kube_kind_find(kind), json_root(doc), rank);
}

static void add_named(struct collection *c, const char *kind, enum collection_rank rank, const char *name,
                      size_t filling)
{
    AUTO_BUF struct buf text = { 0 };
    buf_printf(&text, "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"%s\"},\"spec\":\"", name);
    for (size_t i = 0; i < filling; i++)
        buf_char(&text, 'x');
    buf_str(&text, "\"}");
    add_object(c, kind, rank, buf_text(&text));
}

static void add_event(struct collection *c, const char *pod, const char *type, int number)
{
    AUTO_FREE char *text =
        str_printf("{\"metadata\":{\"namespace\":\"shop\",\"name\":\"%s.%s%d\"},\"type\":\"%s\",\"lastTimestamp\":"
                   "\"2026-11-24T09:%02d:%02dZ\","
                   "\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":\"%s\"},\"message\":\"m\"}",
                   pod, type, number, type, number / 60, number % 60, pod);
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_object_limits, &e);
    assert_non_null(doc);
    collection_event(c, json_root(doc));
}

static void add_log(struct collection *c, const char *pod, const char *text)
{
    collection_log(c, &(struct collection_log){
                          .namespace_ = "shop", .pod = pod, .container = "c", .text = text, .size = strlen(text) });
}

/* The bundle, parsed; its size must be below the limit. */
static struct json_doc *write(struct collection *c, size_t limit)
{
    struct collection_facts facts = {
        .cluster_id = "one", .object = "pod/shop/a", .collected_at_ms = 1000, .calls = 3, .ms = 4
    };
    size_t size;
    AUTO_FREE char *text = collection_write(c, &facts, &size);
    assert_int_equal(size, strlen(text));
    assert_true(size <= limit);
    struct err e = { 0 };
    struct json_doc *doc = json_parse(text, size, &json_list_limits, &e);
    if (!doc)
        fail_msg("%s", e.text);
    collection_free(c);
    return doc;
}

static bool notes(json *bundle, const char *what)
{
    for (struct json_iter i = json_iter(json_get(bundle, "not_checked")); json_next(&i);)
        if (str_starts(str_or_empty(json_get_str(i.value, "what")), what))
            return true;
    return false;
}

static void a_bundle_has_every_part_in_the_documented_form(void **state)
{
    (void)state;
    struct collection *c = collection_new(BUNDLE_SIZE_MAX, false);
    add_named(c, "pod", RANK_SCOPE, "a", 1);
    add_event(c, "a", "Warning", 1);
    add_log(c, "a", "line\n");
    collection_absent(c, "secret", "shop", "s");
    collection_absent(c, "secret", "shop", "s");
    collection_listed(c, "service", "shop", 2);
    collection_unchecked(c, "nodes", "forbidden", "list", "nodes", NULL);
    AUTO_JSON struct json_doc *doc = write(c, BUNDLE_SIZE_MAX);
    json *b = json_root(doc);
    assert_int_equal(json_get_int(b, "schema", 0), 1);
    assert_string_equal(json_get_str(b, "collected_at"), "1970-01-01T00:00:01.000Z");
    assert_string_equal(json_at_str(b, "scope.object"), "pod/shop/a");
    assert_string_equal(json_at_str(b, "objects.0.metadata.name"), "a");
    assert_string_equal(json_at_str(b, "events.0.type"), "Warning");
    assert_string_equal(json_at_str(b, "logs.0.pod"), "shop/a");
    assert_string_equal(json_at_str(b, "logs.0.text"), "line\n");
    assert_int_equal(json_count(json_get(b, "absent")), 1);
    assert_string_equal(json_at_str(b, "absent.0.name"), "s");
    assert_int_equal(json_int(json_at(b, "lists.0.count"), 0), 2);
    assert_string_equal(json_at_str(b, "not_checked.0.verb"), "list");
    assert_int_equal(json_get_int(b, "calls", 0), 3);
}

static void an_empty_bundle_is_whole_too(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = write(collection_new(BUNDLE_SIZE_MAX, false), 1000);
    assert_true(json_is_array(json_get(json_root(doc), "objects")));
}

static void an_object_is_there_once_with_its_better_rank_and_its_fuller_form(void **state)
{
    (void)state;
    struct collection *c = collection_new(BUNDLE_SIZE_MAX, false);
    static const char partial[] =
        "{\"kind\":\"PartialObjectMetadata\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"cm\"}}";
    add_object(c, "configmap", RANK_CONTEXT, partial);
    add_object(c, "configmap", RANK_REFERENCED,
               "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"cm\"},\"data\":{\"k\":\"v\"}}");
    add_object(c, "configmap", RANK_CONTEXT, partial);
    add_named(c, "pod", RANK_CONTEXT, "z", 1);
    add_named(c, "pod", RANK_SCOPE, "a", 1);
    assert_true(collection_has(c, "configmap", "shop", "cm"));
    assert_false(collection_has(c, "configmap", "", "cm"));
    collection_extend(c, "pod", "shop", "a", "extra", "{\"n\":1}");
    AUTO_JSON struct json_doc *doc = write(c, BUNDLE_SIZE_MAX);
    json *objects = json_get(json_root(doc), "objects");
    assert_int_equal(json_count(objects), 3);
    assert_string_equal(json_at_str(objects, "0.metadata.name"), "a");
    assert_int_equal(json_int(json_at(objects, "0.extra.n"), 0), 1);
    assert_string_equal(json_at_str(objects, "1.keys.0"), "k");
}

static void events_of_strangers_stay_out_unless_everything_is_asked_for(void **state)
{
    (void)state;
    for (int everything = 0; everything < 2; everything++) {
        struct collection *c = collection_new(BUNDLE_SIZE_MAX, everything);
        add_named(c, "pod", RANK_SCOPE, "a", 1);
        collection_absent(c, "pod", "shop", "gone");
        add_event(c, "a", "Warning", 2);
        add_event(c, "a", "Warning", 2);
        add_event(c, "stranger", "Warning", 3);
        add_event(c, "gone", "Warning", 1);
        AUTO_JSON struct json_doc *doc = write(c, BUNDLE_SIZE_MAX);
        json *events = json_get(json_root(doc), "events");
        assert_int_equal(json_count(events), everything ? 3 : 2);
        assert_string_equal(json_at_str(events, "0.involvedObject.name"), "gone"); /* by time */
    }
}

static void of_many_events_the_newest_fifty_stay_and_it_is_said(void **state)
{
    (void)state;
    struct collection *c = collection_new(BUNDLE_SIZE_MAX, false);
    add_named(c, "pod", RANK_SCOPE, "a", 1);
    for (int i = 0; i < 80; i++)
        add_event(c, "a", "Normal", (i * 37) % 80);
    AUTO_JSON struct json_doc *doc = write(c, BUNDLE_SIZE_MAX);
    json *events = json_get(json_root(doc), "events");
    assert_int_equal(json_count(events), 50);
    assert_string_equal(json_at_str(events, "0.metadata.name"), "a.Normal30");
    assert_true(notes(json_root(doc), "events beyond the newest 50"));
}

static void a_bundle_that_is_too_large_loses_the_least_important_first_and_says_so(void **state)
{
    (void)state;
    struct collection *c = collection_new(12000, false);
    AUTO_BUF struct buf log = { 0 };
    for (int i = 0; i < 190; i++)
        buf_printf(&log, "INFO something that is said all the time, number %d and some more words to make it long\n",
                   i);
    add_log(c, "a", buf_text(&log));
    add_named(c, "pod", RANK_SCOPE, "a", 500);
    add_named(c, "pod", RANK_POD, "b", 500);
    for (int i = 0; i < 20; i++) {
        add_event(c, "a", "Warning", i);
        add_event(c, "a", "Normal", i + 30);
    }
    for (int i = 0; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "s%d", i);
        add_named(c, "service", RANK_CONTEXT, name, 1000);
    }
    collection_listed(c, "service", "shop", 5);
    collection_listed(c, "ingress", "shop", 0);
    AUTO_JSON struct json_doc *doc = write(c, 12000);
    json *b = json_root(doc);
    assert_true(notes(b, "logs beyond 4 KiB each"));
    assert_true(notes(b, "Normal events"));
    assert_true(notes(b, "objects beside the incident"));
    assert_true(json_bool(json_at(b, "logs.0.truncated"), false));
    assert_string_equal(json_at_str(b, "objects.0.metadata.name"), "a");
    assert_string_equal(json_at_str(b, "objects.1.metadata.name"), "b");
    assert_int_equal(json_count(json_get(b, "lists")), 1); /* the services are not all there any more */
    assert_string_equal(json_at_str(b, "lists.0.kind"), "ingress");
    for (struct json_iter i = json_iter(json_get(b, "events")); json_next(&i);)
        assert_string_equal(json_get_str(i.value, "type"), "Warning");
}

static void what_was_asked_about_stays_however_small_the_limit(void **state)
{
    (void)state;
    struct collection *c = collection_new(4000, false);
    add_named(c, "pod", RANK_SCOPE, "a", 500);
    add_named(c, "deployment", RANK_OWNER, "d", 3000);
    for (int i = 0; i < 40; i++)
        add_event(c, "a", "Warning", i);
    AUTO_JSON struct json_doc *doc = write(c, 4000);
    assert_string_equal(json_at_str(json_root(doc), "objects.0.metadata.name"), "a");
    assert_int_equal(json_count(json_get(json_root(doc), "objects")), 1);
}

static void a_log_is_redacted_before_it_is_cut(void **state)
{
    (void)state;
    struct collection *c = collection_new(BUNDLE_SIZE_MAX, false);
    AUTO_BUF struct buf log = { 0 };
    for (int i = 0; i < 4090; i++) /* the line is cut in the middle of what follows */
        buf_char(&log, 'x');
    buf_str(&log, " password=hunter2hunter2\n");
    add_log(c, "a", buf_text(&log));
    assert_int_equal(collection_redactions(c), 1);
    AUTO_JSON struct json_doc *doc = write(c, BUNDLE_SIZE_MAX);
    assert_null(strstr(json_at_str(json_root(doc), "logs.0.text"), "hunter"));
}

static void the_same_things_in_another_order_give_the_same_bundle(void **state)
{
    (void)state;
    char *first = NULL;
    for (int turn = 0; turn < 2; turn++) {
        struct collection *c = collection_new(9000, false);
        for (int n = 0; n < 20; n++) {
            int i = turn ? 19 - n : n;
            char name[8];
            snprintf(name, sizeof name, "p%02d", i);
            add_named(c, "pod", RANK_CONTEXT, name, 300);
            add_event(c, name, "Warning", i % 3);
            add_log(c, name, "line\n");
            collection_absent(c, "secret", "shop", name);
            collection_listed(c, name, "shop", 1);
            collection_unchecked(c, name, "why", "get", "pods", "shop");
        }
        size_t size;
        char *text = collection_write(c, &(struct collection_facts){ .object = "pod/shop/p00" }, &size);
        collection_free(c);
        if (first)
            assert_string_equal(text, first);
        free(first);
        first = text;
    }
    free(first);
}

static void notes_are_bounded_and_the_rest_is_counted(void **state)
{
    (void)state;
    struct collection *c = collection_new(BUNDLE_SIZE_MAX, false);
    for (int i = 0; i < 500; i++) {
        AUTO_FREE char *what = str_printf("thing %d", i);
        collection_unchecked(c, what, "forbidden", "get", NULL, NULL);
    }
    assert_int_equal(collection_not_checked(c), 500);
    AUTO_JSON struct json_doc *doc = write(c, BUNDLE_SIZE_MAX);
    assert_int_equal(json_count(json_get(json_root(doc), "not_checked")), 200);
    assert_true(notes(json_root(doc), "301 things more"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bundle_has_every_part_in_the_documented_form),
        cmocka_unit_test(an_empty_bundle_is_whole_too),
        cmocka_unit_test(an_object_is_there_once_with_its_better_rank_and_its_fuller_form),
        cmocka_unit_test(events_of_strangers_stay_out_unless_everything_is_asked_for),
        cmocka_unit_test(of_many_events_the_newest_fifty_stay_and_it_is_said),
        cmocka_unit_test(a_bundle_that_is_too_large_loses_the_least_important_first_and_says_so),
        cmocka_unit_test(what_was_asked_about_stays_however_small_the_limit),
        cmocka_unit_test(a_log_is_redacted_before_it_is_cut),
        cmocka_unit_test(the_same_things_in_another_order_give_the_same_bundle),
        cmocka_unit_test(notes_are_bounded_and_the_rest_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
