#include "diagnose/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/action.h"
#include "diagnose/graph.h"
#include "diagnose/health.h"
#include "diagnose/note.h"
#include "diagnose/revision.h"
#include "diagnose/unchecked.h"

#define ROOTS_MAX    64
#define REASONS_MAX  200
#define SEEDS_MAX    40
#define SHOWN_LOOKED 4    /* further Pods that show the same and whose notes are told */
#define MANY         3    /* workloads that suffer from one cause make it graver by a step */
#define NEAR         0.05 /* two causes of one thing that are surer than each other by less than this */
#define NOT_SURE     0.80 /* ... matter only while neither is surer than this                          */

/* One verdict in the making. */
struct judgement {
    struct relations *rel;
    struct run *r;
    struct arena *a; /* of the verdict                     */
    struct finding *roots[ROOTS_MAX];
    size_t n_roots;
    struct wire_verdict *out;
};

static bool is_nothing(const struct finding *f)
{
    return str_starts(f->code->code, "none.");
}

static enum wire_severity severity_of(const struct finding *f)
{
    return wire_severity_parse(f->code->severity);
}

/* The gravest first, then the deepest; of one tier the surest. */
static int by_order(const void *left, const void *right)
{
    const struct finding *a = *(struct finding *const *)left, *b = *(struct finding *const *)right;
    if (severity_of(a) != severity_of(b))
        return (int)severity_of(b) - (int)severity_of(a);
    if (a->code->tier != b->code->tier)
        return a->code->tier - b->code->tier;
    double x = finding_confidence(a), y = finding_confidence(b);
    return x != y ? (x < y) - (x > y) : strcmp(a->object, b->object);
}

static void add_root(struct judgement *j, struct finding *f)
{
    struct finding *root = explain_root(f);
    for (size_t i = 0; i < j->n_roots; i++)
        if (j->roots[i] == root)
            return;
    if (j->n_roots < ROOTS_MAX)
        j->roots[j->n_roots++] = root;
}

static bool is_root(const struct judgement *j, const struct finding *f)
{
    for (size_t i = 0; i < j->n_roots; i++)
        if (j->roots[i] == f)
            return true;
    return false;
}

/* Roots */

static struct wire_root write_root(struct judgement *j, const struct finding *f)
{
    struct wire_root root = {
        .code = arena_strdup(j->a, f->code->code),
        .object = arena_strdup(j->a, f->object),
        .confidence = finding_confidence(f),
        .severity = severity_of(f),
        .statement = finding_statement(j->a, f, false),
        .statement_zh = finding_statement(j->a, f, true),
        .evidence = ARENA_ARRAY(j->a, struct wire_evidence, FINDING_QUOTES_MAX),
        .n_evidence = f->n_quotes,
    };
    for (size_t i = 0; i < f->n_quotes; i++)
        root.evidence[i] = (struct wire_evidence){
            .source = arena_strdup(j->a, f->quotes[i].source),
            .quote = arena_strdup(j->a, f->quotes[i].text),
            .at = f->quotes[i].at,
        };
    root.n_actions = actions_of(j->r, f, j->a, &root.actions);
    return root;
}

static void write_roots(struct judgement *j)
{
    qsort(j->roots, j->n_roots, sizeof j->roots[0], by_order);
    j->out->roots = ARENA_ARRAY(j->a, struct wire_root, ROOTS_MAX);
    for (size_t i = 0; i < j->n_roots; i++)
        j->out->roots[j->out->n_roots++] = write_root(j, j->roots[i]);
}

/* Victims */

static void add_victim(struct judgement *j, const char *object, const char *why, const char *why_zh)
{
    for (size_t i = 0; i < j->out->n_victims; i++)
        if (strcmp(j->out->victims[i].what, object) == 0)
            return;
    for (size_t i = 0; i < j->n_roots; i++)
        if (strcmp(j->roots[i]->object, object) == 0)
            return;
    if (j->out->n_victims < REASONS_MAX)
        j->out->victims[j->out->n_victims++] = (struct wire_reason){ .what = arena_strdup(j->a, object),
                                                                     .why = arena_strdup(j->a, why),
                                                                     .why_zh = arena_strdup(j->a, why_zh) };
}

