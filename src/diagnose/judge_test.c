/* Which finding explains which, and what a verdict tells beside its causes. */
#include "diagnose/case_test.h"

#include <stdlib.h>

#define SAYS(pod, line) "shop/" pod "|c|" line "\\n\n"
#define CRASHING(name)                                                                                                 \
    "{'kind':'Pod'," META_LABELS(name, "'app':'" name "'") ",'spec':{" ONE_CONTAINER                                   \
                                                           "},'status':{" CRASHED("1", "Error") "}}"
#define SERVICE(name) OBJECT("Service", META(name), "'selector':{'app':'" name "'},'ports':[{'port':80}]", "")
#define SLICE(name, ready)                                                                                             \
    "{'kind':'EndpointSlice'," META_LABELS(                                                                            \
        name "-x", "'kubernetes.io/service-name':'" name                                                               \
                   "'") ",'endpoints':[{'addresses':['10.0.0.1'],'conditions':{'ready':" ready "}}]}"

static void diagnose_case(const struct case_ *c, struct arena *a, struct diagnose_incidents *out)
{
    struct err e = { 0 };
    size_t size;
    AUTO_FREE char *text = case_bundle(c, &size);
    assert_int_equal(diagnose_all(text, size, a, out, &e), 0);
}

static bool is_victim(const struct wire_verdict *v, const char *object)
{
    for (size_t i = 0; i < v->n_victims; i++)
        if (strcmp(v->victims[i].what, object) == 0)
            return *v->victims[i].why && *v->victims[i].why_zh;
    return false;
}

/* front calls cart, cart calls db, db lacks memory: one cause, told once. */
#define CHAIN                                                                                                          \
    CRASHING("front")                                                                                                  \
    "," SERVICE("cart") "," SLICE("cart", "false") "," CRASHING("cart") "," SERVICE("db") "," SLICE(                   \
        "db", "false") ",{'kind':'Pod'," META_LABELS("db", "'app':'db'") ",'spec':{" ONE_CONTAINER                     \
                                                                         "},'status':{" CRASHED("137",                 \
                                                                                                "OOMKilled") "}}"
#define CHAIN_LOGS                                                                                                     \
    SAYS("front", "FATAL dial tcp cart:80: connect: connection refused")                                               \
    SAYS("cart", "FATAL cannot reach db:80: connection refused")

static void a_chain_of_callers_ends_at_what_is_at_fault(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    const struct case_ c = { "chain", CHAIN, .logs = CHAIN_LOGS };
    diagnose_case(&c, &a, &all);
    assert_int_equal(all.count, 1);
    const struct wire_verdict *v = &all.items[0].verdict;
    assert_int_equal(v->n_roots, 1);
    assert_string_equal(v->roots[0].code, "crash.oom");
    assert_string_equal(v->roots[0].object, "pod/shop/db");
    assert_true(is_victim(v, "pod/shop/front") && is_victim(v, "pod/shop/cart"));
    assert_true(is_victim(v, "service/shop/cart") && is_victim(v, "service/shop/db"));
    arena_fini(&a);
}

#define ELSEWHERE(kind, name, more)                                                                                    \
    "{'kind':'" kind "','metadata':{'name':'" name "','namespace':'data','creationTimestamp':'" DAY "11:50:00Z'" more

