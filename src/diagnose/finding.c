#include "diagnose/finding.h"

#include <assert.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "wire/bundle.h"

#define STATEMENT_MAX 2000
#define MESSAGE_MAX   160 /* bytes of a quoted message in a sentence; what is longer loses its beginning */

static const double confidences[] = {
    [WEAK] = 0.60, [LIKELY] = 0.75, [INFERRED] = 0.85, [SHOWN] = 0.92, [STATED] = 0.96,
};

/* Kinds as a person writes them; what is not here is written as it is. */
static const struct {
    const char *kind, *text;
} kind_texts[] = {
    { "configmap", "ConfigMap" },
    { "secret", "Secret" },
    { "persistentvolumeclaim", "PersistentVolumeClaim" },
    { "persistentvolume", "PersistentVolume" },
    { "service", "Service" },
    { "serviceaccount", "ServiceAccount" },
    { "deployment", "Deployment" },
    { "statefulset", "StatefulSet" },
    { "daemonset", "DaemonSet" },
    { "replicaset", "ReplicaSet" },
};

void run_init(struct run *r, const struct facts *f, struct arena *a)
{
    struct objects pods = facts_kind(f, "pod");
    *r = (struct run){ .a = a, .f = f, .pods = ARENA_ARRAY(a, struct pod, pods.count + 1), .n_pods = pods.count };
    for (size_t i = 0; i < pods.count; i++)
        pod_read(f, &pods.items[i], a, &r->pods[i]);
}

const struct pod *run_pod(const struct run *r, const char *id)
{
    const struct object *o = facts_get(r->f, id);
    if (!o || strcmp(o->kind, "pod") != 0)
        return NULL;
    return &r->pods[o - facts_kind(r->f, "pod").items];
}

/* Room for one more pointer at the end, doubled as it fills; the old array stays in the arena. */
static bool make_room(struct run *r)
{
    if (r->n_findings < r->room)
        return true;
    if (r->room >= FINDINGS_MAX)
        return false;
    size_t room = r->room ? r->room * 2 : 64;
    struct finding **more = ARENA_ARRAY(r->a, struct finding *, room);
    if (r->n_findings)
        memcpy(more, r->findings, r->n_findings * sizeof *more);
    r->findings = more;
    r->room = room;
    return true;
}

/* "deployment/cart" of "deployment/shop/cart", as kubectl takes it. */
static const char *for_kubectl(struct arena *a, const char *id)
{
    const char *first = strchr(id, '/'), *second = first ? strchr(first + 1, '/') : NULL;
    return second ? arena_printf(a, "%.*s/%s", (int)(first - id), id, second + 1) : id;
}

static const char *name_of(const char *id)
{
    const char *slash = strrchr(id, '/');
    return slash ? slash + 1 : id;
}

static const char *namespace_of(struct arena *a, const char *id)
{
    const char *first = strchr(id, '/'), *second = first ? strchr(first + 1, '/') : NULL;
    return second ? arena_strndup(a, first + 1, (size_t)(second - first - 1)) : "";
}

static const char *kind_of(struct arena *a, const char *id)
{
    return arena_strndup(a, id, strcspn(id, "/"));
}

void finding_blame(struct run *r, struct finding *f, const char *object)
{
    f->object = object;
    finding_set(f, "object", object);
    finding_set(f, "kind", kind_of(r->a, object));
    const char *namespace_ = namespace_of(r->a, object);
    if (*namespace_)
        finding_set(f, "namespace", namespace_);
}

struct finding *finding_make(struct run *r, const char *code, enum strength strength, const char *object,
                             const char *subject)
{
    struct finding *f = ARENA_NEW(r->a, struct finding);
    f->code = catalog_find(code);
    assert(f->code);
    f->strength = strength;
    f->subject = f->workload = subject ? subject : object;
    const char *namespace_ = namespace_of(r->a, f->subject);
    finding_set(f, "namespace", namespace_);
    finding_set(f, "name", name_of(object));
    finding_set(f, "workload", for_kubectl(r->a, object));
    finding_set(f, "cluster", r->f->cluster);
    finding_blame(r, f, object);
    return f;
}

struct finding *finding_new(struct run *r, const char *code, enum strength strength, const char *object,
                            const char *subject)
{
    struct finding *f = finding_make(r, code, strength, object, subject);
    if (make_room(r))
        r->findings[r->n_findings++] = f;
    else
        r->refused++;
    return f;
}

struct finding *finding_of_pod(struct run *r, const char *code, enum strength strength, const struct pod *p,
                               const struct container *c)
{
    struct finding *f = finding_new(r, code, strength, p->workload, p->object->id);
    f->workload = p->workload;
    finding_set(f, "pod", p->object->name);
    finding_set(f, "node", p->node);
    if (strcmp(p->workload, p->object->id) != 0)
        finding_set(f, "owner", p->workload);
    if (c) {
        finding_set(f, "container", c->name);
        finding_set(f, "image", c->image);
        if (c->restarts > 0)
            finding_setf(r, f, "restarts", "%lld", (long long)c->restarts);
    }
    return f;
}

