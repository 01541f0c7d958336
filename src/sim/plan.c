#include "sim/plan.h"
#include "sim/stamp.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

void plan_init(struct plan *p, const char *name)
{
    *p =
        (struct plan){ .n_containers = 1, .restart_policy = "Always", .grace_ms = 30000, .service_account = "default" };
    p->containers[0] = (struct plan_container){ .name = name, .image = PLAN_IMAGE, .pull_ms = 280, .after_ms = 0 };
}

void plan_write_cpu(struct json_w *w, const char *key, int64_t milli)
{
    char text[32];
    if (milli % 1000 == 0)
        snprintf(text, sizeof text, "%lld", (long long)(milli / 1000));
    else
        snprintf(text, sizeof text, "%lldm", (long long)milli);
    json_w_str(w, key, text);
}

void plan_write_bytes(struct json_w *w, const char *key, int64_t bytes)
{
    static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti" };
    char text[32];
    size_t unit = 0;
    while (unit + 1 < COUNT(units) && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, sizeof text, "%lld%s", (long long)bytes, units[unit]);
    json_w_str(w, key, text);
}

static void write_pairs(struct json_w *w, const char *key, const struct plan_pair *pairs, size_t count)
{
    if (count == 0)
        return;
    json_w_object(w, key);
    for (size_t i = 0; i < count; i++)
        json_w_str(w, pairs[i].name, pairs[i].value);
    json_w_end(w);
}

static const char *ref_member(const struct plan_ref *r)
{
    return r->of == REF_CONFIG_MAP ? "configMapKeyRef" : "secretKeyRef";
}

static void write_environment(struct json_w *w, const struct plan_container *c)
{
    bool all = false, some = c->n_env > 0;
    for (size_t i = 0; i < c->n_refs; i++) {
        all |= !c->refs[i].mounted && !c->refs[i].key;
        some |= !c->refs[i].mounted && c->refs[i].key;
    }
    if (all) {
        json_w_array(w, "envFrom");
        for (size_t i = 0; i < c->n_refs; i++) {
            const struct plan_ref *r = &c->refs[i];
            if (r->mounted || r->key)
                continue;
            json_w_object(w, NULL);
            json_w_object(w, r->of == REF_CONFIG_MAP ? "configMapRef" : "secretRef");
            json_w_str(w, "name", r->name);
            json_w_end(w);
            json_w_end(w);
        }
        json_w_end(w);
    }
    if (!some)
        return;
    json_w_array(w, "env");
    for (size_t i = 0; i < c->n_env; i++) {
        json_w_object(w, NULL);
        json_w_str(w, "name", c->env[i].name);
        json_w_str(w, "value", c->env[i].value);
        json_w_end(w);
    }
    for (size_t i = 0; i < c->n_refs; i++) {
        const struct plan_ref *r = &c->refs[i];
        if (r->mounted || !r->key)
            continue;
        json_w_object(w, NULL);
        json_w_str(w, "name", r->key);
        json_w_object(w, "valueFrom");
        json_w_object(w, ref_member(r));
        json_w_str(w, "name", r->name);
        json_w_str(w, "key", r->key);
        json_w_end(w);
        json_w_end(w);
        json_w_end(w);
    }
    json_w_end(w);
}

static void write_amounts(struct json_w *w, const char *key, int64_t cpu_m, int64_t memory, int64_t disk,
                          const char *extended)
{
    if (!cpu_m && !memory && !disk && !extended)
        return;
    json_w_object(w, key);
    if (cpu_m)
        plan_write_cpu(w, "cpu", cpu_m);
    if (disk)
        plan_write_bytes(w, "ephemeral-storage", disk);
    if (extended)
        json_w_str(w, extended, "1");
    if (memory)
        plan_write_bytes(w, "memory", memory);
    json_w_end(w);
}

/* What is limited and not asked for is asked for. */
void plan_write_requests(struct json_w *w, const char *key, const struct plan_container *c)
{
    write_amounts(w, key, c->cpu_request_m ? c->cpu_request_m : c->cpu_limit_m,
                  c->memory_request ? c->memory_request : c->memory_limit, c->disk_limit, c->extended);
}

void plan_write_resources(struct json_w *w, const struct plan_container *c)
{
    json_w_object(w, "resources");
    write_amounts(w, "limits", c->cpu_limit_m, c->memory_limit, c->disk_limit, c->extended);
    plan_write_requests(w, "requests", c);
    json_w_end(w);
}

