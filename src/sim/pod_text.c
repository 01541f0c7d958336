#include "sim/pod_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "sim/node.h"
#include "sim/stamp.h"

static const char *const condition_names[POD_CONDITIONS] = {
    [POD_READY_TO_START] = "PodReadyToStartContainers", [POD_INITIALIZED] = "Initialized", [POD_READY] = "Ready",
    [POD_CONTAINERS_READY] = "ContainersReady",         [POD_SCHEDULED] = "PodScheduled",
};

/* ---- conditions ---- */

static void set_condition(struct pod *p, enum pod_condition which, bool on, const char *reason, const char *message)
{
    struct condition *c = &p->conditions[which];
    if (!c->known || c->on != on)
        c->since_ms = p->world->now_ms;
    c->known = true;
    c->on = on;
    c->reason = reason;
    char *copy = str_dup(message);
    free(c->message);
    c->message = copy;
}

/* "containers with unready status: [a b]", or NULL when there is none. */
static char *unready(const struct pod *p, bool init)
{
    const struct plan *plan = &p->template->plan;
    size_t count = init ? plan->n_inits : plan->n_containers;
    struct buf text = { 0 };
    for (size_t i = 0; i < count; i++) {
        const struct container *c = init ? &p->inits[i] : &p->containers[i];
        if (init ? c->done : c->ready)
            continue;
        buf_str(&text, text.size ? " "
                       : init    ? "containers with incomplete status: ["
                                 : "containers with unready status: [");
        buf_str(&text, container_plan(c)->name);
    }
    if (text.size == 0)
        return NULL;
    buf_char(&text, ']');
    return buf_take(&text, NULL);
}

static void set_conditions(struct pod *p)
{
    if (p->started_ms == 0) /* no kubelet has seen it */
        return;
    AUTO_FREE char *incomplete = unready(p, true);
    AUTO_FREE char *not_ready = unready(p, false);
    bool over = pod_over(p);
    bool succeeded = str_eq(p->phase, "Succeeded");
    set_condition(p, POD_READY_TO_START, p->ip > 0 && !over, NULL, NULL);
    set_condition(p, POD_INITIALIZED, !incomplete || over,
                  incomplete && !over ? "ContainersNotInitialized"
                  : succeeded         ? "PodCompleted"
                                      : NULL,
                  over ? NULL : incomplete);
    const char *reason = succeeded ? "PodCompleted" : over ? "PodFailed" : not_ready ? "ContainersNotReady" : NULL;
    bool ready = !reason;
    if (ready && p->node && !p->node->reachable) { /* the node controller has the word */
        set_condition(p, POD_READY, false, NULL, NULL);
        return;
    }
    set_condition(p, POD_READY, ready, reason, over ? NULL : not_ready);
    set_condition(p, POD_CONTAINERS_READY, ready, reason, over ? NULL : not_ready);
}

static void write_conditions(struct json_w *w, const struct pod *p)
{
    json_w_array(w, "conditions");
    for (int i = 0; i < POD_CONDITIONS; i++) {
        const struct condition *c = &p->conditions[i];
        if (!c->known)
            continue;
        json_w_object(w, NULL);
        json_w_str(w, "type", condition_names[i]);
        json_w_int(w, "observedGeneration", 1);
        json_w_str(w, "status", c->on ? "True" : "False");
        json_w_null(w, "lastProbeTime");
        stamp_write(w, "lastTransitionTime", c->since_ms);
        json_w_str(w, "reason", c->reason);
        json_w_str(w, "message", c->message);
        json_w_end(w);
    }
    json_w_end(w);
}

/* ---- containers ---- */

static void write_container_id(struct json_w *w, const char *key, uint64_t id)
{
    char text[80] = "containerd://";
    for (int i = 0; i < 4; i++)
        snprintf(text + 13 + 16 * i, 17, "%016llx", (unsigned long long)clock_roll(&id));
    json_w_str(w, key, text);
}

static void write_terminated(struct json_w *w, const struct container_run *r)
{
    json_w_object(w, "terminated");
    json_w_int(w, "exitCode", r->exit_code);
    json_w_str(w, "reason", r->reason);
    json_w_str(w, "message", r->message);
    stamp_write(w, "startedAt", r->started_ms);
    stamp_write(w, "finishedAt", r->finished_ms);
    write_container_id(w, "containerID", r->id);
    json_w_end(w);
}

