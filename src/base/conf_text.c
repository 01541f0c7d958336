#include "base/conf_text.h"

#include <string.h>

#include "base/conf_value.h"

#define WIDTH      100
#define COLUMN_MAX 42    /* longer flags get a line of their own */

void conf_text_environment(const char *name, struct buf *out)
{
    buf_str(out, "AETHERIUS_");
    for (; *name; name++)
        buf_char(out, *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name);
}

void conf_text_flag(const char *name, struct buf *out)
{
    buf_str(out, "--");
    for (; *name; name++)
        buf_char(out, *name == '_' ? '-' : *name);
}

static void pad(struct buf *out, size_t columns)
{
    while (columns-- > 0)
        buf_char(out, ' ');
}

/* Words of text from column on, wrapped at WIDTH and indented to indent. */
static void add_wrapped(struct buf *out, const char *text, size_t column, size_t indent)
{
    bool fresh = true;    /* nothing on this line yet */
    for (;;) {
        text += strspn(text, " \n");
        size_t size = strcspn(text, " \n");
        if (size == 0)
            break;
        AUTO_FREE char *word = str_ndup(text, size);
        size_t width = str_width(word);
        if (!fresh && column + 1 + width > WIDTH) {
            buf_char(out, '\n');
            pad(out, indent);
            column = indent;
            fresh = true;
        }
        if (!fresh) {
            buf_char(out, ' ');
            column++;
        }
        buf_str(out, word);
        column += width;
        fresh = false;
        text += size;
    }
    buf_char(out, '\n');
}

static void add_row(struct buf *out, const char *left, const char *text, size_t column)
{
    size_t width = 2 + str_width(left);
    buf_printf(out, "  %s", left);
    if (width + 2 > column) {
        buf_char(out, '\n');
        width = 0;
    }
    pad(out, column - width);
    add_wrapped(out, text, column, column);
}

static void add_flag(const struct conf_option *o, struct buf *out)
{
    conf_text_flag(o->name, out);
    size_t before = out->size;
    buf_char(out, ' ');
    conf_value_placeholder(o, out);
    if (out->size == before + 1)    /* a switch needs no value */
        out->data[--out->size] = '\0';
}

static void add_meaning(const struct conf_option *o, struct buf *out)
{
    AUTO_BUF struct buf bounds = { 0 };
    conf_value_bounds(o, &bounds);
    buf_str(out, o->help);
    const char *shown = o->type == CONF_BOOL && str_eq(o->fallback, "false") ? "" : str_or_empty(o->fallback);
    if (!*shown && bounds.size == 0)
        return;
    buf_str(out, " (");
    if (*shown)
        buf_printf(out, "default %s%s", shown, bounds.size ? "; " : "");
    buf_printf(out, "%s)", buf_text(&bounds));
}

static const struct { const char *flag, *meaning; } builtin[] = {
    { "--config FILE", "YAML file with \"name: value\" lines (environment AETHERIUS_CONFIG)." },
    { "--check-config", "Check the configuration, say ok or what is wrong, and exit." },
    { "--print-config", "Print every effective value and where it came from, and exit." },
    { "--help", "Print this and exit." },
    { "--version", "Print the version and exit." },
};

static size_t help_column(const struct conf_program *program)
{
    size_t widest = 0;
    for (size_t i = 0; i < program->n_options; i++) {
        AUTO_BUF struct buf left = { 0 };
        add_flag(&program->options[i], &left);
        size_t width = 2 + left.size + 2;
        if (width > widest && width <= COLUMN_MAX)
            widest = width;
    }
    size_t least = 2 + strlen("--check-config") + 2;
    return widest > least ? widest : least;
}

/* True when no option before i has its group, so that the groups keep the order of the table. */
static bool opens_group(const struct conf_program *program, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (str_eq(program->options[j].group, program->options[i].group))
            return false;
    return true;
}

static const char *group_name(const struct conf_option *o)
{
    return o->group ? o->group : "Options";
}

void conf_text_help(const struct conf_program *program, struct buf *out)
{
    size_t column = help_column(program);
    buf_printf(out, "Usage: %s %s\n\n", program->name, program->usage ? program->usage : "[options]");
    add_wrapped(out, program->summary, 0, 0);
    for (size_t i = 0; i < program->n_options; i++) {
        if (!opens_group(program, i))
            continue;
        buf_printf(out, "\n%s:\n", group_name(&program->options[i]));
        for (size_t j = i; j < program->n_options; j++) {
            const struct conf_option *o = &program->options[j];
            if (!str_eq(o->group, program->options[i].group))
                continue;
            AUTO_BUF struct buf left = { 0 }, meaning = { 0 };
            add_flag(o, &left);
            add_meaning(o, &meaning);
            add_row(out, buf_text(&left), buf_text(&meaning), column);
        }
    }
    buf_str(out, "\nGeneral:\n");
    for (size_t i = 0; i < COUNT(builtin); i++)
        add_row(out, builtin[i].flag, builtin[i].meaning, column);
    buf_char(out, '\n');
    add_wrapped(out, "An option is taken from its flag (--name value or --name=value), else from AETHERIUS_NAME in the environment, else from "
                     "\"name:\" in the file of --config, else it has its default.", 0, 0);
    if (program->epilogue)
        buf_printf(out, "\n%s%s", program->epilogue, str_ends(program->epilogue, "\n") ? "" : "\n");
}

