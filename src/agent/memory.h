/* Gives memory back.
 *
 * A list of the whole cluster, a burst or a bundle takes some megabytes for a moment.  Left to itself glibc keeps them: in an arena for
 * each thread, below the top of the heap, and more and more with each large block that it has seen.  An agent idles next to them for
 * days.
 */
#pragma once

#include "base/loop.h"

/* Before the first thread. */
void memory_begin(void);

/* Gives back what is free, now and then while the loop runs; until the timer is stopped. */
void memory_tend(struct timer *t, struct loop *l);
