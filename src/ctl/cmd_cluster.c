#include "ctl/admission.h"
#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/when.h"
#include "ctl/words.h"

#define LABEL_WIDTH 12

/* "  link        online since 3m": the labels of both languages end at the same column. */
static void label(const struct ctl *c, const char *en, const char *zh)
{
    const char *text = tr(c, en, zh);
    fprintf(c->out, "  %s%s%s%*s", tone_begin(c, TONE_DIM), text, tone_end(c, TONE_DIM), (int)(LABEL_WIDTH - str_width(text)), "");
}

static void view_link(const struct ctl *c, const json *cluster, int64_t now_ms)
{
    char since[WHEN_SIZE], seen[WHEN_SIZE];
    when_age(cluster, "state_since", now_ms, since);
    when_age(cluster, "last_seen", now_ms, seen);
    label(c, "link", "连接");
    tone_print(c, tone_of_state(json_get_str(cluster, "state")), words_tr(c, json_get_str(cluster, "state")));
    if (since[0])
        fprintf(c->out, tr(c, " for %s", "，已持续 %s"), since);
    if (seen[0])
        fprintf(c->out, tr(c, ", last heard %s ago", "，最近上报于 %s 前"), seen);
    if (json_get_str(cluster, "state_reason")) {
        fputs(": ", c->out);
        tone_print(c, TONE_WARN, json_get_str(cluster, "state_reason"));
    }
    fputc('\n', c->out);
}

static void view_health(const struct ctl *c, const json *cluster)
{
    label(c, "health", "健康");
    tone_print(c, tone_of_state(json_get_str(cluster, "health")), words_tr(c, json_get_str(cluster, "health")));
    for (struct json_iter i = json_iter(json_get(cluster, "health_reasons")); json_next(&i);) {
        fputs(i.index ? ", " : ": ", c->out);
        tone_print(c, TONE_WARN, json_str(i.value));
    }
    fputc('\n', c->out);
}

static void view_freshness(const struct ctl *c, const json *cluster)
{
    char age[CLOCK_TEXT_SIZE];
    const json *watch = json_get(cluster, "watch_age_ms"), *offset = json_get(cluster, "clock_offset_ms");
    label(c, "freshness", "新鲜度");
    if (json_is_number(watch) && json_int(watch, -1) >= 0) {
        clock_format_age(json_int(watch, 0), age);
        fprintf(c->out, tr(c, "event watch alive %s ago", "事件 watch 于 %s 前有响应"), age);
    } else {
        fputs(tr(c, "event watch not seen alive", "事件 watch 尚无响应"), c->out);
    }
    fprintf(c->out, tr(c, "; held back %lld, dropped %lld", "；待发 %lld 条，丢弃 %lld 条"), (long long)json_int(json_at(cluster, "spool.records"), 0),
            (long long)json_int(json_at(cluster, "spool.dropped"), 0));
    if (json_is_number(offset))
        fprintf(c->out, tr(c, "; clock %+lld ms", "；时钟偏差 %+lld ms"), (long long)json_int(offset, 0));
    fputc('\n', c->out);
}

static void view_counts(const struct ctl *c, const json *cluster)
{
    label(c, "counts", "计数");
    fprintf(c->out, tr(c, "%lld events, %lld gaps, %lld dead letters, %lld open incidents\n", "事件 %lld，缺口 %lld，死信 %lld，未恢复故障 %lld\n"),
            (long long)json_get_int(cluster, "events_total", 0), (long long)json_get_int(cluster, "gaps_total", 0), (long long)json_get_int(cluster, "dead_letters", 0),
            (long long)json_get_int(cluster, "open_incidents", 0));
}

static void view_denied(const struct ctl *c, const json *cluster)
{
    for (struct json_iter i = json_iter(json_get(cluster, "capabilities_denied")); json_next(&i);) {
        label(c, i.index ? "" : "no right to", i.index ? "" : "缺少权限");
        AUTO_FREE char *right = str_printf("%s %s", str_or_empty(json_get_str(i.value, "verb")), str_or_empty(json_get_str(i.value, "resource")));
        tone_print(c, TONE_WARN, right);
        for (struct json_iter k = json_iter(json_get(i.value, "costs")); json_next(&k);) {
            fputs(k.index ? ", " : tr(c, "  cannot tell: ", "  无法判断："), c->out);
            tone_print(c, TONE_PLAIN, json_str(k.value));
        }
        fputc('\n', c->out);
    }
}

static const struct column columns[] = {
    { "NODE", "节点", .leaves = 0 },
    { "READY", "就绪", .leaves = 0 },
    { "CPU", "CPU", .right = true, .leaves = 3 },
    { "MEMORY", "内存", .right = true, .leaves = 2 },
    { "PODS", "POD", .right = true, .leaves = 4 },
    { "KUBELET", "KUBELET", .wide = true },
    { "CONDITIONS", "异常状况", .text = 12, .leaves = 1 },
};

static void share(struct table *t, const json *node, const char *used, const char *all)
{
    double total = json_real(json_get(node, all), 0);
    if (json_is_number(json_get(node, used)) && total > 0)
        table_printf(t, TONE_PLAIN, "%.0f%%", 100 * json_real(json_get(node, used), 0) / total);
    else
        table_cell(t, TONE_DIM, "");
}

