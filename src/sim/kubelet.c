#include "sim/kubelet.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"
#include "sim/node.h"

/* As a real node was seen to take, in milliseconds. */
#define SEEN_MS       15 /* from the binding to the first status */
#define SANDBOX_MS    110
#define STOP_MS       300
#define MOUNT_MS      500 /* first pause after a failed mount; it doubles */
#define MOUNT_MOST_MS 122000

void kubelet_say(const struct pod *p, const char *type, const char *reason, const char *format, ...)
{
    struct voice voice = { .component = "kubelet", .host = p->node->name };
    struct about about = about_pod(p);
    va_list args;
    va_start(args, format);
    record_v(p->world, &voice, &about, type, reason, format, args);
    va_end(args);
}

void container_say(const struct container *c, const char *type, const char *reason, const char *format, ...)
{
    struct voice voice = { .component = "kubelet", .host = c->pod->node->name };
    struct about about = about_container(c);
    va_list args;
    va_start(args, format);
    record_v(c->pod->world, &voice, &about, type, reason, format, args);
    va_end(args);
}

void container_after(struct container *c, int64_t ms, void (*run)(void *arg))
{
    world_after(c->pod->world, &c->step, ms, run, c);
}

static bool mounts_are_there(struct pod *p)
{
    struct need missing;
    for (size_t i = 0; i < p->template->plan.n_containers; i++) {
        if (needs_check(&p->containers[i], NEED_MOUNTS, &missing) == 0)
            continue;
        kubelet_say(p, WARNING, "FailedMount", "%s", missing.text);
        pod_failed(p, missing.code, missing.object);
        return false;
    }
    return true;
}

static void on_sandbox(void *arg)
{
    struct pod *p = arg;
    if (!mounts_are_there(p)) {
        int64_t wait_ms = (int64_t)MOUNT_MS << (p->mount_failures < 8 ? p->mount_failures : 8);
        p->mount_failures++;
        world_after(p->world, &p->step, wait_ms < MOUNT_MOST_MS ? wait_ms : MOUNT_MOST_MS, on_sandbox, p);
        return;
    }
    p->ip = ++p->world->next_ip;
    pod_publish(p);
    kubelet_go_on(p);
}

static void on_seen(void *arg)
{
    struct pod *p = arg;
    p->started_ms = p->world->now_ms;
    pod_publish(p);
    world_after(p->world, &p->step, SANDBOX_MS, on_sandbox, p);
}

void kubelet_take(struct pod *p)
{
    assert(p->node);
    if (p->node->trouble != NODE_SILENT)
        world_after(p->world, &p->step, SEEN_MS, on_seen, p);
}

void kubelet_bind_by_hand(struct pod *p)
{
    struct node *n = node_find(p->world, p->template->plan.node);
    if (!n) {
        pod_failed(p, "sched.nodename-missing", NULL);
        return;
    }
    node_take(n, p);
    kubelet_take(p);
}

void kubelet_go_on(struct pod *p)
{
    const struct plan *plan = &p->template->plan;
    for (size_t i = 0; i < plan->n_inits; i++)
        if (!p->inits[i].done) {
            image_ensure(&p->inits[i]);
            return;
        }
    for (size_t i = 0; i < plan->n_containers; i++) {
        struct container *c = &p->containers[i];
        if (c->state == CONTAINER_WAITING && !c->now.any && !c->step.place)
            image_ensure(c);
    }
}

void kubelet_settle(struct pod *p)
{
    bool failed = false;
    for (size_t i = 0; i < p->template->plan.n_inits; i++)
        failed |= p->inits[i].state == CONTAINER_TERMINATED && !p->inits[i].done;
    if (!failed)
        for (size_t i = 0; i < p->template->plan.n_containers; i++) {
            if (p->containers[i].state != CONTAINER_TERMINATED)
                return;
            failed |= p->containers[i].now.exit_code != 0;
        }
    p->phase = failed ? "Failed" : "Succeeded";
    node_release(p);
    pod_publish(p);
}

/* ---- all that a pod has on the agenda ---- */

static void each_task(struct pod *p, void (*change)(struct world *w, struct task *t))
{
    change(p->world, &p->step);
    for (size_t i = 0; i < PLAN_CONTAINERS_MAX; i++) {
        struct container *all[] = { &p->containers[i], &p->inits[i] };
        for (size_t k = 0; k < COUNT(all); k++) {
            change(p->world, &all[k]->step);
            change(p->world, &all[k]->notice);
            for (int which = 0; which < PROBE_COUNT; which++)
                change(p->world, &all[k]->probes[which]);
        }
    }
}

static void clear_task(struct world *w, struct task *t)
{
    agenda_clear(&w->agenda, t);
}

static void hold_task(struct world *w, struct task *t)
{
    agenda_hold(&w->agenda, t);
}

static void release_task(struct world *w, struct task *t)
{
    agenda_release(&w->agenda, t, w->now_ms);
}

void kubelet_freeze(struct node *n)
{
    for (struct pod *p = n->world->pods; p; p = p->next)
        if (p->node == n)
            each_task(p, hold_task);
}

void kubelet_thaw(struct node *n)
{
    for (struct pod *p = n->world->pods; p; p = p->next)
        if (p->node == n)
            each_task(p, release_task);
}

/* ---- the end ---- */

static void stop_all(struct pod *p)
{
    each_task(p, clear_task);
}

static void on_stopped(void *arg)
{
    pod_remove(arg);
}

void kubelet_stop(struct pod *p)
{
    if (p->node && p->node->trouble == NODE_SILENT)
        return; /* nobody there to stop it: it stays Terminating */
    stop_all(p);
    if (p->node && !pod_over(p))
        for (size_t i = 0; i < p->template->plan.n_containers; i++)
            if (p->containers[i].state == CONTAINER_RUNNING)
                container_say(&p->containers[i], NORMAL, "Killing", "Stopping container %s",
                              container_plan(&p->containers[i])->name);
    world_after(p->world, &p->step, p->node && p->started_ms ? STOP_MS : 1, on_stopped, p);
}

static void end_run(struct container *c, int64_t now_ms)
{
    if (c->state != CONTAINER_RUNNING)
        return;
    c->state = CONTAINER_TERMINATED;
    c->now.finished_ms = now_ms;
    c->now.exit_code = 137;
    c->now.reason = "Error";
    c->ready = c->started = false;
}

void kubelet_evict(struct pod *p, const char *message)
{
    if (pod_over(p) || p->deleted_ms)
        return;
    stop_all(p);
    kubelet_say(p, WARNING, "Evicted", "%s", message);
    for (size_t i = 0; i < p->template->plan.n_containers; i++) {
        if (p->containers[i].state == CONTAINER_RUNNING)
            container_say(&p->containers[i], NORMAL, "Killing", "Stopping container %s",
                          container_plan(&p->containers[i])->name);
        end_run(&p->containers[i], p->world->now_ms);
    }
    p->phase = "Failed";
    p->reason = "Evicted";
    free(p->message);
    p->message = str_dup(message);
    node_release(p);
    pod_publish(p);
}

void kubelet_poke(struct pod *p)
{
    if (!p->node || p->deleted_ms || pod_over(p) || p->node->trouble == NODE_SILENT)
        return;
    if (p->ip == 0 && p->started_ms) {
        world_after(p->world, &p->step, 0, on_sandbox, p);
        return;
    }
    for (size_t i = 0; i < p->template->plan.n_inits; i++)
        container_poke(&p->inits[i]);
    for (size_t i = 0; i < p->template->plan.n_containers; i++)
        container_poke(&p->containers[i]);
}