/* The caller is in one namespace, what it calls by its full name in another. */
static void a_chain_goes_on_in_another_namespace(void **state)
{
    (void)state;
    static const char *const scopes[] = { NULL, "pod/shop/front" };
    for (size_t i = 0; i < COUNT(scopes); i++) {
        struct arena a = { 0 };
        struct wire_verdict v;
        const struct case_ c = {
            "elsewhere",
            CRASHING("front") "," ELSEWHERE("Service", "db",
                                            "},'spec':{'selector':{'app':'db'},'ports':[{'port':5432}]}"
                                            "}") "," ELSEWHERE("EndpointSlice", "db-x",
                                                               ",'labels':{'kubernetes.io/"
                                                               "service-name':'db'}},'endpoints':[{'"
                                                               "addresses':['10.0.0.1'],'conditions':{'"
                                                               "ready':false}}]}") "," ELSEWHERE("Pod", "db-0",
                                                                                                 ",'"
                                                                                                 "label"
                                                                                                 "s':{'"
                                                                                                 "app':"
                                                                                                 "'db'}"
                                                                                                 "},'"
                                                                                                 "spec'"
                                                                                                 ":"
                                                                                                 "{" ONE_CONTAINER "},'"
                                                                                                 "statu"
                                                                                                 "s':"
                                                                                                 "{" CRASHED("1"
                                                                                                             "3"
                                                                                                             "7",
                                                                                                             "O"
                                                                                                             "O"
                                                                                                             "M"
                                                                                                             "K"
                                                                                                             "i"
                                                                                                             "l"
                                                                                                             "l"
                                                                                                             "e"
                                                                                                             "d") "}}"),
            .logs = SAYS("front", "FATAL could not connect to db.data.svc:5432: Connection refused"), .scope = scopes[i]
        };
        case_verdict(&c, &a, &v);
        assert_int_equal(v.outcome, VERDICT_FAULT);
        assert_int_equal(v.n_roots, 1);
        assert_string_equal(v.roots[0].object, "pod/data/db-0");
        assert_true(is_victim(&v, "pod/shop/front"));
        arena_fini(&a);
    }
}

static void who_asks_about_a_victim_is_told_the_cause(void **state)
{
    (void)state;
    static const char *const scopes[] = { "pod/shop/front", "pod/shop/cart", "service/shop/db", "pod/shop/db" };
    for (size_t i = 0; i < COUNT(scopes); i++) {
        struct arena a = { 0 };
        struct wire_verdict v;
        const struct case_ c = { scopes[i], CHAIN, .logs = CHAIN_LOGS, .scope = scopes[i] };
        case_verdict(&c, &a, &v);
        assert_int_equal(v.outcome, VERDICT_FAULT);
        assert_int_equal(v.n_roots, 1);
        assert_string_equal(v.roots[0].object, "pod/shop/db");
        arena_fini(&a);
    }
}

/* Between two crashes a backend without a readiness probe is ready for a moment: that explains its callers no less. */
static void a_crash_loop_that_is_ready_for_a_moment_serves_nobody(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    const struct case_ c = {
        "moment",
        CRASHING("web") ",{'kind':'Pod'," META_LABELS(
            "db", "'app':'db'") ",'spec':{" ONE_CONTAINER "},'status':{'phase':'Running','conditions':[{'type':'Ready',"
                                "'status':'True','lastTransitionTime':'" DAY
                                "11:59:59Z'}],'containerStatuses':[{'name':'c','ready':true,'restartCount':4,'state':{'"
                                "running':{'startedAt':'" DAY "11:59:59Z'}},'lastState':" ENDED(
                                    "1", "Error", "") "}]}}," SERVICE("db") "," SLICE("db", "true"),
        .logs =
            SAYS("web", "dial tcp db.shop.svc:80: connect: connection refused") "shop/db|c|previous|FATAL no licence\\n"
    };
    diagnose_case(&c, &a, &all);
    assert_int_equal(all.count, 1);
    assert_string_equal(all.items[0].verdict.roots[0].object, "pod/shop/db");
    assert_true(is_victim(&all.items[0].verdict, "pod/shop/web"));
    arena_fini(&a);
}

static void two_that_wait_for_each_other_leave_one_cause(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    const struct case_ c = { "circle",
                             CRASHING("a") "," CRASHING("b") "," SERVICE("a") "," SLICE("a", "false") "," SERVICE(
                                 "b") "," SLICE("b", "false"),
                             .logs = SAYS("a", "FATAL b:80: connection refused")
                                 SAYS("b", "FATAL a:80: connection refused") };
    diagnose_case(&c, &a, &all);
    assert_int_equal(all.count, 1);
    assert_int_equal(all.items[0].verdict.n_roots, 1);
    arena_fini(&a);
}

