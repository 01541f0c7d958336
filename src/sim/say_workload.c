/* What a scenario can say of Deployments, StatefulSets, DaemonSets, Jobs, CronJobs and single pods. */
#include <stddef.h>
#include <string.h>

#include "sim/script.h"

#define DEFAULT_LIMIT      ((int64_t)64 << 20)
#define DEFAULT_DISK_LIMIT ((int64_t)10 << 20)
#define REPLICAS_MAX       1000

/* ---- the subject ---- */

static int begin(struct saying *s, struct err *e)
{
    (void)e;
    s->kind = (enum kind)s->subject->value;
    s->workload = workload_find(s->world, s->kind, s->namespace, s->name);
    if (s->workload) {
        s->plan = s->workload->template->plan;
        s->settings = *s->workload;
    } else {
        s->name = arena_strdup(&s->world->arena, s->name);
        plan_init(&s->plan, s->name);
        s->settings =
            (struct workload){ .replicas = 1, .limits = { .backoff_limit = 6 }, .rollout = { .deadline_ms = 600000 } };
        s->settings.schedule = (struct schedule){ .text = "* * * * *", .every_ms = 60000 };
        if (s->kind == KIND_JOB || s->kind == KIND_CRON_JOB)
            s->plan.restart_policy = "Never";
    }
    s->container = &s->plan.containers[0];
    return 0;
}

static void settle(struct workload *o, const struct workload *settings)
{
    o->limits = settings->limits;
    o->rollout.deadline_ms = settings->rollout.deadline_ms;
    o->rollout.paused = settings->rollout.paused;
    o->schedule.text = settings->schedule.text;
    o->schedule.every_ms = settings->schedule.every_ms;
}

static void end(struct saying *s)
{
    struct workload *o = s->workload;
    if (s->deletes) {
        if (o)
            workload_delete(o);
        return;
    }
    if (!o) {
        o = workload_new(s->world, s->kind, s->namespace, s->name, &s->plan);
        settle(o, &s->settings);
        o->replicas = s->settings.replicas;
        return;
    }
    settle(o, &s->settings);
    if (s->restarts)
        s->plan.note = arena_printf(&s->world->arena, "%lld", (long long)s->world->now_ms);
    workload_change(o, &s->plan);
    workload_scale(o, s->settings.replicas);
}

/* ---- clauses: the workload ---- */

static void replicas(struct saying *s, const struct phrase *p)
{
    s->settings.replicas = p->number[0] < REPLICAS_MAX ? (int)p->number[0] : REPLICAS_MAX;
}

static void backoff_limit(struct saying *s, const struct phrase *p)
{
    s->settings.limits.backoff_limit = (int)p->number[0];
}

/* A time among the settings; never 0, which would be now for ever. */
static void setting_time(struct saying *s, const struct phrase *p)
{
    *(int64_t *)((char *)&s->settings + s->clause->value) = p->number[0] > 0 ? p->number[0] : 1;
}

static void suspend(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->settings.limits.suspended = s->clause->value;
}

static void paused(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->settings.rollout.paused = true;
}

static void deleted(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->deletes = true;
}

static void restarted(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->restarts = true;
}

/* ---- clauses: which container ---- */

static struct plan_container *named_container(struct plan_container *all, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++)
        if (str_eq(all[i].name, name))
            return &all[i];
    if (*count == PLAN_CONTAINERS_MAX)
        return &all[*count - 1];
    all[*count] = (struct plan_container){ .name = name, .image = PLAN_IMAGE, .pull_ms = 280 };
    return &all[(*count)++];
}

static void container(struct saying *s, const struct phrase *p)
{
    s->container = named_container(s->plan.containers, &s->plan.n_containers, p->text[0]);
}

static void init_container(struct saying *s, const struct phrase *p)
{
    s->container = named_container(s->plan.inits, &s->plan.n_inits, p->text[0]);
    if (s->container->ending == ENDING_RUNS)
        *s->container = (struct plan_container){ .name = s->container->name,
                                                 .image = s->container->image,
                                                 .pull_ms = 280,
                                                 .ending = ENDING_EXITS,
                                                 .after_ms = 300 };
}

