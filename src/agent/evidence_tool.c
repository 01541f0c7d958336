/* evidence collect pod/shop/cart-1 | namespace/shop | (nothing: the whole cluster): one round trip for all that an incident needs. */
#include <stdlib.h>
#include <string.h>

#include "agent/tool.h"
#include "base/str.h"

struct tool_job {
    struct wish *wish;
    tool_done done;
    void *arg;
};

static bool is_namespace(const char *text)
{
    return str_starts(text, "namespace/") && str_is_dns_label(text + strlen("namespace/"));
}

static int check(const struct wire_command *command, struct arena *a, struct err *e)
{
    struct bundle_ref ref;
    (void)a;
    if (!str_eq(command->action, "collect"))
        return err_set(e, ERR_INVALID, "evidence knows one action: collect");
    if (command->n_args > 1)
        return err_set(e, ERR_INVALID, "evidence collect takes one object: pod/shop/cart-1");
    if (command->n_args == 1 && !is_namespace(command->args[0]) && bundle_ref_parse(command->args[0], &ref))
        return err_set(e, ERR_INVALID, "an object is kind/namespace/name, like pod/shop/cart-1 or node//worker-1, a namespace is namespace/shop");
    return 0;
}

static void collected(void *arg, const char *text, size_t size, const struct evidence_counts *counts, const struct err *err)
{
    struct tool_job *job = arg;
    struct tool_answer answer = { .status = STATUS_SUCCESS, .output = text, .size = size, .redactions = counts ? counts->redactions : 0 };
    if (err)
        answer = (struct tool_answer){ .status = STATUS_FAILED, .error = err->text, .reason = "api_unavailable" };
    job->done(job->arg, &answer);
    free(job);
}

static struct tool_job *start(const struct tool_context *context, const struct wire_command *command, int64_t timeout_ms, tool_done done, void *arg)
{
    struct tool_job *job = mem_alloc(sizeof *job);
    *job = (struct tool_job){ .done = done, .arg = arg };
    const char *what = command->n_args ? command->args[0] : NULL;
    struct evidence_request request = { .cluster_id = context->cluster_id, .timeout_ms = timeout_ms, .size_max = BUNDLE_SIZE_MAX };
    if (what && is_namespace(what))
        request.namespace_ = what + strlen("namespace/");
    else
        request.object = what;
    job->wish = collector_ask(context->collector, &request, collected, job);
    return job;
}

static void cancel(struct tool_job *job)
{
    collector_cancel(job->wish);
    free(job);
}

const struct tool evidence_tool = { "evidence", check, start, cancel };
