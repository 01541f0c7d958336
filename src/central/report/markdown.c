#include "central/report/markdown.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "wire/event.h"

#define ROWS_MAX 200    /* of one list; the dashboard has the rest */

struct words {
    const char *incident, *cluster, *severity, *confidence, *opened, *state, *open, *closed, *object, *cause, *causes, *evidence, *todo, *affected, *changed, *timeline,
        *ruled_out, *not_checked, *nothing_unchecked, *joined, *unnamed, *duration, *until, *left_out;
    const char *comma, *colon;                     /* with the space behind it, where the script has one */
    const char *needs[3];                          /* with its brackets: each script has its own */
    const char *severities[SEVERITY_CRITICAL + 1]; /* by enum wire_severity                       */
};

static const struct words english = {
    .incident = "Incident", .cluster = "Cluster", .severity = "Severity", .confidence = "Confidence", .opened = "Opened", .state = "State", .open = "open", .closed = "closed", .object = "Object",
    .cause = "Cause", .causes = "Causes", .evidence = "Evidence", .todo = "What to do", .affected = "Affected", .changed = "What changed before (UTC)",
    .timeline = "Timeline (UTC)", .ruled_out = "Looked at and ruled out", .not_checked = "Not checked", .nothing_unchecked = "Everything that the rules ask for could be read.",
    .joined = "Joined", .until = ", last at ", .left_out = "Events between the first and the last ones that are not listed", .comma = ", ", .colon = ": ",
    .needs = { " (by hand)", " (after approval)", " (may run unattended under policy)" },
    .severities = { "unknown", "info", "low", "medium", "high", "critical" }, .unnamed = "No cause has been proved.", .duration = "Lasted",
};
static const struct words chinese_words = {
    .incident = "故障编号", .cluster = "集群", .severity = "严重程度", .confidence = "置信度", .opened = "开始时间", .state = "状态", .open = "未恢复", .closed = "已关闭", .object = "对象",
    .cause = "原因", .causes = "原因", .evidence = "证据", .todo = "处理建议", .affected = "受影响对象", .changed = "此前的变更（UTC）",
    .timeline = "时间线（UTC）", .ruled_out = "已检查并排除", .not_checked = "未检查", .nothing_unchecked = "规则所需的信息均已读取。",
    .joined = "归入本故障", .until = "，最近一次 ", .left_out = "首尾之间未列出的事件数", .comma = "，", .colon = "：",
    .needs = { "（手动执行）", "（需审批）", "（策略允许时可自动执行）" },
    .severities = { "未知", "提示", "轻微", "中等", "严重", "致命" }, .unnamed = "尚未确定原因。", .duration = "持续时间",
};

void markdown_escape(struct buf *out, const char *text)
{
    AUTO_BUF struct buf safe = { 0 };
    str_terminal(&safe, text, true);
    for (const char *at = buf_text(&safe); *at; at++) {
        if (strchr("\\`*_{}[]<>()#+!|~&$", *at) || (strchr("-.", *at) && at == safe.data))
            buf_char(out, '\\');
        buf_char(out, *at == '\n' || *at == '\t' ? ' ' : *at);
    }
}

void markdown_code(struct buf *out, const char *text)
{
    AUTO_BUF struct buf safe = { 0 };
    str_terminal(&safe, text, false);
    const char *s = buf_text(&safe);
    size_t longest = 0, run = 0;
    for (const char *at = s; *at; at++) {
        run = *at == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    if (!*s) {
        buf_str(out, "``  ``");
        return;
    }
    bool pad = longest > 0 || s[0] == ' ';
    for (size_t i = 0; i <= longest; i++)
        buf_char(out, '`');
    if (pad)
        buf_char(out, ' ');
    buf_str(out, s);
    if (pad)
        buf_char(out, ' ');
    for (size_t i = 0; i <= longest; i++)
        buf_char(out, '`');
}

/* The text in the reader's language, else the English one. */
static const char *in_language(const json *v, const char *name, bool chinese)
{
    char zh[40];
    (void)snprintf(zh, sizeof zh, "%s_zh", name);
    const char *text = chinese ? json_get_str(v, zh) : NULL;
    return text ? text : str_or_empty(json_get_str(v, name));
}

/* "2026-01-02 03:04:05" */
static void time_text(struct buf *out, int64_t ms)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format(ms, text);
    text[10] = ' ';
    text[19] = '\0';
    buf_str(out, text);
}

static void time_of(struct buf *out, const json *v, const char *name)
{
    int64_t ms;
    if (clock_parse(str_or_empty(json_get_str(v, name)), &ms) == 0)
        time_text(out, ms);
}

