/* Targets that decode a message and encode it again.
 *
 * fuzz_round_trip.c demands of each of them: what is refused has a reason in one line; what was understood is written as a text that is
 * understood, too, and is written the same again.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/* The message decoded and encoded; free() it.  NULL with *e filled when it is refused. */
char *round_trip(const char *data, size_t size, struct arena *a, struct err *e);
