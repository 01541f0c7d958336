#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_line.h"
#include "base/str.h"

#define SITE_WINDOW_MS 10000

static const struct { const char *name, *word; } levels[] = {
    [LOG_DEBUG] = { "debug", "DEBUG" },
    [LOG_INFO]  = { "info", "INFO" },
    [LOG_WARN]  = { "warn", "WARN" },
    [LOG_ERROR] = { "error", "ERROR" },
};

static _Atomic(const char *) program = "aetherius";
static atomic_int level_least = LOG_INFO;
static atomic_int format_now = LOG_JSON;
static atomic_uint_fast64_t lines_lost;    /* standard error did not take them */
static pthread_mutex_t sites_lock = PTHREAD_MUTEX_INITIALIZER;

static _Thread_local char thread_service[64];
static _Thread_local char thread_cluster[128];

/* The format of the fields and its arguments, eaten from the left. */
struct fields {
    const char *at;
    va_list args;
};

void log_setup(const char *name, enum log_level level, enum log_format format)
{
    atomic_store(&program, name);
    atomic_store(&level_least, (int)level);
    atomic_store(&format_now, (int)format);
}

void log_thread(const char *service, const char *cluster_id)
{
    str_copy(thread_service, sizeof thread_service, str_or_empty(service));
    str_copy(thread_cluster, sizeof thread_cluster, str_or_empty(cluster_id));
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&level_least, memory_order_relaxed);
}

/* True when this line may be written; *left_out is how many of the site's were not since the last one.  After a burst a site gets one line
 * a window, until a window passes in which nothing had to be left out. */
static bool site_admits(struct log_site *site, int64_t now_ms, uint32_t *left_out)
{
    pthread_mutex_lock(&sites_lock);
    if (site->in_window == 0 || now_ms - site->window_ms >= SITE_WINDOW_MS) {
        site->window_ms = now_ms;
        site->in_window = site->left_out > 0 ? LOG_SITE_BURST - 1 : 0;
    }
    bool admitted = site->in_window < LOG_SITE_BURST;
    *left_out = site->left_out;
    if (admitted) {
        site->in_window++;
        site->left_out = 0;
    } else if (site->left_out < UINT32_MAX) {
        site->left_out++;
    }
    pthread_mutex_unlock(&sites_lock);
    return admitted;
}

enum length { LENGTH_INT, LENGTH_CHAR, LENGTH_SHORT, LENGTH_LONG, LENGTH_LONG_LONG, LENGTH_MAX, LENGTH_SIZE, LENGTH_PTRDIFF, LENGTH_LONG_DOUBLE };

static enum length take_length(const char **at)
{
    static const struct { const char *text; enum length length; } rows[] = {
        { "hh", LENGTH_CHAR }, { "h", LENGTH_SHORT }, { "ll", LENGTH_LONG_LONG }, { "l", LENGTH_LONG },
        { "j", LENGTH_MAX },   { "z", LENGTH_SIZE },  { "t", LENGTH_PTRDIFF },    { "L", LENGTH_LONG_DOUBLE },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_starts(*at, rows[i].text)) {
            *at += strlen(rows[i].text);
            return rows[i].length;
        }
    return LENGTH_INT;
}

static intmax_t take_signed(struct fields *f, enum length length)
{
    switch (length) {
    case LENGTH_CHAR:      return (signed char)va_arg(f->args, int);
    case LENGTH_SHORT:     return (short)va_arg(f->args, int);
    case LENGTH_LONG:      return va_arg(f->args, long);
    case LENGTH_LONG_LONG: return va_arg(f->args, long long);
    case LENGTH_MAX:       return va_arg(f->args, intmax_t);
    case LENGTH_SIZE:      return va_arg(f->args, ssize_t);
    case LENGTH_PTRDIFF:   return va_arg(f->args, ptrdiff_t);
    default:               return va_arg(f->args, int);
    }
}

static uintmax_t take_unsigned(struct fields *f, enum length length)
{
    switch (length) {
    case LENGTH_CHAR:      return (unsigned char)va_arg(f->args, int);
    case LENGTH_SHORT:     return (unsigned short)va_arg(f->args, int);
    case LENGTH_LONG:      return va_arg(f->args, unsigned long);
    case LENGTH_LONG_LONG: return va_arg(f->args, unsigned long long);
    case LENGTH_MAX:       return va_arg(f->args, uintmax_t);
    case LENGTH_SIZE:      return va_arg(f->args, size_t);
    case LENGTH_PTRDIFF:   return (uintmax_t)va_arg(f->args, ptrdiff_t);
    default:               return va_arg(f->args, unsigned);
    }
}

static double take_real(struct fields *f, enum length length)
{
    return length == LENGTH_LONG_DOUBLE ? (double)va_arg(f->args, long double) : va_arg(f->args, double);
}

/* Digits or an argument; -1 when there is neither. */
static int take_count(struct fields *f)
{
    if (*f->at == '*') {
        f->at++;
        return va_arg(f->args, int);
    }
    int n = -1;
    for (; *f->at >= '0' && *f->at <= '9'; f->at++)
        n = n < 0 ? *f->at - '0' : n > 1000 ? n : n * 10 + (*f->at - '0');
    return n;
}

