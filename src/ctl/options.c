#include "ctl/options.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define AT(member) offsetof(struct ctl_options, member)

static const char *const outputs[] = { "table", "wide", "json", "yaml", NULL };
static const char *const colours[] = { "auto", "always", "never", NULL };
static const char *const langs[] = { "auto", "en", "zh", NULL };

static const struct conf_option options[] = {
    { "server", CONF_STRING, AT(server), "http://127.0.0.1:8090", .group = "Everywhere", .help = "Central's address." },
    { "output", CONF_CHOICE, AT(output), "table", .choices = outputs, .group = "Everywhere", .help = "Form of the answer; -o for short." },
    { "lang", CONF_CHOICE, AT(lang), "auto", .choices = langs, .group = "Everywhere", .help = "Language; auto asks LC_ALL, LC_MESSAGES and LANG." },
    { "colour", CONF_CHOICE, AT(colour), "auto", .choices = colours, .group = "Everywhere", .help = "Colours; auto: on a terminal without NO_COLOR." },
    { "timeout", CONF_DURATION, AT(timeout_ms), "30s", 100, 3600000, .group = "Everywhere", .help = "How long to wait for an answer." },

    { "watch", CONF_BOOL, AT(watch), "false", .group = "Lists", .help = "Goes on and shows what changes; -w for short." },
    { "limit", CONF_INT, AT(limit), "100", 1, 100000, .group = "Lists", .help = "Most rows." },
    { "cluster", CONF_STRING, AT(cluster), "", .group = "Lists", .help = "Of this cluster." },
    { "namespace", CONF_STRING, AT(namespace_), "", .group = "Lists", .help = "In this namespace; -n for short." },
    { "kind", CONF_STRING, AT(kind), "", .group = "Lists", .help = "About this kind of object." },
    { "name", CONF_STRING, AT(name), "", .group = "Lists", .help = "About the object of this name." },
    { "reason", CONF_STRING, AT(reason), "", .group = "Lists", .help = "With this reason; of a refusal: why." },
    { "severity", CONF_STRING, AT(severity), "", .group = "Lists", .help = "critical, high, medium, low or info; several with commas." },
    { "type", CONF_STRING, AT(type), "", .group = "Lists", .help = "k8s_event or k8s_state." },
    { "since", CONF_STRING, AT(since), "", .group = "Lists", .help = "A time, or how long ago: 2h." },
    { "until", CONF_STRING, AT(until), "", .group = "Lists", .help = "A time, or how long ago." },
    { "query", CONF_STRING, AT(query), "", .group = "Lists", .help = "With these words; -q for short." },
    { "state", CONF_STRING, AT(state), "", .group = "Lists", .help = "open or closed." },
    { "code", CONF_STRING, AT(code), "", .group = "Lists", .help = "With this cause, such as config.key-missing." },
    { "family", CONF_STRING, AT(family), "", .group = "Lists", .help = "With a cause of this family, such as config." },

    { "format", CONF_STRING, AT(format), "md", .group = "Report", .help = "md, html or json." },

    { "kubeconfig", CONF_PATH, AT(kubeconfig), "", .group = "Diagnosis", .help = "Looks at the cluster itself; without it KUBECONFIG, then ~/.kube/config." },
    { "context", CONF_STRING, AT(context), "", .group = "Diagnosis", .help = "Context of the kubeconfig; empty: its current one." },
    { "object", CONF_STRING, AT(object), "", .group = "Diagnosis", .help = "One object and what explains it: kind/namespace/name." },
    { "bundle", CONF_PATH, AT(bundle), "", .group = "Diagnosis", .help = "A saved evidence bundle instead of a cluster." },
    { "save", CONF_PATH, AT(save), "", .group = "Diagnosis", .help = "Also writes the evidence bundle to this file." },
};

