/* events: the newest ones of a namespace or of one object, oldest first, as kubectl has it. */
#include <stdlib.h>
#include <string.h>

#include "agent/kubectl.h"
#include "agent/kubectl_columns.h"
#include "agent/kubectl_object.h"
#include "base/clock.h"

#define EVENTS_MAX 500

/* One event, kept as text until all are there and can be sorted. */
struct kept {
    int64_t at;
    char *text;
};

struct kept_events {
    struct kept items[EVENTS_MAX];
    size_t count, left_out;
};

static int64_t time_of(const json *event)
{
    static const char *const times[] = { "series.lastObservedTime", "lastTimestamp", "eventTime", "firstTimestamp", "metadata.creationTimestamp" };
    int64_t at;
    for (size_t i = 0; i < COUNT(times); i++) {
        const char *text = json_at_str(event, times[i]);
        if (text && clock_parse(text, &at) == 0 && at > 0)
            return at;
    }
    return 0;
}

static size_t oldest(const struct kept_events *k)
{
    size_t at = 0;
    for (size_t i = 1; i < k->count; i++)
        if (k->items[i].at < k->items[at].at)
            at = i;
    return at;
}

/* The newest ones stay. */
static void on_item(void *arg, json *event)
{
    struct tool_job *job = arg;
    struct kept_events *k = job->events;
    struct buf text = { 0 };
    int64_t at = time_of(event);
    if (job->command.type && !str_eq(job->command.type, json_get_str(event, "type")))
        return;
    size_t place = k->count;
    if (k->count == EVENTS_MAX) {
        place = oldest(k);
        k->left_out++;
        if (k->items[place].at >= at)
            return;
        free(k->items[place].text);
    } else {
        k->count++;
    }
    object_json(event, &text);
    k->items[place] = (struct kept){ at, buf_take(&text, NULL) };
}

static int by_time(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

static void print_json(struct tool_job *job, const struct kept_events *k)
{
    buf_str(&job->out, "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
    for (size_t i = 0; i < k->count; i++) {
        if (job->out.size + strlen(k->items[i].text) + 8 > job->out.limit) {
            job->truncated = true;
            break;
        }
        buf_printf(&job->out, "%s%s", i ? "," : "", k->items[i].text);
    }
    buf_str(&job->out, "]}\n");
}

static void print_event(struct tool_job *job, const json *event)
{
    switch (job->command.output) {
    case KUBECTL_NAME: buf_printf(&job->out, "event/%s\n", str_or_empty(json_at_str(event, "metadata.name"))); break;
    case KUBECTL_YAML:
        buf_str(&job->out, "---\n");
        object_yaml(event, 0, &job->out);
        break;
    case KUBECTL_JSON:
    case KUBECTL_TABLE:
    case KUBECTL_WIDE: columns_row(&job->table, "event", false, job->command.all_namespaces, event, loop_wall_ms(job->context.loop)); break;
    }
}

static void print_all(struct tool_job *job, struct kept_events *k)
{
    if (k->count)
        qsort(k->items, k->count, sizeof k->items[0], by_time);
    job->truncated = k->left_out > 0;
    if (job->command.output == KUBECTL_JSON) {
        print_json(job, k);
        return;
    }
    columns_begin(&job->table, "event", false, job->command.all_namespaces);
    for (size_t i = 0; i < k->count; i++) {
        AUTO_JSON struct json_doc *doc = json_parse(k->items[i].text, strlen(k->items[i].text), &json_object_limits, NULL);
        print_event(job, json_root(doc));
    }
    if (table_rows(&job->table) > 0)
        table_print(&job->table, !job->command.no_headers, &job->out);
    else if (k->count == 0)
        buf_str(&job->out, "No events found.\n");
    if (k->left_out)
        buf_printf(&job->out, "(%zu older ones are not shown)\n", k->left_out);
}

static void on_listed(void *arg, const char *version, const struct err *err)
{
    struct tool_job *job = arg;
    (void)version;
    if (!kubectl_took(job, err))
        return;
    print_all(job, job->events);
    kubectl_end(job);
}

void kubectl_events_free(struct kept_events *events)
{
    for (size_t i = 0; events && i < events->count; i++)
        free(events->items[i].text);
    free(events);
}

void kubectl_events(struct tool_job *job)
{
    const struct kube_kind *about = job->kind;
    AUTO_FREE char *query = about ? kubectl_events_query(about, job->command.names[0]) : NULL;
    if (about)
        job->command.all_namespaces |= !about->namespaced;
    job->events = mem_alloc(sizeof *job->events);
    memset(job->events, 0, sizeof *job->events);
    job->kind = kube_kind_find("event");
    kubectl_list(job, query, on_item, on_listed);
}
