/* One object: its owners up, its pods down (the worst few), what those refer to, their node, events, logs, and what
 * the namespace puts around it. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "evidence/node_load.h"
#include "evidence/picks.h"
#include "evidence/ref_table.h"
#include "evidence/refs.h"
#include "evidence/scope.h"
#include "http/client.h"

#define PODS_MOST    3 /* stand for all of an owner                               */
#define SETS_MOST    2 /* ReplicaSets of a Deployment: this revision and the last */
#define JOBS_MOST    3 /* of a CronJob                                            */
#define SIMILAR_MOST 3 /* pods that a Service may have been meant to select       */
#define LOGS_OF_POD  12
#define OWNERS_DEEP  5
#define PAGES_MOST   4
#define ASKED_FOR    1000 /* outweighs every illness                                 */
#define NAMED_MOST   12   /* objects whose events are asked for one by one           */

struct named {
    char kind[64], name[254];
};

struct scope {
    struct fetch *fetch;
    struct collection *into;
    const struct kube_kind *kind;
    struct bundle_ref ref;
    bool no_logs;
    int depth; /* owners followed so far                               */
    struct picks pods, sets, jobs, similar;
    char *selector;         /* a Service's, as JSON                                 */
    char *uid;              /* whose ReplicaSets or Jobs are sought                 */
    char *claim;            /* name of the claim whose pods are sought              */
    struct ref_table taken; /* pods                                                 */
    struct named named[NAMED_MOST];
    size_t n_named;
    bool events_partial; /* too many in the namespace: asked for by name         */
    bool nodes_asked, load_whole, kin_asked;
    struct node_load *load;
};

static void explore(struct scope *s, const struct kube_kind *kind, json *object);

static const char *name_of(const json *object)
{
    return str_or_empty(json_at_str(object, "metadata.name"));
}

/* --- events ----------------------------------------------------------------------------------------------------- */

static void on_event(void *arg, const struct kube_kind *kind, json *event)
{
    (void)kind;
    struct scope *s = arg;
    collection_event(s->into, event);
}

/* Events of objects without a namespace are in "default". */
static void ask_for_events_of(struct scope *s, const char *namespace_, const char *kind, const char *name)
{
    AUTO_FREE char *selector = str_printf("involvedObject.kind=%s,involvedObject.name=%s", kind, name);
    AUTO_FREE char *escaped = http_escape(selector);
    AUTO_FREE char *query = str_printf("fieldSelector=%s", escaped);
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("event"),
                                    .namespace_ = namespace_,
                                    .query = query,
                                    .pages_max = 1,
                                    .quiet = true,
                                    .item = on_event },
              s);
}

static void events_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind;
    struct scope *s = arg;
    s->events_partial = !whole;
    for (size_t i = 0; !whole && i < s->n_named; i++)
        ask_for_events_of(s, s->ref.namespace_, s->named[i].kind, s->named[i].name);
}

/* The one list of the namespace's events has those of every object, unless they are too many. */
static void want_events_of(struct scope *s, const char *kind, const char *name)
{
    if (s->n_named == NAMED_MOST)
        return;
    struct named *n = &s->named[s->n_named++];
    str_copy(n->kind, sizeof n->kind, kind);
    str_copy(n->name, sizeof n->name, name);
    if (s->events_partial)
        ask_for_events_of(s, s->ref.namespace_, kind, name);
}

/* --- what is referred to ---------------------------------------------------------------------------------------- */

static void list_kind(struct scope *s, const char *name, const char *namespace_, bool metadata)
{
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find(name),
                                    .namespace_ = namespace_,
                                    .rank = RANK_CONTEXT,
                                    .pages_max = 1,
                                    .metadata = metadata,
                                    .claim = true },
              s);
}

