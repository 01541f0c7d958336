/* What the simulated cluster does, sentence by sentence, against what a real one was seen to do. */
#include "sim/stage_test.h"

#define WAITING "status.containerStatuses.0.state.waiting"
#define ENDED   "status.containerStatuses.0.state.terminated"
#define LAST    "status.containerStatuses.0.lastState.terminated"

static void three_nodes(void)
{
    say("cluster stage: 3 nodes");
    pass(100);
}

/* ---- what works ---- */

static void a_healthy_deployment_comes_up_in_half_a_second(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/web: 2 replicas, image registry.local/app:1");
    say("service shop/web -> web:8080");
    pass(1000);
    assert_int_equal(count_of(KIND_POD, "web-"), 2);
    must_be(KIND_DEPLOYMENT, "web", "status.readyReplicas", "2");
    must_be(KIND_DEPLOYMENT, "web", "status.conditions.0.status", "True");
    must_be(KIND_DEPLOYMENT, "web", "status.conditions.1.reason", "NewReplicaSetAvailable");
    must_be(KIND_REPLICA_SET, "web-", "status.availableReplicas", "2");
    must_be(KIND_REPLICA_SET, "web-", "metadata.ownerReferences.0.kind", "Deployment");
    must_be(KIND_POD, "web-", "metadata.ownerReferences.0.kind", "ReplicaSet");
    must_be(KIND_POD, "web-", "status.phase", "Running");
    must_be(KIND_POD, "web-", "status.containerStatuses.0.ready", "true");
    must_be(KIND_ENDPOINT_SLICE, "web-", "endpoints.1.conditions.ready", "true");
    must_hear("ScalingReplicaSet", "web", "Scaled up replica set web-");
    must_hear("SuccessfulCreate", "web-", "Created pod: web-");
    must_hear("Scheduled", "web-", "Successfully assigned shop/web-");
    must_hear("Pulling", "web-", "Pulling image \"registry.local/app:1\"");
    must_hear("Pulled", "web-", "Successfully pulled image");
    must_hear("Created", "web-", "Container created");
    must_hear("Started", "web-", "Container started");
}

static void the_newer_and_the_older_form_of_events_differ_as_they_do(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/web:");
    pass(1000);
    AUTO_JSON struct json_doc *scheduled = event_of("Scheduled", "web-", ""),
                              *started = event_of("Started", "web-", "");
    assert_true(json_is_null(json_get(json_root(scheduled), "firstTimestamp")));
    assert_null(json_get(json_root(scheduled), "count"));
    assert_int_equal(json_count(json_get(json_root(scheduled), "source")), 0);
    assert_string_equal(json_get_str(json_root(scheduled), "action"), "Binding");
    assert_string_equal(json_get_str(json_root(scheduled), "reportingComponent"), "default-scheduler");
    assert_int_equal(strlen(json_get_str(json_root(scheduled), "eventTime")), strlen("2026-11-22T21:19:46.435316Z"));
    assert_int_equal(json_get_int(json_root(started), "count", 0), 1);
    assert_true(json_is_null(json_get(json_root(started), "eventTime")));
    assert_string_equal(json_at_str(json_root(started), "source.component"), "kubelet");
    assert_string_equal(json_at_str(json_root(started), "involvedObject.fieldPath"), "spec.containers{web}");
}

static void a_new_version_is_rolled_out_without_a_gap(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/web: 4 replicas, image registry.local/app:1");
    pass(1000);
    say("deployment shop/web: image registry.local/app:2");
    for (int i = 0; i < 100; i++) {
        pass(50);
        AUTO_JSON struct json_doc *doc = see(KIND_DEPLOYMENT, "web");
        assert_true(json_int(json_at(json_root(doc), "status.availableReplicas"), 0) >= 3);
    }
    assert_int_equal(count_of(KIND_REPLICA_SET, "web-"), 2);
    assert_int_equal(count_of(KIND_POD, "web-"), 4);
    must_be(KIND_POD, "web-", "spec.containers.0.image", "registry.local/app:2");
    must_hear("ScalingReplicaSet", "web", "Scaled down replica set web-");
    must_hear("Killing", "web-", "Stopping container web");
    must_be(KIND_DEPLOYMENT, "web", "metadata.annotations", "{\"deployment.kubernetes.io/revision\":\"2\"}");
}

