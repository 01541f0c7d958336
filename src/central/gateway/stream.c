#include "central/gateway/stream.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/metric.h"
#include "base/str.h"
#include "central/gateway/query_params.h"

#define RESET_MAX 64    /* bytes of a reset */

static struct metric metrics[] = {
    { "aetherius_stream_items_total", METRIC_COUNTER, "kind", "Items for the live stream.", NULL },
    { "aetherius_stream_readers", METRIC_GAUGE, NULL, "Readers of the live stream.", NULL },
    { "aetherius_stream_slow_total", METRIC_COUNTER, NULL, "Readers let go because they could not keep up.", NULL },
    { "aetherius_stream_refused_total", METRIC_COUNTER, NULL, "Readers refused because there were too many.", NULL },
    { "aetherius_stream_oversize_total", METRIC_COUNTER, NULL, "Items too large for the stream, told as a reset.", NULL },
};
METRIC_DECLARE(metrics);
enum { M_ITEMS, M_READERS, M_SLOW, M_REFUSED, M_OVERSIZE };

/* One place in the ring: the event as it goes over the line. */
struct item {
    char kind[16];
    char *text;
    size_t size;
};

struct reader {
    struct reader *prev, *next;
    struct stream *owner;
    struct http_stream *line;
    char *kinds;                  /* "event,incident"; NULL: all       */
    bool leaving;                 /* told to go: gets nothing more     */
};

struct stream {
    struct gateway *g;
    struct item ring[STREAM_RING];
    size_t first, count, bytes;   /* the oldest's place, how many, their text */
    uint64_t last;                /* id of the newest item             */
    struct reader *readers;
    size_t n_readers;
};

struct stream *stream_new(struct gateway *g)
{
    metric_register(metrics, COUNT(metrics));
    struct stream *s = mem_alloc(sizeof *s);
    *s = (struct stream){ .g = g, .last = (uint64_t)g->started_at * 1000 };
    return s;
}

static void forget_oldest(struct stream *s)
{
    struct item *i = &s->ring[s->first];
    s->bytes -= i->size;
    free(i->text);
    *i = (struct item){ 0 };
    s->first = (s->first + 1) % STREAM_RING;
    s->count--;
}

/* The readers have seen their end when the server was freed. */
void stream_free(struct stream *s)
{
    if (!s)
        return;
    assert(!s->readers);
    while (s->count > 0)
        forget_oldest(s);
    free(s);
}

static void on_closed(void *arg)
{
    struct reader *r = arg;
    struct stream *s = r->owner;
    *(r->prev ? &r->prev->next : &s->readers) = r->next;
    if (r->next)
        r->next->prev = r->prev;
    metric_set(&metrics[M_READERS], NULL, (double)--s->n_readers);
    free(r->kinds);
    free(r);
}

/* "event,incident" holds "incident". */
static bool wants(const struct reader *r, const char *kind)
{
    size_t size = strlen(kind);
    for (const char *at = r->kinds; at && *at;) {
        at += strspn(at, ", ");
        size_t n = strcspn(at, ", ");
        if (n == size && memcmp(at, kind, n) == 0)
            return true;
        at += n;
    }
    return !r->kinds;
}

/* What was missed must be loaded; what comes from here on can be resumed. */
static size_t write_reset(const struct stream *s, char out[RESET_MAX])
{
    return (size_t)snprintf(out, RESET_MAX, "id: %llu\nevent: reset\ndata: {}\n\n", (unsigned long long)s->last);
}

/* The buffer keeps room for a reset beyond STREAM_BUFFER. */
static void dismiss(struct reader *r)
{
    char reset[RESET_MAX];
    size_t size = write_reset(r->owner, reset);
    r->leaving = true;
    metric_add(&metrics[M_SLOW], NULL, 1);
    if (http_stream_send(r->line, reset, size))
        http_stream_cut(r->line);
    else
        http_stream_end(r->line);
}

static void give(struct reader *r, const char *text, size_t size)
{
    if (r->leaving)
        return;
    if (http_stream_waiting(r->line) + size > STREAM_BUFFER || http_stream_send(r->line, text, size))
        dismiss(r);
}

static void give_all(struct stream *s, const char *kind, const char *text, size_t size)
{
    for (struct reader *r = s->readers, *next; r; r = next) {
        next = r->next;
        if (!kind || wants(r, kind))
            give(r, text, size);
    }
}

