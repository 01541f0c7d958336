/* Which line of a log says why the program ended. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"

#define LINES_MAX 2000 /* from the end: what came long before is not why it ended */
#define LINE_MAX  4096 /* bytes of a line that are looked at                       */

/* How much a class says about the end of a program.  What only marks a line as bad (a level, a stack trace) says less than what names a
 * trouble; a trouble that programs survive and retry says less than one that ends them. */
static const struct {
    const char *class_;
    int weight;
} weights[] = {
    { "memory", 60 },
    { "port-in-use", 60 },
    { "exec-format", 60 },
    { "segfault", 50 },
    { "read-only-fs", 55 },
    { "disk-full", 55 },
    { "tls-expired", 55 },
    { "forbidden", 55 },
    { "read-only-db", 55 },
    { "connections-exhausted", 55 },
    { "auth", 52 },
    { "missing-setting", 52 },
    { "pool-exhausted", 50 },
    { "too-many-files", 50 },
    { "threads-exhausted", 50 },
    { "name-resolution", 50 },
    { "refused", 48 },
    { "unroutable", 48 },
    { "tls", 46 },
    { "timeout", 44 },
    { "bad-setting", 46 },
    { "schema", 46 },
    { "missing-file", 44 },
    { "permission-denied", 46 },
    { "rate-limited", 40 },
    { "connection-lost", 36 },
    { "upstream-error", 34 },
    { "deadlock", 40 },
    { "assertion", 34 },
    { "panic", 30 },
    { "fatal-line", 28 },
    { "error-line", 20 },
    { "stack-trace", 12 },
    { "slow", 4 },
};

static int weight_of(const char *class_)
{
    for (size_t i = 0; class_ && i < COUNT(weights); i++)
        if (strcmp(weights[i].class_, class_) == 0)
            return weights[i].weight;
    return 0;
}

/* Words by which a program marks its last line. */
static bool is_last_word(const char *text)
{
    static const char *const words[] = { "fatal",         "panic",    "giving up",          "exiting",
                                         "shutting down", "aborting", "cannot start",       "failed to start",
                                         "unhandled",     "uncaught", "exception in thread" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

struct best {
    int weight;
    const char *text, *class_;
};

static void weigh(struct arena *a, const struct line *line, size_t from_end, struct best *best)
{
    size_t size = line->size < LINE_MAX ? line->size : LINE_MAX;
    const char *class_ = catalog_match_n("log", line->text, size);
    int weight = weight_of(class_);
    if (weight == 0)
        return;
    const char *text = extract_trimmed(a, line->text, size, QUOTE_MAX);
    weight += is_last_word(text) ? 15 : 0;
    weight += from_end < 3 ? 10 : from_end < 10 ? 6 : from_end < 40 ? 2 : 0;
    if (weight >= best->weight)
        *best = (struct best){ weight, text, class_ };
}

static bool is_chatter(const char *line)
{
    static const char *const words[] = { "INFO", "DEBUG", "TRACE", "level=info", "level=debug", "\"level\":\"info\"" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcasestr(line, words[i]))
            return true;
    return false;
}

/* The last line that holds anything, for programs whose words belong to no class; one that is no mere report goes first. */
static const char *last_line(struct arena *a, const char *text)
{
    const char *last = NULL, *telling = NULL;
    for (struct line line = { 0 }; extract_line(&line, text);) {
        size_t size = line.size < LINE_MAX ? line.size : LINE_MAX;
        const char *trimmed = extract_trimmed(a, line.text, size, QUOTE_MAX);
        last = *trimmed ? trimmed : last;
        telling = *trimmed && !is_chatter(trimmed) ? trimmed : telling;
    }
    return telling ? telling : last;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (struct line line = { 0 }; extract_line(&line, text);)
        n++;
    return n;
}

static bool read_text(struct arena *a, const char *text, struct best *best)
{
    size_t all = count_lines(text), at = 0;
    for (struct line line = { 0 }; extract_line(&line, text); at++)
        if (all - at <= LINES_MAX)
            weigh(a, &line, all - 1 - at, best);
    return best->weight > 0;
}

bool rules_reason_line(struct run *r, const struct pod *p, const struct container *c, struct reason_line *out)
{
    const struct log *log = container_log(r->f, p, c);
    const struct ended *end = container_end(c);
    const char *message = end ? end->message : "";
    struct best best = { 0 };
    *out = (struct reason_line){ .log = log, .class_ = "" };
    if (log && read_text(r->a, log->text, &best)) {
        out->text = best.text;
        out->class_ = best.class_;
        return true;
    }
    /* terminationMessagePolicy: the end of the log, or what the program left behind on purpose. */
    if (*message && read_text(r->a, message, &best)) {
        *out = (struct reason_line){ .text = best.text, .class_ = best.class_ };
        return true;
    }
    out->text = log ? last_line(r->a, log->text) : *message ? last_line(r->a, message) : NULL;
    return out->text != NULL;
}
