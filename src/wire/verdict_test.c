#include "wire/verdict.h"

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

static char *encode(const struct wire_verdict *v)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    wire_verdict_write(w, NULL, v);
    return json_w_take(w, NULL);
}

static int read_verdict(const char *text, struct wire_verdict *out, struct err *e)
{
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_wire_limits, e);
    assert_non_null(doc);
    return wire_verdict_read(json_root(doc), &arena, out, e);
}

static void everything_comes_back(void **state)
{
    (void)state;
    struct wire_evidence evidence[] = { { "event pod/shop/cart-7d9",
                                          "MountVolume.SetUp failed: configmap \"cart\" not found", 1767323045678 },
                                        { "configmap/shop/cart", "absent", 0 } };
    struct wire_action actions[] = { { "create", "configmap/shop/cart", "ask", "kubectl -n shop create configmap cart",
                                       "Create it.", "\xe5\x88\x9b\xe5\xbb\xba" } };
    struct wire_root roots[] = { { "config.configmap-missing", "configmap/shop/cart", 0.97, SEVERITY_HIGH,
                                   "It is absent.", "\xe7\xbc\xba\xe5\xa4\xb1", evidence, 2, actions, 1 } };
    struct wire_reason victims[] = { { "deployment/shop/cart", "its Pods wait", "\xe7\xad\x89\xe5\xbe\x85", 0 } };
    struct wire_reason ruled_out[] = { { "image.not-found", "the image is there", NULL, 0 } };
    struct wire_reason not_checked[] = { { "logs", "forbidden", "\xe6\x97\xa0\xe6\x9d\x83\xe9\x99\x90", 0 } };
    struct wire_reason changes[] = { { "deployment/shop/cart", "rolled out revision 7", "\xe5\x8f\x91\xe5\xb8\x83",
                                       1767323000000 } };
    struct wire_node nodes[] = { { "pod/shop/cart-7d9", "victim", "ContainerCreating" } };
    struct wire_edge edges[] = { { "pod/shop/cart-7d9", "configmap/shop/cart", "mounts" } };
    struct wire_verdict v = { VERDICT_FAULT, roots, 1,     victims, 1,     ruled_out, 1,  not_checked, 1,
                              changes,       1,     nodes, 1,       edges, 1,         12, 34 };
    AUTO_FREE char *text = encode(&v);
    assert_string_equal(
        text, "{\"verdict\":\"fault\",\"roots\":[{\"code\":\"config.configmap-missing\",\"object\":\"configmap/shop/"
              "cart\",\"confidence\":0.97,"
              "\"severity\":\"high\",\"statement\":\"It is "
              "absent.\",\"statement_zh\":\"\xe7\xbc\xba\xe5\xa4\xb1\",\"evidence\":["
              "{\"source\":\"event pod/shop/cart-7d9\",\"quote\":\"MountVolume.SetUp failed: configmap \\\"cart\\\" "
              "not found\",\"at\":\"2026-01-02T03:04:05.678Z\"},"
              "{\"source\":\"configmap/shop/"
              "cart\",\"quote\":\"absent\"}],\"actions\":[{\"type\":\"create\",\"object\":\"configmap/shop/"
              "cart\",\"class\":\"ask\","
              "\"command\":\"kubectl -n shop create configmap cart\",\"text\":\"Create "
              "it.\",\"text_zh\":\"\xe5\x88\x9b\xe5\xbb\xba\"}]}],"
              "\"victims\":[{\"object\":\"deployment/shop/cart\",\"why\":\"its Pods "
              "wait\",\"why_zh\":\"\xe7\xad\x89\xe5\xbe\x85\"}],"
              "\"ruled_out\":[{\"code\":\"image.not-found\",\"why\":\"the image is there\"}],"
              "\"not_checked\":[{\"what\":\"logs\",\"why\":\"forbidden\",\"why_zh\":"
              "\"\xe6\x97\xa0\xe6\x9d\x83\xe9\x99\x90\"}],"
              "\"changes\":[{\"object\":\"deployment/shop/cart\",\"text\":\"rolled out revision "
              "7\",\"text_zh\":\"\xe5\x8f\x91\xe5\xb8\x83\",\"at\":\"2026-01-02T03:03:20.000Z\"}],"
              "\"nodes\":[{\"object\":\"pod/shop/cart-7d9\",\"role\":\"victim\",\"state\":\"ContainerCreating\"}],"
              "\"edges\":[{\"from\":\"pod/shop/cart-7d9\",\"to\":\"configmap/shop/"
              "cart\",\"kind\":\"mounts\"}],\"calls\":12,\"ms\":34}");
    struct wire_verdict back;
    assert_int_equal(read_verdict(text, &back, NULL), 0);
    AUTO_FREE char *again = encode(&back);
    assert_string_equal(again, text);
    assert_int_equal(back.n_roots, 1);
    assert_true(back.roots[0].confidence > 0.96 && back.roots[0].confidence < 0.98);
    assert_int_equal(back.roots[0].n_evidence, 2);
    assert_int_equal(back.changes[0].at, 1767323000000);
}

