#include "diagnose/case_test.h"

#define UNSCHEDULABLE(message)                                                                                         \
    "'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False','reason':'Unschedulable','message':"      \
    "'" message "'}]"
#define WANTS(spec)    "'containers':[{'name':'c','image':'app:1'" spec "}]"
#define SELECTOR(k, v) "'nodeSelector':{'" k "':'" v "'}"
#define REQUESTS(what) ",'resources':{'requests':{" what "}}"
#define NO_MATCH       "0/2 nodes are available: 2 node(s) didn\\u0027t match Pod\\u0027s node affinity/selector."
#define TWO_NODES      NODE("n1", "'disk':'hdd'", "", ROOM) "," NODE("n2", "'disk':'nvme'", "", ROOM)

static const struct case_ unplaced[] = {
    { "cpu",
      POD("big", WANTS(REQUESTS("'cpu':'8'")),
          UNSCHEDULABLE("0/1 nodes are available: 1 Insufficient cpu.")) "," NODE("n1", "", "", ROOM),
      .lists = "node/ pod/", .code = "sched.insufficient-cpu", .object = "pod/shop/big",
      .phrase = "8 CPU, no usable node has more than 4 free" },
    { "cpu that other Pods took",
      POD("late", WANTS(REQUESTS("'cpu':'500m'")),
          UNSCHEDULABLE(
              "0/1 nodes are available: 1 Insufficient cpu.")) "," NODE("n1", "", "",
                                                                        ROOM) "," POD("early",
                                                                                      "'nodeName':'n1'," WANTS(
                                                                                          REQUESTS("'cpu':'3600m'")),
                                                                                      RUNNING),
      .lists = "node/ pod/", .code = "sched.insufficient-cpu", .object = "pod/shop/late",
      .phrase = "0.5 CPU, no usable node has more than 0.4 free" },
    { "memory",
      POD("big", WANTS(REQUESTS("'memory':'512Gi'")),
          UNSCHEDULABLE("0/1 nodes are available: 1 Insufficient memory.")) "," NODE("n1", "", "", ROOM),
      .lists = "node/ pod/", .code = "sched.insufficient-memory", .object = "pod/shop/big",
      .phrase = "512Gi of memory, no usable node has more than 8Gi free" },
    { "both",
      POD("big", WANTS(REQUESTS("'cpu':'8','memory':'512Gi'")),
          UNSCHEDULABLE("0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.")),
      .code = "sched.insufficient-cpu", .object = "pod/shop/big", .phrase = "512Gi of memory" },
    { "gpu",
      POD("train", WANTS(REQUESTS("'nvidia.com/gpu':'2'")),
          UNSCHEDULABLE("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.")) "," NODE("n1", "", "", ROOM),
      .lists = "node/", .code = "sched.insufficient-extended", .object = "pod/shop/train",
      .phrase = "2 of nvidia.com/gpu, 0 of 1 nodes offer it" },
    { "selector, with the nearest label",
      POD("db", SELECTOR("disk", "nvmee") "," WANTS(""), UNSCHEDULABLE(NO_MATCH)) "," TWO_NODES, .lists = "node/",
      .code = "sched.node-selector", .object = "pod/shop/db", .phrase = "nearest is disk=nvme" },
    { "selector without nodes in the bundle", POD("db", SELECTOR("disk", "ssd") "," WANTS(""), UNSCHEDULABLE(NO_MATCH)),
      .code = "sched.node-selector", .object = "pod/shop/db", .phrase = "disk=ssd" },
    { "affinity",
      POD("db",
          "'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{'"
          "matchExpressions':[{'key':'zone','operator':'In','values':['c']}]}]}}}," WANTS(""),
          UNSCHEDULABLE(NO_MATCH)) "," TWO_NODES,
      .lists = "node/", .code = "sched.node-affinity", .object = "pod/shop/db", .phrase = "zone In (c)" },
    { "taint on the only nodes that match",
      POD("batch", SELECTOR("pool", "batch") "," WANTS(""),
          UNSCHEDULABLE(
              "0/2 nodes are available: 1 node(s) didn\\u0027t match Pod\\u0027s node affinity/selector, 1 node(s) "
              "had untolerated taint(s).")) "," NODE("n1", "", "",
                                                     ROOM) "," NODE("n2", "'pool':'batch'",
                                                                    "'taints':[{'key':'dedicated','value':'batch','"
                                                                    "effect':'NoSchedule'}]",
                                                                    ROOM),
      .lists = "node/", .code = "sched.taint", .object = "pod/shop/batch",
      .phrase = "(n2) carry the taint dedicated=batch:NoSchedule" },
    { "taint that the scheduler names",
      POD("web", WANTS(""),
          UNSCHEDULABLE("0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: batch}.")),
      .code = "sched.taint", .object = "pod/shop/web", .phrase = "dedicated=batch" },
    { "cordoned",
      POD("web", WANTS(""), UNSCHEDULABLE("0/1 nodes are available: 1 node(s) were unschedulable.")) "," NODE(
          "n1", "",
          "'unschedulable':true,'taints':[{'key':'node.kubernetes.io/"
          "unschedulable','effect':'NoSchedule','timeAdded':'" DAY "11:30:00Z'}]",
          ROOM),
      .lists = "node/", .code = "sched.cordoned", .object = "node//n1",
      .phrase = "(n1) is cordoned, since 11:30:00 UTC" },
    { "cordoned, the other node is full",
      POD("web", WANTS(REQUESTS("'cpu':'2'")),
          UNSCHEDULABLE(
              "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.")) "," NODE("n1", "", "",
                                                                                                      "'allocatable"
                                                                                                      "':{'cpu':'1'"
                                                                                                      ",'memory':'"
                                                                                                      "1Gi'}") "," NODE("n2",
                                                                                                                        "",
                                                                                                                        "'unschedulable':true",
                                                                                                                        ROOM),
      .lists = "node/ pod/", .code = "sched.cordoned", .object = "node//n2" },
    { "anti-affinity",
      POD_OF(
          "web-1", "StatefulSet", "web",
          "'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'"
          "kubernetes.io/hostname'}]}}," WANTS(""),
          UNSCHEDULABLE(
              "0/1 nodes are available: 1 node(s) didn\\u0027t match pod anti-affinity rules.")) "," OBJECT("Statef"
                                                                                                            "ulSet",
                                                                                                            META("we"
                                                                                                                 "b"),
                                                                                                            "'repli"
                                                                                                            "cas':"
                                                                                                            "2",
                                                                                                            "'repli"
                                                                                                            "cas':"
                                                                                                            "2") "," NODE("n1",
                                                                                                                          "'kubernetes.io/hostname':'n1'",
                                                                                                                          "",
                                                                                                                          ROOM),
      .lists = "node/", .scope = "pod/shop/web-1", .code = "sched.anti-affinity", .object = "statefulset/shop/web",
      .phrase = "each of 2 Pods, there are 1" },
    { "no node at all", POD("web", WANTS(""), UNSCHEDULABLE("no nodes available to schedule pods")), .lists = "node/",
      .code = "sched.no-nodes", .object = "pod/shop/web", .phrase = "no node at all" },
    { "beside others",
      POD("web",
          "'affinity':{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'labelSelector':{'matchLabels'"
          ":{'app':'cache'}},'topologyKey':'zone'}]}}," WANTS(""),
          UNSCHEDULABLE("0/1 nodes are available: 1 node(s) didn\\u0027t match pod affinity rules.")) "," NODE("n1", "",
                                                                                                               "",
                                                                                                               ROOM),
      .lists = "node/", .code = "sched.pod-affinity", .object = "pod/shop/web",
      .phrase = "beside Pods with app=cache in the same zone" },
    { "spread",
      POD("web",
          "'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'DoNotSchedule'}]"
          "," WANTS(""),
          UNSCHEDULABLE("0/1 nodes are available: 1 node(s) didn\\u0027t match pod topology spread constraints "
                        "(missing required label).")) "," NODE("n1", "", "", ROOM),
      .lists = "node/", .code = "sched.topology-spread", .object = "pod/shop/web", .phrase = "n1 lack that label" },
    { "host port",
      POD("a", "'containers':[{'name':'c','ports':[{'containerPort':80,'hostPort':80}]}]",
          UNSCHEDULABLE("0/1 nodes are available: 1 node(s) didn\\u0027t have free ports for the requested pod "
                        "ports.")) "," NODE("n1", "", "",
                                            ROOM) "," POD("b",
                                                          "'nodeName':'n1','containers':[{'name':'c','ports':[{'"
                                                          "containerPort':80,'hostPort':80}]}]",
                                                          RUNNING),
      .lists = "node/", .code = "sched.hostport", .object = "pod/shop/a",
      .phrase = "port 80 is taken on every candidate node, on n1 by pod/shop/b" },
    { "volume in another zone",
      POD("db", "'volumes':[{'name':'d','persistentVolumeClaim':{'claimName':'data'}}]," WANTS(""), UNSCHEDULABLE("0/1 nodes are available: 1 node(s) had volume node affinity conflict.")) "," OBJECT(
          "PersistentVolumeClaim", META("data"), "'volumeName':'pv1'",
          "'phase':'Bound'") "," OBJECT("PersistentVolume", META_ALONE("pv1"),
                                        "'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':[{'"
                                        "key':'zone','operator':'In','values':['a']}]}]}}",
                                        "'phase':'Bound'") "," NODE("n1", "'zone':'b'", "", ROOM),
      .lists = "node/", .code = "sched.volume-affinity", .object = "pod/shop/db",
      .phrase = "volume shop/data lives in a" },
    { "too many Pods",
      POD("one-more", WANTS(""), UNSCHEDULABLE("0/1 nodes are available: 1 Too many pods.")) "," NODE(
          "n1", "", "", "'allocatable':{'cpu':'4','pods':'1'}") "," POD("one", ONE_CONTAINER, RUNNING),
      .lists = "node/ pod/", .code = "node.too-many-pods", .object = "node//n1", .phrase = "n1: 1 of 1" },
    { "claim that is not there",
      POD("db", WANTS(""),
          UNSCHEDULABLE(
              "0/1 nodes are available: persistentvolumeclaim \\u0022data\\u0022 not found.")) "," OBJECT("Persiste"
                                                                                                          "ntVolume"
                                                                                                          "Claim",
                                                                                                          META("da"
                                                                                                               "t"),
                                                                                                          "'volumeN"
                                                                                                          "ame':'"
                                                                                                          "v'",
                                                                                                          "'phase':"
                                                                                                          "'Bound"
                                                                                                          "'"),
      .code = "pvc.missing", .object = "persistentvolumeclaim/shop/data", .phrase = "nearest is dat" },
    { "gate",
      POD("job", "'schedulingGates':[{'name':'example.com/quota'}]," WANTS(""),
          "'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False','reason':'SchedulingGated','"
          "message':'Scheduling is blocked due to non-empty scheduling gates'}]"),
      .code = "sched.gated", .object = "pod/shop/job",
      .phrase = "example.com/quota, which its controller has not removed for 10m" },
    { "bound by hand to nothing",
      POD("web", "'nodeName':'worker-77'," WANTS(""), "'phase':'Pending'") "," NODE("worker-7", "", "", ROOM),
      .lists = "node/", .code = "sched.nodename-missing", .object = "pod/shop/web", .phrase = "nearest is worker-7" },
    { "autoscaler at its maximum",
      POD("web", WANTS(REQUESTS("'cpu':'2'")), UNSCHEDULABLE("0/1 nodes are available: 1 Insufficient cpu.")),
      .events = "Normal|pod/shop/web|NotTriggerScaleUp|pod didn't trigger scale-up: 1 max node group size reached",
      .code = "sched.autoscaler-refused", .object = "pod/shop/web", .phrase = "max node group size reached" },
    { "only the event so far", POD("web", WANTS(REQUESTS("'cpu':'2'")), "'phase':'Pending'"),
      .events = "Warning|pod/shop/web|FailedScheduling|0/1 nodes are available: 1 Insufficient cpu.|1|0",
      .code = "sched.insufficient-cpu", .object = "pod/shop/web", .phrase = "2 CPU" },
    { "refused by the kubelet",
      POD("web", "'nodeName':'n1'," WANTS(""),
          "'phase':'Failed','reason':'OutOfcpu','message':'Node didn\\u0027t have enough resource: cpu, requested: "
          "500, used: 1900, capacity: 2000'"),
      .code = "sched.insufficient-cpu", .object = "pod/shop/web", .phrase = "0.5 CPU" },
    { "preempted",
      POD("low", ONE_CONTAINER,
          "'phase':'Failed','conditions':[{'type':'DisruptionTarget','status':'True','reason':'"
          "PreemptionByScheduler','message':'default-scheduler: preempting to accommodate a higher priority "
          "pod'}]"),
      .events = "Normal|pod/shop/low|Preempted|Preempted by pod 7f3a-11 on node n1", .code = "sched.preempted",
      .object = "pod/shop/low", .phrase = "make room for 7f3a-11" },
};