static void independent_causes_are_incidents_of_their_own(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    const struct case_ c = {
        "two", CRASHING("web") "," POD("cart", ONE_CONTAINER, WAITING("ErrImagePull", "cart:1: not found")),
        .logs = SAYS("web", "FATAL no licence")
    };
    diagnose_case(&c, &a, &all);
    assert_int_equal(all.count, 2);
    for (size_t i = 0; i < all.count; i++)
        assert_int_equal(all.items[i].verdict.n_roots, 1);
    assert_int_equal(all.objects, 2);
    assert_int_equal(all.logs, 1);
    arena_fini(&a);
}

#define TWO(a, b)                                                                                                      \
    POD("cart",                                                                                                        \
        "'nodeName':'n1','containers':[{'name':'app','image':'registry.example/app:1'},{'name':'proxy','image':'"      \
        "registry.example/proxy:1'}]",                                                                                 \
        "'phase':'Running','conditions':[" NOT_READY "],'containerStatuses':[" a "," b "]")
#define ENDS(name, code, reason)                                                                                       \
    "{'name':'" name                                                                                                   \
    "','ready':false,'restartCount':4,'state':" ENDED(code, reason, "") ",'lastState':" ENDED(code, reason, "") "}"
#define PULLS(name, image)                                                                                             \
    "{'name':'" name "','ready':false,'restartCount':0,'state':{'waiting':{'reason':'ImagePullBackOff','message':'"    \
    "Back-off pulling image \\u0022" image "\\u0022: ErrImagePull: " image ": not found'}}}"

/* Each has to be mended, so each is told, the gravest first; what one container says of the other is no trouble of its own. */
static void the_containers_of_a_pod_fail_each_for_itself(void **state)
{
    (void)state;
    static const struct {
        struct case_ c;
        size_t n;
        const char *codes[2], *phrases[2];
    } rows[] = {
        { { "image and memory", TWO(ENDS("app", "137", "OOMKilled"), PULLS("proxy", "registry.example/proxy:1")),
            .scope = "pod/shop/cart" },
          2,
          { "image.not-found", "crash.oom" },
          { "registry.example/proxy:1", "container app" } },
        { { "image and error", TWO(ENDS("app", "1", "Error"), PULLS("proxy", "registry.example/proxy:1")),
            .logs = "shop/cart|app|FATAL no licence\\n", .scope = "pod/shop/cart" },
          2,
          { "image.not-found", "crash.app-error" },
          { "registry.example/proxy:1", "no licence" } },
        { { "a proxy that is missed", TWO(ENDS("app", "1", "Error"), PULLS("proxy", "registry.example/proxy:1")),
            .logs = "shop/cart|app|FATAL dial tcp 127.0.0.1:15001: connect: connection refused\\n",
            .scope = "pod/shop/cart" },
          1,
          { "image.not-found" },
          { "registry.example/proxy:1" } },
        { { "twice memory", TWO(ENDS("app", "137", "OOMKilled"), ENDS("proxy", "137", "OOMKilled")),
            .scope = "pod/shop/cart" },
          2,
          { "crash.oom", "crash.oom" },
          { "container app", "container proxy" } },
        { { "two images", TWO(PULLS("app", "registry.example/app:1"), PULLS("proxy", "registry.example/proxy:1")),
            .scope = "pod/shop/cart" },
          2,
          { "image.not-found", "image.not-found" },
          { "registry.example/app:1", "registry.example/proxy:1" } },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = { 0 };
        struct wire_verdict v;
        case_verdict(&rows[i].c, &a, &v);
        print_message("%s\n", rows[i].c.name);
        assert_int_equal(v.outcome, VERDICT_FAULT);
        assert_int_equal(v.n_roots, rows[i].n);
        for (size_t k = 0; k < rows[i].n; k++) {
            assert_string_equal(v.roots[k].code, rows[i].codes[k]);
            assert_non_null(strstr(v.roots[k].statement, rows[i].phrases[k]));
            assert_true(v.roots[k].n_evidence > 0);
        }
        arena_fini(&a);
    }
}

