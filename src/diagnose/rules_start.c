/* Containers that are put together but do not start: commands, rights, hooks; and the sandbox they would start in. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/exec_format.h"
#include "diagnose/extract.h"
#include "diagnose/revision.h"

struct start {
    struct run *r;
    const struct pod *p;
    const struct container *c;
    const char *message; /* the runtime's words                     */
    const struct event *event;
    const struct ended *end; /* how it ended, or NULL: it never began   */
};

static struct finding *found(struct start *s, const char *code, enum strength strength)
{
    struct finding *f = finding_of_pod(s->r, code, strength, s->p, s->c);
    f->since = s->event ? s->event->first : s->end ? s->end->finished : s->p->object->created;
    finding_set_message(s->r, f, s->message);
    finding_quote(s->r, f, s->p->object->id, s->message, s->end ? s->end->finished : 0);
    finding_quote_event(s->r, f, s->event);
    return f;
}

/* What the container was told to run: its command, else what the message quotes. */
static void set_command(struct start *s, struct finding *f)
{
    const char *quoted = extract_quoted(s->r->a, s->message, "exec: ");
    const char *command = json_str(json_at(s->c->spec, "command.0"));
    if (!command)
        command = json_str(json_at(s->c->spec, "args.0"));
    finding_set(f, "command", quoted ? quoted : command);
    AUTO_FREE char *spec = json_text(json_get(s->c->spec, "command"), NULL);
    if (spec)
        finding_quote(s->r, f, s->p->object->id, arena_printf(s->r->a, "\"command\":%.400s", spec), 0);
}

/* A volume mounted above the command hides what the image has there. */
static void name_what_hides_it(struct start *s, struct finding *f)
{
    const char *command = finding_value(f, "command");
    const json *mounts = json_get(s->c->spec, "volumeMounts");
    for (struct json_iter i = json_iter(json_is_array(mounts) ? mounts : NULL); command && json_next(&i);) {
        const char *at = json_get_str(i.value, "mountPath");
        size_t size = at ? strlen(at) : 0;
        if (size < 2 || !str_starts(command, at) || (command[size] != '/' && at[size - 1] != '/'))
            continue;
        finding_set(f, "volume", json_get_str(i.value, "name"));
        finding_set(f, "path", at);
        AUTO_FREE char *text = json_text(i.value, NULL);
        finding_quote(s->r, f, s->p->object->id, text, 0);
        return;
    }
}

static void command_missing(struct start *s)
{
    struct finding *f = found(s, "start.command-missing", STATED);
    set_command(s, f);
    name_what_hides_it(s, f);
}

static void permission_denied(struct start *s)
{
    struct finding *f = found(s, "start.permission-denied", STATED);
    set_command(s, f);
    int64_t user = json_int(json_at(s->c->spec, "securityContext.runAsUser"),
                            json_int(json_at(s->p->object->spec, "securityContext.runAsUser"), -1));
    if (user >= 0)
        finding_setf(s->r, f, "user", "%lld", (long long)user);
}

static void exec_format(struct start *s)
{
    const struct exec_format x = exec_format_judge(s->r, s->p, s->c, s->message);
    exec_format_tell(s->r, found(s, x.code, x.strength), &x);
}

static void oom(struct start *s)
{
    struct finding *f = found(s, "crash.oom", STATED);
    finding_set_zh(f, "message", "is OOMKilled", "被 OOMKilled");
    finding_set(f, "limit", json_str(json_at(s->c->spec, "resources.limits.memory")));
}

static void nonroot(struct start *s)
{
    found(s, "start.runasnonroot", STATED);
}

static void hook(struct start *s)
{
    found(s, "start.hook", STATED);
}

static void mount(struct start *s)
{
    struct finding *f = found(s, "volume.mount-failed", STATED);
    const char *path = extract_quoted(s->r->a, s->message, " to rootfs at ");
    finding_set(f, "volume", path ? path : extract_quoted(s->r->a, s->message, "mounting "));
}

static void other(struct start *s)
{
    found(s, "config.error", STATED);
}