/* What shows the same, each in its own words where it has some. */
static void add_all_shown(struct judgement *j, const struct finding *f, const char *why, const char *why_zh)
{
    for (size_t i = 0; i < f->n_shown; i++) {
        const struct shown *one = &f->shown[i];
        bool own = one->why && f->why;
        add_victim(j, one->id, own ? one->why : why, own ? one->why_zh : why_zh);
        add_victim(j, one->workload, own ? one->why : why, own ? one->why_zh : why_zh);
    }
}

/* A finding that another one explains: what shows it, in its own words. */
static void add_explained(struct judgement *j, struct finding *f)
{
    struct finding told = *f;
    const struct finding *root = explain_root(f);
    finding_set_zh(&told, "cause", finding_statement(j->a, root, false), finding_statement(j->a, root, true));
    const char *why = f->why ? f->why : finding_statement(j->a, &told, false);
    const char *why_zh = f->why ? f->why_zh : finding_statement(j->a, &told, true);
    add_victim(j, f->subject, why, why_zh);
    add_all_shown(j, f, why, why_zh);
}

/* A root that lies outside of what suffers (a node, a ConfigMap, a quota): what shows it suffers from it. */
static void add_shown(struct judgement *j, const struct finding *f)
{
    if (strcmp(f->object, f->subject) == 0)
        return;
    /* How what is not certain would read under a cause says nothing while there is none. */
    bool told = f->why && !is_nothing(f);
    const char *why = told ? f->why : note_text(j->a, NOTE_SHOWS_IT, false, NULL, 0);
    const char *why_zh = told ? f->why_zh : note_text(j->a, NOTE_SHOWS_IT, true, NULL, 0);
    add_victim(j, f->subject, why, why_zh);
    add_victim(j, f->workload, why, why_zh);
    add_all_shown(j, f, why, why_zh);
}

static void write_victims(struct judgement *j)
{
    j->out->victims = ARENA_ARRAY(j->a, struct wire_reason, REASONS_MAX);
    for (size_t i = 0; i < j->n_roots; i++)
        add_shown(j, j->roots[i]);
    for (size_t i = 0; i < j->r->n_findings; i++) {
        struct finding *f = j->r->findings[i];
        if (f->cause && is_root(j, explain_root(f)))
            add_explained(j, f);
    }
}

/* A workload, or a Pod that belongs to none: what people run, each counted once. */
static bool is_run_by_people(const struct judgement *j, const char *id)
{
    static const char *const kinds[] = { "deployment/", "statefulset/", "daemonset/", "job/", "cronjob/" };
    const struct pod *p = run_pod(j->r, id);
    bool run = p && strcmp(p->workload, id) == 0;
    for (size_t i = 0; i < COUNT(kinds); i++)
        run |= str_starts(id, kinds[i]);
    return run;
}

/* The same trouble is graver when it is the trouble of many. */
static void raise_severity(struct judgement *j)
{
    size_t suffering = 0;
    for (size_t i = 0; i < j->out->n_victims; i++)
        suffering += is_run_by_people(j, j->out->victims[i].what);
    for (size_t i = 0; i < j->out->n_roots && suffering >= MANY; i++)
        if (!is_nothing(j->roots[i]) && j->out->roots[i].severity < SEVERITY_CRITICAL)
            j->out->roots[i].severity++;
}

/* Changes */

static void add_changes(struct judgement *j, const struct finding *f)
{
    struct revision revision;
    struct change changes[8];
    if (!revision_newest(j->r, f->workload, &revision) || !revision_is_recent(j->r, &revision, f->since))
        return;
    size_t n = revision_changes(j->r, &revision, changes);
    for (size_t i = 0; i < n && j->out->n_changes < REASONS_MAX; i++) {
        const struct change *c = &changes[i];
        const char *old_ = *c->old_value ? c->old_value : "-", *new_ = *c->new_value ? c->new_value : "-";
        j->out->changes[j->out->n_changes++] = (struct wire_reason){
            .what = arena_strdup(j->a, revision.workload),
            .at = revision.at,
            .why = arena_printf(j->a, "Revision %s changed %s: %s -> %s", revision.number, c->field, old_, new_),
            .why_zh = arena_printf(j->a, "版本 %s 修改了 %s：%s -> %s", revision.number, c->field, old_, new_),
        };
    }
}

