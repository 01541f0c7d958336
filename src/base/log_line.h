/* One log line under construction, in JSON or text.
 *
 * Only log.c uses it.  Lives on the stack of the thread that logs.  Whatever goes in comes out as valid UTF-8 without a control, bidi or
 * zero-width character; what does not fit is left out and the line says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define LOG_LINE_MAX 8192

struct log_line {
    enum log_format format;
    bool cut;
    size_t size;
    char text[LOG_LINE_MAX];
};

void log_line_init(struct log_line *l, enum log_format format);

/* Words of the text format: a space between them. */
void log_line_word(struct log_line *l, const char *word);

/* key and value, or neither.  number: may be written without quotes if JSON's grammar has it. */
void log_line_field(struct log_line *l, const char *key, const char *value, bool number);
void log_line_count(struct log_line *l, const char *key, uint64_t count);

/* Ends the line: text[0..size) is to be written. */
void log_line_finish(struct log_line *l);
