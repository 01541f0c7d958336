#include "central/gateway/site.h"

#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "base/str.h"
#include "central/gateway/dashboard.h"

#define PLAIN_MAX ((size_t)16 << 20)    /* bytes of one file of ours, unpacked */

/* What answers in JSON, also when it is wrong: never the page. */
static const char *const interface[] = { "/api/", "/agents/", "/health/", "/metrics/" };
static const char *const interface_exact[] = { "/api", "/agents", "/health", "/metrics", "/openapi.json" };

static bool is_interface(const char *path)
{
    for (size_t i = 0; i < COUNT(interface); i++)
        if (str_starts(path, interface[i]))
            return true;
    for (size_t i = 0; i < COUNT(interface_exact); i++)
        if (str_eq(path, interface_exact[i]))
            return true;
    return false;
}

static int compare(const void *path, const void *file)
{
    return strcmp(path, ((const struct dashboard_file *)file)->path);
}

static const struct dashboard_file *find(const char *path)
{
    return bsearch(path, dashboard_files, dashboard_files_count, sizeof dashboard_files[0], compare);
}

/* An address of the page's own: names between single slashes, no dot at their start, none at all in the last one. */
static bool is_page(const char *path)
{
    const char *last = strrchr(path, '/');
    if (strchr(path, '\\') || strstr(path, "//") || strstr(path, "/."))
        return false;
    return last && !strchr(last, '.');
}

/* "deflate, gzip;q=0.8": a coding with a weight of 0 is refused. */
static bool takes_gzip(const struct http_exchange *x)
{
    for (const char *at = str_or_empty(http_header(x, "Accept-Encoding")); *at;) {
        at += strspn(at, ", \t");
        size_t size = strcspn(at, ","), name = strcspn(at, ",; \t");
        const char *weight = memmem(at, size, "q=", 2);
        bool refused = weight && strspn(weight + 2, "0.") == strcspn(weight + 2, ", \t");
        if (name == 4 && strncasecmp(at, "gzip", 4) == 0)
            return !refused;
        at += size;
    }
    return false;
}

static bool is_known(const struct http_exchange *x, const char *etag)
{
    const char *known = http_header(x, "If-None-Match");
    return known && (str_eq(known, "*") || strstr(known, etag));
}

static void send_plain(struct http_exchange *x, const struct dashboard_file *f)
{
    struct err e;
    AUTO_BUF struct buf plain = { 0 };
    if (pack_gunzip(f->gzip, f->gzip_size, PLAIN_MAX, &plain, &e))
        http_reply_problem(x, 500, "%s: %s", f->path, e.text);
    else
        http_reply(x, 200, f->content_type, buf_text(&plain), plain.size);
}

static void send_file(struct http_exchange *x, const struct dashboard_file *f)
{
    http_set_header(x, "Cache-Control", f->hashed ? "public, max-age=31536000, immutable" : "no-cache");
    http_set_header(x, "ETag", f->etag);
    http_set_header(x, "Vary", "Accept-Encoding");
    if (is_known(x, f->etag)) {
        http_reply_static(x, 304, NULL, "", 0);
        return;
    }
    if (!takes_gzip(x)) {
        send_plain(x, f);
        return;
    }
    http_set_header(x, "Content-Encoding", "gzip");
    http_reply_static(x, 200, f->content_type, f->gzip, f->gzip_size);
}

bool site_serve(struct http_exchange *x)
{
    const char *path = http_path(x);
    if (is_interface(path))
        return false;
    const struct dashboard_file *f = find(path);
    if (!f && is_page(path))
        f = find("/index.html");
    if (f)
        send_file(x, f);
    else
        http_reply_problem(x, 404, "there is no file %.200s", path);
    return true;
}