static void write_changes(struct judgement *j)
{
    j->out->changes = ARENA_ARRAY(j->a, struct wire_reason, REASONS_MAX);
    for (size_t i = 0; i < j->n_roots; i++)
        add_changes(j, j->roots[i]);
}

/* What was ruled out, what could not be seen */

static bool is_told(const struct wire_reason *list, size_t n, const char *what, const char *why)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].what, what) == 0 && strcmp(list[i].why, why) == 0)
            return true;
    return false;
}

static bool is_a_root_code(const struct judgement *j, const char *code)
{
    for (size_t i = 0; i < j->n_roots; i++)
        if (strcmp(j->roots[i]->code->code, code) == 0)
            return true;
    return false;
}

static void write_note(struct judgement *j, const struct note *note)
{
    struct wire_reason *list = note->missing ? j->out->not_checked : j->out->ruled_out;
    size_t *n = note->missing ? &j->out->n_not_checked : &j->out->n_ruled_out;
    const char *what = note->missing ? note->subject : note->code;
    if (*n == REASONS_MAX || (!note->missing && is_a_root_code(j, what)) || is_told(list, *n, what, note->why))
        return;
    list[(*n)++] = (struct wire_reason){
        .what = arena_strdup(j->a, what),
        .why = arena_strdup(j->a, note->why),
        .why_zh = arena_strdup(j->a, note->why_zh),
    };
}

static void write_notes_of(struct judgement *j, const char *subject)
{
    for (size_t i = notes_of(j->r, subject); i < j->r->n_notes && strcmp(j->r->notes[i].subject, subject) == 0; i++)
        write_note(j, &j->r->notes[i]);
}

static void write_notes(struct judgement *j, const char *scope)
{
    j->out->ruled_out = ARENA_ARRAY(j->a, struct wire_reason, REASONS_MAX);
    j->out->not_checked = ARENA_ARRAY(j->a, struct wire_reason, REASONS_MAX);
    j->out->n_not_checked = unchecked_list(j->r, j->roots, j->n_roots, j->a, j->out->not_checked, REASONS_MAX / 2);
    write_notes_of(j, scope);
    for (size_t i = 0; i < j->n_roots; i++) {
        const struct finding *f = j->roots[i];
        write_notes_of(j, f->subject);
        write_notes_of(j, f->object);
        write_notes_of(j, f->workload);
        for (size_t k = 0; k < f->n_shown && k < SHOWN_LOOKED; k++)
            write_notes_of(j, f->shown[k].id);
    }
}

static void write_graph(struct judgement *j, const char *scope)
{
    struct graph_seed seeds[SEEDS_MAX];
    size_t n = 0;
    if (j->n_roots == 0 && *scope)
        seeds[n++] = (struct graph_seed){ scope, "context" };
    for (size_t i = 0; i < j->n_roots && n < SEEDS_MAX; i++)
        seeds[n++] = (struct graph_seed){ j->roots[i]->object, "root" };
    for (size_t i = 0; i < j->n_roots && n < SEEDS_MAX; i++) {
        const struct finding *f = j->roots[i];
        seeds[n++] = (struct graph_seed){ f->subject, "victim" };
        for (size_t k = 0; k < f->n_shown && k < 4 && n < SEEDS_MAX; k++)
            seeds[n++] = (struct graph_seed){ f->shown[k].id, "victim" };
    }
    for (size_t i = 0; i < j->out->n_victims && n < SEEDS_MAX; i++)
        seeds[n++] = (struct graph_seed){ j->out->victims[i].what, "victim" };
    graph_draw(j->rel, seeds, n, j->a, j->out);
}

