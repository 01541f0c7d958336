#include "evidence/trim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static char *trimmed(const char *kind, const char *text, int64_t *redactions)
{
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_object_limits, &e);
    assert_non_null(doc);
    size_t size;
    int64_t count = 0;
    char *out = trim_object(kind ? kube_kind_find(kind) : NULL, json_root(doc), &size, &count);
    assert_int_equal(size, strlen(out));
    if (redactions)
        *redactions = count;
    return out;
}

static void assert_trimmed(const char *kind, const char *text, const char *expected)
{
    AUTO_FREE char *out = trimmed(kind, text, NULL);
    assert_string_equal(out, expected);
}

static void an_object_keeps_what_explains_and_loses_what_fills(void **state)
{
    (void)state;
    assert_trimmed(
        "deployment",
        "{\"metadata\":{\"name\":\"web\",\"managedFields\":[{\"manager\":\"x\"}],\"annotations\":{"
        "\"kubectl.kubernetes.io/last-applied-configuration\":\"{}\",\"deployment.kubernetes.io/revision\":\"2\"}},"
        "\"spec\":{\"replicas\":1,\"paused\":false,\"x\":null,\"list\":[1.5,\"a\"]}}",
        "{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\",\"metadata\":{\"name\":\"web\",\"annotations\":{"
        "\"deployment.kubernetes.io/"
        "revision\":\"2\"}},\"spec\":{\"replicas\":1,\"paused\":false,\"x\":null,\"list\":[1.5,\"a\"]}}");
}

static void an_object_of_an_unknown_kind_keeps_its_own(void **state)
{
    (void)state;
    assert_trimmed(NULL, "{\"kind\":\"Rollout\",\"apiVersion\":\"argoproj.io/v1alpha1\",\"metadata\":{\"name\":\"a\"}}",
                   "{\"kind\":\"Rollout\",\"apiVersion\":\"argoproj.io/v1alpha1\",\"metadata\":{\"name\":\"a\"}}");
}

static void a_long_annotation_goes(void **state)
{
    (void)state;
    AUTO_FREE char *long_text = mem_alloc(TRIM_ANNOTATION_MAX + 2);
    memset(long_text, 'x', TRIM_ANNOTATION_MAX + 1);
    long_text[TRIM_ANNOTATION_MAX + 1] = '\0';
    AUTO_FREE char *text =
        str_printf("{\"metadata\":{\"name\":\"a\",\"annotations\":{\"long\":\"%s\",\"short\":\"y\"}}}", long_text);
    assert_trimmed(
        "pod", text,
        "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\",\"annotations\":{\"short\":\"y\"}}}");
}

static void a_config_map_becomes_its_keys_in_order(void **state)
{
    (void)state;
    assert_trimmed("configmap",
                   "{\"metadata\":{\"name\":\"c\"},\"data\":{\"b\":\"secret "
                   "value\",\"a\":\"x\"},\"binaryData\":{\"c.bin\":\"AAAA\"}}",
                   "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"c\"},\"keys\":[\"a\",\"b\","
                   "\"c.bin\"]}");
    assert_trimmed("configmap", "{\"metadata\":{\"name\":\"c\"}}",
                   "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"c\"},\"keys\":[]}");
}

static void a_config_map_of_which_only_the_name_was_read_has_no_keys(void **state)
{
    (void)state;
    assert_trimmed(
        "configmap",
        "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{\"name\":\"c\"}}",
        "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"c\"}}");
}

static void a_secret_never_shows_its_data(void **state)
{
    (void)state;
    assert_trimmed("secret",
                   "{\"metadata\":{\"name\":\"s\"},\"type\":\"Opaque\",\"data\":{\"k\":\"aHVudGVyMg==\"},"
                   "\"stringData\":{\"k\":\"hunter2\"}}",
                   "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"s\"},\"type\":\"Opaque\"}");
}

static void variables_with_secret_names_lose_their_values(void **state)
{
    (void)state;
    int64_t redactions;
    AUTO_FREE char *out =
        trimmed("pod",
                "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"env\":["
                "{\"name\":\"DB_PASSWORD\",\"value\":\"plain\"},{\"name\":\"PORT\",\"value\":\"8080\"},"
                "{\"name\":\"TOKEN\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s\",\"key\":\"token\"}}},"
                "{\"name\":\"DATABASE_URL\",\"value\":\"postgres://app:s3cr3t@db/x\"}],"
                "\"args\":[\"--api-key=abc\",\"serve\"]}]}}",
                &redactions);
    assert_int_equal(redactions, 3);
    assert_null(strstr(out, "plain"));
    assert_null(strstr(out, "s3cr3t"));
    assert_null(strstr(out, "=abc"));
    assert_non_null(strstr(out, "{\"name\":\"DB_PASSWORD\",\"value\":\"[redacted:setting]\"}"));
    assert_non_null(strstr(out, "{\"name\":\"PORT\",\"value\":\"8080\"}"));
    assert_non_null(strstr(out, "\"secretKeyRef\":{\"name\":\"s\",\"key\":\"token\"}"));
    assert_non_null(strstr(out, "postgres://app:[redacted:url-password]@db/x"));
}

