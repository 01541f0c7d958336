/* Nodes and the control plane. */
#include "diagnose/case_test.h"

#define SICK(type, status, message)                                                                                    \
    "{'kind':'Node','metadata':{'name':'n1'},'spec':{},'status':{'conditions':[{'type':'" type "','status':'" status   \
    "','reason':'R','message':'" message "','lastTransitionTime':'" DAY "11:58:00Z','lastHeartbeatTime':'" DAY         \
    "11:57:20Z'}]}}"
#define BAD(type, message)                                                                                             \
    "{'kind':'Node','metadata':{'name':'n1'},'spec':{},'status':{'conditions':[{'type':'Ready','status':'True'},{'"    \
    "type':'" type "','status':'True','message':'" message "','lastTransitionTime':'" DAY "11:58:00Z'}]}}"
#define WELL                   NODE("n1", "", "", ROOM)
#define EVENT(reason, message) "Warning|node//n1|" reason "|" message
#define LEASE(place, name, time)                                                                                       \
    "{'kind':'Lease','metadata':{'name':'" name "','namespace':'" place                                                \
    "'},'spec':{'leaseDurationSeconds':40,'renewTime':'" DAY time "'}}"
#define PROXY(name, node, ready)                                                                                       \
    "{'kind':'Pod','metadata':{'name':'" name "','namespace':'kube-system','creationTimestamp':'" DAY                  \
    "11:00:00Z','labels':{'k8s-app':'kube-proxy'}},'spec':{'nodeName':'" node                                          \
    "','containers':[{'name':'c'}]},'status':{'phase':'Running','conditions':[{'type':'Ready','status':'" ready        \
    "','message':'containers with unready status: [c]','lastTransitionTime':'" DAY "11:50:00Z'}]}}"

static void nodes_with_a_trouble_of_their_own(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "no heartbeat",
          SICK("Ready", "Unknown", "Kubelet stopped posting node status.") "," LEASE("kube-node-lease", "n1",
                                                                                     "11:57:10.000000Z"),
          .code = "node.kubelet-down", .object = "node//n1", .phrase = "since 11:57:20 UTC" },
        { "no heartbeat, before anybody said so", WELL "," LEASE("kube-node-lease", "n1", "11:58:10.000000Z"),
          .code = "node.kubelet-down", .object = "node//n1", .phrase = "since 11:58:10 UTC" },
        { "runtime", SICK("Ready", "False", "[container runtime is down, PLEG is not healthy]"),
          .code = "node.runtime-down", .object = "node//n1", .phrase = "container runtime is down" },
        { "certificate",
          SICK("Ready", "False", "x509: certificate has expired: current time is after 2025-12-31T00:00:00Z"),
          .code = "node.cert-expired", .object = "node//n1", .phrase = "expired at 2025-12-31T00:00:00Z" },
        { "network plugin",
          SICK("Ready", "False",
               "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni "
               "plugin not initialized"),
          .code = "node.not-ready", .object = "node//n1", .phrase = "cni plugin not initialized" },
        { "memory", BAD("MemoryPressure", "kubelet has insufficient memory available"), .code = "node.memory-pressure",
          .object = "node//n1" },
        { "disk", BAD("DiskPressure", "kubelet has disk pressure"), .code = "node.disk-pressure",
          .object = "node//n1" },
        { "processes", BAD("PIDPressure", "kubelet has insufficient PID available"), .code = "node.pid-pressure",
          .object = "node//n1" },
        { "route", BAD("NetworkUnavailable", "RouteController failed to create a route"),
          .code = "node.network-unavailable", .object = "node//n1", .phrase = "failed to create a route" },
        { "kernel", BAD("KernelDeadlock", "task docker:1 blocked for more than 300 seconds"), .code = "node.kernel",
          .object = "node//n1", .phrase = "blocked for more than 300 seconds" },
        { "file system", BAD("ReadonlyFilesystem", "Remounting filesystem read-only"), .code = "node.disk-fault",
          .object = "node//n1" },
        { "clock", BAD("NTPProblem", "NTP service is not functioning"), .code = "node.clock-skew",
          .object = "node//n1" },
        { "restarts", BAD("FrequentContainerdRestart", "containerd restarted 5 times"), .code = "node.restart-loops",
          .object = "node//n1", .phrase = "containerd keeps restarting" },
        { "memory of the machine", WELL,
          EVENT("SystemOOM", "System OOM encountered, victim process: stress, pid: 4711"), .code = "node.system-oom",
          .object = "node//n1", .phrase = "its kernel killed stress" },
        { "connection table", WELL, EVENT("ConntrackFull", "nf_conntrack: table full, dropping packet"),
          .code = "net.conntrack-full", .object = "node//n1" },
        { "flapping", WELL, .events = "Normal|node//n1|NodeNotReady|Node n1 status is now: NodeNotReady|4|120",
          .code = "node.flapping", .object = "node//n1", .phrase = "NotReady 4 times in 20m" },
        { "kube-proxy of this node alone",
          WELL "," NODE("n2", "", "", ROOM) "," PROXY("p1", "n1", "False") "," PROXY("p2", "n2", "True"),
          .scope = "node//n1", .code = "node.kube-proxy-down", .object = "node//n1", .phrase = "kube-proxy" },
    };
    case_expect(cases, COUNT(cases));
}

