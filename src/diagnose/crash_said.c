/* What a program said before it ended, by the class of the line: whom it could not reach, what it was refused, what it lacks. */
#include "diagnose/crash.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/endpoints.h"
#include "diagnose/exec_format.h"
#include "diagnose/netpol.h"

/* The program's own log says it. */
static struct finding *said(struct crash *s, const char *code)
{
    return crash_found(s, code, s->rivals ? LIKELY : INFERRED);
}

/* Connections */

/* The variable of the container whose value names that host, or NULL. */
static const char *setting_with(const struct container *c, const char *host)
{
    const json *env = json_get(c->spec, "env");
    for (struct json_iter i = json_iter(json_is_array(env) ? env : NULL); json_next(&i);) {
        const char *value = json_get_str(i.value, "value");
        if (value && strcasestr(value, host))
            return json_get_str(i.value, "name");
    }
    return NULL;
}

bool crash_host(struct crash *s, struct host *out)
{
    if (extract_host(s->r->a, s->line.text, out))
        return true;
    size_t n = 0;
    const json *env = json_get(s->c->spec, "env");
    for (struct json_iter i = json_iter(json_is_array(env) ? env : NULL); json_next(&i);) {
        const char *value = json_get_str(i.value, "value");
        struct host host;
        if (value && extract_host(s->r->a, value, &host)) {
            *out = host;
            n++;
        }
    }
    return n == 1;
}

static void name_setting(struct crash *s, struct finding *f, const char *key)
{
    finding_set(f, "key", key);
    finding_quote(s->r, f, s->p->object->id, arena_printf(s->r->a, "\"name\":\"%.120s\"", key), 0);
}

static bool offers(const struct object *service, const char *port)
{
    const json *ports = json_get(service->spec, "ports");
    for (struct json_iter i = json_iter(json_is_array(ports) ? ports : NULL); json_next(&i);)
        if (json_get_int(i.value, "port", 0) == strtol(port, NULL, 10))
            return true;
    return json_count(ports) == 0;
}

/* The Service that is written most like the one with this id, which is not there. */
static const char *near_service(struct run *r, const char *id)
{
    const char *name = id + strlen("service/"), *slash = strchr(name, '/');
    return facts_nearest(r->f, "service", arena_strndup(r->a, name, (size_t)(slash - name)), slash + 1);
}

/* The address comes from a setting of the workload, and it is that setting which is wrong: the Service has another port or name. */
static bool wrong_upstream(struct crash *s, const struct host *host)
{
    enum presence presence;
    const char *id = rules_service_of(s->r, s->p->object->namespace_, host, &presence);
    const char *key = setting_with(s->c, host->name);
    const struct object *service = facts_get(s->r->f, id);
    if (!id || !key)
        return false;
    const char *near = presence == ABSENT ? near_service(s->r, id) : NULL;
    bool other_port = service && *host->port && !offers(service, host->port);
    if (!other_port && !near)
        return false;
    struct finding *f = said(s, "app.wrong-upstream");
    rules_name_target(s->r, f, s->p->object->namespace_, host);
    name_setting(s, f, key);
    return true;
}

static bool blocked(struct crash *s, const struct host *host)
{
    enum presence presence;
    const char *id = rules_service_of(s->r, s->p->object->namespace_, host, &presence);
    const struct object *service = facts_get(s->r->f, id);
    if (id && !service)
        return false;
    const struct object *policy = netpol_blocking(s->r, s->p, service, host->port);
    if (!policy)
        return false;
    struct finding *f = crash_found(s, "netpol.blocking", INFERRED);
    finding_set(f, "host", extract_host_text(s->r->a, host));
    finding_set(f, "policy", policy->name);
    finding_set(f, "port", host->port);
    finding_blame(s->r, f, policy->id);
    AUTO_FREE char *spec = json_text(policy->spec, NULL);
    finding_quote(s->r, f, policy->id, spec, 0);
    return true;
}

static void dependency(struct crash *s)
{
    struct host host;
    if (!crash_host(s, &host)) {
        crash_app_error(s);
        return;
    }
    bool silent = strcmp(s->line.class_, "refused") != 0;
    if ((silent && blocked(s, &host)) || wrong_upstream(s, &host))
        return;
    rules_name_target(s->r, said(s, "crash.dependency-unreachable"), s->p->object->namespace_, &host);
}

/* Names */

static bool is_temporary(const char *line)
{
    return strstr(line, "Temporary failure") || strstr(line, "EAI_AGAIN") || strstr(line, "i/o timeout") ||
           strstr(line, "server misbehaving") || strstr(line, "SERVFAIL") || strstr(line, ":53: read ") ||
           strstr(line, ":53: dial ");
}

