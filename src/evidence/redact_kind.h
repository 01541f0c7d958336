/* Secrets that are known by their form: a table of prefixes, alphabets and lengths.  Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum redact_alphabet {
    REDACT_DIGITS,
    REDACT_HEX,         /* 0-9a-f                   */
    REDACT_UPPER,       /* A-Z0-9                   */
    REDACT_WORD,        /* A-Za-z0-9                */
    REDACT_TOKEN,       /* A-Za-z0-9_-              */
    REDACT_DOTTED,      /* A-Za-z0-9_-.             */
    REDACT_BASE64,      /* A-Za-z0-9+/=             */
    REDACT_PATH,        /* A-Za-z0-9_-./%+=         */
    REDACT_ALPHABETS,
};

struct redact_kind {
    const char *kind;          /* shown as [redacted:kind]                                           */
    const char *prefix;
    enum redact_alphabet alphabet;
    unsigned short min, max;   /* characters behind the prefix; max 0: any number                      */
    bool keep_prefix;          /* the prefix says where it leads and is no secret: a webhook's address  */
};
extern const struct redact_kind redact_kinds[];
extern const size_t redact_kinds_count;

/* How many characters of text[size] come before the next one of REDACT_TOKEN, or before a colon. */
size_t redact_gap(const char *text, size_t size);

/* How many characters of text[size] are of the alphabet, at most max. */
size_t redact_span(enum redact_alphabet alphabet, const char *text, size_t size, size_t max);

/* The kind that begins at text[size], where a word begins; NULL when none does.  *length: with its prefix. */
const struct redact_kind *redact_kind_at(const char *text, size_t size, size_t *length);