static void names_that_objects_find_each_other_by_stay(void **state)
{
    (void)state;
    static const char text[] =
        "{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"s\",\"labels\":{\"token\":\"abc\"}},"
        "\"spec\":{\"selector\":{\"token\":\"abc\",\"password\":\"x1y2z3\"}}}";
    assert_trimmed("service", text, text);
}

static void a_node_loses_its_images(void **state)
{
    (void)state;
    assert_trimmed(
        "node",
        "{\"metadata\":{\"name\":\"n\"},\"spec\":{\"unschedulable\":true},\"status\":{\"images\":[{\"names\":[\"a\"]}],"
        "\"allocatable\":{\"cpu\":\"2\"}}}",
        "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"n\"},\"spec\":{\"unschedulable\":true},"
        "\"status\":{\"allocatable\":{\"cpu\":\"2\"}}}");
}

static void of_many_endpoints_those_that_are_not_ready_stay(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = { 0 };
    buf_str(&text, "{\"metadata\":{\"name\":\"e\"},\"addressType\":\"IPv4\",\"endpoints\":[");
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "%s{\"addresses\":[\"10.0.0.%d\"],\"conditions\":{\"ready\":%s}}", i ? "," : "", i,
                   i == 99 ? "false" : "true");
    buf_str(&text, "],\"ports\":[{\"port\":80}]}");
    AUTO_FREE char *out = trimmed("endpointslice", buf_text(&text), NULL);
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(out, strlen(out), &json_object_limits, &e);
    json *root = json_root(doc);
    assert_int_equal(json_count(json_get(root, "endpoints")), TRIM_ENDPOINTS_MAX);
    assert_string_equal(json_at_str(root, "endpoints.0.addresses.0"), "10.0.0.99");
    assert_int_equal(json_get_int(root, "endpointsTotal", 0), 100);
    assert_int_equal(json_int(json_at(root, "ports.0.port"), 0), 80);
}

static void an_events_message_is_redacted(void **state)
{
    (void)state;
    AUTO_FREE char *out = trimmed(
        "event",
        "{\"metadata\":{\"name\":\"e\"},\"message\":\"exec failed: --password hunter2x\",\"reason\":\"Failed\"}", NULL);
    assert_null(strstr(out, "hunter2x"));
    assert_non_null(strstr(out, "--password [redacted:setting]"));
}

static void hostile_objects_give_poor_but_whole_json(void **state)
{
    (void)state;
    static const char *const texts[] = { "{}", "{\"metadata\":7}",
                                         "{\"metadata\":{\"annotations\":[1]},\"data\":\"x\"}",
                                         "{\"endpoints\":5,\"status\":[]}" };
    static const char *const kinds[] = { "pod", "configmap", "secret", "node", "endpointslice" };
    for (size_t t = 0; t < COUNT(texts); t++)
        for (size_t k = 0; k < COUNT(kinds); k++) {
            AUTO_FREE char *out = trimmed(kinds[k], texts[t], NULL);
            struct err e;
            AUTO_JSON struct json_doc *doc = json_parse(out, strlen(out), &json_object_limits, &e);
            assert_true(json_is_object(json_root(doc)));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_keeps_what_explains_and_loses_what_fills),
        cmocka_unit_test(an_object_of_an_unknown_kind_keeps_its_own),
        cmocka_unit_test(a_long_annotation_goes),
        cmocka_unit_test(a_config_map_becomes_its_keys_in_order),
        cmocka_unit_test(a_config_map_of_which_only_the_name_was_read_has_no_keys),
        cmocka_unit_test(a_secret_never_shows_its_data),
        cmocka_unit_test(variables_with_secret_names_lose_their_values),
        cmocka_unit_test(names_that_objects_find_each_other_by_stay),
        cmocka_unit_test(a_node_loses_its_images),
        cmocka_unit_test(of_many_endpoints_those_that_are_not_ready_stay),
        cmocka_unit_test(an_events_message_is_redacted),
        cmocka_unit_test(hostile_objects_give_poor_but_whole_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