static void write_probe(struct json_w *w, const char *key, const struct plan_probe *p)
{
    if (!p->used)
        return;
    json_w_object(w, key);
    json_w_object(w, "httpGet");
    json_w_str(w, "path", p->path);
    json_w_int(w, "port", p->port);
    json_w_str(w, "scheme", "HTTP");
    json_w_end(w);
    if (p->delay_ms > 0)
        json_w_int(w, "initialDelaySeconds", p->delay_ms / 1000);
    json_w_int(w, "timeoutSeconds", 1);
    json_w_int(w, "periodSeconds", (p->period_ms + 999) / 1000);
    json_w_int(w, "successThreshold", 1);
    json_w_int(w, "failureThreshold", p->failure_threshold);
    json_w_end(w);
}

static void write_words(struct json_w *w, const char *key, const char *text)
{
    if (!text)
        return;
    json_w_array(w, key);
    for (const char *word = text; *word;) {
        size_t size = strcspn(word, " ");
        json_w_strn(w, NULL, word, size);
        word += size + strspn(word + size, " ");
    }
    json_w_end(w);
}

static void write_mounts(struct json_w *w, const struct plan_container *c, const char *token)
{
    bool any = token;
    for (size_t i = 0; i < c->n_refs; i++)
        any |= c->refs[i].mounted;
    if (!any)
        return;
    json_w_array(w, "volumeMounts");
    for (size_t i = 0; i < c->n_refs; i++) {
        if (!c->refs[i].mounted)
            continue;
        AUTO_FREE char *path = str_printf("/mnt/%s", c->refs[i].name);
        json_w_object(w, NULL);
        json_w_str(w, "name", c->refs[i].name);
        json_w_str(w, "mountPath", path);
        json_w_end(w);
    }
    if (token) {
        json_w_object(w, NULL);
        json_w_str(w, "name", token);
        json_w_bool(w, "readOnly", true);
        json_w_str(w, "mountPath", "/var/run/secrets/kubernetes.io/serviceaccount");
        json_w_end(w);
    }
    json_w_end(w);
}

static void write_container_security(struct json_w *w, const struct plan *p, const struct plan_container *c)
{
    bool root = c->ending == ENDING_ROOT;
    if (!root && !p->privileged)
        return;
    json_w_object(w, "securityContext");
    if (p->privileged)
        json_w_bool(w, "privileged", true);
    if (root)
        json_w_bool(w, "runAsNonRoot", true);
    json_w_end(w);
}

static void write_container(struct json_w *w, const struct plan *p, const struct plan_container *c, const char *token)
{
    json_w_object(w, NULL);
    json_w_str(w, "name", c->name);
    json_w_str(w, "image", c->image);
    write_words(w, "command", c->command);
    write_words(w, "args", c->args);
    if (c->port || c->host_port) {
        json_w_array(w, "ports");
        json_w_object(w, NULL);
        if (c->host_port)
            json_w_int(w, "hostPort", c->host_port);
        json_w_int(w, "containerPort", c->port ? c->port : c->host_port);
        json_w_str(w, "protocol", "TCP");
        json_w_end(w);
        json_w_end(w);
    }
    write_environment(w, c);
    plan_write_resources(w, c);
    write_mounts(w, c, token);
    write_probe(w, "livenessProbe", &c->probes[PROBE_LIVENESS]);
    write_probe(w, "readinessProbe", &c->probes[PROBE_READINESS]);
    write_probe(w, "startupProbe", &c->probes[PROBE_STARTUP]);
    json_w_str(w, "terminationMessagePath", "/dev/termination-log");
    json_w_str(w, "terminationMessagePolicy", "File");
    json_w_str(w, "imagePullPolicy", c->pull == PULL_NEVER ? "Never" : "IfNotPresent");
    write_container_security(w, p, c);
    json_w_end(w);
}

static void write_volume(struct json_w *w, const struct plan_ref *r)
{
    static const char *const members[] = {
        [REF_CONFIG_MAP] = "configMap", [REF_SECRET] = "secret", [REF_CLAIM] = "persistentVolumeClaim"
    };
    static const char *const names[] = {
        [REF_CONFIG_MAP] = "name", [REF_SECRET] = "secretName", [REF_CLAIM] = "claimName"
    };
    json_w_object(w, NULL);
    json_w_str(w, "name", r->name);
    json_w_object(w, members[r->of]);
    json_w_str(w, names[r->of], r->name);
    if (r->of != REF_CLAIM) {
        if (r->key) {
            json_w_array(w, "items");
            json_w_object(w, NULL);
            json_w_str(w, "key", r->key);
            json_w_str(w, "path", r->key);
            json_w_end(w);
            json_w_end(w);
        }
        json_w_int(w, "defaultMode", 420);
    }
    json_w_end(w);
    json_w_end(w);
}