static void set(struct finding *f, const char *name, const char *value, const char *value_zh)
{
    size_t i = 0;
    while (i < f->n_params && strcmp(f->params[i].name, name) != 0)
        i++;
    if (!value || !*value || i == FINDING_PARAMS_MAX)
        return;
    if (i == f->n_params)
        f->n_params++;
    f->params[i] = (struct param){ name, value, value_zh };
}

void finding_set(struct finding *f, const char *name, const char *value)
{
    set(f, name, value, NULL);
}

void finding_set_zh(struct finding *f, const char *name, const char *value, const char *value_zh)
{
    set(f, name, value, value_zh);
}

void finding_setf(struct run *r, struct finding *f, const char *name, const char *format, ...)
{
    char text[QUOTE_MAX];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (size > 0)
        finding_set(f, name, arena_strdup(r->a, text));
}

static const char *unwrapped(const char *message)
{
    static const char *const wraps[] = { "Error creating: ", "Error: ", "Failed to create pod sandbox: ",
                                         "Internal error occurred: " };
    for (size_t i = 0; i < COUNT(wraps); i++)
        if (str_starts(message, wraps[i]))
            message += strlen(wraps[i]);
    const char *desc = str_starts(message, "rpc error: code = ") ? strstr(message, " desc = ") : NULL;
    return desc ? desc + strlen(" desc = ") : message;
}

void finding_set_message(struct run *r, struct finding *f, const char *message)
{
    const char *text = unwrapped(str_or_empty(message)), *next;
    while (strlen(text) > MESSAGE_MAX && (next = strstr(text, ": ")) && next[2])
        text = next + 2;
    finding_set(f, "message", arena_strdup(r->a, text));
}

void finding_drop(struct finding *f, const char *name)
{
    for (size_t i = 0; i < f->n_params; i++)
        if (strcmp(f->params[i].name, name) == 0) {
            f->params[i] = f->params[--f->n_params];
            return;
        }
}

const char *finding_value(const struct finding *f, const char *name)
{
    for (size_t i = 0; i < f->n_params; i++)
        if (strcmp(f->params[i].name, name) == 0)
            return f->params[i].value;
    return NULL;
}

void finding_set_ref(struct run *r, struct finding *f, const char *kind, const char *namespace_, const char *name)
{
    const char *text = kind;
    for (size_t i = 0; i < COUNT(kind_texts); i++)
        if (strcmp(kind_texts[i].kind, kind) == 0)
            text = kind_texts[i].text;
    finding_setf(r, f, "ref", "%s %s%s%s", text, namespace_, *namespace_ ? "/" : "", name);
    finding_set(f, "ref_kind", kind);
    finding_set(f, "ref_name", name);
}

void finding_quote(struct run *r, struct finding *f, const char *source, const char *text, int64_t at)
{
    if (!text || !*text || f->n_quotes == FINDING_QUOTES_MAX)
        return;
    for (size_t i = 0; i < f->n_quotes; i++)
        if (strcmp(f->quotes[i].source, source) == 0 && strcmp(f->quotes[i].text, text) == 0)
            return;
    f->quotes[f->n_quotes++] =
        (struct quote){ source, arena_strndup(r->a, text, str_utf8_cut(text, strlen(text), QUOTE_MAX)), at };
}

void finding_quote_event(struct run *r, struct finding *f, const struct event *ev)
{
    if (ev)
        finding_quote(r, f, arena_printf(r->a, "event %s", ev->object), ev->message, ev->last);
}

void finding_quote_log(struct run *r, struct finding *f, const struct log *log, const char *line)
{
    if (log)
        finding_quote(
            r, f,
            arena_printf(r->a, "log %s container %s%s", log->pod, log->container, log->previous ? " (previous)" : ""),
            line, 0);
}

void finding_depends(struct finding *f, const char *id)
{
    if (id && *id && f->n_depends < FINDING_DEPENDS_MAX)
        f->depends[f->n_depends++] = id;
}

double finding_confidence(const struct finding *f)
{
    /* "event pod/..." and "pod/..." are two places, two events are one. */
    size_t places = 0;
    for (size_t i = 0; i < f->n_quotes; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again |= strcmp(f->quotes[i].source, f->quotes[k].source) == 0;
        places += !again;
    }
    double value = confidences[f->strength];
    value += places > 2 ? 0.02 : places > 1 ? 0.01 : 0;
    value += f->changed ? 0.02 : 0;
    value -= f->doubted ? 0.10 : 0;
    return value > 0.99 ? 0.99 : value;
}

