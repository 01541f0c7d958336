/* Containers that ended although they should run: why, from how they ended and from what they said last. */
#include "diagnose/crash.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"
#include "diagnose/amount.h"
#include "diagnose/revision.h"

#define CALM_MIN_MS  60000        /* runs at least this long before an end is a matter of the past */
#define CALM_ONCE_MS 30000        /* ... when it has ended only once                               */
#define CALM_MAX_MS  (10 * 60000) /* the kubelet forgets its back-off after as long                */
#define EVENTS_MS    60000        /* a kubelet that has much to tell is so late with its events   */
#define LEAK_LIFE_MS (30 * 60000) /* what is killed for memory after living so long, again and again, fills up slowly */
#define LEAK_TIMES   3
#define NO_RESTARTS  2 /* exit code 0 this often is no accident                         */

bool rules_has_recovered(const struct run *r, const struct container *c)
{
    if (!c->running || !c->last.is || !c->running_since)
        return c->running && !c->last.is;
    int64_t life = c->last.started && c->last.finished > c->last.started ? c->last.finished - c->last.started : 0;
    int64_t least = c->restarts > 1 ? CALM_MIN_MS : CALM_ONCE_MS;
    int64_t calm = 2 * life > least ? 2 * life : least;
    return r->f->now - c->running_since > (calm < CALM_MAX_MS ? calm : CALM_MAX_MS);
}

struct finding *crash_found(struct crash *s, const char *code, enum strength strength)
{
    struct run *r = s->r;
    struct finding *f = finding_of_pod(r, code, strength, s->p, s->c);
    const struct event *again = facts_event(r->f, s->p->object->id, "BackOff", s->c->name);
    /* It began when the Pod stopped being ready, or never became so; the last end is only the latest of many. */
    f->since = !s->p->ready && s->p->ready_since ? s->p->ready_since : again ? again->first : s->end->finished;
    finding_setf(r, f, "exit_code", "%lld", (long long)s->end->exit_code);
    finding_set(f, "line", s->line.text);
    /* Where nothing came with the log, the kubelet's copy of its end is what was read. */
    if (s->line.log)
        finding_quote_log(r, f, s->line.log, s->line.text);
    else
        finding_quote(r, f, s->p->object->id, s->line.text, s->end->finished);
    finding_quote(
        r, f, s->p->object->id,
        arena_printf(r->a, "\"exitCode\":%lld,\"reason\":\"%s\"", (long long)s->end->exit_code, s->end->reason),
        s->end->finished);
    finding_quote_event(r, f, again);
    return f;
}

struct finding *crash_app_error(struct crash *s)
{
    struct finding *f =
        crash_found(s, "crash.app-error", s->line.text && *s->line.class_ && !s->rivals ? INFERRED : LIKELY);
    if (s->line.text)
        return f;
    f->doubted = true;
    const struct catalog_param params[] = { { "container", s->c->name } };
    note_add(s->r, NOTE_LOG_ABSENT, s->p->object->id, params, 1);
    return f;
}

static bool oom(struct crash *s)
{
    bool killed = strcmp(s->end->reason, "OOMKilled") == 0;
    if (!killed && strcmp(str_or_empty(s->line.class_), "memory") != 0)
        return false;
    int64_t life = s->end->started ? s->end->finished - s->end->started : 0;
    bool slowly = killed && life >= LEAK_LIFE_MS && s->c->restarts >= LEAK_TIMES;
    struct finding *f = slowly ? crash_found(s, "crash.memory-leak", INFERRED)
                               : crash_found(s, "crash.oom", killed ? STATED : INFERRED);
    const char *limit = json_str(json_at(s->c->spec, "resources.limits.memory"));
    finding_set(f, "limit", limit);
    if (slowly)
        finding_set(f, "ago", finding_age(s->r, life));
    if (killed)
        finding_set_zh(f, "message", "is OOMKilled", "被 OOMKilled");
    else
        finding_set_zh(f, "message", "runs out of memory", "内存耗尽");
    double bytes = amount_of(json_at(s->c->spec, "resources.limits.memory"), 0);
    if (limit) {
        finding_quote(s->r, f, s->p->object->id, arena_printf(s->r->a, "\"memory\":\"%s\"", limit), 0);
        if (killed)
            finding_set(f, "expected", amount_text(s->r->a, "memory", bytes * 2));
    }
    struct revision revision;
    if (revision_newest(s->r, s->p->workload, &revision) && revision_is_recent(s->r, &revision, s->end->finished))
        finding_set(f, "revision", revision.number);
    return true;
}

