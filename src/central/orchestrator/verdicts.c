/* What a verdict does to its incident.  Runs inside the caller's transaction. */
#include <string.h>

#include "base/str.h"
#include "central/orchestrator/grouping.h"
#include "central/orchestrator/orchestrator.h"

/* Nothing wrong, or nothing that decides, to be seen yet: a kubelet writes its Event at once and the state of a container up to ten seconds later. */
#define EARLY_LOOK_MS      1000
#define EARLY_LOOKS        6
#define EARLY_LOOKS_QUICK  3
#define STAYS_WELL_MS      5000    /* how long an object must be found well before its incident closes          */
#define UNCLEAR_LOOK_MS    2000
#define UNCLEAR_LOOKS      8
#define WEAKER             0.05    /* a cause that is less sure than the one before by more than this ...        */
#define BELIEVED_LOOKS     3       /* ... counts when so many looks in a row have found it                        */
#define DOUBT_LOOK_MS      5000    /* ... and the first of which come this soon                                  */
#define DOUBT_LOOKS_SOON   6
#define UNCLEAR_REPORT     2       /* the look after which "not proved yet" is worth a report */

static const char *family_of(const char *code, struct arena *a)
{
    return arena_strndup(a, code, strcspn(code, "."));
}

static const char *namespace_of(const char *object, struct arena *a)
{
    const char *first = strchr(object, '/'), *last = strrchr(object, '/');
    return first && last > first + 1 ? arena_strndup(a, first + 1, (size_t)(last - first - 1)) : NULL;
}

static const char *verdict_text(const json *verdict, struct arena *a)
{
    size_t size;
    AUTO_FREE char *text = json_text(verdict, &size);
    return arena_strndup(a, text, size);
}

static int close_incident(struct orchestrator *o, struct incident *i, const char *phase, const char *text, const char *text_zh, struct err *e)
{
    i->state = "closed";
    i->phase = phase;
    i->closed_at = i->updated_at;
    return step_add(o, i->id, NULL, text, text_zh, e);
}

/* Nothing is wrong (any more).  One look is not enough: a crash loop looks well between two crashes. */
static int found_well(struct orchestrator *o, struct incident *i, const json *verdict, enum after_verdict *after, int64_t *again_ms, struct err *e)
{
    if (!i->healthy_since)
        i->healthy_since = i->updated_at;
    bool named = i->code != NULL;
    int64_t well_ms = i->updated_at - i->healthy_since;
    *after = AFTER_LOOK_AGAIN;
    *again_ms = named ? STAYS_WELL_MS : i->looks <= EARLY_LOOKS_QUICK ? EARLY_LOOK_MS : 2 * EARLY_LOOK_MS;
    if (named ? well_ms < STAYS_WELL_MS : i->looks < EARLY_LOOKS)
        return 0;
    if (named) {
        *after = AFTER_REPORT;    /* the report tells the end, too */
        return close_incident(o, i, "closed", "Recovered: nothing is wrong with it any more", "已恢复：目前未发现异常", e);
    }
    *after = AFTER_NOTHING;
    i->verdict = verdict_text(verdict, o->c->arena);
    i->title = arena_printf(o->c->arena, "%s: over before a cause was found", strrchr(i->key, '/') + 1);
    i->title_zh = arena_printf(o->c->arena, "%s：在找到原因之前已恢复", strrchr(i->key, '/') + 1);
    return close_incident(o, i, "dismissed", "Nothing wrong was found", "未发现异常", e);
}

int64_t verdicts_next_look_ms(const struct orchestrator *o, const struct incident *i)
{
    if (i->code)
        return grouping_next_look_ms(o->c->options->recheck_ms, i->looks);
    return i->looks < UNCLEAR_LOOKS ? UNCLEAR_LOOK_MS : grouping_next_look_ms(o->c->options->recheck_ms, i->looks - UNCLEAR_LOOKS);
}

static struct doubt *doubt_about(struct orchestrator *o, const struct incident *i)
{
    for (size_t k = 0; k < DOUBTS_MOST; k++)
        if (str_eq(o->doubts[k].incident_id, i->id))
            return &o->doubts[k];
    return NULL;
}

static void forget_doubt(struct orchestrator *o, const struct incident *i)
{
    struct doubt *d = doubt_about(o, i);
    if (d)
        *d = (struct doubt){ 0 };
}

/* Have so many looks in a row found this code that it is to be believed?  Until then the next look comes soon: the cause that is shown may be over. */
static bool is_repeated(struct orchestrator *o, const struct incident *i, const char *code, int64_t *again_ms)
{
    struct doubt *d = doubt_about(o, i);
    if (!d) {
        d = &o->doubts[o->next_doubt++ % DOUBTS_MOST];
        *d = (struct doubt){ 0 };
        (void)str_copy(d->incident_id, sizeof d->incident_id, i->id);
    }
    if (!str_eq(d->code, code)) {
        d->looks = 0;
        (void)str_copy(d->code, sizeof d->code, code);
    }
    if (d->soon < DOUBT_LOOKS_SOON && *again_ms > DOUBT_LOOK_MS)
        *again_ms = DOUBT_LOOK_MS;
    d->soon++;
    if (++d->looks < BELIEVED_LOOKS)
        return false;
    d->looks = 0;
    return true;
}

