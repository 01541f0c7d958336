/* Workloads whose Pods are refused before they exist: quota, limits, policies, webhooks, accounts. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/quantity.h"
#include "base/str.h"
#include "diagnose/extract.h"
#include "diagnose/labels.h"
#include "diagnose/amount.h"

#define RECENT_MS (20 * 60000) /* a refusal is tried again with growing pauses of up to 16 minutes */

struct refusal {
    struct run *r;
    const struct object *o; /* what wanted to make a Pod   */
    const char *workload;   /* its top owner               */
    const char *message;    /* the API server's words      */
    const struct event *event;
};

static struct finding *found(struct refusal *s, const char *code, enum strength strength)
{
    struct finding *f = finding_new(s->r, code, strength, s->workload, s->o->id);
    f->workload = s->workload;
    finding_set(f, "owner", s->workload);
    finding_set(f, "message", s->message);
    f->since = s->event ? s->event->first : 0;
    const json *condition = object_condition(s->o, "ReplicaFailure");
    finding_quote(s->r, f, s->o->id, json_get_str(condition, "message"),
                  facts_time(json_get(condition, "lastTransitionTime")));
    finding_quote_event(s->r, f, s->event);
    const struct catalog_param params[] = {
        { "available", arena_printf(s->r->a, "%lld", (long long)json_get_int(s->o->status, "readyReplicas", 0)) },
        { "total", arena_printf(s->r->a, "%lld", (long long)json_get_int(s->o->spec, "replicas", 1)) },
    };
    f->why = note_text(s->r->a, NOTE_NOT_AVAILABLE, false, params, COUNT(params));
    f->why_zh = note_text(s->r->a, NOTE_NOT_AVAILABLE, true, params, COUNT(params));
    return f;
}

/* "pods=1,requests.cpu=60m" behind a word: the amount of a resource; NULL: not in the list. */
static const char *amount(struct arena *a, const char *message, const char *word, const char *resource)
{
    const char *at = strstr(message, word);
    size_t size = strlen(resource);
    if (!at)
        return NULL;
    at += strlen(word);
    at += strspn(at, " ");
    for (const char *end = at + strcspn(at, " "); at < end;) {
        size_t item = strcspn(at, ", ");
        if (item > size && strncmp(at, resource, size) == 0 && at[size] == '=')
            return arena_strndup(a, at + size + 1, item - size - 1);
        at += item + 1;
    }
    return NULL;
}

/* The first resource of "requested: a=1,b=2, used: ..." that does not fit any more; the first of all when none can be read. */
static const char *exceeded(struct arena *a, const char *message)
{
    const char *at = strstr(message, "requested: "), *first = NULL;
    if (!at)
        return NULL;
    at += strlen("requested: ");
    while (*at && *at != ' ') {
        size_t name = strcspn(at, "=, ");
        if (at[name] != '=')
            break;
        const char *resource = arena_strndup(a, at, name);
        const char *used = amount(a, message, "used: ", resource), *limit = amount(a, message, "limited: ", resource);
        const char *wanted = amount(a, message, "requested: ", resource);
        double u, l, w;
        if (quantity_parse(used, &u) == 0 && quantity_parse(limit, &l) == 0 && quantity_parse(wanted, &w) == 0 &&
            u + w > l)
            return resource;
        first = first ? first : resource;
        at += strcspn(at, ", ");
        at += *at == ',';
    }
    return first;
}