/* Ready should be True, every other condition False. */
static void conditions(struct table *t, const json *node)
{
    AUTO_BUF struct buf bad = { 0 };
    for (struct json_iter i = json_iter(json_get(node, "conditions")); json_next(&i);) {
        const char *type = json_get_str(i.value, "type"), *status = json_get_str(i.value, "status");
        if (!str_eq(status, str_eq(type, "Ready") ? "True" : "False"))
            buf_printf(&bad, "%s%s=%s", bad.size ? " " : "", str_or_empty(type), str_or_empty(status));
    }
    if (json_get_bool(node, "unschedulable", false))
        buf_printf(&bad, "%scordoned", bad.size ? " " : "");
    table_cell(t, TONE_WARN, buf_text(&bad));
}

static void view_nodes(struct ctl *c, const json *nodes)
{
    struct table *t = table_new(c, columns, COUNT(columns));
    for (struct json_iter i = json_iter(json_get(nodes, "items")); json_next(&i);) {
        const json *ready = json_get(i.value, "ready");
        table_cell(t, TONE_STRONG, json_get_str(i.value, "name"));
        table_cell(t, json_bool(ready, false) ? TONE_GOOD : TONE_BAD, !json_is_bool(ready) ? "" : json_bool(ready, false) ? tr(c, "yes", "是") : tr(c, "no", "否"));
        share(t, i.value, "cpu_millicores", "cpu_allocatable");
        share(t, i.value, "memory_bytes", "memory_allocatable");
        table_printf(t, TONE_PLAIN, "%lld/%lld", (long long)json_get_int(i.value, "pods", 0), (long long)json_get_int(i.value, "pods_allocatable", 0));
        table_cell(t, TONE_PLAIN, json_get_str(i.value, "kubelet_version"));
        conditions(t, i.value);
    }
    fputc('\n', c->out);
    if (table_rows(t) == 0)
        fprintf(c->out, "%s\n", tr(c, "No sample of the nodes yet: the agent sends one each metrics_interval.", "还没有节点采样：agent 每个 metrics_interval 上报一次。"));
    table_print(t);
    table_free(t);
}

static void view(struct ctl *c, void *arg, const json *all)
{
    (void)arg;
    const json *cluster = json_get(all, "cluster");
    int64_t now_ms = clock_wall_ms();
    tone_print(c, TONE_STRONG, json_get_str(cluster, "cluster_id"));
    fputs("  ", c->out);
    AUTO_FREE char *versions = str_printf("Kubernetes %s, agent %s", str_or_empty(json_get_str(cluster, "kubernetes_version")), str_or_empty(json_get_str(cluster, "version")));
    tone_print(c, TONE_DIM, versions);
    fputc('\n', c->out);
    view_link(c, cluster, now_ms);
    view_health(c, cluster);
    view_freshness(c, cluster);
    view_counts(c, cluster);
    view_denied(c, cluster);
    view_nodes(c, json_get(all, "nodes"));
    admission_remind(c, str_or_empty(json_get_str(cluster, "cluster_id")), str_eq(json_get_str(cluster, "state"), "pending"));
}

/* The cluster and its nodes in one value. */
static struct json_doc *fetch(struct ctl *c, void *arg, struct err *e)
{
    (void)arg;
    AUTO_ANSWER struct api_answer cluster = { 0 };
    AUTO_BUF struct buf path = { 0 };
    buf_str(&path, "/api/v1/clusters/");
    api_segment(&path, c->args[0]);
    if (api_get(c, buf_text(&path), &cluster, e))
        return NULL;
    buf_str(&path, "/nodes");
    AUTO_JSON struct json_doc *nodes = api_list(c, buf_text(&path), 10000, e);
    if (!nodes)
        return NULL;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_copy(w, "cluster", json_root(cluster.doc));
    json_w_copy(w, "nodes", json_root(nodes));
    size_t size;
    AUTO_FREE char *text = json_w_take(w, &size);
    return json_parse(text, size, &json_list_limits, e);
}

/* accept and refuse are answers of their own: nothing to watch, and only a refusal has a reason. */
static int decide(struct ctl *c)
{
    const char *word = c->args[0];
    if (!admission_is_decision(word))
        fprintf(stderr, "aetherctl: cluster takes accept or refuse in front of CLUSTER; see: aetherctl cluster --help\n");
    else if (c->n_args < 2)
        fprintf(stderr, "aetherctl: cluster %s wants CLUSTER; see: aetherctl cluster --help\n", word);
    else if (c->options.watch || (c->options.reason[0] && !str_eq(word, "refuse")))
        fprintf(stderr, "aetherctl: cluster %s takes no --%s; see: aetherctl cluster --help\n", word, c->options.watch ? "watch" : "reason");
    else
        return admission_decide(c, word, c->args[1]);
    return EXIT_USAGE;
}

int cmd_cluster(struct ctl *c)
{
    if (c->n_args > 1 || admission_is_decision(c->args[0]))
        return decide(c);
    if (c->options.reason[0]) {
        fprintf(stderr, "aetherctl: --reason goes with: aetherctl cluster refuse CLUSTER\n");
        return EXIT_USAGE;
    }
    return show_run(c, &(struct show){ .fetch = fetch, .view = view });
}