static void a_broken_version_leaves_the_old_one_serving_and_can_be_rolled_back(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/web: 4 replicas, image registry.local/app:1");
    pass(1000);
    say("deployment shop/web: image registry.local/app:2, which the registry lacks");
    pass(60000);
    must_be(KIND_DEPLOYMENT, "web", "status.availableReplicas", "3");
    say("deployment shop/web: image registry.local/app:1");
    pass(2000);
    must_be(KIND_DEPLOYMENT, "web", "status.availableReplicas", "4");
    assert_int_equal(count_of(KIND_POD, "web-"), 4);
    assert_int_equal(count_of(KIND_REPLICA_SET, "web-"), 2);
}

static void scaling_and_deleting_leave_nothing_behind(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/web: 5 replicas");
    pass(1000);
    say("deployment shop/web: scales to 1");
    pass(1000);
    assert_int_equal(count_of(KIND_POD, "web-"), 1);
    say("deployment shop/web: is deleted");
    pass(1000);
    assert_int_equal(count_of(KIND_POD, "web-"), 0);
    assert_int_equal(count_of(KIND_REPLICA_SET, "web-"), 0);
    assert_int_equal(count_of(KIND_DEPLOYMENT, "web"), 0);
    assert_null(stage.world->pods);
    assert_null(stage.world->replica_sets);
    assert_null(stage.world->workloads);
}

static void stateful_sets_start_in_order_and_daemon_sets_on_every_node(void **state)
{
    (void)state;
    three_nodes();
    say("statefulset shop/db: 3 replicas, readiness probe /ready port 5432, readiness fails with status 503");
    say("daemonset kube-system/proxy: image registry.local/proxy:1");
    pass(5000);
    assert_int_equal(count_of(KIND_POD, "db-"), 1);
    assert_int_equal(count_of(KIND_POD, "proxy-"), 3);
    must_be(KIND_DAEMON_SET, "proxy", "status.numberReady", "3");
    say("statefulset shop/db: recovers");
    pass(20000);
    assert_int_equal(count_of(KIND_POD, "db-"), 3);
    must_be(KIND_STATEFUL_SET, "db", "status.readyReplicas", "3");
}

/* ---- what crashes ---- */

static void a_crash_loop_shows_what_a_kubelet_shows(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/payments: crashes with exit 3 after 500ms saying \"FATAL no database\"");
    pass(1300); /* ended once */
    must_be(KIND_POD, "payments-", ENDED ".exitCode", "3");
    must_be(KIND_POD, "payments-", "status.containerStatuses.0.restartCount", "0");
    pass(1000); /* started again at once, and ended again */
    must_be(KIND_POD, "payments-", "status.containerStatuses.0.restartCount", "1");
    pass(1200);
    must_be(KIND_POD, "payments-", WAITING ".reason", "CrashLoopBackOff"); /* of the first pause */
    must_be(KIND_POD, "payments-", LAST ".reason", "Error");
    must_hear("BackOff", "payments-", "Back-off restarting failed container payments in pod payments-");
    pass(11000); /* the second pause is on: no longer shown waiting */
    must_be(KIND_POD, "payments-", "status.containerStatuses.0.restartCount", "2");
    must_be(KIND_POD, "payments-", WAITING, NULL);
    must_be(KIND_POD, "payments-", ENDED ".reason", "Error");
    must_be(KIND_POD, "payments-", "status.phase", "Running");
    must_be(KIND_DEPLOYMENT, "payments", "status.conditions.0.status", "False");
    pass(600000);
    assert_true(times_said("BackOff", "payments-", "") > 20);
}

static void a_crash_loop_ends_when_its_cause_is_gone(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/payments: crashes with exit 3 after 100ms");
    pass(60000);
    say("deployment shop/payments: recovers");
    pass(1000);
    must_be(KIND_POD, "payments-", "status.containerStatuses.0.ready", "true");
    must_be(KIND_DEPLOYMENT, "payments", "status.readyReplicas", "1");
}

