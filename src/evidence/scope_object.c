/* One object: its owners up, its pods down (the worst few), what those refer to, their node, events, logs, and what the
 * namespace puts around it. */
#include "evidence/scope_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "evidence/pod.h"

#define OWNERS_DEEP 5

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
        scope_consider_pod(arg, kind, pod);
}

static void kin_are_read(void *arg, const struct kube_kind *kind, bool whole)
{
    (void)kind, (void)whole;
    struct scope *s = arg;
    picks_take(&s->pods, PODS_MOST, scope_take_pod, s);
}

/* What selects the pods may not be read, but pods name their owners. */
void scope_ask_for_kin(void *arg, const struct kube_kind *kind, const char *name, bool absent)
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
                                      .found = scope_found_owner,
                                      .failed = scope_ask_for_kin },
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
void scope_found_owner(void *arg, const struct kube_kind *kind, json *owner)
{
    struct scope *s = arg;
    scope_want_events_of(s, kind->kind, name_of(owner));
    if (!ascend(s, owner))
        scope_explore(s, kind, owner);
}

static void found_scope(void *arg, const struct kube_kind *kind, json *object)
{
    struct scope *s = arg;
    bool owned = ascend(s, object);
    if (!owned || !strcmp(kind->singular, "pod"))
        scope_explore(s, kind, object);
    else
        scope_want_events_of(s, kind->kind, name_of(object));
}

/* --- around it -------------------------------------------------------------------------------------------------- */

static const char *const namespace_kinds[] = {
    "resourcequota", "limitrange", "networkpolicy", "ingress", "poddisruptionbudget", "horizontalpodautoscaler",
};

static void ask_for_services(struct scope *s)
{
    static const struct {
        const char *kind;
        void (*note)(void *arg, const struct kube_kind *kind, json *object);
    } kinds[] = { { "service", scope_note_service }, { "endpointslice", scope_note_slice } };
    for (size_t i = 0; i < COUNT(kinds); i++)
        fetch_all(s->fetch,
                  &(struct fetch_list){ .kind = kube_kind_find(kinds[i].kind),
                                        .namespace_ = s->ref.namespace_,
                                        .pages_max = 1,
                                        .claim = true,
                                        .item = kinds[i].note },
                  s);
}

static void ask_around(struct scope *s)
{
    const char *in = s->ref.namespace_;
    scope_ask_for_events(s);
    scope_get(s, "namespace", NULL, in, false);
    ask_for_services(s);
    for (size_t i = 0; i < COUNT(namespace_kinds); i++)
        scope_list_kind(s, namespace_kinds[i], in, false);
}

struct scope *scope_object(struct fetch *f, struct collection *into, const struct kube_kind *kind,
                           const struct bundle_ref *ref, const struct evidence_request *r)
{
    struct scope *s = mem_alloc(sizeof *s);
    memset(s, 0, sizeof *s);
    s->fetch = f;
    s->into = into;
    s->kind = kind;
    s->ref = *ref;
    str_copy(s->ref.kind, sizeof s->ref.kind, kind->singular); /* whatever name it was called by */
    s->no_logs = r->no_logs;
    s->floods = r->floods;
    fetch_get(f,
              &(struct fetch_object){ .kind = kind,
                                      .namespace_ = ref->namespace_,
                                      .name = ref->name,
                                      .rank = RANK_SCOPE,
                                      .found = found_scope,
                                      .failed = scope_ask_for_kin },
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
    for (size_t i = 0; i < s->n_services; i++) {
        free(s->services[i].namespace_);
        free(s->services[i].name);
        free(s->services[i].selector);
    }
    ref_table_fini(&s->served);
    ref_table_fini(&s->far);
    buf_fini(&s->env);
    free(s->selector);
    free(s->uid);
    free(s->claim);
    free(s);
}
