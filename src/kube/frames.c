#include "kube/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define ROOM_KEPT (256u << 10) /* what a turn of a flood brings; one large object must not keep its room for ever */

void frames_fini(struct frames *f)
{
    free(f->data);
    *f = (struct frames){ .max = f->max };
}

void frames_reset(struct frames *f)
{
    frames_fini(f);
}

/* Moves what is not read yet to the front, so that a long watch does not grow. */
static void compact(struct frames *f)
{
    if (!f->start)
        return;
    f->size -= f->start;
    f->looked -= f->start;
    memmove(f->data, f->data + f->start, f->size);
    f->start = 0;
    if (!f->size && f->room > ROOM_KEPT)
        frames_fini(f);
}

void frames_add(struct frames *f, const char *data, size_t size)
{
    if (!size)
        return;
    compact(f);
    if (f->size + size > f->room) {
        size_t room = f->room ? f->room : 4096;
        while (room < f->size + size)
            room *= 2;
        f->data = mem_grow(f->data, room);
        f->room = room;
    }
    memcpy(f->data + f->size, data, size);
    f->size += size;
}

enum frames_next frames_next(struct frames *f, const char **frame, size_t *size)
{
    while (f->looked < f->size) {
        const char *newline = memchr(f->data + f->looked, '\n', f->size - f->looked);
        size_t end = newline ? (size_t)(newline - f->data) : f->size;
        if (end - f->start > f->max)
            return FRAMES_TOO_LONG;
        if (!newline) {
            f->looked = f->size;
            break;
        }
        *frame = f->data + f->start;
        *size = end - f->start;
        f->start = f->looked = end + 1;
        if (*size && !(*size == 1 && **frame == '\r'))
            return FRAMES_ONE;
    }
    return FRAMES_NONE;
}
