/* Bundles that are none, that hold anything anywhere, or too much of it: a reason or a verdict, never a crash. */
#include "diagnose/case_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"

#define FOLDER "tests/data/bundles/"
#define ROUNDS 12 /* mutations of each bundle */
#define DEPTH  60

/* What a verdict promises, however it came about. */
static void expect_writable(const struct wire_verdict *v)
{
    struct arena a = { 0 };
    struct err e = { 0 };
    struct wire_verdict again;
    AUTO_JSON_W struct json_w *w = json_w_new();
    wire_verdict_write(w, NULL, v);
    size_t size;
    AUTO_FREE char *text = json_w_take(w, &size);
    AUTO_JSON struct json_doc *doc = json_parse(text, size, &json_list_limits, &e);
    assert_non_null(doc);
    if (wire_verdict_read(json_root(doc), &a, &again, &e) != 0)
        fail_msg("%s", e.text);
    for (size_t i = 0; i < v->n_roots; i++) {
        assert_true(v->roots[i].confidence > 0 && v->roots[i].confidence < 1);
        assert_true(*v->roots[i].code && strchr(v->roots[i].object, '/') && *v->roots[i].statement &&
                    *v->roots[i].statement_zh);
        assert_null(strpbrk(v->roots[i].statement, "\n\r\x1b"));
        for (size_t k = 0; k < v->roots[i].n_actions; k++)
            assert_null(strpbrk(v->roots[i].actions[k].command, "\n\r\x1b"));
    }
    arena_fini(&a);
}

static int diagnose_text(const char *text, size_t size)
{
    struct arena a = { 0 };
    struct err e = { 0 };
    struct wire_verdict v;
    struct diagnose_incidents all;
    int one = diagnose_bundle(text, size, &a, &v, &e);
    assert_int_equal(diagnose_all(text, size, &a, &all, &e), one);
    assert_true(one == 0 || (e.kind != ERR_NONE && *e.text));
    if (one == 0)
        expect_writable(&v);
    for (size_t i = 0; one == 0 && i < all.count; i++)
        expect_writable(&all.items[i].verdict);
    arena_fini(&a);
    return one;
}

static void what_is_no_bundle_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "null", "[]", "{}", "7", "\"bundle\"", "{\"objects\":{}}", "{\"objects\":[", "{\"objects\":null}"
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(diagnose_text(texts[i], strlen(texts[i])), -1);
}

static void a_bundle_of_nothing_is_a_bundle(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"objects\":[]}",
        "{\"objects\":[null,7,\"x\",[],{}],\"events\":[null,{}],\"logs\":[1],\"absent\":[2],\"lists\":{},\"not_"
        "checked\":7,\"scope\":[]}",
        "{\"objects\":[{\"kind\":\"Pod\"},{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a "
        "b\"}},{\"kind\":\"../x\",\"metadata\":{\"name\":\"a\"}}]}",
        "{\"objects\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"namespace\":\"x/y\"}}]}",
        "{\"objects\":[],\"scope\":{\"object\":\"pod/shop/../../etc\"}}",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(diagnose_text(texts[i], strlen(texts[i])), 0);
}

/* Anything anywhere */

static void write_anything(struct json_w *w, const char *key, uint64_t *dice)
{
    char long_[3000];
    memset(long_, 'x', sizeof long_ - 1);
    long_[sizeof long_ - 1] = '\0';
    switch (clock_roll(dice) % 10) {
    case 0: json_w_null(w, key); break;
    case 1: json_w_int(w, key, INT64_MIN); break;
    case 2: json_w_real(w, key, -1e308); break;
    case 3: json_w_bool(w, key, true); break;
    case 4: json_w_str(w, key, ""); break;
    case 5: json_w_str(w, key, "$(reboot); `id` \"' \x1b[31m\n{name} [x] \\ \xe2\x80\xae"); break;
    case 6: json_w_str(w, key, long_); break;
    case 7: json_w_str(w, key, "2026-01-01T11:59:59Z"); break;
    case 8:
        json_w_array(w, key);
        json_w_array(w, NULL);
        json_w_end(w);
        json_w_end(w);
        break;
    default:
        json_w_object(w, key);
        json_w_str(w, "name", "-rf");
        json_w_end(w);
        break;
    }
}

