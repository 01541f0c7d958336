/* Answers: headers, Status objects, bodies in pieces. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pack.h"
#include "base/str.h"
#include "sim/api.h"
#include "sim/stamp.h"

#define COMPRESSED_FROM ((size_t)128 * 1024)

static void set_uid_header(struct http_exchange *x, const char *name, uint64_t a, uint64_t b)
{
    char text[40];
    snprintf(text, sizeof text, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
             (unsigned)(a & 0xfff), (unsigned)(b >> 48 & 0xfff), (unsigned long long)(b & 0xffffffffffff));
    http_set_header(x, name, text);
}

void api_set_headers(struct sim *s, struct http_exchange *x)
{
    http_set_header(x, "X-Kubernetes-Pf-Prioritylevel-Uid", "51ae8871-c603-47a5-a1a5-38eaa7fc9ca0");
    http_set_header(x, "X-Kubernetes-Pf-Flowschema-Uid", "8970b47e-039d-4292-9a1d-c6c1075749b3");
    http_set_header(x, "Cache-Control", "no-cache, private");
    uint64_t dice = ++s->requests * 0x9e3779b97f4a7c15u;
    uint64_t a = clock_roll(&dice), b = clock_roll(&dice);
    set_uid_header(x, "Audit-Id", a, b);
}

char *api_status_text(int code, const char *reason, const char *details, const char *message)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    json_w_str(j, "kind", "Status");
    json_w_str(j, "apiVersion", "v1");
    json_w_object(j, "metadata");
    json_w_end(j);
    json_w_str(j, "status", "Failure");
    json_w_str(j, "message", message);
    json_w_str(j, "reason", reason);
    if (details)
        stamp_json(j, "details", details);
    json_w_int(j, "code", code);
    json_w_end(j);
    return json_w_take(j, NULL);
}

void api_status(struct sim *s, struct http_exchange *x, int code, const char *reason, const char *details,
                const char *message, ...)
{
    char *formatted = NULL;
    va_list args;
    va_start(args, message);
    if (vasprintf(&formatted, message, args) < 0)
        abort();
    va_end(args);
    AUTO_FREE char *body = api_status_text(code, reason, details, formatted);
    AUTO_FREE char *line = str_printf("%s\n", body);
    free(formatted);
    api_set_headers(s, x);
    http_reply(x, code, "application/json", line, strlen(line));
}

void api_not_found(const struct api_request *r)
{
    const struct kind_row *row = &kind_rows[r->kind];
    AUTO_FREE char *resource = row->group[0] ? str_printf("%s.%s", row->resource, row->group) : str_dup(row->resource);
    AUTO_FREE char *details = row->group[0] ? str_printf("{\"name\":\"%s\",\"group\":\"%s\",\"kind\":\"%s\"}", r->name,
                                                         row->group, row->resource)
                                            : str_printf("{\"name\":\"%s\",\"kind\":\"%s\"}", r->name, row->resource);
    api_status(r->sim, r->x, 404, "NotFound", details, "%s \"%s\" not found", resource, r->name);
}

static bool takes_gzip(const struct http_exchange *x)
{
    const char *accepted = http_header(x, "Accept-Encoding");
    return accepted && strstr(accepted, "gzip");
}

void api_send(struct sim *s, struct http_exchange *x, struct buf *text)
{
    AUTO_BUF struct buf packed = { 0 };
    api_set_headers(s, x);
    if (text->size > COMPRESSED_FROM && takes_gzip(x)) {
        struct err e;
        if (pack_gzip(text->data, text->size, &packed, &e) != 0)
            abort(); /* out of memory, as in mem_alloc */
        http_set_header(x, "Content-Encoding", "gzip");
        http_set_header(x, "Vary", "Accept-Encoding");
        text = &packed;
    }
    struct http_stream *stream = http_stream_begin(x, 200, "application/json", text->size, NULL, NULL);
    if (http_stream_send(stream, text->data, text->size) != 0)
        abort(); /* it was made for just this */
    http_stream_end(stream);
}
