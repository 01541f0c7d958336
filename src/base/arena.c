#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* Large enough for a typical event's decoding, small enough to keep one per loop for ever. */
#define BLOCK_SIZE ((size_t)16 * 1024)

/* One block may stay after a reset; a burst's large one should not be kept by every loop that ever saw one. */
#define KEEP_MAX ((size_t)256 * 1024)

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){ 0 };
}

static void free_chain(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_reset(struct arena *a)
{
    a->used = 0;
    struct arena_block *kept = a->block;
    if (!kept)
        return;
    free_chain(kept->next);
    kept->next = NULL;
    kept->used = 0;
    if (kept->size > KEEP_MAX)
        arena_fini(a);
}

void arena_fini(struct arena *a)
{
    free_chain(a->block);
    *a = (struct arena){ 0 };
}

/* A piece larger than a block gets a block of its own behind the newest, so that the rest of the newest is not lost. */
static struct arena_block *add_block(struct arena *a, size_t size)
{
    size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    assert(room <= SIZE_MAX - sizeof(struct arena_block));
    struct arena_block *block = mem_alloc(sizeof *block + room);
    block->size = room;
    block->used = 0;
    if (size > BLOCK_SIZE && a->block) {
        block->next = a->block->next;
        a->block->next = block;
    } else {
        block->next = a->block;
        a->block = block;
    }
    return block;
}

/* Not zeroed: for those who fill it at once. */
static void *take(struct arena *a, size_t size)
{
    assert(size <= SIZE_MAX - alignof(max_align_t));
    size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct arena_block *block = a->block;
    if (!block || block->size - block->used < rounded)
        block = add_block(a, rounded);
    void *piece = block->data + block->used;
    block->used += rounded;
    a->used += rounded;
    return piece;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(take(a, size), 0, size);
}

void *arena_copy(struct arena *a, const void *data, size_t size)
{
    void *copy = take(a, size);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_copy(a, s, strlen(s) + 1) : NULL;
}

char *arena_strndup(struct arena *a, const char *s, size_t size)
{
    if (!s)
        return NULL;
    size = strnlen(s, size);
    char *copy = take(a, size + 1);
    memcpy(copy, s, size);
    copy[size] = '\0';
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    char *text = take(a, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}