/* The name is right and is not resolved all the same: the Pod asks another server, may not ask, or the server does not answer. */
static void resolver(struct crash *s)
{
    const char *policy = json_get_str(s->p->object->spec, "dnsPolicy");
    const struct object *blocker = netpol_blocking_dns(s->r, s->p);
    if (str_eq(policy, "None") || str_eq(policy, "Default")) {
        struct finding *f = said(s, "dns.pod-config");
        finding_set(f, "value", policy);
        finding_set(f, "host", json_str(json_at(s->p->object->spec, "dnsConfig.nameservers.0")));
        finding_set(f, "expected", s->p->host_network ? "ClusterFirstWithHostNet" : "ClusterFirst");
        finding_quote(s->r, f, s->p->object->id, arena_printf(s->r->a, "\"dnsPolicy\":\"%s\"", policy), 0);
    } else if (blocker) {
        struct finding *f = said(s, "netpol.blocking");
        finding_set(f, "host", "kube-dns");
        finding_set(f, "policy", blocker->name);
        finding_set(f, "port", "53");
        finding_blame(s->r, f, blocker->id);
        AUTO_FREE char *spec = json_text(blocker->spec, NULL);
        finding_quote(s->r, f, blocker->id, spec, 0);
    } else {
        const struct object *dns = facts_find(s->r->f, "service", "kube-system", "kube-dns");
        struct finding *f = crash_found(s, "dns.coredns", LIKELY);
        f->doubted = dns && endpoints_ready(s->r, dns) > 0; /* it looks well from outside */
        finding_blame(s->r, f, "deployment/kube-system/coredns");
        finding_set(f, "message", s->line.text);
        finding_set(f, "namespace", "kube-system");
    }
}

static void unknown_name(struct crash *s, const struct host *host)
{
    struct finding *f = said(s, "dns.name-unknown");
    rules_name_target(s->r, f, s->p->object->namespace_, host);
    finding_set(f, "host", host->name);
    finding_depends(f, "deployment/kube-system/coredns");
    const char *key = setting_with(s->c, host->name);
    if (key)
        name_setting(s, f, key);
}

static void name_resolution(struct crash *s)
{
    struct host host;
    enum presence presence;
    if (!crash_host(s, &host)) {
        crash_app_error(s);
        return;
    }
    const char *id = rules_service_of(s->r, s->p->object->namespace_, &host, &presence);
    if (presence == PRESENT || (presence != ABSENT && is_temporary(s->line.text))) {
        resolver(s);
    } else if (id && !near_service(s->r, id)) {
        /* A Service of the cluster that is not there: not the name is wrong, what it names is missing. */
        struct finding *f = said(s, "crash.dependency-unreachable");
        rules_name_target(s->r, f, s->p->object->namespace_, &host);
        finding_depends(f, "deployment/kube-system/coredns");
    } else if (!wrong_upstream(s, &host)) {
        unknown_name(s, &host);
    }
}

/* Refusals and the rest */

static void auth(struct crash *s)
{
    struct host host;
    struct finding *f = said(s, "crash.dependency-auth");
    if (crash_host(s, &host))
        finding_set(f, "host", extract_host_text(s->r->a, &host)); /* it answers, so it is there */
    else
        finding_set_zh(f, "host", "the service it logs in to", "其登录的服务");
    const char *user = extract_quoted(s->r->a, s->line.text, "user ");
    finding_set(f, "user", user ? user : extract_word(s->r->a, s->line.text, "for user '", "'@"));
    /* Secrets that the container takes its settings from: one of them holds what is refused. */
    const json *env = json_get(s->c->spec, "env");
    for (struct json_iter i = json_iter(json_is_array(env) ? env : NULL); json_next(&i);) {
        AUTO_FREE char *ref = json_text(json_at(i.value, "valueFrom.secretKeyRef"), NULL);
        if (ref)
            finding_quote(s->r, f, s->p->object->id,
                          arena_printf(s->r->a, "\"name\":\"%.80s\",\"valueFrom\":{\"secretKeyRef\":%.300s",
                                       str_or_empty(json_get_str(i.value, "name")), ref),
                          0);
    }
}

static void expired(struct crash *s)
{
    struct host host;
    struct finding *f = said(s, "crash.cert-expired");
    if (crash_host(s, &host))
        rules_name_target(s->r, f, s->p->object->namespace_, &host);
    const char *after = strstr(s->line.text, " is after ");
    finding_set(f, "until", after ? extract_word(s->r->a, after, " is after ", ",;") : NULL);
}

