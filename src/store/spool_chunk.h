/* Records of a spool, packed together: how a few of them stand in one row of spool.db.
 *
 * Each record by itself would cost the disk six times the bytes and the CPU a tree's worth of work; those of one transaction become
 * one chunk, in order of their seq.  A chunk of one record is its bare body; a larger one is zstd over the records, each with its head.
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

/* Appends the chunk of count rows to out; count is what chunk_share allows. */
int chunk_encode(const struct spool_row *rows, size_t count, struct buf *out, struct err *e) MUST_CHECK;

/* The rows of a chunk of more than one record; *rows and the bodies are the arena's, the bodies with a final 0. */
int chunk_decode(const void *data, size_t size, struct arena *a, struct spool_row **rows, size_t *count, struct err *e) MUST_CHECK;
