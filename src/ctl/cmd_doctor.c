/* Can what we show be believed?  Each check says what it saw, and what to do where it is not well. */
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/doctor.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/words.h"

#define CLOCK_MS 2000     /* more than this apart is worth a word        */
#define WATCH_MS 120000   /* an event watch silent for so long, too      */

static const struct {
    const char *mark, *word;
    enum tone tone;
} marks[] = { [CHECK_FINE] = { "\xe2\x9c\x93", "ok", TONE_GOOD }, [CHECK_WARN] = { "!", "warning", TONE_WARN }, [CHECK_BAD] = { "\xe2\x9c\x97", "bad", TONE_BAD } };

void doctor_say(struct doctor *d, enum check_state state, const char *what, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *detail = NULL;
    if (vasprintf(&detail, format, args) < 0)
        detail = NULL;
    va_end(args);
    if (state != CHECK_FINE)
        d->found++;
    if (ctl_is_data(d->c)) {
        json_w_object(d->w, NULL);
        json_w_str(d->w, "check", what);
        json_w_str(d->w, "state", marks[state].word);
        json_w_str(d->w, "detail", detail);
        json_w_end(d->w);
    } else {
        tone_print(d->c, marks[state].tone, marks[state].mark);
        fputc(' ', d->c->out);
        tone_print(d->c, TONE_STRONG, what);
        fputs("  ", d->c->out);
        tone_print(d->c, TONE_PLAIN, detail);
        fputc('\n', d->c->out);
        (void)fflush(d->c->out);    /* as it goes: a check may take a while */
    }
    free(detail);
}

/* ---- central ---- */

static void check_versions(struct doctor *d, const json *status)
{
    const char *version = str_or_empty(json_get_str(status, "version"));
    bool same = str_eq(version, AETHERIUS_VERSION);
    doctor_say(d, same ? CHECK_FINE : CHECK_WARN, tr(d->c, "central", "central"), tr(d->c, "%s answers, version %s%s", "%s 有应答，版本 %s%s"), d->c->options.server, version,
               same ? "" : tr(d->c, "; this aetherctl is " AETHERIUS_VERSION, "；本 aetherctl 版本为 " AETHERIUS_VERSION));
}

static void check_clock(struct doctor *d, const json *status)
{
    int64_t theirs;
    const char *now = json_get_str(status, "now");
    if (!now || clock_parse(now, &theirs))
        return;
    int64_t apart = theirs - clock_wall_ms();
    bool fine = apart < CLOCK_MS && apart > -CLOCK_MS;
    doctor_say(d, fine ? CHECK_FINE : CHECK_WARN, tr(d->c, "clock", "时钟"), tr(d->c, "central's clock is %+lld ms from this machine's%s", "central 与本机时钟相差 %+lld ms%s"), (long long)apart,
               fine ? "" : tr(d->c, "; set both by NTP", "；请为两边配置 NTP"));
}

static void check_services(struct doctor *d, const json *status)
{
    for (struct json_iter i = json_iter(json_get(status, "services")); json_next(&i);) {
        const char *state = str_or_empty(json_get_str(i.value, "state"));
        int64_t errors = json_get_int(i.value, "errors", 0), refused = json_get_int(i.value, "refused", 0);
        enum check_state verdict = str_eq(state, "stuck") ? CHECK_BAD : str_eq(state, "running") && errors == 0 && refused == 0 ? CHECK_FINE : CHECK_WARN;
        doctor_say(d, verdict, str_or_empty(json_get_str(i.value, "name")), tr(d->c, "%s, %lld waiting, %lld errors, %lld refused%s", "%s，待处理 %lld，错误 %lld，拒绝 %lld%s"), words_tr(d->c, state),
                   (long long)json_get_int(i.value, "mailbox", 0), (long long)errors, (long long)refused, verdict == CHECK_FINE ? "" : tr(d->c, "; central's log says why", "；原因见 central 的日志"));
    }
}

static void check_edge(struct doctor *d, const json *edge)
{
    const char *endpoint = str_or_empty(json_get_str(edge, "endpoint")), *warning = ctl_text(d->c, edge, "warning");
    if (!json_get_bool(edge, "connected", false))
        doctor_say(d, CHECK_BAD, "NATS", tr(d->c, "central is not connected to %s: no agent can reach it. Is nats-server running there?", "central 未连接 %s：agent 无法上报。请确认该处的 nats-server 在运行。"), endpoint);
    else if (warning[0])
        doctor_say(d, CHECK_WARN, "NATS", "%s: %s", endpoint, warning);
    else
        doctor_say(d, CHECK_FINE, "NATS", tr(d->c, "%s connected, nats-server %s", "%s 已连接，nats-server %s"), endpoint, str_or_empty(json_get_str(edge, "server_version")));
}

static void check_login(struct doctor *d, const json *status)
{
    if (json_get_bool(status, "insecure", false))
        doctor_say(d, CHECK_WARN, tr(d->c, "login", "登录"), "%s", tr(d->c, "anybody who reaches the port can read and command; put a proxy with a login in front and listen on 127.0.0.1",
                                                                      "任何能访问端口的人都可以查看和下发命令；请监听 127.0.0.1，并在前面放置带登录的代理"));
}

/* ---- clusters ---- */

