/* zstd, for message bodies and the spool; gzip, for HTTP.  Thread-safe, but for a packer, which belongs to one thread at a time.  On failure out is what it was before; running into its limit is a failure,
 * too. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* Appends the compressed form of data to out. */
int pack_zstd(const void *data, size_t size, struct buf *out, struct err *e) MUST_CHECK;

/* The same for who packs often: its memory, about half a megabyte, is made once. */
struct packer;
struct packer *packer_new(void);
void packer_free(struct packer *p);    /* NULL is allowed */
int packer_zstd(struct packer *p, const void *data, size_t size, struct buf *out, struct err *e) MUST_CHECK;

/* Appends the plain form of one or more frames; refuses (ERR_TOO_LARGE) more than max bytes before making them, and
 * frames that need a window of more than 8 MiB. */
int pack_unzstd(const void *data, size_t size, size_t max, struct buf *out, struct err *e) MUST_CHECK;

/* Appends the plain form of one gzip member (RFC 1952), at most max bytes. */
int pack_gunzip(const void *data, size_t size, size_t max, struct buf *out, struct err *e) MUST_CHECK;

/* Appends the data as one gzip member, quickly rather than small. */
int pack_gzip(const void *data, size_t size, struct buf *out, struct err *e) MUST_CHECK;
