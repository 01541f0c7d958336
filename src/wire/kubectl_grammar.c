#include "wire/kubectl_grammar.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "wire/command.h"

#define NAMESPACED true
#define CLUSTER    false

const struct kubectl_kind kubectl_kinds[] = {
    { "pod", "pods", "po", "", NAMESPACED },
    { "service", "services", "svc", "", NAMESPACED },
    { "endpoints", "endpoints", "ep", "", NAMESPACED },
    { "endpointslice", "endpointslices", "", "discovery.k8s.io", NAMESPACED },
    { "node", "nodes", "no", "", CLUSTER },
    { "namespace", "namespaces", "ns", "", CLUSTER },
    { "event", "events", "ev", "", NAMESPACED },
    { "configmap", "configmaps", "cm", "", NAMESPACED },
    { "serviceaccount", "serviceaccounts", "sa", "", NAMESPACED },
    { "persistentvolumeclaim", "persistentvolumeclaims", "pvc", "", NAMESPACED },
    { "persistentvolume", "persistentvolumes", "pv", "", CLUSTER },
    { "resourcequota", "resourcequotas", "quota", "", NAMESPACED },
    { "limitrange", "limitranges", "limits", "", NAMESPACED },
    { "deployment", "deployments", "deploy", "apps", NAMESPACED },
    { "replicaset", "replicasets", "rs", "apps", NAMESPACED },
    { "statefulset", "statefulsets", "sts", "apps", NAMESPACED },
    { "daemonset", "daemonsets", "ds", "apps", NAMESPACED },
    { "job", "jobs", "", "batch", NAMESPACED },
    { "cronjob", "cronjobs", "cj", "batch", NAMESPACED },
    { "horizontalpodautoscaler", "horizontalpodautoscalers", "hpa", "autoscaling", NAMESPACED },
    { "poddisruptionbudget", "poddisruptionbudgets", "pdb", "policy", NAMESPACED },
    { "ingress", "ingresses", "ing", "networking.k8s.io", NAMESPACED },
    { "networkpolicy", "networkpolicies", "netpol", "networking.k8s.io", NAMESPACED },
    { "storageclass", "storageclasses", "sc", "storage.k8s.io", CLUSTER },
};
const size_t kubectl_kinds_count = COUNT(kubectl_kinds);

static const char *const verbs[KUBECTL_VERBS] = {
    [KUBECTL_GET] = "get", [KUBECTL_DESCRIBE] = "describe", [KUBECTL_LOGS] = "logs", [KUBECTL_EVENTS] = "events", [KUBECTL_TOP] = "top",
    [KUBECTL_ROLLOUT] = "rollout",
};

/* --- values ------------------------------------------------------------------------------------------------------ */

typedef int (*take_value)(struct kubectl_command *c, const char *value, struct err *e);

static int take_namespace(struct kubectl_command *c, const char *value, struct err *e)
{
    c->namespace_ = value;
    return str_is_dns_label(value) ? 0 : err_set(e, ERR_INVALID, "a namespace is [a-z0-9-], at most 63 characters");
}

static int take_output(struct kubectl_command *c, const char *value, struct err *e)
{
    static const struct {
        const char *name;
        enum kubectl_output output;
    } outputs[] = { { "wide", KUBECTL_WIDE }, { "json", KUBECTL_JSON }, { "yaml", KUBECTL_YAML }, { "name", KUBECTL_NAME } };
    for (size_t i = 0; i < COUNT(outputs); i++) {
        if (str_eq(outputs[i].name, value)) {
            c->output = outputs[i].output;
            return 0;
        }
    }
    return err_set(e, ERR_INVALID, "output is wide, json, yaml or name; jsonpath, go-template and custom-columns are not there: take json");
}

static bool made_of(const char *text, const char *more)
{
    for (; *text; text++) {
        bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9');
        if (!letter && !strchr(more, *text))
            return false;
    }
    return true;
}

static int take_selector(struct kubectl_command *c, const char *value, struct err *e)
{
    c->selector = value;
    return *value && made_of(value, "-_./=!,() ") ? 0 : err_set(e, ERR_INVALID, "a selector is like app=web,tier!=cache or \"app in (web, api)\"");
}

