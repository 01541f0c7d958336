#include "evidence/log_tail.h"

#include <stdlib.h>
#include <string.h>

#define LAST_LINES 20 /* stay whatever they say: what came just before the end */

static const char *const error_words[] = {
    "error",     "fatal",      "panic",       "exception",   "traceback", "fail",          "denied",   "refused",
    "timeout",   "timed out",  "abort",       "killed",      "oom",       "cannot",        "can't",    "could not",
    "unable",    "not found",  "no such",     "unreachable", "invalid",   "expired",       "missing",  "forbidden",
    "unauthor",  "segfault",   "core dumped", "caused by",   "critical",  "out of memory", "no space", "in use",
    "undefined", "unexpected", "rejected",    "crash",
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool begins(const char *text, size_t size, const char *word)
{
    size_t i = 0;
    while (word[i] && i < size && lower(text[i]) == word[i])
        i++;
    return !word[i];
}

bool log_tail_is_error(const char *line, size_t size)
{
    static const char firsts[] = "acdefikmnoprstu"; /* of the words above */
    for (size_t at = 0; at < size; at++) {
        if (!strchr(firsts, lower(line[at])) || !line[at])
            continue;
        for (size_t i = 0; i < COUNT(error_words); i++)
            if (begins(line + at, size - at, error_words[i]))
                return true;
    }
    return false;
}

struct line {
    const char *text;
    size_t size;
    bool kept;
};

/* The last max lines of text, oldest first.  *more: there are others before them. */
static size_t split(const char *text, size_t size, struct line *lines, size_t max, bool *more)
{
    size_t count = 0, end = size;
    if (end && text[end - 1] == '\n')
        end--;
    *more = false;
    while (end <= size && size) {
        const char *newline = end ? memrchr(text, '\n', end) : NULL;
        size_t start = newline ? (size_t)(newline - text) + 1 : 0;
        if (count == max) {
            *more = true;
            break;
        }
        lines[count++] = (struct line){ text + start, end - start, false };
        if (!start)
            break;
        end = start - 1;
    }
    for (size_t i = 0; i < count / 2; i++) {
        struct line other = lines[i];
        lines[i] = lines[count - 1 - i];
        lines[count - 1 - i] = other;
    }
    return count;
}

static size_t cut_size(const struct line *line)
{
    return line->size > LOG_TAIL_LINE_MAX ? str_utf8_cut(line->text, line->size, LOG_TAIL_LINE_MAX) : line->size;
}

static void keep(struct line *line, size_t *left)
{
    size_t cost = cut_size(line) + 1;
    if (line->kept || cost > *left)
        return;
    line->kept = true;
    *left -= cost;
}

/* The very end first, then errors, then whatever still has room; always from the newest backwards. */
static void choose(struct line *lines, size_t count, size_t left)
{
    for (size_t i = count; i-- > 0 && count - i <= LAST_LINES;)
        keep(&lines[i], &left);
    for (size_t i = count; i-- > 0;)
        if (log_tail_is_error(lines[i].text, cut_size(&lines[i])))
            keep(&lines[i], &left);
    for (size_t i = count; i-- > 0;)
        keep(&lines[i], &left);
}

bool log_tail(struct buf *out, const char *text, size_t size, size_t max_lines, size_t max_bytes)
{
    bool cut;
    struct line *lines = mem_alloc((max_lines ? max_lines : 1) * sizeof *lines);
    size_t count = split(text, size, lines, max_lines, &cut);
    choose(lines, count, max_bytes);
    for (size_t i = 0; i < count; i++) {
        if (!lines[i].kept) {
            cut = true;
            continue;
        }
        size_t shown = cut_size(&lines[i]);
        cut |= shown < lines[i].size;
        buf_add(out, lines[i].text, shown);
        buf_char(out, '\n');
    }
    free(lines);
    return cut;
}
