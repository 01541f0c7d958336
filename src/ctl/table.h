/* Columns on a terminal: aligned by what a character takes there, foreign text made harmless, colour by meaning. */
#pragma once

#include "ctl/ctl.h"

enum tone { TONE_PLAIN, TONE_GOOD, TONE_WARN, TONE_BAD, TONE_DIM, TONE_STRONG, TONE_ACCENT, TONES };

/* "" without colour. */
const char *tone_begin(const struct ctl *c, enum tone tone);
const char *tone_end(const struct ctl *c, enum tone tone);

/* Writes text in its tone; it is made harmless first. */
void tone_print(const struct ctl *c, enum tone tone, const char *text);

/* Tones of the words that docs/http.md uses. */
enum tone tone_of_severity(const char *severity);
enum tone tone_of_state(const char *state);

struct column {
    const char *head, *head_zh;
    bool wide;                    /* with -o wide only                     */
    bool right;                   /* numbers                               */
    size_t text;                  /* on a narrow terminal it may be cut to so many columns; 0: it stays whole */
    int leaves;                   /* where that is not enough the column with the highest leaves first; 0: it stays */
};

struct table;
struct table *table_new(const struct ctl *c, const struct column *columns, size_t count);
void table_free(struct table *t);

/* The next cell, row by row; text may be NULL or "": a dash is shown. Copied. */
void table_cell(struct table *t, enum tone tone, const char *text);
void table_printf(struct table *t, enum tone tone, const char *format, ...) ERR_PRINTF(3, 4);

/* Heads and rows; nothing when there are none.  On a terminal the rows are made to fit, but for -o wide: text is cut, the widest first, then
 * columns leave; what identifies stays whole. */
void table_print(const struct table *t);
size_t table_rows(const struct table *t);
