#include "diagnose/unchecked.h"

#include <string.h>

#include "base/str.h"

/* Codes that cannot be proved without a resource. */
static const struct {
    const char *resource, *codes;
} costs[] = {
    { "pods", "sched.*, image.*, config.*, start.*, crash.*, probe.*" },
    { "pods/log", "crash.*, app.*, rbac.app-forbidden" },
    { "events", "sched.*, probe.*, volume.*, admission.*" },
    { "nodes", "node.*, sched.*" },
    { "leases", "node.kubelet-down, cp.*" },
    { "configmaps", "config.configmap-missing, config.key-missing" },
    { "secrets", "config.secret-missing, image.auth, ingress.tls-missing" },
    { "services", "svc.*, crash.dependency-unreachable" },
    { "endpointslices", "svc.*" },
    { "ingresses", "ingress.*" },
    { "ingressclasses", "ingress.class-missing" },
    { "networkpolicies", "netpol.blocking" },
    { "persistentvolumeclaims", "pvc.*, volume.*" },
    { "persistentvolumes", "pvc.no-matching-pv, pvc.pv-occupied, sched.volume-affinity" },
    { "storageclasses", "pvc.storageclass" },
    { "volumeattachments", "volume.multi-attach" },
    { "resourcequotas", "admission.quota" },
    { "limitranges", "admission.limitrange" },
    { "serviceaccounts", "admission.serviceaccount, image.auth" },
    { "deployments", "workload.*" },
    { "replicasets", "workload.bad-rollout, admission.*" },
    { "statefulsets", "workload.sts-*" },
    { "daemonsets", "workload.daemonset-unplaced" },
    { "jobs", "job.*" },
    { "cronjobs", "cronjob.not-running" },
    { "horizontalpodautoscalers", "hpa.*" },
    { "poddisruptionbudgets", "pdb.blocks-eviction" },
    { "validatingwebhookconfigurations", "admission.webhook-unreachable" },
    { "mutatingwebhookconfigurations", "admission.webhook-unreachable, admission.mutated-spec" },
    { "apiservices", "cp.aggregated-api-down, hpa.no-metrics" },
    { "roles", "rbac.app-forbidden" },
    { "rolebindings", "rbac.app-forbidden" },
};

static const char *codes_for(const char *resource)
{
    for (size_t i = 0; resource && i < COUNT(costs); i++)
        if (strcmp(costs[i].resource, resource) == 0)
            return costs[i].codes;
    return NULL;
}

static struct wire_reason one(struct arena *a, const json *v)
{
    const char *why = json_get_str(v, "why"), *resource = json_get_str(v, "resource"), *what = json_get_str(v, "what");
    const char *namespace_ = str_or_empty(json_get_str(v, "namespace")), *codes = codes_for(resource);
    why = why && *why ? why : "?";
    const char *shown = what && *what ? what : resource ? resource : "?";
    return (struct wire_reason){
        .what = arena_printf(a, "%.200s", shown),
        .why = codes ? arena_printf(a, "%.300s%s%.63s; without it these cannot be ruled out: %s", why,
                                    *namespace_ ? " in " : "", namespace_, codes)
                     : arena_printf(a, "%.300s", why),
        .why_zh = codes ? arena_printf(a, "%.300s%s%.63s%s；因此无法排除：%s", why, *namespace_ ? "（namespace " : "",
                                       namespace_, *namespace_ ? "）" : "", codes)
                        : arena_printf(a, "%.300s", why),
    };
}

/* Does one of the roots quote a log, so that another one of the same Pod is not missed? */
static bool has_log(const struct finding *f)
{
    for (size_t i = 0; i < f->n_quotes; i++)
        if (str_starts(f->quotes[i].source, "log "))
            return true;
    return false;
}

static bool is_about_roots(struct finding *const *roots, size_t n_roots, const char *what)
{
    for (size_t i = 0; i < n_roots; i++) {
        const char *pod = str_starts(roots[i]->subject, "pod/") ? roots[i]->subject + strlen("pod/") : NULL;
        if (pod && strstr(what, pod) && !has_log(roots[i]))
            return true;
    }
    return false;
}

size_t unchecked_list(const struct run *r, struct finding *const *roots, size_t n_roots, struct arena *a,
                      struct wire_reason *out, size_t max)
{
    size_t n = 0;
    const json *list = r->f->not_checked;
    for (struct json_iter i = json_iter(json_is_array(list) ? list : NULL); n < max && json_next(&i);)
        if (!str_eq(json_get_str(i.value, "resource"), "pods/log") ||
            is_about_roots(roots, n_roots, str_or_empty(json_get_str(i.value, "what"))))
            out[n++] = one(a, i.value);
    return n;
}
