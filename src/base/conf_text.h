/* What conf tells people: --help and --print-config.
 *
 * Part of conf; nothing else includes it.
 */
#pragma once

#include "base/conf.h"

enum conf_origin { CONF_FROM_DEFAULT, CONF_FROM_FILE, CONF_FROM_ENVIRONMENT, CONF_FROM_FLAG };

/* Where the values of one conf_load came from. */
struct conf_source {
    const void *values;
    char *path;                     /* of the file, or NULL             */
    struct conf_place {
        enum conf_origin origin;
        int line;                   /* in the file; 0: not there        */
    } *places;                      /* one for each option              */
    struct conf_source *next;
};

/* The load that filled values, or NULL. */
const struct conf_source *conf_source_of(const void *values);

void conf_text_help(const struct conf_program *program, struct buf *out);

/* AETHERIUS_HEARTBEAT_INTERVAL; --heartbeat-interval. */
void conf_text_environment(const char *name, struct buf *out);
void conf_text_flag(const char *name, struct buf *out);
