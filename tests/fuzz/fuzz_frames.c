/* However a stream is cut into pieces, its frames are the same.  The first byte says into pieces of how many bytes. */
#include "kube/frames.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Frames one after the other, each with a newline; "!" where one was too long. */
static void split(struct buf *out, const char *data, size_t size, size_t piece)
{
    struct frames f = { .max = 64 };
    bool over = false;
    for (size_t at = 0; at < size && !over; at += piece) {
        const char *frame;
        size_t length;
        enum frames_next next;
        frames_add(&f, data + at, size - at < piece ? size - at : piece);
        while ((next = frames_next(&f, &frame, &length)) == FRAMES_ONE) {
            if (length > 64 || memchr(frame, '\n', length))
                abort();
            buf_add(out, frame, length);
            buf_char(out, '\n');
        }
        over = next == FRAMES_TOO_LONG;
    }
    if (over)
        buf_char(out, '!');
    frames_fini(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    AUTO_BUF struct buf whole = { 0 };
    AUTO_BUF struct buf pieces = { 0 };
    split(&whole, (const char *)data + 1, size - 1, size);
    split(&pieces, (const char *)data + 1, size - 1, 1 + data[0] % 40);
    if (strcmp(buf_text(&whole), buf_text(&pieces)))
        abort();
    return 0;
}
