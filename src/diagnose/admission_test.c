#include "diagnose/case_test.h"

#define SET(replicas, made)                                                                                            \
    OBJECT("ReplicaSet", META_OWNED("web-1", "Deployment", "web", ""), "'replicas':" replicas, "'replicas':" made)
#define DEPLOYMENT       OBJECT("Deployment", META("web"), "'replicas':3", "'replicas':1,'readyReplicas':1")
#define WANTING          SET("3", "1") "," DEPLOYMENT
#define REFUSED(message) "Warning|replicaset/shop/web-1|FailedCreate|Error creating: " message

static void pods_that_are_refused_before_they_exist(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "quota", WANTING,
          REFUSED("pods \"web-1-x\" is forbidden: exceeded quota: team, requested: pods=1,requests.cpu=60m, used: "
                  "pods=1,requests.cpu=60m, limited: pods=5,requests.cpu=100m"),
          .code = "admission.quota", .object = "resourcequota/shop/team",
          .phrase = "allows requests.cpu=100m, 60m is in use and 60m more is requested" },
        { "quota that demands limits", WANTING,
          REFUSED("pods \"web-1-x\" is forbidden: failed quota: team: must specify limits.memory for: c"),
          .code = "admission.quota", .object = "resourcequota/shop/team", .phrase = "must specify limits.memory" },
        { "quota, said by the Deployment alone",
          OBJECT("Deployment", META("web"), "'replicas':3",
                 "'replicas':1,'conditions':[{'type':'ReplicaFailure','status':'True','reason':'FailedCreate','message'"
                 ":'pods \\u0022web-1-x\\u0022 is forbidden: exceeded quota: team, requested: pods=1, used: pods=1, "
                 "limited: pods=1'}]"),
          .code = "admission.quota", .object = "resourcequota/shop/team", .phrase = "allows pods=1" },
        { "limit range", WANTING,
          REFUSED("pods \"web-1-x\" is forbidden: maximum memory usage per Container is 64Mi, but limit is 128Mi"),
          .code = "admission.limitrange", .object = "deployment/shop/web",
          .phrase = "refuses them: maximum memory usage per Container is 64Mi" },
        { "account", WANTING "," OBJECT("ServiceAccount", META("billing"), "", ""),
          REFUSED("pods \"web-1-x\" is forbidden: error looking up service account shop/biling: serviceaccount "
                  "\"biling\" not found"),
          .lists = "serviceaccount/shop", .code = "admission.serviceaccount", .object = "serviceaccount/shop/biling",
          .phrase = "nearest is billing" },
        { "Pod Security", WANTING,
          REFUSED("pods \"web-1-x\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation "
                  "!= false (container \"c\" must set it)"),
          .code = "admission.podsecurity", .object = "deployment/shop/web",
          .phrase = "violates it: allowPrivilegeEscalation != false" },
        { "policy", WANTING,
          REFUSED("admission webhook \"policy.example.com\" denied the request: image tag latest is not allowed"),
          .code = "admission.webhook-denied", .object = "deployment/shop/web",
          .phrase = "policy.example.com rejects them: image tag latest is not allowed" },
        { "webhook without backend", WANTING,
          REFUSED("Internal error occurred: failed calling webhook \"guard.example.com\": failed to call webhook: Post "
                  "\"https://guard.security.svc:443/v\": service \"guard\" not found"),
          .absent = "service/security/guard", .code = "admission.webhook-unreachable",
          .object = "service/security/guard", .phrase = "guard.example.com does not answer" },
        { "webhook that does not answer, in another namespace than what it guards",
          WANTING
          ",{'kind':'ValidatingWebhookConfiguration','metadata':{'name':'slow-guard'},'webhooks':[{'name':'slow."
          "guard.example.com'}]},{'kind':'Service','metadata':{'name':'slow-guard','namespace':'guards'},'spec'"
          ":{'selector':{'app':'slow-guard'},'ports':[{'port':443}]}}",
          REFUSED("Internal error occurred: failed calling webhook \"slow.guard.example.com\": failed to call webhook: "
                  "Post \"https://slow-guard.guards.svc:443/check?timeout=1s\": context deadline exceeded"),
          .code = "admission.webhook-unreachable", .object = "service/guards/slow-guard",
          .phrase = "Nothing can be created in shop: webhook slow.guard.example.com does not answer and its "
                    "failurePolicy is Fail: context deadline exceeded" },
        { "webhook with a bad certificate",
          WANTING ",{'kind':'ValidatingWebhookConfiguration','metadata':{'name':'guard'},'webhooks':[{'name':'guard."
                  "example.com'}]}",
          REFUSED("Internal error occurred: failed calling webhook \"guard.example.com\": failed to call webhook: Post "
                  "\"https://guard.security.svc:443/v\": tls: failed to verify certificate: x509: certificate signed "
                  "by unknown authority"),
          .code = "admission.webhook-unreachable", .object = "validatingwebhookconfiguration//guard",
          .phrase = "x509" },
        { "runtime class", WANTING,
          REFUSED("pods \"web-1-x\" is forbidden: pod rejected: RuntimeClass \"gvisor\" not found"),
          .code = "start.runtimeclass", .object = "deployment/shop/web", .phrase = "RuntimeClass gvisor" },
        { "a policy of the API server's own", WANTING,
          REFUSED("pods \"web-1-x\" is forbidden: ValidatingAdmissionPolicy 'need-team' with binding 'all' denied "
                  "request: label team is required"),
          .code = "admission.webhook-denied", .object = "deployment/shop/web",
          .phrase = "policy need-team rejects them: label team is required" },
        { "a quota that counts what the template lacks", WANTING,
          REFUSED("pods \"web-1-x\" is forbidden: failed quota: team: must specify requests.cpu for: c"),
          .code = "admission.quota", .object = "resourcequota/shop/team",
          .phrase = "must specify requests.cpu for: c" },
        { "priority", WANTING, REFUSED("pods \"web-1-x\" is forbidden: no PriorityClass with name high was found"),
          .code = "admission.rejected", .object = "deployment/shop/web",
          .phrase = "refuses them: no PriorityClass with name high was found" },
        { "a Job", OBJECT("Job", META("import"), "", "'active':0"),
          "Warning|job/shop/import|FailedCreate|Error creating: pods \"import-x\" is forbidden: exceeded quota: team, "
          "requested: pods=1, used: pods=4, limited: pods=4",
          .code = "admission.quota", .object = "resourcequota/shop/team", .phrase = "import cannot create its Pods" },
        { "a DaemonSet",
          OBJECT("DaemonSet", META("agent"), "", "'desiredNumberScheduled':3,'currentNumberScheduled':0"),
          "Warning|daemonset/shop/agent|FailedCreate|Error creating: pods \"agent-x\" is forbidden: violates "
          "PodSecurity \"baseline:latest\": hostPath volumes (volume \"v\")",
          .scope = "daemonset/shop/agent", .code = "admission.podsecurity", .object = "daemonset/shop/agent",
          .phrase = "\"baseline:latest\"" },
    };
    case_expect(cases, COUNT(cases));
}

static void a_refusal_that_is_over_is_no_fault(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "all Pods are there by now",
          SET("1", "1") "," OBJECT("Deployment", META("web"), "'replicas':1", "'replicas':1,'readyReplicas':1"),
          REFUSED("pods \"x\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=1, limited: pods=1"),
          .scope = "deployment/shop/web" },
        { "the account was made meanwhile", WANTING "," OBJECT("ServiceAccount", META("web"), "", ""),
          REFUSED(
              "pods \"x\" is forbidden: error looking up service account shop/web: serviceaccount \"web\" not found"),
          .scope = "serviceaccount/shop/web" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena a = { 0 };
        struct wire_verdict v;
        case_verdict(&cases[i], &a, &v);
        assert_int_not_equal(v.outcome, VERDICT_FAULT);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_that_are_refused_before_they_exist),
        cmocka_unit_test(a_refusal_that_is_over_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
