#include "ctl/table.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#define GAP  2
#define NONE "\xe2\x80\x93"        /* – */
#define ELLIPSIS "\xe2\x80\xa6"    /* … */

struct cell {
    char *text;                   /* harmless */
    size_t width;
    enum tone tone;
};

struct table {
    const struct ctl *c;
    const struct column *columns;
    size_t n_columns;
    struct cell *cells;
    size_t n_cells, capacity;
};

static const char *const codes[TONES] = {
    [TONE_GOOD] = "\x1b[32m", [TONE_WARN] = "\x1b[33m", [TONE_BAD] = "\x1b[31m", [TONE_DIM] = "\x1b[2m", [TONE_STRONG] = "\x1b[1m", [TONE_ACCENT] = "\x1b[36m",
};

const char *tone_begin(const struct ctl *c, enum tone tone)
{
    return c->colour && codes[tone] ? codes[tone] : "";
}

const char *tone_end(const struct ctl *c, enum tone tone)
{
    return c->colour && codes[tone] ? "\x1b[0m" : "";
}

void tone_print(const struct ctl *c, enum tone tone, const char *text)
{
    AUTO_BUF struct buf shown = { 0 };
    str_terminal(&shown, str_or_empty(text), false);
    fprintf(c->out, "%s%s%s", tone_begin(c, tone), buf_text(&shown), tone_end(c, tone));
}

static const struct {
    const char *word;
    enum tone tone;
} severities[] = { { "critical", TONE_BAD }, { "high", TONE_BAD }, { "medium", TONE_WARN }, { "low", TONE_ACCENT }, { "info", TONE_DIM } },
  states[] = {
      { "online", TONE_GOOD },   { "degraded", TONE_WARN },  { "offline", TONE_BAD },   { "pending", TONE_WARN },     { "refused", TONE_BAD }, { "healthy", TONE_GOOD },
      { "unhealthy", TONE_BAD }, { "success", TONE_GOOD },   { "failed", TONE_BAD },    { "timeout", TONE_BAD },      { "rejected", TONE_BAD }, { "expired", TONE_BAD },
      { "running", TONE_GOOD },  { "busy", TONE_WARN },      { "stuck", TONE_BAD },     { "open", TONE_WARN },        { "closed", TONE_DIM },
  };

enum tone tone_of_severity(const char *severity)
{
    for (size_t i = 0; severity && i < COUNT(severities); i++)
        if (str_eq(severities[i].word, severity))
            return severities[i].tone;
    return TONE_PLAIN;
}

enum tone tone_of_state(const char *state)
{
    for (size_t i = 0; state && i < COUNT(states); i++)
        if (str_eq(states[i].word, state))
            return states[i].tone;
    return TONE_PLAIN;
}

struct table *table_new(const struct ctl *c, const struct column *columns, size_t count)
{
    struct table *t = mem_alloc(sizeof *t);
    *t = (struct table){ .c = c, .columns = columns, .n_columns = count };
    for (size_t i = 0; i < count; i++)
        table_cell(t, TONE_DIM, tr(c, columns[i].head, columns[i].head_zh));
    return t;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_cells; i++)
        free(t->cells[i].text);
    free(t->cells);
    free(t);
}

void table_cell(struct table *t, enum tone tone, const char *text)
{
    if (t->n_cells == t->capacity) {
        t->capacity = t->capacity ? t->capacity * 2 : 64;
        t->cells = mem_grow(t->cells, sizeof *t->cells * t->capacity);
    }
    struct buf shown = { 0 };
    str_terminal(&shown, text && text[0] ? text : NONE, false);
    char *harmless = buf_take(&shown, NULL);
    t->cells[t->n_cells++] = (struct cell){ .text = harmless, .width = str_width(harmless), .tone = tone };
}

void table_printf(struct table *t, enum tone tone, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int size = vasprintf(&text, format, args);
    va_end(args);
    table_cell(t, tone, size < 0 ? "" : text);
    if (size >= 0)
        free(text);
}

size_t table_rows(const struct table *t)
{
    return t->n_cells / t->n_columns - 1;
}