static int take_field_selector(struct kubectl_command *c, const char *value, struct err *e)
{
    c->field_selector = value;
    return *value && made_of(value, "-_./=!,") ? 0 : err_set(e, ERR_INVALID, "a field selector is like status.phase=Pending");
}

static int take_container(struct kubectl_command *c, const char *value, struct err *e)
{
    c->container = value;
    return str_is_dns_label(value) ? 0 : err_set(e, ERR_INVALID, "a container's name is [a-z0-9-], at most 63 characters");
}

/* 1 to most, digits alone. */
static int take_number(const char *value, int64_t most, int64_t *out, struct err *e)
{
    size_t size = strlen(value);
    *out = size > 0 && size <= 9 && strspn(value, "0123456789") == size ? strtoll(value, NULL, 10) : 0;
    return *out >= 1 && *out <= most ? 0 : err_set(e, ERR_INVALID, "a number from 1 to %lld is expected", (long long)most);
}

static int take_tail(struct kubectl_command *c, const char *value, struct err *e)
{
    if (str_eq(value, "-1"))    /* kubectl's word for all: as many as there may be */
        return 0;
    return take_number(value, KUBECTL_TAIL_MAX, &c->tail, e);
}

static int take_limit_bytes(struct kubectl_command *c, const char *value, struct err *e)
{
    return take_number(value, WIRE_OUTPUT_MAX, &c->limit_bytes, e);
}

static int take_since(struct kubectl_command *c, const char *value, struct err *e)
{
    int64_t ms;
    if (clock_parse_duration(value, &ms) || ms < 1000 || ms > INT64_C(366) * 86400000)
        return err_set(e, ERR_INVALID, "since is a duration like 10m");
    c->since_s = ms / 1000;
    return 0;
}

static int take_types(struct kubectl_command *c, const char *value, struct err *e)
{
    static const char *const types[] = { "Normal", "Warning" };
    for (size_t i = 0; i < COUNT(types); i++)
        if (str_eq_nocase(types[i], value))
            c->type = types[i];
    return c->type ? 0 : err_set(e, ERR_INVALID, "types is Normal or Warning");
}

static int take_for(struct kubectl_command *c, const char *value, struct err *e);

/* --- flags ------------------------------------------------------------------------------------------------------- */

#define ON(verb) (1u << (verb))
#define AT(member) offsetof(struct kubectl_command, member)
#define LISTS    (ON(KUBECTL_GET) | ON(KUBECTL_DESCRIBE) | ON(KUBECTL_EVENTS) | ON(KUBECTL_TOP))

static const struct flag {
    const char *name;
    char letter;                  /* 0: none                                    */
    unsigned verbs;
    take_value take;              /* NULL: it has no value, and sets the bool at */
    size_t at;
} flags[] = {
    { "namespace", 'n', LISTS | ON(KUBECTL_LOGS) | ON(KUBECTL_ROLLOUT), take_namespace },
    { "all-namespaces", 'A', LISTS, NULL, AT(all_namespaces) },
    { "output", 'o', ON(KUBECTL_GET) | ON(KUBECTL_EVENTS), take_output },
    { "no-headers", 0, ON(KUBECTL_GET) | ON(KUBECTL_EVENTS) | ON(KUBECTL_TOP), NULL, AT(no_headers) },
    { "selector", 'l', ON(KUBECTL_GET) | ON(KUBECTL_DESCRIBE) | ON(KUBECTL_TOP), take_selector },
    { "field-selector", 0, ON(KUBECTL_GET), take_field_selector },
    { "container", 'c', ON(KUBECTL_LOGS), take_container },
    { "all-containers", 0, ON(KUBECTL_LOGS), NULL, AT(all_containers) },
    { "previous", 'p', ON(KUBECTL_LOGS), NULL, AT(previous) },
    { "timestamps", 0, ON(KUBECTL_LOGS), NULL, AT(timestamps) },
    { "tail", 0, ON(KUBECTL_LOGS), take_tail },
    { "since", 0, ON(KUBECTL_LOGS), take_since },
    { "limit-bytes", 0, ON(KUBECTL_LOGS), take_limit_bytes },
    { "for", 0, ON(KUBECTL_EVENTS), take_for },
    { "types", 0, ON(KUBECTL_EVENTS), take_types },
};