static void take_string(struct fields *f, int precision, struct buf *out)
{
    const char *s = str_or_empty(va_arg(f->args, const char *));
    buf_add(out, s, precision >= 0 ? strnlen(s, (size_t)precision) : strlen(s));
}

/* One conversion, behind its "%".  True when it made a decimal number.  Width only pads, which a log line has no use for. */
static bool take_conversion(struct fields *f, struct buf *out)
{
    f->at += strspn(f->at, "-+ #0'");
    take_count(f);
    int precision = -1;
    if (*f->at == '.') {
        f->at++;
        precision = take_count(f);
    }
    enum length length = take_length(&f->at);
    char c = *f->at;
    if (c)
        f->at++;
    switch (c) {
    case 'd':
    case 'i': buf_printf(out, "%jd", take_signed(f, length)); return true;
    case 'u': buf_printf(out, "%ju", take_unsigned(f, length)); return true;
    case 'o': buf_printf(out, "%jo", take_unsigned(f, length)); return false;
    case 'x': buf_printf(out, "%jx", take_unsigned(f, length)); return false;
    case 'X': buf_printf(out, "%jX", take_unsigned(f, length)); return false;
    case 'c': buf_char(out, (char)va_arg(f->args, int)); return false;
    case 's': take_string(f, precision, out); return false;
    case 'p': buf_printf(out, "%p", va_arg(f->args, void *)); return false;
    case 'm': buf_str(out, strerror(errno)); return false;
    case 'f':
    case 'F': buf_printf(out, "%.*f", precision < 0 ? 6 : precision, take_real(f, length)); return true;
    case 'e':
    case 'E': buf_printf(out, "%.*e", precision < 0 ? 6 : precision, take_real(f, length)); return true;
    case 'g':
    case 'G': buf_printf(out, "%.*g", precision < 0 ? 6 : precision, take_real(f, length)); return true;
    case '%': buf_char(out, '%'); return false;
    default:  return false;
    }
}

/* Up to end or a space, unless these are between quotes of the format itself: what arguments hold never ends a field.  True when nothing
 * but digits of the format and numbers went in, so that a field keeps its type whatever a text argument looks like. */
static bool take_piece(struct fields *f, char end, struct buf *out)
{
    bool quoted = false, number = true;
    for (char c; (c = *f->at) && (quoted || (c != ' ' && c != end));) {
        f->at++;
        if (c == '%') {
            number &= take_conversion(f, out);
        } else if (c == '"') {
            quoted = !quoted;
            number = false;
        } else {
            buf_char(out, c);
        }
    }
    return number;
}

static void put_fields(struct log_line *l, struct fields *f)
{
    AUTO_BUF struct buf key = { .limit = 128 };
    AUTO_BUF struct buf value = { .limit = LOG_LINE_MAX };
    for (;;) {
        f->at += strspn(f->at, " ");
        if (!*f->at)
            return;
        buf_reset(&key);
        buf_reset(&value);
        take_piece(f, '=', &key);
        if (*f->at != '=') {    /* a lone word */
            log_line_field(l, "text", buf_text(&key), false);
            continue;
        }
        f->at++;
        bool number = take_piece(f, ' ', &value);
        log_line_field(l, buf_text(&key), buf_text(&value), number);
        if (value.cut)
            l->cut = true;
    }
}

static void put_head(struct log_line *l, enum log_level level, const char *event)
{
    char now[CLOCK_TEXT_SIZE];
    clock_format(clock_wall_ms(), now);
    const char *name = atomic_load(&program);
    bool json = l->format == LOG_JSON;
    if (json) {
        log_line_field(l, "time", now, false);
        log_line_field(l, "level", levels[level].name, false);
        log_line_field(l, "program", name, false);
        if (thread_service[0])
            log_line_field(l, "service", thread_service, false);
    } else {
        log_line_word(l, now);
        log_line_word(l, levels[level].word);
        log_line_word(l, thread_service[0] ? thread_service : name);
        log_line_word(l, event);
    }
    if (thread_cluster[0])
        log_line_field(l, "cluster_id", thread_cluster, false);
    if (json)
        log_line_field(l, "event", event, false);
}

static bool write_line(const struct log_line *l)
{
    size_t done = 0;
    while (done < l->size) {
        ssize_t n = write(STDERR_FILENO, l->text + done, l->size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

void log_write(struct log_site *site, enum log_level level, const char *event, const char *fields, ...)
{
    int saved_errno = errno;
    uint32_t left_out = 0;
    if (!log_enabled(level) || (site && !site_admits(site, clock_mono_ms(), &left_out)))
        return;

    struct log_line line;
    log_line_init(&line, (enum log_format)atomic_load(&format_now));
    put_head(&line, level, event);
    /* These first: they must not be what is cut. */
    if (left_out)
        log_line_count(&line, "left_out", left_out);
    uint64_t lost = atomic_exchange(&lines_lost, 0);
    if (lost)
        log_line_count(&line, "lines_lost", lost);

    struct fields f = { .at = fields };
    va_start(f.args, fields);
    errno = saved_errno;    /* for %m */
    put_fields(&line, &f);
    va_end(f.args);

    log_line_finish(&line);
    if (!write_line(&line))
        atomic_fetch_add(&lines_lost, lost + 1);
    errno = saved_errno;
}