/* ---- clauses: members of the container and of the plan ---- */

static void container_amount(struct saying *s, const struct phrase *p)
{
    *(int64_t *)((char *)s->container + s->clause->value) = p->number[0];
}

static void container_port(struct saying *s, const struct phrase *p)
{
    *(int *)((char *)s->container + s->clause->value) = (int)p->number[0];
}

static void container_text(struct saying *s, const struct phrase *p)
{
    *(const char **)((char *)s->container + s->clause->value) = p->text[0];
}

static void plan_text(struct saying *s, const struct phrase *p)
{
    *(const char **)((char *)&s->plan + s->clause->value) = p->text[0];
}

static void plan_flag(struct saying *s, const struct phrase *p)
{
    (void)p;
    *(bool *)((char *)&s->plan + s->clause->value) = true;
}

static void add_pair(struct plan_pair *pairs, size_t *count, const struct phrase *p)
{
    if (*count < PLAN_PAIRS_MAX)
        pairs[(*count)++] = (struct plan_pair){ p->text[0], p->value[0] };
}

static void label(struct saying *s, const struct phrase *p)
{
    add_pair(s->plan.labels, &s->plan.n_labels, p);
}

static void wants_label(struct saying *s, const struct phrase *p)
{
    add_pair(s->plan.selector, &s->plan.n_selector, p);
}

static void environment(struct saying *s, const struct phrase *p)
{
    add_pair(s->container->env, &s->container->n_env, p);
}

static void wants_affinity(struct saying *s, const struct phrase *p)
{
    s->plan.affinity = (struct plan_pair){ p->text[0], p->value[0] };
}

static void stops_within(struct saying *s, const struct phrase *p)
{
    s->plan.grace_ms = p->number[0];
}

/* ---- clauses: image ---- */

static void image(struct saying *s, const struct phrase *p)
{
    s->container->image = p->text[0];
    s->container->pull = PULL_WORKS;
}

static void pull(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->container->pull = (enum pull)s->clause->value;
}

/* ---- clauses: how it runs ---- */

/* Runs, is refused to root. */
static void ending(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->container->ending = (enum ending)s->clause->value;
}

/* Does not start, for the sake of its command. */
static void no_start(struct saying *s, const struct phrase *p)
{
    s->container->ending = (enum ending)s->clause->value;
    s->container->command = p->text[0];
}

static void crashes(struct saying *s, int exit_code, int64_t after_ms, const char *says)
{
    s->container->ending = ENDING_EXITS;
    s->container->exit_code = exit_code;
    s->container->after_ms = after_ms;
    if (says)
        s->container->says = says;
}

static void crashes_plain(struct saying *s, const struct phrase *p)
{
    crashes(s, (int)p->number[0], 100, NULL);
}

static void crashes_after(struct saying *s, const struct phrase *p)
{
    crashes(s, (int)p->number[0], p->number[1], NULL);
}

static void crashes_saying(struct saying *s, const struct phrase *p)
{
    crashes(s, (int)p->number[0], 100, p->text[1]);
}

static void crashes_after_saying(struct saying *s, const struct phrase *p)
{
    crashes(s, (int)p->number[0], p->number[1], p->text[2]);
}

static void ends_after(struct saying *s, const struct phrase *p)
{
    crashes(s, 0, p->number[0], NULL);
}

static void wrong_format(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->container->ending = ENDING_WRONG_FORMAT;
    /* What cannot be run here is not what others run here. */
    if (str_eq(s->container->image, PLAN_IMAGE))
        s->container->image = "registry.local/other-platform:1";
    s->container->after_ms = 50;
    s->container->says = "exec /app/run: exec format error";
}

static void out_of_memory(struct saying *s, const struct phrase *p)
{
    s->container->ending = ENDING_OOM;
    s->container->after_ms = p->number[0];
    if (s->container->memory_limit == 0)
        s->container->memory_limit = DEFAULT_LIMIT;
}

