/* Matches a clause of a scenario against a pattern of words and places.
 *
 * A pattern is words and places in braces: {word}, {text} (one word, or anything in quotes, with \n for a line break), {number}, {time} (a Go
 * duration), {bytes} (64Mi, 1Gi, 512), {cpu} (64, 100m: thousandths), {pair} (key=value).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define PHRASE_PLACES_MAX 6

struct phrase {
    const char *text[PHRASE_PLACES_MAX];  /* of each place as it stands; of a pair the key */
    const char *value[PHRASE_PLACES_MAX]; /* of a pair */
    int64_t number[PHRASE_PLACES_MAX];    /* milliseconds, bytes, thousandths */
    size_t count;
};

/* Texts go to the arena. */
bool phrase_match(const char *text, const char *pattern, struct phrase *p, struct arena *a);

/* The next word of *text or quoted string, unquoted; NULL at the end. */
const char *phrase_word(const char **text, struct arena *a);

/* Splits at commas outside quotes, trims, leaves out a leading "and".  At most max pieces; their number. */
size_t phrase_split(const char *text, const char **pieces, size_t max, struct arena *a);
