#include "diagnose/case_test.h"

#define PULLING(reason, message) POD("web", ONE_CONTAINER, WAITING(reason, message))

static void images_that_do_not_arrive(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "not found",
          PULLING("ImagePullBackOff", "Back-off pulling image: ErrImagePull: rpc error: code = NotFound desc = failed "
                                      "to resolve image: registry.example/app:1: not found"),
          .code = "image.not-found", .object = "pod/shop/web", .phrase = "registry.example/app:1 does not exist" },
        { "the first moment: only the state", PULLING("ErrImagePull", "manifest unknown"), .code = "image.not-found",
          .object = "pod/shop/web" },
        { "the reason is in the event alone", PULLING("ImagePullBackOff", "Back-off pulling image"),
          .events = "Warning|pod/shop/web|Failed|Failed to pull image \"registry.example/app:1\": manifest "
                    "unknown|3|20|c\nWarning|pod/shop/web|Failed|Error: ErrImagePull|3|20|c",
          .code = "image.not-found", .object = "pod/shop/web" },
        { "refused",
          PULLING("ErrImagePull", "failed to authorize: 401 Unauthorized") "," OBJECT("ServiceAccount", META("default"),
                                                                                      "", ""),
          .code = "image.auth", .object = "pod/shop/web", .phrase = "refuses to hand out" },
        { "refused, and the pull secret is missing",
          POD("web", "'imagePullSecrets':[{'name':'regcred'}]," ONE_CONTAINER,
              WAITING("ErrImagePull", "pull access denied, repository does not exist or may require authorization")),
          .absent = "secret/shop/regcred", .code = "image.auth", .object = "pod/shop/web",
          .phrase = "pull secret regcred does not exist" },
        { "name of the registry",
          PULLING("ErrImagePull", "dial tcp: lookup registry.example on 10.96.0.10:53: no such host"),
          .code = "image.registry-unreachable", .object = "pod/shop/web",
          .phrase = "registry registry.example cannot be reached" },
        { "certificate of the registry",
          PULLING("ErrImagePull", "tls: failed to verify certificate: x509: certificate signed by unknown authority"),
          .code = "image.registry-unreachable", .object = "pod/shop/web", .phrase = "x509" },
        { "rate limit", PULLING("ErrImagePull", "toomanyrequests: You have reached your pull rate limit"),
          .code = "image.rate-limited", .object = "pod/shop/web", .phrase = "limits the rate of pulls" },
        { "architecture",
          PULLING("ErrImagePull", "no match for platform in manifest: not found") "," NODE(
              "n1", "", "", "'nodeInfo':{'operatingSystem':'linux','architecture':'arm64'}"),
          .code = "image.wrong-arch", .object = "pod/shop/web", .phrase = "linux/arm64" },
        { "never", PULLING("ErrImageNeverPull", "Container image is not present with pull policy of Never"),
          .code = "image.never-pull", .object = "pod/shop/web", .phrase = "(n1)" },
        { "no name",
          PULLING("InvalidImageName",
                  "couldn\\u0027t parse image name: invalid reference format: repository name must be lowercase"),
          .code = "image.invalid-name", .object = "pod/shop/web",
          .phrase = "(invalid reference format: repository name must be lowercase)" },
        { "slow", PULLING("ContainerCreating", ""),
          .events = "Normal|pod/shop/web|Pulling|Pulling image \"registry.example/app:1\"|1|480|c",
          .code = "image.pull-slow", .object = "pod/shop/web", .phrase = "has taken 8m on n1" },
        { "no room for it on the node",
          PULLING("ErrImagePull", "failed to extract layer: write: no space left on device"),
          .code = "node.disk-pressure", .object = "node//n1" },
        { "an init container's",
          POD("web",
              "'nodeName':'n1','initContainers':[{'name':'setup','image':'registry.example/"
              "setup:9'}],'containers':[{'name':'c','image':'app:1'}]",
              "'phase':'Pending','initContainerStatuses':[{'name':'setup','ready':false,'state':{'waiting':{'reason':'"
              "ErrImagePull','message':'not "
              "found'}}}],'containerStatuses':[{'name':'c','ready':false,'state':{'waiting':{'reason':'PodInitializing'"
              "}}}]"),
          .code = "image.not-found", .object = "pod/shop/web", .phrase = "registry.example/setup:9" },
    };
    case_expect(cases, COUNT(cases));
}

