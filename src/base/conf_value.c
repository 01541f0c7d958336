#include "base/conf_value.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define SHOWN_MAX    60
#define SECRET_SHOWN "***"

void conf_value_quote(const char *text, struct buf *out)
{
    size_t size = strlen(text), kept = str_utf8_cut(text, size, SHOWN_MAX);
    AUTO_FREE char *cut = str_ndup(text, kept);
    buf_char(out, '"');
    str_terminal(out, cut, false);
    buf_str(out, kept < size ? "...\"" : "\"");
}

static int not_a(const char *text, const char *what, struct err *e)
{
    AUTO_BUF struct buf quoted = { 0 };
    conf_value_quote(text, &quoted);
    return err_set(e, ERR_INVALID, "%s is no %s", buf_text(&quoted), what);
}

/* A table that names only the least means that there is no most. */
static int64_t most(const struct conf_option *o)
{
    return o->max < o->min ? INT64_MAX : o->max;
}

static int check_bounds(const struct conf_option *o, int64_t value, const char *text, struct err *e)
{
    if ((o->min == 0 && o->max == 0) || (value >= o->min && value <= most(o)))
        return 0;
    AUTO_BUF struct buf quoted = { 0 }, bounds = { 0 };
    conf_value_quote(text, &quoted);
    conf_value_bounds(o, &bounds);
    return err_set(e, ERR_INVALID, "%s is out of bounds (%s)", buf_text(&quoted), buf_text(&bounds));
}

static int parse_string(const struct conf_option *o, void *member, const char *text, struct err *e)
{
    (void)o;
    (void)e;
    char **string = member;
    free(*string);
    *string = str_dup(text);
    return 0;
}

static void forget(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

static int parse_secret(const struct conf_option *o, void *member, const char *text, struct err *e)
{
    (void)o;
    if (str_eq(text, SECRET_SHOWN))
        return err_set(e, ERR_INVALID, "\"" SECRET_SHOWN "\" is what --print-config shows instead of a secret");
    char **string = member;
    forget(*string);
    *string = str_dup(text);
    return 0;
}

static bool is_port(const char *s)
{
    size_t digits = strspn(s, "0123456789");
    return digits >= 1 && digits <= 5 && !s[digits] && atoi(s) <= 65535;
}

static int parse_file(const struct conf_option *o, void *member, const char *text, struct err *e)
{
    AUTO_BUF struct buf quoted = { 0 };
    conf_value_quote(text, &quoted);
    if (*text && access(text, R_OK) != 0)
        return err_set(e, ERR_INVALID, "%s cannot be read: %s", buf_text(&quoted), strerror(errno));
    return parse_string(o, member, text, e);
}

/* "nats://login@host:4222", size bytes of it; the scheme, the login and the port may be left out. */
static bool is_url(const char *text, size_t size)
{
    static const char *const schemes[] = { "nats", "tls", "ws", "wss" };
    AUTO_FREE char *url = str_ndup(text, size);
    char *host = strstr(url, "://");
    bool known = !host;
    for (size_t i = 0; host && i < COUNT(schemes); i++)
        known |= strlen(schemes[i]) == (size_t)(host - url) && str_starts(url, schemes[i]);
    host = host ? host + 3 : url;
    if (strrchr(host, '@'))
        host = strrchr(host, '@') + 1;
    size_t name = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    return known && strlen(host) >= name && name > (*host == '[' ? 2 : 0) && !host[strcspn(host, " /?#")] && (!host[name] || (host[name] == ':' && is_port(host + name + 1)));
}

static int parse_urls(const struct conf_option *o, void *member, const char *text, struct err *e)
{
    for (const char *at = text; *at;) {
        at += strspn(at, ", ");
        size_t size = strcspn(at, ", ");
        if (size > 0 && !is_url(at, size)) {
            AUTO_FREE char *one = str_ndup(at, size);
            AUTO_BUF struct buf shown = { 0 };
            str_hide_logins(&shown, one);
            return not_a(buf_text(&shown), "NATS address (nats://host:4222, tls://host; several with commas)", e);
        }
        at += size;
    }
    return parse_string(o, member, text, e);
}

static bool is_listen(const char *text)
{
    if (!*text)
        return true;
    if (str_starts(text, "unix:"))
        return text[5] == '/' && strlen(text + 5) < sizeof((struct sockaddr_un *)0)->sun_path;
    const char *colon = strrchr(text, ':');
    if (!colon || !is_port(colon + 1))
        return false;
    if (colon == text)
        return true;

    bool bracketed = *text == '[' && colon[-1] == ']';
    char host[INET6_ADDRSTRLEN];
    size_t size = (size_t)(colon - text) - (bracketed ? 2 : 0);
    if (size >= sizeof host)
        return false;
    memcpy(host, text + bracketed, size);
    host[size] = '\0';
    unsigned char address[16];
    return inet_pton(bracketed ? AF_INET6 : AF_INET, host, address) == 1;
}

static int parse_listen(const struct conf_option *o, void *member, const char *text, struct err *e)
{
    if (!is_listen(text))
        return not_a(text, "address to listen on (:8080, 127.0.0.1:8080, [::1]:8080, unix:/run/x.sock, or empty for none)", e);
    return parse_string(o, member, text, e);
}

static int parse_bool(const struct conf_option *o, void *member, const char *text, struct err *e)
{
    static const struct { const char *text; bool value; } rows[] = {
        { "true", true }, { "false", false }, { "yes", true }, { "no", false }, { "on", true }, { "off", false }, { "1", true }, { "0", false },
    };
    (void)o;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_eq_nocase(text, rows[i].text)) {
            *(bool *)member = rows[i].value;
            return 0;
        }
    return not_a(text, "switch (true or false)", e);
}

