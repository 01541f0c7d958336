/* The pure functions of each kind, with a clock that the test moves. */
#include "agent/state_object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "wire/metrics.h"

#define START_WALL INT64_C(1767323045000)    /* 2026-01-02T03:04:05Z */

struct followed {
    struct state_object o;
    struct arena arena;
    int64_t now_ms;
    struct state_news news;
    void (*see)(struct state_object *o, json *object, struct state_news *news);
    void (*due)(struct state_object *o, struct state_news *news);
    struct json_doc *doc;            /* the last revision: news point into it */
    char told[1024];                 /* reasons of the last revision, with blanks */
};

static void follow(struct followed *f, enum state_kind kind, void (*see)(struct state_object *, json *, struct state_news *),
                   void (*due)(struct state_object *, struct state_news *))
{
    *f = (struct followed){ .o = { .kind = kind, .fresh = true }, .now_ms = 1000, .see = see, .due = due };
}

static void begin_news(struct followed *f)
{
    arena_reset(&f->arena);
    f->news = (struct state_news){ .arena = &f->arena, .now_ms = f->now_ms, .wall_ms = START_WALL + f->now_ms - 1000 };
}

static const char *tell(struct followed *f)
{
    f->told[0] = 0;
    for (size_t i = 0; i < f->news.count; i++)
        (void)snprintf(f->told + strlen(f->told), sizeof f->told - strlen(f->told), "%s%s%s", i ? " " : "", f->news.pieces[i].recovery ? "+" : "", f->news.pieces[i].reason);
    return f->told;
}

/* The revision in JSON with ' for ". */
static const char *see(struct followed *f, const char *quoted)
{
    struct err e;
    AUTO_FREE char *text = str_dup(quoted);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    json_doc_free(f->doc);
    f->doc = json_parse(text, strlen(text), &json_object_limits, &e);
    if (!f->doc)
        fail_msg("%s in %s", e.text, text);
    begin_news(f);
    f->o.due_ms = 0;
    f->see(&f->o, json_root(f->doc), &f->news);
    f->o.fresh = false;
    return tell(f);
}

/* Time passes; what is due meanwhile is looked at. */
static const char *pass(struct followed *f, int64_t ms)
{
    int64_t end = f->now_ms + ms;
    while (f->o.due_ms && f->o.due_ms <= end) {
        f->now_ms = f->o.due_ms;
        f->o.due_ms = 0;
        begin_news(f);
        f->due(&f->o, &f->news);
        if (f->news.count) {
            f->now_ms = end;
            return tell(f);
        }
    }
    f->now_ms = end;
    f->told[0] = 0;
    return f->told;
}

static void leave(struct followed *f)
{
    json_doc_free(f->doc);
    arena_fini(&f->arena);
}

/* --- Pods -------------------------------------------------------------------------------------------------------- */

#define POD(phase, ready, container) \
    "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c'}]},'status':{'phase':'" phase "','conditions':[{'type':'PodScheduled','status':'True'}," \
    "{'type':'Ready','status':'" ready "'}],'containerStatuses':[" container "]}}"
#define WAITS(reason, restarts) "{'name':'c','restartCount':" restarts ",'state':{'waiting':{'reason':'" reason "'}}}"
#define RUNS(restarts)          "{'name':'c','restartCount':" restarts ",'state':{'running':{'startedAt':'2026-01-02T03:04:05Z'}}}"
#define RAN(restarts, code, why) \
    "{'name':'c','restartCount':" restarts ",'state':{'running':{'startedAt':'2026-01-02T03:04:05Z'}},'lastState':{'terminated':{'exitCode':" code ",'reason':'" why "','finishedAt':'2026-01-02T03:04:04Z'}}}"
#define ENDED(restarts, code, why) "{'name':'c','restartCount':" restarts ",'state':{'terminated':{'exitCode':" code ",'reason':'" why "','finishedAt':'2026-01-02T03:04:05Z'}}}"

