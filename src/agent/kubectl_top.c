/* top: what metrics.k8s.io says of nodes or Pods. */
#include <stdio.h>

#include "agent/kubectl.h"
#include "base/quantity.h"

static double usage(const json *object, const char *what)
{
    double value;
    const char *text = json_get_str(json_get(object, "usage"), what);
    return text && quantity_parse(text, &value) == 0 && value >= 0 && value < 1e18 ? value : 0;
}

static void add_row(struct tool_job *job, const json *object, bool pods)
{
    char text[32];
    double cpu = pods ? 0 : usage(object, "cpu"), memory = pods ? 0 : usage(object, "memory");
    for (struct json_iter i = json_iter(json_get(object, "containers")); pods && json_next(&i);) {
        cpu += usage(i.value, "cpu");
        memory += usage(i.value, "memory");
    }
    if (table_full(&job->table))
        return;
    if (job->command.all_namespaces && pods)
        table_cell(&job->table, json_at_str(object, "metadata.namespace"));
    table_cell(&job->table, json_at_str(object, "metadata.name"));
    (void)snprintf(text, sizeof text, "%.0fm", cpu * 1000);
    table_cell(&job->table, text);
    (void)snprintf(text, sizeof text, "%.0fMi", memory / (1024 * 1024));
    table_cell(&job->table, text);
}

static void on_answer(void *arg, const struct kube_answer *answer)
{
    struct tool_job *job = arg;
    bool pods = job->command.kind->namespaced;
    job->request = NULL;
    if (answer->err) {
        struct err e = *answer->err;
        if (e.kind == ERR_NOT_FOUND && job->command.n_names == 0)
            err_set(&e, ERR_NOT_FOUND, "the cluster has no metrics.k8s.io: is metrics-server installed?");
        kubectl_fail(job, &e);
        return;
    }
    const json *items = json_get(answer->object, "items");
    if (items)
        for (struct json_iter i = json_iter(items); json_next(&i);)
            add_row(job, i.value, pods);
    else
        add_row(job, answer->object, pods);
    table_print(&job->table, !job->command.no_headers, &job->out);
    kubectl_end(job);
}

void kubectl_top(struct tool_job *job)
{
    static const char *const headers[] = { "NAMESPACE", "NAME", "CPU(cores)", "MEMORY(bytes)" };
    bool pods = job->command.kind->namespaced, spaces = pods && job->command.all_namespaces;
    struct buf path = { 0 };
    AUTO_FREE char *query = kubectl_query(job);
    table_begin(&job->table, spaces ? headers : headers + 1, spaces ? 4 : 3);
    buf_str(&path, "/apis/metrics.k8s.io/v1beta1");
    if (pods && !job->command.all_namespaces)
        buf_printf(&path, "/namespaces/%s", kubectl_namespace(job));
    buf_printf(&path, "/%s", pods ? "pods" : "nodes");
    if (job->command.n_names > 0)
        buf_printf(&path, "/%s", job->command.names[0]);    /* a DNS name: nothing to escape */
    else if (query)
        buf_printf(&path, "?%s", query);
    kubectl_call(job, buf_take(&path, NULL), on_answer);
}
