/* The kinds that we know, one row each. */
#include "kube/kube.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "http/client.h"

#define NAMESPACED true
#define CLUSTER    false

const struct kube_kind kube_kinds[] = {
    { "Pod", "pod", "pods", "po", "", "v1", NAMESPACED },
    { "Event", "event", "events", "ev", "", "v1", NAMESPACED },
    { "Node", "node", "nodes", "no", "", "v1", CLUSTER },
    { "Namespace", "namespace", "namespaces", "ns", "", "v1", CLUSTER },
    { "Service", "service", "services", "svc", "", "v1", NAMESPACED },
    { "Endpoints", "endpoints", "endpoints", "ep", "", "v1", NAMESPACED },
    { "EndpointSlice", "endpointslice", "endpointslices", "", "discovery.k8s.io", "v1", NAMESPACED },
    { "ConfigMap", "configmap", "configmaps", "cm", "", "v1", NAMESPACED },
    { "Secret", "secret", "secrets", "", "", "v1", NAMESPACED },
    { "ServiceAccount", "serviceaccount", "serviceaccounts", "sa", "", "v1", NAMESPACED },
    { "PersistentVolumeClaim", "persistentvolumeclaim", "persistentvolumeclaims", "pvc", "", "v1", NAMESPACED },
    { "PersistentVolume", "persistentvolume", "persistentvolumes", "pv", "", "v1", CLUSTER },
    { "ResourceQuota", "resourcequota", "resourcequotas", "quota", "", "v1", NAMESPACED },
    { "LimitRange", "limitrange", "limitranges", "limits", "", "v1", NAMESPACED },
    { "ReplicationController", "replicationcontroller", "replicationcontrollers", "rc", "", "v1", NAMESPACED },
    { "Deployment", "deployment", "deployments", "deploy", "apps", "v1", NAMESPACED },
    { "ReplicaSet", "replicaset", "replicasets", "rs", "apps", "v1", NAMESPACED },
    { "StatefulSet", "statefulset", "statefulsets", "sts", "apps", "v1", NAMESPACED },
    { "DaemonSet", "daemonset", "daemonsets", "ds", "apps", "v1", NAMESPACED },
    { "Job", "job", "jobs", "", "batch", "v1", NAMESPACED },
    { "CronJob", "cronjob", "cronjobs", "cj", "batch", "v1", NAMESPACED },
    { "HorizontalPodAutoscaler", "horizontalpodautoscaler", "horizontalpodautoscalers", "hpa", "autoscaling", "v2",
      NAMESPACED },
    { "PodDisruptionBudget", "poddisruptionbudget", "poddisruptionbudgets", "pdb", "policy", "v1", NAMESPACED },
    { "Ingress", "ingress", "ingresses", "ing", "networking.k8s.io", "v1", NAMESPACED },
    { "IngressClass", "ingressclass", "ingressclasses", "", "networking.k8s.io", "v1", CLUSTER },
    { "NetworkPolicy", "networkpolicy", "networkpolicies", "netpol", "networking.k8s.io", "v1", NAMESPACED },
    { "StorageClass", "storageclass", "storageclasses", "sc", "storage.k8s.io", "v1", CLUSTER },
    { "VolumeAttachment", "volumeattachment", "volumeattachments", "", "storage.k8s.io", "v1", CLUSTER },
    { "CSIDriver", "csidriver", "csidrivers", "", "storage.k8s.io", "v1", CLUSTER },
    { "CSINode", "csinode", "csinodes", "", "storage.k8s.io", "v1", CLUSTER },
    { "Lease", "lease", "leases", "", "coordination.k8s.io", "v1", NAMESPACED },
    { "Role", "role", "roles", "", "rbac.authorization.k8s.io", "v1", NAMESPACED },
    { "RoleBinding", "rolebinding", "rolebindings", "", "rbac.authorization.k8s.io", "v1", NAMESPACED },
    { "ClusterRole", "clusterrole", "clusterroles", "", "rbac.authorization.k8s.io", "v1", CLUSTER },
    { "ClusterRoleBinding", "clusterrolebinding", "clusterrolebindings", "", "rbac.authorization.k8s.io", "v1",
      CLUSTER },
    { "ValidatingWebhookConfiguration", "validatingwebhookconfiguration", "validatingwebhookconfigurations", "",
      "admissionregistration.k8s.io", "v1", CLUSTER },
    { "MutatingWebhookConfiguration", "mutatingwebhookconfiguration", "mutatingwebhookconfigurations", "",
      "admissionregistration.k8s.io", "v1", CLUSTER },
    { "APIService", "apiservice", "apiservices", "", "apiregistration.k8s.io", "v1", CLUSTER },
    { "PriorityClass", "priorityclass", "priorityclasses", "pc", "scheduling.k8s.io", "v1", CLUSTER },
    { "RuntimeClass", "runtimeclass", "runtimeclasses", "", "node.k8s.io", "v1", CLUSTER },
    /* Served under the same plurals as nodes and pods; found by these names only. */
    { "NodeMetrics", "nodemetrics", "nodes", "", "metrics.k8s.io", "v1beta1", CLUSTER },
    { "PodMetrics", "podmetrics", "pods", "", "metrics.k8s.io", "v1beta1", NAMESPACED },
};
const size_t kube_kinds_count = COUNT(kube_kinds);

