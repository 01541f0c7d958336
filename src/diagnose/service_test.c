/* Services, Ingresses, names. */
#include "diagnose/case_test.h"

#define SERVICE(name, more) OBJECT("Service", META(name), more, "")
#define SLICE(service, endpoints)                                                                                      \
    "{'kind':'EndpointSlice'," META_LABELS(service "-x1", "'kubernetes.io/service-name':'" service                     \
                                                          "'") ",'endpoints':[" endpoints "]}"
#define READY "{'addresses':['10.0.0.1'],'conditions':{'ready':true}}"
#define LABELLED(name, labels, ports)                                                                                  \
    "{'kind':'Pod'," META_LABELS(                                                                                      \
        name, labels) ",'spec':{'nodeName':'n1','containers':[{'name':'c','image':'app:1','ports':[" ports             \
                      "]}]},'status':{" RUNNING "}}"
#define PORT(number, more) "{'containerPort':" number more "}"
#define DEPLOYMENT(name, replicas)                                                                                     \
    "{'kind':'Deployment'," META(name) ",'spec':{'replicas':" replicas                                                 \
                                       ",'template':{'metadata':{'labels':{'app':'" name "'}}}},'status':{}}"

static void services_that_reach_nothing_or_the_wrong_thing(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "nobody", SERVICE("shop", "'selector':{'app':'nobody'},'ports':[{'port':80}]") "," SLICE("shop", ""),
          .lists = "pod/shop deployment/shop", .code = "svc.selector", .object = "service/shop/shop",
          .phrase = "it selects app=nobody" },
        { "a misspelt selector",
          SERVICE("cart", "'selector':{'app':'crat'},'ports':[{'port':80}]") "," SLICE("cart", "") "," LABELLED(
              "cart-1", "'app':'cart'", ""),
          .lists = "pod/shop", .code = "svc.selector", .object = "service/shop/cart",
          .phrase = "selects app=crat, the Pods carry app=cart" },
        { "port by number",
          SERVICE("cart", "'selector':{'app':'cart'},'ports':[{'port':80,'targetPort':8081}]") "," SLICE(
              "cart", READY) "," LABELLED("cart-1", "'app':'cart'", PORT("8080", "")),
          .code = "svc.targetport", .object = "service/shop/cart",
          .phrase = "port 8081, which its Pods do not serve: they listen on 8080" },
        { "port by name",
          SERVICE("cart", "'selector':{'app':'cart'},'ports':[{'port':80,'targetPort':'http'}]") "," SLICE(
              "cart", READY) "," LABELLED("cart-1", "'app':'cart'", PORT("8080", ",'name':'web'")),
          .code = "svc.targetport", .object = "service/shop/cart", .phrase = "port http" },
        { "port by the program's own word",
          SERVICE("cart", "'selector':{'app':'cart'},'ports':[{'port':80,'targetPort':8081}]") "," SLICE(
              "cart", READY) "," LABELLED("cart-1", "'app':'cart'", ""),
          .logs = "shop/cart-1|c|Listening on port 9000\\n", .code = "svc.targetport", .object = "service/shop/cart",
          .phrase = "they listen on 9000" },
        { "a port that nobody declares and where callers are refused",
          SERVICE("cart", "'selector':{'app':'cart'},'ports':[{'port':80,'targetPort':3000}]") "," SLICE(
              "cart", READY) "," LABELLED("cart-1", "'app':'cart'", "") "," POD("web", ONE_CONTAINER,
                                                                                CRASHED("1", "Error")),
          .logs = "shop/web|c|dial tcp cart.shop.svc:80: connect: connection refused\\n", .code = "svc.targetport",
          .object = "service/shop/cart", .phrase = "port 3000, which its Pods do not serve" },
        { "transport",
          SERVICE("dns", "'selector':{'app':'dns'},'ports':[{'port':80,'targetPort':8080,'protocol':'UDP'}"
                         "]") "," SLICE("dns", READY) "," LABELLED("dns-1", "'app':'dns'", PORT("8080", "")),
          .code = "svc.protocol", .object = "service/shop/dns", .phrase = "8080 over UDP, but its Pods serve TCP" },
        { "Pods of two workloads",
          SERVICE("cart", "'selector':{'tier':'web'},'ports':[{'port':80,'targetPort':8080}]") "," SLICE(
              "cart", READY) "," LABELLED("cart-1", "'tier':'web'",
                                          PORT("8080", "")) "," LABELLED("job-1", "'tier':'web'", PORT("9100", "")),
          .code = "svc.wrong-pods", .object = "service/shop/cart", .phrase = "Pods of pod/shop/job-1" },
        { "Local, and nobody there",
          SERVICE("cart",
                  "'internalTrafficPolicy':'Local','selector':{'app':'cart'},'ports':[{'port':80,'"
                  "targetPort':8080}]") "," SLICE("cart",
                                                  READY) "," LABELLED("cart-1", "'app':'cart'",
                                                                      PORT("8080", "")) "," NODE("n1", "", "",
                                                                                                 ROOM) "," NODE("n2",
                                                                                                                "", "",
                                                                                                                ROOM),
          .lists = "node/", .code = "svc.traffic-policy", .object = "service/shop/cart",
          .phrase = "drops traffic on n2" },
        { "load balancer", SERVICE("edge", "'type':'LoadBalancer','ports':[{'port':80}]"),
          .events = "Warning|service/shop/edge|SyncLoadBalancerFailed|Error syncing load balancer: quota "
                    "exceeded",
          .code = "svc.lb-pending", .object = "service/shop/edge", .phrase = "quota exceeded" },
        { "scaled to nothing a moment ago",
          SERVICE("cart", "'selector':{'app':'cart'},'ports':[{'port':80}]") "," SLICE("cart",
                                                                                       "") "," DEPLOYMENT("cart", "0"),
          .lists = "pod/shop",
          .events = "Normal|deployment/shop/cart|ScalingReplicaSet|Scaled down replica set cart-1 from 3 to 0",
          .code = "workload.zero-replicas", .object = "deployment/shop/cart", .phrase = "scaled to 0 since" },
        { "Pods, but not one is ready",
          SERVICE("cart", "'selector':{'app':'cart'},'ports':[{'port':80}]") "," SLICE(
              "cart", "{'"
                      "addresses':"
                      "['10.0.0.1'"
                      "],'"
                      "conditions'"
                      ":{'ready':"
                      "false}}") ",{'kind':'Pod'," META_LABELS("cart-1",
                                                               "'app':'cart'") ",'spec':{'nodeName':'n1','containers':["
                                                                               "{'name':'c','image':'a'}]},"
                                                                               "'status':{" CRASHED("1", "Error") "}}",
          .logs = "shop/cart-1|c|FATAL no licence\\n", .code = "crash.app-error", .object = "pod/shop/cart-1",
          .phrase = "FATAL no licence" },
    };
    case_expect(cases, COUNT(cases));
}

