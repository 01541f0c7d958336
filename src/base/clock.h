/* Time: two clocks, their text forms, and durations.
 *
 * Each loop samples the clock once a turn (loop_now_ms); logic takes now_ms as an argument, tests move it.  Monotonic
 * milliseconds drive timers and back-off; wall milliseconds (Unix epoch) are for people and for the wire.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CLOCK_TEXT_SIZE 32    /* bytes for an RFC 3339 time with the final 0 */

int64_t clock_mono_ms(void);
int64_t clock_wall_ms(void);
int64_t clock_mono_us(void);
int64_t clock_boot_ms(void);    /* monotonic, and goes on while the machine sleeps: for promises to others */

/* RFC 3339 UTC with milliseconds: 2026-01-02T03:04:05.678Z.  Years outside 1..9999 are clamped. */
void clock_format(int64_t wall_ms, char out[CLOCK_TEXT_SIZE]);

/* RFC 3339 with any fraction and any offset.  0, or -1 when text is no time. */
int clock_parse(const char *text, int64_t *wall_ms) MUST_CHECK;

/* Go's duration text ("30s", "1.5s", "2m30s", "100ms", "1h", also "0") in milliseconds, rounded down; -1 when it is
 * none. */
int clock_parse_duration(const char *text, int64_t *ms) MUST_CHECK;

/* Shortest exact form: "30s", "1.5s", "2m30s", "250ms". */
void clock_format_duration(int64_t ms, char out[CLOCK_TEXT_SIZE]);

/* For people: "3s", "2m", "4h", "5d". */
void clock_format_age(int64_t ms, char out[CLOCK_TEXT_SIZE]);

/* Exponential back-off with jitter: the n-th failure in a row (1..) waits between half of first * 2^(n-1) and all of
 * it, at most most_ms.  dice is the state of the jitter, seeded by the owner. */
int64_t clock_back_off_ms(int failures, int64_t first_ms, int64_t most_ms, uint64_t *dice);

/* splitmix64: spreads fleets; not for secrets. */
uint64_t clock_roll(uint64_t *dice);