/* Two causes of the same trouble of which none is much surer than the other. */
static bool are_rivals(const struct finding *a, const struct finding *b)
{
    double x = finding_confidence(a), y = finding_confidence(b);
    double apart = x > y ? x - y : y - x;
    bool same = strcmp(a->workload, b->workload) == 0 && a->code != b->code;
    const char *c = finding_value(a, "container"), *d = finding_value(b, "container");
    return same && (!c || !d || strcmp(c, d) == 0) && apart < NEAR && x <= NOT_SURE && y <= NOT_SURE;
}

static enum wire_outcome outcome_of(const struct judgement *j)
{
    bool all_nothing = true, all_meant = true;
    for (size_t i = 0; i < j->n_roots; i++) {
        all_nothing &= is_nothing(j->roots[i]);
        all_meant &= strcmp(j->roots[i]->code->code, "none.by-design") == 0;
        for (size_t k = 0; k < i; k++)
            if (are_rivals(j->roots[i], j->roots[k]))
                return VERDICT_INCONCLUSIVE;
    }
    return all_meant ? VERDICT_HEALTHY : all_nothing ? VERDICT_INCONCLUSIVE : VERDICT_FAULT;
}

/* What is certain makes what is not superfluous. */
static void drop_nothing(struct judgement *j)
{
    size_t kept = 0;
    bool some = false;
    for (size_t i = 0; i < j->n_roots; i++)
        some |= !is_nothing(j->roots[i]);
    for (size_t i = 0; i < j->n_roots; i++)
        if (!some || !is_nothing(j->roots[i]))
            j->roots[kept++] = j->roots[i];
    j->n_roots = kept;
}

static void write_verdict(struct judgement *j, const char *scope)
{
    drop_nothing(j);
    j->out->calls = j->r->f->calls;
    j->out->ms = j->r->f->ms;
    if (j->n_roots > 0)
        j->out->outcome = outcome_of(j);
    write_roots(j);
    write_victims(j);
    raise_severity(j);
    write_changes(j);
    write_notes(j, scope);
    write_graph(j, scope);
}

/* Nothing was found */

static void judge_well(struct judgement *j, const struct object *o)
{
    struct recovery recovery;
    if (health_recovered(j->r, o, &recovery)) {
        struct finding *f = finding_make(j->r, "none.recovered", SHOWN, o->id, NULL);
        finding_set(f, "since", finding_time(j->r, recovery.since));
        finding_set(f, "message", recovery.message);
        if (recovery.event)
            finding_quote_event(j->r, f, recovery.event);
        else
            finding_quote(j->r, f, recovery.object, recovery.message, recovery.since);
        j->roots[j->n_roots++] = f;
        write_verdict(j, o->id);
        j->out->outcome = VERDICT_RECOVERED;
        return;
    }
    write_verdict(j, o->id);
    j->out->outcome = VERDICT_HEALTHY;
}

static void judge_open(struct judgement *j, const char *object, const char *missing)
{
    struct finding *f = finding_make(j->r, "none.inconclusive", WEAK, object, NULL);
    finding_set(f, "missing", missing);
    j->roots[j->n_roots++] = f;
    write_verdict(j, object);
    j->out->outcome = VERDICT_INCONCLUSIVE;
}

/* The API server has said that there is no such object (any more). */
static bool is_gone(const struct facts *f, const char *id)
{
    for (size_t i = 0; i < f->n_absent; i++)
        if (strcmp(f->absent[i], id) == 0)
            return true;
    return false;
}

static void judge_nothing_found(struct judgement *j, const char *scope)
{
    const struct object *o = facts_get(j->r->f, scope);
    if (!o && is_gone(j->r->f, scope)) {
        write_verdict(j, scope);
        j->out->outcome = VERDICT_HEALTHY;
        return;
    }
    if (!o) {
        judge_open(j, scope, scope);
        return;
    }
    if (health_of(j->r, o) == HEALTH_UNWELL)
        judge_open(j, scope, json_get_str(json_at(j->r->f->not_checked, "0"), "resource"));
    else
        judge_well(j, o);
}

/* Scope */