static void out_of_memory_is_137_and_oomkilled(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/reports: limit memory 32Mi, runs out of memory after 200ms");
    pass(3000);
    must_be(KIND_POD, "reports-", LAST ".exitCode", "137");
    must_be(KIND_POD, "reports-", LAST ".reason", "OOMKilled");
    must_be(KIND_POD, "reports-", "spec.containers.0.resources.limits.memory", "32Mi");
}

static void a_command_that_is_not_there_is_a_start_error(void **state)
{
    (void)state;
    three_nodes();
    say("pod shop/typo: has no command /usr/bin/serverd");
    pass(600);
    must_be(KIND_POD, "typo", WAITING ".reason", "RunContainerError");
    must_be(KIND_POD, "typo", LAST ".exitCode", "128");
    must_be(KIND_POD, "typo", LAST ".reason", "StartError");
    must_be(KIND_POD, "typo", LAST ".startedAt", "1970-01-01T00:00:00Z");
    must_be(KIND_POD, "typo", "status.phase", "Running");
    must_hear("Failed", "typo", "exec: \"/usr/bin/serverd\": stat /usr/bin/serverd: no such file or directory");
    say("pod shop/locked: may not execute /app/run");
    pass(600);
    must_hear("Failed", "locked", "exec: \"/app/run\": permission denied");
}

static void an_init_container_that_fails_keeps_the_others_waiting(void **state)
{
    (void)state;
    three_nodes();
    say("pod shop/gateway: init container wait-for-db, crashes with exit 1 saying \"no such host\"");
    pass(4000);
    must_be(KIND_POD, "gateway", "status.phase", "Pending");
    must_be(KIND_POD, "gateway", "status.containerStatuses.0.state.waiting.reason", "PodInitializing");
    must_be(KIND_POD, "gateway", "status.conditions.1.message", "containers with incomplete status: [wait-for-db]");
    AUTO_JSON struct json_doc *said = event_of("BackOff", "gateway", "");
    assert_string_equal(json_at_str(json_root(said), "involvedObject.fieldPath"), "spec.initContainers{wait-for-db}");
    say("pod shop/gateway: recovers");
    pass(2000);
    must_be(KIND_POD, "gateway", "status.phase", "Running");
}

static void init_containers_run_before_the_others(void **state)
{
    (void)state;
    three_nodes();
    say("pod shop/gateway: init container one, ends after 1s, init container two, ends after 1s");
    pass(1500);
    must_be(KIND_POD, "gateway", "status.phase", "Pending");
    pass(2500);
    must_be(KIND_POD, "gateway", "status.phase", "Running");
    must_be(KIND_POD, "gateway", "status.initContainerStatuses.1.state.terminated.reason", "Completed");
}

/* ---- what does not start ---- */

static void an_image_that_is_not_there_alternates_between_two_reasons(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/frontend: image registry.local/team/app:v2.5.0-typo, which the registry lacks");
    pass(400);
    must_be(KIND_POD, "frontend-", WAITING ".reason", "ErrImagePull");
    must_be(KIND_POD, "frontend-", WAITING ".message",
            "rpc error: code = NotFound desc = failed to pull and unpack image "
            "\"registry.local/team/app:v2.5.0-typo\": failed to resolve image: "
            "registry.local/team/app:v2.5.0-typo: not found");
    pass(1000);
    must_be(KIND_POD, "frontend-", WAITING ".reason", "ImagePullBackOff");
    AUTO_JSON struct json_doc *back_off =
        event_of("BackOff", "frontend-", "Back-off pulling image \"registry.local/team/app:v2.5.0-typo\"");
    assert_string_equal(json_get_str(json_root(back_off), "type"), "Normal");
    must_hear("Failed", "frontend-", "Error: ErrImagePull");
    must_hear("Failed", "frontend-", "Error: ImagePullBackOff");
    pass(120000);
    assert_true(times_said("Pulling", "frontend-", "") >= 3);
    say("deployment shop/frontend: recovers");
    pass(1000);
    must_be(KIND_POD, "frontend-", "status.containerStatuses.0.ready", "true");
}

