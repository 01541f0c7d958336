/* Pods as wholes, Jobs and CronJobs. */
#include "diagnose/case_test.h"

#define EVICTED(message)  "'phase':'Failed','reason':'Evicted','message':'" message "'"
#define JOB(name, status) OBJECT("Job", META(name), "'activeDeadlineSeconds':90", status)
#define GAVE_UP                                                                                                        \
    "'failed':2,'conditions':[{'type':'Failed','status':'True','reason':'BackoffLimitExceeded','message':'Job has "    \
    "reached the specified backoff limit','lastTransitionTime':'" DAY "11:58:00Z'}]"
#define FAILED_POD(name, job)                                                                                          \
    POD_OF(name, "Job", job, "'restartPolicy':'Never'," ONE_CONTAINER,                                                 \
           "'phase':'Failed','containerStatuses':[{'name':'c','ready':false,'restartCount':0,'state':" ENDED(          \
               "1", "Error", "") ",'lastState':{}}]")

static void pods_and_jobs_whose_life_went_wrong(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "evicted for pressure",
          POD("hog", ONE_CONTAINER,
              EVICTED("The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. Container c "
                      "was using 900Mi, request is 64Mi, has larger consumption of memory. ")),
          .code = "pod.evicted", .object = "pod/shop/hog",
          .phrase = "ran short of memory; container c used 900Mi and requested 64Mi" },
        { "evicted for its own disk use",
          POD("hog", ONE_CONTAINER,
              EVICTED("Container c exceeded its local ephemeral storage limit \\u002210Mi\\u0022. ")),
          .code = "pod.evicted-storage", .object = "pod/shop/hog", .phrase = "limit of 10Mi" },
        { "evicted for an emptyDir",
          POD("hog", ONE_CONTAINER,
              EVICTED("Usage of EmptyDir volume \\u0022cache\\u0022 exceeds the limit \\u00221Gi\\u0022. ")),
          .code = "pod.evicted-storage", .object = "pod/shop/hog", .phrase = "limit of 1Gi to cache" },
        { "held by a finalizer",
          "{'kind':'Pod','metadata':{'name':'old','namespace':'shop','creationTimestamp':'" DAY
          "11:00:00Z','deletionTimestamp':'" DAY
          "11:50:00Z','finalizers':['example.com/backup']},'spec':{" ONE_CONTAINER "},'status':{'phase':'Running'}}",
          .code = "pod.terminating-stuck", .object = "pod/shop/old",
          .phrase = "terminating for 10m: finalizers (example.com/backup)" },
        { "an init container that waits",
          POD("web", "'nodeName':'n1','initContainers':[{'name':'wait','image':'b'}],'containers':[{'name':'c'}]",
              "'phase':'Pending','conditions':[" NOT_READY
              "],'initContainerStatuses':[{'name':'wait','ready':false,'state':{'running':{'startedAt':'" DAY
              "11:50:00Z'}}}],'containerStatuses':[{'name':'c','state':{'waiting':{'reason':'PodInitializing'}}}]"),
          .logs = "shop/web|wait|waiting for db.shop.svc:5432: connection refused\\n", .lists = "service/shop",
          .code = "pod.init-waiting", .object = "pod/shop/web", .phrase = "wait has been waiting for 10m" },
        { "an init container that says whom it waits for",
          POD("web", "'nodeName':'n1','initContainers':[{'name':'wait','image':'b'}],'containers':[{'name':'c'}]",
              "'phase':'Pending','conditions':[" NOT_READY
              "],'initContainerStatuses':[{'name':'wait','ready':false,'state':{'running':{'startedAt':'" DAY
              "11:59:30Z'}}}],'containerStatuses':[{'name':'c','state':{'waiting':{'reason':'PodInitializing'}}}]"),
          .logs = "shop/web|wait|waiting for db:5432\\n", .lists = "service/shop", .code = "pod.init-waiting",
          .object = "pod/shop/web", .phrase = "waiting for 30s: waiting for db:5432; Service shop/db does not exist" },
        { "refused by the kubelet",
          POD("web", ONE_CONTAINER,
              "'phase':'Failed','reason':'SysctlForbidden','message':'Pod was rejected: forbidden sysctl: "
              "net.core.somaxconn not allowlisted'"),
          .code = "config.error", .object = "pod/shop/web", .phrase = "forbidden sysctl: net.core.somaxconn" },
        { "Job whose Pod never started and is gone",
          JOB("export",
              "'failed':1,'conditions':[{'type':'Failed','status':'True','reason':'DeadlineExceeded','message'"
              ":'Job was active longer than specified deadline'}]"),
          .events = "Warning|pod/shop/export-x2xkq|Failed|Failed to pull image \"registry.example/x:1\": not found",
          .code = "job.deadline", .object = "job/shop/export",
          .phrase = "its Pod did not start: Failed to pull image" },
        { "Job", JOB("import", GAVE_UP) "," FAILED_POD("import-a", "import") "," FAILED_POD("import-b", "import"),
          .logs = "shop/import-b|c|ERROR: relation orders exists\\n", .scope = "job/shop/import",
          .code = "job.backoff-limit", .object = "job/shop/import",
          .phrase = "failed Pods: 2, last exit code 1: ERROR: relation orders exists" },
        { "Job without its Pods", JOB("import", GAVE_UP), .code = "job.backoff-limit", .object = "job/shop/import",
          .phrase = "failed Pods: 2" },
        { "Job that was too slow",
          JOB("export", "'failed':1,'conditions':[{'type':'FailureTarget','status':'True','reason':'DeadlineExceeded','"
                        "message':'Job was active longer than specified deadline'}]"),
          .code = "job.deadline", .object = "job/shop/export", .phrase = "deadline of 1m30s" },
        { "Job that has not given up yet", JOB("import", "'active':1,'failed':1") "," FAILED_POD("import-a", "import"),
          .logs = "shop/import-a|c|ERROR: boom\\n", .code = "crash.app-error", .object = "job/shop/import",
          .phrase = "ERROR: boom" },
        { "CronJob by its last run",
          OBJECT("CronJob", META("nightly"), "",
                 "") "," OBJECT("Job", META_OWNED("nightly-1", "CronJob", "nightly", ""), "", GAVE_UP),
          .code = "job.backoff-limit", .object = "cronjob/shop/nightly", .phrase = "nightly-1" },
        { "CronJob with a schedule that is none", OBJECT("CronJob", META("nightly"), "'schedule':'0 25 * * *'", ""),
          .events = "Warning|cronjob/shop/nightly|UnparseableSchedule|unparseable schedule: \"0 25 * * *\"",
          .code = "cronjob.not-running", .object = "cronjob/shop/nightly", .phrase = "unparseable schedule" },
        { "CronJob that is suspended, when asked",
          OBJECT("CronJob", META("nightly"), "'suspend':true", "'lastScheduleTime':'" DAY "10:00:00Z'"),
          .scope = "cronjob/shop/nightly", .code = "cronjob.not-running", .object = "cronjob/shop/nightly",
          .phrase = "since 10:00:00 UTC" },
    };
    case_expect(cases, COUNT(cases));
}

