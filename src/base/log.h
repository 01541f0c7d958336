/* One line a happening, JSON or text, on standard error.
 *
 * Thread-safe.  Library folders do not log above debug; the loop that catches an err logs it once.  Each call site is rate-limited
 * (LOG_SITE_BURST lines at once, then one in 10 s with the count of those left out), so that a fault in a loop is one line.
 * Values that came from outside are escaped.  Never pass a secret.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_JSON, LOG_TEXT };

#define LOG_SITE_BURST 20

/* program is borrowed for ever.  Call once at start; later calls change level and format. */
void log_setup(const char *program, enum log_level level, enum log_format format);

/* Names this thread's service and, optionally, its cluster in every later line. NULL clears. Both are copied. */
void log_thread(const char *service, const char *cluster_id);

struct log_site {
    int64_t window_ms;
    uint32_t in_window, left_out;
};

/* fields: "key=value" pairs are given as the format, e.g. log_info("watch opened", "kind=%s version=%s", kind, version).  The format alone is
 * split at spaces (outside its own quotes), never what an argument holds: a value with spaces, quotes or "x=y" stays one value.  Numbers
 * (%d, %u, %f, digits of the format) are JSON numbers, %s is text whatever it looks like.  Lines are cut at 8 KiB ("cut": true); one write(2) a line. */
void log_write(struct log_site *site, enum log_level level, const char *event, const char *fields, ...) ERR_PRINTF(4, 5);
bool log_enabled(enum log_level level);

#define LOG_AT(level, event, ...)                              \
    ({                                                         \
        static struct log_site log_site_;                      \
        if (log_enabled(level))                                \
            log_write(&log_site_, level, event, __VA_ARGS__);  \
    })
#define log_debug(event, ...) LOG_AT(LOG_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...)  LOG_AT(LOG_INFO, event, __VA_ARGS__)
#define log_warn(event, ...)  LOG_AT(LOG_WARN, event, __VA_ARGS__)
#define log_error(event, ...) LOG_AT(LOG_ERROR, event, __VA_ARGS__)
