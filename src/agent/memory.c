#include "agent/memory.h"

#include <malloc.h>

#define ARENAS      2            /* the loop's thread and the disk's are the busy ones       */
#define LARGE_BYTES (1 << 20)    /* a block from this size on goes back to the system when it is freed; a burst is full of smaller ones */
#define SPARE_BYTES (64 << 10)   /* of the heap's top, kept                                  */
#define TEND_MS     15000        /* a heap of some megabytes is walked within a millisecond  */

/* Setting a threshold also stops glibc from raising it. */
void memory_begin(void)
{
    (void)mallopt(M_ARENA_MAX, ARENAS);
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
}

static void tend(void *arg)
{
    (void)arg;
    (void)malloc_trim(SPARE_BYTES);
}

void memory_tend(struct timer *t, struct loop *l)
{
    timer_every(t, l, TEND_MS, tend, NULL);
}
