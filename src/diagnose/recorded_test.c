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

static const struct {
    const char *bundle;
    struct expected expected;
} faults[] = {
    { "crashloop-payments",
      { "crash.dependency-unreachable", "deployment/shop/payments", "Service shop/db does not exist" } },
    { "oom-reports", { "crash.oom", "deployment/shop/reports", "32Mi" } },
    { "image-not-found-frontend",
      { "image.not-found", "deployment/shop/frontend", "registry.local/team/app:v2.5.0-typo" } },
    { "image-invalid-name", { "image.invalid-name", "pod/shop/invalid-image", "must be lowercase" } },
    { "image-never-pull", { "image.never-pull", "pod/shop/never-pulled", "registry.local/absent:9" } },
    { "config-key-missing-cart", { "config.key-missing", "configmap/shop/cart-config", "DB_URL" } },
    { "secret-missing-auth", { "config.secret-missing", "secret/shop/auth-secret", "auth cannot start" } },
    { "configmap-volume-missing-mounts",
      { "config.configmap-missing", "configmap/shop/not-there", "mounts cannot start" } },
    { "liveness-inventory", { "probe.liveness-failing", "deployment/shop/inventory", "statuscode: 404" } },
    { "readiness-search", { "probe.readiness-failing", "deployment/shop/search", "/ready" } },
    { "unschedulable-too-big", { "sched.insufficient-cpu", "pod/shop/too-big", "64" } },
    { "unschedulable-selector-wants-gpu", { "sched.node-selector", "pod/shop/wants-gpu", "accelerator=h100" } },
    { "unschedulable-extended", { "sched.insufficient-extended", "pod/shop/wants-extended", "example.com/gpu" } },
    { "unschedulable-no-toleration", { "sched.node-selector", "pod/shop/no-toleration", "pool=batch" } },
    { "job-backoff-migrate", { "job.backoff-limit", "job/shop/migrate", "relation \"orders\" already exists" } },
    { "job-deadline-slow-export", { "job.deadline", "job/shop/slow-export", "15s" } },
    { "cronjob-nightly", { "job.backoff-limit", "cronjob/shop/nightly", "backup target not mounted" } },
    { "init-gateway", { "crash.init-container", "pod/shop/gateway", "no such host" } },
    { "quota-workers", { "admission.quota", "resourcequota/quota/small", "workers cannot create its Pods" } },
    { "namespace-quota", { "admission.quota", "resourcequota/quota/small", "workers" } },
    { "rbac-operator", { "rbac.app-forbidden", "serviceaccount/shop/lister", "list secrets" } },
    { "command-typo", { "start.command-missing", "pod/shop/typo", "/usr/bin/serverd" } },
    { "runasnonroot-rootless", { "start.runasnonroot", "pod/shop/rootless", "runAsNonRoot" } },
    { "evicted-hog", { "pod.evicted-storage", "pod/shop/hog", "10Mi" } },
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
        assert_true(v.roots[0].confidence >= 0.85 && v.roots[0].confidence <= 0.99);
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
    static const char *const bundles[] = { "healthy-web", "healthy-pulled" };
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_recorded_fault_is_named_with_its_object),
        cmocka_unit_test(what_is_quoted_stands_in_the_bundle),
        cmocka_unit_test(what_is_well_is_called_healthy_and_has_no_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