static const struct {
    const char *name, *help;
} helps_zh[] = {
    { "server", "central 的地址。" },
    { "output", "输出格式，简写 -o。" },
    { "lang", "语言；auto 依次取 LC_ALL、LC_MESSAGES、LANG。" },
    { "colour", "颜色；auto：输出到终端且未设置 NO_COLOR 时启用。" },
    { "timeout", "最长等待应答的时间。" },
    { "watch", "持续显示变化，简写 -w。" },
    { "limit", "最多显示的行数。" },
    { "cluster", "只看该集群。" },
    { "namespace", "只看该 namespace，简写 -n。" },
    { "kind", "只看该类对象。" },
    { "name", "只看该名称的对象。" },
    { "reason", "只看该 reason；拒绝集群时为拒绝的理由。" },
    { "severity", "critical、high、medium、low 或 info，可用逗号分隔多个。" },
    { "type", "k8s_event 或 k8s_state。" },
    { "since", "起始时间，或距今多久：2h。" },
    { "until", "截止时间，或距今多久。" },
    { "query", "包含这些词，简写 -q。" },
    { "state", "open（未恢复）或 closed（已关闭）。" },
    { "code", "根因为该代码，例如 config.key-missing。" },
    { "family", "根因属于该类别，例如 config。" },
    { "format", "md、html 或 json。" },
    { "kubeconfig", "直接查看集群；不给时依次取 KUBECONFIG、~/.kube/config。" },
    { "context", "kubeconfig 中的 context；不给时用当前的。" },
    { "object", "只诊断一个对象：kind/namespace/name。" },
    { "bundle", "用保存的证据包代替集群。" },
    { "save", "同时把证据包写入该文件。" },
};

const char *options_help_zh(const struct conf_option *option)
{
    for (size_t i = 0; i < COUNT(helps_zh); i++)
        if (str_eq(helps_zh[i].name, option->name))
            return helps_zh[i].help;
    return option->help;
}

static int check(const void *values, struct err *e)
{
    const struct ctl_options *o = values;
    const char *host = strstr(o->server, "://") ? strstr(o->server, "://") + 3 : o->server;
    if (!*host || *host == '/')
        return err_set(e, ERR_INVALID, "server names no address; give one like http://127.0.0.1:8090");
    return 0;
}

const struct conf_program ctl_program = {
    .name = "aetherctl",
    .summary = "Asks central what is wrong in the clusters, and why.",
    .options = options,
    .n_options = COUNT(options),
    .usage = "COMMAND [options]",
    .check = check,
};

static const struct {
    char letter;
    const char *option;
} shorts[] = { { 'o', "output" }, { 'n', "namespace" }, { 'w', "watch" }, { 'q', "query" }, { 'h', "help" }, { 's', "server" } };

static const struct conf_option *option_of(const char *name)
{
    for (size_t i = 0; i < COUNT(options); i++)
        if (str_eq(options[i].name, name))
            return &options[i];
    return NULL;
}

/* "--kube-config=x" to "kube_config"; *value: what stands behind "=" or a short option's letter, or NULL. */
static char *name_of(const char *arg, const char **value)
{
    *value = NULL;
    if (arg[1] != '-') {
        for (size_t i = 0; i < COUNT(shorts); i++)
            if (shorts[i].letter == arg[1]) {
                *value = arg[2] == '=' ? arg + 3 : arg[2] ? arg + 2 : NULL;
                return str_dup(shorts[i].option);
            }
        return str_dup(arg + 1);
    }
    const char *equals = strchr(arg, '=');
    char *name = equals ? str_ndup(arg + 2, (size_t)(equals - arg - 2)) : str_dup(arg + 2);
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
    *value = equals ? equals + 1 : NULL;
    return name;
}

/* Where the pieces of a line go while it is read. */
struct sorting {
    struct options_line *out;
    char **options, **rest;
    int n_options, n_rest;
};

/* Takes the option at argv[*at] (and its value, when that is the next argument). */
static int take_option(struct sorting *s, int argc, char **argv, int *at, struct err *e)
{
    const char *value;
    AUTO_FREE char *name = name_of(argv[*at], &value);
    const struct conf_option *o = option_of(name);
    bool is_config = str_eq(name, "config");
    if (str_eq(name, "help")) {
        s->out->help = true;
        return 0;
    }
    if (!value && (is_config || (o && o->type != CONF_BOOL)) && *at + 1 < argc && !str_eq(argv[*at + 1], "--"))
        value = argv[++*at];
    if (s->out->n_given == COUNT(s->out->given))
        return err_set(e, ERR_INVALID, "more than %zu options", COUNT(s->out->given));
    if (o || is_config)    /* base/conf has some flags of its own */
        s->out->given[s->out->n_given++] = o ? o->name : "config";
    char *flag = !o && !is_config ? str_dup(argv[*at]) : value ? str_printf("--%s=%s", name, value) : str_printf("--%s", name);
    s->options[s->n_options++] = flag;
    return conf_check_flag(&ctl_program, flag, e);
}

