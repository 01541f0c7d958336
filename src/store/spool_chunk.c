#include "store/spool_chunk.h"

#include <string.h>

#include "base/pack.h"

/* Before each body; a spool stays on the machine that wrote it, so its byte order is the machine's. */
struct head {
    uint64_t seq;
    int64_t at;
    uint32_t class_, size;
};

#define PLAIN_MAX (CHUNK_BYTES + CHUNK_RECORDS * (sizeof(struct head) + 1))    /* a chunk that promises more is damaged */

size_t chunk_share(const struct spool_row *rows, size_t count)
{
    size_t n = 1, bytes = rows[0].size;
    while (n < count && n < CHUNK_RECORDS && bytes + rows[n].size <= CHUNK_BYTES)
        bytes += rows[n++].size;
    return n;
}

int chunk_encode(const struct spool_row *rows, size_t count, struct buf *out, struct err *e)
{
    if (count == 1) {
        buf_add(out, rows[0].body, rows[0].size);
        return 0;
    }
    struct buf AUTO_BUF plain = { 0 };
    for (size_t i = 0; i < count; i++) {
        struct head h = { .seq = rows[i].seq, .at = rows[i].at, .class_ = rows[i].class_, .size = (uint32_t)rows[i].size };
        buf_add(&plain, &h, sizeof h);
        buf_add(&plain, rows[i].body, rows[i].size);
        buf_char(&plain, '\0');
    }
    return pack_zstd(plain.data, plain.size, out, e);
}

/* The record at *at; 1 when it is none. */
static int next_record(const char *text, size_t size, size_t *at, struct spool_row *row)
{
    struct head h;
    if (size - *at < sizeof h)
        return 1;
    memcpy(&h, text + *at, sizeof h);
    *at += sizeof h;
    if (h.class_ >= SPOOL_CLASSES || size - *at <= h.size || text[*at + h.size])
        return 1;
    *row = (struct spool_row){ .seq = h.seq, .at = h.at, .class_ = (enum spool_class)h.class_, .body = text + *at, .size = h.size };
    *at += (size_t)h.size + 1;
    return 0;
}

int chunk_decode(const void *data, size_t size, struct arena *a, struct spool_row **rows, size_t *count, struct err *e)
{
    struct buf AUTO_BUF plain = { 0 };
    if (pack_unzstd(data, size, PLAIN_MAX, &plain, e))
        return err_wrap(e, "a chunk of the spool");
    char *text = arena_alloc(a, plain.size + 1);
    memcpy(text, buf_text(&plain), plain.size);
    *rows = ARENA_ARRAY(a, struct spool_row, CHUNK_RECORDS);
    *count = 0;
    for (size_t at = 0; at < plain.size; ++*count)
        if (*count == CHUNK_RECORDS || next_record(text, plain.size, &at, &(*rows)[*count]))
            return err_set(e, ERR_INVALID, "a chunk of the spool is damaged behind %zu records", *count);
    return 0;
}
