/* Memory with one end of life.
 *
 * A message handler gets an arena that is reset when it returns; what must live longer is copied into its owner.
 * Not shared between threads.  Small allocations never fail (out of memory aborts); whatever is sized by input is
 * bounded before it gets here.
 */
#pragma once

#include <stddef.h>
#include <stdarg.h>

#include "base/err.h"

struct arena {
    struct arena_block *block;    /* newest first                                  */
    size_t used;                  /* bytes handed out since the last reset         */
};

/* Zeroed static storage is a valid empty arena, too. */
void arena_init(struct arena *a);

/* Gives everything back but one block, for the next round. */
void arena_reset(struct arena *a);
void arena_fini(struct arena *a);

/* size bytes, zeroed, aligned for any type.  Valid until reset. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_copy(struct arena *a, const void *data, size_t size);

/* s may be NULL: NULL comes back. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t size);
char *arena_printf(struct arena *a, const char *format, ...) ERR_PRINTF(2, 3);

#define AUTO_ARENA __attribute__((cleanup(arena_fini)))
#define ARENA_NEW(a, type)        ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n)   ((type *)arena_alloc((a), sizeof(type) * (n)))