static void a_workload_that_has_made_no_pod_leaves_its_service_empty(void **state)
{
    (void)state;
    static const struct case_ c = { "nothing made",
                                    SERVICE("cart", "'selector':{'app':'cart'},'ports':[{'port':80}]") "," SLICE(
                                        "cart", "") "," DEPLOYMENT("cart", "2"),
                                    .lists = "pod/shop",
                                    .scope = "service/shop/cart",
                                    .code = "workload.replicas-mismatch",
                                    .object = "deployment/shop/cart",
                                    .phrase = "0 of 2 Pods" };
    case_expect(&c, 1);
}

#define INGRESS(spec) OBJECT("Ingress", META("shop"), spec, "")
#define TO(service, port)                                                                                              \
    "'rules':[{'host':'shop.example.com','http':{'paths':[{'path':'/','backend':{'service':{'name':'" service          \
    "','port':{" port "}}}}]}}]"

static void ingresses_that_lead_nowhere(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "class", INGRESS("'ingressClassName':'nginx-int'") ",{'kind':'IngressClass','metadata':{'name':'nginx-in'}}",
          .lists = "ingressclass/", .code = "ingress.class-missing", .object = "ingress/shop/shop",
          .phrase = "nginx-int does not exist, nearest is nginx-in" },
        { "backend", INGRESS(TO("front", "'number':80")), .absent = "service/shop/front",
          .code = "ingress.backend-missing", .object = "ingress/shop/shop",
          .phrase = "backend shop/front does not exist" },
        { "port of the backend", INGRESS(TO("front", "'number':8080")) "," SERVICE("front", "'ports':[{'port':80}]"),
          .code = "ingress.backend-missing", .object = "ingress/shop/shop",
          .phrase = "its backend shop/front has no port 8080" },
        { "certificate", INGRESS("'tls':[{'hosts':['shop.example.com'],'secretName':'shop-tls'}]"),
          .absent = "secret/shop/shop-tls", .code = "ingress.tls-missing", .object = "ingress/shop/shop",
          .phrase = "Secret shop/shop-tls does not exist" },
    };
    case_expect(cases, COUNT(cases));
}