/* The first row whose phrases both occur says what it is. */
static const struct {
    const char *phrase, *also;
    void (*find)(struct start *);
} by_text[] = {
    { "OOM-killed", "", oom },
    { "container init was OOM", "", oom },
    { "runAsNonRoot", "", nonroot },
    { "exec format error", "", exec_format },
    { "error mounting", "", mount },
    { "PostStartHook", "", hook },
    { "executable file not found", "", command_missing },
    { "exec:", "no such file or directory", command_missing },
    { "stat ", "no such file or directory", command_missing },
    { "no command specified", "", command_missing },
    { "exec:", "permission denied", permission_denied },
    { "exec:", "is a directory", permission_denied },
    { "chdir to cwd", "", other },
};

static bool fails_to_start(const char *reason)
{
    static const char *const reasons[] = { "RunContainerError",  "CreateContainerError", "StartError",
                                           "ContainerCannotRun", "PostStartHookError",   "PreCreateHookError",
                                           "PreStartHookError" };
    for (size_t i = 0; reason && i < COUNT(reasons); i++)
        if (strcmp(reason, reasons[i]) == 0)
            return true;
    return false;
}

/* A hook that fails kills the container again and again: the exit code then says nothing. */
static bool hook_fails(struct run *r, const struct pod *p, const struct container *c)
{
    const struct event *ev = facts_event(r->f, p->object->id, "FailedPostStartHook", c->name);
    if (!ev || c->ready || (c->running && c->running_since > ev->last))
        return false;
    struct start s = { .r = r, .p = p, .c = c, .message = ev->message, .event = ev, .end = container_end(c) };
    hook(&s);
    return true;
}

/* "exec /s/run: no such file or directory": the file was there when the runtime looked; what its first line asks for is not. */
static bool interpreter_missing(struct start *s)
{
    static const char said[] = ": no such file or directory";
    struct reason_line line;
    if (!s->end || s->end->exit_code != 255 || !rules_reason_line(s->r, s->p, s->c, &line) ||
        !str_starts(line.text, "exec /") || !str_ends(line.text, said))
        return false;
    size_t size = strlen(line.text) - strlen("exec ") - strlen(said);
    const char *file = arena_strndup(s->r->a, line.text + strlen("exec "), size);
    s->message = line.text;
    struct finding *f = found(s, "start.command-missing", INFERRED);
    finding_set_zh(f, "command", arena_printf(s->r->a, "the interpreter or loader of %s", file),
                   arena_printf(s->r->a, "%s 的解释器或加载器", file));
    finding_quote_log(s->r, f, line.log, line.text);
    finding_quote(s->r, f, s->p->object->id, "\"exitCode\":255", s->end->finished);
    return true;
}

/* Shells and runtimes that started and then did not find what to run: their exit codes. */
static bool by_exit_code(struct start *s)
{
    if (!s->end || (s->end->exit_code != 126 && s->end->exit_code != 127))
        return false;
    struct reason_line line;
    bool said = rules_reason_line(s->r, s->p, s->c, &line);
    s->message = said ? line.text : s->end->message;
    struct finding *f =
        found(s, s->end->exit_code == 127 ? "start.command-missing" : "start.permission-denied", INFERRED);
    set_command(s, f);
    finding_quote(s->r, f, s->p->object->id, arena_printf(s->r->a, "\"exitCode\":%lld", (long long)s->end->exit_code),
                  s->end->finished);
    if (!said)
        return true;
    finding_quote_log(s->r, f, line.log, line.text);
    /* "sh: 1: serverd: not found", "sh: /tmp/run: Permission denied" */
    const char *colon = strcasestr(line.text, s->end->exit_code == 127 ? ": not found" : ": permission denied");
    const char *from = colon;
    while (from && from > line.text && from[-1] != ' ' && from[-1] != ':')
        from--;
    if (colon && colon > from)
        finding_set(f, "command", arena_strndup(s->r->a, from, (size_t)(colon - from)));
    return true;
}

