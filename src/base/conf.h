/* Options: one table a program drives flags, environment, YAML file, --help, bounds, --check-config, --print-config and docs/config.md.
 *
 * Precedence: --name value, --name=value; AETHERIUS_NAME; "name:" in the file of --config; the default.  In flags "-" and "_" are the
 * same.  Unknown keys, duplicate keys and values out of bounds are errors with file:line and the nearest name.  Empty default config works.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/str.h"

enum conf_type {
    CONF_STRING,      /* char *, never NULL ("")                                    */
    CONF_SECRET,      /* char *, printed as ***                                     */
    CONF_PATH,        /* char *                                                     */
    CONF_FILE,        /* char *: a file that is there and can be read, or ""        */
    CONF_URLS,        /* char *: "nats://a:4222, tls://b"; printed without logins   */
    CONF_LISTEN,      /* char *: ":8080", "127.0.0.1:8090", "[::1]:1", "unix:/p", "" off */
    CONF_BOOL,        /* bool                                                       */
    CONF_INT,         /* int64_t                                                    */
    CONF_SIZE,        /* int64_t bytes; accepts KiB, MiB, GiB                       */
    CONF_DURATION,    /* int64_t milliseconds; accepts Go durations                 */
    CONF_CHOICE,      /* int: index into choices                                    */
};

struct conf_option {
    const char *name;               /* snake_case                                             */
    enum conf_type type;
    size_t offset;                  /* of the member in the program's struct                  */
    const char *fallback;           /* default, in text form                                  */
    int64_t min, max;               /* for numbers; both 0: no bounds; max below min: no most */
    const char *const *choices;     /* NULL-terminated, for CONF_CHOICE                       */
    const char *help;               /* one sentence                                           */
    const char *group;              /* heading in --help and docs/config.md                   */
};

struct conf_program {
    const char *name;               /* "aetherius-agent"                                      */
    const char *summary;            /* one sentence                                           */
    const struct conf_option *options;
    size_t n_options;
    const char *usage;              /* rest of the usage line, or NULL for "[options]"        */
    const char *epilogue;           /* after the options in --help, or NULL                   */
    /* Cross-checks between options; may be NULL.  -1 with *e. */
    int (*check)(const void *values, struct err *e);
};

enum conf_outcome {
    CONF_RUN = 0,      /* go on                                                                  */
    CONF_DONE = 1,     /* --help, --version, --check-config, --print-config: done, exit 0         */
};

/* Fills the member of every option from argv, environment and file.  Returns CONF_RUN, CONF_DONE, or -1 with *e (exit with
 * CONF_EXIT_CODE); only after CONF_RUN is there something to free.  A switch's flag needs no value: --name is true.  *rest (may be NULL: then arguments that are no options are errors) is set to the first index of argv that is no
 * option; parsing stops there or behind "--".  values' strings live until conf_free. */
int conf_load(const struct conf_program *program, void *values, int argc, char **argv, int *rest, struct err *e) MUST_CHECK;
#define CONF_EXIT_CODE 78    /* EX_CONFIG */

/* Would conf_load take this flag ("--name", "--name=value")?  Nothing is kept.  0, or -1 with *e as conf_load has it.  For a program that has
 * to tell a wrong command line from a wrong file. */
int conf_check_flag(const struct conf_program *program, const char *arg, struct err *e) MUST_CHECK;

/* Secrets are wiped. */
void conf_free(const struct conf_program *program, void *values);

/* --print-config's text: name: value  # from where. */
void conf_print(const struct conf_program *program, const void *values, FILE *out);

/* The program's section of docs/config.md; --print-docs prints it (tools/programdocs.py). */
void conf_print_docs(const struct conf_program *program, struct buf *out);

/* Splits "a, b" into at most max trimmed, non-empty pieces of text (changed in place).  Returns their number, -1 with *e for more. */
int conf_split(char *text, char **pieces, int max, struct err *e) MUST_CHECK;
