/* What the doctor asks a cluster itself: its rights and its metrics. */
#include "ctl/doctor.h"

#include "ctl/local_cluster.h"
#include "kube/access_review.h"
#include "kube/kube.h"

/* What the agent and a diagnosis read; the costs of each are in docs/diagnosis.md. */
static const struct right {
    const char *verb, *group, *resource, *sub;
    const char *costs, *costs_zh;
} rights[] = {
    { "list", "", "pods", "", "almost everything", "几乎所有诊断" },
    { "watch", "", "events", "", "noticing anything", "无法察觉任何问题" },
    { "get", "", "pods", "log", "causes that only a log tells", "只有日志才能说明的根因" },
    { "list", "", "nodes", "", "causes on nodes, scheduling", "节点与调度类根因" },
    { "list", "apps", "deployments", "", "rollouts", "发布类根因" },
    { "list", "apps", "replicasets", "", "rollouts", "发布类根因" },
    { "list", "", "services", "", "services without endpoints", "Service 无端点" },
    { "list", "discovery.k8s.io", "endpointslices", "", "services without endpoints", "Service 无端点" },
    { "get", "", "configmaps", "", "missing ConfigMaps and keys", "缺失的 ConfigMap 与键" },
    { "list", "", "persistentvolumeclaims", "", "volumes", "存储卷类根因" },
    { "list", "", "resourcequotas", "", "quotas", "配额类根因" },
    { "list", "batch", "jobs", "", "failed Jobs", "失败的 Job" },
    { "list", "networking.k8s.io", "networkpolicies", "", "blocked traffic", "被拦截的流量" },
    { "list", "coordination.k8s.io", "leases", "", "lost nodes, stopped controllers", "失联节点与停止的控制器" },
};

static void check_right(struct doctor *d, struct kube *k, const struct right *r)
{
    struct err e;
    struct json_doc *answer;
    AUTO_FREE char *body = access_review(&(struct access){ .verb = r->verb, .group = r->group, .resource = r->resource, .subresource = r->sub,
                                                           .namespace_ = d->c->options.namespace_ });
    AUTO_FREE char *what = str_printf("%s %s%s%s", r->verb, r->resource, r->sub[0] ? "/" : "", r->sub);
    int status = local_cluster_ask(d->c, k, ACCESS_REVIEW_PATH, body, &answer, &e);
    bool allowed = json_bool(json_at(json_root(answer), "status.allowed"), false);
    if (status < 200 || status > 299)
        doctor_say(d, CHECK_WARN, what, "%s", e.text);
    else if (allowed)
        doctor_say(d, CHECK_FINE, what, "%s", tr(d->c, "allowed", "允许"));
    else
        doctor_say(d, CHECK_WARN, what, tr(d->c, "not allowed; costs: %s", "不允许；影响：%s"), tr(d->c, r->costs, r->costs_zh));
    json_doc_free(answer);
}

static void check_metrics(struct doctor *d, struct kube *k)
{
    struct err e;
    struct json_doc *answer;
    int status = local_cluster_ask(d->c, k, "/apis/metrics.k8s.io/v1beta1/nodes?limit=1", NULL, &answer, &e);
    if (status == 200)
        doctor_say(d, CHECK_FINE, "metrics.k8s.io", "%s", tr(d->c, "served", "可用"));
    else
        doctor_say(d, CHECK_WARN, "metrics.k8s.io", tr(d->c, "not served (%d): no CPU and memory use; install metrics-server", "不可用（%d）：没有 CPU 和内存用量；请安装 metrics-server"), status);
    json_doc_free(answer);
}

void doctor_check_cluster(struct doctor *d)
{
    struct err e;
    AUTO_FREE char *name = NULL;
    struct kube *k = local_cluster_open(d->c, &name, &e);
    if (!k) {
        doctor_say(d, CHECK_BAD, "kubeconfig", "%s", e.text);
        d->failed = true;
        return;
    }
    struct json_doc *answer;
    int status = local_cluster_ask(d->c, k, "/version", NULL, &answer, &e);
    if (status == 200) {
        doctor_say(d, CHECK_FINE, "API", tr(d->c, "%s answers as %s, Kubernetes %s", "%s 有应答（%s），Kubernetes %s"), kube_server(k), str_or_empty(name), str_or_empty(json_get_str(json_root(answer), "gitVersion")));
        for (size_t i = 0; i < COUNT(rights); i++)
            check_right(d, k, &rights[i]);
        check_metrics(d, k);
    } else {
        doctor_say(d, CHECK_BAD, "API", "%s: %s", kube_server(k), e.text);
        d->failed = true;
    }
    json_doc_free(answer);
    kube_free(k);
}
