#include "diagnose/case_test.h"

#define CRASH      POD("web", ONE_CONTAINER, CRASHED("1", "Error"))
#define SAYS(line) .logs = "shop/web|c|INFO starting\\n" line "\\n"
#define SERVICE(name, port)                                                                                            \
    OBJECT("Service", META(name), "'clusterIP':'10.96.0.7','selector':{'app':'" name "'},'ports':[{'port':" port "}]", \
           "")
#define LIMITED(limit)                                                                                                 \
    "'nodeName':'n1','containers':[{'name':'c','image':'app:1','resources':{'limits':{'memory':'" limit "'}}}]"
#define ENV(name, value)                                                                                               \
    "'nodeName':'n1','containers':[{'name':'c','image':'app:1','env':[{'name':'" name "','value':'" value "'}]}]"

static const struct case_ crashes[] = {
    { "memory", POD("web", LIMITED("64Mi"), CRASHED("137", "OOMKilled")), .code = "crash.oom", .object = "pod/shop/web",
      .phrase = "its limit of 64Mi; 4 restarts" },
    { "memory, and it runs again already",
      POD("web", LIMITED("64Mi"),
          "'phase':'Running','conditions':[{'type':'Ready','status':'True','lastTransitionTime':'" DAY
          "11:59:58Z'}],'containerStatuses':[{'name':'c','ready':true,'restartCount':1,'state':{'running':{'"
          "startedAt':'" DAY
          "11:59:58Z'}},'lastState':{'terminated':{'exitCode':137,'reason':'OOMKilled','startedAt':'" DAY
          "11:50:00Z','finishedAt':'" DAY "11:59:57Z'}}}]"),
      .code = "crash.oom", .object = "pod/shop/web", .phrase = "64Mi" },
    { "memory that the program's own limit ends", CRASH,
      SAYS("Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space"), .code = "crash.oom",
      .object = "pod/shop/web" },
    { "leak",
      POD("web", LIMITED("1Gi"),
          "'phase':'Running','conditions':[" NOT_READY
          "],'containerStatuses':[{'name':'c','ready':false,'restartCount':5,'state':{'terminated':{'exitCode':137,"
          "'reason':'OOMKilled','startedAt':'" DAY "10:00:00Z','finishedAt':'" DAY "11:59:50Z'}},'lastState':{}}]"),
      .code = "crash.memory-leak", .object = "pod/shop/web", .phrase = "1Gi in about" },
    { "the first end, no back-off yet",
      POD("web", ONE_CONTAINER,
          "'phase':'Running','conditions':[" NOT_READY
          "],'containerStatuses':[{'name':'c','ready':false,'restartCount':0,'state':" ENDED("1", "Error",
                                                                                             "") ",'lastState':{}}]"),
      SAYS("FATAL cannot read /etc/app.yaml"), .code = "crash.app-error", .object = "pod/shop/web",
      .phrase = "exit code 1: FATAL cannot read /etc/app.yaml" },
    { "in the back-off",
      POD("web", ONE_CONTAINER,
          "'phase':'Running','conditions':[" NOT_READY
          "],'containerStatuses':[{'name':'c','ready':false,'restartCount':3,'state':{'waiting':{'reason':'"
          "CrashLoopBackOff','message':'back-off 40s'}},'lastState':" ENDED("2", "Error", "") "}]"),
      SAYS("panic: runtime error: invalid memory address or nil pointer dereference"), .code = "crash.app-error",
      .object = "pod/shop/web", .phrase = "exit code 2: panic" },
    { "init container",
      POD("web", "'nodeName':'n1','initContainers':[{'name':'wait','image':'app:1'}],'containers':[{'name':'c'}]",
          "'phase':'Pending','initContainerStatuses':[{'name':'wait','ready':false,'restartCount':2,'state':" ENDED(
              "1", "Error",
              "") "}],'containerStatuses':[{'name':'c','state':{'waiting':{'reason':'PodInitializing'}}}]"),
      .logs = "shop/web|wait|db: no such host\\n", .code = "crash.init-container", .object = "pod/shop/web",
      .phrase = "wait ends with exit code 1: db: no such host" },
    { "a sidecar is a container like any other",
      POD("web",
          "'nodeName':'n1','initContainers':[{'name':'proxy','image':'p','restartPolicy':'Always'}],'containers':[{'"
          "name'"
          ":'c'}]",
          "'phase':'Pending','initContainerStatuses':[{'name':'proxy','ready':false,'restartCount':2,'state':" ENDED(
              "1", "Error",
              "") "}],'containerStatuses':[{'name':'c','state':{'waiting':{'reason':'PodInitializing'}}}]"),
      .logs = "shop/web|proxy|FATAL no listeners configured\\n", .code = "crash.app-error", .object = "pod/shop/web",
      .phrase = "container proxy ends with exit code 1: FATAL no listeners" },
    { "no token for the API server",
      POD("web", "'automountServiceAccountToken':false,'serviceAccountName':'robot'," ONE_CONTAINER,
          CRASHED("1", "Error")),
      SAYS("open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory"),
      .code = "rbac.token-absent", .object = "pod/shop/web", .phrase = "no token of shop/robot is mounted" },
    { "a setting in a file that comes from a map",
      POD("web",
          "'nodeName':'n1','volumes':[{'name':'v','configMap':{'name':'conf'}}],'containers':[{'name':'c','image':'a','"
          "volumeMounts':[{'name':'v','mountPath':'/etc/app'}]}]",
          CRASHED("1", "Error")),
      SAYS("Error: failed to load /etc/app/app.yaml: yaml: line 1: mapping values are not allowed in this context"),
      .code = "app.wrong-config", .object = "pod/shop/web",
      .phrase = "/etc/app/app.yaml is invalid (from ConfigMap shop/conf)" },
    { "a port that the program does not name",
      POD("web", "'nodeName':'n1','containers':[{'name':'c','image':'a'},{'name':'side','image':'b'}]",
          CRASHED("1", "Error")),
      .logs = "shop/web|c|httpd: bind: Address already in use\\n\nshop/web|side|listening on :8080\\n",
      .code = "crash.port-conflict", .object = "pod/shop/web", .phrase = "its port 8080, it is taken by side" },
    { "a log that the node has no more", CRASH,
      .logs = "shop/web|c|failed to try resolving symlinks in path \"/var/log/pods/shop_web/c/3.log\": lstat\\n",
      .code = "crash.app-error", .object = "pod/shop/web", .phrase = "ends with exit code 1" },
    { "variable", CRASH, SAYS("Error: environment variable DATABASE_URL is not set"), .code = "crash.missing-env",
      .object = "pod/shop/web", .phrase = "DATABASE_URL is not set" },
    { "variable, Python", CRASH, SAYS("    raise KeyError(key) from None\\nKeyError: 'STRIPE_KEY'"),
      .code = "crash.missing-env", .object = "pod/shop/web", .phrase = "STRIPE_KEY" },
    { "nobody listens, and the Service is not there", CRASH,
      SAYS("FATAL dial tcp db.shop.svc:5432: connect: connection refused"), .lists = "service/shop",
      .code = "crash.dependency-unreachable", .object = "pod/shop/web", .phrase = "Service shop/db does not exist" },
    { "nobody listens on an address", CRASH "," SERVICE("cache", "6379"),
      SAYS("Error: connect ECONNREFUSED 10.96.0.7:6379"), .code = "crash.dependency-unreachable",
      .object = "pod/shop/web", .phrase = "10.96.0.7:6379 (Service shop/cache)" },
    { "the Service has another port", CRASH "," SERVICE("db", "5432"),
      SAYS("psycopg2.OperationalError: could not connect to server \"db\", port 5433: Connection refused"),
      .code = "crash.dependency-unreachable", .object = "pod/shop/web", .phrase = "Service shop/db offers port 5432" },
    { "the setting has another port",
      POD("web", ENV("DB_ADDR", "db:5433"), CRASHED("1", "Error")) "," SERVICE("db", "5432"),
      SAYS("dial tcp db:5433: connect: connection refused"), .code = "app.wrong-upstream", .object = "pod/shop/web",
      .phrase = "DB_ADDR is db:5433, but shop/db offers port 5432" },
    { "the setting has a misspelt name",
      POD("web", ENV("DB_HOST", "databse"), CRASHED("1", "Error")) "," SERVICE("database", "5432"),
      SAYS("getaddrinfo ENOTFOUND databse"), .lists = "service/shop", .code = "app.wrong-upstream",
      .object = "pod/shop/web", .phrase = "nearest is database" },
    { "a name that is not there", CRASH, SAYS("java.net.UnknownHostException: api.exmaple.com"),
      .code = "dns.name-unknown", .object = "pod/shop/web", .phrase = "api.exmaple.com, which does not exist" },
    { "the name of a Service that is not there", CRASH, SAYS("FATAL lookup db.shop.svc on 10.96.0.10:53: no such host"),
      .lists = "service/shop", .code = "crash.dependency-unreachable", .object = "pod/shop/web",
      .phrase = "Service shop/db does not exist" },
    { "its own resolver",
      POD("web", "'dnsPolicy':'Default'," ONE_CONTAINER, CRASHED("1", "Error")) "," SERVICE("db", "5432"),
      SAYS("could not translate host name \"db\" to address: Name or service not known"), .code = "dns.pod-config",
      .object = "pod/shop/web", .phrase = "dnsPolicy is Default" },
    { "the name server does not answer", CRASH "," SERVICE("db", "5432"),
      SAYS("dial tcp: lookup db on 10.96.0.10:53: read udp 10.1.0.4:51234->10.96.0.10:53: i/o timeout"),
      .code = "dns.coredns", .object = "deployment/kube-system/coredns" },
    { "the name server refuses", CRASH "," SERVICE("db", "5432"),
      SAYS("dial tcp: lookup db on 10.96.0.10:53: read udp 10.1.0.4:51234->10.96.0.10:53: read: connection refused"),
      .code = "dns.coredns", .object = "deployment/kube-system/coredns" },
    { "not the name server, but what it names", CRASH "," SERVICE("db", "5432"),
      SAYS("dial tcp 10.0.0.53:5432: i/o timeout (db:5432)"), .code = "crash.dependency-unreachable",
      .object = "pod/shop/web" },
    { "no name resolves", CRASH "," SERVICE("db", "5432"), SAYS("getaddrinfo EAI_AGAIN db"), .code = "dns.coredns",
      .object = "deployment/kube-system/coredns" },
    { "password", CRASH, SAYS("FATAL: password authentication failed for user \"orders\" (host db.shop.svc)"),
      .code = "crash.dependency-auth", .object = "pod/shop/web",
      .phrase = "db.shop.svc rejects its credentials (user orders)" },
    { "password, MySQL", POD("web", ENV("MYSQL_HOST", "mysql:3306"), CRASHED("1", "Error")),
      SAYS("Access denied for user 'shop'@'10.1.2.3' (using password: YES)"), .code = "crash.dependency-auth",
      .object = "pod/shop/web", .phrase = "mysql:3306 rejects its credentials (user shop)" },
    { "certificate", CRASH,
      SAYS("Get \"https://vault.example:8200/v1\": x509: certificate has expired or is not yet valid: current time "
           "2026-01-01T12:00:00Z is after 2025-12-31T00:00:00Z"),
      .code = "crash.cert-expired", .object = "pod/shop/web",
      .phrase = "vault.example:8200 expired at 2025-12-31T00:00:00Z" },
    { "port",
      POD("web",
          "'nodeName':'n1','containers':[{'name':'c','image':'a'},{'name':'side','image':'b','ports':[{'"
          "containerPort':8080}]}]",
          CRASHED("1", "Error")),
      SAYS("listen tcp :8080: bind: address already in use"), .code = "crash.port-conflict", .object = "pod/shop/web",
      .phrase = "port 8080, it is taken by side" },
    { "segmentation fault", POD("web", ONE_CONTAINER, CRASHED("139", "Error")), .code = "crash.segfault",
      .object = "pod/shop/web", .phrase = "exit code 139" },
    { "nothing failed", POD("web", ONE_CONTAINER, CRASHED("0", "Completed")), .code = "crash.exit0",
      .object = "pod/shop/web", .phrase = "exit code 0 (4 restarts)" },
    { "setting", CRASH, SAYS("nginx: [emerg] unknown directive \"servr\" in /etc/nginx/nginx.conf:3"),
      .code = "app.wrong-config", .object = "pod/shop/web", .phrase = "servr is invalid" },
    { "right at the API server", CRASH,
      SAYS("pods is forbidden: User \"system:serviceaccount:shop:web\" cannot list resource \"pods\" in API group "
           "\"\" in the namespace \"prod\""),
      .code = "rbac.app-forbidden", .object = "serviceaccount/shop/web",
      .phrase = "may not list pods in namespace prod; a Role has to grant it" },
    { "volume that belongs to root",
      POD("web",
          "'nodeName':'n1','securityContext':{'runAsUser':1000},'containers':[{'name':'c','image':'a','"
          "volumeMounts':[{'name':'d','mountPath':'/data'}]}]",
          CRASHED("1", "Error")),
      SAYS("mkdir /data/db: permission denied"), .code = "volume.permission", .object = "pod/shop/web",
      .phrase = "running as user 1000, may not write to /data/db" },
    { "full volume",
      POD("web",
          "'nodeName':'n1','volumes':[{'name':'d','persistentVolumeClaim':{'claimName':'data'}}],'containers':[{'"
          "name':'c','image':'a','volumeMounts':[{'name':'d','mountPath':'/data'}]}]",
          CRASHED("1", "Error")),
      SAYS("write /data/wal/0001: no space left on device"), .code = "volume.full",
      .object = "persistentvolumeclaim/shop/data", .phrase = "volume d is full" },
    { "database full of clients", POD("web", ENV("DB", "pg:5432"), CRASHED("1", "Error")),
      SAYS("FATAL: sorry, too many clients already"), .code = "db.connections-exhausted", .object = "pod/shop/web",
      .phrase = "pg:5432" },
    { "database read-only", POD("web", ENV("DB", "pg:5432"), CRASHED("1", "Error")),
      SAYS("ERROR: cannot execute INSERT in a read-only transaction"), .code = "db.read-only", .object = "pod/shop/web",
      .phrase = "read-only" },
    { "pool", POD("web", ENV("DB", "pg:5432"), CRASHED("1", "Error")),
      SAYS("QueuePool limit of size 5 overflow 10 reached, connection timed out"), .code = "app.pool-exhausted",
      .object = "pod/shop/web", .phrase = "to pg:5432" },
    { "limited from outside", CRASH, SAYS("Error: https://api.example.com/v1 answered status 429"),
      .code = "app.rate-limited", .object = "pod/shop/web", .phrase = "rate-limited by api.example.com" },
    { "policy of the network",
      POD_OF("web-x", "StatefulSet", "web", ONE_CONTAINER, CRASHED("1", "Error")) "," OBJECT(
          "Service", META("db"), "'selector':{'app':'db'},'ports':[{'port':5432}]",
          "") "," POD_OF("db-0", "StatefulSet", "db", ONE_CONTAINER,
                         RUNNING) "," OBJECT("NetworkPolicy", META("default-deny"),
                                             "'podSelector':{},'policyTypes':['Egress']", ""),
      .logs = "shop/web-x|c|dial tcp db:5432: i/o timeout\\n", .scope = "pod/shop/web-x", .code = "netpol.blocking",
      .object = "networkpolicy/shop/default-deny",
      .phrase = "NetworkPolicy default-deny does not allow it (port 5432)" },
    { "a silent program", POD("web", ONE_CONTAINER, CRASHED("7", "Error")), .code = "crash.app-error",
      .object = "pod/shop/web", .phrase = "exit code 7" },
    { "the kubelet's copy of the last line",
      POD("web", ONE_CONTAINER,
          "'phase':'Running','conditions':[" NOT_READY
          "],'containerStatuses':[{'name':'c','ready':false,'restartCount':1,'state':" ENDED(
              "3", "Error", ",'message':'FATAL cannot connect to redis at cache:6379: connection refused'") "}]"),
      .code = "crash.dependency-unreachable", .object = "pod/shop/web", .phrase = "cache:6379" },
};

