#include "fuzz_round_trip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    struct err e = { 0 };
    AUTO_FREE char *first = round_trip((const char *)data, size, &arena, &e);
    arena_reset(&arena);
    if (!first) {
        if (e.kind == ERR_NONE || !e.text[0] || strpbrk(e.text, "\n\x1b"))
            abort();
        return 0;
    }
    AUTO_FREE char *second = round_trip(first, strlen(first), &arena, &e);
    arena_reset(&arena);
    /* What the encoder adds may carry a message that was just within the limits beyond them. */
    if (second ? strcmp(first, second) != 0 : e.kind != ERR_TOO_LARGE)
        abort();
    return 0;
}
