#include "diagnose/case_test.h"

#define PROBED(field, probe, more)                                                                                     \
    "'nodeName':'n1','containers':[{'name':'c','image':'app:1','" field "':" probe more "}]"
#define HTTP(path, port)    "{'httpGet':{'path':'" path "','port':" port "},'periodSeconds':10,'failureThreshold':3}"
#define PORTS(port)         ",'ports':[{'name':'web','containerPort':" port "}]"
#define FAILS(kind, answer) "Warning|pod/shop/web|Unhealthy|" kind " probe failed: " answer "|12|5|c"
#define KILLED              "\nNormal|pod/shop/web|Killing|Container c failed liveness probe, will be restarted|4|5|c"
#define REFUSED             "Get \"http://10.0.0.1:8081/\": dial tcp 10.0.0.1:8081: connect: connection refused"
#define KILLED_STATUS                                                                                                  \
    "'phase':'Running','conditions':[" NOT_READY                                                                       \
    "],'containerStatuses':[{'name':'c','ready':false,'restartCount':4,'state':{'running':{'startedAt':'" DAY          \
    "11:59:31Z'}},'lastState':" ENDED("137", "Error", "") "}]"

#define JUST_UP                                                                                                        \
    "'phase':'Running','conditions':[" NOT_READY "],'containerStatuses':[{'name':'c','ready':false,'started':true,'"   \
    "restartCount':0,'state':{'running':{'startedAt':'" DAY "11:59:58Z'}}}]"

static void running_containers_that_their_probes_call_bad(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "readiness", POD("web", PROBED("readinessProbe", HTTP("/ready", "8080"), ""), UNREADY),
          FAILS("Readiness", "HTTP probe failed with statuscode: 500"), .code = "probe.readiness-failing",
          .object = "pod/shop/web", .phrase = "on :8080/ready fails: HTTP probe failed with statuscode: 500" },
        { "readiness, long ago and without an event",
          POD("web", PROBED("readinessProbe", HTTP("/ready", "8080"), ""), UNREADY), .code = "probe.readiness-failing",
          .object = "pod/shop/web", .phrase = "not Ready" },
        { "liveness", POD("web", PROBED("livenessProbe", HTTP("/healthz", "8080"), ""), KILLED_STATUS),
          FAILS("Liveness", "HTTP probe failed with statuscode: 503") KILLED, .code = "probe.liveness-failing",
          .object = "pod/shop/web", .phrase = "statuscode: 503" },
        { "liveness by command",
          POD("web", PROBED("livenessProbe", "{'exec':{'command':['cat','/tmp/ok']}}", ""), KILLED_STATUS),
          FAILS("Liveness", "cat: can't open '/tmp/ok': No such file or directory") KILLED,
          .code = "probe.liveness-failing", .object = "pod/shop/web", .phrase = "on cat /tmp/ok" },
        { "startup",
          POD("web", PROBED("startupProbe", HTTP("/", "8080"), ""),
              "'phase':'Running','conditions':[" NOT_READY
              "],'containerStatuses':[{'name':'c','ready':false,'started':false,'restartCount':0,'state':{'running':{'"
              "startedAt':'" DAY "11:59:00Z'}}}]"),
          FAILS("Startup", "HTTP probe failed with statuscode: 503"), .code = "probe.startup-failing",
          .object = "pod/shop/web", .phrase = "within 30s" },
        { "port that nobody declares", POD("web", PROBED("readinessProbe", HTTP("/", "8081"), PORTS("8080")), UNREADY),
          FAILS("Readiness", REFUSED), .code = "probe.wrong-port", .object = "pod/shop/web",
          .phrase = "port 8081, while container c listens on 8080" },
        { "port by the program's own word", POD("web", PROBED("readinessProbe", HTTP("/", "8081"), ""), UNREADY),
          FAILS("Readiness", REFUSED), .logs = "shop/web|c|Server listening on 0.0.0.0:9000\\n",
          .code = "probe.wrong-port", .object = "pod/shop/web", .phrase = "listens on 9000" },
        { "port by a name that is not there",
          POD("web", PROBED("readinessProbe", HTTP("/", "'http'"), PORTS("8080")), UNREADY),
          FAILS("Readiness", "couldn't find port: http"), .code = "probe.wrong-port", .object = "pod/shop/web",
          .phrase = "port http" },
        { "protocol", POD("web", PROBED("readinessProbe", HTTP("/", "8443"), ""), UNREADY),
          FAILS("Readiness", "Get \"https://10.0.0.1:8443/\": http: server gave HTTP response to HTTPS client"),
          .code = "probe.wrong-protocol", .object = "pod/shop/web",
          .phrase = "speaks HTTPS to port 8443, which serves HTTP" },
        { "too early",
          POD("web",
              PROBED("livenessProbe",
                     "{'tcpSocket':{'port':8080},'initialDelaySeconds':1,'periodSeconds':3,'failureThreshold':3}",
                     PORTS("8080")),
              KILLED_STATUS),
          FAILS("Liveness", "dial tcp 10.0.0.1:8080: connect: connection refused") KILLED,
          .logs = "shop/web|c|loading 4 GB of model\\n", .code = "probe.timing", .object = "pod/shop/web",
          .phrase = "its liveness probe allows 10s" },
        { "starved",
          POD("web", PROBED("livenessProbe", HTTP("/", "8080"), ",'resources':{'limits':{'cpu':'20m'}}"),
              KILLED_STATUS),
          FAILS("Liveness", "Get \"http://10.0.0.1:8080/\": context deadline exceeded (Client.Timeout exceeded while "
                            "awaiting headers)") KILLED,
          .logs = "shop/web|c|INFO 100 requests served\\nERROR slow\\n", .code = "perf.cpu-throttled",
          .object = "pod/shop/web", .phrase = "may use 20m" },
        { "the program says what it waits for",
          POD("web", PROBED("readinessProbe", HTTP("/ready", "8080"), ""),
              UNREADY) "," OBJECT("Service", META("cart"), "'selector':{'app':'cart'},'ports':[{'port':80}]", ""),
          FAILS("Readiness", "HTTP probe failed with statuscode: 503"),
          .logs = "shop/web|c|ERROR dial tcp cart:80: connect: connection refused\\n", .scope = "pod/shop/web",
          .code = "app.dependency-down", .object = "pod/shop/web", .phrase = "because shop/cart is down" },
    };
    case_expect(cases, COUNT(cases));
}

