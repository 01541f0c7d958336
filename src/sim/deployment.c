/* The controllers of Deployments and ReplicaSets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/stamp.h"
#include "sim/workload.h"

static const struct voice deployment_voice = { .component = "deployment-controller" };
static const struct voice replica_set_voice = { .component = "replicaset-controller" };

static void set_condition(struct world *w, struct condition *c, bool on, const char *reason, char *message)
{
    if (!c->known || c->on != on || !str_eq(c->reason, reason))
        c->since_ms = w->now_ms;
    c->known = true;
    c->on = on;
    c->reason = reason;
    free(c->message);
    c->message = message;
}

static void write_condition(struct json_w *j, const char *type, const struct condition *c, bool updated)
{
    if (!c->known)
        return;
    json_w_object(j, NULL);
    json_w_str(j, "type", type);
    json_w_str(j, "status", c->on ? "True" : "False");
    if (updated)
        stamp_write(j, "lastUpdateTime", c->since_ms);
    stamp_write(j, "lastTransitionTime", c->since_ms);
    json_w_str(j, "reason", c->reason);
    json_w_str(j, "message", c->message);
    json_w_end(j);
}

/* ---- ReplicaSet ---- */

static int ready_pods(const struct replica_set *r)
{
    return workload_count_pods(r->workload, r->template, true);
}

static void write_counts(struct json_w *j, int all, int ready)
{
    json_w_int(j, "replicas", all);
    if (all > 0)
        json_w_int(j, "fullyLabeledReplicas", all);
    if (ready > 0) {
        json_w_int(j, "readyReplicas", ready);
        json_w_int(j, "availableReplicas", ready);
    }
}

static void publish_replica_set(struct replica_set *r)
{
    struct workload *o = r->workload;
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = r->object, .generation = 1 });
    json_w_object(j, "labels");
    json_w_str(j, "app", o->name);
    json_w_str(j, "pod-template-hash", r->template->hash);
    json_w_end(j);
    char text[12];
    json_w_object(j, "annotations");
    snprintf(text, sizeof text, "%d", o->replicas);
    json_w_str(j, "deployment.kubernetes.io/desired-replicas", text);
    snprintf(text, sizeof text, "%d", o->replicas + (o->replicas + 3) / 4);
    json_w_str(j, "deployment.kubernetes.io/max-replicas", text);
    snprintf(text, sizeof text, "%d", r->template->revision);
    json_w_str(j, "deployment.kubernetes.io/revision", text);
    json_w_end(j);
    struct owner owner = workload_owner(o);
    world_write_owner(j, &owner);
    json_w_end(j);
    json_w_object(j, "spec");
    json_w_int(j, "replicas", r->replicas);
    workload_write_selector(j, o, r->template->hash);
    workload_write_template(j, o, r->template, r->template->hash);
    json_w_end(j);
    json_w_object(j, "status");
    write_counts(j, workload_count_pods(o, r->template, false), ready_pods(r));
    json_w_int(j, "terminatingReplicas", 0);
    json_w_int(j, "observedGeneration", 1);
    if (r->failure.known) {
        json_w_array(j, "conditions");
        write_condition(j, "ReplicaFailure", &r->failure, false);
        json_w_end(j);
    }
    json_w_end(j);
    json_w_end(j);
    world_store(o->world, r->object, j);
}

static struct pod *pod_to_delete(const struct replica_set *r)
{
    struct pod *found = NULL;
    for (struct pod *p = r->workload->world->pods; p; p = p->next)
        if (p->workload == r->workload && str_eq(p->template->hash, r->template->hash) && !p->deleted_ms &&
            !pod_over(p) && (!found || !pod_ready(p)))
            found = p;
    return found;
}

static void on_retry(struct workload *o)
{
    world_after(o->world, &o->run.retry, workload_create_pause_ms(o->create_failures), workload_on_time, o);
}

static void make_pods(struct replica_set *r, int missing)
{
    struct workload *o = r->workload;
    struct pod_maker maker = {
        .voice = &replica_set_voice,
        .about = about_object(r->object),
        .owner = { .kind = KIND_REPLICA_SET, .name = r->name, .uid = r->object->uid },
        .template = r->template,
    };
    for (; missing > 0; missing--) {
        char *refusal = NULL;
        if (!workload_make_pod(o, &maker, &refusal)) {
            set_condition(o->world, &r->failure, true, "FailedCreate", refusal);
            o->create_failures++;
            on_retry(o);
            return;
        }
    }
    free(r->failure.message);
    r->failure = (struct condition){ 0 };
    o->create_failures = 0;
}

