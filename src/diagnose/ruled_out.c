#include "diagnose/ruled_out.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/amount.h"
#include "diagnose/endpoints.h"
#include "diagnose/note.h"
#include "diagnose/revision.h"

#define LOOKED_MAX 1000 /* roots; of more than these nobody reads what was ruled out */

struct look {
    struct run *r;
    const struct finding *f;
    const struct pod *p;
};

static bool is_blamed(const struct run *r, const char *id)
{
    for (size_t i = 0; i < r->n_findings; i++)
        if (strcmp(r->findings[i]->object, id) == 0)
            return true;
    return false;
}

static void node(struct look *s)
{
    const struct object *o = facts_find(s->r->f, "node", "", s->p->node);
    if (!o || is_blamed(s->r, o->id) || !str_eq(json_get_str(object_condition(o, "Ready"), "status"), "True"))
        return;
    const struct catalog_param params[] = { { "node", o->name } };
    note_add(s->r, NOTE_NODE_WELL, s->p->object->id, params, 1);
}

static bool is_used_up(const struct object *quota)
{
    const json *hard = json_get(quota->status, "hard"), *used = json_get(quota->status, "used");
    for (struct json_iter i = json_iter(json_is_object(hard) ? hard : NULL); json_next(&i);)
        if (amount_of(json_get(used, i.key), 0) >= amount_of(i.value, 0))
            return true;
    return false;
}

static void quota(struct look *s)
{
    const char *namespace_ = s->p->object->namespace_;
    struct objects all = facts_in(s->r->f, "resourcequota", namespace_);
    if (!facts_listed(s->r->f, "resourcequota", namespace_))
        return;
    for (size_t i = 0; i < all.count; i++)
        if (is_used_up(&all.items[i]))
            return;
    const struct catalog_param params[] = { { "namespace", namespace_ } };
    note_add(s->r, NOTE_QUOTA_FREE, s->p->object->id, params, 1);
}

static void names(struct look *s)
{
    const struct object *dns = facts_find(s->r->f, "service", "kube-system", "kube-dns");
    long ready = dns ? endpoints_ready(s->r, dns) : 0;
    if (ready <= 0)
        return;
    const struct catalog_param params[] = { { "count", arena_printf(s->r->a, "%ld", ready) } };
    note_add(s->r, NOTE_DNS_WELL, s->p->object->id, params, 1);
}

static void claims(struct look *s)
{
    size_t at = 0, n = 0;
    for (const char *id; (id = relation_claim(s->r, s->p->object, &at)); n++) {
        const struct object *claim = facts_get(s->r->f, id);
        if (!claim || !str_eq(json_get_str(claim->status, "phase"), "Bound"))
            return;
    }
    if (n > 0)
        note_add(s->r, NOTE_CLAIM_BOUND, s->p->object->id, NULL, 0);
}

static void rollout(struct look *s)
{
    struct revision revision;
    const char *name = strrchr(s->p->workload, '/');
    if (!revision_newest(s->r, s->p->workload, &revision) || revision_is_recent(s->r, &revision, s->f->since))
        return;
    const struct catalog_param params[] = { { "name", name ? name + 1 : s->p->workload },
                                            { "since", finding_time(s->r, revision.at) } };
    note_add(s->r, revision.previous ? NOTE_OLD_CHANGE : NOTE_NO_CHANGE, s->p->object->id, params, 2);
}

/* Which looks belong to which codes; "" to all of them. */
static const struct {
    const char *codes;
    void (*look)(struct look *);
} looks[] = {
    { "", node },      { "sched.", quota },  { "crash.dependency", names }, { "dns.name", names },
    { "app.", names }, { "crash.", claims }, { "start.", claims },          { "", rollout },
};

void ruled_out_add(struct relations *rel)
{
    struct run *r = rel->r;
    for (size_t i = 0; i < r->n_findings && i < LOOKED_MAX; i++) {
        struct look s = { .r = r, .f = r->findings[i], .p = run_pod(r, r->findings[i]->subject) };
        for (size_t k = 0; k < COUNT(looks) && s.p && !s.f->cause; k++)
            if (str_starts(s.f->code->code, looks[k].codes))
                looks[k].look(&s);
    }
}
