/* What a scenario can say of Deployments, StatefulSets, DaemonSets, Jobs, CronJobs and single pods. */
#include <string.h>

#include "sim/script.h"

#define DEFAULT_LIMIT ((int64_t)64 << 20)

/* ---- the subject ---- */

static int begin(struct saying *s, enum kind kind)
{
    s->kind = kind;
    s->workload = workload_find(s->world, kind, s->namespace, s->name);
    if (s->workload) {
        s->plan = s->workload->template->plan;
        s->settings = *s->workload;
    } else {
        s->name = arena_strdup(&s->world->arena, s->name);
        plan_init(&s->plan, s->name);
        s->settings = (struct workload){ .replicas = 1, .limits = { .backoff_limit = 6 }, .rollout = { .deadline_ms = 600000 } };
        s->settings.schedule = (struct schedule){ .text = "* * * * *", .every_ms = 60000 };
        if (kind == KIND_JOB || kind == KIND_CRON_JOB)
            s->plan.restart_policy = "Never";
    }
    s->container = &s->plan.containers[0];
    return 0;
}

static int begin_deployment(struct saying *s, struct err *e)
{
    (void)e;
    return begin(s, KIND_DEPLOYMENT);
}

static int begin_stateful_set(struct saying *s, struct err *e)
{
    (void)e;
    return begin(s, KIND_STATEFUL_SET);
}

static int begin_daemon_set(struct saying *s, struct err *e)
{
    (void)e;
    return begin(s, KIND_DAEMON_SET);
}

static int begin_job(struct saying *s, struct err *e)
{
    (void)e;
    return begin(s, KIND_JOB);
}

static int begin_cron_job(struct saying *s, struct err *e)
{
    (void)e;
    return begin(s, KIND_CRON_JOB);
}

static int begin_pod(struct saying *s, struct err *e)
{
    (void)e;
    return begin(s, KIND_POD);
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
    s->settings.replicas = p->number[0] < 1000 ? (int)p->number[0] : 1000;
}

static void progress_deadline(struct saying *s, const struct phrase *p)
{
    s->settings.rollout.deadline_ms = p->number[0];
}

static void backoff_limit(struct saying *s, const struct phrase *p)
{
    s->settings.limits.backoff_limit = (int)p->number[0];
}

static void deadline(struct saying *s, const struct phrase *p)
{
    s->settings.limits.deadline_ms = p->number[0];
}

static void suspended(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->settings.limits.suspended = true;
}

static void resumed(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->settings.limits.suspended = false;
}

static void every(struct saying *s, const struct phrase *p)
{
    s->settings.schedule.every_ms = p->number[0] > 0 ? p->number[0] : 1;
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
    all[*count] = (struct plan_container){ .name = name, .image = "registry.local/app:1", .pull_ms = 280 };
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
        *s->container = (struct plan_container){ .name = s->container->name, .image = s->container->image, .pull_ms = 280, .ending = ENDING_EXITS, .after_ms = 300 };
}

/* ---- clauses: image ---- */

static void image(struct saying *s, const struct phrase *p)
{
    s->container->image = p->text[0];
    s->container->pull = PULL_WORKS;
}

static void set_pull(struct saying *s, enum pull pull)
{
    s->container->pull = pull;
}

static void lacks(struct saying *s, const struct phrase *p)
{
    (void)p;
    set_pull(s, PULL_NOT_FOUND);
}

static void refuses(struct saying *s, const struct phrase *p)
{
    (void)p;
    set_pull(s, PULL_UNAUTHORIZED);
}

static void no_host(struct saying *s, const struct phrase *p)
{
    (void)p;
    set_pull(s, PULL_NO_HOST);
}

static void no_answer(struct saying *s, const struct phrase *p)
{
    (void)p;
    set_pull(s, PULL_NO_ANSWER);
}

static void rate_limited(struct saying *s, const struct phrase *p)
{
    (void)p;
    set_pull(s, PULL_RATE_LIMITED);
}

static void no_platform(struct saying *s, const struct phrase *p)
{
    (void)p;
    set_pull(s, PULL_NO_PLATFORM);
}

static void never_pulled(struct saying *s, const struct phrase *p)
{
    (void)p;
    set_pull(s, PULL_NEVER);
}

static void pull_takes(struct saying *s, const struct phrase *p)
{
    s->container->pull_ms = p->number[0];
}

/* ---- clauses: how it runs ---- */

