/* The independent causes of one incident from verdict to verdict: which came, which are over, and what its row says of them.
 *
 * An incident stands for one cause and lists all: a Pod whose image is missing and whose other container is killed for memory needs both mended.
 */
#include <string.h>

#include "base/str.h"
#include "central/orchestrator/orchestrator.h"

/* What comes and goes is told so many times, and is in the report all the same. */
#define TOLD_MOST 3

void causes_before(struct orchestrator *o, const struct incident *i, struct wire_verdict *out)
{
    struct err e;
    *out = (struct wire_verdict){ 0 };
    AUTO_JSON struct json_doc *doc = i->verdict ? json_parse(i->verdict, strlen(i->verdict), &json_object_limits, &e) : NULL;
    /* What cannot be read, or proved nothing, names no cause. */
    if (!doc || wire_verdict_read(json_root(doc), o->c->arena, out, &e) || out->outcome != VERDICT_FAULT)
        *out = (struct wire_verdict){ 0 };
}

bool causes_have(const struct wire_verdict *v, const struct wire_root *root)
{
    for (size_t k = 0; k < v->n_roots; k++)
        if (str_eq(v->roots[k].code, root->code) && str_eq(v->roots[k].object, root->object))
            return true;
    return false;
}

bool causes_are_the_same(const struct wire_verdict *before, const struct wire_verdict *v)
{
    for (size_t k = 0; k < v->n_roots; k++)
        if (!causes_have(before, &v->roots[k]))
            return false;
    for (size_t k = 0; k < before->n_roots; k++)
        if (!causes_have(v, &before->roots[k]))
            return false;
    return true;
}

/* The gravest; what another open incident stands for is as grave as that one, not this. */
static int severity_of(struct orchestrator *o, const struct incident *i, const struct wire_root *root, const struct wire_verdict *v, int64_t *out, struct err *e)
{
    struct incident other;
    *out = root->severity;
    for (size_t k = 0; k < v->n_roots; k++) {
        if ((int64_t)v->roots[k].severity <= *out)
            continue;
        int found = incidents_open_by_root(o->db, i->cluster_id, v->roots[k].code, v->roots[k].object, i->id, o->c->arena, &other, e);
        if (found < 0)
            return -1;
        if (found == 1)
            *out = v->roots[k].severity;
    }
    return 0;
}

int causes_name(struct orchestrator *o, struct incident *i, const struct wire_root *root, const struct wire_verdict *v, struct err *e)
{
    struct arena *a = o->c->arena;
    size_t others = v->n_roots - 1;
    if (severity_of(o, i, root, v, &i->severity, e))
        return -1;
    i->title = root->statement;
    i->title_zh = root->statement_zh ? root->statement_zh : root->statement;
    if (others == 0)
        return 0;
    i->title = arena_printf(a, "%s (and %zu more %s)", i->title, others, others == 1 ? "cause" : "causes");
    i->title_zh = arena_printf(a, "%s（另有 %zu 个原因）", i->title_zh, others);
    return 0;
}

/* A line of the timeline, unless the incident has told it so many times. */
static int tell_at_most(struct orchestrator *o, const struct incident *i, size_t times, const char *text, const char *text_zh, struct err *e)
{
    struct incident_step *steps;
    size_t n, told = 0;
    if (incident_steps_list(o->db, i->id, o->c->arena, &steps, &n, e))
        return -1;
    for (size_t k = 0; k < n; k++)
        told += str_eq(steps[k].text, text);
    return told < times ? step_add(o, i->id, NULL, text, text_zh, e) : 0;
}

static int tell(struct orchestrator *o, const struct incident *i, const char *text, const char *text_zh, struct err *e)
{
    return tell_at_most(o, i, TOLD_MOST, text, text_zh, e);
}

int causes_say_once(struct orchestrator *o, const struct incident *i, const char *text, const char *text_zh, struct err *e)
{
    return tell_at_most(o, i, 1, text, text_zh, e);
}

int causes_tell(struct orchestrator *o, const struct incident *i, const struct wire_root *own, const struct wire_verdict *before, const struct wire_verdict *v, struct err *e)
{
    struct arena *a = o->c->arena;
    for (size_t k = 0; k < before->n_roots; k++) {
        const struct wire_root *root = &before->roots[k];
        /* What the incident stood for until now is told with what it stands for from now on. */
        if (causes_have(v, root) || (str_eq(root->code, i->code) && str_eq(root->object, i->object)))
            continue;
        if (tell(o, i, arena_printf(a, "No longer found: %s on %s", root->code, root->object), arena_printf(a, "不再存在：%s（%s）", root->object, root->code), e))
            return -1;
    }
    for (size_t k = 0; k < v->n_roots; k++) {
        const struct wire_root *root = &v->roots[k];
        if (root == own || causes_have(before, root))
            continue;
        if (tell(o, i, arena_printf(a, "A further cause: %s on %s", root->code, root->object), arena_printf(a, "另一个原因：%s（%s）", root->object, root->code), e))
            return -1;
    }
    return 0;
}