/* Digits with an optional minus, nothing around them. */
static bool read_int(const char *text, const char **end, int64_t *value)
{
    const char *digits = text + (*text == '-');
    if (*digits < '0' || *digits > '9')
        return false;
    char *stop;
    errno = 0;
    *value = strtoll(text, &stop, 10);
    *end = stop;
    return errno == 0;
}

static int parse_int(const struct conf_option *o, void *member, const char *text, struct err *e)
{
    int64_t value;
    const char *end;
    if (!read_int(text, &end, &value) || *end)
        return not_a(text, "whole number", e);
    if (check_bounds(o, value, text, e) != 0)
        return -1;
    *(int64_t *)member = value;
    return 0;
}

static const struct unit {
    const char *name;
    int shift;
} units[] = { { "GiB", 30 }, { "MiB", 20 }, { "KiB", 10 }, { "B", 0 }, { "", 0 } };    /* largest first, for conf_value_format */

static int parse_size(const struct conf_option *o, void *member, const char *text, struct err *e)
{
    static const char what[] = "size (bytes, or a number with KiB, MiB or GiB)";
    int64_t value;
    const char *end;
    if (*text == '-' || !read_int(text, &end, &value))
        return not_a(text, what, e);
    end += *end == ' ';
    const struct unit *unit = NULL;
    for (size_t i = 0; i < COUNT(units) && !unit; i++)
        if (str_eq(end, units[i].name))
            unit = &units[i];
    if (!unit || value > INT64_MAX >> unit->shift)
        return not_a(text, what, e);
    value <<= unit->shift;
    if (check_bounds(o, value, text, e) != 0)
        return -1;
    *(int64_t *)member = value;
    return 0;
}

static int parse_duration(const struct conf_option *o, void *member, const char *text, struct err *e)
{
    int64_t value;
    if (clock_parse_duration(text, &value) != 0)
        return not_a(text, "duration (250ms, 30s, 2m30s, 1h)", e);
    if (check_bounds(o, value, text, e) != 0)
        return -1;
    *(int64_t *)member = value;
    return 0;
}

static int count_choices(const struct conf_option *o)
{
    int n = 0;
    while (o->choices[n])
        n++;
    return n;
}

static int parse_choice(const struct conf_option *o, void *member, const char *text, struct err *e)
{
    AUTO_BUF struct buf quoted = { 0 }, all = { 0 };
    int n = count_choices(o);
    for (int i = 0; i < n; i++) {
        if (str_eq(o->choices[i], text)) {
            *(int *)member = i;
            return 0;
        }
        buf_printf(&all, i ? ", %s" : "%s", o->choices[i]);
    }
    conf_value_quote(text, &quoted);
    const char *near = str_nearest(text, o->choices, (size_t)n);
    return err_set(e, ERR_INVALID, "%s is none of %s%s%s%s", buf_text(&quoted), buf_text(&all), near ? " (did you mean " : "", near ? near : "",
                   near ? "?)" : "");
}

static void format_string(const struct conf_option *o, const void *member, struct buf *out)
{
    (void)o;
    buf_str(out, str_or_empty(*(char *const *)member));
}

static void format_urls(const struct conf_option *o, const void *member, struct buf *out)
{
    (void)o;
    str_hide_logins(out, str_or_empty(*(char *const *)member));
}

