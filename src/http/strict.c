/* Which requests are refused although the library would take them.
 *
 * Each is read one way by us and perhaps another way by a proxy in front of us, which is how requests are smuggled.  Bare LF,
 * folded headers and space before the colon are refused by the library at its discipline level 1 and up; server_test.c
 * holds it to that.
 */
#include <string.h>

#include "base/str.h"
#include "http/exchange.h"

struct seen {
    const char *host, *content_length, *transfer_encoding;
    int hosts, content_lengths, transfer_encodings;
};

static const struct counted {
    const char *name;
    size_t value, count; /* offsets in struct seen */
} counted[] = {
    { "Host", offsetof(struct seen, host), offsetof(struct seen, hosts) },
    { "Content-Length", offsetof(struct seen, content_length), offsetof(struct seen, content_lengths) },
    { "Transfer-Encoding", offsetof(struct seen, transfer_encoding), offsetof(struct seen, transfer_encodings) },
};

static struct seen look(const struct http_field *fields)
{
    struct seen seen = { 0 };
    for (const struct http_field *f = fields; f; f = f->next)
        for (size_t i = 0; i < COUNT(counted); i++) {
            if (!str_eq_nocase(f->name, counted[i].name))
                continue;
            *(const char **)((char *)&seen + counted[i].value) = f->value;
            ++*(int *)((char *)&seen + counted[i].count);
        }
    return seen;
}

static bool is_digits(const char *s)
{
    size_t digits = strspn(s, "0123456789");
    return digits > 0 && digits < 19 && !s[digits];
}

static bool is_host(const char *s)
{
    return s[0] && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]%")];
}

static int refuse(int status, const char *why, const char **detail)
{
    *detail = why;
    return status;
}

int strict_check(const struct http_exchange *x, const char *version, size_t header_size, const char **detail)
{
    if (header_size > x->server->limits.header_max)
        return refuse(431, "the headers are too large", detail);

    struct seen seen = look(x->fields);
    if (seen.hosts > 1 || (seen.hosts == 0 && str_eq(version, "HTTP/1.1")))
        return refuse(400, "wanted exactly one Host header", detail);
    if (seen.hosts == 1 && !is_host(seen.host))
        return refuse(400, "the Host header is no host", detail);
    if (seen.content_lengths > 1)
        return refuse(400, "more than one Content-Length", detail);
    if (seen.content_lengths == 1 && !is_digits(seen.content_length))
        return refuse(400, "Content-Length is no number", detail);
    if (seen.content_lengths + seen.transfer_encodings > 1)
        return refuse(400, "Content-Length and Transfer-Encoding exclude each other, and each may stand once", detail);
    if (seen.transfer_encodings == 1 && !str_eq_nocase(seen.transfer_encoding, "chunked"))
        return refuse(501, "no transfer encoding but chunked", detail);
    if (seen.content_lengths == 1 && strtoull(seen.content_length, NULL, 10) > x->server->limits.body_max)
        return refuse(413, "the body is too large", detail);
    return 0;
}
