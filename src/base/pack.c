#include "base/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* The quickest of the usual levels.  Level 3 took twice the CPU, a sixth of a busy agent's, and made messages of events no smaller. */
#define LEVEL 1

/* A frame says how much memory its reader needs, up to 2 GiB.  8 MiB is what RFC 8878 asks every reader to have. */
#define WINDOW_LOG_MAX 23

#define PIECE_SIZE ((size_t)64 * 1024)

static int failed(struct err *e, size_t code, const char *what)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation: return err_set(e, ERR_INTERNAL, "%s: out of memory", what);
    case ZSTD_error_frameParameter_windowTooLarge:
        return err_set(e, ERR_TOO_LARGE, "%s: needs a window beyond 8 MiB", what);
    default: return err_set(e, ERR_INVALID, "%s: %s", what, ZSTD_getErrorName(code));
    }
}

/* Back to what was there before the call. */
static void take_back(struct buf *out, size_t size, bool cut)
{
    if (out->data)
        out->data[size] = '\0';
    out->size = size;
    out->cut = cut;
}

struct packer *packer_new(void)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (!context)
        abort();
    return (struct packer *)context;
}

void packer_free(struct packer *p)
{
    ZSTD_freeCCtx((ZSTD_CCtx *)p);
}

int packer_zstd(struct packer *p, const void *data, size_t size, struct buf *out, struct err *e)
{
    size_t before = out->size;
    bool was_cut = out->cut;
    size_t room = ZSTD_compressBound(size);
    if (ZSTD_isError(room))
        return err_set(e, ERR_TOO_LARGE, "compressing %zu bytes: too many for zstd", size);
    buf_reserve(out, room);
    size_t packed = ZSTD_compressCCtx((ZSTD_CCtx *)p, out->data + before, room, data, size, LEVEL);
    if (!ZSTD_isError(packed) && (out->limit == 0 || before + packed <= out->limit)) {
        out->size += packed;
        out->data[out->size] = '\0';
        return 0;
    }
    take_back(out, before, was_cut);
    return ZSTD_isError(packed)
               ? failed(e, packed, "compressing")
               : err_set(e, ERR_TOO_LARGE, "compressed to %zu bytes, more than there is room for", packed);
}

int pack_zstd(const void *data, size_t size, struct buf *out, struct err *e)
{
    struct packer *p = packer_new();
    int outcome = packer_zstd(p, data, size, out, e);
    packer_free(p);
    return outcome;
}

static int too_large(struct err *e, size_t max)
{
    return err_set(e, ERR_TOO_LARGE, "zstd data of more than %zu bytes", max);
}

/* Frame after frame, a piece at a time, whatever a frame's header promises. */
static int unpack(ZSTD_DCtx *context, ZSTD_inBuffer *in, size_t max, struct buf *out, struct err *e)
{
    AUTO_FREE char *piece = mem_alloc(PIECE_SIZE);
    size_t made = 0, wanted;
    bool more;
    do {
        ZSTD_outBuffer to = { .dst = piece, .size = PIECE_SIZE };
        wanted = ZSTD_decompressStream(context, &to, in);
        if (ZSTD_isError(wanted))
            return failed(e, wanted, "zstd data");
        if (to.pos > max - made)
            return too_large(e, max);
        size_t before = out->size;
        buf_add(out, piece, to.pos);
        if (out->size - before < to.pos)
            return too_large(e, out->limit);
        made += to.pos;
        more = in->pos < in->size || (wanted > 0 && to.pos == to.size); /* wanted 0: a frame is complete and flushed */
    } while (more);
    return wanted == 0 ? 0 : err_set(e, ERR_INVALID, "zstd data ends in the middle");
}

int pack_unzstd(const void *data, size_t size, size_t max, struct buf *out, struct err *e)
{
    unsigned long long promised = size ? ZSTD_getFrameContentSize(data, size) : ZSTD_CONTENTSIZE_ERROR;
    if (promised == ZSTD_CONTENTSIZE_ERROR)
        return err_set(e, ERR_INVALID, "no zstd data");
    if (promised != ZSTD_CONTENTSIZE_UNKNOWN && promised > max)
        return too_large(e, max);
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (!context)
        return err_set(e, ERR_INTERNAL, "zstd data: out of memory");
    size_t rc = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    assert(!ZSTD_isError(rc));

    size_t before = out->size;
    bool was_cut = out->cut;
    ZSTD_inBuffer in = { .src = data, .size = size };
    int result = unpack(context, &in, max, out, e);
    if (result < 0)
        take_back(out, before, was_cut);
    ZSTD_freeDCtx(context);
    return result;
}

#define GZIP_ONLY (15 + 16) /* zlib's code for the largest window and gzip's header alone */

int pack_gunzip(const void *data, size_t size, size_t max, struct buf *out, struct err *e)
{
    size_t before = out->size;
    bool was_cut = out->cut;
    z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size };
    if (size > UINT32_MAX || inflateInit2(&z, GZIP_ONLY) != Z_OK)
        return err_set(e, ERR_INTERNAL, "gzip: no memory, or more than 4 GiB");
    AUTO_FREE unsigned char *piece = mem_alloc(PIECE_SIZE);
    int state = Z_OK;
    while (state == Z_OK && out->size - before <= max) {
        z.next_out = piece;
        z.avail_out = PIECE_SIZE;
        state = inflate(&z, Z_NO_FLUSH);
        buf_add(out, piece, PIECE_SIZE - z.avail_out);
    }
    inflateEnd(&z);
    size_t made = out->size - before;
    if (state == Z_STREAM_END && made <= max && out->cut == was_cut)
        return 0;
    take_back(out, before, was_cut);
    if (made > max)
        return err_set(e, ERR_TOO_LARGE, "gzip data of more than %zu bytes", max);
    return err_set(e, ERR_INVALID, "no whole gzip data");
}

int pack_gzip(const void *data, size_t size, struct buf *out, struct err *e)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size };
    if (size > UINT32_MAX || deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_ONLY, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_set(e, ERR_INTERNAL, "gzip: no memory, or more than 4 GiB");
    size_t before = out->size;
    bool was_cut = out->cut;
    AUTO_FREE unsigned char *piece = mem_alloc(PIECE_SIZE);
    int state = Z_OK;
    while (state == Z_OK) {
        z.next_out = piece;
        z.avail_out = PIECE_SIZE;
        state = deflate(&z, Z_FINISH);
        buf_add(out, piece, PIECE_SIZE - z.avail_out);
    }
    deflateEnd(&z);
    assert(state == Z_STREAM_END);
    if (out->cut == was_cut)
        return 0;
    take_back(out, before, was_cut);
    return err_set(e, ERR_TOO_LARGE, "gzip data beyond the buffer's limit");
}
