#include <string.h>

#include "ctl/admission.h"
#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/when.h"
#include "ctl/words.h"

static const struct column columns[] = {
    { "CLUSTER", "集群", .leaves = 0 },
    { "STATE", "状态", .leaves = 0 },
    { "HEALTH", "健康", .leaves = 3 },
    { "NODES", "节点", .right = true, .leaves = 5 },
    { "EVENTS/S", "事件/秒", .right = true, .leaves = 4 },
    { "INCIDENTS", "故障", .right = true, .leaves = 1 },
    { "WORST", "最严重", .leaves = 2 },
    { "AGENT", "AGENT", .wide = true },
    { "KUBERNETES", "KUBERNETES", .wide = true },
    { "SPOOL", "缓存记录", .wide = true, .right = true },
    { "GAPS", "缺口", .wide = true, .right = true },
    { "REGION", "区域", .wide = true },
    { "LAST SEEN", "最近上报", .text = 9 },
};

/* "–" for what is not known: 0 would be a claim. */
static void number(struct table *t, enum tone tone, const json *value)
{
    if (json_is_number(value))
        table_printf(t, tone, "%lld", (long long)json_int(value, 0));
    else
        table_cell(t, TONE_DIM, "");
}

static void rate(struct table *t, const json *value, bool live)
{
    if (live && json_is_number(value))
        table_printf(t, TONE_PLAIN, "%.1f", json_real(value, 0));
    else
        table_cell(t, TONE_DIM, "");
}

static void row(const struct ctl *c, struct table *t, const json *cluster, int64_t now_ms)
{
    const char *state = json_get_str(cluster, "state"), *health = json_get_str(cluster, "health"), *why = json_get_str(cluster, "state_reason"),
               *worst = json_get_str(cluster, "worst_severity");
    bool live = str_eq(state, "online") || str_eq(state, "degraded");
    bool troubled = json_get_int(cluster, "open_incidents", 0) > 0;
    char age[WHEN_SIZE];
    when_age(cluster, "last_seen", now_ms, age);
    table_cell(t, TONE_STRONG, json_get_str(cluster, "cluster_id"));
    table_cell(t, tone_of_state(state), words_tr(c, state));
    table_cell(t, live ? tone_of_state(health) : TONE_DIM, live ? words_tr(c, health) : "");
    number(t, TONE_PLAIN, json_get(cluster, "nodes"));
    rate(t, json_get(cluster, "events_per_second"), live);
    number(t, troubled ? tone_of_severity(worst) : TONE_PLAIN, json_get(cluster, "open_incidents"));
    table_cell(t, tone_of_severity(worst), troubled ? words_tr(c, worst) : "");
    table_cell(t, TONE_PLAIN, json_get_str(cluster, "version"));
    table_cell(t, TONE_PLAIN, json_get_str(cluster, "kubernetes_version"));
    number(t, TONE_PLAIN, json_at(cluster, "spool.records"));
    number(t, json_get_int(cluster, "gaps_total", 0) > 0 ? TONE_WARN : TONE_PLAIN, json_get(cluster, "gaps_total"));
    table_cell(t, TONE_PLAIN, json_at_str(cluster, "labels.region"));
    if (!live && why && why[0])
        table_printf(t, TONE_WARN, "%s (%s)", age[0] ? age : tr(c, "never", "从未"), why);
    else
        table_cell(t, TONE_PLAIN, age);
}

static void view(struct ctl *c, void *arg, const json *list)
{
    (void)arg;
    int64_t now_ms = clock_wall_ms(), waiting = 0;
    const char *first = "";
    struct table *t = table_new(c, columns, COUNT(columns));
    for (struct json_iter i = json_iter(json_get(list, "items")); json_next(&i);) {
        row(c, t, i.value, now_ms);
        if (str_eq(json_get_str(i.value, "state"), "pending") && waiting++ == 0)
            first = str_or_empty(json_get_str(i.value, "cluster_id"));
    }
    if (table_rows(t) == 0)
        fprintf(c->out, "%s\n", tr(c, "No cluster has registered yet. Install the agent in one: deploy/deploy-agent.sh, or try: aetherctl diagnose --kubeconfig FILE",
                                   "还没有集群注册。请先安装 agent：deploy/deploy-agent.sh；或直接试用：aetherctl diagnose --kubeconfig FILE"));
    table_print(t);
    table_free(t);
    admission_remind(c, first, waiting);
}

static struct json_doc *fetch(struct ctl *c, void *arg, struct err *e)
{
    (void)arg;
    return api_list(c, "/api/v1/clusters", c->options.limit, e);
}

int cmd_clusters(struct ctl *c)
{
    return show_run(c, &(struct show){ .fetch = fetch, .view = view });
}
