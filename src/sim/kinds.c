#include "sim/kinds.h"

#include <stdio.h>
#include <string.h>

#define EMPTY_NODE                                                                                                     \
    ",\"spec\":{},\"status\":{\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":0}},\"nodeInfo\":{\"machineID\":"     \
    "\"\",\"systemUUID\":\"\","                                                                                        \
    "\"bootID\":\"\",\"kernelVersion\":\"\",\"osImage\":\"\",\"containerRuntimeVersion\":\"\",\"kubeletVersion\":"     \
    "\"\","                                                                                                            \
    "\"kubeProxyVersion\":\"\",\"operatingSystem\":\"\",\"architecture\":\"\"}}"
#define EMPTY_EVENT                                                                                                    \
    ",\"involvedObject\":{},\"source\":{},\"firstTimestamp\":null,\"lastTimestamp\":null,\"eventTime\":null,"          \
    "\"reportingComponent\":\"\","                                                                                     \
    "\"reportingInstance\":\"\""
#define EMPTY_POD ",\"spec\":{\"containers\":null},\"status\":{}"
#define EMPTY     ",\"spec\":{},\"status\":{}"

/* clang-format off */
const struct kind_row kind_rows[KIND_COUNT] = {
    [KIND_NAMESPACE]       = { "", "v1", "namespaces", "Namespace", "namespace", false, true, EMPTY },
    [KIND_NODE]            = { "", "v1", "nodes", "Node", "node", false, true, EMPTY_NODE },
    [KIND_POD]             = { "", "v1", "pods", "Pod", "pod", true, true, EMPTY_POD },
    [KIND_EVENT]           = { "", "v1", "events", "Event", "event", true, false, EMPTY_EVENT },
    [KIND_SERVICE]         = { "", "v1", "services", "Service", "service", true, true, EMPTY },
    [KIND_CONFIG_MAP]      = { "", "v1", "configmaps", "ConfigMap", "configmap", true, true, "" },
    [KIND_SECRET]          = { "", "v1", "secrets", "Secret", "secret", true, true, "" },
    [KIND_SERVICE_ACCOUNT] = { "", "v1", "serviceaccounts", "ServiceAccount", "serviceaccount", true, true, "" },
    [KIND_CLAIM]           = { "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "persistentvolumeclaim", true, true, EMPTY },
    [KIND_VOLUME]          = { "", "v1", "persistentvolumes", "PersistentVolume", "persistentvolume", false, true, EMPTY },
    [KIND_QUOTA]           = { "", "v1", "resourcequotas", "ResourceQuota", "resourcequota", true, true, EMPTY },
    [KIND_LIMIT_RANGE]     = { "", "v1", "limitranges", "LimitRange", "limitrange", true, true, EMPTY },
    [KIND_DEPLOYMENT]      = { "apps", "v1", "deployments", "Deployment", "deployment", true, true, EMPTY },
    [KIND_REPLICA_SET]     = { "apps", "v1", "replicasets", "ReplicaSet", "replicaset", true, true, EMPTY },
    [KIND_STATEFUL_SET]    = { "apps", "v1", "statefulsets", "StatefulSet", "statefulset", true, true, EMPTY },
    [KIND_DAEMON_SET]      = { "apps", "v1", "daemonsets", "DaemonSet", "daemonset", true, true, EMPTY },
    [KIND_JOB]             = { "batch", "v1", "jobs", "Job", "job", true, true, EMPTY },
    [KIND_CRON_JOB]        = { "batch", "v1", "cronjobs", "CronJob", "cronjob", true, true, EMPTY },
    [KIND_ENDPOINT_SLICE]  = { "discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", "endpointslice", true, true, "" },
    [KIND_STORAGE_CLASS]   = { "storage.k8s.io", "v1", "storageclasses", "StorageClass", "storageclass", false, true, "" },
    [KIND_LEASE]           = { "coordination.k8s.io", "v1", "leases", "Lease", "lease", true, true, "" },
    [KIND_WEBHOOK]         = { "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", "validatingwebhookconfiguration", false, true, "" },
    [KIND_MUTATING_WEBHOOK] = { "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", "mutatingwebhookconfiguration", false, true, "" },
    [KIND_API_SERVICE]     = { "apiregistration.k8s.io", "v1", "apiservices", "APIService", "apiservice", false, true, EMPTY },
    [KIND_INGRESS]         = { "networking.k8s.io", "v1", "ingresses", "Ingress", "ingress", true, true, EMPTY },
    [KIND_INGRESS_CLASS]   = { "networking.k8s.io", "v1", "ingressclasses", "IngressClass", "ingressclass", false, true, "" },
    [KIND_NETWORK_POLICY]  = { "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "networkpolicy", true, true, "" },
    [KIND_DISRUPTION_BUDGET] = { "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "poddisruptionbudget", true, true, EMPTY },
    [KIND_AUTOSCALER]      = { "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "horizontalpodautoscaler", true, true, EMPTY },
    [KIND_PRIORITY_CLASS]  = { "scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "priorityclass", false, true, "" },
    [KIND_RUNTIME_CLASS]   = { "node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", "runtimeclass", false, true, "" },
    [KIND_ROLE]            = { "rbac.authorization.k8s.io", "v1", "roles", "Role", "role", true, true, "" },
    [KIND_ROLE_BINDING]    = { "rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", "rolebinding", true, true, "" },
    [KIND_CLUSTER_ROLE]    = { "rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", "clusterrole", false, true, "" },
    [KIND_CLUSTER_ROLE_BINDING] = { "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", "clusterrolebinding", false, true, "" },
    [KIND_VOLUME_ATTACHMENT] = { "storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", "volumeattachment", false, true, EMPTY },
    [KIND_CSI_DRIVER]      = { "storage.k8s.io", "v1", "csidrivers", "CSIDriver", "csidriver", false, true, EMPTY },
    [KIND_CSI_NODE]        = { "storage.k8s.io", "v1", "csinodes", "CSINode", "csinode", false, true, EMPTY },
    [KIND_ENDPOINTS]       = { "", "v1", "endpoints", "Endpoints", "endpoints", true, true, "" },
    [KIND_REPLICATION_CONTROLLER] = { "", "v1", "replicationcontrollers", "ReplicationController", "replicationcontroller", true, true, EMPTY },
    [KIND_CONTROLLER_REVISION] = { "apps", "v1", "controllerrevisions", "ControllerRevision", "controllerrevision", true, true, "" },
};
/* clang-format on */

const char *kind_api_version(enum kind kind)
{
    static char texts[KIND_COUNT][48];
    const struct kind_row *row = &kind_rows[kind];
    if (!texts[kind][0])
        snprintf(texts[kind], sizeof texts[kind], "%s%s%s", row->group, row->group[0] ? "/" : "", row->version);
    return texts[kind];
}

static bool same(const char *whole, const char *part, size_t size)
{
    return strlen(whole) == size && memcmp(whole, part, size) == 0;
}

enum kind kind_find(const char *group, size_t group_size, const char *version, size_t version_size,
                    const char *resource, size_t resource_size)
{
    enum kind kind = 0;
    while (kind < KIND_COUNT &&
           !(same(kind_rows[kind].resource, resource, resource_size) &&
             same(kind_rows[kind].group, group, group_size) && same(kind_rows[kind].version, version, version_size)))
        kind++;
    return kind;
}