static void look_at_replica_set(struct replica_set *r)
{
    struct workload *o = r->workload;
    int have = workload_count_pods(o, r->template, false);
    if (have < r->replicas && !o->run.retry.place)
        make_pods(r, r->replicas - have);
    for (; have > r->replicas; have--) {
        struct pod *p = pod_to_delete(r);
        struct about about = about_object(r->object);
        record(o->world, &replica_set_voice, &about, NORMAL, "SuccessfulDelete", "Deleted pod: %s", p->object->name);
        pod_delete(p);
    }
    publish_replica_set(r);
}

static struct replica_set *make_replica_set(struct workload *o)
{
    struct world *w = o->world;
    struct replica_set *r = mem_alloc(sizeof *r);
    *r = (struct replica_set){ .next = w->replica_sets,
                               .workload = o,
                               .template = o->template,
                               .name = str_printf("%s-%s", o->name, o->template->hash) };
    r->object = history_object(w->history, KIND_REPLICA_SET, o->namespace, r->name, w->now_ms);
    w->replica_sets = r;
    publish_replica_set(r);
    return r;
}

/* The one of the newest template.  After a way back to an older one its pods go on by the template as it is now. */
static struct replica_set *newest(struct workload *o)
{
    struct replica_set *r = o->world->replica_sets;
    while (r && !(r->workload == o && str_eq(r->template->hash, o->template->hash)))
        r = r->next;
    if (!r)
        return make_replica_set(o);
    r->template = o->template;
    for (struct pod *p = o->world->pods; p; p = p->next)
        if (p->workload == o && str_eq(p->template->hash, o->template->hash))
            p->template = o->template;
    return r;
}

/* ---- Deployment ---- */

