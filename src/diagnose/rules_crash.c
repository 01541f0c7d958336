/* Containers that ended although they should run: why, from how they ended and from what they said last. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"
#include "diagnose/revision.h"

#define CALM_MIN_MS  60000        /* runs at least this long before an end is a matter of the past */
#define CALM_MAX_MS  (10 * 60000) /* the kubelet forgets its back-off after as long                */
#define LEAK_LIFE_MS (5 * 60000)  /* a container that was killed for memory after living so long fills up slowly */
#define NO_RESTARTS  2            /* exit code 0 this often is no accident                         */

bool rules_has_recovered(const struct run *r, const struct container *c)
{
    if (!c->running || !c->last.is || !c->running_since)
        return c->running && !c->last.is;
    int64_t life = c->last.started && c->last.finished > c->last.started ? c->last.finished - c->last.started : 0;
    int64_t calm = 2 * life > CALM_MIN_MS ? 2 * life : CALM_MIN_MS;
    return r->f->now - c->running_since > (calm < CALM_MAX_MS ? calm : CALM_MAX_MS);
}

struct crash {
    struct run *r;
    const struct pod *p;
    const struct container *c;
    const struct ended *end;
    struct reason_line line; /* text NULL: nothing was said */
};

static struct finding *found(struct crash *s, const char *code, enum strength strength)
{
    struct run *r = s->r;
    struct finding *f = finding_of_pod(r, code, strength, s->p, s->c);
    f->since = s->end->finished;
    finding_setf(r, f, "exit_code", "%lld", (long long)s->end->exit_code);
    finding_set(f, "line", s->line.text);
    /* Where nothing came with the log, the kubelet's copy of its end is what was read. */
    if (s->line.log)
        finding_quote_log(r, f, s->line.log, s->line.text);
    else
        finding_quote(r, f, s->p->object->id, s->line.text, s->end->finished);
    finding_quote(
        r, f, s->p->object->id,
        arena_printf(r->a, "\"exitCode\":%lld,\"reason\":\"%s\"", (long long)s->end->exit_code, s->end->reason),
        s->end->finished);
    finding_quote_event(r, f, facts_event(r->f, s->p->object->id, "BackOff", s->c->name));
    return f;
}

/* The program's log says it; one that is cut may have said more before. */
static struct finding *said(struct crash *s, const char *code)
{
    return found(s, code, INFERRED);
}

static struct finding *app_error(struct crash *s)
{
    struct finding *f = found(s, "crash.app-error", s->line.text && *s->line.class_ ? INFERRED : LIKELY);
    if (s->line.text)
        return f;
    f->doubted = true;
    const struct catalog_param params[] = { { "container", s->c->name } };
    note_add(s->r, NOTE_LOG_ABSENT, s->p->object->id, params, 1);
    return f;
}

static bool oom(struct crash *s)
{
    bool killed = strcmp(s->end->reason, "OOMKilled") == 0;
    if (!killed && strcmp(str_or_empty(s->line.class_), "memory") != 0)
        return false;
    struct finding *f = found(s, "crash.oom", killed ? STATED : INFERRED);
    const char *limit = json_str(json_at(s->c->spec, "resources.limits.memory"));
    finding_set(f, "limit", limit);
    if (limit)
        finding_quote(s->r, f, s->p->object->id, arena_printf(s->r->a, "\"memory\":\"%s\"", limit), 0);
    struct revision revision;
    if (revision_newest(s->r, s->p->workload, &revision) && revision_is_recent(s->r, &revision, s->end->finished))
        finding_set(f, "revision", revision.number);
    return true;
}

static void dependency(struct crash *s)
{
    struct host host;
    if (!extract_host(s->r->a, s->line.text, &host)) {
        app_error(s);
        return;
    }
    rules_name_target(s->r, said(s, "crash.dependency-unreachable"), s->p->object->namespace_, &host);
}

/* A name that does not exist is a mistake of whoever asks for it, unless no name can be resolved at all. */
static void name_resolution(struct crash *s)
{
    struct host host;
    if (!extract_host(s->r->a, s->line.text, &host)) {
        app_error(s);
        return;
    }
    struct finding *f = said(s, "dns.name-unknown");
    rules_name_target(s->r, f, s->p->object->namespace_, &host);
    finding_set(f, "host", host.name);
    finding_depends(f, "deployment/kube-system/coredns");
}

