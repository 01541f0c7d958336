/* Times for people: ages and the reader's own clock. */
#pragma once

#include "base/clock.h"
#include "ctl/ctl.h"

#define WHEN_SIZE 40

/* How long ago the RFC 3339 text in object's field was: "3m"; "" when it is absent or no time. */
void when_age(const json *object, const char *field, int64_t now_ms, char out[WHEN_SIZE]);

/* The reader's clock: "14:01:07" of today, else "01-02 14:01:07"; "" when absent. */
void when_clock(const json *object, const char *field, int64_t now_ms, char out[WHEN_SIZE]);

/* The reader's time zone as it is at that time: "UTC+08:00", "UTC". */
void when_zone(int64_t at_ms, char out[WHEN_SIZE]);
