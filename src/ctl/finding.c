#include "ctl/finding.h"


#include "ctl/table.h"
#include "ctl/when.h"
#include "ctl/words.h"

#define LABEL_WIDTH 12
#define LINES_MAX   12    /* of one part; what is beyond is counted */

/* Each part names itself on its first line only. */
static void begin_line(const struct ctl *c, const char *label, size_t line)
{
    if (line == 0)
        fprintf(c->out, "  %s%s%s%*s", tone_begin(c, TONE_DIM), label, tone_end(c, TONE_DIM), (int)(LABEL_WIDTH > str_width(label) ? LABEL_WIDTH - str_width(label) : 1), "");
    else
        fprintf(c->out, "  %*s", LABEL_WIDTH, "");
}

static bool is_beyond(const struct ctl *c, const char *label, size_t line, size_t count)
{
    if (line < LINES_MAX || c->options.output == OUTPUT_WIDE)
        return false;
    if (line == LINES_MAX) {
        begin_line(c, label, line);
        fprintf(c->out, tr(c, "… and %zu more (-o wide)\n", "……还有 %zu 项（-o wide）\n"), count - LINES_MAX);
    }
    return true;
}

/* ---- the head ---- */

static void print_head(const struct ctl *c, const json *incident, const json *root, int64_t now_ms)
{
    const char *severity = str_or_empty(json_get_str(incident, "severity")), *state = json_get_str(incident, "state"), *word = words_tr(c, severity);
    char loud[24] = "", age[WHEN_SIZE];
    for (size_t i = 0; word[i] && i + 1 < sizeof loud; i++)    /* Chinese has no capitals: its bytes stay */
        loud[i] = (char)(word[i] >= 'a' && word[i] <= 'z' ? word[i] - 'a' + 'A' : word[i]);
    tone_print(c, TONE_STRONG, str_or_empty(json_get_str(incident, "cluster_id")));
    fputs("  ", c->out);
    tone_print(c, tone_of_severity(severity), loud);
    when_age(incident, str_eq(state, "closed") ? "closed_at" : "opened_at", now_ms, age);
    if (state) {
        fputs("  ", c->out);
        tone_print(c, tone_of_state(state), words_tr(c, state));
        fprintf(c->out, " %s", age);
    }
    const json *confidence = json_get(root, "confidence");
    if (json_is_number(confidence))
        fprintf(c->out, tr(c, "  confidence %.2f", "  置信度 %.2f"), json_real(confidence, 0));
    fputc('\n', c->out);
}

static void print_sentence(const struct ctl *c, const json *incident, const json *root)
{
    const char *sentence = root ? ctl_text(c, root, "statement") : "", *code = json_get_str(root, "code");
    const char *shown = sentence[0] ? sentence : ctl_text(c, incident, "title");
    if (!shown[0])
        shown = tr(c, "No cause has been found yet.", "尚未找到根因。");
    tone_print(c, TONE_STRONG, shown);
    if (code) {
        AUTO_FREE char *text = str_printf("  (%s)", code);
        tone_print(c, TONE_DIM, text);
    }
    fputc('\n', c->out);
}

/* ---- its parts ---- */

static size_t width_of(const json *list, const char *field)
{
    size_t width = 0;
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        AUTO_BUF struct buf shown = { 0 };
        str_terminal(&shown, str_or_empty(json_get_str(i.value, field)), false);
        size_t mine = str_width(buf_text(&shown));
        if (mine > width && mine <= 48)
            width = mine;
    }
    return width;
}

/* "source   text": two columns, the first as wide as its texts are. */
static void print_pair(const struct ctl *c, const char *left, size_t width, enum tone tone, const char *right)
{
    AUTO_BUF struct buf shown = { 0 };
    str_terminal(&shown, str_or_empty(left), false);
    size_t mine = str_width(buf_text(&shown));
    fprintf(c->out, "%s%*s  ", buf_text(&shown), (int)(width > mine ? width - mine : 0), "");
    tone_print(c, tone, right);
    fputc('\n', c->out);
}

