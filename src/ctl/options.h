/* The options of aetherctl: one table for all commands, read by base/conf, so that each is also an environment variable and a line of the context file. */
#pragma once

#include "base/conf.h"
#include "ctl/commands.h"

extern const struct conf_program ctl_program;

/* The option's help for a reader of Chinese; its English one when there is none. */
const char *options_help_zh(const struct conf_option *option);

/* The command line in the order that base/conf reads: options first, wherever they stood, "-o" as --output; then "--" and the rest. */
struct options_line {
    char **argv;                          /* NULL-terminated */
    int argc;
    const struct command *command;        /* NULL: none was named */
    const char *given[64];                /* names of the options, as the table has them */
    int n_given;
    bool help;                            /* --help or -h */
};

/* -1 with *e: an unknown command, an option that the command does not take, too few or too many arguments. */
int options_arrange(int argc, char **argv, struct options_line *out, struct err *e) MUST_CHECK;
void options_line_fini(struct options_line *line);

/* ~/.config/aetherius/config ($XDG_CONFIG_HOME), or NULL when there is none; free() it. */
char *options_context_file(void);
