/* A whole namespace or cluster: lists of every kind that a diagnosis looks at, and the logs of what is not well. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "evidence/node_load.h"
#include "evidence/ref_table.h"
#include "evidence/refs.h"
#include "evidence/scope.h"

#define PAGES_MOST    400 /* of one kind: 200,000 objects    */
#define EVENT_PAGES   100
#define LOAD_PAGES    4 /* of pods beyond the namespace    */
#define LOGS_MOST     200
#define LOGS_OF_OWNER 3    /* Pods of one owner whose logs go before those of others */
#define TROUBLED_MOST 1000 /* containers that are not well    */
#define GETS_MOST     200  /* ConfigMaps that they refer to   */

enum breadth { IN_NAMESPACE, IN_CLUSTER, IN_CLUSTER_ONLY }; /* the last: not for the scope of one namespace */
static const struct wide_kind {
    const char *kind;
    enum breadth breadth;
    bool metadata;
} wide_kinds[] = {
    { "node", IN_CLUSTER, false },
    { "deployment", IN_NAMESPACE, false },
    { "replicaset", IN_NAMESPACE, false },
    { "statefulset", IN_NAMESPACE, false },
    { "daemonset", IN_NAMESPACE, false },
    { "job", IN_NAMESPACE, false },
    { "cronjob", IN_NAMESPACE, false },
    { "service", IN_NAMESPACE, false },
    { "endpointslice", IN_NAMESPACE, false },
    { "configmap", IN_NAMESPACE, true },
    { "secret", IN_NAMESPACE, true },
    { "serviceaccount", IN_NAMESPACE, false },
    { "persistentvolumeclaim", IN_NAMESPACE, false },
    { "persistentvolume", IN_CLUSTER, false },
    { "storageclass", IN_CLUSTER, false },
    { "resourcequota", IN_NAMESPACE, false },
    { "limitrange", IN_NAMESPACE, false },
    { "horizontalpodautoscaler", IN_NAMESPACE, false },
    { "poddisruptionbudget", IN_NAMESPACE, false },
    { "ingress", IN_NAMESPACE, false },
    { "ingressclass", IN_CLUSTER, false },
    { "networkpolicy", IN_NAMESPACE, false },
    { "validatingwebhookconfiguration", IN_CLUSTER, false },
    { "mutatingwebhookconfiguration", IN_CLUSTER, false },
    { "apiservice", IN_CLUSTER, false },
    { "priorityclass", IN_CLUSTER, false },
    { "runtimeclass", IN_CLUSTER, false },
    { "csidriver", IN_CLUSTER, false },
    { "volumeattachment", IN_CLUSTER_ONLY, false },
    { "namespace", IN_CLUSTER_ONLY, false },
};

struct troubled {
    char *namespace_, *pod;
    struct pod_log log;
    int illness, round; /* of round 0 all are read before any of the next */
};

struct scope_wide {
    struct fetch *fetch;
    struct collection *into;
    char *namespace_; /* NULL: the cluster            */
    bool no_logs;
    struct troubled *troubled;
    size_t n_troubled, troubled_more;
    struct ref_table owners; /* Pods by owner */
    struct ref_table asked;  /* ConfigMaps                   */
    size_t gets;
    struct node_load *load;
    bool load_whole, load_asked;
};

static void on_event(void *arg, const struct kube_kind *kind, json *event)
{
    (void)kind;
    struct scope_wide *s = arg;
    collection_event(s->into, event);
}

static void on_node(void *arg, const struct kube_kind *kind, json *node)
{
    struct scope_wide *s = arg;
    collection_object(s->into, kind, node, RANK_CONTEXT);
    node_load_node(s->load, json_at_str(node, "metadata.name"));
}

/* --- pods ------------------------------------------------------------------------------------------------------- */

/* The list of ConfigMaps has only names; of those that a troubled pod refers to the keys are wanted. */
static void on_ref(void *arg, const struct ref *ref)
{
    struct scope_wide *s = arg;
    if (strcmp(ref->kind, "configmap") || s->gets >= GETS_MOST)
        return;
    s->gets++;
    fetch_get(s->fetch,
              &(struct fetch_object){ .kind = kube_kind_find("configmap"),
                                      .namespace_ = ref->namespace_,
                                      .name = ref->name,
                                      .rank = RANK_REFERENCED,
                                      .quiet = ref->optional },
              s);
}

/* A hundred replicas that fail in the same way must not take the room of what fails in another. */
static bool is_one_of_many(struct scope_wide *s, const json *pod)
{
    const char *owner = json_at_str(pod, "metadata.ownerReferences.0.name");
    if (!owner)
        return false;
    AUTO_FREE char *key = str_printf("%s/%s", str_or_empty(json_at_str(pod, "metadata.namespace")), owner);
    size_t *n = ref_table_put(&s->owners, key);
    *n = *n == REF_TABLE_NONE ? 1 : *n + 1;
    return *n > LOGS_OF_OWNER;
}

static void add_troubled(struct scope_wide *s, const json *pod, int illness)
{
    struct pod_log logs[12];
    size_t count = pod_logs(pod, logs, COUNT(logs));
    bool again = is_one_of_many(s, pod);
    for (size_t i = 0; i < count; i++) {
        if (s->n_troubled == TROUBLED_MOST) {
            s->troubled_more++;
            continue;
        }
        s->troubled[s->n_troubled++] = (struct troubled){
            .namespace_ = str_dup(str_or_empty(json_at_str(pod, "metadata.namespace"))),
            .pod = str_dup(str_or_empty(json_at_str(pod, "metadata.name"))),
            .log = logs[i],
            .illness = illness,
            .round = logs[i].spare + 2 * again,
        };
    }
}

