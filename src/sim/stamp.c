#include "sim/stamp.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

/* No vowels, so that no word comes of it; no 0, 1, 3, so that none is misread. */
static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
#define LETTERS (sizeof alphabet - 1)

void stamp_write(struct json_w *w, const char *key, int64_t wall_ms)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format(wall_ms, text);
    strcpy(strchr(text, '.'), "Z");
    json_w_str(w, key, text);
}

void stamp_write_micro(struct json_w *w, const char *key, int64_t wall_ms, uint64_t dice)
{
    char text[CLOCK_TEXT_SIZE], out[STAMP_SIZE];
    clock_format(wall_ms, text);
    snprintf(out, sizeof out, "%.23s%03uZ", text, (unsigned)(dice % 1000));
    json_w_str(w, key, out);
}

void stamp_nano(char out[STAMP_SIZE], int64_t wall_ms, uint64_t dice)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format(wall_ms, text);
    snprintf(out, STAMP_SIZE, "%.23s%06uZ", text, (unsigned)(dice % 1000000));
}

void stamp_duration(char out[STAMP_SIZE], int64_t ms)
{
    int64_t s = ms / 1000;
    if (s < 60)
        snprintf(out, STAMP_SIZE, "%llds", (long long)s);
    else
        snprintf(out, STAMP_SIZE, "%lldm%llds", (long long)(s / 60), (long long)(s % 60));
}

void stamp_suffix(char *out, int size, uint64_t *dice)
{
    for (int i = 0; i < size; i++)
        out[i] = alphabet[clock_roll(dice) % LETTERS];
    out[size] = '\0';
}

void stamp_hash(char out[16], const void *data, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (const unsigned char *c = data; size > 0; c++, size--)
        hash = (hash ^ *c) * 0x100000001b3u;
    for (int i = 0; i < 10; i++, hash /= LETTERS)
        out[i] = alphabet[hash % LETTERS];
    out[10] = '\0';
}

void stamp_json(struct json_w *w, const char *key, const char *text)
{
    json_w_raw(w, key, text, strlen(text));
}
