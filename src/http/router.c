#include "http/router.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "http/exchange.h"

struct segment {
    const char *text;
    size_t size;
};

/* The next segment of *path, which stands on its "/"; false at the end. */
static bool next_segment(const char **path, struct segment *s)
{
    if (**path != '/')
        return false;
    s->text = ++*path;
    s->size = strcspn(s->text, "/");
    *path += s->size;
    return true;
}

static bool is_parameter(struct segment s)
{
    return s.size > 2 && s.text[0] == '{' && s.text[s.size - 1] == '}';
}

static bool is_rest(struct segment s)
{
    return is_parameter(s) && s.size > 5 && memcmp(s.text + s.size - 4, "...}", 4) == 0;
}

static bool keep_param(struct http_exchange *x, const char *name, size_t name_size, const char *value,
                       size_t value_size)
{
    const char *decoded = uri_decode(value, value_size, &x->arena);
    if (!decoded)
        return false;
    struct http_field *f = ARENA_NEW(&x->arena, struct http_field);
    f->name = arena_strndup(&x->arena, name, name_size);
    f->value = decoded;
    f->next = x->params;
    x->params = f;
    return true;
}

static bool fits(struct http_exchange *x, const char *pattern)
{
    const char *path = x->uri.raw_path;
    struct segment want, have;
    x->params = NULL;
    while (next_segment(&pattern, &want)) {
        if (is_rest(want)) {
            const char *rest = *path == '/' ? path + 1 : path;
            return keep_param(x, want.text + 1, want.size - 5, rest, strlen(rest));
        }
        if (!next_segment(&path, &have))
            return false;
        if (is_parameter(want)) {
            if (have.size == 0 || !keep_param(x, want.text + 1, want.size - 2, have.text, have.size))
                return false;
        } else if (want.size != have.size || memcmp(want.text, have.text, want.size) != 0) {
            return false;
        }
    }
    return *path == '\0';
}

static bool takes(const struct route *route, const char *method)
{
    return str_eq(route->method, method) || (str_eq(route->method, "GET") && str_eq(method, "HEAD"));
}

void route_dispatch(const struct route *routes, size_t count, void *arg, struct http_exchange *x)
{
    AUTO_BUF struct buf allowed = { 0 };
    for (const struct route *r = routes; r < routes + count; r++) {
        if (!fits(x, r->pattern))
            continue;
        if (takes(r, x->method)) {
            x->route = r;
            r->handler(arg, x);
            return;
        }
        buf_printf(&allowed, "%s%s", allowed.size ? ", " : "", r->method);
    }
    if (allowed.size > 0) {
        http_set_header(x, "Allow", buf_text(&allowed));
        http_reply_problem(x, 405, "%s is not for this address; it takes %s", x->method, buf_text(&allowed));
        return;
    }
    http_reply_problem(x, 404, "there is nothing at %s", http_path(x));
}

const struct route *route_of(const struct http_exchange *x)
{
    return x->route;
}

const char *route_value(const struct http_exchange *x, const char *name)
{
    for (const struct http_field *f = x->params; f; f = f->next)
        if (str_eq(f->name, name))
            return f->value;
    return NULL;
}