/* Flags that people know and that are not there, whatever the verb. */
static const struct absence {
    const char *names;            /* "--follow -f", with blanks around each */
    const char *why;
} absences[] = {
    { " --follow -f ", "a command ends: there is no follow, ask again" },
    { " --watch -w --watch-only ", "a command ends: there is no watch, ask again" },
    { " --server -s --kubeconfig --context --cluster --user --token --as --as-group --as-uid --certificate-authority --insecure-skip-tls-verify ", "the agent's own account at its own API server is the only one" },
    { " --sort-by --template --show-labels --show-kind --label-columns -L ", "what is shown is not shaped here: take -o json" },
};

struct parser {
    const char *const *args;
    size_t n_args, at;
    struct arena *arena;
    struct kubectl_command *command;
    bool given[COUNT(flags)];
    const char *words[2 * KUBECTL_NAMES_MAX];    /* what is no flag */
    size_t n_words;
};

static void name_flags(enum kubectl_verb verb, struct buf *out)
{
    for (size_t i = 0; i < COUNT(flags); i++)
        if (flags[i].verbs & ON(verb))
            buf_printf(out, "%s--%s", out->size ? " " : "", flags[i].name);
}

static const char *absence_of(const char *flag)
{
    char name[64];
    size_t size = strcspn(flag, "=");
    if (size + 3 > sizeof name)
        return NULL;
    name[0] = ' ';
    memcpy(name + 1, flag, size);
    memcpy(name + 1 + size, " ", 2);
    for (size_t i = 0; i < COUNT(absences); i++)
        if (strstr(absences[i].names, name))
            return absences[i].why;
    return NULL;
}

static int unknown_flag(const struct parser *p, struct err *e)
{
    const char *absence = absence_of(p->args[p->at]);
    struct buf AUTO_BUF allowed = { 0 }, shown = { 0 };
    name_flags(p->command->verb, &allowed);
    str_terminal(&shown, p->args[p->at], false);
    return err_set(e, ERR_INVALID, "%.60s is no flag of %s%s%s; allowed: %s", buf_text(&shown), verbs[p->command->verb], absence ? ": " : "", str_or_empty(absence), buf_text(&allowed));
}

/* Sets the row's value; the text behind the flag's own "=" or letter, or NULL when the next argument is it. */
static int take_flag(struct parser *p, size_t row, const char *attached, struct err *e)
{
    const struct flag *flag = &flags[row];
    if (!(flag->verbs & ON(p->command->verb)))
        return unknown_flag(p, e);
    if (p->given[row])
        return err_set(e, ERR_INVALID, "--%s is given twice", flag->name);
    p->given[row] = true;
    if (!flag->take) {
        if (attached && str_eq(attached, "false"))
            return 0;
        if (attached && !str_eq(attached, "true"))
            return err_set(e, ERR_INVALID, "--%s takes no value", flag->name);
        *(bool *)((char *)p->command + flag->at) = true;
        return 0;
    }
    const char *value = attached;
    if (!value) {
        if (p->at + 1 >= p->n_args)
            return err_set(e, ERR_INVALID, "--%s needs a value", flag->name);
        value = p->args[++p->at];
    }
    return flag->take(p->command, value, e) ? err_wrap(e, "--%s", flag->name) : 0;
}

static int take_long(struct parser *p, const char *text, struct err *e)
{
    size_t size = strcspn(text, "=");
    for (size_t i = 0; i < COUNT(flags); i++)
        if (strlen(flags[i].name) == size && strncmp(flags[i].name, text, size) == 0)
            return take_flag(p, i, text[size] ? text + size + 1 : NULL, e);
    return unknown_flag(p, e);
}

