#include "sim/admission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/config.h"
#include "sim/oracle.h"
#include "sim/stamp.h"

static struct admission *admission(struct world *w)
{
    if (!w->admission)
        w->admission = ARENA_NEW(&w->arena, struct admission);
    return w->admission;
}

static void begin(struct json_w *j, struct object *o)
{
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = o });
    json_w_end(j);
}

/* ---- quota ---- */

struct usage {
    int64_t pods, cpu_m, memory;
};

static struct usage usage_of(const struct world *w, const char *namespace)
{
    struct usage u = { 0 };
    for (const struct pod *p = w->pods; p; p = p->next) {
        if (pod_over(p) || !str_eq(p->object->namespace, namespace))
            continue;
        u.pods++;
        u.cpu_m += plan_cpu_m(&p->template->plan);
        u.memory += plan_memory(&p->template->plan);
    }
    return u;
}

static void write_usage(struct json_w *j, const char *key, const struct quota *q, const struct usage *u)
{
    char text[24];
    json_w_object(j, key);
    if (q->pods >= 0) {
        snprintf(text, sizeof text, "%lld", (long long)u->pods);
        json_w_str(j, "pods", text);
    }
    if (q->cpu_m >= 0)
        plan_write_cpu(j, "requests.cpu", u->cpu_m);
    if (q->memory >= 0)
        plan_write_bytes(j, "requests.memory", u->memory);
    json_w_end(j);
}

void quota_publish(struct world *w, struct quota *q)
{
    struct usage hard = { q->pods, q->cpu_m, q->memory }, used = usage_of(w, q->object->namespace);
    AUTO_JSON_W struct json_w *j = json_w_new();
    begin(j, q->object);
    json_w_object(j, "spec");
    write_usage(j, "hard", q, &hard);
    json_w_end(j);
    json_w_object(j, "status");
    write_usage(j, "hard", q, &hard);
    write_usage(j, "used", q, &used);
    json_w_end(j);
    json_w_end(j);
    world_store(w, q->object, j);
}

struct quota *quota_make(struct world *w, const char *namespace, const char *name)
{
    struct admission *a = admission(w);
    for (struct quota *q = a->quotas; q; q = q->next)
        if (str_eq(q->object->namespace, namespace) && str_eq(q->object->name, name))
            return q;
    world_namespace(w, namespace);
    struct quota *q = ARENA_NEW(&w->arena, struct quota);
    *q = (struct quota){ .next = a->quotas, .pods = -1, .cpu_m = -1, .memory = -1 };
    q->object = history_object(w->history, KIND_QUOTA, namespace, name, w->now_ms);
    a->quotas = q;
    return q;
}

void admission_usage_changed(struct world *w, const char *namespace)
{
    if (!w->admission)
        return;
    for (struct quota *q = w->admission->quotas; q; q = q->next)
        if (str_eq(q->object->namespace, namespace)) {
            quota_publish(w, q);
            workload_look_at_all(w);
        }
}

/* "pods=1,requests.cpu=60m" of those parts that are over. */
static void list_parts(char *out, size_t size, const struct quota *q, const struct usage *u)
{
    struct buf text = { 0 };
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    write_usage(j, "u", q, u);
    json_w_end(j);
    size_t length;
    AUTO_FREE char *json_text = json_w_take(j, &length);
    AUTO_JSON struct json_doc *doc = json_parse(json_text, length, &json_wire_limits, NULL);
    for (struct json_iter i = json_iter(json_get(json_root(doc), "u")); json_next(&i);)
        buf_printf(&text, "%s%s=%s", text.size ? "," : "", i.key, json_str(i.value));
    str_copy(out, size, buf_text(&text));
    buf_fini(&text);
}

static int check_quota(struct world *w, const struct pod_request *r, struct denial *d)
{
    struct usage used = usage_of(w, r->namespace);
    struct usage asked = { 1, plan_cpu_m(&r->template->plan), plan_memory(&r->template->plan) };
    for (const struct quota *q = admission(w)->quotas; q; q = q->next) {
        if (!str_eq(q->object->namespace, r->namespace))
            continue;
        bool over = (q->pods >= 0 && used.pods + asked.pods > q->pods) ||
                    (q->cpu_m >= 0 && used.cpu_m + asked.cpu_m > q->cpu_m) ||
                    (q->memory >= 0 && used.memory + asked.memory > q->memory);
        if (!over)
            continue;
        char asked_text[120], used_text[120], hard_text[120];
        struct usage hard = { q->pods, q->cpu_m, q->memory };
        list_parts(asked_text, sizeof asked_text, q, &asked);
        list_parts(used_text, sizeof used_text, q, &used);
        list_parts(hard_text, sizeof hard_text, q, &hard);
        snprintf(d->text, sizeof d->text,
                 "pods \"%s\" is forbidden: exceeded quota: %s, requested: %s, used: %s, limited: %s", r->name,
                 q->object->name, asked_text, used_text, hard_text);
        d->code = "admission.quota";
        snprintf(d->object, sizeof d->object, "resourcequota/%s/%s", r->namespace, q->object->name);
        return -1;
    }
    return 0;
}