static void scale(struct replica_set *r, int replicas)
{
    if (replicas == r->replicas)
        return;
    struct about about = about_workload(r->workload);
    record(r->workload->world, &deployment_voice, &about, NORMAL, "ScalingReplicaSet",
           "Scaled %s replica set %s from %d to %d", replicas > r->replicas ? "up" : "down", r->name, r->replicas,
           replicas);
    r->replicas = replicas;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* RollingUpdate with a quarter more and a quarter less. */
static void roll(struct workload *o, struct replica_set *new)
{
    int surge = (o->replicas + 3) / 4, missing_most = o->replicas / 4, total = 0, ready = 0;
    for (struct replica_set *r = o->world->replica_sets; r; r = r->next)
        if (r->workload == o) {
            total += r->replicas;
            ready += ready_pods(r);
        }
    int room = o->replicas + surge - total;
    if (new->replicas < o->replicas && room > 0)
        scale(new, new->replicas + least(o->replicas - new->replicas, room));
    else if (new->replicas > o->replicas)
        scale(new, o->replicas);

    int new_missing = new->replicas - ready_pods(new);
    int spare = total - (o->replicas - missing_most) - new_missing;
    for (struct replica_set *r = o->world->replica_sets; r && spare > 0; r = r->next) {
        if (r->workload != o || r == new || r->replicas == 0)
            continue;
        int broken = r->replicas - ready_pods(r);
        int fewer = least(spare, broken > 0 ? broken : r->replicas);
        if (broken <= 0)
            fewer = least(fewer, ready - (o->replicas - missing_most));
        if (fewer <= 0)
            continue;
        scale(r, r->replicas - fewer);
        spare -= fewer;
        ready -= broken > 0 ? 0 : fewer;
    }
}

static void set_conditions(struct workload *o, const struct replica_set *new)
{
    struct world *w = o->world;
    struct rollout *ro = &o->rollout;
    int ready = workload_count_pods(o, NULL, true), updated_ready = workload_count_pods(o, o->template, true);
    bool available = ready >= o->replicas - o->replicas / 4;
    set_condition(
        w, &ro->available, available, available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
        str_dup(available ? "Deployment has minimum availability." : "Deployment does not have minimum availability."));
    bool complete = updated_ready >= o->replicas && workload_count_pods(o, NULL, false) == o->replicas;
    bool was_complete = ro->progressing.known && str_eq(ro->progressing.reason, "NewReplicaSetAvailable");
    bool same_set = ro->progressing.message && strstr(ro->progressing.message, new->name);
    bool late = w->now_ms - ro->progressed_ms >= world_scaled(w, ro->deadline_ms);
    if (complete || (was_complete && same_set))
        set_condition(w, &ro->progressing, true, "NewReplicaSetAvailable",
                      str_printf("ReplicaSet \"%s\" has successfully progressed.", new->name));
    else if (late)
        set_condition(w, &ro->progressing, false, "ProgressDeadlineExceeded",
                      str_printf("ReplicaSet \"%s\" has timed out progressing.", new->name));
    else
        set_condition(w, &ro->progressing, true, "ReplicaSetUpdated",
                      str_printf("ReplicaSet \"%s\" is progressing.", new->name));
    if (new->failure.known) {
        set_condition(w, &ro->failure, true, "FailedCreate", str_dup(new->failure.message));
    } else {
        free(ro->failure.message);
        ro->failure = (struct condition){ 0 };
    }
    if (!complete && !late && !was_complete && !o->run.deadline.place)
        world_after(w, &o->run.deadline, ro->deadline_ms, workload_on_time, o);
}

static void publish(struct workload *o)
{
    const struct rollout *ro = &o->rollout;
    int all = workload_count_pods(o, NULL, false), updated = workload_count_pods(o, o->template, false),
        ready = workload_count_pods(o, NULL, true);
    char revision[12];
    snprintf(revision, sizeof revision, "%d", o->template->revision);
    AUTO_JSON_W struct json_w *j = json_w_new();
    workload_begin_text(j, o);
    json_w_object(j, "labels");
    json_w_str(j, "app", o->name);
    json_w_end(j);
    json_w_object(j, "annotations");
    json_w_str(j, "deployment.kubernetes.io/revision", revision);
    json_w_end(j);
    json_w_end(j);
    json_w_object(j, "spec");
    json_w_int(j, "replicas", o->replicas);
    workload_write_selector(j, o, NULL);
    workload_write_template(j, o, o->template, NULL);
    stamp_json(j, "strategy",
               "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":\"25%\",\"maxSurge\":\"25%\"}}");
    json_w_int(j, "revisionHistoryLimit", 10);
    if (ro->paused)
        json_w_bool(j, "paused", true);
    json_w_int(j, "progressDeadlineSeconds", ro->deadline_ms / 1000);
    json_w_end(j);
    json_w_object(j, "status");
    json_w_int(j, "observedGeneration", o->generation);
    if (all > 0)
        json_w_int(j, "replicas", all);
    if (updated > 0)
        json_w_int(j, "updatedReplicas", updated);
    if (ready > 0) {
        json_w_int(j, "readyReplicas", ready);
        json_w_int(j, "availableReplicas", ready);
    }
    if (o->replicas > ready)
        json_w_int(j, "unavailableReplicas", o->replicas - ready);
    json_w_int(j, "terminatingReplicas", 0);
    if (ro->available.known || ro->progressing.known) {
        json_w_array(j, "conditions");
        write_condition(j, "Available", &ro->available, true);
        write_condition(j, "ReplicaFailure", &ro->failure, true);
        write_condition(j, "Progressing", &ro->progressing, true);
        json_w_end(j);
    }
    json_w_end(j);
    json_w_end(j);
    world_store(o->world, o->object, j);
}

static void forget(struct workload *o)
{
    for (struct replica_set **link = &o->world->replica_sets; *link;) {
        struct replica_set *r = *link;
        if (r->workload != o) {
            link = &r->next;
            continue;
        }
        *link = r->next;
        free(r->failure.message);
        free(r->name);
        free(r);
    }
    workload_forget(o);
}

static void look(struct workload *o)
{
    if (o->deleted) {
        if (workload_is_empty(o))
            forget(o);
        return;
    }
    struct replica_set *new = newest(o);
    if (!o->rollout.paused)
        roll(o, new);
    for (struct replica_set *r = o->world->replica_sets; r; r = r->next)
        if (r->workload == o)
            look_at_replica_set(r);
    set_conditions(o, new);
    publish(o);
}

static void delete(struct workload *o)
{
    for (struct replica_set *r = o->world->replica_sets; r; r = r->next)
        if (r->workload == o) {
            history_delete(o->world->history, r->object);
            r->object = NULL;
        }
}

const struct workload_class deployment_class = {
    .kind = KIND_DEPLOYMENT, .look = look, .publish = publish, .delete = delete
};