#define CHECKED(delay)                                                                                                 \
    PROBED("livenessProbe",                                                                                            \
           "{'tcpSocket':{'port':8080},'initialDelaySeconds':" delay ",'periodSeconds':3,'failureThreshold':3}",       \
           PORTS("8080"))
#define IS_REFUSED FAILS("Liveness", "dial tcp 10.0.0.1:8080: connect: connection refused")
/* Lived from 11:58:40 to 11:59:30. */
#define LIVED_LONG                                                                                                     \
    "'phase':'Running','conditions':[" NOT_READY                                                                       \
    "],'containerStatuses':[{'name':'c','ready':false,'restartCount':4,'state':{'running':{'startedAt':'" DAY          \
    "11:59:31Z'}},'lastState':{'terminated':{'exitCode':137,'reason':'Error','startedAt':'" DAY                        \
    "11:58:40Z','finishedAt':'" DAY "11:59:30Z'}}}]"

/* Refused and killed in time: a start that is too slow, or a program that was up and hangs. */
static void a_start_that_is_too_slow_is_told_from_a_hang(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "short patience and no word", POD("web", CHECKED("1"), KILLED_STATUS), IS_REFUSED KILLED,
          .code = "probe.timing", .object = "pod/shop/web" },
        { "it said that it was up", POD("web", CHECKED("1"), KILLED_STATUS), IS_REFUSED KILLED,
          .logs = "shop/web|c|previous|Server listening on :8080\\n", .code = "probe.liveness-failing",
          .object = "pod/shop/web", .phrase = "connection refused" },
        { "killed long after the check would have", POD("web", CHECKED("1"), LIVED_LONG),
          IS_REFUSED "\nNormal|pod/shop/web|Killing|Container c failed liveness probe, will be restarted|4|50|c",
          .code = "probe.liveness-failing", .object = "pod/shop/web" },
        { "much patience and no word of a start", POD("web", CHECKED("60"), LIVED_LONG), IS_REFUSED KILLED,
          .logs = "shop/web|c|previous|INFO worker 1\\n", .code = "probe.liveness-failing", .object = "pod/shop/web" },
        { "much patience and a start that goes on", POD("web", CHECKED("60"), LIVED_LONG), IS_REFUSED KILLED,
          .logs = "shop/web|c|previous|INFO loading segment 7 of 90\\n", .code = "probe.timing",
          .object = "pod/shop/web" },
    };
    case_expect(cases, COUNT(cases));
}

