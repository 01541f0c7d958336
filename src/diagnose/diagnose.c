#include "diagnose/diagnose.h"

#include "diagnose/judge.h"
#include "diagnose/note.h"
#include "diagnose/revision.h"
#include "diagnose/ruled_out.h"
#include "diagnose/rules.h"

/* Sizes and depths within which a bundle of a whole cluster stays; wire/bundle.h. */
static const struct json_limits bundle_limits = { .size = BUNDLE_ALL_MAX, .depth = 64, .keys = 20000000 };

/* What lives as long as one diagnosis. */
struct session {
    struct json_doc *doc;
    struct arena arena;
    struct facts facts;
    struct run run;
    struct relations relations;
};

static void close_session(struct session *s)
{
    arena_fini(&s->arena);
    json_doc_free(s->doc);
}

#define AUTO_SESSION __attribute__((cleanup(close_session)))

/* A change of the template shortly before makes a finding surer; it never makes one. */
static void mark_changed(struct run *r)
{
    for (size_t i = 0; i < r->n_findings; i++) {
        struct revision revision;
        struct finding *f = r->findings[i];
        f->changed = revision_newest(r, f->workload, &revision) && revision_is_recent(r, &revision, f->since);
    }
}

static int open_session(struct session *s, const char *text, size_t size, struct err *e)
{
    arena_init(&s->arena);
    s->doc = json_parse(text, size, &bundle_limits, e);
    if (!s->doc || facts_load(&s->facts, json_root(s->doc), &s->arena, e) != 0)
        return err_wrap(e, "reading the evidence bundle");
    run_init(&s->run, &s->facts, &s->arena);
    rules_run(&s->run);
    findings_merge(&s->run);
    mark_changed(&s->run);
    relations_init(&s->relations, &s->run);
    explain(&s->relations);
    ruled_out_add(&s->relations);
    notes_sort(&s->run);
    return 0;
}

int diagnose_bundle(const char *text, size_t size, struct arena *a, struct wire_verdict *out, struct err *e)
{
    AUTO_SESSION struct session session = { 0 };
    if (open_session(&session, text, size, e) != 0)
        return -1;
    judge_scope(&session.relations, a, out);
    return 0;
}

int diagnose_all(const char *text, size_t size, struct arena *a, struct diagnose_incidents *out, struct err *e)
{
    AUTO_SESSION struct session session = { 0 };
    if (open_session(&session, text, size, e) != 0)
        return -1;
    judge_all(&session.relations, a, out);
    return 0;
}
