#include <string.h>

#include "ctl/options.h"

/* The flags that the command takes, with spaces. */
static void add_flags(struct buf *out, const struct command *command)
{
    for (size_t i = 0; i < ctl_program.n_options; i++)
        if (commands_takes(command, ctl_program.options[i].name))
            buf_printf(out, " --%s", ctl_program.options[i].name);
    buf_str(out, " --help");
}

static void add_choices(struct buf *out)
{
    for (size_t i = 0; i < ctl_program.n_options; i++) {
        const struct conf_option *o = &ctl_program.options[i];
        if (!o->choices)
            continue;
        buf_printf(out, "    --%s%s) words='", o->name, str_eq(o->name, "output") ? "|-o" : "");
        for (const char *const *word = o->choices; *word; word++)
            buf_printf(out, "%s%s", word == o->choices ? "" : " ", *word);
        buf_str(out, "' ;;\n");
    }
}

int cmd_completion(struct ctl *c)
{
    AUTO_BUF struct buf out = { 0 };
    if (!str_eq(c->args[0], "bash")) {
        fprintf(stderr, "aetherctl: completion knows bash only\n");
        return EXIT_USAGE;
    }
    buf_str(&out, "# bash completion for aetherctl: source <(aetherctl completion bash)\n_aetherctl() {\n    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=''\n");
    buf_str(&out, "    case $before in\n");
    add_choices(&out);
    buf_str(&out, "    --kubeconfig|--bundle|--save|--config) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n    esac\n");
    buf_str(&out, "    if [ -z \"$words\" ] && [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='");
    for (size_t i = 0; i < commands_count; i++)
        buf_printf(&out, "%s%s", i ? " " : "", commands[i].name);
    buf_str(&out, "'\n    elif [ -z \"$words\" ]; then\n        case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < commands_count; i++) {
        buf_printf(&out, "        %s) words='%s", commands[i].name, str_or_empty(commands[i].words));
        add_flags(&out, &commands[i]);
        buf_str(&out, "' ;;\n");
    }
    buf_str(&out, "        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\ncomplete -F _aetherctl aetherctl\n");
    fputs(buf_text(&out), c->out);
    return EXIT_FINE;
}