/* How wide each column is; 0: it is not shown. */
static void measure(const struct table *t, size_t *widths)
{
    memset(widths, 0, sizeof *widths * t->n_columns);
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t column = i % t->n_columns;
        if ((!t->columns[column].wide || t->c->options.output == OUTPUT_WIDE) && t->cells[i].width > widths[column])
            widths[column] = t->cells[i].width;
    }
}

static size_t total(const struct table *t, const size_t *widths)
{
    size_t sum = 0;
    for (size_t i = 0; i < t->n_columns; i++)
        sum += widths[i] > 0 ? widths[i] + (sum > 0 ? GAP : 0) : 0;
    return sum;
}

/* Takes from the widest text until the row fits.  False: no text has anything left to give. */
static bool cut_texts(const struct table *t, size_t *widths, size_t room)
{
    while (total(t, widths) > room) {
        size_t widest = t->n_columns;
        for (size_t i = 0; i < t->n_columns; i++)
            if (t->columns[i].text && widths[i] > t->columns[i].text && (widest == t->n_columns || widths[i] > widths[widest]))
                widest = i;
        if (widest == t->n_columns)
            return false;
        widths[widest]--;
    }
    return true;
}

/* False: those that are left stay. */
static bool drop_column(const struct table *t, size_t *widths)
{
    size_t first = t->n_columns;
    for (size_t i = 0; i < t->n_columns; i++)
        if (widths[i] > 0 && t->columns[i].leaves > (first == t->n_columns ? 0 : t->columns[first].leaves))
            first = i;
    if (first == t->n_columns)
        return false;
    widths[first] = 0;
    return true;
}

static void fit(const struct table *t, size_t *widths)
{
    const struct ctl *c = t->c;
    AUTO_FREE size_t *cut = mem_alloc(sizeof *cut * t->n_columns);
    if (!c->terminal || c->options.output != OUTPUT_TABLE || c->columns <= 0)
        return;
    do
        memcpy(cut, widths, sizeof *cut * t->n_columns);
    while (!cut_texts(t, cut, (size_t)c->columns) && drop_column(t, widths));
    memcpy(widths, cut, sizeof *cut * t->n_columns);
}

/* Bytes of text that fit into so many columns beside an ellipsis. */
static size_t cut_at(const char *text, size_t columns)
{
    size_t at = 0, width = 0, size = strlen(text);
    while (at < size) {
        uint32_t code;
        size_t n = str_utf8_next(text + at, size - at, &code);
        char one[8] = "";
        memcpy(one, text + at, n);
        width += str_width(one);
        if (width + 1 > columns)
            break;
        at += n;
    }
    return at;
}

/* The text, with an ellipsis where it is cut; returns the columns that it takes. */
static size_t print_cell(const struct ctl *c, const struct cell *cell, size_t room)
{
    size_t size = cell->width > room ? cut_at(cell->text, room) : strlen(cell->text);
    AUTO_FREE char *kept = str_printf("%.*s%s", (int)size, cell->text, cell->width > room ? ELLIPSIS : "");
    fprintf(c->out, "%s%s%s", tone_begin(c, cell->tone), kept, tone_end(c, cell->tone));
    return str_width(kept);
}

static void print_row(const struct table *t, size_t row, const size_t *widths)
{
    FILE *out = t->c->out;
    size_t owed = 0;    /* spaces before the next column: a line ends without any */
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct cell *cell = &t->cells[row * t->n_columns + i];
        if (widths[i] == 0)
            continue;
        if (t->columns[i].right)
            owed += widths[i] - cell->width;
        fprintf(out, "%*s", (int)owed, "");
        size_t used = print_cell(t->c, cell, widths[i]);
        owed = GAP + (t->columns[i].right ? 0 : widths[i] - used);
    }
    fputc('\n', out);
}

void table_print(const struct table *t)
{
    assert(t->n_cells % t->n_columns == 0);    /* whole rows */
    size_t rows = table_rows(t);
    AUTO_FREE size_t *widths = mem_alloc(sizeof *widths * t->n_columns);
    measure(t, widths);
    fit(t, widths);
    for (size_t row = 0; rows > 0 && row <= rows; row++)
        print_row(t, row, widths);
}