static void a_pod_that_starts_runs_and_ends_well_stays_silent(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_POD, pod_see, pod_due);
    assert_string_equal(see(&f, "{'metadata':{'name':'p'},'status':{'phase':'Pending'}}"), "");
    assert_string_equal(see(&f, POD("Pending", "False", WAITS("ContainerCreating", "0"))), "");
    assert_string_equal(pass(&f, 1000), "");
    assert_string_equal(see(&f, POD("Running", "False", RUNS("0"))), "");
    assert_string_equal(pass(&f, 3000), "");
    assert_string_equal(see(&f, POD("Running", "True", RUNS("0"))), "");
    assert_string_equal(pass(&f, 3600000), "");
    assert_string_equal(see(&f, POD("Succeeded", "False", ENDED("0", "0", "Completed"))), "");
    assert_string_equal(pass(&f, 3600000), "");
    leave(&f);
}

static void each_end_of_a_container_is_told_once_whatever_shows_it(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_POD, pod_see, pod_due);
    assert_string_equal(see(&f, POD("Running", "True", RUNS("0"))), "");
    assert_string_equal(see(&f, POD("Running", "False", ENDED("0", "1", "Error"))), "ContainerFailed");
    assert_string_equal(f.news.pieces[0].part, "c");
    assert_string_equal(f.news.pieces[0].exit_code, "1");
    assert_string_equal(see(&f, POD("Running", "True", RAN("1", "1", "Error"))), "");
    assert_string_equal(see(&f, POD("Running", "False", ENDED("1", "137", "OOMKilled"))), "OOMKilled");
    assert_string_equal(see(&f, POD("Running", "False", WAITS("CrashLoopBackOff", "1"))), "CrashLoopBackOff");
    assert_string_equal(see(&f, POD("Running", "True", RAN("2", "137", "OOMKilled"))), "");
    assert_string_equal(see(&f, POD("Running", "False", WAITS("CrashLoopBackOff", "2"))), "");    /* still the same loop */
    assert_string_equal(see(&f, POD("Running", "True", RAN("3", "0", "Completed"))), "ContainerFailed");    /* its probe killed it */
    leave(&f);
}

static void a_pod_that_stays_ready_for_a_while_is_well_again(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_POD, pod_see, pod_due);
    assert_string_equal(see(&f, POD("Running", "False", ENDED("0", "1", "Error"))), "ContainerFailed");
    assert_string_equal(see(&f, POD("Running", "True", RAN("1", "1", "Error"))), "");
    assert_string_equal(pass(&f, 5000), "");
    assert_string_equal(pass(&f, 5000), "+PodReady");
    assert_string_equal(pass(&f, 3600000), "");
    leave(&f);
}

static void an_image_that_cannot_be_pulled_is_told_once(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_POD, pod_see, pod_due);
    assert_string_equal(see(&f, POD("Pending", "False", WAITS("ErrImagePull", "0"))), "ImagePullFailed");
    assert_string_equal(see(&f, POD("Pending", "False", WAITS("ImagePullBackOff", "0"))), "");
    assert_string_equal(see(&f, POD("Pending", "False", WAITS("ErrImagePull", "0"))), "");
    f.now_ms += 60000;
    assert_string_equal(see(&f, POD("Running", "True", RUNS("0"))), "+PodReady");
    assert_string_equal(see(&f, POD("Pending", "False", WAITS("ErrImagePull", "0"))), "ImagePullFailed");
    assert_string_equal(see(&f, POD("Pending", "False", WAITS("SomethingNew", "0"))), "ContainerWaiting");
    leave(&f);
}

static void restarts_from_before_the_agents_time_are_history(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_POD, pod_see, pod_due);
    f.now_ms = 1000 + 3600000;
    assert_string_equal(see(&f, POD("Running", "True", RAN("17", "1", "Error"))), "");
    assert_string_equal(see(&f, POD("Running", "False", ENDED("17", "1", "Error"))), "ContainerFailed");
    leave(&f);
    follow(&f, STATE_POD, pod_see, pod_due);
    f.now_ms = 1000 + 3600000;
    assert_string_equal(see(&f, POD("Running", "False", WAITS("CrashLoopBackOff", "17"))), "CrashLoopBackOff");
    leave(&f);
}

