/* A node and its lease as the API server shows them: from the struct to JSON. */
#include "sim/node.h"

#include <stdio.h>

#include "base/str.h"
#include "sim/stamp.h"

static const struct condition_words {
    const char *type, *good_status, *good_reason, *good, *bad_reason, *bad;
    enum node_trouble trouble;
} words[NODE_CONDITIONS] = {
    [NODE_MEMORY] = { "MemoryPressure", "False", "KubeletHasSufficientMemory",
                      "kubelet has sufficient memory available", "KubeletHasInsufficientMemory",
                      "kubelet has insufficient memory available", NODE_MEMORY_PRESSURE },
    [NODE_DISK] = { "DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure",
                    "KubeletHasDiskPressure", "kubelet has disk pressure", NODE_DISK_PRESSURE },
    [NODE_PID] = { "PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available",
                   "KubeletHasInsufficientPID", "kubelet has insufficient PID available", NODE_PID_PRESSURE },
    [NODE_READY] = { "Ready", "True", "KubeletReady", "kubelet is posting ready status", "KubeletNotReady",
                     "[container runtime is down, PLEG is not healthy: pleg was last seen active 3m5s ago; threshold "
                     "is 3m0s]",
                     NODE_RUNTIME_DOWN },
};
static const char network_down[] = "container runtime network not ready: NetworkReady=false "
                                   "reason:NetworkPluginNotReady message:Network plugin returns error: cni "
                                   "plugin not initialized";

static bool is_bad(const struct node *n, enum node_condition which)
{
    return n->trouble == words[which].trouble || (which == NODE_READY && n->trouble == NODE_NETWORK_DOWN);
}

static void write_condition(struct json_w *j, const struct node *n, enum node_condition which)
{
    const struct condition_words *word = &words[which];
    bool bad = is_bad(n, which);
    json_w_object(j, NULL);
    json_w_str(j, "type", word->type);
    if (!n->reachable)
        json_w_str(j, "status", "Unknown");
    else
        json_w_str(j, "status", !bad ? word->good_status : which == NODE_READY ? "False" : "True");
    stamp_write(j, "lastHeartbeatTime", n->heartbeat_ms);
    stamp_write(j, "lastTransitionTime", n->since_ms[which]);
    json_w_str(j, "reason", !n->reachable ? "NodeStatusUnknown" : bad ? word->bad_reason : word->good_reason);
    json_w_str(j, "message",
               !n->reachable                     ? "Kubelet stopped posting node status."
               : !bad                            ? word->good
               : n->trouble == NODE_NETWORK_DOWN ? network_down
                                                 : word->bad);
    json_w_end(j);
}

static void write_amounts(struct json_w *j, const char *key, const struct node *n)
{
    json_w_object(j, key);
    plan_write_cpu(j, "cpu", n->cpu_m);
    plan_write_bytes(j, "ephemeral-storage", n->disk);
    json_w_str(j, "hugepages-1Gi", "0");
    json_w_str(j, "hugepages-2Mi", "0");
    plan_write_bytes(j, "memory", n->memory);
    char pods[12];
    snprintf(pods, sizeof pods, "%d", n->pods_max);
    json_w_str(j, "pods", pods);
    json_w_end(j);
}

static void write_labels(struct json_w *j, const struct node *n)
{
    json_w_object(j, "labels");
    json_w_str(j, "beta.kubernetes.io/arch", "amd64");
    json_w_str(j, "beta.kubernetes.io/os", "linux");
    json_w_str(j, "kubernetes.io/arch", "amd64");
    json_w_str(j, "kubernetes.io/hostname", n->name);
    json_w_str(j, "kubernetes.io/os", "linux");
    for (size_t i = 0; i < n->n_labels; i++)
        json_w_str(j, n->labels[i].name, n->labels[i].value);
    json_w_end(j);
}

static void write_spec(struct json_w *j, const struct node *n)
{
    json_w_object(j, "spec");
    if (n->n_taints > 0) {
        json_w_array(j, "taints");
        for (size_t i = 0; i < n->n_taints; i++) {
            json_w_object(j, NULL);
            json_w_str(j, "key", n->taints[i].key);
            json_w_str(j, "value", n->taints[i].value);
            json_w_str(j, "effect", n->taints[i].effect);
            json_w_end(j);
        }
        json_w_end(j);
    }
    if (n->cordoned)
        json_w_bool(j, "unschedulable", true);
    json_w_end(j);
}

static void write_status(struct json_w *j, const struct node *n)
{
    json_w_object(j, "status");
    write_amounts(j, "capacity", n);
    write_amounts(j, "allocatable", n);
    json_w_array(j, "conditions");
    for (enum node_condition i = 0; i < NODE_CONDITIONS; i++)
        write_condition(j, n, i);
    json_w_end(j);
    json_w_array(j, "addresses");
    json_w_object(j, NULL);
    json_w_str(j, "type", "InternalIP");
    json_w_str(j, "address", n->ip);
    json_w_end(j);
    json_w_object(j, NULL);
    json_w_str(j, "type", "Hostname");
    json_w_str(j, "address", n->name);
    json_w_end(j);
    json_w_end(j);
    stamp_json(j, "daemonEndpoints", "{\"kubeletEndpoint\":{\"Port\":10250}}");
    json_w_object(j, "nodeInfo");
    json_w_str(j, "machineID", n->object->uid);
    json_w_str(j, "systemUUID", n->object->uid);
    json_w_str(j, "bootID", n->object->uid);
    json_w_str(j, "kernelVersion", "6.12.38-amd64");
    json_w_str(j, "osImage", "Debian GNU/Linux 13 (trixie)");
    json_w_str(j, "containerRuntimeVersion", "containerd://2.3.7");
    json_w_str(j, "kubeletVersion", n->world->version);
    json_w_str(j, "kubeProxyVersion", "");
    json_w_str(j, "operatingSystem", "linux");
    json_w_str(j, "architecture", "amd64");
    json_w_end(j);
    json_w_array(j, "images");
    for (size_t i = 0; i < n->n_images; i++) {
        json_w_object(j, NULL);
        json_w_array(j, "names");
        json_w_str(j, NULL, n->images[i]);
        json_w_end(j);
        json_w_int(j, "sizeBytes", 1147820);
        json_w_end(j);
    }
    json_w_end(j);
    stamp_json(j, "runtimeHandlers",
               "[{\"name\":\"\",\"features\":{\"recursiveReadOnlyMounts\":true,\"userNamespaces\":true}}]");
    stamp_json(j, "features", "{\"supplementalGroupsPolicy\":true}");
    json_w_end(j);
}

void node_publish(struct node *n)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = n->object });
    write_labels(j, n);
    stamp_json(
        j, "annotations",
        "{\"node.alpha.kubernetes.io/ttl\":\"0\",\"volumes.kubernetes.io/controller-managed-attach-detach\":\"true\"}");
    json_w_end(j);
    write_spec(j, n);
    write_status(j, n);
    json_w_end(j);
    world_store(n->world, n->object, j);
}

void node_publish_lease(struct node *n)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = n->lease });
    world_write_owner(j, &(struct owner){ .kind = KIND_NODE, .name = n->name, .uid = n->object->uid });
    json_w_end(j);
    json_w_object(j, "spec");
    json_w_str(j, "holderIdentity", n->name);
    json_w_int(j, "leaseDurationSeconds", 40);
    stamp_write_micro(j, "renewTime", n->world->now_ms, (uint64_t)n->world->now_ms);
    json_w_end(j);
    json_w_end(j);
    world_store(n->world, n->lease, j);
}
