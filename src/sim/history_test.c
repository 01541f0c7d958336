#include "sim/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static const struct history_limits roomy = { .revisions = 1000, .bytes = 1 << 20 };

static struct history *begin(const struct history_limits *limits)
{
    return history_new(limits, 42, NULL, NULL);
}

static bool put(struct history *h, struct object *o, const char *value)
{
    AUTO_FREE char *text =
        str_printf("{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"0\"},\"data\":\"%s\"}", o->name, value);
    return history_put(h, o, text, strlen(text));
}

static struct object *make(struct history *h, const char *namespace, const char *name, const char *value)
{
    struct object *o = history_object(h, KIND_CONFIG_MAP, namespace, name, 0);
    put(h, o, value);
    return o;
}

static void each_change_is_a_revision_with_the_next_version_written_into_it(void **state)
{
    (void)state;
    struct history *h = begin(&roomy);
    uint64_t before = history_version(h);
    struct object *o = make(h, "shop", "a", "1");
    assert_int_equal(o->newest->version, before + 1);
    assert_int_equal(o->newest->verb, VERB_ADDED);
    assert_true(put(h, o, "2"));
    assert_int_equal(o->newest->verb, VERB_MODIFIED);
    AUTO_FREE char *wanted = str_printf("{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"%llu\"},\"data\":\"2\"}",
                                        (unsigned long long)before + 2);
    assert_string_equal(o->newest->text, wanted);
    assert_int_equal(o->newest->size, strlen(wanted));
    history_free(h);
}

static void what_changes_nothing_is_no_revision(void **state)
{
    (void)state;
    struct history *h = begin(&roomy);
    struct object *o = make(h, "shop", "a", "1");
    uint64_t version = history_version(h);
    assert_false(put(h, o, "1"));
    assert_int_equal(history_version(h), version);
    history_free(h);
}

static void objects_are_kept_in_order_and_found_by_name(void **state)
{
    (void)state;
    struct history *h = begin(&roomy);
    make(h, "b", "x", "1");
    make(h, "a", "z", "1");
    make(h, "a", "y", "1");
    size_t count;
    struct object *const *all = history_objects(h, KIND_CONFIG_MAP, &count);
    assert_int_equal(count, 3);
    assert_string_equal(all[0]->name, "y");
    assert_string_equal(all[1]->name, "z");
    assert_string_equal(all[2]->name, "x");
    assert_ptr_equal(history_find(h, KIND_CONFIG_MAP, "a", "z"), all[1]);
    assert_null(history_find(h, KIND_CONFIG_MAP, "a", "x"));
    assert_null(history_find(h, KIND_SECRET, "a", "z"));
    history_free(h);
}

static void a_name_made_anew_is_another_object(void **state)
{
    (void)state;
    struct history *h = begin(&roomy);
    struct object *first = make(h, "shop", "a", "1");
    history_delete(h, first);
    assert_null(history_find(h, KIND_CONFIG_MAP, "shop", "a"));
    struct object *second = make(h, "shop", "a", "1");
    assert_string_not_equal(first->uid, second->uid);
    assert_ptr_equal(history_find(h, KIND_CONFIG_MAP, "shop", "a"), second);
    history_free(h);
}

static const char *data_at(const struct object *o, uint64_t version)
{
    const struct revision *r = history_state(o, version);
    return r ? strstr(r->text, "\"data\"") : NULL;
}

static void the_past_can_be_read_at_any_version_that_is_kept(void **state)
{
    (void)state;
    struct history *h = begin(&roomy);
    uint64_t before = history_version(h);
    struct object *o = make(h, "shop", "a", "1");
    put(h, o, "2");
    history_delete(h, o);
    assert_null(data_at(o, before));
    assert_string_equal(data_at(o, before + 1), "\"data\":\"1\"}");
    assert_string_equal(data_at(o, before + 2), "\"data\":\"2\"}");
    assert_null(data_at(o, before + 3));
    history_free(h);
}

