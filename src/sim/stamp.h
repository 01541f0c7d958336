/* Times and other small texts in the forms that the Kubernetes API has. */
#pragma once

#include <stdint.h>

#include "base/json.h"

#define STAMP_SIZE 40

/* "2026-11-22T21:19:46Z" */
void stamp_write(struct json_w *w, const char *key, int64_t wall_ms);

/* "2026-11-22T21:19:46.435316Z"; the microseconds come from dice. */
void stamp_write_micro(struct json_w *w, const char *key, int64_t wall_ms, uint64_t dice);

/* "2026-11-22T21:22:28.867335732Z", as in a log. */
void stamp_nano(char out[STAMP_SIZE], int64_t wall_ms, uint64_t dice);

/* Go's Duration.String for back-offs: "10s", "1m20s", "5m0s". */
void stamp_duration(char out[STAMP_SIZE], int64_t ms);

/* Letters and digits as Kubernetes draws them for generated names. */
void stamp_suffix(char *out, int size, uint64_t *dice);

/* A template's hash in the same alphabet. */
void stamp_hash(char out[16], const void *data, size_t size);

/* A member that is JSON text already. */
void stamp_json(struct json_w *w, const char *key, const char *text);
