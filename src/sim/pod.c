#include "sim/pod.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/admission.h"
#include "sim/kubelet.h"
#include "sim/node.h"
#include "sim/oracle.h"
#include "sim/pod_text.h"
#include "sim/scheduler.h"
#include "sim/service.h"
#include "sim/stamp.h"
#include "sim/workload.h"

static void set_up_containers(struct pod *p)
{
    for (size_t i = 0; i < PLAN_CONTAINERS_MAX; i++) {
        p->containers[i] = (struct container){
            .pod = p, .index = i, .state = CONTAINER_WAITING, .waiting_reason = "ContainerCreating"
        };
        p->inits[i] = (struct container){
            .pod = p, .index = i, .init = true, .state = CONTAINER_WAITING, .waiting_reason = "PodInitializing"
        };
        if (p->template->plan.n_inits > 0)
            p->containers[i].waiting_reason = "PodInitializing";
    }
}

struct pod *pod_new(struct world *w, const struct pod_request *request)
{
    struct pod *p = mem_alloc(sizeof *p);
    *p = (struct pod){
        .world = w,
        .next = w->pods,
        .object = history_object(w->history, KIND_POD, request->namespace, request->name, w->now_ms),
        .generate_name = str_dup(request->generate_name),
        .owner = request->owner,
        .workload = request->workload,
        .template = request->template,
        .app = request->app,
        .extra_labels = request->extra_labels,
        .phase = "Pending",
    };
    if (p->next)
        p->next->prev = p;
    w->pods = p;
    memcpy(p->token, "kube-api-access-", 16);
    stamp_suffix(p->token + 16, 5, &w->dice);
    set_up_containers(p);
    pod_publish(p);
    admission_usage_changed(w, request->namespace);
    if (p->template->plan.node)
        kubelet_bind_by_hand(p);
    else
        scheduler_add(p);
    return p;
}

static void clear_run(struct container_run *r)
{
    free(r->message);
    *r = (struct container_run){ 0 };
}

static void stop_container(struct container *c)
{
    struct agenda *a = &c->pod->world->agenda;
    agenda_clear(a, &c->step);
    agenda_clear(a, &c->notice);
    for (int i = 0; i < PROBE_COUNT; i++)
        agenda_clear(a, &c->probes[i]);
}

static void free_container(struct container *c)
{
    stop_container(c);
    clear_run(&c->now);
    clear_run(&c->last);
    free(c->waiting_message);
}

static void pod_free(struct pod *p)
{
    struct world *w = p->world;
    *(p->prev ? &p->prev->next : &w->pods) = p->next;
    if (p->next)
        p->next->prev = p->prev;
    for (size_t i = 0; i < PLAN_CONTAINERS_MAX; i++) {
        free_container(&p->containers[i]);
        free_container(&p->inits[i]);
    }
    for (int i = 0; i < POD_CONDITIONS; i++)
        free(p->conditions[i].message);
    agenda_clear(&w->agenda, &p->step);
    agenda_clear(&w->agenda, &p->scheduling);
    free(p->generate_name);
    free(p->message);
    free(p);
}

void pod_free_all(struct world *w)
{
    while (w->pods)
        pod_free(w->pods);
}

void pod_delete(struct pod *p)
{
    if (p->deleted_ms > 0)
        return;
    p->deleted_ms = p->world->now_ms + p->template->plan.grace_ms;
    agenda_clear(&p->world->agenda, &p->scheduling);
    pod_publish(p);
    kubelet_stop(p);
}

void pod_remove(struct pod *p)
{
    struct world *w = p->world;
    struct workload *owner = p->workload;
    AUTO_FREE char *namespace = str_dup(p->object->namespace);
    node_release(p);
    history_delete(w->history, p->object);
    pod_free(p);
    admission_usage_changed(w, namespace);
    service_pods_changed(w);
    workload_pod_changed(owner);
}

void pod_publish(struct pod *p)
{
    if (!pod_text_store(p))
        return;
    service_pods_changed(p->world);
    workload_pod_changed(p->workload);
}

bool pod_ready(const struct pod *p)
{
    return p->conditions[POD_READY].known && p->conditions[POD_READY].on && p->deleted_ms == 0;
}

bool pod_over(const struct pod *p)
{
    return str_eq(p->phase, "Succeeded") || str_eq(p->phase, "Failed");
}

struct pod *pod_find(const struct world *w, const char *namespace, const char *name)
{
    struct pod *p = w->pods;
    while (p && !(str_eq(p->object->namespace, namespace) && str_eq(p->object->name, name)))
        p = p->next;
    return p;
}

const struct plan_container *container_plan(const struct container *c)
{
    const struct plan *plan = &c->pod->template->plan;
    return c->init ? &plan->inits[c->index] : &plan->containers[c->index];
}

void container_wait(struct container *c, const char *reason, const char *format, ...)
{
    c->state = CONTAINER_WAITING;
    c->waiting_reason = reason;
    free(c->waiting_message);
    c->waiting_message = NULL;
    c->ready = c->started = false;
    va_list args;
    va_start(args, format);
    if (vasprintf(&c->waiting_message, format, args) < 0)
        abort();
    va_end(args);
}

struct about about_pod(const struct pod *p)
{
    return about_object(p->object);
}

struct about about_container(const struct container *c)
{
    struct about about = about_object(c->pod->object);
    about.container = container_plan(c)->name;
    about.init = c->init;
    return about;
}

void pod_failed(struct pod *p, const char *code, const char *root)
{
    struct workload *o = p->workload;
    if (str_eq(o->failing, code))
        return;
    o->failing = code;
    AUTO_FREE char *object = workload_address(o);
    oracle_failure(p->world->oracle, code, object, root, p->world->now_ms);
}

void pod_recovered(struct pod *p)
{
    struct workload *o = p->workload;
    const struct plan *plan = &p->template->plan;
    if (!o->failing)
        return;
    for (size_t i = 0; i < plan->n_containers; i++)
        if (!plan_is_well(&plan->containers[i]))
            return;
    o->failing = NULL;
    AUTO_FREE char *object = workload_address(o);
    oracle_fixed(p->world->oracle, object, p->world->now_ms);
}

void pod_ip(const struct pod *p, char out[20])
{
    snprintf(out, 20, "10.244.%d.%d", p->ip >> 8 & 0xff, p->ip & 0xff);
}
