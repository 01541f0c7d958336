/* zstd, for message bodies.  Thread-safe. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* Appends the compressed form of data to out. */
int pack_zstd(const void *data, size_t size, struct buf *out, struct err *e) MUST_CHECK;

/* Appends the plain form; refuses (ERR_TOO_LARGE) more than max bytes before making them. */
int pack_unzstd(const void *data, size_t size, size_t max, struct buf *out, struct err *e) MUST_CHECK;
