/* A container from its start to its end, and again: what runs, how it fails, how long the kubelet waits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/kubelet.h"
#include "sim/node.h"
#include "sim/stamp.h"

#define START_MS          40
#define RESTART_MS        600 /* where no back-off stands against it */
#define BACK_OFF_FIRST_MS 10000
#define BACK_OFF_MOST_MS  300000
#define NOTICE_MS         1000 /* from an end to the BackOff event */
#define WAITING_MS        400  /* a restarting container is shown waiting only so long */
#define KILL_MS           1200
#define KILLS_FREE        3 /* so many kills by probes are followed by a start at once */

static void start(struct container *c);

static void on_created(void *arg)
{
    start(arg);
}

static void on_create(void *arg)
{
    container_create(arg);
}

void container_create(struct container *c)
{
    struct need missing;
    const struct plan_container *plan = container_plan(c);
    bool root = plan->ending == ENDING_ROOT;
    if (root) {
        const struct object *o = c->pod->object;
        snprintf(missing.text, sizeof missing.text,
                 "container has runAsNonRoot and image will run as root (pod: \"%s_%s(%s)\", container: %s)", o->name,
                 o->namespace, o->uid, plan->name);
    }
    if (root || needs_check(c, NEED_ENVIRONMENT, &missing) != 0) {
        container_say(c, WARNING, "Failed", "Error: %s", missing.text);
        container_wait(c, "CreateContainerConfigError", "%s", missing.text);
        pod_failed(c->pod, root ? "start.runasnonroot" : missing.code, root ? NULL : missing.object);
        pod_publish(c->pod);
        container_after(c, KUBELET_SYNC_MS, on_create);
        return;
    }
    container_say(c, NORMAL, "Created", "Container created");
    container_after(c, START_MS, on_created);
}

/* ---- the end ---- */

static void begin_run(struct container *c, const struct container_run *run)
{
    if (c->now.any) {
        free(c->last.message);
        c->last = c->now;
        c->restarts++;
    }
    c->now = *run;
}

static void on_restart(void *arg)
{
    struct container *c = arg;
    const struct plan_container *plan = container_plan(c);
    container_say(c, NORMAL, "Pulled",
                  "Container image \"%s\" already present on machine and can be accessed by the pod", plan->image);
    container_create(c);
}

static void on_shown_waiting(void *arg)
{
    struct container *c = arg;
    char pause[STAMP_SIZE];
    const struct object *o = c->pod->object;
    stamp_duration(pause, c->back_off_ms);
    container_wait(c, "CrashLoopBackOff", "back-off %s restarting failed container=%s pod=%s_%s(%s)", pause,
                   container_plan(c)->name, o->name, o->namespace, o->uid);
    pod_publish(c->pod);
    int64_t left_ms = c->backed_off_until_ms - c->pod->world->now_ms;
    agenda_set(&c->pod->world->agenda, &c->step, c->pod->world->now_ms + (left_ms > 0 ? left_ms : 0), on_restart, c);
}

static void on_notice(void *arg)
{
    struct container *c = arg;
    const struct object *o = c->pod->object;
    container_say(c, WARNING, "BackOff", "Back-off restarting failed container %s in pod %s_%s(%s)",
                  container_plan(c)->name, o->name, o->namespace, o->uid);
    world_after(c->pod->world, &c->notice, KUBELET_SYNC_MS, on_notice, c);
}

/* The first end is followed by a start at once, each later one by a pause that doubles.  The kubelet shows the container as waiting from
 * the first pause's begin, in later ones only just before the start. */
