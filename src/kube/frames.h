/* Splits the bytes of a watch into frames: JSON texts that end with a newline, whatever pieces they come in.
 *
 * Zeroed storage with max set is a valid empty splitter.  Belongs to one watch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct frames {
    size_t max;                   /* most bytes of one frame                                        */
    char *data;
    size_t size, room;            /* bytes held, and what is allocated                              */
    size_t start;                 /* of the frame that comes next                                   */
    size_t looked;                /* no newline between start and here                              */
};

void frames_fini(struct frames *f);

/* Forgets what is held, half a frame of an ended stream too. */
void frames_reset(struct frames *f);

/* The bytes are copied. */
void frames_add(struct frames *f, const char *data, size_t size);

enum frames_next {
    FRAMES_NONE,        /* no whole frame is there                                                  */
    FRAMES_ONE,         /* *frame and *size are one, without its newline, until the next call here   */
    FRAMES_TOO_LONG,    /* a frame beyond max: the stream is of no more use                          */
};
/* Empty lines are no frames. */
enum frames_next frames_next(struct frames *f, const char **frame, size_t *size);