/* Pods speak only for themselves, what owns Pods for all of them. */
static bool is_within(const struct run *r, const struct finding *f, const struct object *scope, const char *id)
{
    if (scope && strcmp(scope->kind, "pod") == 0) {
        bool shows = strcmp(f->subject, id) == 0 || strcmp(f->object, id) == 0;
        for (size_t i = 0; i < f->n_shown && !shows; i++)
            shows = strcmp(f->shown[i].id, id) == 0;
        return shows || (strcmp(f->workload, run_pod(r, id)->workload) == 0 && !str_starts(f->subject, "pod/"));
    }
    return explain_is_about(f, id) ||
           (scope && scope->owner && strcmp(f->workload, object_workload(r->f, scope, r->a)) == 0 &&
            !str_starts(scope->kind, "node"));
}

void judge_scope(struct relations *rel, struct arena *a, struct wire_verdict *out)
{
    struct judgement j = { .rel = rel, .r = rel->r, .a = a, .out = out };
    const char *scope = rel->r->f->scope_object;
    const struct object *o = facts_get(rel->r->f, scope);
    *out = (struct wire_verdict){ 0 };
    for (size_t i = 0; i < rel->r->n_findings; i++) {
        struct finding *f = rel->r->findings[i];
        /* What is only worth telling beside a cause leads who asks about it to that cause. */
        if ((!f->minor || (f->cause && *scope)) && (!*scope || is_within(rel->r, f, o, scope)))
            add_root(&j, f);
    }
    if (j.n_roots > 0) {
        write_verdict(&j, scope);
    } else if (*scope) {
        judge_nothing_found(&j, scope);
    } else {
        write_verdict(&j, scope);
        out->outcome = VERDICT_HEALTHY;
    }
}

/* Everything */

static bool belongs_together(const struct finding *a, const struct finding *b)
{
    return strcmp(a->object, b->object) == 0 || strcmp(a->workload, b->workload) == 0;
}

static const char *title_of(struct arena *a, const struct finding *f, bool zh)
{
    struct finding titled = *f;
    const char *name = finding_value(f, "name"), *namespace_ = finding_value(f, "namespace");
    if (name && namespace_)
        finding_set(&titled, "name", arena_printf(a, "%s/%s", namespace_, name));
    return finding_statement(a, &titled, zh);
}

static int by_gravity(const void *left, const void *right)
{
    const struct diagnose_incident *a = left, *b = right;
    if (a->severity != b->severity)
        return (int)b->severity - (int)a->severity;
    double x = a->verdict.n_roots ? a->verdict.roots[0].confidence : 0,
           y = b->verdict.n_roots ? b->verdict.roots[0].confidence : 0;
    return x != y ? (x < y) - (x > y) : strcmp(str_or_empty(a->title), str_or_empty(b->title));
}

static void write_incident(struct judgement *j, struct diagnose_incident *out)
{
    j->out = &out->verdict;
    write_verdict(j, "");
    for (size_t i = 0; i < out->verdict.n_roots; i++)
        if (out->verdict.roots[i].severity > out->severity)
            out->severity = out->verdict.roots[i].severity;
    out->title = title_of(j->a, j->roots[0], false);
    out->title_zh = title_of(j->a, j->roots[0], true);
}

void judge_all(struct relations *rel, struct arena *a, struct diagnose_incidents *out)
{
    struct run *r = rel->r;
    *out = (struct diagnose_incidents){ .objects = (int64_t)r->f->n_objects,
                                        .events = (int64_t)r->f->n_events,
                                        .logs = (int64_t)r->f->n_logs };
    out->items = ARENA_ARRAY(a, struct diagnose_incident, r->n_findings + 1);
    bool *done = ARENA_ARRAY(r->a, bool, r->n_findings + 1);
    for (size_t i = 0; i < r->n_findings; i++) {
        if (done[i] || r->findings[i]->cause || r->findings[i]->minor)
            continue;
        struct judgement j = { .rel = rel, .r = r, .a = a };
        for (size_t k = i; k < r->n_findings; k++)
            if (!done[k] && !r->findings[k]->cause && !r->findings[k]->minor &&
                belongs_together(r->findings[i], r->findings[k])) {
                done[k] = true;
                add_root(&j, r->findings[k]);
            }
        write_incident(&j, &out->items[out->count++]);
    }
    qsort(out->items, out->count, sizeof *out->items, by_gravity);
}
