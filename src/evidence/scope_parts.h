/* The inside of the scope of one object, for its three files: scope_object.c asks around it and up to its owners, scope_down.c
 * down from each kind, scope_pods.c about pods and what they refer to. */
#pragma once

#include "evidence/floods.h"
#include "evidence/node_load.h"
#include "evidence/picks.h"
#include "evidence/ref_table.h"
#include "evidence/refs.h"
#include "evidence/scope.h"

#define PODS_MOST  3 /* stand for all of an owner                               */
#define PAGES_MOST 4
#define NAMED_MOST 12 /* objects whose events are asked for one by one           */

#define SERVICES_MOST 64    /* of the namespace that are known with their selectors  */
#define ENV_MOST      16384 /* bytes of values of variables                         */

/* A Service that selects Pods: of the namespace, or one of another that somebody names in full. */
struct scope_service {
    char *namespace_;      /* NULL: of the scope's   */
    char *name, *selector; /* selector: as JSON */
    bool followed;
};

struct named {
    char kind[64], name[254];
};

struct scope {
    struct fetch *fetch;
    struct collection *into;
    const struct kube_kind *kind;
    struct bundle_ref ref;
    bool no_logs;
    struct floods *floods;
    int depth; /* owners followed so far                               */
    struct picks pods, sets, jobs, similar;
    char *selector;         /* a Service's, as JSON                                 */
    char *uid;              /* whose ReplicaSets or Jobs are sought                 */
    char *claim;            /* name of the claim whose pods are sought              */
    struct ref_table taken; /* pods                                                 */
    struct named named[NAMED_MOST];
    size_t n_named;
    bool events_partial; /* more than a page in the namespace: asked for by name */
    bool nodes_asked, load_whole, kin_asked;
    struct node_load *load;
    struct scope_service services[SERVICES_MOST];
    size_t n_services, n_far;
    struct ref_table served; /* Services with a ready endpoint, those of others as namespace/name */
    struct ref_table
        far; /* Services of other namespaces that were asked for, as namespace/name; namespaces whose events were */
    struct buf env; /* what variables of the pods say                       */
    int rounds;     /* of scope_follow()                                    */
};

static inline const char *name_of(const json *object)
{
    return str_or_empty(json_at_str(object, "metadata.name"));
}

/* Events: the one list of the namespace has those of every object, unless they are too many; then they are asked for one by
 * one, for the objects that are wanted. */
void scope_on_event(void *arg, const struct kube_kind *kind, json *event);
void scope_ask_for_events(struct scope *s);
void scope_want_events_of(struct scope *s, const char *kind, const char *name);
void scope_ask_for_events_of(struct scope *s, const char *namespace_, const char *kind, const char *name);

/* Objects that others refer to, and whole lists beside them. */
void scope_get(struct scope *s, const char *kind_name, const char *namespace_, const char *name, bool quiet);
void scope_on_ref(void *arg, const struct ref *ref);
void scope_found_referenced(void *arg, const struct kube_kind *kind, json *object);
void scope_list_kind(struct scope *s, const char *name, const char *namespace_, bool metadata);

/* Pods: with their logs, what they refer to, and the nodes when one has none. */
void scope_take_pod(void *arg, json *pod);
void scope_consider_pod(void *arg, const struct kube_kind *kind, json *pod);
void scope_ask_for_pods(struct scope *s, const char *namespace_, const char *query);

/* What scope_follow() goes by: Services, their endpoints, and the variables of a pod. */
void scope_note_service(void *arg, const struct kube_kind *kind, json *service);
void scope_note_slice(void *arg, const struct kube_kind *kind, json *slice);
void scope_note_env(struct scope *s, const json *pod);

/* Down from an object that nobody owns. */
void scope_explore(struct scope *s, const struct kube_kind *kind, json *object);

/* An owner is there; an owner, or the object itself, may not be read. */
void scope_found_owner(void *arg, const struct kube_kind *kind, json *owner);
void scope_ask_for_kin(void *arg, const struct kube_kind *kind, const char *name, bool absent);