bool rules_start(struct run *r, const struct pod *p, const struct container *c)
{
    const struct ended *end = container_end(c);
    bool failed = fails_to_start(c->waiting) || (end && !c->running && fails_to_start(end->reason));
    if (hook_fails(r, p, c))
        return true;
    struct start s = { .r = r, .p = p, .c = c, .end = end };
    if (!failed)
        return !rules_has_recovered(r, c) && (by_exit_code(&s) || interpreter_missing(&s));
    s.event = facts_event(r->f, p->object->id, "Failed", c->name);
    s.message = fails_to_start(c->waiting) && *c->waiting_message ? c->waiting_message
                : end && *end->message                            ? end->message
                : s.event                                         ? s.event->message
                                                                  : "";
    for (size_t i = 0; i < COUNT(by_text); i++)
        if (strstr(s.message, by_text[i].phrase) && strstr(s.message, by_text[i].also)) {
            by_text[i].find(&s);
            return true;
        }
    other(&s);
    return true;
}

/* Sandboxes */

static bool node_starts_others(const struct run *r, const struct pod *p, int64_t since)
{
    for (size_t i = 0; i < r->n_pods; i++) {
        const struct pod *other = &r->pods[i];
        if (strcmp(other->node, p->node) != 0 || strcmp(other->workload, p->workload) == 0 || other->host_network)
            continue;
        for (size_t k = 0; k < other->n_containers; k++) {
            const struct container *c = &other->containers[k];
            if (other->object->created > since && (c->running || container_end(c)))
                return true;
        }
    }
    return false;
}

static void sandbox_finding(struct run *r, const struct pod *p, const struct event *ev, const char *code,
                            bool node_only)
{
    struct finding *f = finding_of_pod(r, code, STATED, p, NULL);
    finding_set_message(r, f, ev->message);
    f->since = ev->first;
    finding_quote_event(r, f, ev);
    finding_depends(f, *p->node ? facts_id(r->a, "node", "", p->node) : NULL);
    /* The template is not at fault: what must be looked at is the node, unless it starts other Pods meanwhile. */
    if (node_only && *p->node && !node_starts_others(r, p, ev->first))
        finding_blame(r, f, facts_id(r->a, "node", "", p->node));
    finding_set(f, "class", json_get_str(p->object->spec, "runtimeClassName"));
}

/* A limit so small that not even the sandbox's first process fits into it. */
static void sandbox_oom(struct run *r, const struct pod *p, const struct event *ev)
{
    const struct container *smallest = NULL;
    for (size_t i = 0; i < p->n_containers; i++)
        if (json_at(p->containers[i].spec, "resources.limits.memory"))
            smallest = smallest ? smallest : &p->containers[i];
    struct start s = { .r = r, .p = p, .c = smallest, .message = ev->message, .event = ev };
    if (smallest)
        oom(&s);
    else
        sandbox_finding(r, p, ev, "start.sandbox", true);
}

bool rules_sandbox(struct run *r, const struct pod *p)
{
    static const struct {
        const char *class_, *code;
        bool node_only;
    } codes[] = {
        { "runtimeclass", "start.runtimeclass", false },
        { "addresses-used-up", "start.cni", true },
        { "cni-missing", "start.cni", true },
        { "cni", "start.cni", true },
        { "pull", "start.sandbox", true },
        { "cgroup", "start.sandbox", true },
    };
    const struct event *ev = facts_event(r->f, p->object->id, "FailedCreatePodSandBox", NULL);
    const struct event *pulling = facts_event(r->f, p->object->id, "Pulling", NULL);
    if (!ev || strcmp(p->phase, "Pending") != 0 || (pulling && pulling->last >= ev->last))
        return false;
    for (size_t i = 0; i < p->n_containers; i++)
        if (p->containers[i].running || container_end(&p->containers[i]) ||
            (p->containers[i].waiting && strcmp(p->containers[i].waiting, "ContainerCreating") != 0 &&
             strcmp(p->containers[i].waiting, "PodInitializing") != 0))
            return false; /* it has its sandbox: that trouble is over */
    const char *class_ = str_or_empty(catalog_match("sandbox", ev->message));
    if (strstr(ev->message, "OOM-killed")) {
        sandbox_oom(r, p, ev);
        return true;
    }
    for (size_t i = 0; i < COUNT(codes); i++)
        if (strcmp(codes[i].class_, class_) == 0) {
            sandbox_finding(r, p, ev, codes[i].code, codes[i].node_only);
            return true;
        }
    sandbox_finding(r, p, ev, "start.sandbox", true);
    return true;
}