static void what_waiting_cannot_change_is_told_at_once(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "the program answers that there is no such path",
          POD("web", PROBED("readinessProbe", HTTP("/ready", "8080"), ""), JUST_UP),
          .events =
              "Warning|pod/shop/web|Unhealthy|Readiness probe failed: HTTP probe failed with statuscode: 404|1|1|c",
          .code = "probe.readiness-failing", .object = "pod/shop/web", .phrase = "statuscode: 404" },
        { "the program says where it listens",
          POD("web", PROBED("readinessProbe", HTTP("/ready", "9090"), ""), JUST_UP),
          .events = "Warning|pod/shop/web|Unhealthy|Readiness probe failed: dial tcp 10.0.0.1:9090: connect: "
                    "connection refused|1|1|c",
          .logs = "shop/web|c|listening on :8080\\n", .code = "probe.wrong-port", .object = "pod/shop/web",
          .phrase = "listens on 8080" },
        { "liveness on another port, before anything is killed",
          POD("web", PROBED("livenessProbe", HTTP("/", "8081"), ""), RUNNING),
          "Warning|pod/shop/web|Unhealthy|Liveness probe failed: dial tcp 10.0.0.1:8081: connect: connection "
          "refused|2|1|c",
          .logs = "shop/web|c|listening on :8080\\n", .code = "probe.wrong-port", .object = "pod/shop/web",
          .phrase = "listens on 8080" },
        { "a check that cannot be run",
          POD("web", PROBED("livenessProbe", "{'exec':{'command':['curl','localhost']}}", ""), RUNNING),
          "Warning|pod/shop/web|Unhealthy|Liveness probe errored and resulted in unknown state: rpc error: exec: "
          "\"curl\": executable file not found in $PATH|5|1|c",
          .code = "probe.liveness-failing", .object = "pod/shop/web", .phrase = "curl localhost" },
    };
    case_expect(cases, COUNT(cases));
}

static void start_up_noise_is_no_fault(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "refused while it starts",
          POD("web", PROBED("readinessProbe", HTTP("/", "8080"), PORTS("8080")),
              "'phase':'Running','conditions':[" NOT_READY
              "],'containerStatuses':[{'name':'c','ready':false,'restartCount':0,'state':{'running':{'startedAt':'" DAY
              "11:59:55Z'}}}]"),
          "Warning|pod/shop/web|Unhealthy|Readiness probe failed: dial tcp 10.0.0.1:8080: connect: connection "
          "refused|1|2|c",
          .scope = "pod/shop/web" },
        { "failed before it was ready", POD("web", PROBED("readinessProbe", HTTP("/", "8080"), PORTS("8080")), RUNNING),
          "Warning|pod/shop/web|Unhealthy|Readiness probe failed: dial tcp 10.0.0.1:8080: connect: connection "
          "refused|1|597|c",
          .scope = "pod/shop/web" },
        { "a start within its budget",
          POD("web", PROBED("startupProbe", HTTP("/", "8080"), ""),
              "'phase':'Running','conditions':[" NOT_READY
              "],'containerStatuses':[{'name':'c','ready':false,'started':false,'restartCount':0,'state':{'running':{'"
              "startedAt':'" DAY "11:59:40Z'}}}]"),
          "Warning|pod/shop/web|Unhealthy|Startup probe failed: dial tcp 10.0.0.1:8080: connect: connection refused|"
          "9|1|c",
          .scope = "pod/shop/web" },
        { "a second port that is opened later", POD("web", PROBED("livenessProbe", HTTP("/", "9090"), ""), RUNNING),
          "Warning|pod/shop/web|Unhealthy|Liveness probe failed: dial tcp 10.0.0.1:9090: connect: connection refused|"
          "2|3|c",
          .logs = "shop/web|c|listening on :8080\\nadmin listening on :9090\\n", .scope = "pod/shop/web" },
        { "one failed liveness check", POD("web", PROBED("livenessProbe", HTTP("/", "8080"), PORTS("8080")), RUNNING),
          "Warning|pod/shop/web|Unhealthy|Liveness probe failed: HTTP probe failed with statuscode: 500|1|2|c",
          .scope = "pod/shop/web" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena a = { 0 };
        struct wire_verdict v;
        case_verdict(&cases[i], &a, &v);
        if (v.outcome == VERDICT_FAULT)
            fail_msg("%s: %s", cases[i].name, v.roots[0].statement);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_containers_that_their_probes_call_bad),
        cmocka_unit_test(a_start_that_is_too_slow_is_told_from_a_hang),
        cmocka_unit_test(what_waiting_cannot_change_is_told_at_once),
        cmocka_unit_test(start_up_noise_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
