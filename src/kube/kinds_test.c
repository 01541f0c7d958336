#include "kube/kube.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static const char *kind_of(const char *name)
{
    const struct kube_kind *kind = kube_kind_find(name);
    return kind ? kind->kind : "none";
}

static void a_kind_is_found_by_all_its_names(void **state)
{
    (void)state;
    static const char *const names[] = { "Deployment", "deployment",       "deployments", "deploy",
                                         "DEPLOY",     "deployments.apps", "deploy.apps" };
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(kind_of(names[i]), "Deployment");
    assert_string_equal(kind_of("po"), "Pod");
    assert_string_equal(kind_of("nodes"), "Node");
    assert_string_equal(kind_of("nodes.metrics.k8s.io"), "NodeMetrics");
    assert_string_equal(kind_of("leases.coordination.k8s.io"), "Lease");
    assert_string_equal(kind_of("hpa"), "HorizontalPodAutoscaler");
}

static void what_is_no_kind_is_not_found(void **state)
{
    (void)state;
    static const char *const names[] = { "", "p", "podss", "deployments.batch", ".", "deploy " };
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(kind_of(names[i]), "none");
}

static void every_kind_is_found_by_its_own_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < kube_kinds_count; i++)
        assert_string_equal(kind_of(kube_kinds[i].kind), kube_kinds[i].kind);
}

static void assert_path(const char *kind, const char *namespace_, const char *name, const char *expected)
{
    AUTO_FREE char *path = kube_path(kube_kind_find(kind), namespace_, name);
    if (!expected)
        assert_null(path);
    else
        assert_string_equal(path, expected);
}

static void paths_are_those_of_the_api(void **state)
{
    (void)state;
    assert_path("pod", NULL, NULL, "/api/v1/pods");
    assert_path("pod", "", "", "/api/v1/pods");
    assert_path("pod", "shop", NULL, "/api/v1/namespaces/shop/pods");
    assert_path("pod", "shop", "cart-1", "/api/v1/namespaces/shop/pods/cart-1");
    assert_path("node", "shop", "worker-1", "/api/v1/nodes/worker-1");
    assert_path("deploy", "shop", "web", "/apis/apps/v1/namespaces/shop/deployments/web");
    assert_path("storageclass", NULL, "fast.ssd", "/apis/storage.k8s.io/v1/storageclasses/fast.ssd");
    assert_path("clusterrole", NULL, "system:node", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode");
}

static void names_that_would_lead_elsewhere_have_no_path(void **state)
{
    (void)state;
    assert_path("pod", "shop/pods", "x", NULL);
    assert_path("pod", "..", NULL, NULL);
    assert_path("pod", "shop", "../../secrets/x", NULL);
    assert_path("pod", "shop", "a/log", NULL);
    assert_path("pod", "shop", "a?x=y", NULL);
    assert_path("pod", "shop", "Upper", NULL);
    assert_path("pod", NULL, "cart-1", NULL);
    assert_path("clusterrole", NULL, "..", NULL);
    assert_path("clusterrole", NULL, "a/b", NULL);
    assert_path("clusterrole", NULL, "a%2fb", NULL);
    assert_path("clusterrole", NULL, "a\nb", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kind_is_found_by_all_its_names),
        cmocka_unit_test(what_is_no_kind_is_not_found),
        cmocka_unit_test(every_kind_is_found_by_its_own_name),
        cmocka_unit_test(paths_are_those_of_the_api),
        cmocka_unit_test(names_that_would_lead_elsewhere_have_no_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
