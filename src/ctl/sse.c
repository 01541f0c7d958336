#include "ctl/sse.h"

#include <string.h>

void sse_init(struct sse *s, void (*item)(void *arg, const char *event, const char *data, size_t size), void *arg)
{
    *s = (struct sse){ .item = item, .arg = arg };
    buf_init(&s->line, SSE_MAX);
    buf_init(&s->data, SSE_MAX);
}

void sse_fini(struct sse *s)
{
    buf_fini(&s->line);
    buf_fini(&s->data);
}

static void forget_item(struct sse *s)
{
    buf_reset(&s->data);
    s->event[0] = '\0';
    s->has_data = s->has_id = false;
}

void sse_reset(struct sse *s)
{
    buf_reset(&s->line);
    forget_item(s);
    s->skip_lf = false;
}

static void finish_item(struct sse *s)
{
    if (s->has_id)
        memcpy(s->id, s->pending_id, sizeof s->id);
    if (s->data.cut)
        s->left_out++;
    else if (s->has_data)
        s->item(s->arg, s->event[0] ? s->event : "message", buf_text(&s->data), s->data.size);
    forget_item(s);
}

static void add_data(struct sse *s, const char *value)
{
    if (s->has_data)
        buf_char(&s->data, '\n');
    s->has_data = true;
    buf_str(&s->data, value);
}

static void finish_line(struct sse *s)
{
    char *line = s->line.data ? s->line.data : (char[]){ 0 };
    char *colon = strchr(line, ':');
    const char *value = "";
    if (s->line.cut)
        s->data.cut = true;    /* the item is not whole */
    if (!line[0]) {
        finish_item(s);
    } else if (colon != line) {
        if (colon) {
            *colon = '\0';
            value = colon[1] == ' ' ? colon + 2 : colon + 1;
        }
        if (str_eq(line, "data"))
            add_data(s, value);
        else if (str_eq(line, "event"))
            (void)str_copy(s->event, sizeof s->event, value);    /* no kind of ours is that long */
        else if (str_eq(line, "id"))
            s->has_id = !str_copy(s->pending_id, sizeof s->pending_id, value);
    }
    buf_reset(&s->line);
}

void sse_push(struct sse *s, const char *data, size_t size)
{
    for (const char *end = data + size; data < end;) {
        if (s->skip_lf && *data == '\n') {
            s->skip_lf = false;
            data++;
            continue;
        }
        s->skip_lf = false;
        const char *stop = data;
        while (stop < end && *stop != '\n' && *stop != '\r')
            stop++;
        buf_add(&s->line, data, (size_t)(stop - data));
        if (stop == end)
            return;
        s->skip_lf = *stop == '\r';
        finish_line(s);
        data = stop + 1;
    }
}
