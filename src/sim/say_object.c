/* What a scenario can say of namespaces, configuration, services, storage and admission. */
#include <string.h>

#include "sim/admission.h"
#include "sim/claim.h"
#include "sim/config.h"
#include "sim/scheduler.h"
#include "sim/script.h"
#include "sim/service.h"

/* ---- what many clauses do: set a member of the thing they speak of ---- */

static void set_number(struct saying *s, const struct phrase *p)
{
    *(int64_t *)((char *)s->thing + s->clause->value) = p->number[0];
}

static void set_text(struct saying *s, const struct phrase *p)
{
    *(const char **)((char *)s->thing + s->clause->value) = p->text[0];
}

static void set_flag(struct saying *s, const struct phrase *p)
{
    (void)p;
    *(bool *)((char *)s->thing + s->clause->value) = true;
}

static void deletes(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->deletes = true;
}

static void poke_namespace(struct saying *s)
{
    workload_look_at_all(s->world);
}

/* ---- namespace ---- */

static int begin_namespace(struct saying *s, struct err *e)
{
    (void)e;
    world_namespace(s->world, s->name);
    return 0;
}

static void enforces(struct saying *s, const struct phrase *p)
{
    admission_enforce(s->world, s->name, p->text[0]);
}

static const struct clause_row namespace_clauses[] = {
    { "enforces {word}", enforces, "a level of pod security: `baseline` or `restricted`" },
};

/* ---- configmap, secret, service account ---- */

static int begin_config(struct saying *s, struct err *e)
{
    (void)e;
    s->kind = (enum kind)s->subject->value;
    return 0;
}

static void end_config(struct saying *s)
{
    if (!s->deletes)
        config_make(s->world, s->kind, s->namespace, s->name);
    poke_namespace(s);
}

static void has_pair(struct saying *s, const struct phrase *p)
{
    config_set(s->world, s->kind, s->namespace, s->name, p->text[0], p->value[0]);
}

static void has_key(struct saying *s, const struct phrase *p)
{
    config_set(s->world, s->kind, s->namespace, s->name, p->text[0], "set");
}

static void loses_key(struct saying *s, const struct phrase *p)
{
    config_unset(s->world, s->kind, s->namespace, s->name, p->text[0]);
}

static void config_deleted(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->deletes = true;
    config_delete(s->world, s->kind, s->namespace, s->name);
}

static const struct clause_row config_clauses[] = {
    { "has {pair}", has_pair, "a key with its value" },
    { "has key {word}", has_key, "a key with some value" },
    { "loses key {word}", loses_key, "" },
    { "is deleted", config_deleted, "" },
};

/* ---- service ---- */

static int begin_service(struct saying *s, struct err *e)
{
    (void)e;
    s->thing = service_find(s->world, s->namespace, s->name);
    return 0;
}

static void end_service(struct saying *s)
{
    if (!s->thing && !s->deletes)
        service_make(s->world, s->namespace, s->name, NULL, 80);
}

static void leads_to(struct saying *s, const struct phrase *p)
{
    const char *colon = strchr(p->text[0], ':');
    struct plan_pair selector = { "app", colon
                                             ? arena_strndup(&s->world->arena, p->text[0], (size_t)(colon - p->text[0]))
                                             : p->text[0] };
    s->thing = service_make(s->world, s->namespace, s->name, &selector, colon ? atoi(colon + 1) : 80);
}

static void selects(struct saying *s, const struct phrase *p)
{
    struct plan_pair selector = { p->text[0], p->value[0] };
    struct service *service = s->thing;
    s->thing = service_make(s->world, s->namespace, s->name, &selector, service ? service->target : 80);
}

static void service_deleted(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->deletes = true;
    if (s->thing)
        service_delete(s->thing);
}

static const struct clause_row service_clauses[] = {
    { "-> {word}", leads_to, "`web:8080`: to the pods with `app=web`, on that port" },
    { "selects {pair}", selects, "pods by another label" },
    { "is deleted", service_deleted, "" },
};

/* ---- storage ---- */

static int begin_claim(struct saying *s, struct err *e)
{
    (void)e;
    s->thing = claim_make(s->world, s->namespace, s->name);
    return 0;
}

static void end_claim(struct saying *s)
{
    if (s->deletes)
        claim_delete(s->thing);
    else if (!((struct claim *)s->thing)->volume)
        claim_look(s->thing);
    scheduler_retry(s->world);
}

static const struct clause_row claim_clauses[] = {
    { "of {bytes}", set_number, "(1Gi)", offsetof(struct claim, bytes) },
    { "class {word}", set_text, "without it no class is set", offsetof(struct claim, class) },
    { "is deleted", deletes, "" },
};

static int begin_class(struct saying *s, struct err *e)
{
    (void)e;
    s->thing = storage_class_make(s->world, s->name);
    return 0;
}

static void end_class(struct saying *s)
{
    storage_class_publish(s->world, s->thing);
}

