/* Startup, liveness and readiness probes. */
#include "base/str.h"
#include "sim/kubelet.h"

#define FIRST_MS     120 /* from the start to the first probe */
#define EARLY_ONE_IN 3   /* that often the first probe comes before the process listens: noise */

static const char *const names[PROBE_COUNT] = {
    [PROBE_STARTUP] = "Startup", [PROBE_LIVENESS] = "Liveness", [PROBE_READINESS] = "Readiness"
};
static const char *const lower_names[PROBE_COUNT] = {
    [PROBE_STARTUP] = "startup", [PROBE_LIVENESS] = "liveness", [PROBE_READINESS] = "readiness"
};

/* What it costs where the probe is right and the application is not, and where it is the other way round. */
static const char *const codes[PROBE_COUNT] = {
    [PROBE_STARTUP] = "probe.startup-failing",
    [PROBE_LIVENESS] = "probe.liveness-failing",
    [PROBE_READINESS] = "probe.readiness-failing",
};

static void schedule(struct container *c, enum probe which, int64_t ms);

static bool passes(const struct container *c, const struct plan_probe *p)
{
    int64_t age_ms = c->pod->world->now_ms - c->now.started_ms;
    return p->outcome == PROBE_PASSES || age_ms < world_scaled(c->pod->world, p->fails_after_ms);
}

/* A well application is probed too early now and then, as in life; whoever reads events must not take that for a failure. */
static bool comes_early(struct container *c, enum probe which)
{
    return which == PROBE_READINESS && c->restarts == 0 && c->probe_failures[which] == 0 && !c->ready && !c->probed &&
           world_roll(c->pod->world) % EARLY_ONE_IN == 0;
}

static void say_failure(struct container *c, enum probe which, const struct plan_probe *p, enum probe_outcome outcome)
{
    char ip[20];
    pod_ip(c->pod, ip);
    AUTO_FREE char *url = str_printf("http://%s:%d%s", ip, p->port, p->path);
    if (outcome == PROBE_STATUS)
        container_say(c, WARNING, "Unhealthy", "%s probe failed: HTTP probe failed with statuscode: %d", names[which],
                      p->status);
    else if (outcome == PROBE_REFUSED)
        container_say(c, WARNING, "Unhealthy",
                      "%s probe failed: Get \"%s\": dial tcp %s:%d: connect: connection refused", names[which], url, ip,
                      p->port);
    else
        container_say(
            c, WARNING, "Unhealthy",
            "%s probe failed: Get \"%s\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            names[which], url);
}

static void failed(struct container *c, enum probe which, const struct plan_probe *p)
{
    say_failure(c, which, p, p->outcome);
    pod_failed(c->pod, p->outcome == PROBE_REFUSED ? "probe.wrong-port" : codes[which], NULL);
    if (++c->probe_failures[which] < p->failure_threshold)
        return;
    if (which == PROBE_READINESS) {
        if (c->ready) {
            c->ready = false;
            pod_publish(c->pod);
        }
        return;
    }
    container_say(c, NORMAL, "Killing", "Container %s failed %s probe, will be restarted", container_plan(c)->name,
                  lower_names[which]);
    container_kill(c);
}

static void passed(struct container *c, enum probe which)
{
    c->probe_failures[which] = 0;
    bool was_ready = c->ready, was_started = c->started;
    const struct plan_container *plan = container_plan(c);
    if (which == PROBE_STARTUP) {
        c->started = true;
        c->ready = !plan->probes[PROBE_READINESS].used;
    } else if (which == PROBE_READINESS && c->started) {
        c->ready = true;
    }
    if (c->ready != was_ready || c->started != was_started) {
        pod_publish(c->pod);
        if (pod_ready(c->pod))
            pod_recovered(c->pod);
    }
    if (c->started && !was_started)
        probe_start(c);
}

static void look(struct container *c, enum probe which)
{
    const struct plan_probe *p = &container_plan(c)->probes[which];
    if (!p->used || c->state != CONTAINER_RUNNING)
        return;
    if (which == PROBE_STARTUP && c->started)
        return;
    schedule(c, which, p->period_ms);
    bool early = comes_early(c, which);
    c->probed |= which == PROBE_READINESS;
    if (early)
        say_failure(c, which, p, PROBE_REFUSED);
    else if (passes(c, p))
        passed(c, which);
    else
        failed(c, which, p);
}

static void on_startup(void *arg)
{
    look(arg, PROBE_STARTUP);
}

static void on_liveness(void *arg)
{
    look(arg, PROBE_LIVENESS);
}

static void on_readiness(void *arg)
{
    look(arg, PROBE_READINESS);
}

static void schedule(struct container *c, enum probe which, int64_t ms)
{
    static void (*const runs[PROBE_COUNT])(
        void *arg) = { [PROBE_STARTUP] = on_startup, [PROBE_LIVENESS] = on_liveness, [PROBE_READINESS] = on_readiness };
    world_after(c->pod->world, &c->probes[which], ms, runs[which], c);
}

/* Until the startup probe has passed the others rest. */
void probe_start(struct container *c)
{
    const struct plan_container *plan = container_plan(c);
    for (enum probe which = 0; which < PROBE_COUNT; which++) {
        c->probe_failures[which] = 0;
        bool now = which == PROBE_STARTUP ? !c->started : c->started;
        if (plan->probes[which].used && now && !c->init)
            schedule(c, which, FIRST_MS + plan->probes[which].delay_ms);
    }
}

void probe_stop(struct container *c)
{
    for (int i = 0; i < PROBE_COUNT; i++)
        agenda_clear(&c->pod->world->agenda, &c->probes[i]);
}
