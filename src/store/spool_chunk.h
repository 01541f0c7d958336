/* Records of a spool, packed together: how a few of them stand in one row of spool.db.
 *
 * Each record by itself would cost the disk six times the bytes and the CPU a tree's worth of work; those of one transaction become
 * one chunk, in order of their seq.  A chunk of one record is its bare body; a larger one is the message that carries its records to
 * central (docs/protocol.md: a batch, as zstd), so that they are packed once for both, and heads beside it say where each begins.
 * Pure.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/spool_db.h"

#define CHUNK_RECORDS 256
#define CHUNK_BYTES   ((size_t)256 << 10)    /* of bodies, but for a single larger one */

/* How many of the rows, from the first, go into one chunk: at least one of count. */
size_t chunk_share(const struct spool_row *rows, size_t count);

/* Writes the chunk of count rows, more than one and what chunk_share allows, to p->body and p->heads. */
int chunk_encode(const struct spool_row *rows, size_t count, struct spool_packing *p, struct err *e) MUST_CHECK;

struct chunk_parts {
    uint64_t first;               /* seq of the first record                                  */
    int64_t at;                   /* the records' own                                         */
    const void *body, *heads;     /* heads NULL: of a release that kept them between bodies   */
    size_t body_size, heads_size;
};

/* The rows of a chunk of more than one record; *rows and the bodies are the arena's, the bodies with a final 0. */
int chunk_decode(const struct chunk_parts *c, struct arena *a, struct spool_row **rows, size_t *count, struct err *e) MUST_CHECK;