static void check_cluster(struct doctor *d, const json *cluster)
{
    const struct ctl *c = d->c;
    const char *id = str_or_empty(json_get_str(cluster, "cluster_id")), *state = str_or_empty(json_get_str(cluster, "state")), *why = json_get_str(cluster, "state_reason");
    int64_t watch = json_get_int(cluster, "watch_age_ms", 0), dropped = json_int(json_at(cluster, "spool.dropped"), 0), denied = (int64_t)json_count(json_get(cluster, "capabilities_denied")),
            offset = json_get_int(cluster, "clock_offset_ms", 0);
    if (!str_eq(state, "online"))
        doctor_say(d, str_eq(state, "offline") || str_eq(state, "refused") ? CHECK_BAD : CHECK_WARN, id, "%s%s%s", words_tr(c, state), why ? ": " : "", str_or_empty(why));
    else if (watch > WATCH_MS)
        doctor_say(d, CHECK_WARN, id, tr(c, "its event watch has been silent for %lld s; what happened since is not known", "事件 watch 已静默 %lld 秒；这段时间的情况未知"), (long long)watch / 1000);
    else if (dropped > 0)
        doctor_say(d, CHECK_WARN, id, tr(c, "its spool has dropped %lld records: aetherctl gaps; give it more room with spool_bytes_max", "缓存丢弃了 %lld 条记录：aetherctl gaps；可调大 spool_bytes_max"), (long long)dropped);
    else if (offset > 30000 || offset < -30000)
        doctor_say(d, CHECK_WARN, id, tr(c, "its clock is %lld s off: signed commands will be refused", "时钟偏差 %lld 秒：签名命令会被拒绝"), (long long)offset / 1000);
    else if (denied > 0)
        doctor_say(d, CHECK_WARN, id, tr(c, "its agent lacks %lld rights: aetherctl cluster %s", "agent 缺少 %lld 项权限：aetherctl cluster %s"), (long long)denied, id);
    else
        doctor_say(d, CHECK_FINE, id, tr(c, "%s, %s", "%s，%s"), words_tr(c, state), words_tr(c, str_or_empty(json_get_str(cluster, "health"))));
}

static void check_clusters(struct doctor *d)
{
    struct err e;
    AUTO_JSON struct json_doc *clusters = api_list(d->c, "/api/v1/clusters", 10000, &e);
    if (!clusters) {
        doctor_say(d, CHECK_BAD, tr(d->c, "clusters", "集群"), "%s", e.text);
        return;
    }
    const json *items = json_get(json_root(clusters), "items");
    if (json_count(items) == 0)
        doctor_say(d, CHECK_WARN, tr(d->c, "clusters", "集群"), "%s", tr(d->c, "none has registered: deploy/deploy-agent.sh installs an agent", "还没有集群注册：用 deploy/deploy-agent.sh 安装 agent"));
    for (struct json_iter i = json_iter(items); json_next(&i);)
        check_cluster(d, i.value);
}

static void check_gaps(struct doctor *d)
{
    struct err e;
    AUTO_BUF struct buf path = { 0 };
    buf_str(&path, "/api/v1/gaps");
    AUTO_JSON struct json_doc *gaps = api_list(d->c, buf_text(&path), 500, &e);
    size_t count = json_count(json_get(json_root(gaps), "items"));
    if (!gaps)
        doctor_say(d, CHECK_BAD, tr(d->c, "gaps", "缺口"), "%s", e.text);
    else if (count > 0)
        doctor_say(d, CHECK_WARN, tr(d->c, "gaps", "缺口"), tr(d->c, "%zu%s recorded: aetherctl gaps", "记录了 %zu%s 个：aetherctl gaps"), count, count == 500 ? "+" : "");
    else
        doctor_say(d, CHECK_FINE, tr(d->c, "gaps", "缺口"), "%s", tr(d->c, "none: whatever the agents saw has been stored", "无：agent 看到的数据都已保存"));
}

static void check_central(struct doctor *d)
{
    struct err e;
    AUTO_ANSWER struct api_answer answer = { 0 };
    if (api_get(d->c, "/api/v1/status", &answer, &e)) {
        doctor_say(d, CHECK_BAD, "central", "%s", e.text);
        d->failed = true;
        return;
    }
    const json *status = json_root(answer.doc);
    check_versions(d, status);
    check_clock(d, status);
    check_services(d, status);
    check_edge(d, json_get(status, "edge"));
    check_login(d, status);
    check_clusters(d);
    check_gaps(d);
}

static void print_data(const struct ctl *c, struct json_w *w)
{
    struct err ignored;
    size_t size;
    AUTO_FREE char *text = json_w_take(w, &size);
    AUTO_JSON struct json_doc *doc = json_parse(text, size, &json_list_limits, &ignored);
    show_data(c, json_root(doc));
}

int cmd_doctor(struct ctl *c)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    struct doctor d = { .c = c, .w = w };
    json_w_object(w, NULL);
    json_w_array(w, "checks");
    if (c->options.kubeconfig[0] || c->options.context[0])
        doctor_check_cluster(&d);
    else
        check_central(&d);
    if (ctl_is_data(c))
        print_data(c, w);
    else if (d.found > 0)
        fprintf(c->out, tr(c, "\n%d to look at\n", "\n有 %d 项需要处理\n"), d.found);
    return d.failed ? EXIT_FAILED : d.found ? EXIT_FOUND : EXIT_FINE;
}
