/* Bundles recorded from a real cluster (tests/data/bundles): the cause and the object that each must name, and silence about what is well. */
#include "diagnose/diagnose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/str.h"

#define FOLDER "tests/data/bundles/"

struct expected {
    const char *code, *object;
    const char *phrase; /* must stand in the statement          */
};

static char *read_bundle(const char *name, size_t *size)
{
    struct err e = { 0 };
    char path[300];
    snprintf(path, sizeof path, FOLDER "%s.json", name);
    char *text = file_read(path, BUNDLE_ALL_MAX, size, &e);
    if (!text)
        fail_msg("%s", e.text);
    return text;
}

/* One bundle a fault.  Those of node2 were recorded while its kubelet was stopped. */
static const struct {
    const char *bundle;
    struct expected expected;
} faults[] = {
    { "unschedulable-too-big", { "sched.insufficient-cpu", "pod/shop/too-big", "512Gi of memory" } },
    { "unschedulable-extended", { "sched.insufficient-extended", "pod/shop/wants-extended", "example.com/gpu" } },
    { "unschedulable-selector-wants-gpu", { "sched.node-selector", "pod/shop/wants-gpu", "accelerator=h100" } },
    { "unschedulable-affinity-wants-zone", { "sched.node-affinity", "pod/lab/wants-zone", "eu-west-1c" } },
    { "unschedulable-no-toleration", { "sched.taint", "pod/shop/no-toleration", "dedicated=batch:NoSchedule" } },
    { "unschedulable-cordoned", { "sched.cordoned", "node//node1", "only-node1 cannot be scheduled" } },
    { "unschedulable-anti-affinity-spread",
      { "sched.anti-affinity", "deployment/lab/spread", "each of 3 Pods, there are 2" } },
    { "unschedulable-topology", { "sched.topology-spread", "deployment/lab/topology", "topology.kubernetes.io/zone" } },
    { "unschedulable-hostport", { "sched.hostport", "deployment/lab/hostport", "host port 18080" } },
    { "unschedulable-gated", { "sched.gated", "pod/lab/gated", "example.com/approval" } },
    { "nodename-missing-ghost-node", { "sched.nodename-missing", "pod/lab/ghost-node", "worker-77" } },
    { "pvc-no-class-data", { "pvc.no-matching-pv", "persistentvolumeclaim/shop/data", "shop/data stays Pending" } },
    { "pvc-pending-database", { "pvc.no-matching-pv", "persistentvolumeclaim/shop/data", "shop/data stays Pending" } },
    { "pvc-class-missing-data-fast", { "pvc.storageclass", "persistentvolumeclaim/shop/data-fast", "fast-ssd" } },
    { "quota-workers", { "admission.quota", "resourcequota/quota/small", "workers cannot create its Pods" } },
    { "namespace-quota", { "admission.quota", "resourcequota/quota/small", "allows pods=1" } },
    { "limitrange-too-much", { "admission.limitrange", "deployment/limits/too-much", "64Mi" } },
    { "podsecurity-privileged", { "admission.podsecurity", "deployment/strict/privileged", "restricted" } },
    { "serviceaccount-missing-no-account",
      { "admission.serviceaccount", "serviceaccount/lab/billing-bot", "lab/billing-bot" } },
    { "webhook-unreachable-guarded",
      { "admission.webhook-unreachable", "service/guarded/pod-guard", "guard.example.com" } },
    { "image-not-found-frontend",
      { "image.not-found", "deployment/shop/frontend", "registry.local/team/app:v2.5.0-typo" } },
    { "rollout-bad-checkout",
      { "image.not-found", "deployment/lab/checkout", "last image that ran was registry.local/app:1" } },
    { "image-invalid-name", { "image.invalid-name", "pod/shop/invalid-image", "must be lowercase" } },
    { "image-never-pull", { "image.never-pull", "pod/shop/never-pulled", "registry.local/absent:9" } },
    { "config-key-missing-cart", { "config.key-missing", "configmap/shop/cart-config", "DB_URL" } },
    { "secret-missing-auth", { "config.secret-missing", "secret/shop/auth-secret", "auth cannot start" } },
    { "configmap-volume-missing-mounts",
      { "config.configmap-missing", "configmap/shop/not-there", "mounts cannot start" } },
    { "command-typo", { "start.command-missing", "pod/shop/typo", "/usr/bin/serverd" } },
    { "exit-127", { "start.command-missing", "pod/lab/exit-127", "runs reporter" } },
    { "exit-126", { "start.permission-denied", "pod/lab/exit-126", "/tmp/run" } },
    { "runasnonroot-rootless", { "start.runasnonroot", "pod/shop/rootless", "runAsNonRoot" } },
    { "readonly-fs", { "start.readonly-fs", "pod/lab/readonly-fs", "/data.txt" } },
    { "hook-poststart", { "start.hook", "pod/lab/hook", "PostStartHook" } },
    { "crashloop-payments",
      { "crash.dependency-unreachable", "deployment/shop/payments", "Service shop/db does not exist" } },
    { "oom-reports", { "crash.oom", "deployment/shop/reports", "32Mi" } },
    { "init-gateway", { "crash.init-container", "pod/shop/gateway", "no such host" } },
    { "missing-env", { "crash.missing-env", "pod/lab/missing-env", "STRIPE_ENDPOINT is not set" } },
    { "db-auth", { "crash.dependency-auth", "pod/lab/db-auth", "user orders" } },
    { "port-conflict", { "crash.port-conflict", "pod/lab/port-conflict", "port 8080, it is taken by web" } },
    { "exit-0-one-shot", { "crash.exit0", "deployment/lab/one-shot", "exit code 0" } },
    { "rbac-operator", { "rbac.app-forbidden", "serviceaccount/shop/lister", "list secrets; a ClusterRole" } },
    { "liveness-inventory", { "probe.liveness-failing", "deployment/shop/inventory", "statuscode: 404" } },
    { "readiness-search", { "probe.readiness-failing", "deployment/shop/search", "/ready" } },
    { "statefulset-ledger", { "probe.readiness-failing", "statefulset/lab/ledger", "/ready" } },
    { "probe-startup", { "probe.startup-failing", "deployment/lab/startup", "within 8s" } },
    { "probe-timing-slow-start", { "probe.timing", "deployment/lab/slow-start", "allows 8s" } },
    { "probe-wrong-port",
      { "probe.wrong-port", "deployment/lab/wrong-port", "port 9090, while container c listens on 8080" } },
    { "service-wrong-port", { "probe.wrong-port", "deployment/lab/wrong-port", "listens on 8080" } },
    { "service-no-endpoints-search", { "probe.readiness-failing", "deployment/shop/search", "/ready" } },
    { "service-selector-orphan", { "svc.selector", "service/shop/orphan", "app=nobody" } },
    { "service-selector-typo-checkout", { "svc.selector", "service/lab/checkout", "the Pods carry app=checkout" } },
    { "service-named-port-checkout", { "svc.targetport", "service/lab/checkout-named", "port http" } },
    { "loadbalancer-pending-edge", { "svc.lb-pending", "service/lab/edge", "no external address" } },
    { "zero-replicas", { "workload.zero-replicas", "deployment/lab/zero", "scaled to 0" } },
    { "job-backoff-migrate", { "job.backoff-limit", "job/shop/migrate", "relation \"orders\" already exists" } },
    { "job-deadline-slow-export", { "job.deadline", "job/shop/slow-export", "15s" } },
    { "cronjob-nightly",
      { "job.backoff-limit", "cronjob/shop/nightly", "failed Pods: 1, last exit code 1: backup target not mounted" } },
    { "cronjob-suspended-weekly", { "cronjob.not-running", "cronjob/lab/weekly", "suspend" } },
    { "hpa-target-missing-lost",
      { "hpa.target-missing", "horizontalpodautoscaler/lab/lost", "Deployment lab/gone does not exist" } },
    { "hpa-no-metrics-checkout", { "hpa.no-metrics", "horizontalpodautoscaler/lab/checkout", "no metrics" } },
    { "pdb-checkout",
      { "pdb.blocks-eviction", "poddisruptionbudget/lab/checkout", "2 of 3 Pods are ready and 2 are demanded" } },
    { "daemonset-unplaced-gpu-agent", { "workload.daemonset-unplaced", "daemonset/lab/gpu-agent", "node selector" } },
    { "evicted-hog", { "pod.evicted-storage", "pod/shop/hog", "10Mi" } },
    { "terminating-stuck", { "pod.terminating-stuck", "pod/lab/stuck", "example.com/backup" } },
    { "node-notready-node2", { "node.kubelet-down", "node//node2", "no heartbeat" } },
    { "node-notready-worker", { "node.kubelet-down", "node//node2", "no heartbeat" } },
    { "node-notready-worker-service", { "node.kubelet-down", "node//node2", "no heartbeat" } },
    { "node-lost-worker-evicted", { "node.kubelet-down", "node//node2", "no heartbeat" } },
};