/* Nothing before this moment can be resumed: who comes with an older id is reset. */
static void forget_all(struct stream *s)
{
    while (s->count > 0)
        forget_oldest(s);
    s->last++;
}

static void keep(struct stream *s, const char *kind, char *text, size_t size)
{
    while (s->count == STREAM_RING || (s->count > 0 && s->bytes + size > STREAM_RING_BYTES))
        forget_oldest(s);
    struct item *i = &s->ring[(s->first + s->count++) % STREAM_RING];
    *i = (struct item){ .text = text, .size = size };
    (void)str_copy(i->kind, sizeof i->kind, kind);
    s->bytes += size;
}

void stream_publish(struct stream *s, const char *kind, const json *item)
{
    size_t size;
    AUTO_FREE char *data = json_text(item, &size);
    metric_add(&metrics[M_ITEMS], kind, 1);
    if (size > STREAM_ITEM_BYTES) {
        metric_add(&metrics[M_OVERSIZE], NULL, 1);
        forget_all(s);
        char reset[RESET_MAX];
        size = write_reset(s, reset);
        give_all(s, NULL, reset, size);
        return;
    }
    struct buf text = { 0 };
    buf_printf(&text, "id: %llu\nevent: %s\ndata: ", (unsigned long long)++s->last, kind);
    buf_add(&text, data, size);
    buf_str(&text, "\n\n");
    char *line = buf_take(&text, &size);
    keep(s, kind, line, size);
    give_all(s, kind, line, size);
}

void stream_comment(struct stream *s)
{
    static const char text[] = ": still here\n\n";
    give_all(s, NULL, text, sizeof text - 1);
}

/* Gives what came after the id, or a reset when that is not known any more. */
static void resume(struct stream *s, struct reader *r, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t id = digits > 0 && digits < 19 && !text[digits] ? strtoull(text, NULL, 10) : 0;
    if (id > s->last || id + s->count < s->last) {
        char reset[RESET_MAX];
        size_t size = write_reset(s, reset);
        give(r, reset, size);
        return;
    }
    for (size_t i = s->count - (size_t)(s->last - id); i < s->count && !r->leaving; i++) {
        const struct item *item = &s->ring[(s->first + i) % STREAM_RING];
        if (wants(r, item->kind))
            give(r, item->text, item->size);
    }
}

/* A newcomer learns the place where the stream stands, so that it can resume there before an item has come. */
static void greet(struct stream *s, struct reader *r, const char *since)
{
    char hello[64];
    int size = snprintf(hello, sizeof hello, ": connected\nretry: 3000\n\n");
    if (!since[0])
        size = snprintf(hello, sizeof hello, ": connected\nretry: 3000\nid: %llu\n\n", (unsigned long long)s->last);
    give(r, hello, (size_t)size);
    if (since[0])
        resume(s, r, since);
}

void stream_open(void *gateway, struct http_exchange *x)
{
    struct stream *s = ((struct gateway *)gateway)->stream;
    struct err e;
    if (query_params_check(x, route_of(x), &e)) {
        http_reply_problem(x, 400, "%s", e.text);
        return;
    }
    if (s->n_readers >= STREAM_READERS_MAX) {
        metric_add(&metrics[M_REFUSED], NULL, 1);
        http_set_header(x, "Retry-After", "10");
        http_reply_problem(x, 503, "%d readers follow the stream already; close some pages", STREAM_READERS_MAX);
        return;
    }
    const char *kinds = http_query(x, "kinds"), *since = http_header(x, "Last-Event-ID");
    AUTO_FREE char *since_kept = str_dup(since);
    struct reader *r = mem_alloc(sizeof *r);
    *r = (struct reader){ .next = s->readers, .owner = s, .kinds = kinds && kinds[0] ? str_dup(kinds) : NULL };
    if (r->next)
        r->next->prev = r;
    s->readers = r;
    metric_set(&metrics[M_READERS], NULL, (double)++s->n_readers);
    http_set_header(x, "X-Accel-Buffering", "no");    /* nginx would hold the items back */
    r->line = http_stream_begin(x, 200, "text/event-stream", STREAM_BUFFER + RESET_MAX, on_closed, r);
    greet(s, r, str_or_empty(since_kept));
}