static void positions_lead_from_a_version_to_what_came_after_it(void **state)
{
    (void)state;
    struct history *h = begin(&roomy);
    struct object *o = make(h, "shop", "a", "1");
    uint64_t version = history_version(h);
    put(h, o, "2");
    put(h, o, "3");
    uint64_t position = history_after(h, version);
    assert_int_equal(history_at(h, position)->version, version + 1);
    assert_int_equal(history_end(h) - position, 2);
    assert_int_equal(history_after(h, version + 2), history_end(h));
    assert_int_equal(history_after(h, 0), history_first(h));
    history_free(h);
}

static void the_past_is_bounded_and_the_present_stays(void **state)
{
    (void)state;
    struct history *h = begin(&(struct history_limits){ .revisions = 5, .bytes = 1 << 20 });
    struct object *still = make(h, "shop", "still", "1"), *busy = make(h, "shop", "busy", "0");
    uint64_t early = history_version(h);
    char value[16];
    for (int i = 1; i <= 20; i++) {
        snprintf(value, sizeof value, "%d", i);
        put(h, busy, value);
    }
    assert_int_equal(history_end(h) - history_first(h), 5);
    assert_true(history_compacted(h) > early);
    assert_string_equal(data_at(still, history_version(h)), "\"data\":\"1\"}");
    assert_string_equal(data_at(busy, history_version(h)), "\"data\":\"20\"}");
    assert_string_equal(data_at(busy, history_compacted(h)), "\"data\":\"15\"}"); /* where the past begins */
    history_free(h);
}

static void bytes_bound_the_past_too(void **state)
{
    (void)state;
    struct history *h = begin(&(struct history_limits){ .revisions = 1000, .bytes = 300 });
    struct object *o = make(h, "shop", "a", "0");
    for (int i = 1; i <= 20; i++) {
        char value[16];
        snprintf(value, sizeof value, "%d", i);
        put(h, o, value);
    }
    assert_in_range(history_end(h) - history_first(h), 1, 6);
    history_free(h);
}

static void a_deleted_object_is_gone_when_its_end_is_forgotten(void **state)
{
    (void)state;
    struct history *h = begin(&roomy);
    make(h, "shop", "stays", "1");
    history_delete(h, make(h, "shop", "goes", "1"));
    size_t count;
    history_objects(h, KIND_CONFIG_MAP, &count);
    assert_int_equal(count, 2);
    history_compact(h);
    history_objects(h, KIND_CONFIG_MAP, &count);
    assert_int_equal(count, 1);
    assert_int_equal(history_compacted(h), history_version(h));
    history_free(h);
}

static int heard;

static void hear(void *arg, struct revision *r)
{
    assert_ptr_equal(arg, &heard);
    assert_non_null(r->object);
    heard++;
}

static void every_revision_is_told_once(void **state)
{
    (void)state;
    struct history *h = history_new(&roomy, 1, hear, &heard);
    struct object *o = make(h, "shop", "a", "1");
    put(h, o, "1");
    put(h, o, "2");
    history_delete(h, o);
    assert_int_equal(heard, 3);
    history_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_a_revision_with_the_next_version_written_into_it),
        cmocka_unit_test(what_changes_nothing_is_no_revision),
        cmocka_unit_test(objects_are_kept_in_order_and_found_by_name),
        cmocka_unit_test(a_name_made_anew_is_another_object),
        cmocka_unit_test(the_past_can_be_read_at_any_version_that_is_kept),
        cmocka_unit_test(positions_lead_from_a_version_to_what_came_after_it),
        cmocka_unit_test(the_past_is_bounded_and_the_present_stays),
        cmocka_unit_test(bytes_bound_the_past_too),
        cmocka_unit_test(a_deleted_object_is_gone_when_its_end_is_forgotten),
        cmocka_unit_test(every_revision_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