static void row(struct buf *out, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    buf_printf(out, "| %s | ", name);
    markdown_escape(out, value);
    buf_str(out, " |\n");
}

static void facts(struct buf *out, const json *i, const struct words *t)
{
    AUTO_BUF struct buf opened = { 0 };
    int64_t from, to;
    char lasted[CLOCK_TEXT_SIZE] = "";
    time_of(&opened, i, "opened_at");
    buf_str(&opened, " UTC");
    if (clock_parse(str_or_empty(json_get_str(i, "opened_at")), &from) == 0 && clock_parse(str_or_empty(json_get_str(i, "closed_at")), &to) == 0)
        clock_format_age(to - from, lasted);
    buf_str(out, "| | |\n|---|---|\n");
    row(out, t->incident, json_get_str(i, "id"));
    row(out, t->cluster, json_get_str(i, "cluster_id"));
    row(out, t->severity, t->severities[wire_severity_parse(str_or_empty(json_get_str(i, "severity")))]);
    if (!json_count(json_at(i, "verdict.roots")))    /* else each cause has its own */
        row(out, t->object, json_get_str(i, "object"));
    row(out, t->opened, buf_text(&opened));
    row(out, t->state, str_eq(json_get_str(i, "state"), "closed") ? t->closed : t->open);
    row(out, t->duration, lasted);
}

static void evidence(struct buf *out, const json *root, const struct words *t)
{
    if (!json_count(json_get(root, "evidence")))
        return;
    buf_printf(out, "\n### %s\n\n", t->evidence);
    for (struct json_iter i = json_iter(json_get(root, "evidence")); json_next(&i);) {
        buf_str(out, "- ");
        markdown_escape(out, str_or_empty(json_get_str(i.value, "source")));
        if (json_get_str(i.value, "at")) {
            buf_str(out, t->comma);
            time_of(out, i.value, "at");
            buf_str(out, " UTC");
        }
        buf_str(out, t->colon);
        markdown_code(out, str_or_empty(json_get_str(i.value, "quote")));
        buf_char(out, '\n');
    }
}

static void actions(struct buf *out, const json *root, const struct words *t, bool chinese)
{
    static const char *const classes[] = { "none", "ask", "ok" };
    size_t number = 0;
    if (!json_count(json_get(root, "actions")))
        return;
    buf_printf(out, "\n### %s\n\n", t->todo);
    for (struct json_iter i = json_iter(json_get(root, "actions")); json_next(&i);) {
        const char *command = json_get_str(i.value, "command");
        buf_printf(out, "%zu. ", ++number);
        markdown_escape(out, in_language(i.value, "text", chinese));
        for (size_t k = 0; k < COUNT(classes); k++)
            if (str_eq(classes[k], json_get_str(i.value, "class")))
                buf_str(out, t->needs[k]);
        if (command && command[0]) {
            buf_str(out, "  \n   ");
            markdown_code(out, command);
        }
        buf_char(out, '\n');
    }
}

static void causes(struct buf *out, const json *incident, const struct words *t, bool chinese)
{
    const json *verdict = json_get(incident, "verdict");
    const char *title = in_language(incident, "title", chinese);
    size_t n = json_count(json_get(verdict, "roots"));
    buf_printf(out, "\n## %s\n\n", n > 1 ? t->causes : t->cause);
    if (!n)
        buf_printf(out, "%s\n", t->unnamed);
    for (struct json_iter i = json_iter(json_get(verdict, "roots")); json_next(&i);) {
        const char *statement = in_language(i.value, "statement", chinese);
        if (!str_eq(statement, title)) {    /* the reader has just read that */
            markdown_escape(out, statement);
            buf_str(out, "\n\n");
        }
        markdown_code(out, str_or_empty(json_get_str(i.value, "code")));
        buf_str(out, " · ");
        markdown_code(out, str_or_empty(json_get_str(i.value, "object")));
        buf_printf(out, " · %s %.2f\n", t->confidence, json_real(json_get(i.value, "confidence"), 0));
        evidence(out, i.value, t);
        actions(out, i.value, t, chinese);
        buf_char(out, '\n');
    }
}

/* "- what: why", the shape of victims, ruled_out, not_checked and changes. */
struct section {
    const char *heading, *what, *why;    /* members of a row         */
    const char *empty;                   /* said when there is none; NULL: the section is left out */
};

