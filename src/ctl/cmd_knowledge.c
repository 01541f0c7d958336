#include <string.h>

#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/table.h"

static const struct column columns[] = {
    { "ID", "ID", .leaves = 0 },
    { "SOURCE", "来源", .wide = true },
    { "SCORE", "相关度", .wide = true, .right = true },
    { "TITLE", "标题", .text = 16 },
};

static void view_list(struct ctl *c, const json *list)
{
    struct table *t = table_new(c, columns, COUNT(columns));
    for (struct json_iter i = json_iter(json_get(list, "items")); json_next(&i);) {
        table_cell(t, TONE_ACCENT, json_get_str(i.value, "id"));
        table_cell(t, TONE_PLAIN, json_get_str(i.value, "source"));
        table_printf(t, TONE_PLAIN, "%.2f", json_real(json_get(i.value, "score"), 0));
        table_cell(t, TONE_STRONG, ctl_text(c, i.value, "title"));
    }
    if (table_rows(t) == 0)
        fprintf(c->out, "%s\n", tr(c, "Nothing matches these words; try fewer of them.", "没有匹配的条目；请减少关键词再试。"));
    table_print(t);
    table_free(t);
}

static void view_entry(const struct ctl *c, const json *entry)
{
    AUTO_BUF struct buf shown = { 0 };
    tone_print(c, TONE_STRONG, ctl_text(c, entry, "title"));
    if (json_get_str(entry, "code")) {
        AUTO_FREE char *code = str_printf("  (%s)", json_get_str(entry, "code"));
        tone_print(c, TONE_DIM, code);
    }
    str_terminal(&shown, ctl_text(c, entry, "text"), true);
    fprintf(c->out, "\n\n%s\n", buf_text(&shown));
}

static void view(struct ctl *c, void *arg, const json *value)
{
    (void)arg;
    if (json_is_array(json_get(value, "items")))
        view_list(c, value);
    else
        view_entry(c, value);
}

/* One word with a dot or a dash may be an id: then its entry is shown, if there is one. */
static bool may_be_id(const struct ctl *c)
{
    return c->n_args == 1 && strpbrk(c->args[0], ".-:") && !strchr(c->args[0], ' ');
}

static struct json_doc *fetch_entry(struct ctl *c)
{
    struct err ignored;
    AUTO_ANSWER struct api_answer answer = { 0 };
    AUTO_BUF struct buf path = { 0 };
    buf_str(&path, "/api/v1/knowledge/");
    api_segment(&path, c->args[0]);
    if (api_get(c, buf_text(&path), &answer, &ignored))
        return NULL;    /* no such entry: it is searched for, which says what else is wrong */
    struct json_doc *doc = answer.doc;
    answer.doc = NULL;
    return doc;
}

static struct json_doc *fetch(struct ctl *c, void *arg, struct err *e)
{
    (void)arg;
    struct json_doc *entry = may_be_id(c) ? fetch_entry(c) : NULL;
    if (entry)
        return entry;
    AUTO_BUF struct buf path = { 0 }, words = { 0 };
    for (int i = 0; i < c->n_args; i++)
        buf_printf(&words, "%s%s", i ? " " : "", c->args[i]);
    buf_str(&path, "/api/v1/knowledge");
    api_param(&path, "q", buf_text(&words));
    api_param(&path, "lang", c->zh ? "zh" : "en");
    return api_list(c, buf_text(&path), c->options.limit, e);
}

int cmd_knowledge(struct ctl *c)
{
    return show_run(c, &(struct show){ .fetch = fetch, .view = view });
}
