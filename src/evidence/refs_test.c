#include "evidence/refs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct json_doc *parse(const char *text)
{
    struct err e = { 0 };
    struct json_doc *doc = json_parse(text, strlen(text), &json_object_limits, &e);
    if (!doc)
        fail_msg("%s", e.text);
    return doc;
}

static void note(void *arg, const struct ref *ref)
{
    buf_printf(arg, "%s/%s/%s%s ", ref->kind, ref->namespace_, ref->name, ref->optional ? "?" : "");
}

static void assert_refs(void (*refs)(const json *object, refs_found found, void *arg), const char *text,
                        const char *expected)
{
    AUTO_JSON struct json_doc *doc = parse(text);
    AUTO_BUF struct buf got = { 0 };
    refs(json_root(doc), note, &got);
    assert_string_equal(buf_text(&got), expected);
}

static void a_pod_names_everything_it_needs(void **state)
{
    (void)state;
    assert_refs(refs_of_pod,
                "{\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\"},\"spec\":{\"serviceAccountName\":\"sa\","
                "\"nodeName\":\"n1\",\"priorityClassName\":\"high\","
                "\"runtimeClassName\":\"gvisor\",\"imagePullSecrets\":[{\"name\":\"pull\"}],"
                "\"initContainers\":[{\"env\":[{\"name\":\"A\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"cm1\","
                "\"key\":\"k\"}}}]}],"
                "\"containers\":[{\"env\":[{\"name\":\"B\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s1\",\"key\":"
                "\"k\",\"optional\":true}}},{\"name\":\"C\",\"value\":\"x\"}],"
                "\"envFrom\":[{\"configMapRef\":{\"name\":\"cm2\"}},{\"secretRef\":{\"name\":\"s2\"}}]}],"
                "\"volumes\":[{\"name\":\"a\",\"configMap\":{\"name\":\"cm3\"}},{\"name\":\"b\",\"secret\":{"
                "\"secretName\":\"s3\"}},"
                "{\"name\":\"c\",\"persistentVolumeClaim\":{\"claimName\":\"data\"}},{\"name\":\"d\",\"emptyDir\":{}},{"
                "\"name\":\"e\",\"ephemeral\":{}},"
                "{\"name\":\"f\",\"projected\":{\"sources\":[{\"serviceAccountToken\":{\"path\":\"token\"}},{"
                "\"configMap\":{\"name\":\"kube-root-ca.crt\"}},"
                "{\"configMap\":{\"name\":\"cm4\"}},{\"secret\":{\"name\":\"s4\"}}]}}]}}",
                "serviceaccount/shop/sa configmap/shop/cm1 secret/shop/s1? configmap/shop/cm2 secret/shop/s2 "
                "configmap/shop/cm3 secret/shop/s3 "
                "persistentvolumeclaim/shop/data persistentvolumeclaim/shop/p-e configmap/shop/cm4 secret/shop/s4 "
                "secret/shop/pull priorityclass//high "
                "runtimeclass//gvisor node//n1 lease/kube-node-lease/n1 ");
}

static void owners_come_with_the_controller_first(void **state)
{
    (void)state;
    static const char text[] =
        "{\"metadata\":{\"namespace\":\"shop\",\"ownerReferences\":[{\"kind\":\"Widget\",\"name\":\"w\",\"uid\":\"1\"},"
        "{\"kind\":\"ReplicaSet\",\"name\":\"rs\",\"uid\":\"2\",\"controller\":true}]}}";
    assert_refs(refs_owners, text, "ReplicaSet/shop/rs Widget/shop/w ");
    AUTO_JSON struct json_doc *doc = parse(text);
    assert_true(refs_owned_by(json_root(doc), "2"));
    assert_false(refs_owned_by(json_root(doc), "3"));
    assert_false(refs_owned_by(json_root(doc), NULL));
}

static void claims_and_ingresses_name_what_stands_behind_them(void **state)
{
    (void)state;
    assert_refs(refs_of_claim, "{\"spec\":{\"volumeName\":\"pv1\",\"storageClassName\":\"fast\"}}",
                "persistentvolume//pv1 storageclass//fast ");
    assert_refs(refs_of_claim, "{\"spec\":{\"storageClassName\":\"\"}}", "");
    assert_refs(refs_of_ingress,
                "{\"metadata\":{\"namespace\":\"shop\"},\"spec\":{\"ingressClassName\":\"nginx\",\"tls\":[{"
                "\"secretName\":\"tls\"}],"
                "\"defaultBackend\":{\"service\":{\"name\":\"d\"}},\"rules\":[{\"http\":{\"paths\":[{\"backend\":{"
                "\"service\":{\"name\":\"web\"}}}]}}]}}",
                "ingressclass//nginx service/shop/d secret/shop/tls service/shop/web ");
}

static void assert_query(const char *selector, const char *expected)
{
    AUTO_JSON struct json_doc *doc = parse(selector);
    AUTO_BUF struct buf out = { 0 };
    assert_int_equal(refs_selector_query(json_root(doc), &out), expected != NULL);
    assert_string_equal(buf_text(&out), expected ? expected : "");
}

static void selectors_become_queries(void **state)
{
    (void)state;
    assert_query("{\"app\":\"web\"}", "labelSelector=app%3Dweb");
    assert_query("{\"matchLabels\":{\"a\":\"1\",\"b.c/d\":\"\"}}", "labelSelector=a%3D1%2Cb.c%2Fd%3D");
    assert_query("{\"matchExpressions\":[{\"key\":\"t\",\"operator\":\"In\",\"values\":[\"x\",\"y\"]},{\"key\":\"u\","
                 "\"operator\":\"Exists\"},"
                 "{\"key\":\"v\",\"operator\":\"DoesNotExist\"}]}",
                 "labelSelector=t%20in%20%28x%2Cy%29%2Cu%2C%21v");
}

static void what_is_no_selector_selects_nothing(void **state)
{
    (void)state;
    assert_query("{}", NULL);
    assert_query("{\"app\":\"web,env=prod\"}", NULL);
    assert_query("{\"app\":5}", NULL);
    assert_query("[\"app\"]", NULL);
    assert_query("{\"a&b\":\"x\"}", NULL);
    assert_query("{\"matchExpressions\":[{\"key\":\"t\",\"operator\":\"Near\"}]}", NULL);
    assert_query("{\"matchExpressions\":[{\"key\":\"t\",\"operator\":\"In\",\"values\":[\"x)\"]}]}", NULL);
}

static void a_map_selects_who_has_all_its_labels(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *pod = parse("{\"metadata\":{\"labels\":{\"app\":\"web\",\"tier\":\"front\"}}}");
    AUTO_JSON struct json_doc *both = parse("{\"app\":\"web\",\"tier\":\"front\"}");
    AUTO_JSON struct json_doc *one = parse("{\"app\":\"web\",\"tier\":\"back\"}");
    AUTO_JSON struct json_doc *none = parse("{}");
    size_t some;
    assert_true(refs_selects(json_root(both), json_root(pod), &some));
    assert_int_equal(some, 2);
    assert_false(refs_selects(json_root(one), json_root(pod), &some));
    assert_int_equal(some, 1);
    assert_false(refs_selects(json_root(none), json_root(pod), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pod_names_everything_it_needs),
        cmocka_unit_test(owners_come_with_the_controller_first),
        cmocka_unit_test(claims_and_ingresses_name_what_stands_behind_them),
        cmocka_unit_test(selectors_become_queries),
        cmocka_unit_test(what_is_no_selector_selects_nothing),
        cmocka_unit_test(a_map_selects_who_has_all_its_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
