#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/filter.h"
#include "ctl/reference.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/when.h"
#include "ctl/words.h"

static const struct column columns[] = {
    { "ID", "ID", .leaves = 0 },
    { "SEVERITY", "级别", .leaves = 1 },
    { "STATE", "状态", .leaves = 4 },
    { "CLUSTER", "集群", .leaves = 2 },
    { "AGE", "时长", .right = true, .leaves = 3 },
    { "VICTIMS", "受影响", .right = true, .leaves = 5 },
    { "CODE", "代码", .wide = true },
    { "OBJECT", "对象", .wide = true },
    { "CONFIDENCE", "置信度", .wide = true, .right = true },
    { "CAUSE", "根因", .text = 18 },
};

static void row(const struct ctl *c, struct table *t, const json *incident, int64_t now_ms)
{
    const char *severity = json_get_str(incident, "severity"), *state = json_get_str(incident, "state"), *title = ctl_text(c, incident, "title");
    char age[WHEN_SIZE];
    when_age(incident, "opened_at", now_ms, age);
    table_cell(t, TONE_ACCENT, c->options.output == OUTPUT_WIDE ? json_get_str(incident, "id") : reference_short(json_get_str(incident, "id")));
    table_cell(t, tone_of_severity(severity), words_tr(c, severity));
    table_cell(t, tone_of_state(state), words_tr(c, state));
    table_cell(t, TONE_PLAIN, json_get_str(incident, "cluster_id"));
    table_cell(t, TONE_PLAIN, age);
    table_printf(t, TONE_PLAIN, "%lld", (long long)json_get_int(incident, "victims", 0));
    table_cell(t, TONE_PLAIN, json_get_str(incident, "code"));
    table_cell(t, TONE_PLAIN, json_get_str(incident, "object"));
    if (json_is_number(json_get(incident, "confidence")))
        table_printf(t, TONE_PLAIN, "%.2f", json_real(json_get(incident, "confidence"), 0));
    else
        table_cell(t, TONE_DIM, "");
    if (title[0])
        table_cell(t, TONE_STRONG, title);
    else
        table_printf(t, TONE_DIM, "%s (%s)", str_or_empty(json_get_str(incident, "object")), tr(c, "being looked into", "正在诊断"));
}

static void view(struct ctl *c, void *arg, const json *list)
{
    (void)arg;
    int64_t now_ms = clock_wall_ms();
    struct table *t = table_new(c, columns, COUNT(columns));
    for (struct json_iter i = json_iter(json_get(list, "items")); json_next(&i);)
        row(c, t, i.value, now_ms);
    if (table_rows(t) == 0)
        fprintf(c->out, "%s\n", tr(c, "No incident matches: none is open, and none was closed in the last 24 h. Can that be believed? aetherctl doctor",
                                   "没有符合条件的故障：当前没有未恢复的故障，最近 24 小时也没有关闭的故障。结论是否可信，请看：aetherctl doctor"));
    table_print(t);
    if (json_get_str(list, "next") && json_get_str(list, "next")[0])
        fprintf(c->out, tr(c, "… more: --limit %lld\n", "……还有更多：--limit %lld\n"), (long long)c->options.limit * 10);
    table_free(t);
}

static struct json_doc *fetch(struct ctl *c, void *arg, struct err *e)
{
    (void)arg;
    return filter_list(c, "/api/v1/incidents", "cluster namespace state severity code family since query", e);
}

int cmd_incidents(struct ctl *c)
{
    return show_run(c, &(struct show){ .fetch = fetch, .view = view });
}
