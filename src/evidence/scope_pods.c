/* Pods, their logs and nodes, what they refer to, and the events of all of them. */
#include "evidence/scope_parts.h"

#include <string.h>

#include "base/str.h"
#include "evidence/pod.h"
#include "http/client.h"

#define LOGS_OF_POD 12
#define ASKED_FOR   1000 /* outweighs every illness                                 */

/* --- events ----------------------------------------------------------------------------------------------------- */

void scope_on_event(void *arg, const struct kube_kind *kind, json *event)
{
    (void)kind;
    struct scope *s = arg;
    collection_event(s->into, event);
}

static void ask_for_events(struct scope *s, const char *namespace_, const char *selector, fetch_end end)
{
    AUTO_FREE char *escaped = selector ? http_escape(selector) : NULL;
    AUTO_FREE char *query = escaped ? str_printf("fieldSelector=%s", escaped) : NULL;
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("event"),
                                    .namespace_ = namespace_,
                                    .query = query,
                                    .pages_max = 1,
                                    .quiet = true,
                                    .one_page = end != NULL,
                                    .item = scope_on_event,
                                    .end = end },
              s);
}

/* Events of objects without a namespace are in "default". */
void scope_ask_for_events_of(struct scope *s, const char *namespace_, const char *kind, const char *name)
{
    AUTO_FREE char *selector = kube_events_selector(kind, name);
    ask_for_events(s, namespace_, selector, NULL);
}

#define WARNINGS "type!=Normal"

static void warnings_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind;
    struct scope *s = arg;
    if (!whole)
        floods_note(s->floods, s->ref.namespace_, WARNINGS);
}

static void events_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind;
    struct scope *s = arg;
    s->events_partial = !whole;
    if (whole)
        return;
    floods_note(s->floods, s->ref.namespace_, "");
    /* Warnings about the objects around, a Service or an autoscaler, unless they are a flood themselves. */
    if (!floods_has(s->floods, s->ref.namespace_, WARNINGS))
        ask_for_events(s, s->ref.namespace_, WARNINGS, warnings_are_read);
    for (size_t i = 0; i < s->n_named; i++)
        scope_ask_for_events_of(s, s->ref.namespace_, s->named[i].kind, s->named[i].name);
}

void scope_ask_for_events(struct scope *s)
{
    if (floods_has(s->floods, s->ref.namespace_, ""))
        events_are_read(s, NULL, false);
    else
        ask_for_events(s, s->ref.namespace_, NULL, events_are_read);
}

/* The one list of the namespace's events has those of every object, unless they are more than a page: each incident asks anew, and a
 * flood of events, which opens incidents itself, must not be read again for each of them. */
void scope_want_events_of(struct scope *s, const char *kind, const char *name)
{
    if (s->n_named == NAMED_MOST)
        return;
    struct named *n = &s->named[s->n_named++];
    str_copy(n->kind, sizeof n->kind, kind);
    str_copy(n->name, sizeof n->name, name);
    if (s->events_partial)
        scope_ask_for_events_of(s, s->ref.namespace_, kind, name);
}

/* --- what is referred to ---------------------------------------------------------------------------------------- */

void scope_list_kind(struct scope *s, const char *name, const char *namespace_, bool metadata)
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
            scope_list_kind(s, kinds[i], kind->namespaced ? s->ref.namespace_ : NULL, true);
}

void scope_get(struct scope *s, const char *kind_name, const char *namespace_, const char *name, bool quiet)
{
    const struct kube_kind *kind = kube_kind_find(kind_name);
    if (kind)
        fetch_get(s->fetch,
                  &(struct fetch_object){ .kind = kind,
                                          .namespace_ = namespace_,
                                          .name = name,
                                          .rank = RANK_REFERENCED,
                                          .quiet = quiet,
                                          .found = scope_found_referenced,
                                          .failed = list_names },
                  s);
}

void scope_on_ref(void *arg, const struct ref *ref)
{
    scope_get(arg, ref->kind, ref->namespace_, ref->name, ref->optional || !strcmp(ref->kind, "lease"));
}

void scope_found_referenced(void *arg, const struct kube_kind *kind, json *object)
{
    struct scope *s = arg;
    if (!strcmp(kind->singular, "node"))
        scope_ask_for_events_of(s, "default", "Node", name_of(object));
    if (strcmp(kind->singular, "persistentvolumeclaim"))
        return;
    scope_want_events_of(s, "PersistentVolumeClaim", name_of(object));
    refs_of_claim(object, scope_on_ref, s);
    if (!json_at_str(object, "spec.volumeName")) {
        scope_list_kind(s, "storageclass", NULL, false);     /* which of them would be the default? */
        scope_list_kind(s, "persistentvolume", NULL, false); /* and what is there to be bound? */
    }
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
    scope_get(s, "lease", "kube-system", "kube-scheduler", true);
}

static void ask_for_logs(struct scope *s, const json *pod)
{
    struct pod_log logs[LOGS_OF_POD];
    size_t count = s->no_logs ? 0 : pod_logs(pod, logs, COUNT(logs));
    for (size_t i = 0; i < count; i++)
        fetch_log(s->fetch, json_at_str(pod, "metadata.namespace"), name_of(pod), &logs[i]);
}

void scope_take_pod(void *arg, json *pod)
{
    struct scope *s = arg;
    AUTO_FREE char *key = str_printf("%s/%s", str_or_empty(json_at_str(pod, "metadata.namespace")), name_of(pod));
    size_t *place = ref_table_put(&s->taken, key);
    if (*place != REF_TABLE_NONE)
        return;
    *place = 1;
    collection_object(s->into, kube_kind_find("pod"), pod, RANK_POD);
    scope_want_events_of(s, "Pod", name_of(pod));
    refs_of_pod(pod, scope_on_ref, s);
    scope_note_env(s, pod);
    if (pod_is_unscheduled(pod))
        ask_for_nodes(s);
    ask_for_logs(s, pod);
}

void scope_consider_pod(void *arg, const struct kube_kind *kind, json *pod)
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
    scope_get(s, ref->kind, ref->namespace_, ref->name, false);
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
    size_t all = picks_take(&s->pods, PODS_MOST, scope_take_pod, s);
    if (all > PODS_MOST) {
        AUTO_FREE char *what = str_printf("%zu more pods", all - PODS_MOST);
        collection_unchecked(s->into, what, "the worst few stand for all of them", "get", "pods", s->ref.namespace_);
    }
    if (!all && whole)
        ask_for_webhooks(s);
}

void scope_ask_for_pods(struct scope *s, const char *namespace_, const char *query)
{
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("pod"),
                                    .namespace_ = namespace_,
                                    .query = query,
                                    .pages_max = PAGES_MOST,
                                    .item = scope_consider_pod,
                                    .end = pods_are_read },
              s);
}