static void of_several_causes_the_gravest_comes_first(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "gravest",
                             TWO(ENDS("app", "137", "OOMKilled"),
                                 "{'name':'proxy','ready':false,'restartCount':0,'state':{'waiting':{'reason':'"
                                 "ErrImageNeverPull','message':'Container image is not present with pull policy of "
                                 "Never'}}}"),
                             .scope = "pod/shop/cart" };
    case_verdict(&c, &a, &v);
    assert_int_equal(v.n_roots, 2);
    assert_string_equal(v.roots[0].code, "crash.oom");
    assert_string_equal(v.roots[1].code, "image.never-pull");
    arena_fini(&a);
}

static void titles_name_namespace_object_and_cause(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    const struct case_ c = { "title",
                             POD("cart", ONE_CONTAINER, WAITING("ErrImagePull", "registry.example/app:1: not found")) };
    diagnose_case(&c, &a, &all);
    assert_string_equal(all.items[0].title,
                        "shop/cart cannot start: image registry.example/app:1 does not exist in the registry");
    assert_true(str_starts(all.items[0].title_zh, "shop/cart 无法启动"));
    arena_fini(&a);
}

#define LOST_NODE(name)                                                                                                \
    "{'kind':'Node','metadata':{'name':'" name "'},'spec':{},'status':{'conditions':[{'type':'Ready','status':'"       \
    "Unknown','reason':'NodeStatusUnknown','message':'Kubelet stopped posting node "                                   \
    "status.','lastTransitionTime':'" DAY "11:55:00Z'}]}}"
#define ON_NODE(node) "'nodeName':'" node "','containers':[{'name':'c','image':'registry.example/app:1'}]"

/* One replica crashes on a node that is well, another one is on a node that is lost: two troubles. */
static void a_lost_node_explains_no_crash_on_another_node(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    const struct case_ c = { "nodes",
                             LOST_NODE("n2") "," NODE("n1", "", "", ROOM) "," POD_OF(
                                 "web-a", "Deployment", "web", ON_NODE("n1"),
                                 CRASHED("1", "Error")) "," POD_OF("web-b", "Deployment", "web", ON_NODE("n2"),
                                                                   UNREADY) "," POD("cart", ON_NODE("n2"), UNREADY),
                             .logs = SAYS("web-a", "FATAL no licence") };
    diagnose_case(&c, &a, &all);
    assert_int_equal(all.count, 2);
    for (size_t i = 0; i < all.count; i++) {
        const struct wire_verdict *v = &all.items[i].verdict;
        bool node = str_starts(v->roots[0].code, "node.");
        assert_int_equal(v->n_roots, 1);
        assert_string_equal(v->roots[0].object, node ? "node//n2" : "deployment/shop/web");
        assert_true(!node || (is_victim(v, "pod/shop/web-b") && is_victim(v, "pod/shop/cart")));
        assert_false(is_victim(v, "pod/shop/web-a") && node);
    }
    arena_fini(&a);
}

static const char *why_of(const struct wire_verdict *v, const char *object)
{
    for (size_t i = 0; i < v->n_victims; i++)
        if (strcmp(v->victims[i].what, object) == 0)
            return v->victims[i].why;
    return "";
}

#define WANTS_MAP(name, owner)                                                                                         \
    POD_OF(name, "Deployment", owner, ONE_CONTAINER,                                                                   \
           WAITING("CreateContainerConfigError", "configmap \\u0022common\\u0022 not found"))

/* Each victim is told in its own words, and the title says that there is more than one. */
static void a_map_that_three_workloads_miss_is_one_trouble_and_a_graver_one(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    const struct case_ c = {
        "map", WANTS_MAP("a-1", "a") "," WANTS_MAP("b-1", "b") "," WANTS_MAP("c-1", "c") "," WANTS_MAP("d-1", "d"),
        .absent = "configmap/shop/common"
    };
    diagnose_case(&c, &a, &all);
    assert_int_equal(all.count, 1);
    assert_string_equal(all.items[0].title, "shop/a and 3 more cannot start: ConfigMap shop/common does not exist");
    assert_true(str_starts(all.items[0].title_zh, "shop/a 等 4 个工作负载"));
    const struct wire_verdict *v = &all.items[0].verdict;
    assert_true(is_victim(v, "deployment/shop/c"));
    assert_string_equal(why_of(v, "pod/shop/b-1"), "Pod b-1 waits for ConfigMap shop/common");
    assert_int_equal(v->roots[0].severity, SEVERITY_CRITICAL);
    assert_int_equal(all.items[0].severity, SEVERITY_CRITICAL);
    arena_fini(&a);
}