#define REVISION(name, number, made, image)                                                                            \
    "{'kind':'ReplicaSet','metadata':{'name':'" name "','namespace':'shop','creationTimestamp':'" DAY made             \
    "','annotations':{'deployment.kubernetes.io/revision':'" number                                                    \
    "'},'ownerReferences':[{'kind':'Deployment','name':'web','controller':true}]},"                                    \
    "'spec':{'replicas':1,'template':{'metadata':{'labels':{'pod-template-hash':'" name                                \
    "'}},'spec':{'containers':[{'name':'c','image':'" image "'}]}}},'status':{'replicas':1}}"
#define ROLLOUT                                                                                                        \
    OBJECT("Deployment", META("web"), "'replicas':1", "'replicas':1,'readyReplicas':1")                                \
    "," REVISION("web-1", "1", "10:00:00Z", "registry.example/app:0.9") "," REVISION(                                  \
        "web-2", "2", "11:49:58Z",                                                                                     \
        "registry.example/app:1") "," POD_OF("web-2-x", "ReplicaSet", "web-2", ONE_CONTAINER,                          \
                                             WAITING("ErrImagePull", "registry.example/app:1: not found"))

static void a_rollout_is_told_with_what_it_changed_and_can_be_undone(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "rollout", ROLLOUT, .scope = "deployment/shop/web" };
    case_verdict(&c, &a, &v);
    assert_string_equal(v.roots[0].code, "image.not-found");
    assert_string_equal(v.roots[0].object, "deployment/shop/web");
    assert_non_null(strstr(v.roots[0].statement, "the last image that ran was registry.example/app:0.9"));
    assert_int_equal(v.n_changes, 1);
    assert_string_equal(v.changes[0].what, "deployment/shop/web");
    assert_string_equal(
        v.changes[0].why,
        "Revision 2 changed spec.containers[c].image: registry.example/app:0.9 -> registry.example/app:1");
    assert_non_null(strstr(v.changes[0].why_zh, "registry.example/app:0.9 -> registry.example/app:1"));
    bool undo = false;
    for (size_t i = 0; i < v.roots[0].n_actions; i++)
        if (strcmp(v.roots[0].actions[i].type, "rollout-undo") == 0) {
            undo = true;
            assert_string_equal(v.roots[0].actions[i].class_, "ask");
            assert_string_equal(v.roots[0].actions[i].object, "deployment/shop/web");
            assert_string_equal(v.roots[0].actions[i].command, "kubectl -n shop rollout undo deployment/web");
        }
    assert_true(undo);
    arena_fini(&a);
}

static void what_has_only_one_revision_cannot_be_undone(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "first rollout",
                             OBJECT("Deployment", META("web"), "'replicas':1", "'replicas':1") "," REVISION(
                                 "web-2", "1", "11:49:58Z",
                                 "registry.example/app:1") "," POD_OF("web-2-x", "ReplicaSet", "web-2", ONE_CONTAINER,
                                                                      WAITING("ErrImagePull",
                                                                              "registry.example/app:1: not found")),
                             .scope = "deployment/shop/web" };
    case_verdict(&c, &a, &v);
    assert_int_equal(v.n_roots, 1);
    assert_int_equal(v.n_changes, 0);
    for (size_t i = 0; i < v.roots[0].n_actions; i++)
        assert_string_not_equal(v.roots[0].actions[i].type, "rollout-undo");
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_that_do_not_arrive),
        cmocka_unit_test(a_rollout_is_told_with_what_it_changed_and_can_be_undone),
        cmocka_unit_test(what_has_only_one_revision_cannot_be_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