static void auth(struct crash *s)
{
    struct host host;
    struct finding *f = said(s, "crash.dependency-auth");
    if (extract_host(s->r->a, s->line.text, &host))
        rules_name_target(s->r, f, s->p->object->namespace_, &host);
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
    if (extract_host(s->r->a, s->line.text, &host))
        rules_name_target(s->r, f, s->p->object->namespace_, &host);
    const char *after = strstr(s->line.text, " is after ");
    finding_set(f, "until", after ? extract_word(s->r->a, after, " is after ", ",;") : NULL);
}

static void port_conflict(struct crash *s)
{
    struct finding *f = said(s, "crash.port-conflict");
    struct host host;
    const char *colon = strrchr(s->line.text, ':');
    /* "listen tcp :8080: bind: address already in use", "0.0.0.0:8080" */
    const char *from = strcasestr(s->line.text, "tcp ");
    const char *port = NULL;
    if (extract_host(s->r->a, s->line.text, &host) && *host.port)
        port = host.port;
    for (const char *at = from ? from : s->line.text; !port && at && (at = strchr(at, ':')); at++) {
        size_t digits = strspn(at + 1, "0123456789");
        if (digits >= 2 && digits <= 5)
            port = arena_strndup(s->r->a, at + 1, digits);
    }
    if (!port && colon && strspn(colon + 1, " 0123456789") > 1)
        port = extract_word(s->r->a, colon, ":", ",;)");
    if (!port)
        port = extract_word(s->r->a, s->line.text, "port ", ".,;:)");
    finding_set(f, "port", port);
    for (size_t i = 0; port && i < s->p->n_containers; i++) {
        const struct container *other = &s->p->containers[i];
        const json *ports = json_get(other->spec, "ports");
        for (struct json_iter k = json_iter(json_is_array(ports) ? ports : NULL); json_next(&k) && other != s->c;)
            if (strcmp(arena_printf(s->r->a, "%lld", (long long)json_get_int(k.value, "containerPort", 0)), port) ==
                0) {
                finding_set(f, "peer", other->name);
                finding_quote(s->r, f, s->p->object->id, arena_printf(s->r->a, "\"containerPort\":%s", port), 0);
            }
    }
}

