/* Text in aligned columns, as kubectl prints it. */
#pragma once

#include "base/str.h"

#define TABLE_COLUMNS_MAX 12
#define TABLE_ROWS_MAX    5000

struct table {
    char **cells;                 /* row by row; the first row is the header            */
    size_t n_cells, room;
    size_t columns;
    size_t widths[TABLE_COLUMNS_MAX];
    size_t left_out;              /* rows beyond the bound                              */
};

/* Headers first, then the cells of each row; the text is copied, its unprintable characters made visible.  False: no more rows are taken. */
void table_begin(struct table *t, const char *const *headers, size_t count);
void table_cell(struct table *t, const char *text);
bool table_full(struct table *t);    /* counts the row that is not taken */

size_t table_rows(const struct table *t);    /* without the header */
void table_print(const struct table *t, bool with_header, struct buf *out);
void table_fini(struct table *t);
