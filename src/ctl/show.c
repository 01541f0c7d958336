#include "ctl/show.h"

#include "ctl/render.h"

#define WATCH_MS 2000
#define CLEAR    "\x1b[H\x1b[2J\x1b[3J"

void show_data(const struct ctl *c, const json *value)
{
    AUTO_BUF struct buf text = { 0 };
    if (c->options.output == OUTPUT_YAML) {
        render_yaml(&text, value);
        if (c->options.watch)
            buf_str(&text, "---\n");
    } else if (c->options.watch) {
        render_json_line(&text, value);
    } else {
        render_json(&text, value);
    }
    (void)fwrite(buf_text(&text), 1, text.size, c->out);    /* a broken pipe shows at the last flush */
}

static void stop(void *arg)
{
    loop_stop(arg);
}

static void wait_ms(struct ctl *c, int64_t ms)
{
    struct timer timer = { 0 };
    timer_start(&timer, c->loop, ms, stop, c->loop);
    loop_run(c->loop);
    timer_stop(&timer);
}

static void print_one(struct ctl *c, const struct show *show, const json *value)
{
    if (ctl_is_data(c)) {
        show_data(c, value);
        return;
    }
    if (c->options.watch && c->terminal)
        fputs(CLEAR, c->out);
    show->view(c, show->arg, value);
}

int show_run(struct ctl *c, const struct show *show)
{
    AUTO_FREE char *last = NULL;
    do {
        struct err e;
        AUTO_JSON struct json_doc *doc = show->fetch(c, show->arg, &e);
        if (!doc && (!c->options.watch || !last))
            return ctl_fail(c, &e);
        char *text = json_text(json_root(doc), NULL);
        if (doc && (!str_eq(text, last) || (c->terminal && !ctl_is_data(c))))    /* on a terminal ages go on although nothing else does */
            print_one(c, show, json_root(doc));
        if (!doc)
            (void)ctl_fail(c, &e);    /* said; the next round may be better */
        (void)fflush(c->out);
        if (text) {
            free(last);
            last = text;
        }
        if (c->options.watch)
            wait_ms(c, WATCH_MS);
    } while (c->options.watch);
    return EXIT_FINE;
}
