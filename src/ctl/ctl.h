/* What every command of aetherctl works with.
 *
 * One thread: a command sends a request, turns the loop until its answer is there, and prints.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/str.h"

enum ctl_output { OUTPUT_TABLE, OUTPUT_WIDE, OUTPUT_JSON, OUTPUT_YAML };
enum ctl_colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };
enum ctl_lang { LANG_AUTO, LANG_EN, LANG_ZH };

/* Exit codes, as --help tells them. */
enum ctl_exit { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_FOUND = 2, EXIT_USAGE = 64 };

struct ctl_options {
    char *server;
    int output, lang, colour;
    int64_t timeout_ms, limit;
    bool watch;
    char *cluster, *namespace_, *kind, *name, *reason, *severity, *type, *since, *until, *query, *state, *code, *family;
    char *format;
    char *kubeconfig, *context, *object, *bundle, *save;
};

struct http_client;

struct ctl {
    struct ctl_options options;
    char **args;                  /* behind the command's name             */
    int n_args;
    bool zh;                      /* the reader's language is Chinese      */
    bool terminal;                /* out is a terminal                     */
    bool colour;
    int columns;                  /* of the terminal                       */
    FILE *out;
    struct loop *loop;
    struct http_client *http;     /* api.c's, made at the first request    */
};

/* The text for the reader; also of formats. */
__attribute__((format_arg(2), format_arg(3))) static inline const char *tr(const struct ctl *c, const char *en, const char *zh)
{
    return c->zh ? zh : en;
}

/* A field's text for the reader: name_zh where that is wanted and there, else name. "" when absent. */
const char *ctl_text(const struct ctl *c, const json *object, const char *name);

/* Says on standard error what went wrong; returns EXIT_FAILED. */
int ctl_fail(const struct ctl *c, const struct err *e);

static inline bool ctl_is_data(const struct ctl *c)
{
    return c->options.output == OUTPUT_JSON || c->options.output == OUTPUT_YAML;
}
