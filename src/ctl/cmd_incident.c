#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/finding.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/when.h"

#define STEPS_MAX 12    /* newest of the timeline; -o wide shows all */

static void view_timeline(const struct ctl *c, const json *list, int64_t now_ms)
{
    size_t count = json_count(list), first = count > STEPS_MAX && c->options.output != OUTPUT_WIDE ? count - STEPS_MAX : 0;
    if (count == 0)
        return;
    fprintf(c->out, "\n  %s%s%s\n", tone_begin(c, TONE_DIM), tr(c, "timeline", "时间线"), tone_end(c, TONE_DIM));
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        char at[WHEN_SIZE];
        if (i.index < first)
            continue;
        when_clock(i.value, "at", now_ms, at);
        fprintf(c->out, "  %-14s ", at);
        tone_print(c, tone_of_severity(json_get_str(i.value, "severity")), json_get_str(i.value, "object"));
        fputs(json_get_str(i.value, "object") ? "  " : "", c->out);
        tone_print(c, TONE_PLAIN, ctl_text(c, i.value, "text"));
        fputc('\n', c->out);
    }
}

static void view(struct ctl *c, void *arg, const json *incident)
{
    (void)arg;
    int64_t now_ms = clock_wall_ms();
    finding_print(c, incident, FINDING_WHOLE, now_ms);
    view_timeline(c, json_get(incident, "timeline"), now_ms);
    if (json_get_bool(incident, "report", false)) {
        AUTO_FREE char *hint = str_printf("aetherctl report %s", str_or_empty(json_get_str(incident, "id")));
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
    buf_str(&path, "/api/v1/incidents/");
    api_segment(&path, c->args[0]);
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