static void write_state(struct json_w *w, const struct container *c)
{
    json_w_object(w, "state");
    if (c->state == CONTAINER_RUNNING) {
        json_w_object(w, "running");
        stamp_write(w, "startedAt", c->now.started_ms);
        json_w_end(w);
    } else if (c->state == CONTAINER_TERMINATED) {
        write_terminated(w, &c->now);
    } else {
        json_w_object(w, "waiting");
        json_w_str(w, "reason", c->waiting_reason);
        json_w_str(w, "message", c->waiting_message);
        json_w_end(w);
    }
    json_w_end(w);
}

static void write_image_id(struct json_w *w, const char *image, bool there)
{
    char text[80] = "";
    if (there) {
        uint64_t seed = 0;
        for (const char *c = image; *c; c++)
            seed = seed * 31 + (unsigned char)*c;
        memcpy(text, "sha256:", 8);
        for (int i = 0; i < 4; i++)
            snprintf(text + 7 + 16 * i, 17, "%016llx", (unsigned long long)clock_roll(&seed));
    }
    json_w_str(w, "imageID", text);
}

static void write_container_status(struct json_w *w, const struct container *c)
{
    const struct plan_container *plan = container_plan(c);
    bool ran = c->now.any || c->last.any;
    json_w_object(w, NULL);
    json_w_str(w, "name", plan->name);
    write_state(w, c);
    json_w_object(w, "lastState");
    /* while it waits the run that ended is the last one */
    if (c->state == CONTAINER_WAITING && c->now.any)
        write_terminated(w, &c->now);
    else if (c->last.any)
        write_terminated(w, &c->last);
    json_w_end(w);
    json_w_bool(w, "ready", c->init ? c->done : c->ready);
    json_w_int(w, "restartCount", c->restarts);
    json_w_str(w, "image", plan->image);
    write_image_id(w, plan->image, ran);
    if (ran)
        write_container_id(w, "containerID", c->now.any ? c->now.id : c->last.id);
    json_w_bool(w, "started", c->started);
    if (ran) {
        plan_write_requests(w, "allocatedResources", plan);
        plan_write_resources(w, plan);
    }
    json_w_array(w, "volumeMounts");
    json_w_object(w, NULL);
    json_w_str(w, "name", c->pod->token);
    json_w_str(w, "mountPath", "/var/run/secrets/kubernetes.io/serviceaccount");
    json_w_bool(w, "readOnly", true);
    json_w_str(w, "recursiveReadOnly", "Disabled");
    json_w_end(w);
    json_w_end(w);
    if (ran)
        stamp_json(w, "user", "{\"linux\":{\"uid\":0,\"gid\":0,\"supplementalGroups\":[0]}}");
    json_w_end(w);
}

static void write_container_statuses(struct json_w *w, const struct pod *p)
{
    const struct plan *plan = &p->template->plan;
    if (plan->n_inits > 0) {
        json_w_array(w, "initContainerStatuses");
        for (size_t i = 0; i < plan->n_inits; i++)
            write_container_status(w, &p->inits[i]);
        json_w_end(w);
    }
    json_w_array(w, "containerStatuses");
    for (size_t i = 0; i < plan->n_containers; i++)
        write_container_status(w, &p->containers[i]);
    json_w_end(w);
}

/* ---- the whole ---- */