static void each_registry_fails_in_its_own_words(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "which the registry refuses", "authorization failed: no basic auth credentials" },
        { "whose registry has no address", "dial tcp: lookup registry.local on 10.96.0.10:53: no such host" },
        { "whose registry does not answer", "i/o timeout" },
        { "whose registry limits pulls", "429 Too Many Requests" },
        { "which is built for another platform", "no match for platform in manifest" },
    };
    three_nodes();
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO_FREE char *name = str_printf("case-%zu", i),
                       *sentence = str_printf("pod shop/case-%zu: image registry.local/x:1, %s", i, cases[i][0]);
        say(sentence);
        pass(400);
        must_hear("Failed", name, cases[i][1]);
    }
    say("pod shop/odd: image registry.local/Team/APP:1");
    say("pod shop/never: image registry.local/absent:9, which is never pulled");
    pass(400);
    must_be(KIND_POD, "odd", WAITING ".reason", "InvalidImageName");
    must_hear("InspectFailed", "odd", "repository name (Team/APP) must be lowercase");
    must_be(KIND_POD, "never", WAITING ".reason", "ErrImageNeverPull");
    must_be(KIND_POD, "never", "spec.containers.0.imagePullPolicy", "Never");
}

static void what_is_not_configured_is_named_and_taken_up_once_it_is_there(void **state)
{
    (void)state;
    three_nodes();
    say("configmap shop/cart-config has LOG_LEVEL=info");
    say("pod shop/cart: needs key DB_URL of configmap cart-config");
    say("pod shop/auth: needs secret auth-secret");
    say("pod shop/mounts: mounts configmap not-there");
    pass(1000);
    must_be(KIND_POD, "cart", WAITING ".reason", "CreateContainerConfigError");
    must_be(KIND_POD, "cart", WAITING ".message", "couldn't find key DB_URL in ConfigMap shop/cart-config");
    must_be(KIND_POD, "auth", WAITING ".message", "secret \"auth-secret\" not found");
    must_be(KIND_POD, "mounts", WAITING ".reason", "ContainerCreating");
    must_hear("FailedMount", "mounts",
              "MountVolume.SetUp failed for volume \"not-there\" : configmap \"not-there\" not found");
    say("configmap shop/cart-config has DB_URL=postgres://db");
    say("secret shop/auth-secret has TOKEN=x");
    say("configmap shop/not-there:");
    pass(15000);
    must_be(KIND_POD, "cart", "status.phase", "Running");
    must_be(KIND_POD, "auth", "status.phase", "Running");
    must_be(KIND_POD, "mounts", "status.phase", "Running");
}

static void root_where_none_is_wanted_is_refused_by_the_kubelet(void **state)
{
    (void)state;
    three_nodes();
    say("pod shop/rootless: must not run as root");
    pass(1000);
    must_be(KIND_POD, "rootless", WAITING ".reason", "CreateContainerConfigError");
    must_hear("Failed", "rootless",
              "Error: container has runAsNonRoot and image will run as root (pod: \"rootless_shop(");
}

/* ---- what finds no place ---- */

static void the_scheduler_gives_its_reasons_in_its_words(void **state)
{
    (void)state;
    three_nodes();
    say("node node-3: taint dedicated=batch:NoSchedule");
    say("pod shop/too-big: requests cpu 64, requests memory 512Gi");
    say("pod shop/wants-gpu: runs on nodes with accelerator=h100");
    say("pod shop/wants-extended: requests example.com/gpu");
    pass(100);
    must_be(KIND_POD, "too-big", "status.conditions.0.message",
            "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu, 2 Insufficient memory. "
            "no new claims to deallocate, preemption: 0/3 nodes "
            "are available: 3 Preemption is not helpful for scheduling.");
    must_be(KIND_POD, "too-big", "status.conditions.0.reason", "Unschedulable");
    must_be(KIND_POD, "wants-gpu", "status.conditions.0.message",
            "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't match Pod's node "
            "affinity/selector. no new claims to deallocate, preemption: "
            "0/3 nodes are available: 3 Preemption is not helpful for scheduling.");
    must_hear("FailedScheduling", "wants-extended", "2 Insufficient example.com/gpu");
    must_be(KIND_POD, "too-big", "status.phase", "Pending");
    must_be(KIND_POD, "too-big", "spec.nodeName", NULL);
}