static void a_pod_that_was_ready_and_is_not_is_told_at_once(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_POD, pod_see, pod_due);
    assert_string_equal(see(&f, POD("Running", "True", RUNS("0"))), "");
    assert_string_equal(see(&f, POD("Running", "False", RUNS("0"))), "PodNotReady");
    assert_string_equal(see(&f, POD("Running", "False", RUNS("0"))), "");
    assert_string_equal(see(&f, POD("Running", "True", RUNS("0"))), "+PodReady");
    leave(&f);
}

static void a_pod_that_never_becomes_ready_gets_as_long_as_its_probes_take(void **state)
{
    (void)state;
    static const char unready[] =
        "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','readinessProbe':{'initialDelaySeconds':10,'periodSeconds':5,'failureThreshold':4}}]},"
        "'status':{'phase':'Running','conditions':[{'type':'PodScheduled','status':'True'},{'type':'Ready','status':'False'}],'containerStatuses':[" RUNS("0") "]}}";
    struct followed f;
    follow(&f, STATE_POD, pod_see, pod_due);
    assert_string_equal(see(&f, unready), "");
    assert_string_equal(pass(&f, 29000), "");
    assert_string_equal(pass(&f, 2000), "PodNotReady");
    leave(&f);
}

static void a_pod_that_is_deleted_is_left_alone(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_POD, pod_see, pod_due);
    assert_string_equal(see(&f, POD("Running", "True", RUNS("0"))), "");
    assert_string_equal(see(&f, "{'metadata':{'name':'p','deletionTimestamp':'2026-01-02T03:04:05Z'},'status':{'phase':'Running','conditions':[{'type':'Ready','status':'False'}],"
                                "'containerStatuses':[" ENDED("0", "143", "Error") "]}}"), "");
    assert_string_equal(pass(&f, 3600000), "");
    leave(&f);
}

static void a_pod_that_no_node_takes_is_told_until_it_has_one(void **state)
{
    (void)state;
    static const char nowhere[] = "{'metadata':{'name':'p'},'status':{'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False','reason':'Unschedulable','message':'0/3 nodes'}]}}";
    struct followed f;
    follow(&f, STATE_POD, pod_see, pod_due);
    assert_string_equal(see(&f, nowhere), "Unschedulable");
    assert_string_equal(f.news.pieces[0].message, "0/3 nodes");
    assert_string_equal(see(&f, nowhere), "");
    assert_string_equal(see(&f, POD("Pending", "False", WAITS("ContainerCreating", "0"))), "+PodScheduled");
    leave(&f);
}

static void an_eviction_is_told_by_its_name(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_POD, pod_see, pod_due);
    assert_string_equal(see(&f, "{'metadata':{'name':'p'},'status':{'phase':'Failed','reason':'Evicted','message':'The node was low on resource'}}"), "PodEvicted");
    assert_string_equal(see(&f, "{'metadata':{'name':'p'},'status':{'phase':'Failed','reason':'Evicted'}}"), "");
    leave(&f);
}

static void hostile_pods_are_survived(void **state)
{
    (void)state;
    static const char *const pods[] = {
        "{}", "[]", "{'status':[]}", "{'status':{'phase':7,'conditions':{},'containerStatuses':{'a':1}}}",
        "{'status':{'phase':'Running','containerStatuses':[null,1,'x',{'name':1},{'name':'c','restartCount':-5,'state':{'terminated':{'exitCode':1e99}}}]}}",
        "{'spec':{'containers':[{'readinessProbe':{'periodSeconds':99999999999,'failureThreshold':99999999}}]},'status':{'phase':'Running','containerStatuses':[{'name':'c','state':{'running':{}}}]}}",
    };
    for (size_t i = 0; i < COUNT(pods); i++) {
        struct followed f;
        follow(&f, STATE_POD, pod_see, pod_due);
        (void)see(&f, pods[i]);
        (void)pass(&f, 1000000);
        leave(&f);
    }
}