/* What one Pod meets on its node explains nothing about the others there. */
static void a_sandbox_that_fails_explains_no_neighbour(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    const struct case_ c = {
        "neighbour",
        NODE("n1", "", "", ROOM) "," CRASHING("web") "," POD("other", ONE_CONTAINER, WAITING("ContainerCreating", "")),
        .events = "Warning|pod/shop/other|FailedCreatePodSandBox|failed to setup network for sandbox",
        .logs = SAYS("web", "FATAL no licence")
    };
    diagnose_case(&c, &a, &all);
    assert_int_equal(all.count, 2);
    for (size_t i = 0; i < all.count; i++)
        assert_false(is_victim(&all.items[i].verdict, "pod/shop/web") &&
                     strcmp(all.items[i].verdict.roots[0].code, "start.cni") == 0);
    arena_fini(&a);
}

static void what_is_not_certain_blames_no_node(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "open", NODE("n1", "", "", ROOM) "," POD(
                                         "web", ONE_CONTAINER, "'phase':'Unknown','conditions':[" NOT_READY "]") };
    case_verdict(&c, &a, &v);
    for (size_t i = 0; i < v.n_victims; i++)
        assert_null(strstr(v.victims[i].why, "does not work"));
    arena_fini(&a);
}

/* The same Service that three workloads miss is one trouble, not three. */
static void a_service_that_many_miss_is_the_cause(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    const struct case_ c = { "missing", CRASHING("a") "," CRASHING("b") "," CRASHING("c"),
                             .logs = SAYS("a", "FATAL db:5432: connection refused") SAYS(
                                 "b", "FATAL db:5432: connection refused") SAYS("c", "FATAL lookup db: no such host"),
                             .absent = "service/shop/db" };
    diagnose_case(&c, &a, &all);
    assert_int_equal(all.count, 1);
    assert_string_equal(all.items[0].verdict.roots[0].code, "svc.missing");
    assert_string_equal(all.items[0].verdict.roots[0].object, "service/shop/db");
    assert_true(is_victim(&all.items[0].verdict, "pod/shop/a") && is_victim(&all.items[0].verdict, "pod/shop/c"));
    arena_fini(&a);
}

/* Noise: warnings about other things, and old ones about this. */
static char *noise(void)
{
    static const char *const reasons[] = { "FailedMount",      "Unhealthy", "BackOff",
                                           "FailedScheduling", "Failed",    "FailedCreate",
                                           "NodeNotReady",     "Evicted",   "FailedGetResourceMetric",
                                           "DNSConfigForming" };
    AUTO_BUF struct buf text = { 0 };
    for (int i = 0; i < 30; i++)
        buf_printf(&text,
                   "Warning|pod/other/noise-%d|%s|configmap \"x\" not found; connection refused; OOMKilled; exceeded "
                   "quota|%d|%d\n",
                   i % 7, reasons[i % (int)COUNT(reasons)], i + 1, i * 20);
    return buf_take(&text, NULL);
}

static void thirty_foreign_warnings_change_nothing(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "oom", POD("web", ONE_CONTAINER, CRASHED("137", "OOMKilled")), .scope = "pod/shop/web" },
        { "image", POD("web", ONE_CONTAINER, WAITING("ErrImagePull", "not found")), .scope = "pod/shop/web" },
        { "well", POD("web", ONE_CONTAINER, RUNNING), .scope = "pod/shop/web" },
        { "chain", CHAIN, .logs = CHAIN_LOGS, .scope = "pod/shop/front" },
    };
    AUTO_FREE char *warnings = noise();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena a = { 0 };
        struct wire_verdict quiet, loud;
        struct case_ c = cases[i];
        case_verdict(&c, &a, &quiet);
        c.events = warnings;
        case_verdict(&c, &a, &loud);
        assert_int_equal(loud.outcome, quiet.outcome);
        assert_int_equal(loud.n_roots, quiet.n_roots);
        for (size_t k = 0; k < quiet.n_roots; k++) {
            assert_string_equal(loud.roots[k].code, quiet.roots[k].code);
            assert_string_equal(loud.roots[k].statement, quiet.roots[k].statement);
            assert_true(loud.roots[k].confidence == quiet.roots[k].confidence);
        }
        arena_fini(&a);
    }
}

