#include "base/conf.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "base/conf_file.h"
#include "base/conf_text.h"
#include "base/conf_value.h"
#include "base/log.h"
#include "base/metric.h"

/* conf_print gets the values alone, so where they came from is remembered here until conf_free.  Programs load at start, on one thread. */
static struct conf_source *sources;

/* One conf_load at work. */
struct load {
    const struct conf_program *program;
    void *values;
    struct conf_source *source;
    int argc;
    char **argv;
    const char **flags;     /* text given by flag, one for each option; NULL: not given */
    const char *path;       /* --config */
    bool check, print;
};

const struct conf_source *conf_source_of(const void *values)
{
    const struct conf_source *s = sources;
    while (s && s->values != values)
        s = s->next;
    return s;
}

static void forget_source(const void *values)
{
    for (struct conf_source **at = &sources; *at; at = &(*at)->next) {
        struct conf_source *s = *at;
        if (s->values != values)
            continue;
        *at = s->next;
        free(s->path);
        free(s->places);
        free(s);
        return;
    }
}

static struct conf_source *remember_source(const struct conf_program *program, const void *values)
{
    forget_source(values);
    struct conf_source *s = mem_alloc(sizeof *s);
    *s = (struct conf_source){ .values = values, .places = mem_alloc(program->n_options * sizeof *s->places + 1), .next = sources };
    memset(s->places, 0, program->n_options * sizeof *s->places);
    sources = s;
    return s;
}

void conf_free(const struct conf_program *program, void *values)
{
    for (size_t i = 0; i < program->n_options; i++)
        conf_value_free(&program->options[i], values);
    forget_source(values);
}

/* Index of the option, or n_options. */
static size_t find(const struct conf_program *program, const char *name)
{
    size_t i = 0;
    while (i < program->n_options && !str_eq(program->options[i].name, name))
        i++;
    return i;
}

static const char *nearest(const struct conf_program *program, const char *name)
{
    AUTO_FREE const char **names = mem_alloc((program->n_options + 1) * sizeof *names);
    for (size_t i = 0; i < program->n_options; i++)
        names[i] = program->options[i].name;
    return str_nearest(name, names, program->n_options);
}

static int set(struct load *l, size_t i, const char *text, struct conf_place place, struct err *e)
{
    if (conf_value_set(&l->program->options[i], l->values, text, e) != 0)
        return -1;
    l->source->places[i] = place;
    return 0;
}

