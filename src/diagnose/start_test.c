/* Configuration and start. */
#include "diagnose/case_test.h"

#define ENV_KEY(kind, name, key)                                                                                       \
    "'nodeName':'n1','containers':[{'name':'c','image':'app:1','env':[{'name':'K','valueFrom':{'" kind                 \
    "':{'name':'" name "','key':'" key "'}}}]}]"
#define VOLUME(what)                                                                                                   \
    "'nodeName':'n1','volumes':[{'name':'v'," what                                                                     \
    "}],'containers':[{'name':'c','image':'app:1','volumeMounts':[{'name':'v','mountPath':'/conf'}]}]"
#define CONFIG(message) WAITING("CreateContainerConfigError", message)
#define CREATING        WAITING("ContainerCreating", "")
#define MAP(name, keys) "{'kind':'ConfigMap'," META(name) ",'keys':[" keys "]}"

static void configuration_that_is_not_there(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "map", POD("web", ONE_CONTAINER, CONFIG("configmap \\u0022settings\\u0022 not found")) "," MAP("setting", ""),
          .absent = "configmap/shop/settings", .code = "config.configmap-missing", .object = "configmap/shop/settings",
          .phrase = "nearest is setting" },
        { "secret", POD("web", ONE_CONTAINER, CONFIG("secret \\u0022db\\u0022 not found")),
          .code = "config.secret-missing", .object = "secret/shop/db" },
        { "key, with the nearest",
          POD("web", ENV_KEY("configMapKeyRef", "settings", "DB_URL"),
              CONFIG("couldn\\u0027t find key DB_URL in ConfigMap shop/settings")) "," MAP("settings",
                                                                                           "'DB_URI','LOG'"),
          .code = "config.key-missing", .object = "configmap/shop/settings",
          .phrase = "has no key DB_URL, nearest is DB_URI" },
        { "key of a Secret", POD("web", ONE_CONTAINER, CONFIG("couldn\\u0027t find key password in Secret shop/db")),
          .code = "config.key-missing", .object = "secret/shop/db", .phrase = "Secret shop/db has no key password" },
        { "volume of a map", POD("web", VOLUME("'configMap':{'name':'settings'}"), CREATING),
          .events = "Warning|pod/shop/web|FailedMount|MountVolume.SetUp failed for volume \"v\" : configmap "
                    "\"settings\" not found",
          .code = "config.configmap-missing", .object = "configmap/shop/settings" },
        { "volume of a Secret, before any event", POD("web", VOLUME("'secret':{'secretName':'tls'}"), CREATING),
          .absent = "secret/shop/tls", .code = "config.secret-missing", .object = "secret/shop/tls" },
        { "key of a volume",
          POD("web", VOLUME("'configMap':{'name':'settings','items':[{'key':'app.yml','path':'app.yml'}]}"),
              CREATING) "," MAP("settings", "'app.yaml'"),
          .events = "Warning|pod/shop/web|FailedMount|MountVolume.SetUp failed for volume \"v\" : references "
                    "non-existent config key: app.yml",
          .code = "config.key-missing", .object = "configmap/shop/settings",
          .phrase = "no key app.yml, nearest is app.yaml" },
        { "projected volume",
          POD("web", VOLUME("'projected':{'sources':[{'configMap':{'name':'settings'}}]}"), CREATING),
          .lists = "configmap/shop", .code = "config.configmap-missing", .object = "configmap/shop/settings" },
        { "all of a map as environment",
          POD("web", "'nodeName':'n1','containers':[{'name':'c','envFrom':[{'configMapRef':{'name':'settings'}}]}]",
              CONFIG("")),
          .lists = "configmap/shop", .code = "config.configmap-missing", .object = "configmap/shop/settings" },
        { "anything else", POD("web", ONE_CONTAINER, CONFIG("failed to sync configmap cache: timed out")),
          .code = "config.error", .object = "pod/shop/web", .phrase = "timed out" },
    };
    case_expect(cases, COUNT(cases));
}

#define START_ERROR(message) WAITING("RunContainerError", message)
#define EXIT(code)                                                                                                     \
    "'phase':'Running','conditions':[" NOT_READY                                                                       \
    "],'containerStatuses':[{'name':'c','ready':false,'restartCount':1,'state':" ENDED(code, "Error",                  \
                                                                                       "") ",'lastState':{}}]"
#define SANDBOX(message) .events = "Warning|pod/shop/web|FailedCreatePodSandBox|Failed to create pod sandbox: " message

#define FORMAT_ERROR(command) .logs = "shop/web|c|exec " command ": exec format error\\n"
#define MACHINE(name, kind)   NODE(name, "", "", "'nodeInfo':{'operatingSystem':'linux','architecture':'" kind "'}")
#define RUNS_ON(name, node)                                                                                            \
    POD(name, "'nodeName':'" node "','containers':[{'name':'c','image':'registry.example/app:1'}]", RUNNING)