static void full_nodes_have_no_victims_and_a_place_that_opens_is_taken(void **state)
{
    (void)state;
    say("cluster stage: 1 node");
    say("deployment shop/big: 2 replicas, requests cpu 3");
    pass(1000);
    must_hear("FailedScheduling", "big-",
              "1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption "
              "victims found for incoming pod.");
    say("node node-2:");
    pass(1000);
    must_be(KIND_DEPLOYMENT, "big", "status.readyReplicas", "2");
}

static void cordons_anti_affinity_and_host_ports_keep_pods_out(void **state)
{
    (void)state;
    say("cluster stage: 2 nodes");
    say("deployment shop/spread: 3 replicas, one on each node");
    say("deployment shop/edge: 3 replicas, host port 443");
    pass(1000);
    must_hear("FailedScheduling", "spread-", "2 node(s) didn't match pod anti-affinity rules");
    must_hear("FailedScheduling", "edge-", "2 node(s) didn't have free ports for the requested pod ports");
    say("node node-1 is cordoned");
    say("node node-2 is cordoned");
    say("pod shop/late:");
    pass(100);
    must_hear("FailedScheduling", "late", "0/2 nodes are available: 2 node(s) were unschedulable.");
    must_be(KIND_NODE, "node-1", "spec.unschedulable", "true");
    say("node node-2 is uncordoned");
    pass(1000);
    must_be(KIND_POD, "late", "status.phase", "Running");
}

static void a_node_name_that_is_nobodys_leaves_a_pod_without_a_word(void **state)
{
    (void)state;
    three_nodes();
    say("pod shop/lost: bound to node node-9");
    pass(60000);
    must_be(KIND_POD, "lost", "spec.nodeName", "node-9");
    must_be(KIND_POD, "lost", "status.conditions", NULL);
    must_not_hear("Scheduled", "lost");
    must_not_hear("FailedScheduling", "lost");
}

static void claims_are_bound_or_the_controller_says_why_not(void **state)
{
    (void)state;
    three_nodes();
    say("claim shop/data:");
    say("claim shop/data-fast: class fast-ssd");
    say("storageclass standard:");
    say("claim shop/good: class standard, of 2Gi");
    say("pod shop/database: mounts claim data");
    say("pod shop/absent: mounts claim nope");
    say("pod shop/works: mounts claim good");
    pass(2000);
    must_hear("FailedBinding", "data", "no persistent volumes available for this claim and no storage class is set");
    must_hear("ProvisioningFailed", "data-fast", "storageclass.storage.k8s.io \"fast-ssd\" not found");
    must_be(KIND_CLAIM, "good", "status.phase", "Bound");
    must_be(KIND_POD, "database", "status.conditions.0.message",
            "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found");
    must_hear("FailedScheduling", "absent", "persistentvolumeclaim \"nope\" not found");
    must_be(KIND_POD, "works", "status.phase", "Running");
    say("volume pv-1: of 1Gi");
    pass(1000);
    must_be(KIND_CLAIM, "data", "status.phase", "Bound");
    must_be(KIND_POD, "database", "status.phase", "Running");
}

/* ---- what is not admitted ---- */

static void admission_refuses_in_the_api_servers_words(void **state)
{
    (void)state;
    three_nodes();
    say("quota a/small: pods 1, cpu 100m");
    say("deployment a/workers: 3 replicas, requests cpu 60m");
    say("limits b/most: memory at most 256Mi");
    say("deployment b/large: limit memory 1Gi");
    say("deployment c/builder: service account builder");
    say("namespace d enforces baseline");
    say("deployment d/root: privileged");
    say("webhook policy.example.com denies pods of e saying \"images must be signed\"");
    say("deployment e/unsigned:");
    say("webhook gone.example.com cannot be reached for pods of f");
    say("deployment f/any:");
    pass(3000);
    must_hear("FailedCreate", "workers-",
              "is forbidden: exceeded quota: small, requested: pods=1,requests.cpu=60m, used: pods=1,requests.cpu=60m, "
              "limited: pods=1,requests.cpu=100m");
    must_be(KIND_QUOTA, "small", "status.used.pods", "1");
    must_be(KIND_DEPLOYMENT, "workers", "status.conditions.1.type", "ReplicaFailure");
    must_hear("FailedCreate", "large-", "maximum memory usage per Container is 256Mi, but limit is 1Gi");
    must_hear("FailedCreate", "builder-",
              "error looking up service account c/builder: serviceaccount \"builder\" not found");
    must_hear("FailedCreate", "root-",
              "violates PodSecurity \"baseline:latest\": privileged (container \"root\" must not set "
              "securityContext.privileged=true)");
    must_hear("FailedCreate", "unsigned-",
              "admission webhook \"policy.example.com\" denied the request: images must be signed");
    must_hear("FailedCreate", "any-", "failed calling webhook \"gone.example.com\"");
    say("serviceaccount c/builder:");
    pass(31000);
    must_be(KIND_DEPLOYMENT, "builder", "status.readyReplicas", "1");
}