/* -n shop, -n=shop, -nshop. */
static int take_short(struct parser *p, const char *text, struct err *e)
{
    for (size_t i = 0; i < COUNT(flags); i++) {
        if (flags[i].letter != text[0])
            continue;
        const char *rest = text[1] == '=' ? text + 2 : text[1] ? text + 1 : NULL;
        if (!flags[i].take && text[1] && text[1] != '=')
            return unknown_flag(p, e);
        return take_flag(p, i, rest, e);
    }
    return unknown_flag(p, e);
}

static int take_argument(struct parser *p, struct err *e)
{
    const char *text = p->args[p->at];
    if (text[0] == '-' && text[1] == '-' && text[2])
        return take_long(p, text + 2, e);
    if (text[0] == '-' && text[1] && text[1] != '-')
        return take_short(p, text + 1, e);
    if (text[0] == '-')
        return unknown_flag(p, e);
    if (p->n_words == COUNT(p->words))
        return err_set(e, ERR_INVALID, "more than %zu names", COUNT(p->words));
    p->words[p->n_words++] = text;
    return 0;
}

/* --- kinds and names --------------------------------------------------------------------------------------------- */

static bool is_short(const struct kubectl_kind *kind, const char *name)
{
    return kind->shorts[0] && str_eq(kind->shorts, name);
}

static bool is_grouped(const struct kubectl_kind *kind, const char *name)
{
    size_t size = strlen(kind->plural);
    return kind->group[0] && strncmp(name, kind->plural, size) == 0 && name[size] == '.' && str_eq(name + size + 1, kind->group);
}

const struct kubectl_kind *kubectl_kind(const char *name)
{
    for (size_t i = 0; name && i < COUNT(kubectl_kinds); i++) {
        const struct kubectl_kind *kind = &kubectl_kinds[i];
        if (str_eq(kind->singular, name) || str_eq(kind->plural, name) || is_short(kind, name) || is_grouped(kind, name))
            return kind;
    }
    return NULL;
}

static int unknown_kind(const char *name, struct err *e)
{
    struct buf AUTO_BUF allowed = { 0 }, shown = { 0 };
    if (str_starts(name, "secret"))
        return err_set(e, ERR_INVALID, "secrets are never read");
    if (strchr(name, ','))
        return err_set(e, ERR_INVALID, "one kind at a time");
    for (size_t i = 0; i < COUNT(kubectl_kinds); i++)
        buf_printf(&allowed, "%s%s", i ? " " : "", kubectl_kinds[i].shorts[0] ? kubectl_kinds[i].shorts : kubectl_kinds[i].plural);
    str_terminal(&shown, name, false);
    return err_set(e, ERR_INVALID, "%.40s is no kind that may be read; allowed: %s", buf_text(&shown), buf_text(&allowed));
}

static int add_name(struct kubectl_command *c, const char *name, struct err *e)
{
    if (!str_is_dns_name(name))
        return err_set(e, ERR_INVALID, "a name of an object is [a-z0-9.-], at most 253 characters");
    if (c->n_names == KUBECTL_NAMES_MAX)
        return err_set(e, ERR_INVALID, "at most %d names at once", KUBECTL_NAMES_MAX);
    c->names[c->n_names++] = name;
    return 0;
}

static int set_kind(struct kubectl_command *c, const char *name, struct err *e)
{
    const struct kubectl_kind *kind = kubectl_kind(name);
    if (!kind)
        return unknown_kind(name, e);
    if (c->kind && c->kind != kind)
        return err_set(e, ERR_INVALID, "one kind at a time: %s or %s", c->kind->plural, kind->plural);
    c->kind = kind;
    return 0;
}

/* "pod/app-1234". */
static int take_reference(struct kubectl_command *c, const char *text, struct arena *a, struct err *e)
{
    const char *slash = strchr(text, '/');
    const char *kind = arena_strndup(a, text, (size_t)(slash - text));
    return set_kind(c, kind, e) || add_name(c, slash + 1, e) ? -1 : 0;
}