static void each_recorded_fault_is_named_with_its_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct arena a = { 0 };
        struct err e = { 0 };
        struct wire_verdict v;
        size_t size;
        AUTO_FREE char *text = read_bundle(faults[i].bundle, &size);
        assert_int_equal(diagnose_bundle(text, size, &a, &v, &e), 0);
        const struct expected *x = &faults[i].expected;
        if (v.outcome != VERDICT_FAULT || v.n_roots != 1 || strcmp(v.roots[0].code, x->code) ||
            strcmp(v.roots[0].object, x->object) || !strstr(v.roots[0].statement, x->phrase))
            fail_msg("%s: %s, %zu roots, %s on %s: %s", faults[i].bundle, wire_outcome_name(v.outcome), v.n_roots,
                     v.n_roots ? v.roots[0].code : "-", v.n_roots ? v.roots[0].object : "-",
                     v.n_roots ? v.roots[0].statement : "-");
        assert_true(v.roots[0].confidence >= 0.75 && v.roots[0].confidence <= 0.99);
        assert_true(v.roots[0].n_evidence > 0 && v.roots[0].n_actions > 0);
        arena_fini(&a);
    }
}

/* A quote must be found again by whoever doubts it: every line of a log and every message stands literally in the bundle. */
static void what_is_quoted_stands_in_the_bundle(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct arena a = { 0 };
        struct err e = { 0 };
        struct wire_verdict v;
        size_t size;
        AUTO_FREE char *text = read_bundle(faults[i].bundle, &size);
        assert_int_equal(diagnose_bundle(text, size, &a, &v, &e), 0);
        for (size_t k = 0; k < v.roots[0].n_evidence; k++) {
            const struct wire_evidence *evidence = &v.roots[0].evidence[k];
            if (!str_starts(evidence->source, "event ") && !str_starts(evidence->source, "log "))
                continue;
            AUTO_JSON_W struct json_w *w = json_w_new();
            json_w_str(w, NULL, evidence->quote);
            AUTO_FREE char *literal = json_w_take(w, NULL);
            literal[strlen(literal) - 1] = '\0';
            if (!strstr(text, literal + 1))
                fail_msg("%s: not in the bundle: %s", faults[i].bundle, evidence->quote);
        }
        arena_fini(&a);
    }
}