static void restart_later(struct container *c)
{
    struct world *w = c->pod->world;
    if (c->back_off_ms == 0) {
        c->back_off_ms = BACK_OFF_FIRST_MS / 2; /* doubled before it is used */
        container_after(c, RESTART_MS, on_restart);
        return;
    }
    bool first = c->back_off_ms < BACK_OFF_FIRST_MS;
    c->back_off_ms = 2 * c->back_off_ms < BACK_OFF_MOST_MS ? 2 * c->back_off_ms : BACK_OFF_MOST_MS;
    c->backed_off_until_ms = w->now_ms + world_scaled(w, c->back_off_ms);
    world_after(w, &c->notice, NOTICE_MS, on_notice, c);
    container_after(c, first ? NOTICE_MS : c->back_off_ms - WAITING_MS, on_shown_waiting);
}

static bool restarts(const struct container *c)
{
    const char *policy = c->pod->template->plan.restart_policy;
    if (str_eq(policy, "Never") || c->pod->deleted_ms)
        return false;
    if (c->init || str_eq(policy, "OnFailure"))
        return c->now.exit_code != 0;
    return true;
}

void container_ended(struct container *c, int exit_code, const char *reason)
{
    probe_stop(c);
    c->state = CONTAINER_TERMINATED;
    c->now.finished_ms = c->pod->world->now_ms;
    c->now.exit_code = exit_code;
    c->now.reason = reason;
    c->ready = c->started = false;
    c->done = c->init && exit_code == 0;
    if (restarts(c)) {
        pod_publish(c->pod);
        restart_later(c);
        return;
    }
    pod_publish(c->pod);
    if (c->done)
        kubelet_go_on(c->pod);
    else
        kubelet_settle(c->pod);
}

/* ---- the run ---- */

static void fail_to_start(struct container *c)
{
    const struct plan_container *plan = container_plan(c);
    char command[200];
    str_copy(command, sizeof command, plan->command ? plan->command : "/app/run");
    command[strcspn(command, " ")] = '\0';
    AUTO_FREE char *cause = plan->ending == ENDING_NO_COMMAND
                                ? str_printf("exec: \"%s\": stat %s: no such file or directory", command, command)
                                : str_printf("exec: \"%s\": permission denied", command);
    char *text = str_printf("failed to create containerd task: failed to create shim task: OCI runtime create failed: "
                            "runc create failed: unable to start "
                            "container process: error during container init: %s",
                            cause);
    container_say(c, WARNING, "Failed", "Error: %s", text);
    begin_run(c, &(struct container_run){ .any = true,
                                          .finished_ms = c->pod->world->now_ms,
                                          .exit_code = 128,
                                          .reason = "StartError",
                                          .message = text,
                                          .id = world_roll(c->pod->world) });
    container_wait(c, "RunContainerError", "%s", text);
    c->pod->phase = "Running";
    pod_failed(c->pod, plan_failure_code(plan, c->init), NULL);
    pod_publish(c->pod);
    restart_later(c);
}

static void tell_failure(struct container *c, const struct plan_container *plan)
{
    const char *code = plan_failure_code(plan, c->init);
    AUTO_FREE char *account =
        str_printf("serviceaccount/%s/%s", c->pod->object->namespace, c->pod->template->plan.service_account);
    pod_failed(c->pod, code, str_starts(code, "rbac.") ? account : NULL);
}

static void on_end(void *arg)
{
    struct container *c = arg;
    const struct plan_container *plan = container_plan(c);
    bool oom = plan->ending == ENDING_OOM;
    if (plan->ending == ENDING_RUNS)
        return;
    if (plan->ending == ENDING_FILLS_DISK) {
        AUTO_FREE char *text =
            str_printf("Pod ephemeral local storage usage exceeds the total limit of containers %lldMi. ",
                       (long long)(plan->disk_limit >> 20));
        pod_failed(c->pod, plan_failure_code(plan, c->init), NULL);
        kubelet_evict(c->pod, text);
        return;
    }
    int code = oom ? 137 : plan->ending == ENDING_WRONG_FORMAT ? 255 : plan->exit_code;
    bool always = str_eq(c->pod->template->plan.restart_policy, "Always");
    if (always && (code != 0 || !c->init)) /* of a Job it is the Job's failure, once its tries are used up */
        tell_failure(c, plan);
    container_ended(c, code, oom ? "OOMKilled" : code == 0 ? "Completed" : "Error");
}

