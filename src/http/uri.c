#include "http/uri.h"

#include <stdbool.h>
#include <string.h>

enum decode_as { PATH, QUERY };

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The escape at text[i], or -1. */
static int escape(const char *text, size_t size, size_t i)
{
    if (size - i < 3)
        return -1;
    int high = hex(text[i + 1]), low = hex(text[i + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* NULL for a bad escape and for what no name holds: a 0 anywhere, other control characters in a path. */
static const char *decode(const char *text, size_t size, enum decode_as as, struct arena *a)
{
    char *out = arena_alloc(a, size + 1), *o = out;
    for (size_t i = 0; i < size; i++) {
        int c = (unsigned char)text[i];
        if (c == '%') {
            c = escape(text, size, i);
            i += 2;
        } else if (c == '+' && as == QUERY) {
            c = ' ';
        }
        if (c <= 0 || (as == PATH && (c < 0x20 || c == 0x7f)))
            return NULL;
        *o++ = (char)c;
    }
    *o = '\0';
    return out;
}

const char *uri_decode(const char *text, size_t size, struct arena *a)
{
    return decode(text, size, PATH, a);
}

static int add_pair(struct uri *u, const char *text, size_t size, struct arena *a, struct err *e)
{
    if (size == 0)
        return 0;
    if (u->n_query == URI_QUERY_MAX)
        return err_set(e, ERR_INVALID, "more than %d query parameters", URI_QUERY_MAX);
    const char *equals = memchr(text, '=', size);
    size_t name_size = equals ? (size_t)(equals - text) : size;
    struct uri_pair *pair = &u->query[u->n_query];
    pair->name = decode(text, name_size, QUERY, a);
    pair->value = equals ? decode(equals + 1, size - name_size - 1, QUERY, a) : "";
    if (!pair->name || !pair->value)
        return err_set(e, ERR_INVALID, "a query parameter with a bad escape");
    u->n_query++;
    return 0;
}

int uri_parse(struct uri *u, const char *target, struct arena *a, struct err *e)
{
    u->n_query = 0;
    if (target[0] != '/')
        return err_set(e, ERR_INVALID, "a request target must start with /");
    size_t path_size = strcspn(target, "?#");
    if (strchr(target, '#'))
        return err_set(e, ERR_INVALID, "a request target has no fragment");
    u->raw_path = arena_strndup(a, target, path_size);
    u->path = decode(target, path_size, PATH, a);
    if (!u->path)
        return err_set(e, ERR_INVALID, "the path has a bad escape or a control character");

    for (const char *q = target + path_size; *q;) {
        q++; /* over "?" or "&" */
        size_t size = strcspn(q, "&");
        if (add_pair(u, q, size, a, e) != 0)
            return -1;
        q += size;
    }
    return 0;
}