static void reasons(struct buf *out, const json *list, const struct section *s, bool chinese)
{
    size_t n = json_count(list), shown = 0;
    if (!n && !s->empty)
        return;
    buf_printf(out, "\n## %s\n\n", s->heading);
    if (!n)
        buf_printf(out, "%s\n", s->empty);
    for (struct json_iter i = json_iter(list); json_next(&i) && shown < ROWS_MAX; shown++) {
        buf_str(out, "- ");
        if (json_get_str(i.value, "at")) {
            time_of(out, i.value, "at");
            buf_char(out, ' ');
        }
        markdown_code(out, str_or_empty(json_get_str(i.value, s->what)));
        buf_str(out, chinese ? chinese_words.colon : english.colon);
        markdown_escape(out, in_language(i.value, s->why, chinese));
        buf_char(out, '\n');
    }
    if (n > shown) {
        buf_str(out, "- ");
        buf_printf(out, chinese ? "… 另有 %zu 项" : "… and %zu more", n - shown);
        buf_char(out, '\n');
    }
}

static bool is_repeat(const json *a, const json *b)
{
    return str_eq(json_get_str(a, "object"), json_get_str(b, "object")) && str_eq(json_get_str(a, "text"), json_get_str(b, "text"));
}

static void timeline_row(struct buf *out, const json *entry, bool chinese)
{
    buf_str(out, "- ");
    time_of(out, entry, "at");
    buf_char(out, ' ');
    if (json_get_str(entry, "object")) {
        markdown_code(out, json_get_str(entry, "object"));
        buf_char(out, ' ');
    }
    markdown_escape(out, in_language(entry, "text", chinese));
}

/* The list has the newest first, a story begins with the oldest.  What repeats stands where it began, once. */
static void timeline(struct buf *out, const json *incident, const struct words *t, bool chinese)
{
    const json *rows[ROWS_MAX];
    size_t n = 0;
    buf_printf(out, "\n## %s\n\n", t->timeline);
    for (struct json_iter i = json_iter(json_get(incident, "timeline")); n < ROWS_MAX && json_next(&i);)
        rows[n++] = i.value;
    for (size_t i = n; i-- > 0;) {
        size_t times = 1;
        const json *first = rows[i], *last = first;
        for (size_t k = i; first && k-- > 0;)
            if (rows[k] && is_repeat(rows[k], first)) {
                last = rows[k];
                rows[k] = NULL;    /* told here */
                times++;
            }
        if (!first)
            continue;
        timeline_row(out, first, chinese);
        if (times > 1) {
            buf_printf(out, " ×%zu%s", times, t->until);
            time_of(out, last, "at");
        }
        buf_char(out, '\n');
    }
    int64_t left_out = json_get_int(incident, "events_left_out", 0);
    if (left_out > 0)
        buf_printf(out, "\n%s%s%lld\n", t->left_out, t->colon, (long long)left_out);
}

void markdown_report(struct buf *out, const json *incident, int64_t written_at, int64_t revision, bool chinese)
{
    const struct words *t = chinese ? &chinese_words : &english;
    const json *verdict = json_get(incident, "verdict");
    AUTO_BUF struct buf written = { 0 };
    time_text(&written, written_at);
    buf_str(out, "# ");
    markdown_escape(out, in_language(incident, "title", chinese));
    buf_str(out, "\n\n");
    facts(out, incident, t);
    causes(out, incident, t, chinese);
    reasons(out, json_get(verdict, "victims"), &(struct section){ t->affected, "object", "why", NULL }, chinese);
    reasons(out, json_get(incident, "joined"), &(struct section){ t->joined, "object", "why", NULL }, chinese);
    reasons(out, json_get(verdict, "changes"), &(struct section){ t->changed, "object", "text", NULL }, chinese);
    reasons(out, json_get(verdict, "ruled_out"), &(struct section){ t->ruled_out, "code", "why", NULL }, chinese);
    reasons(out, json_get(verdict, "not_checked"), &(struct section){ t->not_checked, "what", "why", t->nothing_unchecked }, chinese);
    timeline(out, incident, t, chinese);
    buf_str(out, "\n---\n\n");
    long long calls = (long long)json_get_int(verdict, "calls", 0), ms = (long long)json_get_int(verdict, "ms", 0);
    if (chinese)
        buf_printf(out, "第 %lld 版，%s UTC 由规则生成，未使用模型。读取 API server %lld 次，耗时 %lld 毫秒。\n", (long long)revision, buf_text(&written), calls, ms);
    else
        buf_printf(out, "Revision %lld, written %s UTC by rules alone, no model. %lld API calls, %lld ms.\n", (long long)revision, buf_text(&written), calls, ms);
}
