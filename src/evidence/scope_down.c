/* Down from each kind to its pods and what else it consists of. */
#include "evidence/scope_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "http/client.h"

#define SETS_MOST    2 /* ReplicaSets of a Deployment: this revision and the last */
#define JOBS_MOST    3 /* of a CronJob                                            */
#define SIMILAR_MOST 3 /* pods that a Service may have been meant to select       */

/* --- down from each kind ---------------------------------------------------------------------------------------- */

static void explore_pod(struct scope *s, json *pod)
{
    scope_take_pod(s, pod);
}

static void explore_selector(struct scope *s, json *object)
{
    AUTO_BUF struct buf query = { 0 };
    if (refs_selector_query(json_at(object, "spec.selector"), &query))
        scope_ask_for_pods(s, s->ref.namespace_, buf_text(&query));
}

static void explore_stateful_set(struct scope *s, json *object)
{
    const char *service = json_at_str(object, "spec.serviceName");
    explore_selector(s, object);
    if (service && *service)
        scope_get(s, "service", s->ref.namespace_, service, false);
}

static void take_set(void *arg, json *set)
{
    struct scope *s = arg;
    collection_object(s->into, kube_kind_find("replicaset"), set, RANK_OWNER);
    scope_want_events_of(s, "ReplicaSet", name_of(set));
}

static int64_t revision_of(const json *set)
{
    for (struct json_iter i = json_iter(json_at(set, "metadata.annotations")); json_next(&i);)
        if (str_eq(i.key, "deployment.kubernetes.io/revision"))
            return strtoll(str_or_empty(json_str(i.value)), NULL, 10);
    return 0;
}

static void consider_set(void *arg, const struct kube_kind *kind, json *set)
{
    (void)kind;
    struct scope *s = arg;
    if (refs_owned_by(set, s->uid))
        picks_add(&s->sets, set, revision_of(set));
}

static void sets_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind, (void)whole;
    struct scope *s = arg;
    picks_take(&s->sets, SETS_MOST, take_set, s);
}

static void explore_deployment(struct scope *s, json *object)
{
    AUTO_BUF struct buf query = { 0 };
    if (!refs_selector_query(json_at(object, "spec.selector"), &query))
        return;
    free(s->uid);
    s->uid = str_dup(json_at_str(object, "metadata.uid"));
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("replicaset"),
                                    .namespace_ = s->ref.namespace_,
                                    .query = buf_text(&query),
                                    .pages_max = PAGES_MOST,
                                    .item = consider_set,
                                    .end = sets_are_read },
              s);
    scope_ask_for_pods(s, s->ref.namespace_, buf_text(&query));
}

static void take_job(void *arg, json *job)
{
    struct scope *s = arg;
    collection_object(s->into, kube_kind_find("job"), job, RANK_OWNER);
    scope_want_events_of(s, "Job", name_of(job));
    explore_selector(s, job);
}

static void consider_job(void *arg, const struct kube_kind *kind, json *job)
{
    (void)kind;
    struct scope *s = arg;
    int64_t created_ms;
    if (!refs_owned_by(job, s->uid))
        return;
    if (clock_parse(str_or_empty(json_at_str(job, "metadata.creationTimestamp")), &created_ms))
        created_ms = 0;
    picks_add(&s->jobs, job, created_ms);
}

static void jobs_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind, (void)whole;
    struct scope *s = arg;
    picks_take(&s->jobs, JOBS_MOST, take_job, s);
}

static void explore_cron_job(struct scope *s, json *object)
{
    free(s->uid);
    s->uid = str_dup(json_at_str(object, "metadata.uid"));
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("job"),
                                    .namespace_ = s->ref.namespace_,
                                    .pages_max = PAGES_MOST,
                                    .item = consider_job,
                                    .end = jobs_are_read },
              s);
}

static void take_similar(void *arg, json *pod)
{
    struct scope *s = arg;
    collection_object(s->into, kube_kind_find("pod"), pod, RANK_CONTEXT);
}

static void consider_similar(void *arg, const struct kube_kind *kind, json *pod)
{
    (void)kind;
    struct scope *s = arg;
    AUTO_JSON struct json_doc *selector = json_parse(s->selector, strlen(s->selector), &json_wire_limits, NULL);
    const json *map = json_root(selector), *labels = json_at(pod, "metadata.labels");
    int64_t near = 0, named = 0;
    size_t equal;
    if (refs_selects(map, pod, &equal))
        return;
    for (struct json_iter i = json_iter(map); json_next(&i);) {
        const char *other = i.key ? json_get_str(labels, i.key) : NULL;
        near += other && json_str(i.value) && str_nearest(json_str(i.value), &other, 1);
    }
    for (struct json_iter i = json_iter(labels); json_next(&i);)
        named += str_eq(json_str(i.value), s->ref.name);
    if (equal || near || named)
        picks_add(&s->similar, pod, (int64_t)equal * 10000 + named * 100 + near);
}