static void count_pod(void *arg, const struct kube_kind *kind, json *pod)
{
    (void)kind;
    struct scope_wide *s = arg;
    node_load_add(s->load, pod);
}

static void load_is_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind;
    struct scope_wide *s = arg;
    s->load_whole = whole;
}

/* In a cluster's scope every pod is read anyway; in a namespace's they are only counted when one has found no node. */
static void want_load(struct scope_wide *s)
{
    if (!s->namespace_ || s->load_asked)
        return;
    s->load_asked = true;
    fetch_all(s->fetch,
              &(struct fetch_list){
                  .kind = kube_kind_find("pod"), .pages_max = LOAD_PAGES, .item = count_pod, .end = load_is_read },
              s);
}

static void on_pod(void *arg, const struct kube_kind *kind, json *pod)
{
    struct scope_wide *s = arg;
    int illness = pod_illness(pod);
    collection_object(s->into, kind, pod, illness ? RANK_POD : RANK_CONTEXT);
    if (!s->namespace_)
        node_load_add(s->load, pod);
    if (!illness)
        return;
    refs_of_pod(pod, on_ref, s);
    if (pod_is_unscheduled(pod))
        want_load(s);
    if (!s->no_logs)
        add_troubled(s, pod, illness);
}

static int by_illness(const void *a, const void *b)
{
    const struct troubled *x = a, *y = b;
    int order = x->round - y->round;
    if (!order)
        order = y->illness - x->illness;
    if (!order)
        order = strcmp(x->namespace_, y->namespace_);
    if (!order)
        order = strcmp(x->pod, y->pod);
    if (!order)
        order = strcmp(x->log.container, y->log.container);
    return order ? order : x->log.previous - y->log.previous;
}

static void pods_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind;
    struct scope_wide *s = arg;
    if (!s->namespace_)
        s->load_whole = whole;
    if (s->n_troubled)
        qsort(s->troubled, s->n_troubled, sizeof *s->troubled, by_illness);
    for (size_t i = 0; i < s->n_troubled && i < LOGS_MOST; i++)
        fetch_log(s->fetch, s->troubled[i].namespace_, s->troubled[i].pod, &s->troubled[i].log);
    size_t left = s->troubled_more + (s->n_troubled > LOGS_MOST ? s->n_troubled - LOGS_MOST : 0);
    if (left) {
        AUTO_FREE char *what = str_printf("%zu more logs of containers that are not well", left);
        AUTO_FREE char *why = str_printf("the %d of the worst were read", LOGS_MOST);
        collection_unchecked(s->into, what, why, "get", "pods/log", s->namespace_);
    }
}

/* --- the scope -------------------------------------------------------------------------------------------------- */

static void list_wide(struct scope_wide *s, const struct wide_kind *w)
{
    const struct kube_kind *kind = kube_kind_find(w->kind);
    if (w->breadth == IN_CLUSTER_ONLY && s->namespace_)
        return;
    bool is_node = !strcmp(w->kind, "node");
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kind,
                                    .namespace_ = kind->namespaced ? s->namespace_ : NULL,
                                    .rank = RANK_CONTEXT,
                                    .pages_max = PAGES_MOST,
                                    .metadata = w->metadata,
                                    .claim = true,
                                    .item = is_node ? on_node : NULL },
              s);
}

static void list_leases(struct scope_wide *s, const char *namespace_)
{
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("lease"),
                                    .namespace_ = namespace_,
                                    .rank = RANK_CONTEXT,
                                    .pages_max = PAGES_MOST,
                                    .claim = true },
              s);
}

struct scope_wide *scope_wide(struct fetch *f, struct collection *into, const char *namespace_, bool no_logs)
{
    struct scope_wide *s = mem_alloc(sizeof *s);
    *s = (struct scope_wide){ .fetch = f, .into = into, .no_logs = no_logs, .load = node_load_new() };
    s->namespace_ = namespace_ && *namespace_ ? str_dup(namespace_) : NULL;
    s->troubled = mem_alloc(TROUBLED_MOST * sizeof *s->troubled);
    fetch_all(f,
              &(struct fetch_list){ .kind = kube_kind_find("pod"),
                                    .namespace_ = s->namespace_,
                                    .pages_max = PAGES_MOST,
                                    .claim = true,
                                    .item = on_pod,
                                    .end = pods_are_read },
              s);
    fetch_version(f);
    fetch_all(
        f,
        &(struct fetch_list){
            .kind = kube_kind_find("event"), .namespace_ = s->namespace_, .pages_max = EVENT_PAGES, .item = on_event },
        s);
    for (size_t i = 0; i < COUNT(wide_kinds); i++)
        list_wide(s, &wide_kinds[i]);
    list_leases(s, "kube-system");
    list_leases(s, "kube-node-lease");
    if (s->namespace_)
        fetch_get(
            f, &(struct fetch_object){ .kind = kube_kind_find("namespace"), .name = s->namespace_, .rank = RANK_SCOPE },
            s);
    return s;
}

void scope_wide_finish(struct scope_wide *s)
{
    if (s->load_whole)
        node_load_write(s->load, s->into);
}

void scope_wide_free(struct scope_wide *s)
{
    for (size_t i = 0; i < s->n_troubled; i++) {
        free(s->troubled[i].namespace_);
        free(s->troubled[i].pod);
    }
    free(s->troubled);
    free(s->namespace_);
    ref_table_fini(&s->asked);
    ref_table_fini(&s->owners);
    node_load_free(s->load);
    free(s);
}