static void set_end(struct container *c)
{
    const struct plan_container *plan = container_plan(c);
    if (plan->ending != ENDING_RUNS)
        container_after(c, plan->after_ms, on_end);
}

static void start(struct container *c)
{
    const struct plan_container *plan = container_plan(c);
    agenda_clear(&c->pod->world->agenda, &c->notice);
    if (plan->ending == ENDING_NO_COMMAND || plan->ending == ENDING_NO_PERMISSION) {
        fail_to_start(c);
        return;
    }
    container_say(c, NORMAL, "Started", "Container started");
    c->state = CONTAINER_RUNNING;
    begin_run(c, &(struct container_run){
                     .any = true, .started_ms = c->pod->world->now_ms, .id = world_roll(c->pod->world) });
    c->started = !c->init && !plan->probes[PROBE_STARTUP].used;
    c->ready = c->started && !plan->probes[PROBE_READINESS].used;
    if (!c->init)
        c->pod->phase = "Running";
    pod_publish(c->pod);
    if (pod_ready(c->pod))
        pod_recovered(c->pod);
    probe_start(c);
    set_end(c);
}

static void on_kill(void *arg)
{
    struct container *c = arg;
    if (c->kills <= KILLS_FREE) {
        c->state = CONTAINER_TERMINATED;
        c->now.finished_ms = c->pod->world->now_ms;
        c->now.exit_code = 137;
        c->now.reason = "Error";
        on_restart(c);
        return;
    }
    container_ended(c, 137, "Error");
}

void container_kill(struct container *c)
{
    probe_stop(c);
    c->kills++;
    container_after(c, KILL_MS, on_kill);
}

void container_poke(struct container *c)
{
    if (c->state == CONTAINER_RUNNING) {
        probe_stop(c);
        agenda_clear(&c->pod->world->agenda, &c->step);
        probe_start(c);
        set_end(c);
        if (pod_ready(c->pod))
            pod_recovered(c->pod);
    } else if (c->step.place && c->step.run != on_created) {
        /* stuck or backing off: its next look is now */
        c->backed_off_until_ms = c->pod->world->now_ms;
        world_after(c->pod->world, &c->step, 0, c->step.run, c);
    }
}

/* ---- the log ---- */

static void add_line(struct buf *out, const char *line, size_t size, int64_t at_ms, bool timestamps)
{
    if (timestamps) {
        char stamp[STAMP_SIZE];
        stamp_nano(stamp, at_ms, (uint64_t)at_ms * 7919 + size);
        buf_printf(out, "%s ", stamp);
    }
    buf_add(out, line, size);
    buf_char(out, '\n');
}

char *container_log(const struct container *c, bool previous, bool timestamps)
{
    const struct plan_container *plan = container_plan(c);
    const struct container_run *run = previous ? &c->last : &c->now;
    if (previous && c->state == CONTAINER_WAITING && c->now.any)
        run = &c->now; /* the one that ended last */
    if (!run->any || run->started_ms == 0)
        return run->any ? str_dup("") : NULL;
    struct buf out = { 0 };
    AUTO_FREE char *greeting = str_printf("INFO starting %s", plan->name);
    add_line(&out, greeting, strlen(greeting), run->started_ms, timestamps);
    AUTO_FREE char *listening = plan->port ? str_printf("INFO listening on 0.0.0.0:%d", plan->port) : NULL;
    if (listening && plan->ending == ENDING_RUNS)
        add_line(&out, listening, strlen(listening), run->started_ms, timestamps);
    for (const char *line = str_or_empty(plan->says); *line;) {
        size_t size = strcspn(line, "\n");
        add_line(&out, line, size, run->finished_ms ? run->finished_ms : run->started_ms, timestamps);
        line += size + (line[size] == '\n');
    }
    return buf_take(&out, NULL);
}