/* What is not known */

static void a_pod_that_is_not_well_without_a_reason_is_inconclusive(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "open", POD("web", ONE_CONTAINER, "'phase':'Unknown','conditions':[" NOT_READY "]"),
                             .scope = "pod/shop/web" };
    case_verdict(&c, &a, &v);
    assert_int_equal(v.outcome, VERDICT_INCONCLUSIVE);
    assert_int_equal(v.n_roots, 1);
    assert_string_equal(v.roots[0].code, "none.inconclusive");
    arena_fini(&a);
}

static void an_object_that_is_gone_has_no_trouble_any_more(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "gone", NULL, .absent = "pod/shop/web-1", .scope = "pod/shop/web-1" };
    case_verdict(&c, &a, &v);
    assert_int_equal(v.outcome, VERDICT_HEALTHY);
    assert_int_equal(v.n_roots, 0);
    arena_fini(&a);
}

static void what_is_scaled_to_nothing_and_missed_by_nobody_is_meant_so(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "meant",
                             SERVICE("web") ",{'kind':'Deployment'," META(
                                 "web") ",'spec':{'replicas':0,'template':{'metadata':{'labels':{'app':"
                                        "'web'}}}},'status':{}}",
                             .lists = "endpointslice/shop", .scope = "service/shop/web" };
    case_verdict(&c, &a, &v);
    assert_int_equal(v.outcome, VERDICT_HEALTHY);
    assert_string_equal(v.roots[0].code, "none.by-design");
    arena_fini(&a);
}

static void an_object_that_is_not_in_the_bundle_is_inconclusive(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "nothing", NULL, .scope = "deployment/shop/web" };
    case_verdict(&c, &a, &v);
    assert_int_equal(v.outcome, VERDICT_INCONCLUSIVE);
    arena_fini(&a);
}

static void two_causes_that_the_log_names_alike_are_both_told_and_none_is_decided(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "rivals", CRASHING("web"),
                             .logs = SAYS("web", "ERROR environment variable DB_URL is not set\\nERROR Access denied "
                                                 "for user 'shop'@'db' (using password: NO)"),
                             .scope = "pod/shop/web" };
    case_verdict(&c, &a, &v);
    assert_int_equal(v.outcome, VERDICT_INCONCLUSIVE);
    assert_int_equal(v.n_roots, 2);
    assert_string_not_equal(v.roots[0].code, v.roots[1].code);
    for (size_t i = 0; i < v.n_roots; i++)
        assert_true(strcmp(v.roots[i].code, "crash.missing-env") == 0 ||
                    strcmp(v.roots[i].code, "crash.dependency-auth") == 0);
    arena_fini(&a);
}

static void two_containers_are_two_things_and_each_has_its_cause(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = {
        "containers",
        POD("web", "'nodeName':'n1','containers':[{'name':'c','image':'a'},{'name':'d','image':'b'}]",
            "'phase':'Running','conditions':[" NOT_READY
            "],'containerStatuses':[{'name':'c','ready':false,'restartCount':1,'state':" ENDED(
                "137", "OOMKilled", "") "},{'name':'d','ready':false,'restartCount':0,'state':{'waiting':{'reason':'"
                                        "ErrImagePull','message':'not found'}}}]"),
        .scope = "pod/shop/web"
    };
    case_verdict(&c, &a, &v);
    assert_int_equal(v.outcome, VERDICT_FAULT);
    assert_int_equal(v.n_roots, 2);
    arena_fini(&a);
}

/* Beside the cause */

