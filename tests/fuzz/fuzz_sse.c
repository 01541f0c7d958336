/* Server-sent events in two pieces: the items are the same wherever the cut is. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "ctl/sse.h"

static void add_item(void *arg, const char *event, const char *data, size_t size)
{
    struct buf *out = arg;
    assert(strlen(data) == size || memchr(data, 0, size));
    buf_printf(out, "%s|", event);
    buf_add(out, data, size);
    buf_char(out, '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_BUF struct buf whole = { 0 }, cut = { 0 };
    struct sse s;
    size_t at = size ? data[0] % size : 0;
    sse_init(&s, add_item, &whole);
    sse_push(&s, (const char *)data, size);
    sse_fini(&s);
    sse_init(&s, add_item, &cut);
    sse_push(&s, (const char *)data, at);
    sse_push(&s, (const char *)data + at, size - at);
    sse_fini(&s);
    assert(whole.size == cut.size && memcmp(buf_text(&whole), buf_text(&cut), whole.size) == 0);
    return 0;
}