static const char token_sources[] = "[{\"serviceAccountToken\":{\"expirationSeconds\":3607,\"path\":\"token\"}},{"
                                    "\"configMap\":{\"name\":\"kube-root-ca.crt\","
                                    "\"items\":[{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}]}},{\"downwardAPI\":{"
                                    "\"items\":[{\"path\":\"namespace\",\"fieldRef\":"
                                    "{\"apiVersion\":\"v1\",\"fieldPath\":\"metadata.namespace\"}}]}}]";

static void write_volumes(struct json_w *w, const struct plan *p, const char *token)
{
    bool any = token;
    for (size_t i = 0; i < p->n_containers; i++)
        for (size_t k = 0; k < p->containers[i].n_refs; k++)
            any |= p->containers[i].refs[k].mounted;
    if (!any)
        return;
    json_w_array(w, "volumes");
    for (size_t i = 0; i < p->n_containers; i++)
        for (size_t k = 0; k < p->containers[i].n_refs; k++)
            if (p->containers[i].refs[k].mounted)
                write_volume(w, &p->containers[i].refs[k]);
    if (token) {
        json_w_object(w, NULL);
        json_w_str(w, "name", token);
        json_w_object(w, "projected");
        stamp_json(w, "sources", token_sources);
        json_w_int(w, "defaultMode", 420);
        json_w_end(w);
        json_w_end(w);
    }
    json_w_end(w);
}

static void write_node_affinity(struct json_w *w, const struct plan_pair *term)
{
    json_w_object(w, "nodeAffinity");
    json_w_object(w, "requiredDuringSchedulingIgnoredDuringExecution");
    json_w_array(w, "nodeSelectorTerms");
    json_w_object(w, NULL);
    json_w_array(w, "matchExpressions");
    json_w_object(w, NULL);
    json_w_str(w, "key", term->name);
    json_w_str(w, "operator", "In");
    json_w_array(w, "values");
    json_w_str(w, NULL, term->value);
    for (int i = 0; i < 6; i++)
        json_w_end(w);
    json_w_end(w);
}

static void write_anti_affinity(struct json_w *w, const char *app)
{
    json_w_object(w, "podAntiAffinity");
    json_w_array(w, "requiredDuringSchedulingIgnoredDuringExecution");
    json_w_object(w, NULL);
    json_w_object(w, "labelSelector");
    json_w_object(w, "matchLabels");
    json_w_str(w, "app", app);
    json_w_end(w);
    json_w_end(w);
    json_w_str(w, "topologyKey", "kubernetes.io/hostname");
    json_w_end(w);
    json_w_end(w);
    json_w_end(w);
}

static void write_affinity(struct json_w *w, const struct plan *p)
{
    if (!p->affinity.name && !p->spread)
        return;
    json_w_object(w, "affinity");
    if (p->affinity.name)
        write_node_affinity(w, &p->affinity);
    if (p->spread)
        write_anti_affinity(w, p->containers[0].name);
    json_w_end(w);
}

void plan_write_spec(struct json_w *w, const struct plan *p, const struct plan_place *place)
{
    const char *token = place ? place->token : NULL;
    write_volumes(w, p, token);
    if (p->n_inits > 0) {
        json_w_array(w, "initContainers");
        for (size_t i = 0; i < p->n_inits; i++)
            write_container(w, p, &p->inits[i], token);
        json_w_end(w);
    }
    json_w_array(w, "containers");
    for (size_t i = 0; i < p->n_containers; i++)
        write_container(w, p, &p->containers[i], token);
    json_w_end(w);
    json_w_str(w, "restartPolicy", p->restart_policy);
    json_w_int(w, "terminationGracePeriodSeconds", p->grace_ms / 1000);
    json_w_str(w, "dnsPolicy", "ClusterFirst");
    write_pairs(w, "nodeSelector", p->selector, p->n_selector);
    if (token || !str_eq(p->service_account, "default")) {
        json_w_str(w, "serviceAccountName", p->service_account);
        json_w_str(w, "serviceAccount", p->service_account);
    }
    json_w_str(w, "nodeName", place ? place->node : p->node);
    json_w_object(w, "securityContext");
    json_w_end(w);
    write_affinity(w, p);
    json_w_str(w, "schedulerName", "default-scheduler");
}