static bool is_short(const char *shorts, const char *name, size_t size)
{
    while (*shorts) {
        size_t word = strcspn(shorts, " ");
        if (word == size && !strncasecmp(shorts, name, size))
            return true;
        shorts += word + (shorts[word] == ' ');
    }
    return false;
}

static bool is_name(const char *candidate, const char *name, size_t size)
{
    return strlen(candidate) == size && !strncasecmp(candidate, name, size);
}

const struct kube_kind *kube_kind_find(const char *name)
{
    size_t size = strcspn(name, ".");
    const char *group = name[size] ? name + size + 1 : NULL; /* "deployments.apps", "leases.coordination.k8s.io" */
    for (size_t i = 0; i < kube_kinds_count; i++) {
        const struct kube_kind *k = &kube_kinds[i];
        if (group && !str_eq_nocase(group, k->group))
            continue;
        if (is_name(k->kind, name, size) || is_name(k->singular, name, size) || is_name(k->plural, name, size) ||
            is_short(k->shorts, name, size))
            return k;
    }
    return NULL;
}

/* RBAC names are path segments, "system:node" among them; all others are DNS names. */
static bool is_allowed(const struct kube_kind *kind, const char *name)
{
    if (strcmp(kind->group, "rbac.authorization.k8s.io"))
        return str_is_dns_name(name);
    size_t size = strlen(name);
    if (!size || size > 253 || !strcmp(name, ".") || !strcmp(name, ".."))
        return false;
    for (const char *c = name; *c; c++)
        if (*c == '/' || *c == '%' || (unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return true;
}

char *kube_path(const struct kube_kind *kind, const char *namespace_, const char *name)
{
    bool in_namespace = kind->namespaced && namespace_ && *namespace_;
    if (in_namespace && !str_is_dns_label(namespace_))
        return NULL;
    if (name && *name && !is_allowed(kind, name))
        return NULL;
    if (kind->namespaced && name && *name && !in_namespace)
        return NULL; /* there is no address for an object without its namespace */

    struct buf out = { 0 };
    buf_printf(&out, *kind->group ? "/apis/%s/%s" : "/api%s/%s", kind->group, kind->version);
    if (in_namespace)
        buf_printf(&out, "/namespaces/%s", namespace_);
    buf_printf(&out, "/%s", kind->plural);
    if (name && *name) {
        AUTO_FREE char *escaped = http_escape(name);
        buf_printf(&out, "/%s", escaped);
    }
    return buf_take(&out, NULL);
}

char *kube_events_selector(const char *kind, const char *name)
{
    return str_printf("involvedObject.kind=%s,involvedObject.name=%s", kind, name);
}
