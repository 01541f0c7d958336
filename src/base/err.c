#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {
    [ERR_NONE] = "none",
    [ERR_INVALID] = "invalid",
    [ERR_NOT_FOUND] = "not-found",
    [ERR_CONFLICT] = "conflict",
    [ERR_REFUSED] = "refused",
    [ERR_TOO_LARGE] = "too-large",
    [ERR_BUSY] = "busy",
    [ERR_UNAVAILABLE] = "unavailable",
    [ERR_TIMEOUT] = "timeout",
    [ERR_EXPIRED] = "expired",
    [ERR_IO] = "io",
    [ERR_INTERNAL] = "internal",
};

/* What the caller can act on; everything else the operating system says is ERR_IO. */
static const struct sys_kind {
    int sys;
    enum err_kind kind;
} sys_kinds[] = {
    { ENOENT, ERR_NOT_FOUND },
    { ESRCH, ERR_NOT_FOUND },
    { EEXIST, ERR_CONFLICT },
    { EADDRINUSE, ERR_CONFLICT },
    { ENOTEMPTY, ERR_CONFLICT },
    { EACCES, ERR_REFUSED },
    { EPERM, ERR_REFUSED },
    { EROFS, ERR_REFUSED },
    { E2BIG, ERR_TOO_LARGE },
    { EFBIG, ERR_TOO_LARGE },
    { EMSGSIZE, ERR_TOO_LARGE },
    { ENAMETOOLONG, ERR_TOO_LARGE },
    { EAGAIN, ERR_BUSY },
    { EBUSY, ERR_BUSY },
    { ECONNREFUSED, ERR_UNAVAILABLE },
    { ECONNRESET, ERR_UNAVAILABLE },
    { ECONNABORTED, ERR_UNAVAILABLE },
    { EPIPE, ERR_UNAVAILABLE },
    { ENOTCONN, ERR_UNAVAILABLE },
    { ENETUNREACH, ERR_UNAVAILABLE },
    { EHOSTUNREACH, ERR_UNAVAILABLE },
    { ENETDOWN, ERR_UNAVAILABLE },
    { EHOSTDOWN, ERR_UNAVAILABLE },
    { ETIMEDOUT, ERR_TIMEOUT },
    { EINVAL, ERR_INVALID },
};

static enum err_kind kind_of_sys(int sys)
{
    for (size_t i = 0; i < sizeof sys_kinds / sizeof sys_kinds[0]; i++)
        if (sys_kinds[i].sys == sys)
            return sys_kinds[i].kind;
    return ERR_IO;
}

/* Foreign text gets into errors: one line stays one line, and an ESC never reaches a terminal from here. */
static void make_one_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

/* snprintf cuts bytes; a character cut in half goes with them. */
static void drop_half_character(char *text, size_t size)
{
    size_t start = size;
    while (start > 0 && size - start < 3 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (wanted > size - start + 1)
        text[start - 1] = '\0';
}

__attribute__((format(printf, 3, 0))) static void fill(char *out, size_t size, const char *format, va_list args)
{
    int wanted = vsnprintf(out, size, format, args);
    if (wanted < 0)
        out[0] = '\0';
    else if ((size_t)wanted >= size)
        drop_half_character(out, size - 1);
    make_one_line(out);
}

int err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
    if (!e)
        return -1;
    /* The arguments may point into e->text: format beside it. */
    char text[sizeof e->text];
    va_list args;
    va_start(args, format);
    fill(text, sizeof text, format, args);
    va_end(args);
    e->kind = kind;
    e->sys = 0;
    memcpy(e->text, text, sizeof text);
    return -1;
}

int err_sys(struct err *e, int sys, const char *format, ...)
{
    if (!e)
        return -1;
    char text[sizeof e->text], reason[128];
    va_list args;
    va_start(args, format);
    fill(text, sizeof text, format, args);
    va_end(args);
    err_set(e, kind_of_sys(sys), "%s: %s", text, strerror_r(sys, reason, sizeof reason));
    e->sys = sys;
    return -1;
}

int err_wrap(struct err *e, const char *format, ...)
{
    if (!e)
        return -1;
    char context[sizeof e->text];
    va_list args;
    va_start(args, format);
    fill(context, sizeof context, format, args);
    va_end(args);
    enum err_kind kind = e->kind;
    int sys = e->sys;
    err_set(e, kind, "%s: %s", context, e->text);
    e->sys = sys;
    return -1;
}

const char *err_kind_name(enum err_kind kind)
{
    size_t i = (size_t)kind;
    return i < sizeof kind_names / sizeof kind_names[0] ? kind_names[i] : "unknown";
}