static void many_refusals_are_combined_into_one_event(void **state)
{
    (void)state;
    three_nodes();
    say("quota a/small: pods 0");
    say("deployment a/workers:");
    pass(600000);
    must_hear("FailedCreate", "workers-", "(combined from similar events): Error creating: pods \"workers-");
    AUTO_JSON struct json_doc *doc = event_of("FailedCreate", "workers-", "(combined");
    assert_string_equal(json_get_str(json_root(doc), "reportingComponent"), "");
    assert_true(json_get_int(json_root(doc), "count", 0) > 5);
}

/* ---- probes ---- */

static void a_failing_liveness_probe_kills_and_restarts(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/inventory: liveness fails after 3s with status 500");
    pass(12000);
    must_hear("Unhealthy", "inventory-", "Liveness probe failed: HTTP probe failed with statuscode: 500");
    must_hear("Killing", "inventory-", "Container inventory failed liveness probe, will be restarted");
    must_be(KIND_POD, "inventory-", "status.containerStatuses.0.restartCount", "1");
    must_be(KIND_POD, "inventory-", LAST ".exitCode", "137");
    pass(120000);
    assert_true(times_said("Killing", "inventory-", "") >= 4);
}

static void a_failing_readiness_probe_keeps_a_pod_out_of_its_service(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/search: readiness fails with status 404, progress deadline 20s");
    say("service shop/search -> search:8080");
    pass(25000);
    must_be(KIND_POD, "search-", "status.containerStatuses.0.ready", "false");
    must_be(KIND_POD, "search-", "status.containerStatuses.0.started", "true");
    must_be(KIND_ENDPOINT_SLICE, "search-", "endpoints.0.conditions.ready", "false");
    must_be(KIND_DEPLOYMENT, "search", "status.conditions.1.reason", "ProgressDeadlineExceeded");
    assert_true(times_said("Unhealthy", "search-", "Readiness probe failed") >= 10);
    say("deployment shop/search: recovers");
    pass(3000);
    must_be(KIND_ENDPOINT_SLICE, "search-", "endpoints.0.conditions.ready", "true");
}

static void a_probe_of_the_wrong_port_is_refused(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/api: readiness asks port 9090 but it listens on 8080");
    pass(2000);
    must_hear("Unhealthy", "api-", ":9090: connect: connection refused");
    must_be(KIND_POD, "api-", "spec.containers.0.ports.0.containerPort", "8080");
    must_be(KIND_POD, "api-", "spec.containers.0.readinessProbe.httpGet.port", "9090");
}

/* ---- jobs ---- */

static void a_job_fails_after_its_tries_and_one_beyond_its_deadline(void **state)
{
    (void)state;
    three_nodes();
    say("job shop/migrate: backoff limit 2, crashes with exit 1 saying \"relation exists\"");
    say("job shop/slow-export: deadline 15s");
    say("job shop/good: ends after 1s");
    pass(60000);
    must_be(KIND_JOB, "migrate", "status.failed", "3");
    must_be(KIND_JOB, "migrate", "status.conditions.1.type", "Failed");
    must_be(KIND_JOB, "migrate", "status.conditions.1.reason", "BackoffLimitExceeded");
    must_hear("BackoffLimitExceeded", "migrate", "Job has reached the specified backoff limit");
    assert_int_equal(count_of(KIND_POD, "migrate-"), 3);
    must_be(KIND_POD, "migrate-", "status.phase", "Failed");
    must_hear("DeadlineExceeded", "slow-export", "Job was active longer than specified deadline");
    assert_int_equal(count_of(KIND_POD, "slow-export-"), 0);
    must_be(KIND_JOB, "good", "status.succeeded", "1");
    must_hear("Completed", "good", "Job completed");
}