static void what_a_pod_of_many_containers_says_is_bounded(void **state)
{
    (void)state;
    struct buf AUTO_BUF text = { 0 };
    struct followed f;
    buf_str(&text, "{'status':{'phase':'Running','containerStatuses':[");
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "%s{'name':'c%d','state':{'terminated':{'exitCode':1}}}", i ? "," : "", i);
    buf_str(&text, "]}}");
    follow(&f, STATE_POD, pod_see, pod_due);
    (void)see(&f, buf_text(&text));
    assert_int_equal(f.news.count, STATE_CONTAINERS_MAX);
    leave(&f);
}

/* --- nodes ------------------------------------------------------------------------------------------------------- */

#define NODE(created, ready, disk) \
    "{'metadata':{'name':'n','creationTimestamp':'" created "'},'status':{'conditions':[{'type':'Ready','status':'" ready "','message':'m'},{'type':'DiskPressure','status':'" disk "'}]}}"

static void a_node_that_joins_has_its_time_and_one_that_leaves_has_none(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_NODE, node_see, node_due);
    assert_string_equal(see(&f, NODE("2026-01-02T03:04:05Z", "False", "False")), "");
    assert_string_equal(pass(&f, 10000), "");
    assert_string_equal(see(&f, NODE("2026-01-02T03:04:05Z", "True", "False")), "");
    assert_string_equal(see(&f, NODE("2026-01-02T03:04:05Z", "Unknown", "False")), "NodeNotReady");
    assert_int_equal(f.news.pieces[0].severity, SEVERITY_CRITICAL);
    assert_string_equal(see(&f, NODE("2026-01-02T03:04:05Z", "Unknown", "False")), "");
    assert_string_equal(see(&f, NODE("2026-01-02T03:04:05Z", "True", "True")), "NodePressure +NodeReady");
    assert_string_equal(see(&f, NODE("2026-01-02T03:04:05Z", "True", "False")), "+NodePressureEnded");
    leave(&f);
    follow(&f, STATE_NODE, node_see, node_due);
    assert_string_equal(see(&f, NODE("2026-01-02T03:04:05Z", "False", "False")), "");
    assert_string_equal(pass(&f, 31000), "NodeNotReady");
    leave(&f);
}

static void a_sample_of_a_node_has_its_readiness_as_it_is_and_its_pressures(void **state)
{
    (void)state;
    static const struct {
        const char *node, *wanted;
    } rows[] = {
        { NODE("2026-01-02T03:04:05Z", "True", "False"), "Ready=True " },
        { NODE("2026-01-02T03:04:05Z", "False", "True"), "Ready=False DiskPressure=True " },
        { NODE("2026-01-02T03:04:05Z", "Unknown", "Unknown"), "Ready=Unknown " },
        { "{'metadata':{'name':'n'},'status':{}}", "Ready=Unknown " },
    };
    struct followed f;
    follow(&f, STATE_NODE, node_see, node_due);
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_BUF struct buf told = { 0 };
        size_t count;
        (void)see(&f, rows[i].node);
        const struct wire_condition *all = node_conditions(&f.o, &f.arena, &count);
        for (size_t k = 0; k < count; k++)
            buf_printf(&told, "%s=%s ", all[k].type, all[k].status);
        assert_string_equal(buf_text(&told), rows[i].wanted);
    }
    leave(&f);
}

/* --- workloads --------------------------------------------------------------------------------------------------- */

#define DEPLOYMENT(available, progressing, reason) \
    "{'spec':{'replicas':2},'status':{'conditions':[{'type':'Available','status':'" available "'},{'type':'Progressing','status':'" progressing "','reason':'" reason "'}]}}"