static void the_picture_shows_cause_victims_and_what_connects_them(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = {
        "picture",
        OBJECT("Deployment", META("web"), "'replicas':1", "'replicas':1") "," OBJECT(
            "ReplicaSet", META_OWNED("web-1", "Deployment", "web", ""), "'replicas':1",
            "'replicas':1") "," POD_OF("web-1-x", "ReplicaSet", "web-1",
                                       "'nodeName':'n1','containers':[{'name':'c','image':'a','envFrom':[{'"
                                       "configMapRef':{'name':'settings'}}]}]",
                                       WAITING("CreateContainerConfigError",
                                               "configmap \\u0022settings\\u0022 not found")) "," NODE("n1", "", "",
                                                                                                       ROOM),
        .absent = "configmap/shop/settings", .scope = "deployment/shop/web"
    };
    case_verdict(&c, &a, &v);
    static const struct wire_node nodes[] = {
        { "configmap/shop/settings", "root", "NotFound" },
        { "pod/shop/web-1-x", "victim", "CreateContainerConfigError" },
        { "deployment/shop/web", "victim", "NotReady" },
        { "node//n1", "context", "Ready" },
    };
    for (size_t i = 0; i < COUNT(nodes); i++) {
        bool there = false;
        for (size_t k = 0; k < v.n_nodes; k++)
            there |= strcmp(v.nodes[k].object, nodes[i].object) == 0 && strcmp(v.nodes[k].role, nodes[i].role) == 0 &&
                     strcmp(v.nodes[k].state, nodes[i].state) == 0;
        if (!there)
            fail_msg("%s as %s is missing", nodes[i].object, nodes[i].role);
    }
    static const struct wire_edge edges[] = {
        { "deployment/shop/web", "replicaset/shop/web-1", "owns" },
        { "replicaset/shop/web-1", "pod/shop/web-1-x", "owns" },
        { "pod/shop/web-1-x", "node//n1", "runs-on" },
        { "pod/shop/web-1-x", "configmap/shop/settings", "references" },
    };
    for (size_t i = 0; i < COUNT(edges); i++) {
        bool there = false;
        for (size_t k = 0; k < v.n_edges; k++)
            there |= strcmp(v.edges[k].from, edges[i].from) == 0 && strcmp(v.edges[k].to, edges[i].to) == 0 &&
                     strcmp(v.edges[k].kind, edges[i].kind) == 0;
        if (!there)
            fail_msg("%s -> %s is missing", edges[i].from, edges[i].to);
    }
    arena_fini(&a);
}

static bool is_ruled_out(const struct wire_verdict *v, const char *code, const char *phrase)
{
    for (size_t i = 0; i < v->n_ruled_out; i++)
        if (strcmp(v->ruled_out[i].what, code) == 0 && strstr(v->ruled_out[i].why, phrase))
            return *v->ruled_out[i].why_zh;
    return false;
}

static void what_was_looked_at_and_is_not_the_cause_is_told(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = {
        "ruled out",
        OBJECT(
            "Deployment", META("web"), "'replicas':1",
            "'replicas':1") ",{'kind':'ReplicaSet','metadata':{'name':'web-1','namespace':'shop','creationTimestamp':"
                            "'" DAY "09:00:00Z','annotations':{'deployment.kubernetes.io/"
                            "revision':'1'},'ownerReferences':[{'kind':'Deployment','name':'web','controller':true}]},'"
                            "spec':{'replicas':1},'status':{'replicas':1}}," POD_OF(
                                "web-1-x", "ReplicaSet", "web-1",
                                "'volumes':[{'name':'d','persistentVolumeClaim':{'claimName':'data'}}]," ONE_CONTAINER,
                                CRASHED("1", "Error")) "," NODE("n1", "", "", ROOM) "," OBJECT("PersistentVolumeClaim",
                                                                                               META("data"), "",
                                                                                               "'phase':'Bound'"),
        .logs = "shop/web-1-x|c|FATAL no licence\\n", .scope = "deployment/shop/web"
    };
    case_verdict(&c, &a, &v);
    assert_string_equal(v.roots[0].code, "crash.app-error");
    assert_true(is_ruled_out(&v, "node.not-ready", "n1 is Ready"));
    assert_true(is_ruled_out(&v, "workload.bad-rollout", "only one revision"));
    assert_true(is_ruled_out(&v, "pvc.no-matching-pv", "bound"));
    assert_true(is_ruled_out(&v, "crash.oom", "exit code 1"));
    arena_fini(&a);
}