/* Somebody names what is not there: the names that are there may show a slip of the pen. */
static void list_names(void *arg, const struct kube_kind *kind, const char *name, bool absent)
{
    (void)name;
    static const char *const kinds[] = { "configmap",    "secret",        "serviceaccount", "persistentvolumeclaim",
                                         "storageclass", "priorityclass", "runtimeclass",   "ingressclass" };
    struct scope *s = arg;
    for (size_t i = 0; absent && i < COUNT(kinds); i++)
        if (!strcmp(kind->singular, kinds[i]))
            list_kind(s, kinds[i], kind->namespaced ? s->ref.namespace_ : NULL, true);
}

static void found_referenced(void *arg, const struct kube_kind *kind, json *object);

static void get(struct scope *s, const char *kind_name, const char *namespace_, const char *name, bool quiet)
{
    const struct kube_kind *kind = kube_kind_find(kind_name);
    if (kind)
        fetch_get(s->fetch,
                  &(struct fetch_object){ .kind = kind,
                                          .namespace_ = namespace_,
                                          .name = name,
                                          .rank = RANK_REFERENCED,
                                          .quiet = quiet,
                                          .found = found_referenced,
                                          .failed = list_names },
                  s);
}

static void on_ref(void *arg, const struct ref *ref)
{
    get(arg, ref->kind, ref->namespace_, ref->name, ref->optional || !strcmp(ref->kind, "lease"));
}

static void found_referenced(void *arg, const struct kube_kind *kind, json *object)
{
    struct scope *s = arg;
    if (!strcmp(kind->singular, "node"))
        ask_for_events_of(s, "default", "Node", name_of(object));
    if (strcmp(kind->singular, "persistentvolumeclaim"))
        return;
    want_events_of(s, "PersistentVolumeClaim", name_of(object));
    refs_of_claim(object, on_ref, s);
    if (!json_at_str(object, "spec.volumeName"))
        list_kind(s, "storageclass", NULL, false); /* which of them would be the default? */
}

/* --- pods ------------------------------------------------------------------------------------------------------- */

static void count_pod(void *arg, const struct kube_kind *kind, json *pod)
{
    (void)kind;
    struct scope *s = arg;
    node_load_add(s->load, pod);
}

static void load_is_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind;
    struct scope *s = arg;
    s->load_whole = whole;
}

static void take_node(void *arg, const struct kube_kind *kind, json *node)
{
    struct scope *s = arg;
    collection_object(s->into, kind, node, RANK_REFERENCED);
    node_load_node(s->load, name_of(node));
}

/* A pod without a node: does it fit on none, or does nobody look for one? */
static void ask_for_nodes(struct scope *s)
{
    if (s->nodes_asked)
        return;
    s->nodes_asked = true;
    s->load = node_load_new();
    fetch_all(s->fetch,
              &(struct fetch_list){
                  .kind = kube_kind_find("node"), .pages_max = PAGES_MOST, .claim = true, .item = take_node },
              s);
    fetch_all(s->fetch,
              &(struct fetch_list){
                  .kind = kube_kind_find("pod"), .pages_max = PAGES_MOST, .item = count_pod, .end = load_is_read },
              s);
    get(s, "lease", "kube-system", "kube-scheduler", true);
}

static void ask_for_logs(struct scope *s, const json *pod)
{
    struct pod_log logs[LOGS_OF_POD];
    size_t count = s->no_logs ? 0 : pod_logs(pod, logs, COUNT(logs));
    for (size_t i = 0; i < count; i++)
        fetch_log(s->fetch, json_at_str(pod, "metadata.namespace"), name_of(pod), &logs[i]);
}

static void take_pod(void *arg, json *pod)
{
    struct scope *s = arg;
    AUTO_FREE char *key = str_printf("%s/%s", str_or_empty(json_at_str(pod, "metadata.namespace")), name_of(pod));
    size_t *place = ref_table_put(&s->taken, key);
    if (*place != REF_TABLE_NONE)
        return;
    *place = 1;
    collection_object(s->into, kube_kind_find("pod"), pod, RANK_POD);
    want_events_of(s, "Pod", name_of(pod));
    refs_of_pod(pod, on_ref, s);
    if (pod_is_unscheduled(pod))
        ask_for_nodes(s);
    ask_for_logs(s, pod);
}

