#include <string.h>

#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/filter.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/when.h"
#include "ctl/words.h"

#define FILTERS "cluster namespace kind name reason severity type since until query"

static const struct column columns[] = {
    { "TIME", "时间", .leaves = 0 },
    { "CLUSTER", "集群", .leaves = 2 },
    { "SEVERITY", "级别", .leaves = 3 },
    { "REASON", "原因", .text = 14 },
    { "OBJECT", "对象", .text = 14 },
    { "COUNT", "次数", .right = true, .leaves = 4 },
    { "NODE", "节点", .wide = true },
    { "INCIDENT", "所属故障", .wide = true },
    { "ID", "ID", .wide = true },
    { "MESSAGE", "内容", .text = 18, .leaves = 1 },
};

/* "Pod/shop/cart-1" of the event's involved object. */
static char *object_of(const json *event)
{
    const json *involved = json_get(event, "involved");
    const char *space = json_get_str(involved, "namespace");
    if (!json_get_str(involved, "name"))
        return NULL;
    return str_printf("%s/%s%s%s", str_or_empty(json_get_str(involved, "kind")), str_or_empty(space), space && space[0] ? "/" : "", json_get_str(involved, "name"));
}

static void row(const struct ctl *c, struct table *t, const json *event, int64_t now_ms)
{
    const char *severity = json_get_str(event, "severity");
    char at[WHEN_SIZE];
    AUTO_FREE char *object = object_of(event);
    when_clock(event, "timestamp", now_ms, at);
    table_cell(t, TONE_DIM, at);
    table_cell(t, TONE_PLAIN, json_get_str(event, "cluster_id"));
    table_cell(t, tone_of_severity(severity), words_tr(c, severity));
    table_cell(t, TONE_STRONG, json_get_str(event, "reason"));
    table_cell(t, TONE_PLAIN, object);
    table_printf(t, TONE_PLAIN, "%lld", (long long)json_get_int(event, "count", 1));
    table_cell(t, TONE_PLAIN, json_get_str(event, "node"));
    table_cell(t, TONE_ACCENT, json_get_str(event, "incident_id"));
    table_cell(t, TONE_DIM, json_get_str(event, "id"));
    table_cell(t, TONE_PLAIN, json_get_str(event, "message"));
}

/* Central has the newest first; on a terminal the newest belongs where the eye is, at the end. */
static void view(struct ctl *c, void *arg, const json *list)
{
    (void)arg;
    int64_t now_ms = clock_wall_ms();
    const json *items = json_get(list, "items");
    size_t count = json_count(items);
    struct table *t = table_new(c, columns, COUNT(columns));
    AUTO_FREE const json **in_order = mem_alloc(sizeof *in_order * (count + 1));
    for (struct json_iter i = json_iter(items); json_next(&i);)
        in_order[count - 1 - i.index] = i.value;
    for (size_t i = 0; i < count; i++)
        row(c, t, in_order[i], now_ms);
    if (count == 0)
        fprintf(c->out, "%s\n", tr(c, "No event matches. Widen the filters, or see whether anything was missed: aetherctl gaps", "没有符合条件的事件。请放宽过滤条件，或查看是否有缺口：aetherctl gaps"));
    table_print(t);
    table_free(t);
}

static struct json_doc *fetch(struct ctl *c, void *arg, struct err *e)
{
    (void)arg;
    return filter_list(c, "/api/v1/events", FILTERS, e);
}

/* ---- following ---- */

struct follower {
    struct ctl *c;
};

static bool fits(const char *wanted, const char *value)
{
    return !wanted[0] || (value && str_eq_nocase(wanted, value));
}

static bool is_wanted(const struct ctl_options *o, const json *event)
{
    const json *involved = json_get(event, "involved");
    const char *message = json_get_str(event, "message"), *space = json_get_str(event, "namespace");
    return fits(o->cluster, json_get_str(event, "cluster_id")) && fits(o->namespace_, space ? space : json_get_str(involved, "namespace")) && fits(o->kind, json_get_str(involved, "kind")) &&
           fits(o->name, json_get_str(involved, "name")) && fits(o->reason, json_get_str(event, "reason")) && fits(o->severity, json_get_str(event, "severity")) &&
           fits(o->type, json_get_str(event, "type")) && (!o->query[0] || (message && strcasestr(message, o->query)));
}

/* One line; the columns have the widths that most events need, because nobody knows the next one. */
static void print_line(const struct ctl *c, const json *event)
{
    char at[WHEN_SIZE];
    const char *severity = json_get_str(event, "severity");
    AUTO_FREE char *object = object_of(event);
    AUTO_FREE char *place = str_printf("%s %s", str_or_empty(json_get_str(event, "cluster_id")), str_or_empty(object));
    when_clock(event, "timestamp", clock_wall_ms(), at);
    fprintf(c->out, "%s%s%s  ", tone_begin(c, TONE_DIM), at, tone_end(c, TONE_DIM));
    tone_print(c, tone_of_severity(severity), words_tr(c, severity));
    fputs("  ", c->out);
    tone_print(c, TONE_PLAIN, place);
    fputs("  ", c->out);
    tone_print(c, TONE_STRONG, json_get_str(event, "reason"));
    fputs("  ", c->out);
    tone_print(c, TONE_PLAIN, json_get_str(event, "message"));
    fputc('\n', c->out);
}

static bool on_item(void *arg, const char *kind, const json *item)
{
    struct follower *f = arg;
    if (str_eq(kind, "reset"))
        fprintf(stderr, "aetherctl: %s\n", tr(f->c, "some events were missed here; aetherctl events shows them", "此处有事件未能跟上；用 aetherctl events 查看"));
    else if (str_eq(kind, "event") && is_wanted(&f->c->options, item)) {
        if (ctl_is_data(f->c))
            show_data(f->c, item);
        else
            print_line(f->c, item);
        return fflush(f->c->out) == 0;    /* the reader has gone */
    }
    return true;
}

static void on_break(void *arg, const struct err *err)
{
    struct follower *f = arg;
    fprintf(stderr, "aetherctl: %s: %s\n", tr(f->c, "the stream broke off, trying again", "数据流中断，正在重连"), err->text);
}

int cmd_events(struct ctl *c)
{
    if (!c->options.watch)
        return show_run(c, &(struct show){ .fetch = fetch, .view = view });
    struct follower f = { .c = c };
    api_follow(c, &(struct api_follow){ .path = "/api/v1/stream?kinds=event", .on_item = on_item, .on_break = on_break, .arg = &f });
    return EXIT_FINE;
}
