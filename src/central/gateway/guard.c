#include "central/gateway/guard.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

#define HOST_MAX 254

/* Host without its port: "[::1]:80" gives "::1". False when it is too long for a name. */
static bool host_name(const char *host, char out[HOST_MAX])
{
    const char *end = host + strlen(host);
    if (host[0] == '[') {
        host++;
        end = strchr(host, ']') ? strchr(host, ']') : end;
    } else if (strrchr(host, ':')) {
        end = strrchr(host, ':');
    }
    size_t size = (size_t)(end - host);
    if (size >= HOST_MAX)
        return false;
    memcpy(out, host, size);
    out[size] = '\0';
    return true;
}

static bool is_listed(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = list; *at;) {
        at += strspn(at, ", ");
        size_t n = strcspn(at, ", ");
        char one[HOST_MAX];
        if (n > 0 && n == size) {
            memcpy(one, at, n);    /* n < HOST_MAX, as name is */
            one[n] = '\0';
            if (str_eq_nocase(one, name))
                return true;
        }
        at += n;
    }
    return false;
}

/* An address cannot be rebound, and no resolver outside may answer for localhost (RFC 6761). */
bool guard_host_is_ours(const char *host, const char *hosts)
{
    char name[HOST_MAX];
    unsigned char address[sizeof(struct in6_addr)];
    if (!host_name(host, name))
        return false;
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1 || str_eq_nocase(name, "localhost") || is_listed(hosts, name);
}

/* The Origin is the site that was asked, or one of the names that a proxy shows us under. */
static bool is_own_origin(const char *origin, const char *host, const char *hosts)
{
    const char *authority = strstr(origin, "://");
    char name[HOST_MAX];
    if (!authority)
        return false;
    authority += strlen("://");
    return (host && str_eq_nocase(authority, host)) || (host_name(authority, name) && is_listed(hosts, name));
}

static bool is_foreign(const struct central_options *o, const struct http_exchange *x)
{
    const char *origin = http_header(x, "Origin"), *site = http_header(x, "Sec-Fetch-Site");
    if (origin)
        return !is_own_origin(origin, http_header(x, "Host"), o->http_hosts);
    return site && !str_eq(site, "same-origin") && !str_eq(site, "none");
}

/* A form of another page can send anything but this. A request without body and type (fetch with POST alone) is judged by its origin. */
static bool is_json(const struct http_exchange *x)
{
    const char *type = http_header(x, "Content-Type");
    size_t size;
    http_body(x, &size);
    if (!type)
        return size == 0;
    char media[32];
    size_t n = strcspn(type, "; \t");
    if (n >= sizeof media)
        return false;
    memcpy(media, type, n);
    media[n] = '\0';
    return str_eq_nocase(media, "application/json");
}

bool guard_pass(const struct central_options *o, struct http_exchange *x)
{
    const char *host = http_header(x, "Host"), *method = http_method(x);
    if (host && central_is_local(o) && !str_starts(o->http_listen, "unix:") && !guard_host_is_ours(host, o->http_hosts)) {
        http_reply_problem(x, 421, "%.100s is no name of this server; open it as localhost or by its address, or list the name in http_hosts", host);
        return false;
    }
    if (str_eq(method, "GET") || str_eq(method, "HEAD"))
        return true;
    if (is_foreign(o, x)) {
        http_reply_problem(x, 403, "requests that change something are taken from this site's own pages and from programs, not from other sites; a proxy's name belongs into http_hosts");
        return false;
    }
    if (!is_json(x)) {
        http_reply_problem(x, 415, "send the body as Content-Type: application/json");
        return false;
    }
    return true;
}

static const char *const headers[][2] = {
    { "X-Content-Type-Options", "nosniff" },
    { "Referrer-Policy", "same-origin" },
    { "Content-Security-Policy", "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "X-Frame-Options", "SAMEORIGIN" },
    { "Cache-Control", "no-store" },
};

void guard_headers(struct http_exchange *x)
{
    for (size_t i = 0; i < COUNT(headers); i++)
        http_set_header(x, headers[i][0], headers[i][1]);
}

void guard_frame(struct http_exchange *x)
{
    http_set_header(x, "Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'");
}
