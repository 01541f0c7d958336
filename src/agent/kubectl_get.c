/* get: one object, several by name, or a list; as a table, as names, as JSON or YAML. */
#include <string.h>

#include "agent/kubectl.h"
#include "agent/kubectl_columns.h"
#include "agent/kubectl_object.h"

#define TAIL_ROOM 64    /* kept for what closes a list */

static bool as_table(const struct tool_job *job)
{
    return job->command.output == KUBECTL_TABLE || job->command.output == KUBECTL_WIDE;
}

static bool is_one(const struct tool_job *job)
{
    return job->command.n_names == 1;
}

static void add_row(struct tool_job *job, const json *object)
{
    columns_row(&job->table, job->command.kind->singular, job->command.output == KUBECTL_WIDE, job->command.all_namespaces, object,
                loop_wall_ms(job->context.loop));
}

/* An object that would not fit any more is left out whole, so that what is there stays readable. */
static void add_text(struct tool_job *job, const json *object, void (*write)(const json *object, struct buf *out), const char *between)
{
    struct buf AUTO_BUF text = { .limit = WIRE_OUTPUT_MAX };
    write(object, &text);
    if (text.cut || job->out.size + text.size + TAIL_ROOM > job->out.limit) {
        job->truncated = true;
        return;
    }
    if (job->shown > 0)
        buf_str(&job->out, between);
    buf_add(&job->out, text.data, text.size);
    job->shown++;
}

static void write_yaml(const json *object, struct buf *out)
{
    object_yaml(object, 0, out);
}

/* In a list: each object is a document of its own. */
static void show(struct tool_job *job, const json *object)
{
    switch (job->command.output) {
    case KUBECTL_NAME: buf_printf(&job->out, "%s/%s\n", job->command.kind->singular, str_or_empty(json_at_str(object, "metadata.name"))); break;
    case KUBECTL_JSON: add_text(job, object, object_json, ","); break;
    case KUBECTL_YAML: add_text(job, object, write_yaml, "---\n"); break;
    case KUBECTL_TABLE:
    case KUBECTL_WIDE: add_row(job, object); break;
    }
}

static void begin(struct tool_job *job)
{
    if (as_table(job))
        columns_begin(&job->table, job->command.kind->singular, job->command.output == KUBECTL_WIDE, job->command.all_namespaces);
    if (job->command.output == KUBECTL_JSON && !is_one(job))
        buf_str(&job->out, "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
}

static void say_none(struct tool_job *job)
{
    const char *namespace_ = job->kind->namespaced ? kubectl_namespace(job) : NULL;
    if (namespace_)
        buf_printf(&job->out, "No resources found in %s namespace.\n", namespace_);
    else
        buf_str(&job->out, "No resources found\n");
}

static void close_output(struct tool_job *job)
{
    if (job->command.output == KUBECTL_JSON && !is_one(job))
        buf_str(&job->out, "]}");
    if (job->command.output == KUBECTL_JSON)
        buf_char(&job->out, '\n');
    if (!as_table(job))
        return;
    if (table_rows(&job->table) > 0)
        table_print(&job->table, !job->command.no_headers, &job->out);
    else
        say_none(job);
    job->truncated |= job->table.left_out > 0;
}

/* --- a list ------------------------------------------------------------------------------------------------------ */

static void on_item(void *arg, json *object)
{
    show(arg, object);
}

static void on_listed(void *arg, const char *version, const struct err *err)
{
    struct tool_job *job = arg;
    (void)version;
    close_output(job);
    if (kubectl_took(job, err))
        kubectl_end(job);
}

/* --- by name ----------------------------------------------------------------------------------------------------- */

static void get_next(struct tool_job *job);

static void on_object(void *arg, const struct kube_answer *answer)
{
    struct tool_job *job = arg;
    if (answer->err)
        close_output(job);
    if (!kubectl_took(job, answer->err))
        return;
    show(job, answer->object);
    job->at++;
    if (job->at < job->command.n_names) {
        get_next(job);
        return;
    }
    close_output(job);
    kubectl_end(job);
}

static void get_next(struct tool_job *job)
{
    kubectl_call(job, kubectl_path(job, true), on_object);
}

void kubectl_get(struct tool_job *job)
{
    begin(job);
    if (job->command.n_names > 0) {
        get_next(job);
        return;
    }
    AUTO_FREE char *query = kubectl_query(job);
    kubectl_list(job, query, on_item, on_listed);
}
