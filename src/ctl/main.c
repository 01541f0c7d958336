/* aetherctl: arranges the command line, finds the command's row, runs it. */
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "ctl/api.h"
#include "ctl/options.h"

static bool says_chinese(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return str_starts(value, "zh");
    }
    return false;
}

static bool wants_colour(const struct ctl *c)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
    if (c->options.colour != COLOUR_AUTO)
        return c->options.colour == COLOUR_ALWAYS;
    return c->terminal && !(none && none[0]) && !str_eq(term, "dumb");
}

static int width_of_terminal(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* ---- help ---- */

static const char exits[] =
    "Exit codes: 0 fine; 1 it could not be done (central away, not found, refused); 2 diagnose and doctor: something is wrong; 64 wrong usage; 78 wrong configuration.\n"
    "Context file: ~/.config/aetherius/config, one \"name: value\" a line with the names of the options (server: https://central.example).\n";

static const char exits_zh[] =
    "退出码：0 正常；1 未能完成（central 不可达、找不到、被拒绝）；2 diagnose 和 doctor 发现了问题；64 用法错误；78 配置错误。\n"
    "上下文文件：~/.config/aetherius/config，每行一个 \"名称: 值\"，名称与选项相同（server: https://central.example）。\n";

static void help_commands(bool zh)
{
    printf("%s\n\n", zh ? "aetherctl：查看集群出了什么问题，以及为什么。" : "aetherctl asks central what is wrong in the clusters, and why.");
    printf("%s\n", zh ? "用法：aetherctl 命令 [选项]；aetherctl 命令 --help" : "Usage: aetherctl COMMAND [options]; aetherctl COMMAND --help");
    for (size_t i = 0; i < commands_count; i++) {
        AUTO_FREE char *left = str_printf("%s %s", commands[i].name, commands[i].arguments);
        printf("  %-34s %s\n", left, zh ? commands[i].help_zh : commands[i].help);
    }
    printf("\n%s", zh ? exits_zh : exits);
}

static void help_one(const struct command *command, bool zh)
{
    printf("aetherctl %s %s\n  %s\n\n", command->name, command->arguments, zh ? command->help_zh : command->help);
    for (size_t i = 0; i < ctl_program.n_options; i++) {
        const struct conf_option *o = &ctl_program.options[i];
        if (!commands_takes(command, o->name))
            continue;
        AUTO_BUF struct buf flag = { 0 };
        buf_printf(&flag, "--%s", o->name);
        for (const char *const *word = o->choices; word && *word; word++)
            buf_printf(&flag, "%s%s", word == o->choices ? " " : "|", *word);
        printf("  %-31s %s%s%s%s\n", buf_text(&flag), zh ? options_help_zh(o) : o->help, o->fallback[0] ? " (" : "", o->fallback, o->fallback[0] ? ")" : "");
    }
    printf("\n%s", zh ? exits_zh : exits);
}

/* --lang counts for help, too, though no option has been read yet. */
static bool help_in_chinese(const struct options_line *line)
{
    for (int i = 0; i < line->argc; i++)
        if (str_starts(line->argv[i], "--lang="))
            return str_eq(line->argv[i], "--lang=zh");
    return says_chinese();
}

static int help(const struct options_line *line)
{
    if (line->command)
        help_one(line->command, help_in_chinese(line));
    else
        help_commands(help_in_chinese(line));
    return EXIT_FINE;
}

/* ---- run ---- */

static int run(struct ctl *c, const struct options_line *line, int rest)
{
    c->args = line->argv + rest;
    c->n_args = line->argc - rest;
    c->zh = c->options.lang == LANG_AUTO ? says_chinese() : c->options.lang == LANG_ZH;
    c->terminal = isatty(STDOUT_FILENO) == 1;
    c->colour = wants_colour(c);
    c->columns = c->terminal ? width_of_terminal() : 0;
    c->out = stdout;
    c->loop = loop_new("aetherctl", 64);
    int code = line->command->run(c);
    api_close(c);
    loop_free(c->loop);
    /* The buffer may have been lost long before the end. */
    if ((fflush(c->out) != 0 || ferror(c->out)) && code == EXIT_FINE)
        code = EXIT_FAILED;
    return code;
}

static int usage(const struct err *e)
{
    fprintf(stderr, "aetherctl: %s\n", e->text);
    return EXIT_USAGE;
}

static int start(const struct options_line *line)
{
    struct err e;
    struct ctl c = { 0 };
    int rest, outcome = conf_load(&ctl_program, &c.options, line->argc, line->argv, &rest, &e);
    if (outcome < 0) {
        fprintf(stderr, "aetherctl: %s\n", e.text);
        return CONF_EXIT_CODE;
    }
    if (outcome == CONF_DONE)
        return EXIT_FINE;
    int code = EXIT_USAGE;
    if (line->command)
        code = run(&c, line, rest);
    else
        help_commands(says_chinese());
    conf_free(&ctl_program, &c.options);
    return code;
}

int main(int argc, char **argv)
{
    struct err e;
    struct options_line line;
    log_setup("aetherctl", LOG_WARN, LOG_TEXT);
    int code = options_arrange(argc, argv, &line, &e) ? usage(&e) : line.help ? help(&line) : start(&line);
    options_line_fini(&line);
    return code;
}
