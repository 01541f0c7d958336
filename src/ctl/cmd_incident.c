#include <string.h>

#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/finding.h"
#include "ctl/reference.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/when.h"

#define STEPS_MAX 12    /* newest lines of the timeline; -o wide shows all */

/* One line of the timeline: equal ones are one, with how often and the last time. */
struct line {
    const json *entry, *last;
    size_t times, place;          /* its place in the list           */
};

/* Oldest first, as it happened.  The list has the newest first, so of the same time the later place happened earlier. */
static int by_time(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = strcmp(str_or_empty(json_get_str(x->entry, "at")), str_or_empty(json_get_str(y->entry, "at")));
    return order ? order : x->place > y->place ? -1 : 1;
}

static bool is_same(const json *a, const json *b)
{
    return str_eq(json_get_str(a, "object"), json_get_str(b, "object")) && str_eq(json_get_str(a, "text"), json_get_str(b, "text"));
}

static size_t fold(const json *list, struct line *lines)
{
    size_t count = json_count(list), kept = 0;
    for (struct json_iter i = json_iter(list); json_next(&i);)
        lines[i.index] = (struct line){ .entry = i.value, .place = i.index };
    qsort(lines, count, sizeof *lines, by_time);
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < kept && !is_same(lines[k].entry, lines[i].entry))
            k++;
        if (k == kept)
            lines[kept++] = (struct line){ .entry = lines[i].entry };
        lines[k].last = lines[i].entry;
        lines[k].times++;
    }
    return kept;
}

static void view_line(const struct ctl *c, const struct line *line, int64_t now_ms)
{
    char at[WHEN_SIZE], until[WHEN_SIZE];
    const char *object = json_get_str(line->entry, "object");
    when_clock(line->entry, "at", now_ms, at);
    when_clock(line->last, "at", now_ms, until);
    fprintf(c->out, "  %-8s  ", at);
    tone_print(c, tone_of_severity(json_get_str(line->entry, "severity")), object);
    fputs(object ? "  " : "", c->out);
    tone_print(c, TONE_PLAIN, ctl_text(c, line->entry, "text"));
    if (line->times > 1) {
        fprintf(c->out, "  %s\xc3\x97%zu", tone_begin(c, TONE_DIM), line->times);
        fprintf(c->out, tr(c, " until %s%s", "，最近一次 %s%s"), until, tone_end(c, TONE_DIM));
    }
    fputc('\n', c->out);
}

static void view_timeline(const struct ctl *c, const json *incident, int64_t now_ms)
{
    const json *list = json_get(incident, "timeline");
    int64_t left_out = json_get_int(incident, "events_left_out", 0);
    if (json_count(list) == 0)
        return;
    char zone[WHEN_SIZE];
    AUTO_FREE struct line *lines = mem_alloc(sizeof *lines * json_count(list));
    size_t count = fold(list, lines), first = count > STEPS_MAX && c->options.output != OUTPUT_WIDE ? count - STEPS_MAX : 0;
    when_zone(now_ms, zone);
    fprintf(c->out, "\n  %s%s%s  %s", tone_begin(c, TONE_DIM), tr(c, "timeline", "时间线"), tone_end(c, TONE_DIM), zone);
    if (first > 0)
        fprintf(c->out, tr(c, "  (%zu earlier: -o wide)", "（更早还有 %zu 条：-o wide）"), first);
    fputc('\n', c->out);
    for (size_t i = first; i < count; i++)
        view_line(c, &lines[i], now_ms);
    if (left_out > 0)
        fprintf(c->out, tr(c, "  %s(events between the first and the last ones that are not listed: %lld)%s\n", "  %s（中间另有 %lld 个事件未列出）%s\n"),
                tone_begin(c, TONE_DIM), (long long)left_out, tone_end(c, TONE_DIM));
}

static void view(struct ctl *c, void *arg, const json *incident)
{
    (void)arg;
    int64_t now_ms = clock_wall_ms();
    finding_print(c, incident, FINDING_WHOLE, now_ms);
    view_timeline(c, incident, now_ms);
    if (json_get_bool(incident, "report", false)) {
        AUTO_FREE char *hint = str_printf("aetherctl report %s", reference_short(json_get_str(incident, "id")));
        fprintf(c->out, "\n  %s", tr(c, "report      ", "报告        "));
        tone_print(c, TONE_ACCENT, hint);
        fputc('\n', c->out);
    }
}

static struct json_doc *fetch(struct ctl *c, void *arg, struct err *e)
{
    (void)arg;
    AUTO_ANSWER struct api_answer answer = { 0 };
    AUTO_BUF struct buf path = { 0 };
    AUTO_FREE char *id = reference_resolve(c, c->args[0], e);
    if (!id)
        return NULL;
    buf_str(&path, "/api/v1/incidents/");
    api_segment(&path, id);
    if (api_get(c, buf_text(&path), &answer, e))
        return NULL;
    struct json_doc *doc = answer.doc;
    answer.doc = NULL;
    return doc;
}

int cmd_incident(struct ctl *c)
{
    return show_run(c, &(struct show){ .fetch = fetch, .view = view });
}