static int check_arguments(const struct options_line *line, int n_rest, struct err *e)
{
    const struct command *command = line->command;
    if (!command || line->help)
        return 0;
    for (int i = 0; i < line->n_given; i++)
        if (!commands_takes(command, line->given[i]))
            return err_set(e, ERR_INVALID, "%s takes no --%s; see: aetherctl %s --help", command->name, line->given[i], command->name);
    if (n_rest < command->args_min)
        return err_set(e, ERR_INVALID, "%s wants %s; see: aetherctl %s --help", command->name, command->arguments, command->name);
    if (n_rest > command->args_max)
        return err_set(e, ERR_INVALID, "%s takes %s%s; see: aetherctl %s --help", command->name, command->args_max ? "only " : "no arguments", command->arguments, command->name);
    return 0;
}

static int find_command(struct options_line *line, const char *name, struct err *e)
{
    line->command = commands_find(name);
    if (line->command)
        return 0;
    AUTO_BUF struct buf shown = { 0 };
    str_terminal(&shown, name, false);
    const char *near = commands_nearest(name);
    return err_set(e, ERR_INVALID, "there is no command \"%.60s\"%s%s%s; see: aetherctl --help", buf_text(&shown), near ? " (did you mean " : "", str_or_empty(near), near ? "?)" : "");
}

/* The first word is the command, the others are its arguments. */
static int take_word(struct sorting *s, const char *word, struct err *e)
{
    if (!s->out->command)
        return find_command(s->out, word, e);
    s->rest[s->n_rest++] = str_dup(word);
    return 0;
}

static int sort(struct sorting *s, int argc, char **argv, struct err *e)
{
    bool options_over = false;
    for (int at = 1; at < argc; at++) {
        bool is_option = !options_over && argv[at][0] == '-' && argv[at][1];
        if (is_option && str_eq(argv[at], "--"))
            options_over = true;
        else if (is_option ? take_option(s, argc, argv, &at, e) : take_word(s, argv[at], e))
            return -1;
    }
    return check_arguments(s->out, s->n_rest, e);
}

/* argv[0], the options, "--", the rest. */
static void join(struct sorting *s, const char *program)
{
    char **argv = mem_alloc(sizeof *argv * (size_t)(s->n_options + s->n_rest + 3));
    int n = 0;
    argv[n++] = str_dup(program);
    for (int i = 0; i < s->n_options; i++)
        argv[n++] = s->options[i];
    argv[n++] = str_dup("--");
    for (int i = 0; i < s->n_rest; i++)
        argv[n++] = s->rest[i];
    argv[n] = NULL;
    s->out->argv = argv;
    s->out->argc = n;
}

/* The file is only looked for: what is wrong in it, base/conf says. */
static void add_context_file(struct sorting *s)
{
    for (int i = 0; i < s->out->n_given; i++)
        if (str_eq(s->out->given[i], "config"))
            return;
    AUTO_FREE char *path = getenv("AETHERIUS_CONFIG") ? NULL : options_context_file();
    if (path)
        s->options[s->n_options++] = str_printf("--config=%s", path);
}

int options_arrange(int argc, char **argv, struct options_line *out, struct err *e)
{
    *out = (struct options_line){ 0 };
    AUTO_FREE char **options_room = mem_alloc(sizeof(char *) * (size_t)(argc + 2));
    AUTO_FREE char **rest_room = mem_alloc(sizeof(char *) * (size_t)(argc + 1));
    struct sorting s = { .out = out, .options = options_room, .rest = rest_room };
    int rc = sort(&s, argc, argv, e);
    add_context_file(&s);
    join(&s, argv[0]);
    return rc;
}

void options_line_fini(struct options_line *line)
{
    for (int i = 0; line->argv && line->argv[i]; i++)
        free(line->argv[i]);
    free(line->argv);
}

char *options_context_file(void)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char *path = config && config[0] == '/' ? str_printf("%s/aetherius/config", config) : home ? str_printf("%s/.config/aetherius/config", home) : NULL;
    if (path && access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}