static void a_deployment_that_starts_stays_silent_and_one_that_falls_does_not(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_DEPLOYMENT, deployment_see, workload_due);
    assert_string_equal(see(&f, DEPLOYMENT("False", "True", "NewReplicaSetCreated")), "");
    assert_string_equal(pass(&f, 30000), "");
    assert_string_equal(see(&f, DEPLOYMENT("True", "True", "NewReplicaSetAvailable")), "");
    assert_string_equal(pass(&f, 30000), "");
    assert_string_equal(see(&f, DEPLOYMENT("False", "True", "NewReplicaSetAvailable")), "DeploymentUnavailable");
    assert_string_equal(see(&f, DEPLOYMENT("True", "True", "NewReplicaSetAvailable")), "");
    assert_string_equal(pass(&f, 5000), "");
    assert_string_equal(see(&f, DEPLOYMENT("False", "True", "NewReplicaSetAvailable")), "");    /* it crashes: still the same trouble */
    assert_string_equal(see(&f, DEPLOYMENT("True", "True", "NewReplicaSetAvailable")), "");
    assert_string_equal(pass(&f, 11000), "+DeploymentAvailable");
    leave(&f);
}

static void a_stuck_rollout_and_one_that_never_starts_are_told(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_DEPLOYMENT, deployment_see, workload_due);
    assert_string_equal(see(&f, DEPLOYMENT("False", "True", "ReplicaSetUpdated")), "");
    assert_string_equal(pass(&f, 61000), "DeploymentUnavailable");
    assert_string_equal(see(&f, DEPLOYMENT("False", "False", "ProgressDeadlineExceeded")), "ProgressDeadlineExceeded");
    assert_string_equal(see(&f, DEPLOYMENT("False", "False", "ProgressDeadlineExceeded")), "");
    leave(&f);
}

static void a_set_that_replaces_its_pods_stays_silent(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_STATEFUL_SET, set_see, workload_due);
    assert_string_equal(see(&f, "{'spec':{'replicas':3},'status':{'readyReplicas':3,'updatedReplicas':3}}"), "");
    assert_string_equal(see(&f, "{'spec':{'replicas':3},'status':{'readyReplicas':2,'updatedReplicas':1}}"), "");
    assert_string_equal(pass(&f, 30000), "");
    assert_string_equal(see(&f, "{'spec':{'replicas':3},'status':{'readyReplicas':3,'updatedReplicas':3}}"), "");
    assert_string_equal(see(&f, "{'spec':{'replicas':3},'status':{'readyReplicas':2,'updatedReplicas':3}}"), "");
    assert_string_equal(pass(&f, 11000), "StatefulSetUnavailable");
    leave(&f);
}

static void a_job_that_fails_is_told_and_one_that_simply_ends_is_not(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_JOB, job_see, NULL);
    assert_string_equal(see(&f, "{'status':{'active':1}}"), "");
    assert_string_equal(see(&f, "{'status':{'conditions':[{'type':'Complete','status':'True'}],'succeeded':1}}"), "");
    leave(&f);
    follow(&f, STATE_JOB, job_see, NULL);
    assert_string_equal(see(&f, "{'status':{'active':1,'failed':1}}"), "");
    assert_string_equal(see(&f, "{'status':{'failed':1,'conditions':[{'type':'Complete','status':'True'}]}}"), "+JobComplete");
    leave(&f);
    follow(&f, STATE_JOB, job_see, NULL);
    assert_string_equal(see(&f, "{'status':{'failed':2,'conditions':[{'type':'Failed','status':'True','reason':'BackoffLimitExceeded'}]}}"), "JobFailed");
    leave(&f);
}

/* --- services and claims ----------------------------------------------------------------------------------------- */

static const char service[] = "{'metadata':{'creationTimestamp':'2026-01-02T03:04:05Z'},'spec':{'selector':{'app':'web'}}}";

static const char *endpoints(struct followed *f, int32_t by)
{
    begin_news(f);
    service_count(&f->o, by, &f->news);
    return tell(f);
}