#define SCRIPT_OF(volume)                                                                                              \
    POD("web",                                                                                                         \
        "'nodeName':'n1','volumes':[{'name':'s'," volume "}],'containers':[{'name':'c','image':'app:1','command':['/"  \
        "s/run'],'volumeMounts':[{'name':'s','mountPath':'/s'}]}]",                                                    \
        CRASHED("255", "Error"))

/* The same words are said of a wrong processor and of a script without its first line: what else there is decides, else both are told. */
static void a_format_that_cannot_be_executed(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "nothing decides", POD("web", ONE_CONTAINER, CRASHED("255", "Error")) "," MACHINE("n1", "amd64"),
          FORMAT_ERROR("/app/run.sh"), .code = "image.wrong-arch", .object = "pod/shop/web",
          .phrase = "is not built for linux/amd64, or /app/run.sh is a script without a #! line" },
        { "not even the node is known", POD("web", ONE_CONTAINER, CRASHED("255", "Error")), FORMAT_ERROR("/app/run"),
          .code = "image.wrong-arch", .object = "pod/shop/web",
          .phrase = "is not built for the processor of its node, or /app/run is a script" },
        { "the image runs on the same kind of processor",
          POD("web", ONE_CONTAINER,
              CRASHED("255", "Error")) "," MACHINE("n1", "amd64") "," MACHINE("n2", "amd64") "," RUNS_ON("good", "n2"),
          FORMAT_ERROR("/app/run"), .scope = "pod/shop/web", .code = "start.no-interpreter", .object = "pod/shop/web",
          .phrase = "runs /app/run, which is a script without a #! line or no program at all" },
        { "the image runs on another kind of processor",
          POD("web", ONE_CONTAINER,
              CRASHED("255", "Error")) "," MACHINE("n1", "arm64") "," MACHINE("n2", "amd64") "," RUNS_ON("good", "n2"),
          FORMAT_ERROR("/app/run"), .scope = "pod/shop/web", .code = "image.wrong-arch", .object = "pod/shop/web",
          .phrase = "is not built for linux/arm64" },
        { "a script of a ConfigMap", SCRIPT_OF("'configMap':{'name':'scripts'}") "," MACHINE("n1", "amd64"),
          FORMAT_ERROR("/s/run"), .code = "start.no-interpreter", .object = "pod/shop/web",
          .phrase = "or image app:1 is not built for linux/amd64" },
        { "a program of a volume", SCRIPT_OF("'emptyDir':{}") "," MACHINE("n1", "amd64"), FORMAT_ERROR("/s/run"),
          .code = "image.wrong-arch", .object = "pod/shop/web", .phrase = "or /s/run is a script" },
        { "a runtime that says it",
          POD("web", ONE_CONTAINER, START_ERROR("exec: \\u0022/app/run\\u0022: exec format error")),
          .code = "image.wrong-arch", .object = "pod/shop/web", .phrase = "or /app/run is a script" },
    };
    case_expect(cases, COUNT(cases));
}

/* What decides makes the sentence short and the verdict sure. */
static void what_decides_about_a_format_is_told_without_the_other(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "script", POD("web", ONE_CONTAINER, CRASHED("255", "Error")) "," RUNS_ON("good", "n1"),
          FORMAT_ERROR("/app/run"), .scope = "pod/shop/web" },
        { "processor",
          POD("web", ONE_CONTAINER,
              CRASHED("255", "Error")) "," MACHINE("n1", "arm64") "," MACHINE("n2", "amd64") "," RUNS_ON("good", "n2"),
          FORMAT_ERROR("/app/run"), .scope = "pod/shop/web" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena a = { 0 };
        struct wire_verdict v;
        case_verdict(&cases[i], &a, &v);
        assert_int_equal(v.n_roots, 1);
        assert_null(strstr(v.roots[0].statement, ", or "));
        assert_true(v.roots[0].confidence > 0.9);
        arena_fini(&a);
    }
}