static void consider_pod(void *arg, const struct kube_kind *kind, json *pod)
{
    (void)kind;
    struct scope *s = arg;
    bool asked_for = !strcmp(s->ref.kind, "pod") && !strcmp(s->ref.name, name_of(pod));
    picks_add(&s->pods, pod, pod_illness(pod) + (asked_for ? ASKED_FOR : 0));
}

/* Is somebody in the way of their creation, and is he there himself? */
static void on_webhook_service(void *arg, const struct ref *ref)
{
    struct scope *s = arg;
    AUTO_FREE char *selector = str_printf("kubernetes.io/service-name=%s", ref->name);
    AUTO_FREE char *escaped = http_escape(selector);
    AUTO_FREE char *query = str_printf("labelSelector=%s", escaped);
    get(s, ref->kind, ref->namespace_, ref->name, false);
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("endpointslice"),
                                    .namespace_ = ref->namespace_,
                                    .query = query,
                                    .rank = RANK_REFERENCED,
                                    .pages_max = 1 },
              s);
}

static void take_webhooks(void *arg, const struct kube_kind *kind, json *configuration)
{
    struct scope *s = arg;
    collection_object(s->into, kind, configuration, RANK_REFERENCED);
    refs_of_webhooks(configuration, on_webhook_service, s);
}

static void ask_for_webhooks(struct scope *s)
{
    static const char *const kinds[] = { "validatingwebhookconfiguration", "mutatingwebhookconfiguration" };
    for (size_t i = 0; i < COUNT(kinds); i++)
        fetch_all(s->fetch,
                  &(struct fetch_list){
                      .kind = kube_kind_find(kinds[i]), .pages_max = 1, .claim = true, .item = take_webhooks },
                  s);
}

static void pods_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind;
    struct scope *s = arg;
    size_t all = picks_take(&s->pods, PODS_MOST, take_pod, s);
    if (all > PODS_MOST) {
        AUTO_FREE char *what = str_printf("%zu more pods", all - PODS_MOST);
        collection_unchecked(s->into, what, "the worst few stand for all of them", "get", "pods", s->ref.namespace_);
    }
    if (!all && whole)
        ask_for_webhooks(s);
}

static void ask_for_pods(struct scope *s, const char *namespace_, const char *query)
{
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("pod"),
                                    .namespace_ = namespace_,
                                    .query = query,
                                    .pages_max = PAGES_MOST,
                                    .item = consider_pod,
                                    .end = pods_are_read },
              s);
}

/* --- down from each kind ---------------------------------------------------------------------------------------- */

static void explore_pod(struct scope *s, json *pod)
{
    take_pod(s, pod);
}

static void explore_selector(struct scope *s, json *object)
{
    AUTO_BUF struct buf query = { 0 };
    if (refs_selector_query(json_at(object, "spec.selector"), &query))
        ask_for_pods(s, s->ref.namespace_, buf_text(&query));
}

static void explore_stateful_set(struct scope *s, json *object)
{
    const char *service = json_at_str(object, "spec.serviceName");
    explore_selector(s, object);
    if (service && *service)
        get(s, "service", s->ref.namespace_, service, false);
}

static void take_set(void *arg, json *set)
{
    struct scope *s = arg;
    collection_object(s->into, kube_kind_find("replicaset"), set, RANK_OWNER);
    want_events_of(s, "ReplicaSet", name_of(set));
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
    ask_for_pods(s, s->ref.namespace_, buf_text(&query));
}

static void take_job(void *arg, json *job)
{
    struct scope *s = arg;
    collection_object(s->into, kube_kind_find("job"), job, RANK_OWNER);
    want_events_of(s, "Job", name_of(job));
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
    get(s, "lease", "kube-node-lease", name_of(node), true);
    get(s, "csinode", NULL, name_of(node), true);
    ask_for_events_of(s, "default", "Node", name_of(node));
    ask_for_pods(s, NULL, query);
}