static void similar_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind, (void)whole;
    struct scope *s = arg;
    picks_take(&s->similar, SIMILAR_MOST, take_similar, s);
}

/* Those it selects, and those it may have been meant to select. */
static void explore_service(struct scope *s, json *service)
{
    const json *selector = json_at(service, "spec.selector");
    if (!json_count(selector))
        return;
    explore_selector(s, service);
    free(s->selector);
    s->selector = json_text(selector, NULL);
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("pod"),
                                    .namespace_ = s->ref.namespace_,
                                    .pages_max = 1,
                                    .quiet = true,
                                    .item = consider_similar,
                                    .end = similar_are_read },
              s);
}

static void explore_node(struct scope *s, json *node)
{
    AUTO_FREE char *selector = str_printf("spec.nodeName=%s", name_of(node));
    AUTO_FREE char *escaped = http_escape(selector);
    AUTO_FREE char *query = str_printf("fieldSelector=%s", escaped);
    scope_get(s, "lease", "kube-node-lease", name_of(node), true);
    scope_get(s, "csinode", NULL, name_of(node), true);
    scope_ask_for_events_of(s, "default", "Node", name_of(node));
    scope_ask_for_pods(s, NULL, query);
}

static void consider_user(void *arg, const struct kube_kind *kind, json *pod)
{
    struct scope *s = arg;
    for (struct json_iter i = json_iter(json_at(pod, "spec.volumes")); json_next(&i);)
        if (str_eq(json_at_str(i.value, "persistentVolumeClaim.claimName"), s->claim)) {
            scope_consider_pod(s, kind, pod);
            return;
        }
}

static void users_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind, (void)whole;
    struct scope *s = arg;
    picks_take(&s->pods, PODS_MOST, scope_take_pod, s);
}

static void explore_claim(struct scope *s, json *claim)
{
    scope_found_referenced(s, kube_kind_find("persistentvolumeclaim"), claim);
    free(s->claim);
    s->claim = str_dup(name_of(claim));
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("pod"),
                                    .namespace_ = s->ref.namespace_,
                                    .pages_max = PAGES_MOST,
                                    .item = consider_user,
                                    .end = users_are_read },
              s);
}

static void explore_ingress(struct scope *s, json *ingress)
{
    refs_of_ingress(ingress, scope_on_ref, s);
}

static void explore_autoscaler(struct scope *s, json *object)
{
    const struct kube_kind *kind = kube_kind_find(str_or_empty(json_at_str(object, "spec.scaleTargetRef.kind")));
    const char *name = json_at_str(object, "spec.scaleTargetRef.name");
    scope_get(s, "apiservice", NULL, "v1beta1.metrics.k8s.io", false);
    if (kind && name)
        fetch_get(s->fetch,
                  &(struct fetch_object){ .kind = kind,
                                          .namespace_ = s->ref.namespace_,
                                          .name = name,
                                          .rank = RANK_OWNER,
                                          .found = scope_found_owner,
                                          .failed = scope_ask_for_kin },
                  s);
}

static const struct explorer {
    const char *kind;
    void (*explore)(struct scope *s, json *object);
} explorers[] = {
    { "pod", explore_pod },
    { "deployment", explore_deployment },
    { "replicaset", explore_selector },
    { "replicationcontroller", explore_selector },
    { "statefulset", explore_stateful_set },
    { "daemonset", explore_selector },
    { "job", explore_selector },
    { "cronjob", explore_cron_job },
    { "service", explore_service },
    { "node", explore_node },
    { "persistentvolumeclaim", explore_claim },
    { "ingress", explore_ingress },
    { "horizontalpodautoscaler", explore_autoscaler },
    { "poddisruptionbudget", explore_selector },
};

void scope_explore(struct scope *s, const struct kube_kind *kind, json *object)
{
    scope_want_events_of(s, kind->kind, name_of(object));
    for (size_t i = 0; i < COUNT(explorers); i++)
        if (!strcmp(explorers[i].kind, kind->singular))
            explorers[i].explore(s, object);
}
