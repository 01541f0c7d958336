/* The commands of aetherctl, one row each; --help, completion and the check of options are made from the rows. */
#pragma once

#include "ctl/ctl.h"

#define ARGS_ANY 1000

struct command {
    const char *name;
    const char *arguments;        /* for people: "ID", "CLUSTER -- VERB [ARG…]"                  */
    int args_min, args_max;
    const char *options;          /* its own ones beside those of every command, with spaces     */
    const char *help, *help_zh;   /* one sentence                                                */
    int (*run)(struct ctl *c);    /* returns an exit code                                        */
    const char *words;            /* its first argument may be one of these, with spaces; or NULL */
};

extern const struct command commands[];
extern const size_t commands_count;

const struct command *commands_find(const char *name);

/* True when the command takes the option: each takes those of every command. */
bool commands_takes(const struct command *command, const char *option);

/* The nearest name, or NULL. */
const char *commands_nearest(const char *name);

int cmd_clusters(struct ctl *c);
int cmd_cluster(struct ctl *c);
int cmd_incidents(struct ctl *c);
int cmd_incident(struct ctl *c);
int cmd_report(struct ctl *c);
int cmd_events(struct ctl *c);
int cmd_gaps(struct ctl *c);
int cmd_knowledge(struct ctl *c);
int cmd_command(struct ctl *c);
int cmd_diagnose(struct ctl *c);
int cmd_doctor(struct ctl *c);
int cmd_status(struct ctl *c);
int cmd_completion(struct ctl *c);
int cmd_version(struct ctl *c);