static void what_could_not_be_read_is_told_with_what_it_costs(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct err e = { 0 };
    struct wire_verdict v;
    const char *text =
        "{\"schema\":1,\"collected_at\":\"2026-01-01T12:00:00Z\",\"scope\":{},\"objects\":[],\"not_checked\":[{"
        "\"what\":\"secrets in shop\","
        "\"why\":\"no "
        "permission\",\"verb\":\"list\",\"resource\":\"secrets\",\"namespace\":\"shop\"},{\"what\":7},null]}";
    assert_int_equal(diagnose_bundle(text, strlen(text), &a, &v, &e), 0);
    assert_true(v.n_not_checked >= 1);
    assert_string_equal(v.not_checked[0].what, "secrets in shop");
    assert_non_null(strstr(v.not_checked[0].why, "config.secret-missing"));
    assert_non_null(strstr(v.not_checked[0].why_zh, "config.secret-missing"));
    arena_fini(&a);
}

static void a_hostile_name_does_not_reach_a_command(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "hostile", CRASHING("web"),
                             .logs = SAYS("web", "x is forbidden: User \"system:serviceaccount:shop:web\" cannot "
                                                 "$(reboot) resource \"pods; rm -rf /\" in API group \"\""),
                             .scope = "pod/shop/web" };
    case_verdict(&c, &a, &v);
    for (size_t i = 0; i < v.n_roots; i++)
        for (size_t k = 0; k < v.roots[i].n_actions; k++)
            assert_null(strpbrk(v.roots[i].actions[k].command, "$;`&|<>"));
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_of_callers_ends_at_what_is_at_fault),
        cmocka_unit_test(a_chain_goes_on_in_another_namespace),
        cmocka_unit_test(who_asks_about_a_victim_is_told_the_cause),
        cmocka_unit_test(a_crash_loop_that_is_ready_for_a_moment_serves_nobody),
        cmocka_unit_test(two_that_wait_for_each_other_leave_one_cause),
        cmocka_unit_test(independent_causes_are_incidents_of_their_own),
        cmocka_unit_test(the_containers_of_a_pod_fail_each_for_itself),
        cmocka_unit_test(of_several_causes_the_gravest_comes_first),
        cmocka_unit_test(a_lost_node_explains_no_crash_on_another_node),
        cmocka_unit_test(titles_name_namespace_object_and_cause),
        cmocka_unit_test(a_map_that_three_workloads_miss_is_one_trouble_and_a_graver_one),
        cmocka_unit_test(a_sandbox_that_fails_explains_no_neighbour),
        cmocka_unit_test(what_is_not_certain_blames_no_node),
        cmocka_unit_test(a_service_that_many_miss_is_the_cause),
        cmocka_unit_test(thirty_foreign_warnings_change_nothing),
        cmocka_unit_test(a_pod_that_is_not_well_without_a_reason_is_inconclusive),
        cmocka_unit_test(an_object_that_is_gone_has_no_trouble_any_more),
        cmocka_unit_test(what_is_scaled_to_nothing_and_missed_by_nobody_is_meant_so),
        cmocka_unit_test(an_object_that_is_not_in_the_bundle_is_inconclusive),
        cmocka_unit_test(two_causes_that_the_log_names_alike_are_both_told_and_none_is_decided),
        cmocka_unit_test(two_containers_are_two_things_and_each_has_its_cause),
        cmocka_unit_test(the_picture_shows_cause_victims_and_what_connects_them),
        cmocka_unit_test(what_was_looked_at_and_is_not_the_cause_is_told),
        cmocka_unit_test(what_could_not_be_read_is_told_with_what_it_costs),
        cmocka_unit_test(a_hostile_name_does_not_reach_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
