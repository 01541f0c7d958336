#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/filter.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/when.h"

static const struct column columns[] = {
    { "RECORDED", "记录时间", .leaves = 5 },
    { "CLUSTER", "集群", .leaves = 0 },
    { "CAUSE", "原因", .leaves = 0 },
    { "COUNT", "数量", .right = true, .leaves = 3 },
    { "FROM", "起", .leaves = 1 },
    { "TO", "止", .leaves = 2 },
    { "DETAIL", "说明", .text = 16, .leaves = 4 },
};

static void time_cell(struct table *t, const json *gap, const char *field, int64_t now_ms)
{
    char text[WHEN_SIZE];
    when_clock(gap, field, now_ms, text);
    table_cell(t, TONE_PLAIN, text);
}

static void view(struct ctl *c, void *arg, const json *list)
{
    (void)arg;
    int64_t now_ms = clock_wall_ms();
    struct table *t = table_new(c, columns, COUNT(columns));
    for (struct json_iter i = json_iter(json_get(list, "items")); json_next(&i);) {
        time_cell(t, i.value, "recorded_at", now_ms);
        table_cell(t, TONE_STRONG, json_get_str(i.value, "cluster_id"));
        table_cell(t, TONE_WARN, json_get_str(i.value, "cause"));
        if (json_is_number(json_get(i.value, "count")))
            table_printf(t, TONE_PLAIN, "%lld", (long long)json_get_int(i.value, "count", 0));
        else
            table_cell(t, TONE_DIM, "");
        time_cell(t, i.value, "from", now_ms);
        time_cell(t, i.value, "to", now_ms);
        table_cell(t, TONE_PLAIN, json_get_str(i.value, "detail"));
    }
    if (table_rows(t) == 0)
        fprintf(c->out, "%s\n", tr(c, "No gap is known: whatever the agents saw has been stored.", "没有已知的缺口：agent 看到的数据都已保存。"));
    table_print(t);
    table_free(t);
}

static struct json_doc *fetch(struct ctl *c, void *arg, struct err *e)
{
    (void)arg;
    return filter_list(c, "/api/v1/gaps", "cluster", e);
}

int cmd_gaps(struct ctl *c)
{
    return show_run(c, &(struct show){ .fetch = fetch, .view = view });
}