static void a_cron_job_makes_jobs_and_keeps_few_of_them(void **state)
{
    (void)state;
    three_nodes();
    say("cronjob shop/nightly: every 1m, backoff limit 0, crashes with exit 1 saying \"backup target not mounted\"");
    pass(10 * 60000);
    must_hear("SuccessfulCreate", "nightly", "Created job nightly-");
    must_hear("SawCompletedJob", "nightly", "condition: Failed");
    must_hear("SuccessfulDelete", "nightly", "Deleted job nightly-");
    assert_in_range(count_of(KIND_JOB, "nightly-"), 1, 4);
    say("cronjob shop/nightly is suspended");
    pass(60000);
    must_be(KIND_CRON_JOB, "nightly", "spec.suspend", "true");
    int before = count_of(KIND_JOB, "nightly-");
    pass(10 * 60000);
    assert_int_equal(count_of(KIND_JOB, "nightly-"), before);
}

/* ---- nodes ---- */

static void a_kubelet_that_falls_silent_costs_its_node_and_then_its_pods(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/web: 3 replicas");
    pass(1000);
    say("node node-2 stops posting status");
    pass(30000);
    must_be(KIND_NODE, "node-2", "status.conditions.3.status", "True");
    pass(15000);
    must_be(KIND_NODE, "node-2", "status.conditions.3.status", "Unknown");
    must_be(KIND_NODE, "node-2", "status.conditions.3.message", "Kubelet stopped posting node status.");
    must_be(KIND_NODE, "node-2", "spec.taints.0.key", "node.kubernetes.io/unreachable");
    must_hear("NodeNotReady", "node-2", "Node node-2 status is now: NodeNotReady");
    must_hear("NodeNotReady", "web-", "Node is not ready");
    must_be(KIND_DEPLOYMENT, "web", "status.readyReplicas", "2");
    pass(310000);
    must_hear("TaintManagerEviction", "web-", "Marking for deletion Pod shop/web-");
    must_be(KIND_DEPLOYMENT, "web", "status.readyReplicas", "3");
    assert_int_equal(count_of(KIND_POD, "web-"), 4); /* the lost one stays Terminating */
    say("node node-2 recovers");
    pass(2000);
    must_be(KIND_NODE, "node-2", "status.conditions.3.status", "True");
    assert_int_equal(count_of(KIND_POD, "web-"), 3);
}

static void pressure_evicts_and_runtimes_go_down(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/web: 3 replicas");
    pass(1000);
    say("node node-1 has disk pressure");
    say("node node-2 has its runtime down");
    pass(5000);
    must_be(KIND_NODE, "node-1", "status.conditions.1.status", "True");
    must_hear("EvictionThresholdMet", "node-1", "Attempting to reclaim ephemeral-storage");
    must_hear("Evicted", "web-", "The node was low on resource: ephemeral-storage.");
    must_be(KIND_NODE, "node-2", "status.conditions.3.status", "False");
    must_be(KIND_NODE, "node-2", "status.conditions.3.reason", "KubeletNotReady");
    must_hear("NodeNotReady", "node-2", "Node node-2 status is now: NodeNotReady");
}

static void what_fills_its_disk_is_evicted_and_stays_as_a_record(void **state)
{
    (void)state;
    three_nodes();
    say("pod shop/hog: limit disk 10Mi, fills its disk after 1s");
    pass(3000);
    must_be(KIND_POD, "hog", "status.phase", "Failed");
    must_be(KIND_POD, "hog", "status.reason", "Evicted");
    must_be(KIND_POD, "hog", "status.message",
            "Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ");
    must_hear("Evicted", "hog", "Pod ephemeral local storage usage exceeds");
}

/* ---- the recorder ---- */

static void events_expire_and_that_is_a_deletion(void **state)
{
    (void)state;
    three_nodes();
    say("cluster stage: events live 1m");
    say("pod shop/short:");
    pass(1000);
    must_hear("Started", "short", "");
    pass(70000);
    must_not_hear("Started", "short");
}

