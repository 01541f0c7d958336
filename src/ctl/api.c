#include "ctl/api.h"

#include <string.h>

#include "base/clock.h"
#include "ctl/sse.h"
#include "http/client.h"

#define BODY_MAX    ((size_t)64 << 20)
#define PAGE_MAX    500
#define SILENCE_MS  45000    /* three comments of the stream are missing */
#define PAUSE_FIRST 500
#define PAUSE_MOST  30000

void api_answer_fini(struct api_answer *a)
{
    json_doc_free(a->doc);
    free(a->text);
    *a = (struct api_answer){ 0 };
}

static struct http_client *client(struct ctl *c)
{
    if (!c->http)
        c->http = http_client_new(c->loop, NULL, 2);
    return c->http;
}

void api_close(struct ctl *c)
{
    http_client_free(c->http);
    c->http = NULL;
}

struct waiting {
    struct ctl *c;
    struct api_answer *out;
    struct err err;
    bool failed;
};

static void on_done(void *arg, const struct http_answer *answer)
{
    struct waiting *w = arg;
    w->failed = answer->err != NULL;
    if (answer->err)
        w->err = *answer->err;
    w->out->status = answer->status;
    w->out->text = str_ndup(str_or_empty(answer->body), answer->size);
    w->out->size = answer->size;
    loop_stop(w->c->loop);
}

/* What central said of a status, and what the reader can do. */
static int refuse(const struct api_answer *a, struct err *e)
{
    AUTO_BUF struct buf detail = { 0 };
    str_terminal(&detail, str_or_empty(json_get_str(json_root(a->doc), "detail")), false);
    switch (a->status) {
    case 404: return err_set(e, ERR_NOT_FOUND, "%s", detail.size ? buf_text(&detail) : "central does not know it; is this address central's?");
    case 503:
    case 504: return err_set(e, ERR_UNAVAILABLE, "%s; see: aetherctl status", buf_text(&detail));
    default: return err_set(e, a->status == 409 ? ERR_CONFLICT : ERR_INVALID, "%s", detail.size ? buf_text(&detail) : "central refused the request");
    }
}

static int ask(struct ctl *c, const struct http_get *get, struct api_answer *out, struct err *e)
{
    struct err ignored;
    *out = (struct api_answer){ 0 };
    struct waiting w = { .c = c, .out = out };
    http_call(client(c), get, NULL, on_done, &w);
    loop_run(c->loop);
    if (w.failed) {
        *e = w.err;
        e->kind = ERR_UNAVAILABLE;
        return -1;
    }
    out->doc = json_parse(out->text, out->size, &json_list_limits, &ignored);
    if (out->status >= 200 && out->status < 300)
        return 0;
    return refuse(out, e);
}

static char *address(const struct ctl *c, const char *path)
{
    size_t size = strlen(c->options.server);
    while (size > 0 && c->options.server[size - 1] == '/')
        size--;
    return str_printf("%s%.*s%s", strstr(c->options.server, "://") ? "" : "http://", (int)size, c->options.server, path);
}

int api_get(struct ctl *c, const char *path, struct api_answer *out, struct err *e)
{
    AUTO_FREE char *url = address(c, path);
    return ask(c, &(struct http_get){ .url = url, .total_ms = c->options.timeout_ms, .body_max = BODY_MAX }, out, e);
}

int api_post(struct ctl *c, const char *path, const char *body, struct api_answer *out, struct err *e)
{
    AUTO_FREE char *url = address(c, path);
    const char *const headers[] = { "Content-Type: application/json", NULL };
    return ask(c, &(struct http_get){ .method = "POST", .url = url, .headers = headers, .body = body, .body_size = strlen(body), .total_ms = c->options.timeout_ms, .body_max = BODY_MAX },
               out, e);
}

void api_param(struct buf *path, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    AUTO_FREE char *escaped = http_escape(value);
    buf_printf(path, "%c%s=%s", strchr(buf_text(path), '?') ? '&' : '?', name, escaped);
}

int api_param_time(struct buf *path, const char *name, const char *value, int64_t now_ms, struct err *e)
{
    int64_t ago_ms, time_ms;
    char text[CLOCK_TEXT_SIZE];
    if (!value[0])
        return 0;
    if (clock_parse_duration(value, &ago_ms) == 0 && ago_ms >= 0)
        time_ms = now_ms - ago_ms;
    else if (clock_parse(value, &time_ms))
        return err_set(e, ERR_INVALID, "--%s: \"%.40s\" is neither a time (2026-01-02T03:04:05Z) nor how long ago (2h, 30m)", name, value);
    clock_format(time_ms, text);
    api_param(path, name, text);
    return 0;
}