static void a_service_that_loses_its_endpoints_is_told_when_that_lasts(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_SERVICE, service_see, service_due);
    assert_string_equal(see(&f, service), "");
    assert_string_equal(pass(&f, 8000), "");    /* its Pods may start */
    assert_string_equal(endpoints(&f, 2), "");
    assert_string_equal(pass(&f, 60000), "");
    assert_string_equal(endpoints(&f, -2), "");
    assert_string_equal(pass(&f, 1000), "");
    assert_string_equal(endpoints(&f, 1), "");    /* Pods were replaced */
    assert_string_equal(pass(&f, 60000), "");
    assert_string_equal(endpoints(&f, -1), "");
    assert_string_equal(pass(&f, 2100), "ServiceWithoutEndpoints");
    assert_string_equal(see(&f, service), "");
    assert_string_equal(pass(&f, 60000), "");
    assert_string_equal(endpoints(&f, 1), "+ServiceHasEndpoints");
    leave(&f);
}

static void a_service_that_selects_nothing_on_purpose_stays_silent(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_SERVICE, service_see, service_due);
    assert_string_equal(see(&f, "{'spec':{'type':'ExternalName','selector':{'a':'b'}}}"), "");
    assert_string_equal(pass(&f, 3600000), "");
    assert_string_equal(see(&f, "{'spec':{'clusterIP':'None'}}"), "");
    assert_string_equal(pass(&f, 3600000), "");
    leave(&f);
}

static void endpoints_count_when_they_would_get_traffic(void **state)
{
    (void)state;
    struct err e;
    static const char text[] = "{\"endpoints\":[{\"conditions\":{\"ready\":true}},{\"conditions\":{\"ready\":false}},{\"conditions\":{}},{}]}";
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_object_limits, &e);
    assert_int_equal(slice_ready(json_root(doc)), 3);
}

static void a_claim_is_told_when_it_stays_pending(void **state)
{
    (void)state;
    struct followed f;
    follow(&f, STATE_CLAIM, claim_see, claim_due);
    assert_string_equal(see(&f, "{'metadata':{'creationTimestamp':'2026-01-02T03:04:05Z'},'status':{'phase':'Pending'}}"), "");
    assert_string_equal(pass(&f, 5000), "");
    assert_string_equal(pass(&f, 6000), "ClaimPending");
    assert_string_equal(see(&f, "{'status':{'phase':'Bound'}}"), "+ClaimBound");
    assert_string_equal(see(&f, "{'status':{'phase':'Lost'}}"), "ClaimLost");
    leave(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pod_that_starts_runs_and_ends_well_stays_silent),
        cmocka_unit_test(each_end_of_a_container_is_told_once_whatever_shows_it),
        cmocka_unit_test(a_pod_that_stays_ready_for_a_while_is_well_again),
        cmocka_unit_test(an_image_that_cannot_be_pulled_is_told_once),
        cmocka_unit_test(restarts_from_before_the_agents_time_are_history),
        cmocka_unit_test(a_pod_that_was_ready_and_is_not_is_told_at_once),
        cmocka_unit_test(a_pod_that_never_becomes_ready_gets_as_long_as_its_probes_take),
        cmocka_unit_test(a_pod_that_is_deleted_is_left_alone),
        cmocka_unit_test(a_pod_that_no_node_takes_is_told_until_it_has_one),
        cmocka_unit_test(an_eviction_is_told_by_its_name),
        cmocka_unit_test(hostile_pods_are_survived),
        cmocka_unit_test(what_a_pod_of_many_containers_says_is_bounded),
        cmocka_unit_test(a_node_that_joins_has_its_time_and_one_that_leaves_has_none),
        cmocka_unit_test(a_sample_of_a_node_has_its_readiness_as_it_is_and_its_pressures),
        cmocka_unit_test(a_deployment_that_starts_stays_silent_and_one_that_falls_does_not),
        cmocka_unit_test(a_stuck_rollout_and_one_that_never_starts_are_told),
        cmocka_unit_test(a_set_that_replaces_its_pods_stays_silent),
        cmocka_unit_test(a_job_that_fails_is_told_and_one_that_simply_ends_is_not),
        cmocka_unit_test(a_service_that_loses_its_endpoints_is_told_when_that_lasts),
        cmocka_unit_test(a_service_that_selects_nothing_on_purpose_stays_silent),
        cmocka_unit_test(endpoints_count_when_they_would_get_traffic),
        cmocka_unit_test(a_claim_is_told_when_it_stays_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