static int take_for(struct kubectl_command *c, const char *value, struct err *e)
{
    char kind[64];
    const char *slash = strchr(value, '/');
    if (!slash || (size_t)(slash - value) >= sizeof kind)
        return err_set(e, ERR_INVALID, "an object is like pod/app-1234");
    memcpy(kind, value, (size_t)(slash - value));
    kind[slash - value] = 0;
    return set_kind(c, kind, e) || add_name(c, slash + 1, e) ? -1 : 0;
}

/* get and describe: KIND, KIND NAME..., KIND/NAME... */
static int read_objects(struct parser *p, struct err *e)
{
    struct kubectl_command *c = p->command;
    if (p->n_words == 0)
        return err_set(e, ERR_INVALID, "%s needs a kind: %s pods", verbs[c->verb], verbs[c->verb]);
    bool references = strchr(p->words[0], '/') != NULL;
    if (!references && set_kind(c, p->words[0], e))
        return -1;
    for (size_t i = references ? 0 : 1; i < p->n_words; i++) {
        bool reference = strchr(p->words[i], '/') != NULL;
        if (reference != references)
            return err_set(e, ERR_INVALID, "write %s KIND NAME or %s KIND/NAME, not both", verbs[c->verb], verbs[c->verb]);
        if (reference ? take_reference(c, p->words[i], p->arena, e) : add_name(c, p->words[i], e))
            return -1;
    }
    return 0;
}

/* What has Pods whose logs can be read: a Pod, or one of a workload's. */
static bool has_logs(const struct kubectl_kind *kind)
{
    static const char *const singulars[] = { "pod", "deployment", "replicaset", "statefulset", "daemonset", "job", "service" };
    for (size_t i = 0; kind && i < COUNT(singulars); i++)
        if (str_eq(singulars[i], kind->singular))
            return true;
    return false;
}

/* logs: NAME, NAME CONTAINER, pod NAME, pod/NAME, deployment NAME, deployment/NAME. */
static int read_logs(struct parser *p, struct err *e)
{
    struct kubectl_command *c = p->command;
    const struct kubectl_kind *pods = &kubectl_kinds[0];
    size_t at = 0;
    if (p->n_words == 0)
        return err_set(e, ERR_INVALID, "logs needs a Pod: logs app-1234 -n shop");
    if (p->n_words >= 2 && has_logs(kubectl_kind(p->words[0])))
        c->kind = kubectl_kind(p->words[at++]);
    else if (!strchr(p->words[0], '/'))
        c->kind = pods;
    const char *pod = p->words[at++];
    if (strchr(pod, '/') ? take_reference(c, pod, p->arena, e) : add_name(c, pod, e))
        return -1;
    if (!has_logs(c->kind))
        return err_set(e, ERR_INVALID, "logs are those of a pod, deployment, replicaset, statefulset, daemonset, job or service");
    if (at < p->n_words && !c->container && take_container(c, p->words[at++], e))
        return -1;
    return at == p->n_words ? 0 : err_set(e, ERR_INVALID, "logs of one Pod at a time, with one container");
}

static int read_events(struct parser *p, struct err *e)
{
    return p->n_words == 0 ? 0 : err_set(e, ERR_INVALID, "events takes flags alone: events -n shop --for pod/app-1234");
}

static int read_top(struct parser *p, struct err *e)
{
    if (read_objects(p, e))
        return -1;
    if (p->command->n_names > 1)
        return err_set(e, ERR_INVALID, "top of one name at a time");
    if (str_eq(p->command->kind->singular, "pod") || str_eq(p->command->kind->singular, "node"))
        return 0;
    return err_set(e, ERR_INVALID, "top takes pods or nodes");
}

/* rollout: status KIND/NAME, status KIND NAME, history deployment/NAME. */
static int read_rollout(struct parser *p, struct err *e)
{
    static const char *const kinds[] = { "deployment", "statefulset", "daemonset" };
    struct kubectl_command *c = p->command;
    c->history = p->n_words > 0 && str_eq(p->words[0], "history");
    if (!c->history && !(p->n_words > 0 && str_eq(p->words[0], "status")))
        return err_set(e, ERR_INVALID, "rollout knows status and history, which change nothing: rollout status deployment/web");
    p->n_words--;
    memmove(p->words, p->words + 1, p->n_words * sizeof p->words[0]);
    if (read_objects(p, e))
        return -1;
    if (c->n_names != 1)
        return err_set(e, ERR_INVALID, "rollout of one object at a time: rollout status deployment/web");
    if (c->history && !str_eq(c->kind->singular, "deployment"))
        return err_set(e, ERR_INVALID, "rollout history is that of a deployment; the revisions of other kinds are not read");
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_eq(kinds[i], c->kind->singular))
            return 0;
    return err_set(e, ERR_INVALID, "rollout is that of a deployment, statefulset or daemonset");
}

