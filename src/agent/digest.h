/* 64-bit digests of texts, as keys of tables and as fingerprints.  Not for secrets. */
#pragma once

#include <stdint.h>

#define DIGEST_START UINT64_C(0xcbf29ce484222325)

/* Adds text and a separator, so that ("ab", "c") and ("a", "bc") differ; NULL counts as "". */
static inline uint64_t digest_add(uint64_t digest, const char *text)
{
    for (; text && *text; text++)
        digest = (digest ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (digest ^ 0xff) * UINT64_C(0x100000001b3);
}

/* Spreads the bits; never 0, which tables use for an empty place. */
static inline uint64_t digest_end(uint64_t digest)
{
    digest = (digest ^ (digest >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    digest = (digest ^ (digest >> 27)) * UINT64_C(0x94d049bb133111eb);
    digest ^= digest >> 31;
    return digest ? digest : 1;
}

static inline uint64_t digest_text(const char *text)
{
    return digest_end(digest_add(DIGEST_START, text));
}

/* An object of the cluster by kind, namespace and name. */
static inline uint64_t digest_object(const char *kind, const char *namespace_, const char *name)
{
    return digest_end(digest_add(digest_add(digest_add(DIGEST_START, kind), namespace_), name));
}