static void consider_user(void *arg, const struct kube_kind *kind, json *pod)
{
    struct scope *s = arg;
    for (struct json_iter i = json_iter(json_at(pod, "spec.volumes")); json_next(&i);)
        if (str_eq(json_at_str(i.value, "persistentVolumeClaim.claimName"), s->claim)) {
            consider_pod(s, kind, pod);
            return;
        }
}

static void users_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind, (void)whole;
    struct scope *s = arg;
    picks_take(&s->pods, PODS_MOST, take_pod, s);
}

static void explore_claim(struct scope *s, json *claim)
{
    found_referenced(s, kube_kind_find("persistentvolumeclaim"), claim);
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
    refs_of_ingress(ingress, on_ref, s);
}

static void found_owner(void *arg, const struct kube_kind *kind, json *owner);
static void ask_for_kin(void *arg, const struct kube_kind *kind, const char *name, bool absent);

static void explore_autoscaler(struct scope *s, json *object)
{
    const struct kube_kind *kind = kube_kind_find(str_or_empty(json_at_str(object, "spec.scaleTargetRef.kind")));
    const char *name = json_at_str(object, "spec.scaleTargetRef.name");
    get(s, "apiservice", NULL, "v1beta1.metrics.k8s.io", false);
    if (kind && name)
        fetch_get(s->fetch,
                  &(struct fetch_object){ .kind = kind,
                                          .namespace_ = s->ref.namespace_,
                                          .name = name,
                                          .rank = RANK_OWNER,
                                          .found = found_owner,
                                          .failed = ask_for_kin },
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

static void explore(struct scope *s, const struct kube_kind *kind, json *object)
{
    want_events_of(s, kind->kind, name_of(object));
    for (size_t i = 0; i < COUNT(explorers); i++)
        if (!strcmp(explorers[i].kind, kind->singular))
            explorers[i].explore(s, object);
}

/* --- without the owner --------------------------------------------------------------------------------------------- */

/* "web-7fc65f7d58" of the Deployment web, "nightly-29925246" of the CronJob nightly. */
static bool is_made_by(const char *name, const char *maker)
{
    const char *dash = strrchr(name, '-');
    return dash && (size_t)(dash - name) == strlen(maker) && !strncmp(name, maker, strlen(maker));
}

static const struct maker {
    const char *kind, *makes;
} makers[] = {
    { "deployment", "ReplicaSet" },
    { "cronjob", "Job" },
};

struct kinship {
    const struct scope *scope;
    bool kin;
};

static void compare_owner(void *arg, const struct ref *owner)
{
    struct kinship *k = arg;
    const struct scope *s = k->scope;
    k->kin |= str_eq(owner->kind, s->kind->kind) && str_eq(owner->name, s->ref.name);
    for (size_t i = 0; i < COUNT(makers); i++)
        k->kin |= !strcmp(s->ref.kind, makers[i].kind) && !strcmp(owner->kind, makers[i].makes) &&
                  is_made_by(owner->name, s->ref.name);
}

static void consider_kin(void *arg, const struct kube_kind *kind, json *pod)
{
    struct kinship k = { .scope = arg };
    refs_owners(pod, compare_owner, &k);
    if (k.kin)
        consider_pod(arg, kind, pod);
}

static void kin_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind, (void)whole;
    struct scope *s = arg;
    picks_take(&s->pods, PODS_MOST, take_pod, s);
}

/* What selects the pods may not be read, but pods name their owners. */
static void ask_for_kin(void *arg, const struct kube_kind *kind, const char *name, bool absent)
{
    struct scope *s = arg;
    collection_tell_of(s->into, kind->singular, kind->namespaced ? s->ref.namespace_ : NULL, name);
    if (absent || !s->kind->namespaced || !strcmp(s->ref.kind, "pod") || s->kin_asked)
        return;
    s->kin_asked = true;
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("pod"),
                                    .namespace_ = s->ref.namespace_,
                                    .pages_max = PAGES_MOST,
                                    .item = consider_kin,
                                    .end = kin_are_read },
              s);
}