static const char *qos(const struct plan *plan)
{
    bool any = false, guaranteed = true;
    for (size_t i = 0; i < plan->n_containers; i++) {
        const struct plan_container *c = &plan->containers[i];
        any |= c->cpu_request_m || c->cpu_limit_m || c->memory_request || c->memory_limit;
        guaranteed &= c->cpu_limit_m && c->memory_limit && (!c->cpu_request_m || c->cpu_request_m == c->cpu_limit_m) &&
                      (!c->memory_request || c->memory_request == c->memory_limit);
    }
    return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

static void write_address(struct json_w *w, const char *one, const char *many, const char *ip)
{
    json_w_str(w, one, ip);
    json_w_array(w, many);
    json_w_object(w, NULL);
    json_w_str(w, "ip", ip);
    json_w_end(w);
    json_w_end(w);
}

static void write_status(struct json_w *w, const struct pod *p)
{
    json_w_object(w, "status");
    if (p->started_ms > 0)
        json_w_int(w, "observedGeneration", 1);
    json_w_str(w, "phase", p->phase);
    if (p->conditions[POD_SCHEDULED].known)
        write_conditions(w, p);
    json_w_str(w, "message", p->message);
    json_w_str(w, "reason", p->reason);
    if (p->started_ms > 0) {
        write_address(w, "hostIP", "hostIPs", p->node->ip);
        if (p->ip > 0) {
            char ip[20];
            pod_ip(p, ip);
            write_address(w, "podIP", "podIPs", ip);
        }
        stamp_write(w, "startTime", p->started_ms);
        write_container_statuses(w, p);
    }
    json_w_str(w, "qosClass", qos(&p->template->plan));
    if (p->started_ms > 0) { /* of the pod as a whole; with one container the same */
        plan_write_requests(w, "allocatedResources", &p->template->plan.containers[0]);
        plan_write_resources(w, &p->template->plan.containers[0]);
    }
    json_w_end(w);
}

static void write_labels(struct json_w *w, const struct pod *p)
{
    const struct plan *plan = &p->template->plan;
    bool hashed = p->owner.kind == KIND_REPLICA_SET && p->owner.name;
    if (!p->app && plan->n_labels == 0 && !p->extra_labels)
        return;
    json_w_object(w, "labels");
    json_w_str(w, "app", p->app);
    for (size_t i = 0; i < plan->n_labels; i++)
        json_w_str(w, plan->labels[i].name, plan->labels[i].value);
    if (hashed)
        json_w_str(w, "pod-template-hash", p->template->hash);
    for (size_t i = 0; p->extra_labels && p->extra_labels[i]; i += 2)
        json_w_str(w, p->extra_labels[i], p->extra_labels[i + 1]);
    json_w_end(w);
}

static const char kubelet_fields[] =
    "{\"f:status\":{\"f:conditions\":{\"k:{\\\"type\\\":\\\"Ready\\\"}\":{\".\":{},\"f:lastTransitionTime\":{},\"f:"
    "status\":{},"
    "\"f:type\":{}}},\"f:containerStatuses\":{},\"f:hostIP\":{},\"f:phase\":{},\"f:podIP\":{},\"f:startTime\":{}}}";

static void write_tolerations(struct json_w *w, const struct plan *plan)
{
    static const char *const keys[] = { "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable" };
    json_w_array(w, "tolerations");
    if (plan->tolerates) {
        json_w_object(w, NULL);
        json_w_str(w, "key", plan->tolerates);
        json_w_str(w, "operator", "Exists");
        json_w_end(w);
    }
    for (size_t i = 0; i < COUNT(keys); i++) {
        json_w_object(w, NULL);
        json_w_str(w, "key", keys[i]);
        json_w_str(w, "operator", "Exists");
        json_w_str(w, "effect", "NoExecute");
        json_w_int(w, "tolerationSeconds", 300);
        json_w_end(w);
    }
    json_w_end(w);
}

bool pod_text_store(struct pod *p)
{
    set_conditions(p);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    world_write_meta(w, &(struct meta){
                            .object = p->object,
                            .generate_name = p->generate_name,
                            .generation = p->deleted_ms ? 2 : 1,
                            .deleted_ms = p->deleted_ms,
                            .grace_s = p->template->plan.grace_ms / 1000,
                        });
    write_labels(w, p);
    if (p->owner.name)
        world_write_owner(w, &p->owner);
    if (p->started_ms > 0)
        world_write_manager(w, "kubelet", "v1", p->started_ms, kubelet_fields, "status");
    json_w_end(w);
    json_w_object(w, "spec");
    plan_write_spec(
        w, &p->template->plan,
        &(struct plan_place){ .token = p->token, .node = p->node ? p->node->name : p->template->plan.node });
    write_tolerations(w, &p->template->plan);
    json_w_int(w, "priority", 0);
    json_w_bool(w, "enableServiceLinks", true);
    json_w_str(w, "preemptionPolicy", "PreemptLowerPriority");
    json_w_end(w);
    write_status(w, p);
    json_w_end(w);
    return world_store(p->world, p->object, w);
}