static void quota(struct refusal *s)
{
    struct arena *a = s->r->a;
    const char *name = extract_word(a, s->message, "exceeded quota: ", ",:");
    if (!name)
        name = extract_word(a, s->message, "failed quota: ", ",:");
    struct finding *f = found(s, "admission.quota", STATED);
    const char *demand = strstr(s->message, ": must specify ");
    finding_set(f, "message", demand ? demand + 2 : s->message);
    /* "must specify requests.cpu for: c": nothing is used up, the template lacks what the quota counts */
    finding_set(f, "field", demand ? extract_word(a, demand, ": must specify ", " ;") : NULL);
    finding_set(f, "quota", name);
    const char *resource = exceeded(a, s->message);
    if (resource)
        finding_drop(f, "message");
    finding_set(f, "resource", resource);
    if (resource) {
        finding_set(f, "wanted", amount(a, s->message, "requested: ", resource));
        finding_set(f, "used", amount(a, s->message, "used: ", resource));
        finding_set(f, "limit", amount(a, s->message, "limited: ", resource));
    }
    if (!facts_name_is_sound(name))
        return;
    const char *id = facts_id(a, "resourcequota", s->o->namespace_, name);
    finding_blame(s->r, f, id);
    const struct object *o = facts_get(s->r->f, id);
    AUTO_FREE char *status = o ? json_text(o->status, NULL) : NULL;
    finding_quote(s->r, f, id, status, 0);
}

static void limitrange(struct refusal *s)
{
    struct finding *f = found(s, "admission.limitrange", STATED);
    const char *why = strstr(s->message, "is forbidden: ");
    finding_set(f, "message", why ? why + strlen("is forbidden: ") : s->message);
}

static void account(struct refusal *s)
{
    struct arena *a = s->r->a;
    const char *place = extract_word(a, s->message, "service account ", ":,");
    const char *name = extract_name(a, s->message, "serviceaccount ");
    const char *slash = place ? strchr(place, '/') : NULL;
    name = name ? name
           : slash && facts_name_is_sound(slash + 1)
               ? slash + 1
               : json_get_str(json_get(object_template(s->o), "spec"), "serviceAccountName");
    if (!facts_name_is_sound(name) || facts_presence(s->r->f, "serviceaccount", s->o->namespace_, name) == PRESENT)
        return; /* there by now: the next try will do */
    struct finding *f = found(s, "admission.serviceaccount", STATED);
    finding_setf(s->r, f, "account", "%s/%s", s->o->namespace_, name);
    finding_set(f, "ref_name", name);
    finding_set(f, "nearest", facts_nearest(s->r->f, "serviceaccount", s->o->namespace_, name));
    finding_blame(s->r, f, facts_id(a, "serviceaccount", s->o->namespace_, name));
}

static void podsecurity(struct refusal *s)
{
    struct finding *f = found(s, "admission.podsecurity", STATED);
    const char *level = extract_quoted(s->r->a, s->message, "violates PodSecurity ");
    const char *why = strstr(s->message, "\": ");
    why = why && strstr(s->message, "violates PodSecurity") ? strstr(strstr(s->message, "violates PodSecurity"), "\": ")
                                                            : NULL;
    finding_set(f, "policy", level);
    finding_set(f, "message", why ? why + 3 : s->message);
}

static void webhook_denied(struct refusal *s)
{
    struct finding *f = found(s, "admission.webhook-denied", STATED);
    const char *name = extract_quoted(s->r->a, s->message, "admission webhook ");
    /* "ValidatingAdmissionPolicy 'need-team' with binding 'all' denied request: label team is required" */
    const char *policy = name ? name : extract_word(s->r->a, s->message, "ValidatingAdmissionPolicy '", "'");
    const char *why = strstr(s->message, " denied the request: "), *said = strstr(s->message, " denied request: ");
    finding_set(f, "webhook", policy);
    finding_set(f, "message",
                why    ? why + strlen(" denied the request: ")
                : said ? said + strlen(" denied request: ")
                       : s->message);
}

/* The configuration that holds a webhook of that name. */
static const struct object *configuration_of(const struct run *r, const char *webhook)
{
    static const char *const names[] = { "validatingwebhookconfiguration", "mutatingwebhookconfiguration" };
    for (size_t k = 0; k < COUNT(names); k++) {
        struct objects all = facts_kind(r->f, names[k]);
        for (size_t i = 0; i < all.count; i++) {
            const json *list = json_get(all.items[i].value, "webhooks");
            for (struct json_iter w = json_iter(json_is_array(list) ? list : NULL); json_next(&w);)
                if (str_eq(json_get_str(w.value, "name"), webhook))
                    return &all.items[i];
        }
    }
    return NULL;
}