/* The Ingress is as it should be: it suffers from what its backend suffers from, and who asks about it is told that. */
#define DOWN                                                                                                                        \
    INGRESS(TO("front", "'number':80"))                                                                                             \
    "," SERVICE("front", "'selector':{'app':'front'},'ports':[{'port':80}]") "," SLICE(                                             \
        "front",                                                                                                                    \
        "{'addresses':['10.0.0.1'],'conditions':{'ready':false}}") ",{'kind':'Pod'," META_LABELS("front-1",                         \
                                                                                                 "'app':'front'") ",'"              \
                                                                                                                  "sp"              \
                                                                                                                  "ec"              \
                                                                                                                  "':"              \
                                                                                                                  "{" ONE_CONTAINER \
                                                                                                                  "},"              \
                                                                                                                  "'s"              \
                                                                                                                  "ta"              \
                                                                                                                  "tu"              \
                                                                                                                  "s'"              \
                                                                                                                  ":"               \
                                                                                                                  "{" CRASHED(      \
                                                                                                                      "137",        \
                                                                                                                      "OOMKilled") "}}"

static void an_ingress_without_anybody_behind_it_leads_to_why(void **state)
{
    (void)state;
    static const char *const scopes[] = { NULL, "ingress/shop/shop", "pod/shop/front-1" };
    for (size_t i = 0; i < COUNT(scopes); i++) {
        struct arena a = { 0 };
        struct wire_verdict v;
        const struct case_ c = { "down", DOWN, .scope = scopes[i] };
        bool told = false;
        case_verdict(&c, &a, &v);
        assert_int_equal(v.outcome, VERDICT_FAULT);
        assert_int_equal(v.n_roots, 1);
        assert_string_equal(v.roots[0].code, "crash.oom");
        for (size_t k = 0; k < v.n_victims; k++)
            told |=
                strcmp(v.victims[k].what, "ingress/shop/shop") == 0 && strstr(v.victims[k].why, "shop.example.com/");
        assert_true(told);
        arena_fini(&a);
    }
}

#define DNS_POD(name, status)                                                                                          \
    "{'kind':'Pod','metadata':{'name':'" name "','namespace':'kube-system','creationTimestamp':'" DAY                  \
    "11:00:00Z','labels':{'k8s-app':'kube-dns','pod-template-hash':'1'},'ownerReferences':[{'kind':'ReplicaSet','"     \
    "name':'coredns-1','controller':true}]},'spec':{'nodeName':'n1','containers':[{'name':'coredns','image':'coredns:" \
    "1'}]},'status':{" status "}}"
#define DNS_SERVICE                                                                                                    \
    "{'kind':'Service','metadata':{'name':'kube-dns','namespace':'kube-system','creationTimestamp':'" DAY              \
    "11:00:00Z'},'spec':{'clusterIP':'10.96.0.10','selector':{'k8s-app':'kube-dns'},'ports':[{'port':53}]}}"
#define DNS_SLICE(ready)                                                                                               \
    "{'kind':'EndpointSlice','metadata':{'name':'kube-dns-x','namespace':'kube-system','labels':{'kubernetes.io/"      \
    "service-name':'kube-dns'}},'endpoints':[{'addresses':['10.0.0.9'],'conditions':{'ready':" ready "}}]}"

static void a_dead_coredns_explains_who_cannot_resolve(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    struct err e = { 0 };
    size_t size;
    const struct case_ c = {
        "coredns",
        DNS_SERVICE "," DNS_SLICE("false") "," DNS_POD(
            "coredns-1-a", "'phase':'Running','conditions':[" NOT_READY
                           "],'containerStatuses':[{'name':'coredns','ready':false,'restartCount':4,'state':" ENDED(
                               "1", "Error", "") "}]") "," POD("web", ONE_CONTAINER,
                                                               CRASHED("1", "Error")) "," POD("cart", ONE_CONTAINER,
                                                                                              CRASHED("1", "Error")),
        .logs = "kube-system/coredns-1-a|coredns|/etc/coredns/Corefile:3 - Error during parsing: Unknown directive "
                "'forwrd'\\n\nshop/web|c|getaddrinfo EAI_AGAIN db.shop.svc\\n\nshop/cart|c|lookup api.example.com: "
                "Temporary failure in name resolution\\n"
    };
    AUTO_FREE char *text = case_bundle(&c, &size);
    assert_int_equal(diagnose_all(text, size, &a, &all, &e), 0);
    assert_int_equal(all.count, 1);
    const struct wire_verdict *v = &all.items[0].verdict;
    assert_int_equal(v->n_roots, 1);
    assert_string_equal(v->roots[0].code, "dns.coredns");
    assert_string_equal(v->roots[0].object, "deployment/kube-system/coredns");
    assert_non_null(strstr(v->roots[0].statement, "Unknown directive"));
    arena_fini(&a);
}