static void what_is_over_or_meant_so_is_no_fault(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "Job that made it in the end",
          JOB("import", "'succeeded':1,'failed':1,'conditions':[{'type':'Complete','status':'True'}]") "," FAILED_POD(
              "import-a", "import") },
        { "run of a CronJob that a later one made good",
          OBJECT("Job", META_OWNED("nightly-1", "CronJob", "nightly", ""), "",
                 GAVE_UP) ","
                          "{'kind':'Job','metadata':{'name':'nightly-2','namespace':'shop','creationTimestamp':'" DAY
                          "11:55:00Z','ownerReferences':[{'kind':'CronJob','name':'nightly','controller':true}]},'spec'"
                          ":{},'status':{'conditions':[{'type':'Complete','status':'True'}]}}" },
        { "suspended CronJob among others", OBJECT("CronJob", META("nightly"), "'suspend':true", "") },
        { "eviction of which the workload has long recovered",
          OBJECT("ReplicaSet", META("web-1"), "'replicas':1", "'replicas':1,'readyReplicas':1") "," POD_OF(
              "web-1-x", "ReplicaSet", "web-1", ONE_CONTAINER, EVICTED("The node was low on resource: memory. ")) },
        { "a Pod that is done", POD("once", ONE_CONTAINER, "'phase':'Succeeded'") },
        { "a Pod that is being deleted and still has time",
          "{'kind':'Pod','metadata':{'name':'old','namespace':'shop','deletionTimestamp':'" DAY
          "12:00:20Z'},'spec':{" ONE_CONTAINER "},'status':{'phase':'Running'}}" },
    };
    case_expect_none(cases, COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_and_jobs_whose_life_went_wrong),
        cmocka_unit_test(what_is_over_or_meant_so_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
