#include "sim/workload.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/admission.h"
#include "sim/kubelet.h"
#include "sim/stamp.h"

#define LOOK_MS        3
#define PAUSE_FIRST_MS 20
#define PAUSE_MOST_MS  30000
#define PROGRESS_MS    600000

static const struct workload_class *const classes[] = {
    &deployment_class, &stateful_set_class, &daemon_set_class, &job_class, &cron_job_class, &single_pod_class,
};

static const struct workload_class *class_of(const struct workload *o)
{
    size_t i = 0;
    while (classes[i]->kind != o->kind)
        i++;
    return classes[i];
}

struct workload *workload_find(const struct world *w, enum kind kind, const char *namespace, const char *name)
{
    struct workload *o = w->workloads;
    while (o && !(o->kind == kind && !o->deleted && str_eq(o->namespace, namespace) && str_eq(o->name, name)))
        o = o->next;
    return o;
}

/* The hash of what the API shows of the plan, so that a change of mere behaviour keeps it. */
static void hash_plan(const struct plan *plan, const char *app, char hash[16])
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    plan_write_template(j, NULL, plan, app, NULL, NULL);
    size_t size;
    AUTO_FREE char *text = json_w_take(j, &size);
    stamp_hash(hash, text, size);
}

static struct template *make_template(struct workload *o, const struct plan *plan)
{
    struct template *t = ARENA_NEW(&o->world->arena, struct template);
    t->plan = *plan;
    t->revision = o->template ? o->template->revision + 1 : 1;
    hash_plan(plan, o->name, t->hash);
    return t;
}

struct workload *workload_new(struct world *w, enum kind kind, const char *namespace, const char *name,
                              const struct plan *plan)
{
    assert(!workload_find(w, kind, namespace, name));
    world_namespace(w, namespace);
    struct workload *o = mem_alloc(sizeof *o);
    *o = (struct workload){
        .next = w->workloads,
        .world = w,
        .kind = kind,
        .namespace = str_dup(namespace),
        .name = str_dup(name),
        .replicas = 1,
        .generation = 1,
        .rollout = { .deadline_ms = PROGRESS_MS, .progressed_ms = w->now_ms },
        .limits = { .backoff_limit = 6 },
    };
    w->workloads = o;
    if (kind != KIND_POD)
        o->object = history_object(w->history, kind, namespace, name, w->now_ms);
    o->template = make_template(o, plan);
    class_of(o)->publish(o);
    workload_look(o);
    return o;
}

static void poke_pods(struct workload *o)
{
    for (struct pod *p = o->world->pods, *next; p; p = next) {
        next = p->next;
        if (p->workload == o && p->template == o->template)
            kubelet_poke(p);
    }
}

void workload_change(struct workload *o, const struct plan *plan)
{
    char hash[16];
    hash_plan(plan, o->name, hash);
    if (str_eq(hash, o->template->hash)) {
        o->template->plan = *plan;
        poke_pods(o);
    } else {
        o->template = make_template(o, plan);
        o->generation++;
        o->rollout.progressed_ms = o->world->now_ms;
    }
    class_of(o)->publish(o);
    workload_look(o);
}

void workload_scale(struct workload *o, int replicas)
{
    if (o->replicas == replicas)
        return;
    o->replicas = replicas;
    o->generation++;
    class_of(o)->publish(o);
    workload_look(o);
}

static void on_look(void *arg)
{
    struct workload *o = arg;
    class_of(o)->look(o);
}

void workload_look(struct workload *o)
{
    if (o && !o->look.place)
        world_after(o->world, &o->look, LOOK_MS, on_look, o);
}

void workload_on_time(void *arg)
{
    workload_look(arg);
}

void workload_look_at_all(struct world *w)
{
    for (struct workload *o = w->workloads; o; o = o->next)
        if (!o->deleted)
            workload_look(o);
}

void workload_pod_changed(struct workload *o)
{
    workload_look(o);
}

void workload_delete(struct workload *o)
{
    struct world *w = o->world;
    if (o->deleted)
        return;
    o->deleted = true;
    if (class_of(o)->delete)
        class_of(o)->delete(o);
    if (o->object)
        history_delete(w->history, o->object);
    o->object = NULL;
    for (struct pod *p = w->pods, *next; p; p = next) {
        next = p->next;
        if (p->workload == o)
            pod_delete(p);
    }
    workload_look(o); /* which forgets it when its pods are gone */
}

