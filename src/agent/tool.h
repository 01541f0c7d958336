/* What commands can ask for: one row a tool.  A tool reads from the API server and answers once; it starts no process. */
#pragma once

#include "evidence/collector.h"
#include "kube/kube.h"
#include "wire/command.h"

struct tool_context {
    struct loop *loop;
    struct kube *kube;
    const char *cluster_id;
    struct collector *collector;  /* the executor's */
};

/* Borrowed during the callback. */
struct tool_answer {
    enum wire_status status;      /* success or failed                            */
    const char *output;           /* valid UTF-8, redacted                        */
    size_t size;
    const char *error, *reason;   /* NULL when there is none                      */
    bool truncated;
    int64_t redactions;
};
typedef void (*tool_done)(void *arg, const struct tool_answer *answer);

struct tool_job;                  /* ends with its answer, or with cancel         */

struct tool {
    const char *name;

    /* Is it a command that could be begun?  -1 with ERR_INVALID and what is allowed. */
    int (*check)(const struct wire_command *command, struct arena *a, struct err *e);

    /* A command that passed.  command lives until the answer; done runs once on the loop, never inside this call. */
    struct tool_job *(*start)(const struct tool_context *context, const struct wire_command *command, int64_t timeout_ms, tool_done done, void *arg);

    /* done will not be called. */
    void (*cancel)(struct tool_job *job);
};

extern const struct tool kubectl_tool, evidence_tool;