/* --- up to the owner -------------------------------------------------------------------------------------------- */

struct ascent {
    struct scope *scope;
    int owners;
};

static void on_owner(void *arg, const struct ref *ref)
{
    struct ascent *a = arg;
    struct scope *s = a->scope;
    const struct kube_kind *kind = kube_kind_find(ref->kind);
    if (!kind) {
        AUTO_FREE char *what = str_printf("owner %s %s/%s", ref->kind, ref->namespace_, ref->name);
        collection_unchecked(s->into, what, "objects of this kind are not read", "get", NULL, ref->namespace_);
        return;
    }
    if (!strcmp(kind->singular, "node")) /* of a static pod: it is read as the pod's node */
        return;
    a->owners++;
    fetch_get(s->fetch,
              &(struct fetch_object){ .kind = kind,
                                      .namespace_ = ref->namespace_,
                                      .name = ref->name,
                                      .rank = RANK_OWNER,
                                      .found = found_owner,
                                      .failed = ask_for_kin },
              s);
}

/* True when it has owners that are asked for. */
static bool ascend(struct scope *s, json *object)
{
    struct ascent a = { .scope = s };
    if (s->depth++ < OWNERS_DEEP)
        refs_owners(object, on_owner, &a);
    return a.owners > 0;
}

/* Only the topmost is explored downwards: it has all that the lower ones have. */
static void found_owner(void *arg, const struct kube_kind *kind, json *owner)
{
    struct scope *s = arg;
    want_events_of(s, kind->kind, name_of(owner));
    if (!ascend(s, owner))
        explore(s, kind, owner);
}

static void found_scope(void *arg, const struct kube_kind *kind, json *object)
{
    struct scope *s = arg;
    bool owned = ascend(s, object);
    if (!owned || !strcmp(kind->singular, "pod"))
        explore(s, kind, object);
    else
        want_events_of(s, kind->kind, name_of(object));
}

/* --- around it -------------------------------------------------------------------------------------------------- */

static const char *const namespace_kinds[] = {
    "service",       "endpointslice", "resourcequota",       "limitrange",
    "networkpolicy", "ingress",       "poddisruptionbudget", "horizontalpodautoscaler",
};

static void ask_around(struct scope *s)
{
    const char *in = s->ref.namespace_;
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("event"),
                                    .namespace_ = in,
                                    .pages_max = PAGES_MOST,
                                    .quiet = true,
                                    .item = on_event,
                                    .end = events_are_read },
              s);
    get(s, "namespace", NULL, in, false);
    for (size_t i = 0; i < COUNT(namespace_kinds); i++)
        list_kind(s, namespace_kinds[i], in, false);
}

struct scope *scope_object(struct fetch *f, struct collection *into, const struct kube_kind *kind,
                           const struct bundle_ref *ref, bool no_logs)
{
    struct scope *s = mem_alloc(sizeof *s);
    memset(s, 0, sizeof *s);
    s->fetch = f;
    s->into = into;
    s->kind = kind;
    s->ref = *ref;
    str_copy(s->ref.kind, sizeof s->ref.kind, kind->singular); /* whatever name it was called by */
    s->no_logs = no_logs;
    fetch_get(f,
              &(struct fetch_object){ .kind = kind,
                                      .namespace_ = ref->namespace_,
                                      .name = ref->name,
                                      .rank = RANK_SCOPE,
                                      .found = found_scope,
                                      .failed = ask_for_kin },
              s);
    fetch_version(f);
    if (kind->namespaced)
        ask_around(s);
    return s;
}

void scope_finish(struct scope *s)
{
    if (s->load && s->load_whole)
        node_load_write(s->load, s->into);
}

void scope_free(struct scope *s)
{
    picks_fini(&s->pods);
    picks_fini(&s->sets);
    picks_fini(&s->jobs);
    picks_fini(&s->similar);
    ref_table_fini(&s->taken);
    if (s->load)
        node_load_free(s->load);
    free(s->selector);
    free(s->uid);
    free(s->claim);
    free(s);
}
