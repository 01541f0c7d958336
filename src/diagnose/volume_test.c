/* Volumes that the kubelet could not mount at its first try, and what must not be made of it. */
#include "diagnose/diagnose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LATE_TOKEN                                                                                                     \
    "MountVolume.SetUp failed for volume \\\"kube-api-access-rkbkx\\\" : failed to fetch token: serviceaccounts "      \
    "\\\"default\\\" is forbidden: node requested token bound to a pod scheduled on a different node"
#define BAD_SERVER                                                                                                     \
    "MountVolume.SetUp failed for volume \\\"data\\\" : mount failed: exit status 32, mount.nfs: No such device"

/* What is said of a Pod that waits for its volumes, whose only event came at second `first` of the minute and was last
 * seen a second later; collected at `now`. */
static void verdict_of(const char *message, const char *first, const char *now, struct arena *a, struct wire_verdict *v)
{
    char text[4096];
    struct err e = { 0 };
    int size = snprintf(
        text, sizeof text,
        "{\"schema\":1,\"cluster_id\":\"c\",\"collected_at\":\"2026-11-24T%sZ\",\"server_version\":\"v1.36.3\","
        "\"scope\":{\"object\":\"pod/shop/"
        "rootless\"},\"objects\":[{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{"
        "\"name\":\"rootless\",\"namespace\":\"shop\",\"uid\":\"u1\",\"creationTimestamp\":\"2026-11-24T10:43:35Z\"},"
        "\"spec\":{\"nodeName\":\"node1\",\"containers\":[{\"name\":\"c\",\"image\":\"registry.local/"
        "app:1\"}]},\"status\":{"
        "\"phase\":\"Pending\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":false,\"restartCount\":0,\"image\":"
        "\"\","
        "\"imageID\":\"\",\"state\":{\"waiting\":{\"reason\":\"ContainerCreating\"}}}]}}],\"events\":[{\"kind\":"
        "\"Event\","
        "\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"e1\",\"namespace\":\"shop\",\"uid\":\"u2\"},\"involvedObject\":"
        "{"
        "\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":\"rootless\",\"uid\":\"u1\"},\"type\":\"Warning\","
        "\"reason\":\"FailedMount\",\"message\":\"%s\",\"count\":2,\"firstTimestamp\":\"2026-11-24T%sZ\","
        "\"lastTimestamp\":\"2026-11-24T%sZ\",\"source\":{\"component\":\"kubelet\"},\"reportingComponent\":"
        "\"kubelet\"}],"
        "\"logs\":[],\"absent\":[],\"lists\":[],\"not_checked\":[]}",
        now, message, first, first);
    assert_true(size > 0 && (size_t)size < sizeof text);
    if (diagnose_bundle(text, (size_t)size, a, v, &e) != 0)
        fail_msg("%s", e.text);
}

static bool blames_the_mount(const struct wire_verdict *v)
{
    for (size_t i = 0; i < v->n_roots; i++)
        if (strcmp(v->roots[i].code, "volume.mount-failed") == 0)
            return true;
    return false;
}

static void a_token_that_came_late_is_no_cause_while_the_kubelet_tries_again(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    verdict_of(LATE_TOKEN, "10:43:36", "10:43:38", &a, &v);
    assert_false(blames_the_mount(&v));
    arena_fini(&a);
}

static void a_token_that_does_not_come_for_a_minute_is_one(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    verdict_of(LATE_TOKEN, "10:43:36", "10:45:00", &a, &v);
    assert_true(blames_the_mount(&v));
    arena_fini(&a);
}

static void a_server_that_refuses_is_one_at_once(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    verdict_of(BAD_SERVER, "10:43:36", "10:43:38", &a, &v);
    assert_true(blames_the_mount(&v));
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_that_came_late_is_no_cause_while_the_kubelet_tries_again),
        cmocka_unit_test(a_token_that_does_not_come_for_a_minute_is_one),
        cmocka_unit_test(a_server_that_refuses_is_one_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