static void containers_that_do_not_start(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "command",
          POD("web", ONE_CONTAINER,
              START_ERROR("exec: \\u0022/bin/serverd\\u0022: stat /bin/serverd: no such file or directory")),
          .code = "start.command-missing", .object = "pod/shop/web", .phrase = "runs /bin/serverd" },
        { "command not in the path",
          POD("web", ONE_CONTAINER, START_ERROR("exec: \\u0022serverd\\u0022: executable file not found in $PATH")),
          .code = "start.command-missing", .object = "pod/shop/web", .phrase = "runs serverd" },
        { "shell that does not find it", POD("web", ONE_CONTAINER, EXIT("127")),
          .logs = "shop/web|c|sh: serverd: not found\n", .code = "start.command-missing", .object = "pod/shop/web",
          .phrase = "runs serverd" },
        { "not executable", POD("web", ONE_CONTAINER, START_ERROR("exec: \\u0022/app/run\\u0022: permission denied")),
          .code = "start.permission-denied", .object = "pod/shop/web", .phrase = "execute /app/run" },
        { "not executable for its user",
          POD("web", "'securityContext':{'runAsUser':1000}," ONE_CONTAINER,
              START_ERROR("exec: \\u0022/app/run\\u0022: permission denied")),
          .code = "start.permission-denied", .object = "pod/shop/web", .phrase = "1000" },
        { "other architecture",
          POD("web", ONE_CONTAINER, START_ERROR("exec /app/run: exec format error")) "," NODE(
              "n1", "", "", "'nodeInfo':{'operatingSystem':'linux','architecture':'arm64'}"),
          .code = "image.wrong-arch", .object = "pod/shop/web", .phrase = "linux/arm64" },
        { "memory for the start alone",
          POD("web", "'nodeName':'n1','containers':[{'name':'c','resources':{'limits':{'memory':'4Mi'}}}]",
              START_ERROR("container init was OOM-killed (memory limit too low?)")),
          .code = "crash.oom", .object = "pod/shop/web", .phrase = "4Mi" },
        { "root", POD("web", ONE_CONTAINER, CONFIG("container has runAsNonRoot and image will run as root")),
          .code = "start.runasnonroot", .object = "pod/shop/web" },
        { "user by name",
          POD("web", ONE_CONTAINER,
              CONFIG(
                  "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root")),
          .code = "start.runasnonroot", .object = "pod/shop/web", .phrase = "non-numeric user (app)" },
        { "read-only", POD("web", ONE_CONTAINER, CRASHED("1", "Error")),
          .logs = "shop/web|c|OSError: [Errno 30] Read-only file system: '/var/cache/x'\n", .code = "start.readonly-fs",
          .object = "pod/shop/web", .phrase = "/var/cache/x" },
        { "hook", POD("web", ONE_CONTAINER, WAITING("PostStartHookError", "PostStartHook failed")),
          .events = "Warning|pod/shop/web|FailedPostStartHook|Exec lifecycle hook ([migrate]) failed: exit 1|2|10|c",
          .code = "start.hook", .object = "pod/shop/web", .phrase = "exit 1" },
        { "a command that a volume hides",
          POD("web",
              "'nodeName':'n1','volumes':[{'name':'v','emptyDir':{}}],'containers':[{'name':'c','image':'app:1','"
              "volumeMounts':[{'name':'v','mountPath':'/app'}]}]",
              WAITING("RunContainerError", "exec: \\u0022/app/run\\u0022: stat /app/run: no such file or directory")),
          .code = "start.command-missing", .object = "pod/shop/web", .phrase = "hidden by volume v mounted at /app" },
        { "an interpreter", POD("web", ONE_CONTAINER, CRASHED("255", "Error")),
          .logs = "shop/web|c|exec /srv/run: no such file or directory\\n", .code = "start.command-missing",
          .object = "pod/shop/web", .phrase = "the interpreter or loader of /srv/run" },
        { "a limit that not even the sandbox fits into",
          POD("web",
              "'nodeName':'n1','containers':[{'name':'c','image':'app:1','resources':{'limits':{'memory':'1Mi'}}}]",
              CREATING),
          SANDBOX("runc create failed: container init was OOM-killed (memory limit too low?)"), .code = "crash.oom",
          .object = "pod/shop/web", .phrase = "its limit of 1Mi" },
        { "a sandbox on a node that starts others meanwhile",
          POD("web", ONE_CONTAINER, CREATING) ",{'kind':'Pod'," META_NOW("other") ",'spec':{" ONE_CONTAINER
                                                                                  "},'status':{" RUNNING "}}",
          SANDBOX("plugin type=\"bandwidth\" failed (add): failed to setup network for sandbox"), .code = "start.cni",
          .object = "pod/shop/web" },
        { "network", POD("web", ONE_CONTAINER, CREATING),
          SANDBOX("rpc error: failed to setup network for sandbox: plugin type=\"bridge\" failed (add): no bridge"),
          .code = "start.cni", .object = "node//n1", .phrase = "network plugin" },
        { "addresses", POD("web", ONE_CONTAINER, CREATING),
          SANDBOX("failed to allocate for range 0: no IP addresses available in range set"), .code = "start.cni",
          .object = "node//n1", .phrase = "no IP addresses available" },
        { "runtime class", POD("web", "'runtimeClassName':'gvisor'," ONE_CONTAINER, CREATING),
          SANDBOX("no runtime for \"runsc\" is configured"), .code = "start.runtimeclass", .object = "pod/shop/web",
          .phrase = "RuntimeClass gvisor" },
        { "sandbox image", POD("web", ONE_CONTAINER, CREATING),
          SANDBOX("failed to get sandbox image \"pause:3.9\": not found"), .code = "start.sandbox",
          .object = "node//n1" },
    };
    case_expect(cases, COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configuration_that_is_not_there),
        cmocka_unit_test(a_format_that_cannot_be_executed),
        cmocka_unit_test(what_decides_about_a_format_is_told_without_the_other),
        cmocka_unit_test(containers_that_do_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