static void containers_that_ended_and_should_not_have(void **state)
{
    (void)state;
    case_expect(crashes, COUNT(crashes));
}

/* What ended long ago compared with how long it runs since is a matter of the past. */
static void a_container_that_runs_well_again_has_recovered(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = {
        "recovered",
        POD("web", ONE_CONTAINER,
            "'phase':'Running','conditions':[{'type':'Ready','status':'True','lastTransitionTime':'" DAY
            "11:55:00Z'}],'containerStatuses':[{'name':'c','ready':true,'restartCount':1,'state':{'running':{'"
            "startedAt':'" DAY "11:55:00Z'}},'lastState':{'terminated':{'exitCode':1,'reason':'Error','startedAt':'" DAY
            "11:54:50Z','finishedAt':'" DAY "11:54:55Z'}}}]"),
        .events = "Warning|pod/shop/web|BackOff|Back-off restarting failed container c|1|305|c", .scope = "pod/shop/web"
    };
    case_verdict(&c, &a, &v);
    assert_int_equal(v.outcome, VERDICT_RECOVERED);
    assert_int_equal(v.n_roots, 1);
    assert_string_equal(v.roots[0].code, "none.recovered");
    assert_non_null(strstr(v.roots[0].statement, "since 11:55:00 UTC"));
    arena_fini(&a);
}

