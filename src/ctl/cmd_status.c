#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/when.h"
#include "ctl/words.h"

static const struct column columns[] = {
    { "SERVICE", "服务", .leaves = 0 },
    { "STATE", "状态", .leaves = 0 },
    { "WAITING", "待处理", .right = true, .leaves = 3 },
    { "HANDLED", "已处理", .right = true, .leaves = 4 },
    { "ERRORS", "错误", .right = true, .leaves = 1 },
    { "REFUSED", "拒绝", .right = true, .leaves = 2 },
};

static void number(struct table *t, const json *service, const char *field, bool bad)
{
    int64_t value = json_get_int(service, field, 0);
    table_printf(t, bad && value > 0 ? TONE_WARN : TONE_PLAIN, "%lld", (long long)value);
}

static void view_edge(const struct ctl *c, const json *edge)
{
    bool connected = json_get_bool(edge, "connected", false);
    const char *warning = ctl_text(c, edge, "warning");
    fprintf(c->out, "NATS  ");
    tone_print(c, TONE_PLAIN, str_or_empty(json_get_str(edge, "endpoint")));
    fputs("  ", c->out);
    tone_print(c, connected ? TONE_GOOD : TONE_BAD, connected ? tr(c, "connected", "已连接") : tr(c, "not connected", "未连接"));
    if (json_get_str(edge, "server_version")) {
        AUTO_FREE char *version = str_printf("  nats-server %s", json_get_str(edge, "server_version"));
        tone_print(c, TONE_DIM, version);
    }
    if (warning[0]) {
        fputs("\n      ", c->out);
        tone_print(c, TONE_WARN, warning);
    }
    fputc('\n', c->out);
}

static void view(struct ctl *c, void *arg, const json *status)
{
    (void)arg;
    char up[WHEN_SIZE];
    when_age(status, "started_at", clock_wall_ms(), up);
    AUTO_FREE char *head = str_printf("aetherius-central %s", str_or_empty(json_get_str(status, "version")));
    tone_print(c, TONE_STRONG, head);
    fprintf(c->out, tr(c, "  up %s, admission %s, login %s\n", "  已运行 %s，准入 %s，登录 %s\n"), up, words_tr(c, str_or_empty(json_get_str(status, "admission"))),
            words_tr(c, str_or_empty(json_get_str(status, "login"))));
    if (json_get_bool(status, "insecure", false)) {
        tone_print(c, TONE_BAD, tr(c, "Anybody who reaches the port can read and command: insecure_no_login is set.", "任何能访问该端口的人都可以查看和下发命令：insecure_no_login 已打开。"));
        fputc('\n', c->out);
    }
    view_edge(c, json_get(status, "edge"));
    fputc('\n', c->out);
    struct table *t = table_new(c, columns, COUNT(columns));
    for (struct json_iter i = json_iter(json_get(status, "services")); json_next(&i);) {
        table_cell(t, TONE_STRONG, json_get_str(i.value, "name"));
        table_cell(t, tone_of_state(json_get_str(i.value, "state")), words_tr(c, json_get_str(i.value, "state")));
        number(t, i.value, "mailbox", false);
        number(t, i.value, "handled", false);
        number(t, i.value, "errors", true);
        number(t, i.value, "refused", true);
    }
    table_print(t);
    table_free(t);
}

static struct json_doc *fetch(struct ctl *c, void *arg, struct err *e)
{
    (void)arg;
    AUTO_ANSWER struct api_answer answer = { 0 };
    if (api_get(c, "/api/v1/status", &answer, e))
        return NULL;
    struct json_doc *doc = answer.doc;
    answer.doc = NULL;
    return doc;
}

int cmd_status(struct ctl *c)
{
    return show_run(c, &(struct show){ .fetch = fetch, .view = view });
}
