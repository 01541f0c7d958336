/* Reads server-sent events as they come, piece by piece (WHATWG HTML, 9.2).  Pure; a line or an item beyond SSE_MAX is left out and counted. */
#pragma once

#include <stddef.h>

#include "base/str.h"

#define SSE_MAX ((size_t)2 << 20)

struct sse {
    struct buf line, data;
    char event[32], id[64], pending_id[64];
    bool has_data, has_id, skip_lf;
    size_t left_out;
    void (*item)(void *arg, const char *event, const char *data, size_t size);
    void *arg;
};

void sse_init(struct sse *s, void (*item)(void *arg, const char *event, const char *data, size_t size), void *arg);
void sse_fini(struct sse *s);
void sse_push(struct sse *s, const char *data, size_t size);

/* The connection broke: what was not whole is forgotten, the last id is kept. */
void sse_reset(struct sse *s);
