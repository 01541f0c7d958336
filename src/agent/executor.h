/* Carries out central's commands: checks, remembers, runs a few at once under a deadline, answers each with one final result.
 *
 * What central collects for its incidents leaves a quarter of the queue and one place of those that run to what a person asks for, and is
 * counted apart.  A command is begun only when that is durable, so that a crash in the middle ends in `interrupted` and never in a second run.  On the
 * loop's thread.
 */
#pragma once

#include "agent/keys.h"
#include "agent/tool.h"

#define EXECUTOR_RUNNING_MAX 4
#define EXECUTOR_QUEUE_MAX   64
#define EXECUTOR_TIMEOUT_MS  30000
#define EXECUTOR_MOST_MS     120000
#define EXECUTOR_SKEW_MS     30000

struct executor;

struct executor_links {
    /* Publishes a result; -1: not connected. */
    int (*publish)(void *arg, const void *data, size_t size, struct err *e);

    /* Central's clock minus ours; *known false: it has not told. */
    int64_t (*clock_offset_ms)(void *arg, bool *known);
    void *arg;
};

/* Everything is borrowed.  Takes up what the spool remembers: what was running is interrupted. */
struct executor *executor_new(const struct tool_context *context, const struct agent_options *options, struct spool *spool, struct keys *keys,
                              const struct executor_links *links);

/* What still runs is answered as interrupted; nothing is begun any more. */
void executor_stop(struct executor *x);
void executor_free(struct executor *x);    /* NULL is allowed; after the loop has ended, before the spool is closed */

void executor_take(struct executor *x, const char *data, size_t size);
void executor_cancel(struct executor *x, const char *command_id);

/* The link is up: sends the results that could not be sent. */
void executor_flush(struct executor *x);

size_t executor_waiting(const struct executor *x);    /* queued and running */
