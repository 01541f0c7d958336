#include "diagnose/exec_format.h"

#include <string.h>

#include "base/str.h"

#define STEADY_MS 10000 /* what has run as long was no failed start */

static const char *machine_of(const struct run *r, const char *node)
{
    const struct object *o = facts_find(r->f, "node", "", node);
    return str_or_empty(o ? json_at_str(o->status, "nodeInfo.architecture") : NULL);
}

/* "exec /app/run: exec format error", 'exec: "/app/run": exec format error', else what the container is told to run. */
static const char *command_of(struct run *r, const struct container *c, const char *message)
{
    const char *quoted = extract_quoted(r->a, message, "exec: ");
    const char *at = strstr(message, "exec /"), *end = at ? strstr(at, ": exec format error") : NULL;
    if (quoted && *quoted)
        return quoted;
    if (end)
        return arena_strndup(r->a, at + strlen("exec "), (size_t)(end - at) - strlen("exec "));
    const char *command = json_str(json_at(c->spec, "command.0"));
    return command ? command : json_str(json_at(c->spec, "args.0"));
}

static bool is_same_image(const struct container *a, const struct container *b)
{
    const char *x = json_get_str(a->status, "imageID"), *y = json_get_str(b->status, "imageID");
    bool known = x && *x && y && *y;
    return *a->image && strcmp(a->image, b->image) == 0 && (!known || strcmp(x, y) == 0);
}

static bool has_run(const struct run *r, const struct container *c)
{
    bool done = c->now.is && c->now.exit_code == 0;
    return done || (c->running && c->running_since && r->f->now - c->running_since > STEADY_MS);
}

/* A container of the same image that runs: on this kind of processor, or only on another. */
static const struct pod *runs_elsewhere(struct run *r, const struct pod *p, const struct container *c,
                                        bool *same_machine)
{
    const char *machine = machine_of(r, p->node);
    const struct pod *other_kind = NULL;
    *same_machine = false;
    for (size_t i = 0; i < r->n_pods; i++) {
        const struct pod *q = &r->pods[i];
        for (size_t k = 0; k < q->n_containers; k++) {
            const struct container *d = &q->containers[k];
            if (d == c || !*q->node || !is_same_image(c, d) || !has_run(r, d))
                continue;
            const char *there = machine_of(r, q->node);
            if (strcmp(q->node, p->node) == 0 || (*machine && strcmp(machine, there) == 0)) {
                *same_machine = true;
                return q;
            }
            if (*machine && *there)
                other_kind = q;
        }
    }
    return other_kind;
}

/* A file of a ConfigMap or Secret is text: a program for a processor is none. */
static const json *text_volume(const struct pod *p, const struct container *c, const char *command)
{
    const json *volume = command ? pod_volume(p, json_get_str(container_mount(c, command), "name")) : NULL;
    return json_get(volume, "configMap") || json_get(volume, "secret") ? volume : NULL;
}

struct exec_format exec_format_judge(struct run *r, const struct pod *p, const struct container *c, const char *message)
{
    struct exec_format x = { .code = "image.wrong-arch", .strength = LIKELY, .undecided = true };
    const struct object *node = facts_find(r->f, "node", "", p->node);
    const char *os = node ? json_at_str(node->status, "nodeInfo.operatingSystem") : NULL,
               *machine = machine_of(r, p->node);
    bool same_machine;
    x.command = command_of(r, c, message);
    x.platform = *machine ? arena_printf(r->a, "%s/%s", os ? os : "linux", machine) : "the processor of its node";
    x.platform_zh = *machine ? NULL : "所在节点的 CPU 架构";
    const struct pod *runs = runs_elsewhere(r, p, c, &same_machine);
    const json *text = text_volume(p, c, x.command);
    if (runs && same_machine) {
        x.code = "start.no-interpreter";
        x.strength = SHOWN;
        x.undecided = false;
        x.source = runs->object->id;
        x.quote = arena_printf(r->a, "\"image\":\"%.300s\"", c->image);
    } else if (runs) {
        x.strength = STATED;
        x.undecided = false;
        x.source = facts_id(r->a, "node", "", runs->node);
        x.quote = arena_printf(r->a, "\"architecture\":\"%.40s\"", machine_of(r, runs->node));
    } else if (text) {
        AUTO_FREE char *volume = json_text(text, NULL);
        x.code = "start.no-interpreter";
        x.source = p->object->id;
        x.quote = arena_strdup(r->a, volume);
    }
    return x;
}

void exec_format_tell(struct run *r, struct finding *f, const struct exec_format *x)
{
    bool script = strcmp(x->code, "start.no-interpreter") == 0;
    if (!script || x->undecided)
        finding_set_zh(f, "platform", x->platform, x->platform_zh);
    if (script || x->undecided)
        finding_set(f, "command", x->command);
    if (script && !x->command)
        finding_set_zh(f, "command", "its entrypoint", "镜像的入口程序");
    if (x->source)
        finding_quote(r, f, x->source, x->quote, 0);
}