/* Made half a minute ago: one end may be an accident of the start, more are not. */
static void a_coredns_that_ends_again_and_again_is_not_only_young(void **state)
{
    (void)state;
#define YOUNG_DNS(restarts)                                                                                            \
    DNS_SERVICE "," DNS_SLICE(                                                                                         \
        "false") ",{'kind':'Pod','metadata':{'name':'coredns-1-a','namespace':'kube-system','creationTimestamp':'" DAY \
                 "11:59:30Z','labels':{'k8s-app':'kube-dns'}},'spec':{'nodeName':'n1','containers':[{'name':'coredns'" \
                 ",'image':'coredns:1'}]},'status':{'phase':'Running','conditions':[" NOT_READY                        \
                 "],'containerStatuses':[{'name':'coredns','ready':false,'restartCount':" restarts                     \
                 ",'state':{'waiting':{'reason':'CrashLoopBackOff'}}}]}}"
    static const struct case_ again = { "again", YOUNG_DNS("4"), .code = "dns.coredns",
                                        .object = "pod/kube-system/coredns-1-a" };
    static const struct case_ once = { "once", YOUNG_DNS("1"), NULL };
    case_expect(&again, 1);
    case_expect_none(&once, 1);
}

static void what_is_meant_so_is_no_fault(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "Service without a selector", SERVICE("ext", "'ports':[{'port':80}]"), .lists = "pod/shop" },
        { "name outside of the cluster", SERVICE("ext", "'type':'ExternalName','selector':{'a':'b'}"),
          .lists = "pod/shop" },
        { "scaled to nothing long ago, and nobody asks",
          SERVICE("cart", "'selector':{'app':'cart'}") "," SLICE("cart", "") "," DEPLOYMENT("cart", "0"),
          .lists = "pod/shop" },
        { "made this second", OBJECT("Service", META_NOW("cart"), "'selector':{'app':'cart'}", ""),
          .lists = "pod/shop" },
        { "Pods that are not in the bundle", SERVICE("cart", "'selector':{'app':'cart'}"), NULL },
        { "a port that nobody declares",
          SERVICE("cart", "'selector':{'app':'cart'},'ports':[{'port':80,'targetPort':8080}]") "," SLICE(
              "cart", READY) "," LABELLED("cart-1", "'app':'cart'", "") },
        { "an Ingress to what is scaled to nothing",
          INGRESS(TO("cart", "'number':80")) "," SERVICE(
              "cart", "'selector':{'app':'cart'},'ports':[{'port':80}]") "," SLICE("cart", "") "," DEPLOYMENT("cart",
                                                                                                              "0"),
          .lists = "pod/shop" },
        { "an Ingress to what is served",
          INGRESS(TO("cart", "'number':80")) "," SERVICE(
              "cart",
              "'selector':{'app':'cart'},'ports':[{'port':80}]") "," SLICE("cart",
                                                                           READY) "," LABELLED("cart-1", "'app':'cart'",
                                                                                               PORT("80", "")) },
        { "a well Service",
          SERVICE("cart", "'selector':{'app':'cart'},'ports':[{'port':80,'targetPort':'web'}]") "," SLICE(
              "cart", READY) "," LABELLED("cart-1", "'app':'cart'", PORT("8080", ",'name':'web'")) },
    };
    case_expect_none(cases, COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_that_reach_nothing_or_the_wrong_thing),
        cmocka_unit_test(a_workload_that_has_made_no_pod_leaves_its_service_empty),
        cmocka_unit_test(ingresses_that_lead_nowhere),
        cmocka_unit_test(an_ingress_without_anybody_behind_it_leads_to_why),
        cmocka_unit_test(a_coredns_that_ends_again_and_again_is_not_only_young),
        cmocka_unit_test(a_dead_coredns_explains_who_cannot_resolve),
        cmocka_unit_test(what_is_meant_so_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