static void segfault(struct crash *s)
{
    crash_found(s, "crash.segfault", s->end->exit_code == 139 ? SHOWN : INFERRED);
}

/* A kubelet sends its events in order: what it did after the end is there, so what it said before it is too. */
static bool has_events_after_end(const struct crash *s)
{
    static const char *const after[] = { "Pulled", "Created", "Started", "BackOff" };
    struct events all = facts_events(s->r->f, s->p->object->id);
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        bool about = !*ev->container || strcmp(ev->container, s->c->name) == 0;
        for (size_t j = 0; about && ev->last >= s->end->finished && j < COUNT(after); j++)
            if (strcmp(ev->reason, after[j]) == 0)
                return true;
    }
    return false;
}

/* Ended by a probe: the kubelet stopped it, so neither exit code nor log says why. */
static bool was_killed_by_probe(const struct crash *s)
{
    bool killed = s->end->exit_code == 137 || s->end->exit_code == 143;
    bool probed = json_get(s->c->spec, "livenessProbe") || json_get(s->c->spec, "startupProbe");
    if (killed && probed && s->r->f->now - s->end->finished < EVENTS_MS && !has_events_after_end(s))
        return true; /* the event that says so may be on its way */
    struct events all = facts_events(s->r->f, s->p->object->id);
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        bool about = !*ev->container || strcmp(ev->container, s->c->name) == 0;
        if (about && strcmp(ev->reason, "Killing") == 0 && strstr(ev->message, "probe") && s->end->exit_code != 0 &&
            (killed || s->end->finished <= ev->last + 2000))
            return true;
    }
    return false;
}

static bool exit_zero(struct crash *s)
{
    if (s->end->exit_code != 0)
        return false;
    if (s->p->restarts_always && s->c->restarts >= NO_RESTARTS)
        crash_found(s, "crash.exit0", SHOWN);
    return true;
}

static void init_failed(struct crash *s)
{
    struct finding *f = crash_found(s, "crash.init-container", s->line.text ? STATED : SHOWN);
    struct host host;
    if (s->line.text && extract_host(s->r->a, s->line.text, &host))
        rules_name_target(s->r, f, s->p->object->namespace_, &host);
    if (s->line.text && strcmp(s->line.class_, "name-resolution") == 0)
        finding_depends(f, "deployment/kube-system/coredns");
}

static void rule_out(struct crash *s)
{
    const char *id = s->p->object->id;
    const struct catalog_param params[] = {
        { "container", s->c->name },
        { "exit_code", arena_printf(s->r->a, "%lld", (long long)s->end->exit_code) },
        { "message", s->end->reason },
    };
    if (strcmp(s->end->reason, "OOMKilled") != 0)
        note_add(s->r, NOTE_NOT_OOM, id, params, COUNT(params));
    note_add(s->r, NOTE_IMAGE_PULLED, id, params, 1);
    if (s->line.log && s->line.log->truncated)
        note_add(s->r, NOTE_LOG_CUT, id, params, 1);
}

/* Did it end and should not have, and is that no matter of the past? */
static bool is_crashing(const struct run *r, const struct pod *p, const struct container *c, const struct ended *end)
{
    if (!end || p->object->deleted || rules_has_recovered(r, c))
        return false;
    bool once = c->init && !c->sidecar;
    if (c->now.is && c->now.exit_code == 0)
        return !once && (p->restarts_always || c->sidecar);
    if (once && c->ready)
        return false;
    return end->exit_code != 0 || p->restarts_always;
}

bool rules_crash(struct run *r, const struct pod *p, const struct container *c)
{
    const struct ended *end = container_end(c);
    if (!is_crashing(r, p, c, end))
        return false;
    struct crash s = { .r = r, .p = p, .c = c, .end = end };
    if (!rules_reason_line(r, p, c, &s.line))
        s.line = (struct reason_line){ .class_ = "" };
    if (was_killed_by_probe(&s) && strcmp(end->reason, "OOMKilled") != 0)
        return false;
    if (exit_zero(&s))
        return true;
    rule_out(&s);
    if (oom(&s))
        return true;
    if (c->init && !c->sidecar) {
        init_failed(&s);
        return true;
    }
    if (end->exit_code == 139 || strcmp(s.line.class_, "segfault") == 0) {
        segfault(&s);
        return true;
    }
    s.rivals = s.line.rival != NULL;
    if (!crash_said(&s))
        crash_app_error(&s);
    if (s.rivals) {
        s.line.text = s.line.rival;
        s.line.class_ = s.line.rival_class;
        if (!crash_said(&s))
            crash_app_error(&s);
    }
    return true;
}