void api_segment(struct buf *path, const char *segment)
{
    AUTO_FREE char *escaped = http_escape(segment);
    buf_str(path, escaped);
}

/* ---- lists ---- */

struct json_doc *api_list(struct ctl *c, const char *path, int64_t limit, struct err *e)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    AUTO_FREE char *cursor = str_dup("");
    int64_t taken = 0;
    json_w_object(w, NULL);
    json_w_array(w, "items");
    do {
        AUTO_ANSWER struct api_answer page = { 0 };
        AUTO_BUF struct buf address_ = { 0 };
        char size[24];
        (void)snprintf(size, sizeof size, "%lld", (long long)(limit - taken < PAGE_MAX ? limit - taken : PAGE_MAX));
        buf_str(&address_, path);
        api_param(&address_, "limit", size);
        api_param(&address_, "cursor", cursor);
        if (api_get(c, buf_text(&address_), &page, e))
            return NULL;
        if (!json_is_array(json_get(json_root(page.doc), "items"))) {
            err_set(e, ERR_INVALID, "%s does not answer as central does; is the address right?", c->options.server);
            return NULL;
        }
        int64_t before = taken;
        for (struct json_iter i = json_iter(json_get(json_root(page.doc), "items")); taken < limit && json_next(&i); taken++)
            json_w_copy(w, NULL, i.value);
        free(cursor);
        cursor = str_dup(taken > before ? str_or_empty(json_get_str(json_root(page.doc), "next")) : "");
    } while (cursor[0] && taken < limit);
    json_w_end(w);
    json_w_str(w, "next", cursor);
    json_w_end(w);
    size_t size;
    AUTO_FREE char *text = json_w_take(w, &size);
    return json_parse(text, size, &json_list_limits, e);
}

/* ---- the stream ---- */

struct following {
    struct ctl *c;
    const struct api_follow *follow;
    struct sse sse;
    struct timer pause;
    struct http_call *call;
    char *url;
    int failures;
    uint64_t dice;
    bool over;
};

static void open_stream(void *arg);

static void on_item(void *arg, const char *event, const char *data, size_t size)
{
    struct following *f = arg;
    struct err ignored;
    AUTO_JSON struct json_doc *doc = json_parse(data, size, &json_wire_limits, &ignored);
    f->failures = 0;
    if (f->over || !doc)
        return;
    f->over = !f->follow->on_item(f->follow->arg, event, json_root(doc));
    if (f->over)
        loop_stop(f->c->loop);
}

static bool on_begin(void *arg, int status)
{
    (void)arg;
    return status == 200;
}

static void on_data(void *arg, const char *data, size_t size)
{
    struct following *f = arg;
    sse_push(&f->sse, data, size);
}

static void on_stream_end(void *arg, const struct http_answer *answer)
{
    struct following *f = arg;
    struct err e;
    f->call = NULL;
    sse_reset(&f->sse);
    if (answer->err)
        e = *answer->err;
    else
        err_set(&e, ERR_UNAVAILABLE, answer->status == 200 ? "central ended the stream" : "central answered %d", answer->status);
    if (f->over)
        return;
    f->follow->on_break(f->follow->arg, &e);
    timer_start(&f->pause, f->c->loop, clock_back_off_ms(++f->failures, PAUSE_FIRST, PAUSE_MOST, &f->dice), open_stream, f);
}

static void open_stream(void *arg)
{
    static const struct http_stream_handlers handlers = { .begin = on_begin, .data = on_data };
    struct following *f = arg;
    AUTO_FREE char *since = f->sse.id[0] ? str_printf("Last-Event-ID: %s", f->sse.id) : NULL;
    const char *const headers[] = { "Accept: text/event-stream", since, NULL };
    f->call = http_call(client(f->c), &(struct http_get){ .url = f->url, .headers = headers, .silence_ms = SILENCE_MS }, &handlers, on_stream_end, f);
}

void api_follow(struct ctl *c, const struct api_follow *follow)
{
    struct following f = { .c = c, .follow = follow, .url = address(c, follow->path), .dice = (uint64_t)clock_mono_us() };
    sse_init(&f.sse, on_item, &f);
    open_stream(&f);
    loop_run(c->loop);
    timer_stop(&f.pause);
    if (f.call)
        http_call_cancel(f.call);
    sse_fini(&f.sse);
    free(f.url);
}