static void what_is_well_is_called_healthy_and_has_no_root(void **state)
{
    (void)state;
    static const char *const bundles[] = { "healthy-web", "healthy-pulled", "healthy-node" };
    for (size_t i = 0; i < COUNT(bundles); i++) {
        struct arena a = { 0 };
        struct err e = { 0 };
        struct wire_verdict v;
        size_t size;
        AUTO_FREE char *text = read_bundle(bundles[i], &size);
        assert_int_equal(diagnose_bundle(text, size, &a, &v, &e), 0);
        assert_int_equal(v.outcome, VERDICT_HEALTHY);
        assert_int_equal(v.n_roots, 0);
        arena_fini(&a);
    }
}

/* All at once.  What is not in a table must not be found. */

static bool is_expected(const struct expected *table, size_t n, const struct wire_root *root)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].code, root->code) == 0 && strcmp(table[i].object, root->object) == 0)
            return true;
    return false;
}

static void expect_exactly(const char *bundle, const struct expected *table, size_t n)
{
    struct arena a = { 0 };
    struct err e = { 0 };
    struct diagnose_incidents all;
    size_t size, roots = 0;
    AUTO_FREE char *text = read_bundle(bundle, &size);
    assert_int_equal(diagnose_all(text, size, &a, &all, &e), 0);
    for (size_t i = 0; i < all.count; i++) {
        assert_int_equal(all.items[i].verdict.outcome, VERDICT_FAULT);
        assert_true(*all.items[i].title && *all.items[i].title_zh && all.items[i].severity > SEVERITY_INFO);
        assert_true(i == 0 || all.items[i - 1].severity >= all.items[i].severity);
        for (size_t k = 0; k < all.items[i].verdict.n_roots; k++, roots++) {
            const struct wire_root *root = &all.items[i].verdict.roots[k];
            if (!is_expected(table, n, root))
                fail_msg("%s: not expected: %s on %s: %s", bundle, root->code, root->object, root->statement);
        }
    }
    if (roots != n)
        fail_msg("%s: %zu roots, %zu expected", bundle, roots, n);
    arena_fini(&a);
}

