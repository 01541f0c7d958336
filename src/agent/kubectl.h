/* Commands with tool "kubectl", for the files of this tool: a job per command, one file a verb.
 *
 * A verb's begin sends the first request; its callbacks write into job->out and end with kubectl_end or kubectl_fail, which answer and
 * free the job.
 */
#pragma once

#include "agent/table.h"
#include "agent/tool.h"
#include "wire/kubectl_grammar.h"

#define KUBECTL_CONTAINERS_MAX 32
#define KUBECTL_REVISIONS_MAX  64

struct revision {
    int64_t number;
    const char *cause;
};

struct tool_job {
    struct tool_context context;
    struct arena arena;
    struct kubectl_command command;
    int64_t timeout_ms;
    tool_done done;
    void *arg;
    const struct kube_kind *kind;      /* of command.kind, or NULL                 */
    struct kube_request *request;      /* under way, or NULL                       */
    size_t at;                         /* which name                               */
    size_t shown;                      /* objects in out                           */
    const char *containers[KUBECTL_CONTAINERS_MAX];    /* logs of all of them      */
    size_t n_containers;
    struct kept_events *events;        /* of the verb events, or NULL              */
    struct kubectl_pick *pick;         /* of logs of a workload, or NULL           */
    struct revision revisions[KUBECTL_REVISIONS_MAX];    /* of rollout history     */
    size_t n_revisions;
    struct table table;
    struct buf out;
    bool truncated;
    struct timer first;                /* a failure before any request             */
    struct err early;
};

/* The answer is out; empty output is an answer, too. */
void kubectl_end(struct tool_job *job);
void kubectl_fail(struct tool_job *job, const struct err *err);

/* A request of the job is over.  False: it failed, and so has the job, which is gone. */
bool kubectl_took(struct tool_job *job, const struct err *err);

/* One GET; path is consumed, NULL fails the job. */
void kubectl_call(struct tool_job *job, char *path, kube_done done);

/* The namespace that the command means. */
const char *kubectl_namespace(const struct tool_job *job);

/* Lists the objects of a kind in that namespace that a label selector, not escaped, finds; the handlers' argument is the job. */
void kubectl_list_labelled(struct tool_job *job, const char *kind, const char *selector, const struct kube_list_handlers *handlers);

void kubectl_get(struct tool_job *job);
void kubectl_describe(struct tool_job *job);
void kubectl_logs(struct tool_job *job);
void kubectl_events(struct tool_job *job);
void kubectl_events_free(struct kept_events *events);
void kubectl_top(struct tool_job *job);
void kubectl_rollout(struct tool_job *job);

/* Chooses a Pod of the workload or Service that the command names, as kubectl does, and goes on with it in its place. */
void kubectl_pick(struct tool_job *job, void (*go_on)(struct tool_job *job));

/* The path of the command's collection or of its name number `at`; NULL when there is none.  free() it. */
char *kubectl_path(const struct tool_job *job, bool of_name);

/* "labelSelector=…&fieldSelector=…", escaped, or NULL; free() it. */
char *kubectl_query(const struct tool_job *job);

/* "fieldSelector=…": the events about the object of that kind and name; free() it. */
char *kubectl_events_query(const struct kube_kind *kind, const char *name);

/* Lists what the command means: item for each object, then done. */
void kubectl_list(struct tool_job *job, const char *query, void (*item)(void *arg, json *object), void (*done)(void *arg, const char *version, const struct err *err));