static void a_speed_divides_pauses_and_leaves_the_time_of_day_alone(void **state)
{
    (void)state;
    stage.world->speed = 10;
    three_nodes();
    say("deployment shop/payments: crashes with exit 1 after 100ms");
    pass(10000);
    AUTO_JSON struct json_doc *doc = see(KIND_POD, "payments-");
    assert_true(json_int(json_at(json_root(doc), "status.containerStatuses.0.restartCount"), 0) >= 4);
    assert_int_equal(stage.world->now_ms, STAGE_START_MS + 10100);
}

static void an_hour_of_everything_leaks_nothing_and_stays_bounded(void **state)
{
    (void)state;
    three_nodes();
    say("deployment shop/payments: crashes with exit 3 after 1s");
    say("deployment shop/frontend: image registry.local/x:1, which the registry lacks");
    say("deployment shop/inventory: liveness fails after 10s with status 500");
    say("cronjob shop/nightly: every 1m, backoff limit 0, crashes with exit 1");
    say("quota a/small: pods 1");
    say("deployment a/workers: 3 replicas");
    for (int i = 0; i < 60; i++) {
        pass(60000);
        say(i % 2 ? "node node-3 recovers" : "node node-3 stops posting status");
    }
    assert_true(stage.world->agenda.count < 500);
    assert_true(count_of(KIND_EVENT, "") < 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(a_healthy_deployment_comes_up_in_half_a_second),
        ON_STAGE(the_newer_and_the_older_form_of_events_differ_as_they_do),
        ON_STAGE(a_new_version_is_rolled_out_without_a_gap),
        ON_STAGE(a_broken_version_leaves_the_old_one_serving_and_can_be_rolled_back),
        ON_STAGE(scaling_and_deleting_leave_nothing_behind),
        ON_STAGE(stateful_sets_start_in_order_and_daemon_sets_on_every_node),
        ON_STAGE(a_crash_loop_shows_what_a_kubelet_shows),
        ON_STAGE(a_crash_loop_ends_when_its_cause_is_gone),
        ON_STAGE(out_of_memory_is_137_and_oomkilled),
        ON_STAGE(a_command_that_is_not_there_is_a_start_error),
        ON_STAGE(an_init_container_that_fails_keeps_the_others_waiting),
        ON_STAGE(init_containers_run_before_the_others),
        ON_STAGE(an_image_that_is_not_there_alternates_between_two_reasons),
        ON_STAGE(each_registry_fails_in_its_own_words),
        ON_STAGE(what_is_not_configured_is_named_and_taken_up_once_it_is_there),
        ON_STAGE(root_where_none_is_wanted_is_refused_by_the_kubelet),
        ON_STAGE(the_scheduler_gives_its_reasons_in_its_words),
        ON_STAGE(full_nodes_have_no_victims_and_a_place_that_opens_is_taken),
        ON_STAGE(cordons_anti_affinity_and_host_ports_keep_pods_out),
        ON_STAGE(a_node_name_that_is_nobodys_leaves_a_pod_without_a_word),
        ON_STAGE(claims_are_bound_or_the_controller_says_why_not),
        ON_STAGE(admission_refuses_in_the_api_servers_words),
        ON_STAGE(many_refusals_are_combined_into_one_event),
        ON_STAGE(a_failing_liveness_probe_kills_and_restarts),
        ON_STAGE(a_failing_readiness_probe_keeps_a_pod_out_of_its_service),
        ON_STAGE(a_probe_of_the_wrong_port_is_refused),
        ON_STAGE(a_job_fails_after_its_tries_and_one_beyond_its_deadline),
        ON_STAGE(a_cron_job_makes_jobs_and_keeps_few_of_them),
        ON_STAGE(a_kubelet_that_falls_silent_costs_its_node_and_then_its_pods),
        ON_STAGE(pressure_evicts_and_runtimes_go_down),
        ON_STAGE(what_fills_its_disk_is_evicted_and_stays_as_a_record),
        ON_STAGE(events_expire_and_that_is_a_deletion),
        ON_STAGE(a_speed_divides_pauses_and_leaves_the_time_of_day_alone),
        ON_STAGE(an_hour_of_everything_leaks_nothing_and_stays_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