static int unclear(struct orchestrator *o, struct incident *i, const json *verdict, enum after_verdict *after, int64_t *again_ms, struct err *e)
{
    i->healthy_since = 0;
    *after = !i->code && i->looks == UNCLEAR_REPORT ? AFTER_REPORT : AFTER_LOOK_AGAIN;
    *again_ms = verdicts_next_look_ms(o, i);
    if (i->code) {    /* what was proved before stands until something else is proved, and the timeline says so */
        bool once_more = !is_repeated(o, i, "none.inconclusive", again_ms);
        return once_more ? 0 : causes_say_once(o, i, "The cause is not proved any more by what was found last; it stands until another one is, or all is well",
                                          "最近几次检查已不能再证实该原因；在证实其他原因或恢复正常之前，暂时保留", e);
    }
    bool first = !i->verdict;
    i->verdict = verdict_text(verdict, o->c->arena);
    i->diagnosed_at = i->diagnosed_at ? i->diagnosed_at : i->updated_at;
    i->phase = "diagnosing";
    i->title = arena_printf(o->c->arena, "%s: cause not proved yet", strrchr(i->key, '/') + 1);
    i->title_zh = arena_printf(o->c->arena, "%s：尚未确定原因", strrchr(i->key, '/') + 1);
    return first ? step_add(o, i->id, NULL, "The evidence does not decide; looking again", "证据不足以确定原因，将再次检查", e) : 0;
}

/* Another open incident has the same cause: this one becomes part of it. */
static int merge(struct orchestrator *o, struct incident *i, struct incident *into, const struct wire_root *root, enum after_verdict *after, struct err *e)
{
    struct arena *a = o->c->arena;
    struct incident_step joined = { .at = i->updated_at, .object = i->key,
                                    .text = arena_printf(a, "%s has the same cause: %s on %s", i->key, root->code, root->object),
                                    .text_zh = arena_printf(a, "%s 的原因相同：%s（%s）", i->key, root->object, root->code) };
    int told = incident_steps_has_object(o->db, into->id, i->key, e);
    if (told < 0 || (told == 0 && incident_steps_add(o->db, into->id, &joined, e)) || incident_events_move(o->db, i->id, into->id, e))
        return -1;
    into->occurrences += i->occurrences;
    into->updated_at = i->updated_at;
    into->report_due |= told == 0;
    if (incidents_put(o->db, into, e) || tasks_report(o, into, e))
        return -1;
    i->state = "merged";
    i->phase = "closed";
    i->merged_into = into->id;
    i->closed_at = i->updated_at;
    *after = AFTER_NOTHING;
    return 0;
}

/* Of several independent causes an incident stands for one: the one it had, else the first that no other open incident stands for, so that none is lost.
 * Fills *other when one with the same cause is open: then this incident belongs there.  NULL with *e on failure. */
static const struct wire_root *choose_root(struct orchestrator *o, const struct incident *i, const struct wire_verdict *v, struct incident *other, bool *taken, struct err *e)
{
    *taken = false;
    for (size_t k = 0; k < v->n_roots; k++)
        if (str_eq(v->roots[k].code, i->code) && str_eq(v->roots[k].object, i->object))
            return &v->roots[k];
    struct incident first;
    for (size_t k = 0; k < v->n_roots; k++) {
        int found = incidents_open_by_root(o->db, i->cluster_id, v->roots[k].code, v->roots[k].object, i->id, o->c->arena, other, e);
        if (found < 0)
            return NULL;
        if (found == 1)
            return &v->roots[k];
        if (k == 0)
            first = *other;
    }
    *other = first;
    *taken = true;
    return &v->roots[0];
}

static int name_it(struct orchestrator *o, struct incident *i, const struct wire_root *root, const struct wire_verdict *v, const json *verdict, struct err *e)
{
    struct arena *a = o->c->arena;
    i->code = root->code;
    i->family = family_of(root->code, a);
    i->object = root->object;
    i->namespace_ = namespace_of(root->object, a);
    i->confidence = root->confidence;
    if (causes_name(o, i, root, v, e))
        return -1;
    i->victims = (int64_t)v->n_victims;
    i->verdict = verdict_text(verdict, a);
    i->phase = "diagnosing";
    if (!i->diagnosed_at)
        i->diagnosed_at = i->updated_at;
    return 0;
}