/* The kubelet's word that it was its probe comes later than the end itself. */
static void a_container_with_a_probe_that_was_just_killed_has_not_crashed(void **state)
{
    (void)state;
    static const struct {
        const char *probe, *finished, *events;
        bool crashed;
    } ends[] = {
        { ",'livenessProbe':{'httpGet':{'path':'/','port':8080}}", "11:59:58", NULL, false },
        { ",'livenessProbe':{'httpGet':{'path':'/','port':8080}}", "11:59:10", NULL, false },
        { ",'livenessProbe':{'httpGet':{'path':'/','port':8080}}", "11:58:50", NULL, true },
        { ",'livenessProbe':{'httpGet':{'path':'/','port':8080}}", "11:59:58",
          "Normal|pod/shop/web|Started|Started container c|1|60|c", false },
        { ",'livenessProbe':{'httpGet':{'path':'/','port':8080}}", "11:59:58",
          "Normal|pod/shop/web|Started|Started container c|1|1|c", true },
        { "", "11:59:58", NULL, true },
    };
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct arena a = { 0 };
        struct wire_verdict v;
        const struct case_ c = {
            "killed",
            arena_printf(&a,
                         POD("web", "'nodeName':'n1','containers':[{'name':'c','image':'app:1'%s}]",
                             "'phase':'Running','conditions':[" NOT_READY
                             "],'containerStatuses':[{'name':'c','ready':false,'restartCount':1,'state':{'terminated':{"
                             "'exitCode':137,'reason':'Error','startedAt':'" DAY "11:59:20Z','finishedAt':'" DAY
                             "%sZ'}}}]"),
                         ends[i].probe, ends[i].finished),
            .events = ends[i].events, .logs = "shop/web|c|health file gone\\n", .scope = "pod/shop/web"
        };
        case_verdict(&c, &a, &v);
        bool crashed = v.n_roots > 0 && strcmp(v.roots[0].code, "crash.app-error") == 0;
        assert_int_equal(crashed, ends[i].crashed);
        arena_fini(&a);
    }
}

static void without_a_log_the_cause_is_less_sure_and_the_log_is_missed(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict with, without;
    struct case_ c = { "log", CRASH, SAYS("FATAL bad things"), .scope = "pod/shop/web" };
    case_verdict(&c, &a, &with);
    c.logs = NULL;
    case_verdict(&c, &a, &without);
    assert_true(without.roots[0].confidence < with.roots[0].confidence);
    assert_true(without.n_not_checked > 0 && with.n_not_checked == 0);
    assert_non_null(strstr(without.not_checked[0].why, "no log of container c"));
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(containers_that_ended_and_should_not_have),
        cmocka_unit_test(a_container_that_runs_well_again_has_recovered),
        cmocka_unit_test(a_container_with_a_probe_that_was_just_killed_has_not_crashed),
        cmocka_unit_test(without_a_log_the_cause_is_less_sure_and_the_log_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
