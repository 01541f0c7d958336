#include "agent/table.h"

#include <assert.h>

#define GAP       3
#define WIDTH_MAX 400    /* of a column: one long cell does not push the others away */

void table_begin(struct table *t, const char *const *headers, size_t count)
{
    assert(count > 0 && count <= TABLE_COLUMNS_MAX && t->n_cells == 0);
    t->columns = count;
    for (size_t i = 0; i < count; i++)
        table_cell(t, headers[i]);
}

void table_cell(struct table *t, const char *text)
{
    struct buf clean = { 0 };
    str_terminal(&clean, str_or_empty(text), false);
    size_t column = t->n_cells % t->columns, width = str_width(buf_text(&clean));
    if (width > t->widths[column])
        t->widths[column] = width < WIDTH_MAX ? width : WIDTH_MAX;
    if (t->n_cells == t->room) {
        t->room = t->room ? t->room * 2 : 64;
        t->cells = mem_grow(t->cells, t->room * sizeof *t->cells);
    }
    t->cells[t->n_cells++] = buf_take(&clean, NULL);
}

bool table_full(struct table *t)
{
    if (t->n_cells < (TABLE_ROWS_MAX + 1) * t->columns)
        return false;
    t->left_out++;
    return true;
}

size_t table_rows(const struct table *t)
{
    return t->columns ? t->n_cells / t->columns - 1 : 0;
}

void table_print(const struct table *t, bool with_header, struct buf *out)
{
    for (size_t i = with_header ? 0 : t->columns; i < t->n_cells; i++) {
        size_t column = i % t->columns;
        buf_str(out, t->cells[i]);
        if (column + 1 == t->columns) {
            buf_char(out, '\n');
            continue;
        }
        for (size_t width = str_width(t->cells[i]); width < t->widths[column] + GAP; width++)
            buf_char(out, ' ');
    }
    if (t->left_out)
        buf_printf(out, "(%zu more are not shown)\n", t->left_out);
}

void table_fini(struct table *t)
{
    for (size_t i = 0; i < t->n_cells; i++)
        free(t->cells[i]);
    free(t->cells);
    *t = (struct table){ 0 };
}