static void a_namespace_full_of_faults_gives_each_of_them_and_nothing_else(void **state)
{
    (void)state;
    static const struct expected shop[] = {
        { "crash.dependency-unreachable", "deployment/shop/payments", "" },
        { "crash.oom", "deployment/shop/reports", "" },
        { "image.not-found", "deployment/shop/frontend", "" },
        { "image.invalid-name", "pod/shop/invalid-image", "" },
        { "image.never-pull", "pod/shop/never-pulled", "" },
        { "config.key-missing", "configmap/shop/cart-config", "" },
        { "config.secret-missing", "secret/shop/auth-secret", "" },
        { "config.configmap-missing", "configmap/shop/not-there", "" },
        { "probe.liveness-failing", "deployment/shop/inventory", "" },
        { "probe.readiness-failing", "deployment/shop/search", "" },
        { "svc.selector", "service/shop/orphan", "" },
        { "sched.insufficient-cpu", "pod/shop/too-big", "" },
        { "sched.node-selector", "pod/shop/wants-gpu", "" },
        { "sched.insufficient-extended", "pod/shop/wants-extended", "" },
        { "sched.taint", "pod/shop/no-toleration", "" },
        { "pvc.no-matching-pv", "persistentvolumeclaim/shop/data", "" },
        { "pvc.storageclass", "persistentvolumeclaim/shop/data-fast", "" },
        { "job.backoff-limit", "job/shop/migrate", "" },
        { "job.backoff-limit", "cronjob/shop/nightly", "" },
        { "job.deadline", "job/shop/slow-export", "" },
        { "crash.init-container", "pod/shop/gateway", "" },
        { "rbac.app-forbidden", "serviceaccount/shop/lister", "" },
        { "start.command-missing", "pod/shop/typo", "" },
        { "start.runasnonroot", "pod/shop/rootless", "" },
        { "pod.evicted-storage", "pod/shop/hog", "" },
    };
    expect_exactly("namespace-shop", shop, COUNT(shop));
    static const struct expected quota[] = { { "admission.quota", "resourcequota/quota/small", "" } };
    expect_exactly("namespace-quota", quota, COUNT(quota));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_recorded_fault_is_named_with_its_object),
        cmocka_unit_test(what_is_quoted_stands_in_the_bundle),
        cmocka_unit_test(a_namespace_full_of_faults_gives_each_of_them_and_nothing_else),
        cmocka_unit_test(what_is_well_is_called_healthy_and_has_no_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