static void missing_env(struct crash *s)
{
    const char *key = extract_setting(s->r->a, s->line.text);
    if (!key) {
        app_error(s);
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
        app_error(s);
}

/* The volume mounted at the longest path that holds this one; NULL: none. */
static const json *mount_of(const struct container *c, const char *path)
{
    const json *mounts = json_get(c->spec, "volumeMounts"), *best = NULL;
    size_t longest = 0;
    for (struct json_iter i = json_iter(json_is_array(mounts) ? mounts : NULL); json_next(&i);) {
        const char *at = json_get_str(i.value, "mountPath");
        size_t size = at ? strlen(at) : 0;
        if (size > longest && path && str_starts(path, at) &&
            (path[size] == '/' || path[size] == '\0' || at[size - 1] == '/')) {
            longest = size;
            best = i.value;
        }
    }
    return best;
}

static const char *claim_of(const struct pod *p, const char *volume)
{
    const json *volumes = json_get(p->object->spec, "volumes");
    for (struct json_iter i = json_iter(json_is_array(volumes) ? volumes : NULL); json_next(&i);)
        if (str_eq(json_get_str(i.value, "name"), volume)) {
            const char *claim = json_at_str(i.value, "persistentVolumeClaim.claimName");
            return facts_name_is_sound(claim) ? claim : NULL;
        }
    return NULL;
}

static int64_t user_of(const struct crash *s)
{
    return json_int(json_at(s->c->spec, "securityContext.runAsUser"),
                    json_int(json_at(s->p->object->spec, "securityContext.runAsUser"), -1));
}

static void permission(struct crash *s)
{
    const char *path = extract_path(s->r->a, s->line.text);
    const json *mount = mount_of(s->c, path);
    if (!mount) {
        app_error(s);
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
    const json *mount = mount_of(s->c, path);
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
    struct finding *f = said(s, "image.wrong-arch");
    const struct object *node = facts_find(s->r->f, "node", "", s->p->node);
    const char *arch = node ? json_at_str(node->status, "nodeInfo.architecture") : NULL;
    if (arch)
        finding_setf(s->r, f, "platform", "linux/%s", arch);
}

static void wrong_config(struct crash *s)
{
    struct finding *f = said(s, "app.wrong-config");
    const char *quoted = extract_quoted(s->r->a, s->line.text, NULL);
    const char *setting = extract_setting(s->r->a, s->line.text);
    finding_set(f, "setting", setting ? setting : quoted);
    if (!setting && !quoted)
        finding_set(f, "setting", "config");
}

/* Troubles of a server that its clients are told of. */
static void of_database(struct crash *s, const char *code)
{
    struct host host;
    struct finding *f = said(s, code);
    if (extract_host(s->r->a, s->line.text, &host))
        rules_name_target(s->r, f, s->p->object->namespace_, &host);
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

static void segfault(struct crash *s)
{
    found(s, "crash.segfault", s->end->exit_code == 139 ? SHOWN : INFERRED);
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
    { "segfault", segfault },
};

/* Ended by a probe: the kubelet stopped it, so neither exit code nor log says why. */
static bool was_killed_by_probe(const struct crash *s)
{
    struct events all = facts_events(s->r->f, s->p->object->id);
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        bool about = !*ev->container || strcmp(ev->container, s->c->name) == 0;
        if (about && strcmp(ev->reason, "Killing") == 0 && strstr(ev->message, "probe") && s->end->exit_code != 0 &&
            (s->end->exit_code == 137 || s->end->exit_code == 143 || s->end->finished <= ev->last + 2000))
            return true;
    }
    return false;
}

static bool exit_zero(struct crash *s)
{
    if (s->end->exit_code != 0)
        return false;
    if (s->p->restarts_always && s->c->restarts >= NO_RESTARTS)
        found(s, "crash.exit0", SHOWN);
    return true;
}

static void init_failed(struct crash *s)
{
    struct finding *f = found(s, "crash.init-container", s->line.text ? STATED : SHOWN);
    struct host host;
    if (s->line.text && extract_host(s->r->a, s->line.text, &host))
        rules_name_target(s->r, f, s->p->object->namespace_, &host);
}

static void rule_out(struct crash *s)
{
    const char *id = s->p->object->id;
    const struct catalog_param params[] = {
        { "container", s->c->name },
        { "exit_code", arena_printf(s->r->a, "%lld", (long long)s->end->exit_code) },
        { "message", s->end->reason },
    };
    if (strcmp(s->end->reason, "OOMKilled") != 0)
        note_add(s->r, NOTE_NOT_OOM, id, params, COUNT(params));
    note_add(s->r, NOTE_IMAGE_PULLED, id, params, 1);
    if (s->line.log && s->line.log->truncated)
        note_add(s->r, NOTE_LOG_CUT, id, params, 1);
}

/* Did it end and should not have, and is that no matter of the past? */
static bool is_crashing(const struct run *r, const struct pod *p, const struct container *c, const struct ended *end)
{
    if (!end || p->object->deleted || rules_has_recovered(r, c))
        return false;
    if (c->now.is && c->now.exit_code == 0)
        return p->restarts_always && !c->init;
    if (c->init && c->ready)
        return false;
    return end->exit_code != 0 || p->restarts_always;
}

bool rules_crash(struct run *r, const struct pod *p, const struct container *c)
{
    const struct ended *end = container_end(c);
    if (!is_crashing(r, p, c, end))
        return false;
    struct crash s = { .r = r, .p = p, .c = c, .end = end };
    if (!rules_reason_line(r, p, c, &s.line))
        s.line = (struct reason_line){ .class_ = "" };
    if (was_killed_by_probe(&s) && strcmp(end->reason, "OOMKilled") != 0)
        return false;
    if (exit_zero(&s))
        return true;
    rule_out(&s);
    if (oom(&s))
        return true;
    if (c->init) {
        init_failed(&s);
        return true;
    }
    if (end->exit_code == 139) {
        segfault(&s);
        return true;
    }
    for (size_t i = 0; s.line.text && i < COUNT(by_class); i++)
        if (strcmp(by_class[i].class_, s.line.class_) == 0) {
            by_class[i].find(&s);
            return true;
        }
    app_error(&s);
    return true;
}
