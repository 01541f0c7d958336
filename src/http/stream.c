/* An answer that goes on, as server-sent events do, with a bounded queue. */
#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "http/exchange.h"

/* How a stream's life goes: OPEN takes data; ENDING sends what waits and the last chunk; CUT drops the connection. */
enum stream_state { OPEN, ENDING, CUT };

struct http_stream {
    struct http_exchange *x; /* NULL: it began behind its reader's back */
    enum stream_state state;
    struct buf waiting;
    size_t read; /* bytes at its front that are gone already */
    size_t max;
    void (*closed)(void *arg);
    void *arg;
    struct timer farewell;
};

static void finish(struct http_stream *s)
{
    if (s->closed)
        s->closed(s->arg);
    buf_fini(&s->waiting);
    free(s);
}

void stream_closed(struct http_stream *s)
{
    finish(s);
}

static void on_farewell(void *arg)
{
    finish(arg);
}

size_t http_stream_waiting(const struct http_stream *s)
{
    return s->waiting.size - s->read;
}

/* The library wants the next bytes. */
static ssize_t on_read(void *arg, uint64_t position, char *out, size_t max)
{
    (void)position;
    struct http_stream *s = arg;
    struct http_exchange *x = s->x;
    size_t size = http_stream_waiting(s);
    if (s->state == CUT || x->lost || x->server->closing)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (size == 0 && s->state == ENDING)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (size == 0) {
        exchange_suspend(x);
        return 0;
    }
    if (size > max)
        size = max;
    memcpy(out, s->waiting.data + s->read, size);
    s->read += size;
    if (s->read == s->waiting.size) {
        buf_reset(&s->waiting);
        s->read = 0;
    }
    return (ssize_t)size;
}

struct http_stream *http_stream_begin(struct http_exchange *x, int status, const char *content_type, size_t buffer_max,
                                      void (*closed)(void *arg), void *arg)
{
    struct http_stream *s = mem_alloc(sizeof *s);
    *s = (struct http_stream){ .x = x, .max = buffer_max, .closed = closed, .arg = arg };
    struct MHD_Response *answer = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, on_read, s, NULL);
    if (x->connection) {
        x->stream = s;
    } else {
        s->x = NULL;
        timer_start(&s->farewell, x->loop, 0, on_farewell, s);
    }
    exchange_set_answer(x, status, answer, content_type);
    return s;
}

int http_stream_send(struct http_stream *s, const void *data, size_t size)
{
    assert(s->state == OPEN);
    if (!s->x || s->x->lost)
        return 0;
    if (size > s->max || http_stream_waiting(s) > s->max - size) {
        server_count_full();
        return 1;
    }
    if (s->read > 0 && s->read >= s->waiting.size / 2) { /* not at every read, which would copy the rest each time */
        buf_drop(&s->waiting, s->read);
        s->read = 0;
    }
    buf_add(&s->waiting, data, size);
    exchange_resume(s->x);
    return 0;
}

static void leave(struct http_stream *s, enum stream_state state)
{
    s->state = state;
    if (s->x)
        exchange_resume(s->x);
}

void http_stream_end(struct http_stream *s)
{
    leave(s, ENDING);
}

void http_stream_cut(struct http_stream *s)
{
    leave(s, CUT);
}
