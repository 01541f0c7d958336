/* Gives memory back.
 *
 * A list of the whole cluster, a burst or a bundle takes some megabytes for a moment.  Left to itself glibc keeps them: in an arena for
 * each thread, below the top of the heap, and more and more with each large block that it has seen.  An agent idles next to them for
 * days.  The same with code: the kernel maps 64 KiB around each page of a library that is touched, and most of what a start needs (reading
 * certificates, the schema of a database, the first handshakes) is not needed again.
 */
#pragma once

#include "base/loop.h"

/* Before the first thread. */
void memory_begin(void);

/* Gives back what is free, and all pages of code, of which those in use come back, now and then while the loop runs; until memory_leave. */
struct memory {
    struct timer timer;
    struct loop *loop;
};
void memory_tend(struct memory *m, struct loop *l);
void memory_leave(struct memory *m);