static int on_file_entry(void *arg, const char *key, const char *value, int line, struct err *e)
{
    struct load *l = arg;
    size_t i = find(l->program, key);
    if (i == l->program->n_options) {
        AUTO_BUF struct buf quoted = { 0 };
        conf_value_quote(key, &quoted);
        const char *near = nearest(l->program, key);
        return err_set(e, ERR_INVALID, "unknown option %s%s%s%s", buf_text(&quoted), near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
    }
    if (l->source->places[i].line > 0)
        return err_set(e, ERR_INVALID, "%s is given twice (first in line %d)", key, l->source->places[i].line);
    if (set(l, i, value, (struct conf_place){ CONF_FROM_FILE, line }, e) != 0)
        return err_wrap(e, "%s", key);
    return 0;
}

static int load_defaults(struct load *l, struct err *e)
{
    for (size_t i = 0; i < l->program->n_options; i++) {
        const struct conf_option *o = &l->program->options[i];
        if (set(l, i, str_or_empty(o->fallback), (struct conf_place){ CONF_FROM_DEFAULT, 0 }, e) != 0) {
            err_wrap(e, "default of %s", o->name);
            if (e)
                e->kind = ERR_INTERNAL;    /* the table is wrong, not the user */
            return -1;
        }
    }
    return 0;
}

static int load_environment(struct load *l, struct err *e)
{
    for (size_t i = 0; i < l->program->n_options; i++) {
        AUTO_BUF struct buf name = { 0 };
        conf_text_environment(l->program->options[i].name, &name);
        const char *text = getenv(buf_text(&name));
        struct conf_place place = { CONF_FROM_ENVIRONMENT, l->source->places[i].line };
        if (text && set(l, i, text, place, e) != 0)
            return err_wrap(e, "environment %s", buf_text(&name));
    }
    return 0;
}

/* Kubernetes puts AETHERIUS_..._SERVICE_HOST and the like into every Pod beside a Service of that name, so these cannot be errors. */
static void tell_unknown_environment(const struct conf_program *program)
{
    for (char **at = environ; at && *at; at++) {
        const char *equals = strchr(*at, '=');
        if (!str_starts(*at, "AETHERIUS_") || !equals || str_starts(*at, "AETHERIUS_CONFIG="))
            continue;
        AUTO_FREE char *name = str_ndup(*at, (size_t)(equals - *at));
        bool known = false;
        for (size_t i = 0; i < program->n_options && !known; i++) {
            AUTO_BUF struct buf one = { 0 };
            conf_text_environment(program->options[i].name, &one);
            known = str_eq(buf_text(&one), name);
        }
        if (!known)
            log_debug("environment variable ignored", "name=%s", name);
    }
}

static int load_flags(struct load *l, struct err *e)
{
    for (size_t i = 0; i < l->program->n_options; i++) {
        struct conf_place place = { CONF_FROM_FLAG, l->source->places[i].line };
        if (!l->flags[i] || set(l, i, l->flags[i], place, e) == 0)
            continue;
        AUTO_BUF struct buf flag = { 0 };
        conf_text_flag(l->program->options[i].name, &flag);
        return err_wrap(e, "%s", buf_text(&flag));
    }
    return 0;
}

static int unknown_flag(const struct conf_program *program, const char *arg, const char *name, struct err *e)
{
    AUTO_BUF struct buf quoted = { 0 }, near_flag = { 0 };
    conf_value_quote(arg, &quoted);
    static const char *const builtin[] = { "config", "check_config", "print_config", "help", "version" };
    const char *near = nearest(program, name);
    if (!near)
        near = str_nearest(name, builtin, COUNT(builtin));
    if (near) {
        buf_str(&near_flag, " (did you mean ");
        conf_text_flag(near, &near_flag);
        buf_str(&near_flag, "?)");
    }
    return err_set(e, ERR_INVALID, "unknown option %s%s; see --help", buf_text(&quoted), buf_text(&near_flag));
}

/* "--heartbeat-interval=10s" to "heartbeat_interval"; *value is what stands behind "=", or NULL. */
static void split_flag(const char *arg, struct buf *name, const char **value)
{
    const char *c = arg + 2;
    for (; *c && *c != '='; c++)
        buf_char(name, *c == '-' ? '_' : *c);
    *value = *c ? c + 1 : NULL;
}

/* The flag's value when it is the next argument, which is then eaten. */
static int next_value(struct load *l, int *at, const char **value, struct err *e)
{
    const char *flag = l->argv[*at];
    const char *next = *at + 1 < l->argc ? l->argv[*at + 1] : NULL;
    if (!next || str_starts(next, "--"))
        return err_set(e, ERR_INVALID, "%.60s needs a value", flag);
    ++*at;
    *value = next;
    return 0;
}

static void print_help(struct load *l)
{
    AUTO_BUF struct buf help = { 0 };
    conf_text_help(l->program, &help);
    fputs(buf_text(&help), stdout);
}

static void print_version(struct load *l)
{
    printf("%s %s\n", l->program->name, AETHERIUS_VERSION);
}

static void print_docs(struct load *l)
{
    AUTO_BUF struct buf docs = { 0 };
    conf_print_docs(l->program, &docs);
    fputs(buf_text(&docs), stdout);
}

static void print_metrics(struct load *l)
{
    AUTO_BUF struct buf table = { 0 };
    metric_print_docs(&table);
    if (table.size > 0)
        printf("## %s\n\n%s", l->program->name, buf_text(&table));
}

static void want_check(struct load *l)
{
    l->check = true;
}

static void want_print(struct load *l)
{
    l->print = true;
}

/* Flags without a value that every program has. */
static const struct builtin {
    const char *name;
    void (*act)(struct load *l);
    enum conf_outcome outcome;
} builtins[] = {
    { "help", print_help, CONF_DONE },
    { "version", print_version, CONF_DONE },
    { "print_docs", print_docs, CONF_DONE },          /* these two for tools/programdocs.py alone, so --help is silent about them */
    { "print_metrics", print_metrics, CONF_DONE },
    { "check_config", want_check, CONF_RUN },
    { "print_config", want_print, CONF_RUN },
};

static const struct builtin *find_builtin(const char *name)
{
    for (size_t i = 0; i < COUNT(builtins); i++)
        if (str_eq(name, builtins[i].name))
            return &builtins[i];
    return NULL;
}

/* A value by itself, without a place to keep it in. */
static int check_value(const struct conf_option *option, const char *text, struct err *e)
{
    union {
        char *text;
        bool on;
        int choice;
        int64_t number;
    } room = { 0 };
    struct conf_option alone = *option;
    alone.offset = 0;
    conf_value_init(&alone, &room);
    int rc = conf_value_set(&alone, &room, text, e);
    conf_value_free(&alone, &room);
    return rc;
}

int conf_check_flag(const struct conf_program *program, const char *arg, struct err *e)
{
    AUTO_BUF struct buf name = { 0 };
    const char *value;
    if (!str_starts(arg, "--"))
        return unknown_flag(program, arg, arg + 1, e);
    split_flag(arg, &name, &value);
    size_t i = find(program, buf_text(&name));
    if (i == program->n_options)
        return str_eq(buf_text(&name), "config") || find_builtin(buf_text(&name)) ? 0 : unknown_flag(program, arg, buf_text(&name), e);
    const struct conf_option *option = &program->options[i];
    if (!value)
        return option->type == CONF_BOOL ? 0 : err_set(e, ERR_INVALID, "%.60s needs a value", arg);
    return check_value(option, value, e) ? err_wrap(e, "%.*s", (int)(value - 1 - arg), arg) : 0;
}

static bool is_switch_word(const char *arg)
{
    return arg && (str_eq(arg, "true") || str_eq(arg, "false"));
}

static int take_flag(struct load *l, int *at, struct err *e)
{
    const char *arg = l->argv[*at], *value;
    AUTO_BUF struct buf name = { 0 };
    split_flag(arg, &name, &value);
    const struct builtin *builtin = find_builtin(buf_text(&name));
    if (builtin && value)
        return err_set(e, ERR_INVALID, "%.*s takes no value", (int)(value - 1 - arg), arg);
    if (builtin) {
        builtin->act(l);
        return builtin->outcome;
    }

    bool path = str_eq(buf_text(&name), "config");
    size_t i = find(l->program, buf_text(&name));
    if (!path && i == l->program->n_options)
        return unknown_flag(l->program, arg, buf_text(&name), e);
    if (!value && !path && l->program->options[i].type == CONF_BOOL)
        value = *at + 1 < l->argc && is_switch_word(l->argv[*at + 1]) ? l->argv[++*at] : "true";
    if (!value && next_value(l, at, &value, e) != 0)
        return -1;
    *(path ? &l->path : &l->flags[i]) = value;
    return CONF_RUN;
}

static int take_arguments(struct load *l, int *rest, struct err *e)
{
    int at = 1;
    for (; at < l->argc; at++) {
        const char *arg = l->argv[at];
        if (str_eq(arg, "-h")) {
            print_help(l);
            return CONF_DONE;
        }
        if (str_eq(arg, "--")) {
            at++;
            break;
        }
        if (arg[0] != '-' || arg[1] == '\0')
            break;
        int rc = arg[1] == '-' ? take_flag(l, &at, e) : unknown_flag(l->program, arg, arg + 1, e);
        if (rc != CONF_RUN)
            return rc;
    }
    if (rest) {
        *rest = at < l->argc ? at : l->argc;
    } else if (at < l->argc) {
        AUTO_BUF struct buf quoted = { 0 };
        conf_value_quote(l->argv[at], &quoted);
        return err_set(e, ERR_INVALID, "unexpected argument %s; see --help", buf_text(&quoted));
    }
    return CONF_RUN;
}

static int load_all(struct load *l, int *rest, struct err *e)
{
    int rc = take_arguments(l, rest, e);
    if (rc != CONF_RUN)
        return rc;
    if (!l->path)
        l->path = str_or_empty(getenv("AETHERIUS_CONFIG"));
    if (load_defaults(l, e) != 0)
        return -1;
    if (*l->path) {
        l->source->path = str_dup(l->path);
        if (conf_file_read(l->path, on_file_entry, l, e) != 0)
            return -1;
    }
    if (load_environment(l, e) != 0 || load_flags(l, e) != 0)
        return -1;
    if (l->program->check && l->program->check(l->values, e) != 0)
        return -1;
    tell_unknown_environment(l->program);
    if (l->print)
        conf_print(l->program, l->values, stdout);
    else if (l->check)
        puts("ok");
    return l->print || l->check ? CONF_DONE : CONF_RUN;
}

int conf_load(const struct conf_program *program, void *values, int argc, char **argv, int *rest, struct err *e)
{
    for (size_t i = 0; i < program->n_options; i++)
        conf_value_init(&program->options[i], values);
    struct load l = { .program = program, .values = values, .argc = argc, .argv = argv, .source = remember_source(program, values) };
    AUTO_FREE const char **flags = mem_alloc((program->n_options + 1) * sizeof *flags);
    memset(flags, 0, (program->n_options + 1) * sizeof *flags);
    l.flags = flags;
    int rc = load_all(&l, rest, e);
    if (rc != CONF_RUN)
        conf_free(program, values);    /* whoever does not run has nothing to free */
    return rc;
}

/* The next piece between commas with the spaces around it taken off; NULL at the end. */
static char *next_piece(char **text)
{
    char *piece = strsep(text, ",");
    if (!piece)
        return NULL;
    piece += strspn(piece, " \t\r\n");
    size_t size = strlen(piece);
    while (size > 0 && strchr(" \t\r\n", piece[size - 1]))
        piece[--size] = '\0';
    return piece;
}

int conf_split(char *text, char **pieces, int max, struct err *e)
{
    int n = 0;
    for (char *piece; (piece = next_piece(&text));) {
        if (!*piece)
            continue;
        if (n == max)
            return err_set(e, ERR_TOO_LARGE, "more than %d entries", max);
        pieces[n++] = piece;
    }
    return n;
}