static void print_evidence(const struct ctl *c, const json *root)
{
    const json *list = json_get(root, "evidence");
    const char *label = tr(c, "evidence", "证据");
    size_t width = width_of(list, "source");
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        if (is_beyond(c, label, i.index, json_count(list)))
            continue;
        begin_line(c, label, i.index);
        print_pair(c, json_get_str(i.value, "source"), width, TONE_PLAIN, json_get_str(i.value, "quote"));
    }
}

/* A list of things and why: victims, what was ruled out or not checked. */
static void print_reasons(const struct ctl *c, const json *list, const char *label, const char *what)
{
    size_t width = width_of(list, what);
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        if (is_beyond(c, label, i.index, json_count(list)))
            continue;
        begin_line(c, label, i.index);
        print_pair(c, json_get_str(i.value, what), width, TONE_PLAIN, ctl_text(c, i.value, "why"));
    }
}

static void print_changes(const struct ctl *c, const json *list, int64_t now_ms)
{
    const char *label = tr(c, "changed", "变更");
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        char at[WHEN_SIZE];
        if (is_beyond(c, label, i.index, json_count(list)))
            continue;
        when_clock(i.value, "at", now_ms, at);
        begin_line(c, label, i.index);
        if (at[0])
            fprintf(c->out, "%s  ", at);
        print_pair(c, json_get_str(i.value, "object"), 0, TONE_PLAIN, ctl_text(c, i.value, "text"));
    }
}

static void print_actions(const struct ctl *c, const json *root)
{
    const json *list = json_get(root, "actions");
    const char *label = tr(c, "do next", "下一步");
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        const char *command = json_get_str(i.value, "command"), *text = ctl_text(c, i.value, "text");
        if (is_beyond(c, label, i.index, json_count(list)))
            continue;
        begin_line(c, label, i.index);
        tone_print(c, TONE_PLAIN, text[0] ? text : json_get_str(i.value, "object"));
        fputc('\n', c->out);
        if (command && command[0]) {
            begin_line(c, "", 1);
            tone_print(c, TONE_ACCENT, command);
            fputc('\n', c->out);
        }
    }
}

/* One cause: its proof stands under it.  With several causes each has its own steps beside it, with one they come after everything that explains it. */
static void print_root(const struct ctl *c, const json *incident, const json *root, bool with_actions)
{
    print_sentence(c, incident, root);
    fputc('\n', c->out);
    print_evidence(c, root);
    if (with_actions)
        print_actions(c, root);
}

void finding_print_not_checked(const struct ctl *c, const json *list)
{
    print_reasons(c, list, tr(c, "not checked", "未检查"), "what");
}

void finding_print(const struct ctl *c, const json *incident, enum finding_parts parts, int64_t now_ms)
{
    const json *verdict = json_get(incident, "verdict"), *roots = json_get(verdict, "roots");
    bool several = json_count(roots) > 1;
    print_head(c, incident, json_at(verdict, "roots.0"), now_ms);
    for (struct json_iter i = json_iter(roots); json_next(&i);) {
        if (i.index > 0)
            fputc('\n', c->out);
        print_root(c, incident, i.value, several);
    }
    if (json_count(roots) == 0)
        print_root(c, incident, NULL, false);
    print_reasons(c, json_get(verdict, "victims"), tr(c, "affected", "受影响"), "object");
    print_changes(c, json_get(verdict, "changes"), now_ms);
    if (!several)
        print_actions(c, json_at(verdict, "roots.0"));
    print_reasons(c, json_get(verdict, "ruled_out"), tr(c, "ruled out", "已排除"), "code");
    if (parts == FINDING_WHOLE)
        finding_print_not_checked(c, json_get(verdict, "not_checked"));
}