static void free_workload(struct workload *o)
{
    struct agenda *a = &o->world->agenda;
    struct task *tasks[] = { &o->look, &o->run.deadline, &o->run.retry, &o->schedule.due };
    for (size_t i = 0; i < COUNT(tasks); i++)
        agenda_clear(a, tasks[i]);
    free(o->rollout.available.message);
    free(o->rollout.progressing.message);
    free(o->rollout.failure.message);
    free(o->namespace);
    free(o->name);
    free(o);
}

bool workload_is_empty(const struct workload *o)
{
    const struct pod *p = o->world->pods;
    while (p && p->workload != o)
        p = p->next;
    return !p;
}

void workload_forget(struct workload *o)
{
    struct workload **link = &o->world->workloads;
    while (*link != o)
        link = &(*link)->next;
    *link = o->next;
    for (struct workload *other = o->world->workloads; other; other = other->next)
        if (other->parent == o)
            other->parent = NULL;
    free_workload(o);
}

void workload_free_all(struct world *w)
{
    while (w->replica_sets) {
        struct replica_set *r = w->replica_sets;
        w->replica_sets = r->next;
        free(r->failure.message);
        free(r->name);
        free(r);
    }
    while (w->workloads) {
        struct workload *o = w->workloads;
        w->workloads = o->next;
        free_workload(o);
    }
}

char *workload_address(const struct workload *o)
{
    return str_printf("%s/%s/%s", kind_rows[o->kind].singular, o->namespace, o->name);
}

struct owner workload_owner(const struct workload *o)
{
    return (struct owner){ .kind = o->kind, .name = o->name, .uid = o->object->uid };
}

struct about about_workload(const struct workload *o)
{
    return about_object(o->object);
}

int workload_count_pods(const struct workload *o, const struct template *template, bool only_ready)
{
    int count = 0;
    for (const struct pod *p = o->world->pods; p; p = p->next)
        count += p->workload == o && (!template || str_eq(p->template->hash, template->hash)) && !p->deleted_ms &&
                 !pod_over(p) && (!only_ready || pod_ready(p));
    return count;
}

bool workload_make_pod(struct workload *o, const struct pod_maker *maker, char **refusal)
{
    struct world *w = o->world;
    char suffix[6];
    stamp_suffix(suffix, 5, &w->dice);
    AUTO_FREE char *drawn = str_printf("%s-%s", maker->owner.name, suffix);
    AUTO_FREE char *generate = str_printf("%s-", maker->owner.name);
    struct pod_request request = {
        .namespace = o->namespace,
        .name = maker->name ? maker->name : drawn,
        .generate_name = maker->name ? NULL : generate,
        .owner = maker->owner,
        .workload = o,
        .template = maker->template,
        .app = o->name,
        .extra_labels = o->labels[0] ? o->labels : NULL,
    };
    struct denial denial;
    if (admission_check(w, &request, &denial) != 0) {
        record(w, maker->voice, &maker->about, WARNING, "FailedCreate", "Error creating: %s", denial.text);
        admission_tell(w, o, &denial);
        if (refusal)
            *refusal = str_dup(denial.text);
        return false;
    }
    o->refused = false;
    record(w, maker->voice, &maker->about, NORMAL, "SuccessfulCreate", "Created pod: %s", request.name);
    pod_new(w, &request);
    return true;
}

int64_t workload_create_pause_ms(int failures)
{
    int64_t ms = (int64_t)PAUSE_FIRST_MS << (failures < 12 ? failures : 12);
    return ms < PAUSE_MOST_MS ? ms : PAUSE_MOST_MS;
}

void workload_begin_text(struct json_w *j, const struct workload *o)
{
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = o->object, .generation = o->generation });
}

void workload_write_selector(struct json_w *j, const struct workload *o, const char *hash)
{
    json_w_object(j, "selector");
    json_w_object(j, "matchLabels");
    json_w_str(j, "app", o->name);
    json_w_str(j, "pod-template-hash", hash);
    json_w_end(j);
    json_w_end(j);
}

void workload_write_template(struct json_w *j, const struct workload *o, const struct template *t, const char *hash)
{
    plan_write_template(j, "template", &t->plan, o->name, hash, o->labels[0] ? o->labels : NULL);
}