static void write_mutated(struct json_w *w, const char *key, const json *v, uint64_t *dice, int depth)
{
    if (depth > 1 && clock_roll(dice) % 60 == 0) {
        write_anything(w, key, dice);
        return;
    }
    if (depth >= DEPTH || !(json_is_object(v) || json_is_array(v))) {
        json_w_copy(w, key, v);
        return;
    }
    if (json_is_object(v))
        json_w_object(w, key);
    else
        json_w_array(w, key);
    for (struct json_iter i = json_iter(v); json_next(&i);)
        write_mutated(w, json_is_object(v) ? i.key : NULL, i.value, dice, depth + 1);
    json_w_end(w);
}

static void any_type_at_any_place_is_survived(void **state)
{
    (void)state;
    static const char *const bundles[] = { "crashloop-payments",  "unschedulable-too-big",
                                           "quota-workers",       "pvc-no-class-data",
                                           "readiness-search",    "service-selector-typo-checkout",
                                           "ingress-shop",        "node-lost-worker-evicted",
                                           "job-backoff-migrate", "hpa-no-metrics-checkout" };
    uint64_t dice = 20260101;
    for (size_t i = 0; i < COUNT(bundles); i++) {
        struct err e = { 0 };
        char path[200];
        size_t size;
        snprintf(path, sizeof path, FOLDER "%s.json", bundles[i]);
        AUTO_FREE char *text = file_read(path, BUNDLE_SIZE_MAX, &size, &e);
        assert_non_null(text);
        AUTO_JSON struct json_doc *doc = json_parse(text, size, &json_list_limits, &e);
        for (int round = 0; round < ROUNDS; round++) {
            AUTO_JSON_W struct json_w *w = json_w_new();
            write_mutated(w, NULL, json_root(doc), &dice, 0);
            size_t n;
            AUTO_FREE char *mutated = json_w_take(w, &n);
            (void)diagnose_text(mutated, n);
        }
    }
}

/* Too much */

static void more_than_the_limits_is_cut_and_not_fatal(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = { 0 };
    buf_str(&text, "{\"collected_at\":\"2026-01-01T12:00:00Z\",\"objects\":[");
    for (int i = 0; i < 6000; i++)
        buf_printf(&text,
                   "%s{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p%d\",\"namespace\":\"n%d\"},\"spec\":{\"containers\":"
                   "[{\"name\":\"c\"}]},\"status\":{\"phase\":\"Pending\","
                   "\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"waiting\":{\"reason\":\"ErrImagePull\","
                   "\"message\":\"not found\"}}}]}}",
                   i ? "," : "", i, i % 7);
    buf_str(&text, "],\"events\":[");
    for (int i = 0; i < 3000; i++)
        buf_printf(&text,
                   "%s{\"reason\":\"Failed\",\"message\":\"Failed to pull "
                   "image\",\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"n%d\",\"name\":\"p%d\"}}",
                   i ? "," : "", i % 7, i);
    buf_str(&text, "]}");
    struct arena a = { 0 };
    struct err e = { 0 };
    struct diagnose_incidents all;
    assert_int_equal(diagnose_all(text.data, text.size, &a, &all, &e), 0);
    assert_int_equal(all.objects, 6000);
    assert_true(all.count > 0 && all.count <= 6000);
    arena_fini(&a);
}

static void nesting_without_end_is_refused(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = { 0 };
    buf_str(&text, "{\"objects\":");
    for (int i = 0; i < 5000; i++)
        buf_char(&text, '[');
    for (int i = 0; i < 5000; i++)
        buf_char(&text, ']');
    buf_char(&text, '}');
    assert_int_equal(diagnose_text(text.data, text.size), -1);
}

static void a_circle_of_owners_ends(void **state)
{
    (void)state;
    static const struct case_ c = { "circle",
                                    "{'kind':'ReplicaSet','metadata':{'name':'a','namespace':'shop','ownerReferences':["
                                    "{'kind':'ReplicaSet','name':'b','controller':true}]}},"
                                    "{'kind':'ReplicaSet','metadata':{'name':'b','namespace':'shop','ownerReferences':["
                                    "{'kind':'ReplicaSet','name':'a','controller':true}]}}," POD_OF(
                                        "p", "ReplicaSet", "a", ONE_CONTAINER, CRASHED("1", "Error")) };
    size_t size;
    AUTO_FREE char *text = case_bundle(&c, &size);
    assert_int_equal(diagnose_text(text, size), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_bundle_is_refused_with_a_reason),
        cmocka_unit_test(a_bundle_of_nothing_is_a_bundle),
        cmocka_unit_test(any_type_at_any_place_is_survived),
        cmocka_unit_test(more_than_the_limits_is_cut_and_not_fatal),
        cmocka_unit_test(nesting_without_end_is_refused),
        cmocka_unit_test(a_circle_of_owners_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
