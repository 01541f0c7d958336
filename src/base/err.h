/* What went wrong, by value.
 *
 * Fallible calls return 0, a documented positive outcome, or -1 with *e filled.  err_set and err_wrap return -1, so
 * that an error path is one line; text gains context on the way up and is logged once, by the loop that catches it.
 */
#pragma once

enum err_kind {
    ERR_NONE,
    ERR_INVALID,        /* input that breaks a rule: config, wire, HTTP, a file                    */
    ERR_NOT_FOUND,
    ERR_CONFLICT,       /* already there, or the state does not allow it                           */
    ERR_REFUSED,        /* not permitted: 401, 403, signature, policy                              */
    ERR_TOO_LARGE,      /* beyond a limit                                                          */
    ERR_BUSY,           /* try again later: full queue, 429, locked database                       */
    ERR_UNAVAILABLE,    /* the other side is not there: refused, reset, no answer                  */
    ERR_TIMEOUT,
    ERR_EXPIRED,        /* 410: the place in a stream is too old                                   */
    ERR_IO,             /* the operating system said no; sys holds errno                           */
    ERR_INTERNAL,       /* a library failed in a way that input cannot cause                       */
};

struct err {
    enum err_kind kind;
    int sys;            /* errno, HTTP status or the library's code; 0 if there is none             */
    char text[400];     /* one line for a person, with place and remedy where there is one          */
};

#define ERR_PRINTF(f, a) __attribute__((format(printf, f, a), nonnull(f)))
#define MUST_CHECK       __attribute__((warn_unused_result))

/* Fills *e (e may be NULL: the caller does not care) and returns -1. */
int err_set(struct err *e, enum err_kind kind, const char *format, ...) ERR_PRINTF(3, 4);

/* Like err_set, with ": strerror(sys)" appended and kind chosen from sys. */
int err_sys(struct err *e, int sys, const char *format, ...) ERR_PRINTF(3, 4);

/* Puts "context: " before the text that is there, keeps kind and sys, returns -1. */
int err_wrap(struct err *e, const char *format, ...) ERR_PRINTF(2, 3);

/* The kind's name in lower case with dashes ("not-found"), for logs and metric labels. */
const char *err_kind_name(enum err_kind kind);
