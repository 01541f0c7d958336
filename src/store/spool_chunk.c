#include "store/spool_chunk.h"

#include <string.h>

#include "base/pack.h"

#define OPENING "{\"schema\":1,\"events\":["
#define CLOSING "]}"

/* Of one record; a spool stays on the machine that wrote it, so its byte order is the machine's. */
struct head {
    uint32_t behind;              /* its seq less the chunk's first */
    uint32_t size : 24, class_ : 8;
};
_Static_assert(CHUNK_BYTES < 1 << 24, "a body's size must fit into its head");

/* What stood before each body, once. */
struct old_head {
    uint64_t seq;
    int64_t at;
    uint32_t class_, size;
};

#define PLAIN_MAX (CHUNK_BYTES + CHUNK_RECORDS * (sizeof(struct old_head) + 1) + 64)    /* a chunk that promises more is damaged */

size_t chunk_share(const struct spool_row *rows, size_t count)
{
    size_t n = 1, bytes = rows[0].size;
    while (n < count && n < CHUNK_RECORDS && bytes + rows[n].size <= CHUNK_BYTES)
        bytes += rows[n++].size;
    return n;
}

int chunk_encode(const struct spool_row *rows, size_t count, struct spool_packing *p, struct err *e)
{
    buf_reset(&p->plain);
    buf_reset(&p->body);
    buf_reset(&p->heads);
    buf_reserve(&p->plain, CHUNK_BYTES);
    for (size_t i = 0; i < count; i++) {
        struct head h = { .behind = (uint32_t)(rows[i].seq - rows[0].seq), .size = (uint32_t)rows[i].size & 0xffffff, .class_ = (unsigned char)rows[i].class_ };
        buf_add(&p->heads, &h, sizeof h);
        buf_str(&p->plain, i ? "," : OPENING);
        buf_add(&p->plain, rows[i].body, rows[i].size);
    }
    buf_str(&p->plain, CLOSING);
    if (!p->packer)
        p->packer = packer_new();
    return packer_zstd(p->packer, p->plain.data, p->plain.size, &p->body, e);
}

static int damaged(size_t count, struct err *e)
{
    return err_set(e, ERR_INVALID, "a chunk of the spool is damaged behind %zu records", count);
}

/* The record at *at; 1 when it is none. */
static int next_old_record(const char *text, size_t size, size_t *at, struct spool_row *row)
{
    struct old_head h;
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

static int split_old(char *text, size_t size, struct spool_row *rows, size_t *count, struct err *e)
{
    for (size_t at = 0; at < size; ++*count)
        if (*count == CHUNK_RECORDS || next_old_record(text, size, &at, &rows[*count]))
            return damaged(*count, e);
    return 0;
}

/* What stands behind each body gives way to its final 0. */
static int split(const struct chunk_parts *c, char *text, size_t size, struct spool_row *rows, size_t *count, struct err *e)
{
    size_t at = sizeof OPENING - 1, most = c->heads_size / sizeof(struct head);
    if (most == 0 || most > CHUNK_RECORDS || size < at)
        return damaged(0, e);
    for (struct head h; *count < most; ++*count) {
        memcpy(&h, (const char *)c->heads + *count * sizeof h, sizeof h);
        bool last = *count + 1 == most;
        if (h.class_ >= SPOOL_CLASSES || size - at <= h.size || text[at + h.size] != (last ? *CLOSING : ','))
            return damaged(*count, e);
        text[at + h.size] = '\0';
        rows[*count] = (struct spool_row){ .seq = c->first + h.behind, .at = c->at, .class_ = (enum spool_class)h.class_, .body = text + at, .size = h.size };
        at += (size_t)h.size + 1;
    }
    return 0;
}

int chunk_decode(const struct chunk_parts *c, struct arena *a, struct spool_row **rows, size_t *count, struct err *e)
{
    struct buf AUTO_BUF plain = { 0 };
    if (pack_unzstd(c->body, c->body_size, PLAIN_MAX, &plain, e))
        return err_wrap(e, "a chunk of the spool");
    char *text = arena_copy(a, buf_text(&plain), plain.size + 1);
    *rows = ARENA_ARRAY(a, struct spool_row, CHUNK_RECORDS);
    *count = 0;
    return c->heads ? split(c, text, plain.size, *rows, count, e) : split_old(text, plain.size, *rows, count, e);
}