static void pods_that_no_node_takes(void **state)
{
    (void)state;
    case_expect(unplaced, COUNT(unplaced));
}

/* The same words, another cause: what the nodes say decides. */
static void what_was_looked_at_is_told(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "taints elsewhere",
                             POD("big", WANTS(REQUESTS("'cpu':'8'")),
                                 UNSCHEDULABLE("0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated "
                                               "taint(s).")) "," NODE("n1", "", "",
                                                                      ROOM) "," NODE("n2", "",
                                                                                     "'taints':[{'key':'dedicated','"
                                                                                     "effect':'NoSchedule'}]",
                                                                                     ROOM),
                             .lists = "node/" };
    case_verdict(&c, &a, &v);
    assert_string_equal(v.roots[0].code, "sched.insufficient-cpu");
    bool told = false;
    for (size_t i = 0; i < v.n_ruled_out; i++)
        told |= strcmp(v.ruled_out[i].what, "sched.taint") == 0 && strstr(v.ruled_out[i].why, "n2") &&
                *v.ruled_out[i].why_zh;
    assert_true(told);
    arena_fini(&a);
}

static void a_pod_that_was_just_made_is_no_fault_yet(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_verdict v;
    const struct case_ c = { "new", OBJECT("Pod", META_NOW("web"), WANTS(""), "'phase':'Pending'"),
                             .scope = "pod/shop/web" };
    case_verdict(&c, &a, &v);
    assert_int_equal(v.outcome, VERDICT_HEALTHY);
    assert_int_equal(v.n_roots, 0);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_that_no_node_takes),
        cmocka_unit_test(what_was_looked_at_is_told),
        cmocka_unit_test(a_pod_that_was_just_made_is_no_fault_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