#define UNSEEN(name, owner) POD_OF(name, "StatefulSet", owner, "'containers':[{'name':'c'}]", "'phase':'Pending'")
#define UNTOUCHED(kind, name)                                                                                          \
    "{'kind':'" kind "','metadata':{'name':'" name "','namespace':'shop','generation':2,'creationTimestamp':'" DAY     \
    "11:00:00Z'},'spec':{'replicas':1},'status':{'observedGeneration':1,'replicas':1,'readyReplicas':1}}"

static void the_control_plane_by_what_it_leaves_undone(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "scheduler",
          UNSEEN("a-0", "a") "," UNSEEN("b-0", "b") "," LEASE("kube-system", "kube-scheduler", "11:40:00.000000Z"),
          .code = "cp.scheduler-down", .object = "lease/kube-system/kube-scheduler",
          .phrase = "2 Pods of different workloads are Pending" },
        { "scheduler as a Pod",
          UNSEEN("a-0", "a") "," UNSEEN("b-0",
                                        "b") ",{'kind':'Pod','metadata':{'name':'kube-scheduler-cp1','namespace':'kube-"
                                             "system','labels':{'component':'kube-scheduler'},'creationTimestamp':'" DAY
                                             "11:59:59Z'},'spec':{},'status':{'phase':'Pending'}}",
          .code = "cp.scheduler-down", .object = "pod/kube-system/kube-scheduler-cp1" },
        { "controller manager",
          UNTOUCHED("Deployment", "a") "," UNTOUCHED("StatefulSet", "b") "," LEASE(
              "kube-system", "kube-controller-manager", "11:40:00.000000Z"),
          .code = "cp.controller-manager-down", .object = "lease/kube-system/kube-controller-manager",
          .phrase = "2 objects have changed" },
        { "etcd", NODE("n1", "", "", ROOM),
          .events =
              "Warning|replicaset/shop/web-1|FailedCreate|Error creating: etcdserver: mvcc: database space exceeded",
          .code = "cp.etcd", .object = "pod/kube-system/etcd", .phrase = "database space exceeded" },
        { "aggregated API",
          "{'kind':'APIService','metadata':{'name':'v1beta1.metrics.k8s.io'},'spec':{'group':'metrics.k8s.io','version'"
          ":'v1beta1','service':{'namespace':'kube-system','name':'metrics-server'}},'status':{'conditions':[{'type':'"
          "Available','status':'False','message':'no response from https://10.0.0.1:443'}]}}",
          .code = "cp.aggregated-api-down", .object = "apiservice//v1beta1.metrics.k8s.io",
          .phrase = "metrics.k8s.io/v1beta1 is not available" },
        { "namespace that does not go",
          "{'kind':'Namespace','metadata':{'name':'old','deletionTimestamp':'" DAY
          "11:30:00Z'},'spec':{},'status':{'phase':'Terminating','conditions':[{'type':'NamespaceFinalizersRemaining','"
          "status':'True','message':'Some content in the namespace has finalizers remaining: example.com/x in 1 "
          "resource instances'}]}}",
          .code = "ns.terminating-stuck", .object = "namespace//old", .phrase = "terminating for 30m" },
    };
    case_expect(cases, COUNT(cases));
}

static void pods_of_a_dead_node_are_its_victims(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct diagnose_incidents all;
    struct err e = { 0 };
    size_t size;
    const struct case_ c = {
        "dead node",
        SICK("Ready", "Unknown", "Kubelet stopped posting node status.") "," POD_OF(
            "web-1", "StatefulSet", "web", ONE_CONTAINER,
            UNREADY) "," POD_OF("web-2", "StatefulSet", "web", ONE_CONTAINER,
                                UNREADY) "," POD("alone", ONE_CONTAINER,
                                                 UNREADY) "," OBJECT("Service", META("web"),
                                                                     "'selector':{'app':'web'},'ports':[{'"
                                                                     "port':80}]",
                                                                     "") ",{'kind':'EndpointSlice'"
                                                                         "," META_LABELS("web-x", "'kubernetes.io/"
                                                                                                  "service-name':'"
                                                                                                  "web'") ",'"
                                                                                                          "endpoint"
                                                                                                          "s':[{'"
                                                                                                          "addresse"
                                                                                                          "s':['10."
                                                                                                          "0.0.1'],"
                                                                                                          "'conditi"
                                                                                                          "ons':{'"
                                                                                                          "ready':"
                                                                                                          "false}}]"
                                                                                                          "}"
    };
    AUTO_FREE char *text = case_bundle(&c, &size);
    assert_int_equal(diagnose_all(text, size, &a, &all, &e), 0);
    assert_int_equal(all.count, 1);
    assert_int_equal(all.items[0].severity, SEVERITY_CRITICAL);
    assert_string_equal(all.items[0].verdict.roots[0].code, "node.kubelet-down");
    static const char *const victims[] = { "pod/shop/web-1", "pod/shop/web-2", "pod/shop/alone", "service/shop/web" };
    for (size_t i = 0; i < COUNT(victims); i++) {
        bool told = false;
        for (size_t k = 0; k < all.items[0].verdict.n_victims; k++)
            told |= strcmp(all.items[0].verdict.victims[k].what, victims[i]) == 0 &&
                    *all.items[0].verdict.victims[k].why_zh;
        if (!told)
            fail_msg("%s is no victim", victims[i]);
    }
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_with_a_trouble_of_their_own),
        cmocka_unit_test(the_control_plane_by_what_it_leaves_undone),
        cmocka_unit_test(pods_of_a_dead_node_are_its_victims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