static void fills_disk(struct saying *s, const struct phrase *p)
{
    s->container->ending = ENDING_FILLS_DISK;
    s->container->after_ms = p->number[0];
    if (s->container->disk_limit == 0)
        s->container->disk_limit = DEFAULT_DISK_LIMIT;
}

/* All of it runs well from now on, without a new version: the cause was outside. */
static void recovers(struct saying *s, const struct phrase *p)
{
    (void)p;
    for (size_t i = 0; i < s->plan.n_containers; i++) {
        s->plan.containers[i].ending = ENDING_RUNS;
        s->plan.containers[i].pull = PULL_WORKS;
        for (int k = 0; k < PROBE_COUNT; k++)
            s->plan.containers[i].probes[k].outcome = PROBE_PASSES;
    }
    for (size_t i = 0; i < s->plan.n_inits; i++) {
        s->plan.inits[i].ending = ENDING_EXITS;
        s->plan.inits[i].exit_code = 0;
        s->plan.inits[i].pull = PULL_WORKS;
    }
}

/* A new version that runs well, finds a place and is admitted. */
static void fixed(struct saying *s, const struct phrase *p)
{
    recovers(s, p);
    s->restarts = true;
    for (size_t i = 0; i < s->plan.n_containers; i++) {
        struct plan_container *c = &s->plan.containers[i];
        c->n_refs = 0;
        c->cpu_request_m = c->memory_request = 0;
        c->extended = NULL;
        c->host_port = 0;
    }
    s->plan.n_selector = 0;
    s->plan.affinity = (struct plan_pair){ NULL, NULL };
    s->plan.node = NULL;
    s->plan.spread = s->plan.privileged = false;
    s->plan.service_account = "default";
}

/* ---- clauses: what it needs ---- */

#define MOUNTED 0x100 /* in a row's value beside what is needed: as a volume */
#define KEYED   0x200 /* one key, which is named first                       */

static void needs(struct saying *s, const struct phrase *p)
{
    bool keyed = s->clause->value & KEYED;
    if (s->container->n_refs == PLAN_REFS_MAX)
        return;
    struct plan_ref *ref = &s->container->refs[s->container->n_refs++];
    *ref = (struct plan_ref){ .mounted = s->clause->value & MOUNTED,
                              .name = p->text[keyed],
                              .key = keyed ? p->text[0] : NULL };
    ref->of = (enum ref)(s->clause->value & 0xff);
}

/* ---- clauses: probes ---- */

static struct plan_probe *probe(struct saying *s, enum probe which)
{
    struct plan_probe *p = &s->container->probes[which];
    if (!p->used)
        *p = (struct plan_probe){ .used = true,
                                  .path = which == PROBE_READINESS ? "/ready" : "/healthz",
                                  .port = s->container->port ? s->container->port : 8080,
                                  .period_ms = 2000,
                                  .failure_threshold = 3 };
    return p;
}

/* The row's value says which probe. */
static void has_probe(struct saying *s, const struct phrase *p)
{
    struct plan_probe *one = probe(s, (enum probe)s->clause->value);
    one->path = p->text[0];
    one->port = (int)p->number[1];
}

static void fails(struct saying *s, enum probe_outcome outcome, int status, int64_t after_ms)
{
    struct plan_probe *one = probe(s, (enum probe)s->clause->value);
    one->outcome = outcome;
    one->status = status;
    one->fails_after_ms = after_ms;
}

static void fails_with(struct saying *s, const struct phrase *p)
{
    fails(s, PROBE_STATUS, (int)p->number[0], 0);
}

static void fails_after_with(struct saying *s, const struct phrase *p)
{
    fails(s, PROBE_STATUS, (int)p->number[1], p->number[0]);
}

static void hangs_after(struct saying *s, const struct phrase *p)
{
    fails(s, PROBE_TIMES_OUT, 0, p->number[0]);
}

static void wrong_port(struct saying *s, const struct phrase *p)
{
    fails(s, PROBE_REFUSED, 0, 0);
    s->container->probes[s->clause->value].port = (int)p->number[0];
    s->container->port = (int)p->number[1];
}

