#include "diagnose/case_test.h"

#define DEPLOYMENT(spec, status) OBJECT("Deployment", META("web"), spec, status)
#define UNAVAILABLE(time)                                                                                              \
    "'replicas':3,'readyReplicas':1,'conditions':[{'type':'Available','status':'False','lastTransitionTime':"          \
    "'" DAY time "'}]"
#define HPA(status)                                                                                                    \
    OBJECT("HorizontalPodAutoscaler", META("web"),                                                                     \
           "'maxReplicas':10,'scaleTargetRef':{'kind':'Deployment','name':'web'},'metrics':[{'type':'Resource','"      \
           "resource':{'name':'cpu','target':{'averageUtilization':60}}}]",                                            \
           status)
#define CONDITION(type, status, reason, message)                                                                       \
    "'conditions':[{'type':'" type "','status':'" status "','reason':'" reason "','message':'" message                 \
    "','lastTransitionTime':'" DAY "11:55:00Z'}]"

static void workloads_as_wholes(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "rollout that does not end, and nobody knows why",
          DEPLOYMENT("'replicas':3",
                     "'replicas':3,'readyReplicas':3,'availableReplicas':2," CONDITION(
                         "Progressing", "False", "ProgressDeadlineExceeded", "ReplicaSet has timed out progressing.")),
          .code = "workload.progress-deadline", .object = "deployment/shop/web",
          .phrase = "2 of 3 new Pods are available" },
        { "paused before it had a Pod", DEPLOYMENT("'replicas':2,'paused':true", ""), .code = "workload.paused",
          .object = "deployment/shop/web", .phrase = "0 of 2 are available" },
        { "Pods missing for long", DEPLOYMENT("'replicas':3", UNAVAILABLE("11:40:00Z")),
          .code = "workload.replicas-mismatch", .object = "deployment/shop/web",
          .phrase = "1 of 3 Pods ready since 11:40:00 UTC" },
        { "governing Service",
          OBJECT("StatefulSet", META("db"), "'replicas':1,'serviceName':'db'", "'replicas':1,'readyReplicas':1"),
          .lists = "service/shop", .code = "workload.sts-service-missing", .object = "statefulset/shop/db",
          .phrase = "shop/db does not exist" },
        { "ordinal",
          OBJECT("StatefulSet", META("db"), "'replicas':3", "'replicas':1,'readyReplicas':0") "," POD_OF(
              "db-0", "StatefulSet", "db", ONE_CONTAINER, "'phase':'Unknown','conditions':[" NOT_READY "]"),
          .scope = "statefulset/shop/db", .code = "workload.sts-ordinal-blocked", .object = "statefulset/shop/db",
          .phrase = "db-0 is not ready" },
        { "DaemonSet on no node, when asked",
          OBJECT("DaemonSet", META("gpu"), "'template':{'spec':{'nodeSelector':{'gpu':'yes'}}}",
                 "'desiredNumberScheduled':0") "," NODE("n1", "", "", ROOM),
          .scope = "daemonset/shop/gpu", .code = "workload.daemonset-unplaced", .object = "daemonset/shop/gpu",
          .phrase = "runs on 0 of 1 nodes; its node selector is gpu=yes" },
        { "autoscaler without metrics",
          HPA(CONDITION(
              "ScalingActive", "False", "FailedGetResourceMetric",
              "unable to fetch metrics from resource metrics API: the server could not find the requested resource")),
          .code = "hpa.no-metrics", .object = "horizontalpodautoscaler/shop/web", .phrase = "it gets no metrics" },
        { "autoscaler without requests",
          HPA(CONDITION("ScalingActive", "False", "FailedGetResourceMetric",
                        "failed to get cpu utilization: missing request for cpu in container app of Pod web-1")),
          .code = "hpa.no-requests", .object = "horizontalpodautoscaler/shop/web",
          .phrase = "container app has no cpu request" },
        { "autoscaler without a target",
          HPA(CONDITION("AbleToScale", "False", "FailedGetScale", "deployments.apps \\u0022web\\u0022 not found")),
          .code = "hpa.target-missing", .object = "horizontalpodautoscaler/shop/web",
          .phrase = "Deployment shop/web does not exist" },
        { "autoscaler at its maximum",
          HPA("'currentMetrics':[{'resource':{'name':'cpu','current':{'averageUtilization':93}}}]," CONDITION(
              "ScalingLimited", "True", "TooManyReplicas",
              "the desired replica count is more than the maximum replica count")),
          .code = "hpa.maxed", .object = "horizontalpodautoscaler/shop/web",
          .phrase = "maximum of 10 replicas and the load is still above target (93%, target 60%)" },
        { "budget while a node is drained",
          OBJECT(
              "PodDisruptionBudget", META("web"), "'selector':{'matchLabels':{'app':'web'}}",
              "'disruptionsAllowed':0,'currentHealthy':2,'desiredHealthy':2,'expectedPods':2") ",{'kind':'Pod'"
                                                                                               "," META_LABELS(
                                                                                                   "web-1",
                                                                                                   "'app':'"
                                                                                                   "web'") ",'spec':"
                                                                                                           "{" ONE_CONTAINER
                                                                                                           "},'status':"
                                                                                                           "{" RUNNING
                                                                                                           "}}," NODE(
                                                                                                               "n1", "",
                                                                                                               "'unsche"
                                                                                                               "dulable"
                                                                                                               "':true",
                                                                                                               ROOM),
          .code = "pdb.blocks-eviction", .object = "poddisruptionbudget/shop/web",
          .phrase = "2 of 2 Pods are ready and 2 are demanded" },
    };
    case_expect(cases, COUNT(cases));
}

static void what_is_meant_so_or_takes_a_moment_is_no_fault(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "Pods missing for a moment", DEPLOYMENT("'replicas':3", UNAVAILABLE("11:58:00Z")), NULL },
        { "autoscaler at its minimum",
          HPA(CONDITION("ScalingLimited", "True", "TooFewReplicas",
                        "the desired replica count is less than the minimum replica count")),
          NULL },
        { "autoscaler at its maximum with nothing to do",
          HPA("'currentMetrics':[{'resource':{'current':{'averageUtilization':20}}}]," CONDITION(
              "ScalingLimited", "True", "TooManyReplicas", "")),
          NULL },
        { "budget that nobody minds",
          OBJECT("PodDisruptionBudget", META("web"), "'selector':{'matchLabels':{'app':'web'}}",
                 "'disruptionsAllowed':0,'expectedPods':2"),
          NULL },
        { "DaemonSet for hardware that is not here",
          OBJECT("DaemonSet", META("gpu"), "", "'desiredNumberScheduled':0") "," NODE("n1", "", "", ROOM), NULL },
        { "node that was cordoned", NODE("n1", "", "'unschedulable':true", ROOM), NULL },
    };
    case_expect_none(cases, COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workloads_as_wholes),
        cmocka_unit_test(what_is_meant_so_or_takes_a_moment_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
