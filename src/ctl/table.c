#include "ctl/table.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#define GAP  2
#define NONE "\xe2\x80\x93"    /* – */

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

static bool is_shown(const struct table *t, size_t column)
{
    return !t->columns[column].wide || t->c->options.output == OUTPUT_WIDE;
}

static size_t last_shown(const struct table *t)
{
    size_t last = t->n_columns - 1;
    while (last > 0 && !is_shown(t, last))
        last--;
    return last;
}

static void measure(const struct table *t, size_t *widths)
{
    memset(widths, 0, sizeof *widths * t->n_columns);
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t column = i % t->n_columns;
        if (t->cells[i].width > widths[column])
            widths[column] = t->cells[i].width;
    }
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

static void print_last(const struct table *t, const struct cell *cell, size_t used)
{
    const struct ctl *c = t->c;
    size_t room = c->terminal && c->options.output == OUTPUT_TABLE && c->columns > 0 && (size_t)c->columns > used + 10 ? (size_t)c->columns - used : SIZE_MAX;
    if (cell->width <= room)
        fprintf(c->out, "%s%s%s\n", tone_begin(c, cell->tone), cell->text, tone_end(c, cell->tone));
    else
        fprintf(c->out, "%s%.*s\xe2\x80\xa6%s\n", tone_begin(c, cell->tone), (int)cut_at(cell->text, room), cell->text, tone_end(c, cell->tone));
}

static void print_row(const struct table *t, size_t row, const size_t *widths)
{
    FILE *out = t->c->out;
    size_t last = last_shown(t), used = 0;
    for (size_t i = 0; i <= last; i++) {
        const struct cell *cell = &t->cells[row * t->n_columns + i];
        if (!is_shown(t, i))
            continue;
        int pad = (int)(widths[i] - cell->width);
        if (t->columns[i].right)
            fprintf(out, "%*s", pad, "");
        if (i == last) {
            print_last(t, cell, used);
            return;
        }
        fprintf(out, "%s%s%s%*s", tone_begin(t->c, cell->tone), cell->text, tone_end(t->c, cell->tone), t->columns[i].right ? GAP : pad + GAP, "");
        used += widths[i] + GAP;
    }
}

void table_print(const struct table *t)
{
    assert(t->n_cells % t->n_columns == 0);    /* whole rows */
    size_t rows = table_rows(t);
    AUTO_FREE size_t *widths = mem_alloc(sizeof *widths * t->n_columns);
    measure(t, widths);
    for (size_t row = 0; rows > 0 && row <= rows; row++)
        print_row(t, row, widths);
}