static void webhook_unreachable(struct refusal *s)
{
    struct arena *a = s->r->a;
    struct finding *f = found(s, "admission.webhook-unreachable", STATED);
    const char *name = extract_quoted(a, s->message, "calling webhook ");
    const char *url = extract_quoted(a, s->message, "Post ");
    const struct object *configuration = configuration_of(s->r, name);
    struct host host;
    enum presence presence = UNKNOWN;
    const char *service =
        url && extract_host(a, url, &host) ? rules_service_of(s->r, "default", &host, &presence) : NULL;
    finding_set(f, "webhook", name);
    const char *post = strstr(s->message, "Post \""), *why = post ? strstr(post, "\": ") : NULL;
    finding_set(f, "message", why ? why + 3 : s->message);
    if (service) {
        finding_blame(s->r, f, service);
        finding_depends(f, service);
        if (presence == ABSENT)
            finding_quote(s->r, f, service, "not found", 0);
    }
    if (configuration && (!service || strstr(s->message, "x509")))
        finding_blame(s->r, f, configuration->id);
    if (configuration)
        finding_quote(s->r, f, configuration->id, name, 0);
    /* It is not where the webhook runs that nothing can be created. */
    finding_set(f, "namespace", s->o->namespace_);
}

static void runtimeclass(struct refusal *s)
{
    struct finding *f = found(s, "start.runtimeclass", STATED);
    finding_set(f, "class", extract_quoted(s->r->a, s->message, "RuntimeClass "));
}

static void other(struct refusal *s)
{
    struct finding *f = found(s, "admission.rejected", STATED);
    const char *why = strstr(s->message, "is forbidden: ");
    finding_set(f, "message", why ? why + strlen("is forbidden: ") : s->message);
}

static const struct {
    const char *class_;
    void (*find)(struct refusal *);
} by_class[] = {
    { "quota", quota },
    { "limitrange", limitrange },
    { "serviceaccount", account },
    { "podsecurity", podsecurity },
    { "webhook-denied", webhook_denied },
    { "webhook-unreachable", webhook_unreachable },
    { "runtimeclass", runtimeclass },
    { "priorityclass", other },
    { "forbidden", other },
    { "invalid", other },
};

/* Pods are missing that should be there. */
static bool lacks_pods(const struct object *o)
{
    if (strcmp(o->kind, "job") == 0)
        return json_get_int(o->status, "active", 0) == 0 && !object_condition(o, "Complete") &&
               !object_condition(o, "Failed");
    if (strcmp(o->kind, "daemonset") == 0)
        return json_get_int(o->status, "currentNumberScheduled", 0) <
               json_get_int(o->status, "desiredNumberScheduled", 1);
    return json_get_int(o->status, "replicas", 0) < json_get_int(o->spec, "replicas", 1);
}

void rules_admission(struct run *r, const struct object *o)
{
    const json *condition = object_condition(o, "ReplicaFailure");
    bool failing = str_eq(json_get_str(condition, "status"), "True");
    struct refusal s = { .r = r, .o = o, .event = facts_event(r->f, o->id, "FailedCreate", NULL) };
    if (!s.event)
        s.event = facts_event(r->f, o->id, "ReplicaSetCreateError", NULL);
    bool recent = s.event && r->f->now - s.event->last < RECENT_MS;
    if ((!failing && !recent) || !lacks_pods(o) || o->deleted)
        return;
    s.message = failing && json_get_str(condition, "message") ? json_get_str(condition, "message")
                : s.event                                     ? s.event->message
                                                              : "";
    s.workload = object_workload(r->f, o, r->a);
    const char *class_ = str_or_empty(catalog_match("admission", s.message));
    for (size_t i = 0; i < COUNT(by_class); i++)
        if (strcmp(by_class[i].class_, class_) == 0) {
            by_class[i].find(&s);
            return;
        }
}