static int (*const readers[KUBECTL_VERBS])(struct parser *p, struct err *e) = {
    [KUBECTL_GET] = read_objects, [KUBECTL_DESCRIBE] = read_objects, [KUBECTL_LOGS] = read_logs, [KUBECTL_EVENTS] = read_events, [KUBECTL_TOP] = read_top,
    [KUBECTL_ROLLOUT] = read_rollout,
};

/* --- the whole --------------------------------------------------------------------------------------------------- */

static int find_verb(const char *action, enum kubectl_verb *out, struct err *e)
{
    struct buf AUTO_BUF allowed = { 0 }, shown = { 0 };
    for (enum kubectl_verb v = 0; v < KUBECTL_VERBS; v++) {
        if (str_eq(verbs[v], action)) {
            *out = v;
            return 0;
        }
        buf_printf(&allowed, "%s%s", v ? " " : "", verbs[v]);
    }
    str_terminal(&shown, str_or_empty(action), false);
    return err_set(e, ERR_INVALID, "%.40s is no verb that is carried out; allowed: %s", buf_text(&shown), buf_text(&allowed));
}

static int check_arguments(const char *const *args, size_t n_args, struct err *e)
{
    if (n_args > WIRE_ARGS_MAX)
        return err_set(e, ERR_INVALID, "at most %d arguments", WIRE_ARGS_MAX);
    for (size_t i = 0; i < n_args; i++) {
        size_t size = strlen(args[i]);
        if (size == 0 || size > WIRE_ARG_MAX)
            return err_set(e, ERR_INVALID, "argument %zu must have 1 to %d bytes", i + 1, WIRE_ARG_MAX);
        for (const char *c = args[i]; *c; c++)
            if (*c < ' ' || *c > '~')
                return err_set(e, ERR_INVALID, "argument %zu has a character that no name or flag has", i + 1);
    }
    return 0;
}

/* What fits word by word and makes no sense together. */
static int check_sense(const struct kubectl_command *c, struct err *e)
{
    if (c->all_namespaces && (c->namespace_ || c->n_names > 0))
        return err_set(e, ERR_INVALID, "--all-namespaces goes neither with a namespace nor with a name");
    if (c->n_names > 0 && (c->selector || c->field_selector))
        return err_set(e, ERR_INVALID, "a name or a selector, not both");
    if (c->all_containers && c->container)
        return err_set(e, ERR_INVALID, "--all-containers or one container, not both");
    return 0;
}

int kubectl_parse(const char *action, const char *const *args, size_t n_args, struct arena *a, struct kubectl_command *out, struct err *e)
{
    *out = (struct kubectl_command){ .tail = -1 };
    struct parser p = { .args = args, .n_args = n_args, .arena = a, .command = out };
    if (find_verb(action, &out->verb, e) || check_arguments(args, n_args, e))
        return -1;
    for (p.at = 0; p.at < n_args; p.at++)
        if (take_argument(&p, e))
            return -1;
    return readers[out->verb](&p, e) || check_sense(out, e) ? -1 : 0;
}

void kubectl_help(struct buf *out)
{
    for (enum kubectl_verb v = 0; v < KUBECTL_VERBS; v++) {
        struct buf AUTO_BUF names = { 0 };
        name_flags(v, &names);
        buf_printf(out, "%s %s\n", verbs[v], buf_text(&names));
    }
    buf_str(out, "kinds:");
    for (size_t i = 0; i < COUNT(kubectl_kinds); i++)
        buf_printf(out, " %s", kubectl_kinds[i].plural);
    buf_char(out, '\n');
}