void plan_write_template(struct json_w *w, const char *key, const struct plan *p, const char *app, const char *hash,
                         const char *const *extra)
{
    json_w_object(w, key);
    json_w_object(w, "metadata");
    json_w_object(w, "labels");
    if (app)
        json_w_str(w, "app", app);
    for (size_t i = 0; i < p->n_labels; i++)
        json_w_str(w, p->labels[i].name, p->labels[i].value);
    json_w_str(w, "pod-template-hash", hash);
    for (size_t i = 0; extra && extra[i]; i += 2)
        json_w_str(w, extra[i], extra[i + 1]);
    json_w_end(w);
    if (p->note) {
        json_w_object(w, "annotations");
        json_w_str(w, "kubectl.kubernetes.io/restartedAt", p->note);
        json_w_end(w);
    }
    json_w_end(w);
    json_w_object(w, "spec");
    plan_write_spec(w, p, NULL);
    if (p->tolerates) {
        json_w_array(w, "tolerations");
        json_w_object(w, NULL);
        json_w_str(w, "key", p->tolerates);
        json_w_str(w, "operator", "Exists");
        json_w_end(w);
        json_w_end(w);
    }
    json_w_end(w);
    json_w_end(w);
}

int64_t plan_cpu_m(const struct plan *p)
{
    int64_t sum = 0;
    for (size_t i = 0; i < p->n_containers; i++)
        sum += p->containers[i].cpu_request_m ? p->containers[i].cpu_request_m : p->containers[i].cpu_limit_m;
    return sum;
}

int64_t plan_memory(const struct plan *p)
{
    int64_t sum = 0;
    for (size_t i = 0; i < p->n_containers; i++)
        sum += p->containers[i].memory_request ? p->containers[i].memory_request : p->containers[i].memory_limit;
    return sum;
}

const char *plan_extended(const struct plan *p)
{
    for (size_t i = 0; i < p->n_containers; i++)
        if (p->containers[i].extended)
            return p->containers[i].extended;
    return NULL;
}

/* What the log says tells most. */
static const struct saying {
    const char *part, *code;
} sayings[] = {
    { "is forbidden: User", "rbac.app-forbidden" },
    { "password authentication failed", "crash.dependency-auth" },
    { "certificate has expired", "crash.cert-expired" },
    { "address already in use", "crash.port-conflict" },
    { "connection refused", "crash.dependency-unreachable" },
    { "no such host", "crash.dependency-unreachable" },
    { "i/o timeout", "crash.dependency-unreachable" },
    { "environment variable", "crash.missing-env" },
};

static const struct exit_meaning {
    int exit_code;
    const char *code;
} exit_meanings[] = {
    { 0, "crash.exit0" },
    { 126, "start.permission-denied" },
    { 127, "start.command-missing" },
    { 139, "crash.segfault" },
};

static const char *const ending_codes[] = {
    [ENDING_OOM] = "crash.oom",
    [ENDING_NO_COMMAND] = "start.command-missing",
    [ENDING_NO_PERMISSION] = "start.permission-denied",
    [ENDING_WRONG_FORMAT] = "image.wrong-arch",
    [ENDING_ROOT] = "start.runasnonroot",
    [ENDING_FILLS_DISK] = "pod.evicted-storage",
};

const char *plan_failure_code(const struct plan_container *c, bool init)
{
    if (c->ending != ENDING_EXITS)
        return ending_codes[c->ending];
    if (init)
        return "crash.init-container";
    for (size_t i = 0; i < COUNT(exit_meanings); i++)
        if (exit_meanings[i].exit_code == c->exit_code)
            return exit_meanings[i].code;
    for (size_t i = 0; c->says && i < COUNT(sayings); i++)
        if (strstr(c->says, sayings[i].part))
            return sayings[i].code;
    return "crash.app-error";
}

bool plan_is_well(const struct plan_container *c)
{
    for (int i = 0; i < PROBE_COUNT; i++)
        if (c->probes[i].outcome != PROBE_PASSES)
            return false;
    return c->ending == ENDING_RUNS && c->pull == PULL_WORKS;
}