static void format_secret(const struct conf_option *o, const void *member, struct buf *out)
{
    (void)o;
    buf_str(out, *str_or_empty(*(char *const *)member) ? SECRET_SHOWN : "");
}

static void format_bool(const struct conf_option *o, const void *member, struct buf *out)
{
    (void)o;
    buf_str(out, *(const bool *)member ? "true" : "false");
}

static void format_int(const struct conf_option *o, const void *member, struct buf *out)
{
    (void)o;
    buf_printf(out, "%" PRId64, *(const int64_t *)member);
}

static void format_size(const struct conf_option *o, const void *member, struct buf *out)
{
    (void)o;
    int64_t value = *(const int64_t *)member;
    const struct unit *unit = units;
    while (unit->shift && (value == 0 || value & (((int64_t)1 << unit->shift) - 1)))
        unit++;
    buf_printf(out, "%" PRId64 "%s", value >> unit->shift, unit->shift ? unit->name : "");
}

static void format_duration(const struct conf_option *o, const void *member, struct buf *out)
{
    (void)o;
    char text[CLOCK_TEXT_SIZE];
    clock_format_duration(*(const int64_t *)member, text);
    buf_str(out, text);
}

static void format_choice(const struct conf_option *o, const void *member, struct buf *out)
{
    int i = *(const int *)member;
    assert(i >= 0 && i < count_choices(o));
    buf_str(out, o->choices[i]);
}

static const struct type {
    const char *placeholder, *name;
    size_t size;
    int (*parse)(const struct conf_option *o, void *member, const char *text, struct err *e);
    void (*format)(const struct conf_option *o, const void *member, struct buf *out);
} types[] = {
    [CONF_STRING]   = { "TEXT", "text", sizeof(char *), parse_string, format_string },
    [CONF_SECRET]   = { "SECRET", "secret", sizeof(char *), parse_secret, format_secret },
    [CONF_PATH]     = { "PATH", "path", sizeof(char *), parse_string, format_string },
    [CONF_FILE]     = { "FILE", "file", sizeof(char *), parse_file, format_string },
    [CONF_URLS]     = { "URLS", "addresses", sizeof(char *), parse_urls, format_urls },
    [CONF_LISTEN]   = { "ADDRESS", "address", sizeof(char *), parse_listen, format_string },
    [CONF_BOOL]     = { "", "switch", sizeof(bool), parse_bool, format_bool },
    [CONF_INT]      = { "NUMBER", "number", sizeof(int64_t), parse_int, format_int },
    [CONF_SIZE]     = { "SIZE", "size", sizeof(int64_t), parse_size, format_size },
    [CONF_DURATION] = { "DURATION", "duration", sizeof(int64_t), parse_duration, format_duration },
    [CONF_CHOICE]   = { NULL, NULL, sizeof(int), parse_choice, format_choice },
};

static const struct type *type_of(const struct conf_option *o)
{
    assert(o->type < COUNT(types));
    return &types[o->type];
}

void conf_value_init(const struct conf_option *o, void *values)
{
    memset((char *)values + o->offset, 0, type_of(o)->size);
}

int conf_value_set(const struct conf_option *o, void *values, const char *text, struct err *e)
{
    return type_of(o)->parse(o, (char *)values + o->offset, text, e);
}

void conf_value_free(const struct conf_option *o, void *values)
{
    char **string = (void *)((char *)values + o->offset);
    if (o->type > CONF_LISTEN)
        return;    /* numbers own nothing */
    forget(*string);
    *string = NULL;
}

void conf_value_format(const struct conf_option *o, const void *values, struct buf *out)
{
    type_of(o)->format(o, (const char *)values + o->offset, out);
}

void conf_value_bounds(const struct conf_option *o, struct buf *out)
{
    if (o->min == 0 && o->max == 0)
        return;
    type_of(o)->format(o, &o->min, out);
    if (most(o) == INT64_MAX) {
        buf_str(out, " or more");
        return;
    }
    buf_str(out, " to ");
    type_of(o)->format(o, &o->max, out);
}

static void add_type(const struct conf_option *o, const char *name, struct buf *out)
{
    if (name) {
        buf_str(out, name);
        return;
    }
    for (int i = 0; o->choices[i]; i++)
        buf_printf(out, i ? "|%s" : "%s", o->choices[i]);
}

void conf_value_placeholder(const struct conf_option *o, struct buf *out)
{
    add_type(o, type_of(o)->placeholder, out);
}

void conf_value_type_name(const struct conf_option *o, struct buf *out)
{
    add_type(o, type_of(o)->name, out);
}