/* clang-format off */
static const struct clause_row clauses[] = {
    { "{number} replicas", replicas, "so many pods" },
    { "{number} replica", replicas, "the same" },
    { "scales to {number}", replicas, "the same, later" },
    { "label {pair}", label, "a label of its pods beside `app=NAME`" },
    { "container {word}", container, "the clauses behind speak of this container (made when it is not there)" },
    { "init container {word}", init_container, "the same for an init container, which ends well when nothing else is said" },
    { "image {word}", image, "the image; what keeps it from being pulled is said behind" },
    { "which the registry lacks", pull, "image.not-found", PULL_NOT_FOUND },
    { "which the registry refuses", pull, "image.auth: no credentials", PULL_UNAUTHORIZED },
    { "whose registry has no address", pull, "image.registry-unreachable: the name does not resolve", PULL_NO_HOST },
    { "whose registry does not answer", pull, "image.registry-unreachable: time-out", PULL_NO_ANSWER },
    { "whose registry limits pulls", pull, "image.rate-limited: 429", PULL_RATE_LIMITED },
    { "which is built for another platform", pull, "image.wrong-arch: nothing for this platform", PULL_NO_PLATFORM },
    { "which is never pulled", pull, "image.never-pull: policy Never and not on the node", PULL_NEVER },
    { "pulls within {time}", container_amount, "how long a pull takes (280ms)", offsetof(struct plan_container, pull_ms) },
    { "healthy", ending, "runs until it is stopped; the default", ENDING_RUNS },
    { "crashes with exit {number}", crashes_plain, "ends so at once, and again by the restart policy" },
    { "crashes with exit {number} after {time}", crashes_after, "the same, later" },
    { "crashes with exit {number} saying {text}", crashes_saying, "the same, with these last lines in its log (`\\n` between them)" },
    { "crashes with exit {number} after {time} saying {text}", crashes_after_saying, "both" },
    { "ends after {time}", ends_after, "exit 0: well for a Job, crash.exit0 for what should run on" },
    { "says {text}", container_text, "lines in its log", offsetof(struct plan_container, says) },
    { "runs out of memory after {time}", out_of_memory, "crash.oom; limited to 64Mi if no limit is given" },
    { "command {text}", container_text, "the command", offsetof(struct plan_container, command) },
    { "has no command {text}", no_start, "start.command-missing", ENDING_NO_COMMAND },
    { "may not execute {text}", no_start, "start.permission-denied", ENDING_NO_PERMISSION },
    { "has the wrong binary format", wrong_format, "image.wrong-arch: exec format error" },
    { "must not run as root", ending, "start.runasnonroot: runAsNonRoot with an image of root's", ENDING_ROOT },
    { "fills its disk after {time}", fills_disk, "pod.evicted-storage; limited to 10Mi if no limit is given" },
    { "recovers", recovers, "the cause outside is gone, and what was tried is tried again at once: no back-off is waited out" },
    { "is fixed", fixed, "a new version is rolled out that works: nothing missing is needed, nothing special is asked for" },
    { "needs configmap {word}", needs, "all of it in the environment", REF_CONFIG_MAP },
    { "needs secret {word}", needs, "all of it in the environment", REF_SECRET },
    { "needs key {word} of configmap {word}", needs, "one key in the environment", REF_CONFIG_MAP | KEYED },
    { "needs key {word} of secret {word}", needs, "one key in the environment", REF_SECRET | KEYED },
    { "mounts configmap {word}", needs, "as a volume", REF_CONFIG_MAP | MOUNTED },
    { "mounts secret {word}", needs, "as a volume", REF_SECRET | MOUNTED },
    { "mounts claim {word}", needs, "as a volume", REF_CLAIM | MOUNTED },
    { "env {pair}", environment, "a variable" },
    { "requests cpu {cpu}", container_amount, "", offsetof(struct plan_container, cpu_request_m) },
    { "requests memory {bytes}", container_amount, "", offsetof(struct plan_container, memory_request) },
    { "requests {word}", container_text, "one of an extended resource, say `example.com/gpu`", offsetof(struct plan_container, extended) },
    { "limit cpu {cpu}", container_amount, "", offsetof(struct plan_container, cpu_limit_m) },
    { "limit memory {bytes}", container_amount, "", offsetof(struct plan_container, memory_limit) },
    { "limit disk {bytes}", container_amount, "ephemeral storage", offsetof(struct plan_container, disk_limit) },
    { "runs on nodes with {pair}", wants_label, "nodeSelector" },
    { "must be near {pair}", wants_affinity, "required node affinity" },
    { "tolerates {word}", plan_text, "a taint by its key", offsetof(struct plan, tolerates) },
    { "one on each node", plan_flag, "required anti-affinity by host name", offsetof(struct plan, spread) },
    { "bound to node {word}", plan_text, "nodeName written by hand", offsetof(struct plan, node) },
    { "port {number}", container_port, "containerPort", offsetof(struct plan_container, port) },
    { "host port {number}", container_port, "", offsetof(struct plan_container, host_port) },
    { "service account {word}", plan_text, "", offsetof(struct plan, service_account) },
    { "privileged", plan_flag, "for pod security", offsetof(struct plan, privileged) },
    { "stops within {time}", stops_within, "terminationGracePeriodSeconds" },
    { "readiness probe {word} port {number}", has_probe, "passes unless it is told to fail", PROBE_READINESS },
    { "liveness probe {word} port {number}", has_probe, "the same", PROBE_LIVENESS },
    { "readiness fails with status {number}", fails_with, "probe.readiness-failing", PROBE_READINESS },
    { "readiness fails after {time} with status {number}", fails_after_with, "the same, later", PROBE_READINESS },
    { "readiness asks port {number} but it listens on {number}", wrong_port, "probe.wrong-port", PROBE_READINESS },
    { "liveness fails after {time} with status {number}", fails_after_with, "probe.liveness-failing", PROBE_LIVENESS },
    { "liveness hangs after {time}", hangs_after, "the same, by time-out", PROBE_LIVENESS },
    { "liveness asks port {number} but it listens on {number}", wrong_port, "probe.wrong-port", PROBE_LIVENESS },
    { "startup fails with status {number}", fails_with, "probe.startup-failing", PROBE_STARTUP },
    { "progress deadline {time}", setting_time, "of a Deployment (10m)", offsetof(struct workload, rollout.deadline_ms) },
    { "is paused", paused, "the rollout of a Deployment" },
    { "backoff limit {number}", backoff_limit, "of a Job (6)" },
    { "deadline {time}", setting_time, "of a Job: activeDeadlineSeconds", offsetof(struct workload, limits.deadline_ms) },
    { "every {time}", setting_time, "of a CronJob (1m); divided by the speed like all durations", offsetof(struct workload, schedule.every_ms) },
    { "is suspended", suspend, "a Job or CronJob", true },
    { "is resumed", suspend, "", false },
    { "is restarted", restarted, "a rollout with nothing new" },
    { "is deleted", deleted, "with its pods" },
};
/* clang-format on */

#define ROW(word, kind, help) { word, "NAMESPACE/NAME", begin, end, clauses, COUNT(clauses), help, kind }
const struct subject_row workload_subjects[] = {
    ROW("deployment", KIND_DEPLOYMENT,
        "Makes it, or changes it: what the pod template shows is rolled out as a new version, mere behaviour is taken "
        "up by the pods there are."),
    ROW("statefulset", KIND_STATEFUL_SET, "takes the clauses of a deployment."),
    ROW("daemonset", KIND_DAEMON_SET, "takes the clauses of a deployment."),
    ROW("job", KIND_JOB, "takes the clauses of a deployment; restart policy Never."),
    ROW("cronjob", KIND_CRON_JOB, "takes the clauses of a deployment; restart policy Never."),
    ROW("pod", KIND_POD, "takes the clauses of a deployment; nobody makes it anew when it is gone."),
};
const size_t n_workload_subjects = COUNT(workload_subjects);