/* ---- limit range ---- */

struct limit_range *limit_range_make(struct world *w, const char *namespace, const char *name)
{
    struct admission *a = admission(w);
    for (struct limit_range *l = a->limits; l; l = l->next)
        if (str_eq(l->object->namespace, namespace) && str_eq(l->object->name, name))
            return l;
    world_namespace(w, namespace);
    struct limit_range *l = ARENA_NEW(&w->arena, struct limit_range);
    *l = (struct limit_range){ .next = a->limits };
    l->object = history_object(w->history, KIND_LIMIT_RANGE, namespace, name, w->now_ms);
    a->limits = l;
    return l;
}

void limit_range_publish(struct world *w, struct limit_range *l)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    begin(j, l->object);
    json_w_object(j, "spec");
    json_w_array(j, "limits");
    json_w_object(j, NULL);
    json_w_str(j, "type", "Container");
    json_w_object(j, "max");
    if (l->cpu_most_m)
        plan_write_cpu(j, "cpu", l->cpu_most_m);
    if (l->memory_most)
        plan_write_bytes(j, "memory", l->memory_most);
    json_w_end(j);
    json_w_end(j);
    json_w_end(j);
    json_w_end(j);
    json_w_end(j);
    world_store(w, l->object, j);
    workload_look_at_all(w);
}

static void amount(char out[24], int64_t bytes)
{
    if (bytes % ((int64_t)1 << 30) == 0)
        snprintf(out, 24, "%lldGi", (long long)(bytes >> 30));
    else
        snprintf(out, 24, "%lldMi", (long long)(bytes >> 20));
}

static int check_limits(struct world *w, const struct pod_request *r, struct denial *d)
{
    const struct plan *plan = &r->template->plan;
    for (const struct limit_range *l = admission(w)->limits; l; l = l->next)
        for (size_t i = 0; str_eq(l->object->namespace, r->namespace) && i < plan->n_containers; i++) {
            const struct plan_container *c = &plan->containers[i];
            char most[24], asked[24];
            if (l->memory_most && c->memory_limit > l->memory_most) {
                amount(most, l->memory_most);
                amount(asked, c->memory_limit);
                snprintf(d->text, sizeof d->text,
                         "pods \"%s\" is forbidden: maximum memory usage per Container is %s, but limit is %s", r->name,
                         most, asked);
            } else if (l->cpu_most_m && c->cpu_limit_m > l->cpu_most_m) {
                snprintf(d->text, sizeof d->text,
                         "pods \"%s\" is forbidden: maximum cpu usage per Container is %lldm, but limit is %lldm",
                         r->name, (long long)l->cpu_most_m, (long long)c->cpu_limit_m);
            } else {
                continue;
            }
            d->code = "admission.limitrange";
            return -1;
        }
    return 0;
}

/* ---- webhooks ---- */

struct webhook *webhook_make(struct world *w, const char *name)
{
    struct admission *a = admission(w);
    for (struct webhook *h = a->webhooks; h; h = h->next)
        if (str_eq(h->name, name))
            return h;
    struct webhook *h = ARENA_NEW(&w->arena, struct webhook);
    *h = (struct webhook){ .next = a->webhooks, .name = arena_strdup(&w->arena, name) };
    h->object = history_object(w->history, KIND_WEBHOOK, "", name, w->now_ms);
    a->webhooks = h;
    return h;
}

void webhook_publish(struct world *w, struct webhook *h)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    begin(j, h->object);
    json_w_array(j, "webhooks");
    json_w_object(j, NULL);
    json_w_str(j, "name", h->name);
    stamp_json(
        j, "clientConfig",
        "{\"service\":{\"namespace\":\"policy\",\"name\":\"policy-webhook\",\"path\":\"/validate\",\"port\":443}}");
    stamp_json(j, "rules",
               "[{\"operations\":[\"CREATE\"],\"apiGroups\":[\"\"],\"apiVersions\":[\"v1\"],\"resources\":[\"pods\"],"
               "\"scope\":\"*\"}]");
    json_w_str(j, "failurePolicy", "Fail");
    json_w_str(j, "sideEffects", "None");
    json_w_int(j, "timeoutSeconds", 10);
    json_w_end(j);
    json_w_end(j);
    json_w_end(j);
    world_store(w, h->object, j);
    workload_look_at_all(w);
}