static const struct clause_row class_clauses[] = {
    { "without provisioner", set_flag, "volumes are made by hand", offsetof(struct storage_class, by_hand) },
    { "waits for its first consumer", set_flag, "", offsetof(struct storage_class, waits) },
};

static int begin_volume(struct saying *s, struct err *e)
{
    (void)e;
    s->thing = volume_make(s->world, s->name);
    return 0;
}

static void end_volume(struct saying *s)
{
    volume_publish(s->world, s->thing);
}

static const struct clause_row volume_clauses[] = {
    { "of {bytes}", set_number, "(1Gi)", offsetof(struct volume, bytes) },
    { "class {word}", set_text, "", offsetof(struct volume, class) },
    { "on node {word}", set_text, "can be used there only", offsetof(struct volume, node) },
};

/* ---- admission ---- */

static int begin_quota(struct saying *s, struct err *e)
{
    (void)e;
    s->thing = quota_make(s->world, s->namespace, s->name);
    return 0;
}

static void end_quota(struct saying *s)
{
    quota_publish(s->world, s->thing);
    poke_namespace(s);
}

static const struct clause_row quota_clauses[] = {
    { "pods {number}", set_number, "", offsetof(struct quota, pods) },
    { "cpu {cpu}", set_number, "requests.cpu", offsetof(struct quota, cpu_m) },
    { "memory {bytes}", set_number, "requests.memory", offsetof(struct quota, memory) },
};

static int begin_limits(struct saying *s, struct err *e)
{
    (void)e;
    s->thing = limit_range_make(s->world, s->namespace, s->name);
    return 0;
}

static void end_limits(struct saying *s)
{
    limit_range_publish(s->world, s->thing);
}

static const struct clause_row limits_clauses[] = {
    { "memory at most {bytes}", set_number, "of a container", offsetof(struct limit_range, memory_most) },
    { "cpu at most {cpu}", set_number, "of a container", offsetof(struct limit_range, cpu_most_m) },
};

static int begin_webhook(struct saying *s, struct err *e)
{
    (void)e;
    s->thing = webhook_make(s->world, s->name);
    return 0;
}

static void end_webhook(struct saying *s)
{
    if (s->deletes)
        webhook_delete(s->world, s->thing);
    else
        webhook_publish(s->world, s->thing);
}

static void denies(struct saying *s, const struct phrase *p)
{
    ((struct webhook *)s->thing)->namespace = p->text[0];
    ((struct webhook *)s->thing)->says = p->text[1];
}

static void unreachable(struct saying *s, const struct phrase *p)
{
    ((struct webhook *)s->thing)->namespace = p->text[0];
    ((struct webhook *)s->thing)->says = NULL;
}

static const struct clause_row webhook_clauses[] = {
    { "denies pods of {word} saying {text}", denies, "admission.webhook-denied" },
    { "cannot be reached for pods of {word}", unreachable, "admission.webhook-unreachable" },
    { "is deleted", deletes, "" },
};

#define IN_NAMESPACE  "NAMESPACE/NAME"
#define CLAUSES(rows) rows, COUNT(rows)
/* clang-format off */
const struct subject_row object_subjects[] = {
    { "namespace", "NAME", begin_namespace, NULL, CLAUSES(namespace_clauses), "Made when first named anyhow." },
    { "configmap", IN_NAMESPACE, begin_config, end_config, CLAUSES(config_clauses), "Made when it is not there.", KIND_CONFIG_MAP },
    { "secret", IN_NAMESPACE, begin_config, end_config, CLAUSES(config_clauses), "Made when it is not there.", KIND_SECRET },
    { "serviceaccount", IN_NAMESPACE, begin_config, end_config, CLAUSES(config_clauses), "Made when it is not there; only `is deleted` makes sense.", KIND_SERVICE_ACCOUNT },
    { "service", IN_NAMESPACE, begin_service, end_service, CLAUSES(service_clauses), "With its EndpointSlice, which follows the pods." },
    { "claim", IN_NAMESPACE, begin_claim, end_claim, CLAUSES(claim_clauses), "A PersistentVolumeClaim." },
    { "storageclass", "NAME", begin_class, end_class, CLAUSES(class_clauses), "Provisions volumes unless it is told not to." },
    { "volume", "NAME", begin_volume, end_volume, CLAUSES(volume_clauses), "A PersistentVolume." },
    { "quota", IN_NAMESPACE, begin_quota, end_quota, CLAUSES(quota_clauses), "A ResourceQuota: admission.quota when it is used up." },
    { "limits", IN_NAMESPACE, begin_limits, end_limits, CLAUSES(limits_clauses), "A LimitRange: admission.limitrange." },
    { "webhook", "NAME", begin_webhook, end_webhook, CLAUSES(webhook_clauses), "A validating webhook for pods." },
};
/* clang-format on */
const size_t n_object_subjects = COUNT(object_subjects);