/* The port that a program says in its log that it listens on, or NULL. */
static const char *listening_port(struct arena *a, const struct log *log)
{
    const char *port = NULL;
    for (struct line line = { 0 }; !port && extract_line(&line, log->text);)
        port = extract_listening(a, extract_trimmed(a, line.text, line.size, QUOTE_MAX));
    return port;
}

/* Does the container's own specification or log say that it serves that port?  The evidence is quoted. */
static bool serves(struct crash *s, struct finding *f, const struct container *c, const char *port)
{
    static const char *const fields[] = { "ports", "args", "command", "env" };
    const struct log *log = facts_log(s->r->f, s->p->object->id, c->name, false);
    for (struct line line = { 0 }; log && extract_line(&line, log->text);) {
        const char *text = extract_trimmed(s->r->a, line.text, line.size, QUOTE_MAX);
        if (str_eq(extract_listening(s->r->a, text), port)) {
            finding_quote_log(s->r, f, log, text);
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(fields); i++) {
        AUTO_FREE char *text = json_text(json_get(c->spec, fields[i]), NULL);
        const char *at = text ? strstr(text, port) : NULL;
        bool whole = at && at > text && !strchr("0123456789", at[-1]) && !strchr("0123456789", at[strlen(port)]);
        if (whole) {
            finding_quote(s->r, f, s->p->object->id, arena_printf(s->r->a, "\"%s\":%.300s", fields[i], text), 0);
            return true;
        }
    }
    return false;
}

/* The line does not say which port: the one that another container of the Pod says it listens on, if there is only one such. */
static const char *port_taken(struct crash *s)
{
    const char *port = NULL;
    size_t n = 0;
    for (size_t i = 0; i < s->p->n_containers; i++) {
        const struct container *other = &s->p->containers[i];
        if (other == s->c || (other->init && !other->sidecar))
            continue;
        const struct log *log = facts_log(s->r->f, s->p->object->id, other->name, false);
        const char *here = log ? listening_port(s->r->a, log) : NULL;
        int64_t declared = json_int(json_at(json_get(other->spec, "ports"), "0.containerPort"), 0);
        if (!here && declared > 0)
            here = arena_printf(s->r->a, "%lld", (long long)declared);
        port = here ? here : port;
        n += here != NULL;
    }
    return n == 1 ? port : NULL;
}

static void port_conflict(struct crash *s)
{
    struct finding *f = said(s, "crash.port-conflict");
    const char *port = extract_port(s->r->a, s->line.text);
    if (!port)
        port = port_taken(s);
    finding_set(f, "port", port);
    for (size_t i = 0; port && i < s->p->n_containers; i++) {
        const struct container *other = &s->p->containers[i];
        if (other != s->c && (!other->init || other->sidecar) && serves(s, f, other, port)) {
            finding_set(f, "peer", other->name);
            return;
        }
    }
}

static void missing_env(struct crash *s)
{
    const char *key = extract_setting(s->r->a, s->line.text);
    if (!key) {
        crash_app_error(s);
        return;
    }
    struct finding *f = said(s, "crash.missing-env");
    finding_set(f, "key", key);
    /* Set all the same: then its value is what the program does not like. */
    const json *env = json_get(s->c->spec, "env");
    for (struct json_iter i = json_iter(json_is_array(env) ? env : NULL); json_next(&i);)
        f->doubted |= str_eq(json_get_str(i.value, "name"), key) && *str_or_empty(json_get_str(i.value, "value"));
}

static void forbidden(struct crash *s)
{
    if (!rules_forbidden(s->r, s->p, s->c, &s->line))
        crash_app_error(s);
}

static const char *claim_of(const struct pod *p, const char *volume)
{
    const char *claim = json_at_str(pod_volume(p, volume), "persistentVolumeClaim.claimName");
    return facts_name_is_sound(claim) ? claim : NULL;
}

static int64_t user_of(const struct crash *s)
{
    return json_int(json_at(s->c->spec, "securityContext.runAsUser"),
                    json_int(json_at(s->p->object->spec, "securityContext.runAsUser"), -1));
}

static void permission(struct crash *s)
{
    const char *path = extract_path(s->r->a, s->line.text);
    const json *mount = container_mount(s->c, path);
    if (!mount) {
        crash_app_error(s);
        return;
    }
    struct finding *f = said(s, "volume.permission");
    finding_set(f, "path", path);
    if (user_of(s) >= 0)
        finding_setf(s->r, f, "user", "%lld", (long long)user_of(s));
    AUTO_FREE char *text = json_text(mount, NULL);
    finding_quote(s->r, f, s->p->object->id, text, 0);
}

static void readonly_fs(struct crash *s)
{
    struct finding *f = said(s, "start.readonly-fs");
    const char *path = extract_path(s->r->a, s->line.text);
    finding_set(f, "path", path ? path : "/");
    if (json_bool(json_at(s->c->spec, "securityContext.readOnlyRootFilesystem"), false))
        finding_quote(s->r, f, s->p->object->id, "\"readOnlyRootFilesystem\":true", 0);
}

static void disk_full(struct crash *s)
{
    struct finding *f = said(s, "volume.full");
    const char *path = extract_path(s->r->a, s->line.text);
    const json *mount = container_mount(s->c, path);
    if (!mount && json_count(json_get(s->c->spec, "volumeMounts")) == 1 && !path)
        mount = json_at(s->c->spec, "volumeMounts.0");
    const char *volume = json_get_str(mount, "name");
    finding_set(f, "volume", volume ? volume : path ? path : "/");
    const char *claim = volume ? claim_of(s->p, volume) : NULL;
    if (!claim)
        return;
    finding_blame(s->r, f, facts_id(s->r->a, "persistentvolumeclaim", s->p->object->namespace_, claim));
    finding_setf(s->r, f, "claim", "%s/%s", s->p->object->namespace_, claim);
    finding_set(f, "ref_name", claim);
}

static void exec_format(struct crash *s)
{
    const struct exec_format x = exec_format_judge(s->r, s->p, s->c, s->line.text);
    exec_format_tell(s->r, crash_found(s, x.code, s->rivals ? LIKELY : x.strength), &x);
}

static void wrong_config(struct crash *s)
{
    struct finding *f = said(s, "app.wrong-config");
    const char *quoted = extract_quoted(s->r->a, s->line.text, NULL);
    const char *setting = extract_setting(s->r->a, s->line.text);
    finding_set(f, "setting", setting ? setting : quoted);
    const char *path = extract_path(s->r->a, s->line.text);
    if (!setting && !quoted)
        finding_set(f, "setting", path ? path : "config");
    const json *volume = path ? pod_volume(s->p, json_get_str(container_mount(s->c, path), "name")) : NULL;
    const char *map = json_at_str(volume, "configMap.name"), *secret = json_at_str(volume, "secret.secretName");
    if (!facts_name_is_sound(map ? map : secret))
        return;
    finding_set_ref(s->r, f, map ? "configmap" : "secret", s->p->object->namespace_, map ? map : secret);
    AUTO_FREE char *text = json_text(volume, NULL);
    finding_quote(s->r, f, s->p->object->id, text, 0);
}

/* Troubles of a server that its clients are told of. */
static void of_database(struct crash *s, const char *code)
{
    struct host host;
    if (!crash_host(s, &host)) {
        crash_app_error(s);
        return;
    }
    enum presence presence;
    const char *id = rules_service_of(s->r, s->p->object->namespace_, &host, &presence);
    struct finding *f = said(s, code);
    rules_name_target(s->r, f, s->p->object->namespace_, &host);
    if (presence == PRESENT && str_starts(code, "db."))
        finding_blame(s->r, f, id);
}

static void connections(struct crash *s)
{
    of_database(s, "db.connections-exhausted");
}

static void read_only_db(struct crash *s)
{
    of_database(s, "db.read-only");
}

static void pool(struct crash *s)
{
    of_database(s, "app.pool-exhausted");
}

static void rate_limited(struct crash *s)
{
    of_database(s, "app.rate-limited");
}

static const struct {
    const char *class_;
    void (*find)(struct crash *);
} by_class[] = {
    { "refused", dependency },
    { "unroutable", dependency },
    { "timeout", dependency },
    { "name-resolution", name_resolution },
    { "auth", auth },
    { "tls-expired", expired },
    { "port-in-use", port_conflict },
    { "missing-setting", missing_env },
    { "forbidden", forbidden },
    { "permission-denied", permission },
    { "read-only-fs", readonly_fs },
    { "disk-full", disk_full },
    { "exec-format", exec_format },
    { "bad-setting", wrong_config },
    { "connections-exhausted", connections },
    { "read-only-db", read_only_db },
    { "pool-exhausted", pool },
    { "rate-limited", rate_limited },
};

bool crash_said(struct crash *s)
{
    if (s->line.text && rules_token_absent(s->r, s->p, s->c, &s->line))
        return true;
    for (size_t i = 0; s->line.text && i < COUNT(by_class); i++)
        if (strcmp(by_class[i].class_, s->line.class_) == 0) {
            by_class[i].find(s);
            return true;
        }
    return false;
}