static void healthy(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->container->ending = ENDING_RUNS;
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

static void says(struct saying *s, const struct phrase *p)
{
    s->container->says = p->text[0];
}

static void out_of_memory(struct saying *s, const struct phrase *p)
{
    s->container->ending = ENDING_OOM;
    s->container->after_ms = p->number[0];
    if (s->container->memory_limit == 0)
        s->container->memory_limit = DEFAULT_LIMIT;
}

static void command(struct saying *s, const struct phrase *p)
{
    s->container->command = p->text[0];
}

static void no_command(struct saying *s, const struct phrase *p)
{
    s->container->ending = ENDING_NO_COMMAND;
    s->container->command = p->text[0];
}

static void no_permission(struct saying *s, const struct phrase *p)
{
    s->container->ending = ENDING_NO_PERMISSION;
    s->container->command = p->text[0];
}

static void wrong_format(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->container->ending = ENDING_WRONG_FORMAT;
    s->container->after_ms = 50;
    s->container->says = "exec /app/run: exec format error";
}

static void must_not_be_root(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->container->ending = ENDING_ROOT;
}

static void fills_disk(struct saying *s, const struct phrase *p)
{
    s->container->ending = ENDING_FILLS_DISK;
    s->container->after_ms = p->number[0];
    if (s->container->disk_limit == 0)
        s->container->disk_limit = (int64_t)10 << 20;
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

static void need(struct saying *s, const struct plan_ref *ref)
{
    if (s->container->n_refs < PLAN_REFS_MAX)
        s->container->refs[s->container->n_refs++] = *ref;
}

static void needs_config_map(struct saying *s, const struct phrase *p)
{
    need(s, &(struct plan_ref){ .of = REF_CONFIG_MAP, .name = p->text[0] });
}

static void needs_secret(struct saying *s, const struct phrase *p)
{
    need(s, &(struct plan_ref){ .of = REF_SECRET, .name = p->text[0] });
}

static void needs_config_map_key(struct saying *s, const struct phrase *p)
{
    need(s, &(struct plan_ref){ .of = REF_CONFIG_MAP, .name = p->text[1], .key = p->text[0] });
}

static void needs_secret_key(struct saying *s, const struct phrase *p)
{
    need(s, &(struct plan_ref){ .of = REF_SECRET, .name = p->text[1], .key = p->text[0] });
}

static void mounts_config_map(struct saying *s, const struct phrase *p)
{
    need(s, &(struct plan_ref){ .of = REF_CONFIG_MAP, .mounted = true, .name = p->text[0] });
}

static void mounts_secret(struct saying *s, const struct phrase *p)
{
    need(s, &(struct plan_ref){ .of = REF_SECRET, .mounted = true, .name = p->text[0] });
}

static void mounts_claim(struct saying *s, const struct phrase *p)
{
    need(s, &(struct plan_ref){ .of = REF_CLAIM, .mounted = true, .name = p->text[0] });
}

static void environment(struct saying *s, const struct phrase *p)
{
    if (s->container->n_env < PLAN_PAIRS_MAX)
        s->container->env[s->container->n_env++] = (struct plan_pair){ p->text[0], p->value[0] };
}

/* ---- clauses: resources and place ---- */

static void requests_cpu(struct saying *s, const struct phrase *p)
{
    s->container->cpu_request_m = p->number[0];
}

static void requests_memory(struct saying *s, const struct phrase *p)
{
    s->container->memory_request = p->number[0];
}

static void requests_extended(struct saying *s, const struct phrase *p)
{
    s->container->extended = p->text[0];
}

static void limit_cpu(struct saying *s, const struct phrase *p)
{
    s->container->cpu_limit_m = p->number[0];
}

static void limit_memory(struct saying *s, const struct phrase *p)
{
    s->container->memory_limit = p->number[0];
}

static void limit_disk(struct saying *s, const struct phrase *p)
{
    s->container->disk_limit = p->number[0];
}

static void wants_label(struct saying *s, const struct phrase *p)
{
    if (s->plan.n_selector < PLAN_PAIRS_MAX)
        s->plan.selector[s->plan.n_selector++] = (struct plan_pair){ p->text[0], p->value[0] };
}

static void wants_affinity(struct saying *s, const struct phrase *p)
{
    s->plan.affinity = (struct plan_pair){ p->text[0], p->value[0] };
}

static void tolerates(struct saying *s, const struct phrase *p)
{
    s->plan.tolerates = p->text[0];
}

static void spread(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->plan.spread = true;
}

static void on_node(struct saying *s, const struct phrase *p)
{
    s->plan.node = p->text[0];
}

static void port(struct saying *s, const struct phrase *p)
{
    s->container->port = (int)p->number[0];
}

static void host_port(struct saying *s, const struct phrase *p)
{
    s->container->host_port = (int)p->number[0];
}

static void label(struct saying *s, const struct phrase *p)
{
    if (s->plan.n_labels < PLAN_PAIRS_MAX)
        s->plan.labels[s->plan.n_labels++] = (struct plan_pair){ p->text[0], p->value[0] };
}

static void account(struct saying *s, const struct phrase *p)
{
    s->plan.service_account = p->text[0];
}

static void privileged(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->plan.privileged = true;
}

static void stops_within(struct saying *s, const struct phrase *p)
{
    s->plan.grace_ms = p->number[0];
}

/* ---- clauses: probes ---- */

static struct plan_probe *probe(struct saying *s, enum probe which)
{
    struct plan_probe *p = &s->container->probes[which];
    if (!p->used)
        *p = (struct plan_probe){ .used = true, .path = which == PROBE_READINESS ? "/ready" : "/healthz", .port = s->container->port ? s->container->port : 8080,
                                  .period_ms = 2000, .failure_threshold = 3 };
    return p;
}

static void has_readiness(struct saying *s, const struct phrase *p)
{
    struct plan_probe *probe_ = probe(s, PROBE_READINESS);
    probe_->path = p->text[0];
    probe_->port = (int)p->number[1];
}

static void has_liveness(struct saying *s, const struct phrase *p)
{
    struct plan_probe *probe_ = probe(s, PROBE_LIVENESS);
    probe_->path = p->text[0];
    probe_->port = (int)p->number[1];
}

static void fails(struct saying *s, enum probe which, enum probe_outcome outcome, int status, int64_t after_ms)
{
    struct plan_probe *p = probe(s, which);
    p->outcome = outcome;
    p->status = status;
    p->fails_after_ms = after_ms;
}

static void readiness_status(struct saying *s, const struct phrase *p)
{
    fails(s, PROBE_READINESS, PROBE_STATUS, (int)p->number[0], 0);
}

static void readiness_status_after(struct saying *s, const struct phrase *p)
{
    fails(s, PROBE_READINESS, PROBE_STATUS, (int)p->number[1], p->number[0]);
}

static void liveness_status_after(struct saying *s, const struct phrase *p)
{
    fails(s, PROBE_LIVENESS, PROBE_STATUS, (int)p->number[1], p->number[0]);
}

static void liveness_hangs_after(struct saying *s, const struct phrase *p)
{
    fails(s, PROBE_LIVENESS, PROBE_TIMES_OUT, 0, p->number[0]);
}

static void startup_status(struct saying *s, const struct phrase *p)
{
    fails(s, PROBE_STARTUP, PROBE_STATUS, (int)p->number[0], 0);
}

static void wrong_port(struct saying *s, enum probe which, const struct phrase *p)
{
    fails(s, which, PROBE_REFUSED, 0, 0);
    s->container->probes[which].port = (int)p->number[0];
    s->container->port = (int)p->number[1];
}

static void readiness_wrong_port(struct saying *s, const struct phrase *p)
{
    wrong_port(s, PROBE_READINESS, p);
}

static void liveness_wrong_port(struct saying *s, const struct phrase *p)
{
    wrong_port(s, PROBE_LIVENESS, p);
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
    { "which the registry lacks", lacks, "image.not-found" },
    { "which the registry refuses", refuses, "image.auth: no credentials" },
    { "whose registry has no address", no_host, "image.registry-unreachable: the name does not resolve" },
    { "whose registry does not answer", no_answer, "image.registry-unreachable: time-out" },
    { "whose registry limits pulls", rate_limited, "image.rate-limited: 429" },
    { "which is built for another platform", no_platform, "image.wrong-arch: nothing for this platform" },
    { "which is never pulled", never_pulled, "image.never-pull: policy Never and not on the node" },
    { "pulls within {time}", pull_takes, "how long a pull takes (280ms)" },
    { "healthy", healthy, "runs until it is stopped; the default" },
    { "crashes with exit {number}", crashes_plain, "ends so at once, and again by the restart policy" },
    { "crashes with exit {number} after {time}", crashes_after, "the same, later" },
    { "crashes with exit {number} saying {text}", crashes_saying, "the same, with these last lines in its log (`\\n` between them)" },
    { "crashes with exit {number} after {time} saying {text}", crashes_after_saying, "both" },
    { "ends after {time}", ends_after, "exit 0: well for a Job, crash.exit0 for what should run on" },
    { "says {text}", says, "lines in its log" },
    { "runs out of memory after {time}", out_of_memory, "crash.oom; limited to 64Mi if no limit is given" },
    { "command {text}", command, "the command" },
    { "has no command {text}", no_command, "start.command-missing" },
    { "may not execute {text}", no_permission, "start.permission-denied" },
    { "has the wrong binary format", wrong_format, "image.wrong-arch: exec format error" },
    { "must not run as root", must_not_be_root, "start.runasnonroot: runAsNonRoot with an image of root's" },
    { "fills its disk after {time}", fills_disk, "pod.evicted-storage; limited to 10Mi if no limit is given" },
    { "recovers", recovers, "the cause outside is gone, and what was tried is tried again at once: no back-off is waited out" },
    { "is fixed", fixed, "a new version is rolled out that works: nothing missing is needed, nothing special is asked for" },
    { "needs configmap {word}", needs_config_map, "all of it in the environment" },
    { "needs secret {word}", needs_secret, "all of it in the environment" },
    { "needs key {word} of configmap {word}", needs_config_map_key, "one key in the environment" },
    { "needs key {word} of secret {word}", needs_secret_key, "one key in the environment" },
    { "mounts configmap {word}", mounts_config_map, "as a volume" },
    { "mounts secret {word}", mounts_secret, "as a volume" },
    { "mounts claim {word}", mounts_claim, "as a volume" },
    { "env {pair}", environment, "a variable" },
    { "requests cpu {cpu}", requests_cpu, "" },
    { "requests memory {bytes}", requests_memory, "" },
    { "requests {word}", requests_extended, "one of an extended resource, say `example.com/gpu`" },
    { "limit cpu {cpu}", limit_cpu, "" },
    { "limit memory {bytes}", limit_memory, "" },
    { "limit disk {bytes}", limit_disk, "ephemeral storage" },
    { "runs on nodes with {pair}", wants_label, "nodeSelector" },
    { "must be near {pair}", wants_affinity, "required node affinity" },
    { "tolerates {word}", tolerates, "a taint by its key" },
    { "one on each node", spread, "required anti-affinity by host name" },
    { "bound to node {word}", on_node, "nodeName written by hand" },
    { "port {number}", port, "containerPort" },
    { "host port {number}", host_port, "" },
    { "service account {word}", account, "" },
    { "privileged", privileged, "for pod security" },
    { "stops within {time}", stops_within, "terminationGracePeriodSeconds" },
    { "readiness probe {word} port {number}", has_readiness, "passes unless it is told to fail" },
    { "liveness probe {word} port {number}", has_liveness, "the same" },
    { "readiness fails with status {number}", readiness_status, "probe.readiness-failing" },
    { "readiness fails after {time} with status {number}", readiness_status_after, "the same, later" },
    { "readiness asks port {number} but it listens on {number}", readiness_wrong_port, "probe.wrong-port" },
    { "liveness fails after {time} with status {number}", liveness_status_after, "probe.liveness-failing" },
    { "liveness hangs after {time}", liveness_hangs_after, "the same, by time-out" },
    { "liveness asks port {number} but it listens on {number}", liveness_wrong_port, "probe.wrong-port" },
    { "startup fails with status {number}", startup_status, "probe.startup-failing" },
    { "progress deadline {time}", progress_deadline, "of a Deployment (10m)" },
    { "is paused", paused, "the rollout of a Deployment" },
    { "backoff limit {number}", backoff_limit, "of a Job (6)" },
    { "deadline {time}", deadline, "of a Job: activeDeadlineSeconds" },
    { "every {time}", every, "of a CronJob (1m); divided by the speed like all durations" },
    { "is suspended", suspended, "a Job or CronJob" },
    { "is resumed", resumed, "" },
    { "is restarted", restarted, "a rollout with nothing new" },
    { "is deleted", deleted, "with its pods" },
};
/* clang-format on */

#define ROW(word, begin, help) { word, "NAMESPACE/NAME", begin, end, clauses, COUNT(clauses), help }
const struct subject_row workload_subjects[] = {
    ROW("deployment", begin_deployment,
        "Makes it, or changes it: what the pod template shows is rolled out as a new version, mere behaviour is taken up by the pods there are."),
    ROW("statefulset", begin_stateful_set, "takes the clauses of a deployment."),
    ROW("daemonset", begin_daemon_set, "takes the clauses of a deployment."),
    ROW("job", begin_job, "takes the clauses of a deployment; restart policy Never."),
    ROW("cronjob", begin_cron_job, "takes the clauses of a deployment; restart policy Never."),
    ROW("pod", begin_pod, "takes the clauses of a deployment; nobody makes it anew when it is gone."),
};
const size_t n_workload_subjects = COUNT(workload_subjects);
