#include "diagnose/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/resources.h"

static const struct {
    const char *kind;
    void (*look)(struct run *r, const struct object *o);
} by_kind[] = {
    { "deployment", rules_admission },
    { "replicaset", rules_admission },
    { "statefulset", rules_admission },
    { "daemonset", rules_admission },
    { "job", rules_admission },
    { "job", rules_job },
    { "cronjob", rules_cronjob },
    { "persistentvolumeclaim", rules_claim },
    { "node", rules_node },
    { "service", rules_service },
    { "ingress", rules_ingress },
    { "deployment", rules_workload },
    { "statefulset", rules_workload },
    { "daemonset", rules_workload },
    { "horizontalpodautoscaler", rules_hpa },
    { "poddisruptionbudget", rules_pdb },
    { "namespace", rules_namespace },
    { "apiservice", rules_apiservice },
};

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Pods that are not well and of which no rule could say why. */
static void say_what_is_open(struct run *r)
{
    size_t n = r->n_findings;
    const char **told = ARENA_ARRAY(r->a, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        told[i] = r->findings[i]->subject;
    qsort(told, n, sizeof *told, by_text);
    for (size_t i = 0; i < r->n_pods; i++) {
        const struct pod *p = &r->pods[i];
        const char *id = p->object->id;
        if (pod_is_well(p) || pod_is_starting(p, r->f->now) || p->object->deleted || rules_is_past(r, p) ||
            bsearch(&id, told, n, sizeof *told, by_text))
            continue;
        struct finding *f = finding_of_pod(r, "none.inconclusive", WEAK, p, NULL);
        const json *ready = object_condition(p->object, "Ready");
        finding_quote(r, f, p->object->id, json_get_str(ready, "message"), p->ready_since);
        finding_depends(f, *p->node ? facts_id(r->a, "node", "", p->node) : NULL);
        finding_set(f, "missing", json_get_str(json_at(r->f->not_checked, "0"), "resource"));
        f->since = p->ready_since;
        note_victim(r, f, *p->node ? NOTE_RUNS_ON : NOTE_SHOWS_IT);
    }
}

void rules_run(struct run *r)
{
    resources_count(r);
    for (size_t i = 0; i < r->n_pods; i++)
        rules_pod(r, &r->pods[i]);
    for (size_t k = 0; k < COUNT(by_kind); k++) {
        struct objects all = facts_kind(r->f, by_kind[k].kind);
        for (size_t i = 0; i < all.count; i++)
            by_kind[k].look(r, &all.items[i]);
    }
    rules_dns(r);
    rules_control_plane(r);
    say_what_is_open(r);
}