void webhook_delete(struct world *w, struct webhook *h)
{
    struct webhook **link = &w->admission->webhooks;
    while (*link != h)
        link = &(*link)->next;
    *link = h->next;
    history_delete(w->history, h->object);
    workload_look_at_all(w);
}

static int check_webhooks(struct world *w, const struct pod_request *r, struct denial *d)
{
    for (const struct webhook *h = admission(w)->webhooks; h; h = h->next) {
        if (h->namespace && !str_eq(h->namespace, r->namespace))
            continue;
        if (h->says) {
            snprintf(d->text, sizeof d->text, "admission webhook \"%s\" denied the request: %s", h->name, h->says);
            d->code = "admission.webhook-denied";
            snprintf(d->object, sizeof d->object, "validatingwebhookconfiguration//%s", h->name);
        } else {
            snprintf(d->text, sizeof d->text,
                     "Internal error occurred: failed calling webhook \"%s\": failed to call webhook: Post "
                     "\"https://policy-webhook.policy.svc:443/validate?timeout=10s\": "
                     "no endpoints available for service \"policy-webhook\"",
                     h->name);
            d->code = "admission.webhook-unreachable";
            str_copy(d->object, sizeof d->object, "service/policy/policy-webhook"); /* which is not there */
        }
        return -1;
    }
    return 0;
}

/* ---- account and pod security ---- */

void admission_enforce(struct world *w, const char *namespace, const char *level)
{
    struct security *s = ARENA_NEW(&w->arena, struct security);
    *s = (struct security){ .next = admission(w)->levels,
                            .namespace = arena_strdup(&w->arena, namespace),
                            .level = arena_strdup(&w->arena, level) };
    w->admission->levels = s;
    world_enforce(w, namespace, level);
}

static int check_account(struct world *w, const struct pod_request *r, struct denial *d)
{
    const char *account = r->template->plan.service_account;
    if (config_exists(w, KIND_SERVICE_ACCOUNT, r->namespace, account))
        return 0;
    snprintf(d->text, sizeof d->text,
             "pods \"%s\" is forbidden: error looking up service account %s/%s: serviceaccount \"%s\" not found",
             r->name, r->namespace, account, account);
    d->code = "admission.serviceaccount";
    snprintf(d->object, sizeof d->object, "serviceaccount/%s/%s", r->namespace, account);
    return -1;
}

static int check_security(struct world *w, const struct pod_request *r, struct denial *d)
{
    const struct security *s = admission(w)->levels;
    while (s && !str_eq(s->namespace, r->namespace))
        s = s->next;
    const char *name = r->template->plan.containers[0].name;
    if (!s || (!r->template->plan.privileged && !str_eq(s->level, "restricted")))
        return 0;
    if (r->template->plan.privileged)
        snprintf(d->text, sizeof d->text,
                 "pods \"%s\" is forbidden: violates PodSecurity \"%s:latest\": privileged (container \"%s\" must not "
                 "set securityContext.privileged=true)",
                 r->name, s->level, name);
    else
        snprintf(d->text, sizeof d->text,
                 "pods \"%s\" is forbidden: violates PodSecurity \"%s:latest\": allowPrivilegeEscalation != false "
                 "(container \"%s\" must set "
                 "securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container \"%s\" must "
                 "set securityContext.runAsNonRoot=true)",
                 r->name, s->level, name, name);
    d->code = "admission.podsecurity";
    return -1;
}

int admission_check(struct world *w, const struct pod_request *request, struct denial *denial)
{
    static int (*const checks[])(struct world *w, const struct pod_request *r, struct denial *d) = {
        check_account, check_limits, check_security, check_webhooks, check_quota,
    };
    denial->object[0] = '\0';
    for (size_t i = 0; i < COUNT(checks); i++)
        if (checks[i](w, request, denial) != 0)
            return -1;
    return 0;
}

void admission_tell(struct world *w, struct workload *o, const struct denial *denial)
{
    if (o->refused)
        return;
    o->refused = true;
    AUTO_FREE char *address = workload_address(o);
    oracle_failure(w->oracle, denial->code, address, denial->object[0] ? denial->object : NULL, w->now_ms);
}