/* Words that YAML readers take for something else than text. */
static bool is_reserved(const char *s)
{
    static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "y", "n", "null" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq_nocase(s, words[i]))
            return true;
    return false;
}

static bool is_plain(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return *s && (strchr(letters, *s) || *s == '/') && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == strlen(s) &&
           !is_reserved(s);
}

static void add_yaml_text(const char *s, struct buf *out)
{
    if (is_plain(s)) {
        buf_str(out, s);
        return;
    }
    buf_char(out, '"');
    for (size_t left = strlen(s), step; left > 0; s += step, left -= step) {
        uint32_t c;
        step = str_utf8_next(s, left, &c);
        if (c == STR_BAD)
            buf_str(out, "\\uFFFD");
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", (char)c);
        else if (c == '\n')
            buf_str(out, "\\n");
        else if (str_is_unseen(c) || c == 0xfffe || c == 0xffff)    /* YAML forbids the last two in the raw */
            buf_printf(out, "\\U%08X", c);
        else
            buf_add(out, s, step);
    }
    buf_char(out, '"');
}

static void add_place(const struct conf_source *source, const struct conf_option *o, const struct conf_place *place, struct buf *out)
{
    switch (place->origin) {
    case CONF_FROM_DEFAULT: buf_str(out, "default"); break;
    case CONF_FROM_FILE:
        str_terminal(out, source->path, false);
        buf_printf(out, ":%d", place->line);
        break;
    case CONF_FROM_ENVIRONMENT:
        buf_str(out, "environment ");
        conf_text_environment(o->name, out);
        break;
    case CONF_FROM_FLAG: conf_text_flag(o->name, out); break;
    }
}

static bool is_text(const struct conf_option *o)
{
    return o->type <= CONF_LISTEN || o->type == CONF_CHOICE;
}

void conf_print(const struct conf_program *program, const void *values, FILE *out)
{
    const struct conf_source *source = conf_source_of(values);
    for (size_t i = 0; i < program->n_options; i++) {
        const struct conf_option *o = &program->options[i];
        AUTO_BUF struct buf line = { 0 }, value = { 0 };
        conf_value_format(o, values, &value);
        buf_printf(&line, "%s: ", o->name);
        if (is_text(o))
            add_yaml_text(buf_text(&value), &line);
        else
            buf_str(&line, buf_text(&value));
        if (source) {
            buf_str(&line, "  # ");
            add_place(source, o, &source->places[i], &line);
        }
        fprintf(out, "%s\n", buf_text(&line));
    }
}

/* A cell of a Markdown table. */
static void add_cell(struct buf *out, const char *text)
{
    buf_char(out, ' ');
    for (; *text; text++) {
        if (*text == '|')
            buf_char(out, '\\');
        buf_char(out, *text == '\n' ? ' ' : *text);
    }
    buf_str(out, " |");
}

static void add_code_cell(struct buf *out, const char *text)
{
    AUTO_BUF struct buf code = { 0 };
    if (*text)
        buf_printf(&code, "`%s`", text);
    add_cell(out, buf_text(&code));
}

static void add_docs_row(struct buf *out, const struct conf_option *o)
{
    AUTO_BUF struct buf environment = { 0 }, type = { 0 };
    conf_text_environment(o->name, &environment);
    conf_value_type_name(o, &type);
    if (o->min != 0 || o->max != 0) {
        buf_str(&type, ", ");
        conf_value_bounds(o, &type);
    }
    buf_char(out, '|');
    add_code_cell(out, o->name);
    add_code_cell(out, buf_text(&environment));
    add_cell(out, buf_text(&type));
    add_code_cell(out, str_or_empty(o->fallback));
    add_cell(out, o->help);
    buf_char(out, '\n');
}

void conf_print_docs(const struct conf_program *program, struct buf *out)
{
    buf_printf(out, "## %s\n\n%s\n", program->name, program->summary);
    for (size_t i = 0; i < program->n_options; i++) {
        if (!opens_group(program, i))
            continue;
        buf_printf(out, "\n### %s\n\n| Option | Environment | Type | Default | Meaning |\n| --- | --- | --- | --- | --- |\n", group_name(&program->options[i]));
        for (size_t j = i; j < program->n_options; j++)
            if (str_eq(program->options[j].group, program->options[i].group))
                add_docs_row(out, &program->options[j]);
    }
}