static void an_empty_verdict_has_empty_lists(void **state)
{
    (void)state;
    AUTO_FREE char *text = encode(&(struct wire_verdict){ .outcome = VERDICT_HEALTHY });
    assert_string_equal(
        text, "{\"verdict\":\"healthy\",\"roots\":[],\"victims\":[],\"ruled_out\":[],\"not_checked\":[],\"changes\":[],"
              "\"nodes\":[],\"edges\":[],\"calls\":0,\"ms\":0}");
}

static void an_outcome_is_needed_and_an_unknown_one_is_inconclusive(void **state)
{
    (void)state;
    struct wire_verdict v;
    struct err e = { 0 };
    assert_int_equal(read_verdict("{}", &v, &e), -1);
    assert_string_equal(e.text, "verdict: verdict is missing");
    assert_int_equal(read_verdict("[]", &v, &e), -1);
    assert_int_equal(wire_verdict_read(NULL, &arena, &v, &e), -1);
    assert_int_equal(read_verdict("{\"verdict\":\"maybe\"}", &v, &e), 0);
    assert_int_equal(v.outcome, VERDICT_INCONCLUSIVE);
}

static void confidence_stays_between_nothing_and_certainty(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want;
    } rows[] = { { "7", 1 }, { "-1", 0 }, { "0.5", 0.5 }, { "1e999", 1 }, { "\"1\"", 0 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_FREE char *text =
            str_printf("{\"verdict\":\"fault\",\"roots\":[{\"code\":\"c\",\"confidence\":%s}]}", rows[i].text);
        struct wire_verdict v;
        assert_int_equal(read_verdict(text, &v, NULL), 0);
        assert_true(v.roots[0].confidence == rows[i].want);
    }
    struct wire_root root = { .code = "c", .confidence = 0.0 / 1.0 };
    root.confidence = root.confidence / root.confidence; /* not a number */
    AUTO_FREE char *text = encode(&(struct wire_verdict){ .outcome = VERDICT_FAULT, .roots = &root, .n_roots = 1 });
    assert_non_null(strstr(text, "\"confidence\":0.0"));
}

static void outcomes_have_names(void **state)
{
    (void)state;
    assert_string_equal(wire_outcome_name(VERDICT_RECOVERED), "recovered");
    assert_string_equal(wire_outcome_name((enum wire_outcome)77), "inconclusive");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(everything_comes_back, reset),
        cmocka_unit_test_teardown(an_empty_verdict_has_empty_lists, reset),
        cmocka_unit_test_teardown(an_outcome_is_needed_and_an_unknown_one_is_inconclusive, reset),
        cmocka_unit_test_teardown(confidence_stays_between_nothing_and_certainty, reset),
        cmocka_unit_test_teardown(outcomes_have_names, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