size_t finding_params(const struct finding *f, bool zh, struct catalog_param out[FINDING_PARAMS_MAX])
{
    for (size_t i = 0; i < f->n_params; i++) {
        const struct param *p = &f->params[i];
        out[i] = (struct catalog_param){ p->name, zh && p->value_zh ? p->value_zh : p->value };
    }
    return f->n_params;
}

const char *finding_statement(struct arena *a, const struct finding *f, bool zh)
{
    struct catalog_param params[FINDING_PARAMS_MAX];
    char text[STATEMENT_MAX];
    size_t n = finding_params(f, zh, params);
    for (size_t i = 0; f->others && i < n; i++)
        if (strcmp(params[i].name, "name") == 0)
            params[i].value = zh ? arena_printf(a, "%s 等 %zu 个工作负载", params[i].value, f->others + 1)
                                 : arena_printf(a, "%s and %zu more", params[i].value, f->others);
    /* What does not fit is cut by the renderer at a whole character. */
    (void)catalog_render(zh ? f->code->statement.zh : f->code->statement.en, params, n, text, sizeof text);
    return arena_strdup(a, text);
}

/* Two containers of one template may each have the same trouble, and each has to be mended: what tells them apart, "" where nothing does. */
static const char *part_of(const struct finding *f)
{
    static const struct {
        const char *family, *by;
    } parts[] = {
        { "image.", "image" }, { "start.", "container" }, { "crash.", "container" }, { "probe.", "container" }
    };
    bool own = strcmp(f->object, f->workload) == 0 || strcmp(f->object, f->subject) == 0;
    for (size_t i = 0; own && i < COUNT(parts); i++)
        if (str_starts(f->code->code, parts[i].family))
            return str_or_empty(finding_value(f, parts[i].by));
    return "";
}

/* Same code, object and part together, and of these the surest, then the one that began first. */
static int by_sameness(const void *left, const void *right)
{
    const struct finding *a = *(const struct finding *const *)left, *b = *(const struct finding *const *)right;
    int order = strcmp(a->object, b->object);
    if (order == 0)
        order = strcmp(a->code->code, b->code->code);
    if (order == 0)
        order = strcmp(part_of(a), part_of(b));
    if (order == 0) {
        double x = finding_confidence(a), y = finding_confidence(b);
        order = (x < y) - (x > y);
    }
    return order ? order : strcmp(a->subject, b->subject);
}

static void join(struct run *r, struct finding *into, const struct finding *from)
{
    if (!into->shown)
        into->shown = ARENA_ARRAY(r->a, struct shown, FINDING_SHOWN_MAX);
    bool known = strcmp(from->subject, into->subject) == 0, counted = strcmp(from->workload, into->workload) == 0;
    for (size_t i = 0; i < into->n_shown && !(known && counted); i++) {
        known |= strcmp(into->shown[i].id, from->subject) == 0;
        counted |= strcmp(into->shown[i].workload, from->workload) == 0;
    }
    into->others += !counted;
    if (!known && into->n_shown < FINDING_SHOWN_MAX)
        into->shown[into->n_shown++] = (struct shown){ from->subject, from->workload, from->why, from->why_zh };
    for (size_t i = 0; i < from->n_depends; i++)
        finding_depends(into, from->depends[i]);
    if (from->since && (!into->since || from->since < into->since))
        into->since = from->since;
    into->minor &= from->minor;
}

void findings_merge(struct run *r)
{
    if (r->n_findings == 0)
        return;
    qsort(r->findings, r->n_findings, sizeof(struct finding *), by_sameness);
    size_t kept = 0;
    for (size_t i = 0; i < r->n_findings; i++) {
        struct finding *f = r->findings[i], *before = kept ? r->findings[kept - 1] : NULL;
        if (before && before->code == f->code && strcmp(before->object, f->object) == 0 &&
            strcmp(part_of(before), part_of(f)) == 0)
            join(r, before, f);
        else
            r->findings[kept++] = f;
    }
    r->n_findings = kept;
}

const char *finding_time(struct run *r, int64_t at)
{
    char text[CLOCK_TEXT_SIZE], today[CLOCK_TEXT_SIZE];
    if (at <= 0)
        return "";
    clock_format(at, text);
    clock_format(r->f->now, today);
    bool same = strncmp(text, today, strlen("2026-01-02")) == 0;
    text[10] = ' ';
    text[19] = '\0';
    return arena_printf(r->a, "%s UTC", same ? text + 11 : text);
}

const char *finding_age(struct run *r, int64_t ms)
{
    char text[CLOCK_TEXT_SIZE];
    if (ms < 0)
        return "";
    clock_format_age(ms, text);
    return arena_strdup(r->a, text);
}
