#include "agent/memory.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARENAS      2            /* the loop's thread and the disk's are the busy ones       */
#define LARGE_BYTES (1 << 20)    /* a block from this size on goes back to the system when it is freed; a burst is full of smaller ones */
#define SPARE_BYTES (64 << 10)   /* of the heap's top, kept                                  */
#define FIRST_MS    1000         /* what the start has touched                               */
#define TEND_MS     5000         /* a heap of some megabytes is walked within a millisecond  */

/* Setting a threshold also stops glibc from raising it. */
void memory_begin(void)
{
    (void)mallopt(M_ARENA_MAX, ARENAS);
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
}

/* Of one program or library: the segments that nothing ever writes to.  What is touched again is mapped again from the page cache. */
static int unmap_code(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size, (void)arg;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (info->dlpi_addr == getauxval(AT_SYSINFO_EHDR))    /* the kernel's own */
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
            continue;
        uintptr_t start = (info->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = (info->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
        if (end > start)
            (void)madvise((void *)start, end - start, MADV_DONTNEED);    /* at worst they stay */
    }
    return 0;
}

static void tend(void *arg)
{
    struct memory *m = arg;
    (void)malloc_trim(SPARE_BYTES);
    (void)dl_iterate_phdr(unmap_code, NULL);
    timer_start(&m->timer, m->loop, TEND_MS, tend, m);
}

void memory_tend(struct memory *m, struct loop *l)
{
    m->loop = l;
    timer_start(&m->timer, l, FIRST_MS, tend, m);
}

void memory_leave(struct memory *m)
{
    timer_stop(&m->timer);
}