/* What a Job says at its end tells less than what kept its Pods from running, and by then they are gone. */
static bool is_end_of_job(const struct incident *i, const struct wire_root *root)
{
    static const char *const ends[] = { "job", "crash" };    /* a crash is told by the end of the Job as well */
    bool known = false;
    for (size_t k = 0; k < COUNT(ends); k++)
        known |= str_eq(i->family, ends[k]) && (k == 0 || str_eq(i->code, "crash.app-error"));
    return str_starts(root->code, "job.") && !known;
}

/* A weaker cause counts only when it is found again and again. */
static bool is_doubtful(struct orchestrator *o, const struct incident *i, const struct wire_root *root, int64_t *again_ms)
{
    if (root->confidence < i->confidence - WEAKER)
        return !is_repeated(o, i, root->code, again_ms);
    forget_doubt(o, i);
    return false;
}

/* A recheck must not lose a good cause for a worse one: a log that could not be had this time, a list that broke off.  What stood beside the cause
 * before is no such one: it is what is left. */
static bool keeps_its_cause(struct orchestrator *o, const struct incident *i, const struct wire_root *root, const struct wire_verdict *before, int64_t *again_ms)
{
    bool same = str_eq(i->code, root->code) && str_eq(i->object, root->object);
    if (same)
        forget_doubt(o, i);
    return i->code && !same && !causes_have(before, root) && (is_end_of_job(i, root) || is_doubtful(o, i, root, again_ms));
}

/* What the timeline says when the incident stands for another cause from now on. */
static int tell_revised(struct orchestrator *o, const struct incident *i, const struct incident *was, bool was_beside, struct err *e)
{
    struct arena *a = o->c->arena;
    if (was_beside)
        return step_add(o, i->id, NULL, arena_printf(a, "%s on %s is no longer found; what is left is %s on %s", was->code, was->object, i->code, i->object),
                        arena_printf(a, "%s（%s）已不再存在，剩余原因为 %s（%s）", was->object, was->code, i->object, i->code), e);
    return step_add(o, i->id, NULL, arena_printf(a, "Cause revised from %s on %s to %s on %s", was->code, was->object, i->code, i->object),
                    arena_printf(a, "原因由 %s（%s）修正为 %s（%s）", was->object, was->code, i->object, i->code), e);
}

static int found_fault(struct orchestrator *o, struct incident *i, const struct wire_verdict *v, const json *verdict, enum after_verdict *after, int64_t *again_ms, struct err *e)
{
    struct arena *a = o->c->arena;
    struct incident other;
    bool taken;
    i->healthy_since = 0;
    const struct wire_root *root = choose_root(o, i, v, &other, &taken, e);
    if (!root)
        return -1;
    struct wire_verdict before;
    causes_before(o, i, &before);
    *again_ms = verdicts_next_look_ms(o, i);
    if (keeps_its_cause(o, i, root, &before, again_ms)) {
        *after = AFTER_LOOK_AGAIN;
        return 0;
    }
    if (taken)
        return merge(o, i, &other, root, after, e);
    const struct incident was = *i;
    bool renamed = was.code && !(str_eq(was.code, root->code) && str_eq(was.object, root->object));
    if (was.code && causes_tell(o, &was, root, &before, v, e))
        return -1;
    if (name_it(o, i, root, v, verdict, e))
        return -1;
    bool same = !renamed && str_eq(was.title, i->title) && was.victims == i->victims && causes_are_the_same(&before, v);
    *after = same && i->reported_at && !i->report_due ? AFTER_LOOK_AGAIN : AFTER_REPORT;
    if (*after == AFTER_LOOK_AGAIN)
        i->phase = "reported";
    if (renamed) {
        i->looks = 1;    /* what changed once may change again soon */
        *again_ms = verdicts_next_look_ms(o, i);
        return tell_revised(o, i, &was, causes_have(&before, root), e);
    }
    if (was.code)
        return 0;
    if (step_add(o, i->id, NULL, arena_printf(a, "Cause named: %s on %s, confidence %.2f", root->code, root->object, root->confidence),
                 arena_printf(a, "已确定原因：%s（%s），置信度 %.2f", root->object, root->code, root->confidence), e))
        return -1;
    return causes_tell(o, i, root, &before, v, e);
}

int verdicts_apply(struct orchestrator *o, struct incident *i, const json *verdict, enum after_verdict *after, int64_t *again_ms, struct err *e)
{
    struct wire_verdict v;
    if (wire_verdict_read(verdict, o->c->arena, &v, e))
        return err_wrap(e, "verdict of incident %s", i->id);
    *again_ms = 0;
    i->looks++;
    i->updated_at = loop_wall_ms(o->c->loop);
    bool is_fault = v.outcome == VERDICT_FAULT && v.n_roots > 0;
    bool is_well = v.outcome == VERDICT_HEALTHY || v.outcome == VERDICT_RECOVERED;
    int done = is_fault ? found_fault(o, i, &v, verdict, after, again_ms, e)
               : is_well ? found_well(o, i, verdict, after, again_ms, e)
                         : unclear(o, i, verdict, after, again_ms, e);
    return done ? -1 : incidents_put(o->db, i, e);
}
