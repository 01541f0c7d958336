/* Which line of a log says why the program ended. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"

#define LINES_MAX 2000 /* from the end: what came long before is not why it ended */
#define NEAR      2    /* difference of weights that decides nothing              */
#define LINE_MAX  4096 /* bytes of a line that are looked at                       */

/* How much a class says about the end of a program.  What only marks a line as bad (a level, a stack trace) says less than what names a
 * trouble; a trouble that programs survive and retry says less than one that ends them.  Classes of one kind are the same trouble in
 * other words. */
enum kind { ALONE, NETWORK, GENERAL };
static const struct class_row {
    const char *class_;
    int weight;
    enum kind kind;
} classes[] = {
    { "memory", 60, ALONE },
    { "port-in-use", 60, ALONE },
    { "exec-format", 60, ALONE },
    { "segfault", 50, ALONE },
    { "read-only-fs", 55, ALONE },
    { "disk-full", 55, ALONE },
    { "tls-expired", 55, ALONE },
    { "forbidden", 55, ALONE },
    { "read-only-db", 55, ALONE },
    { "connections-exhausted", 55, ALONE },
    { "auth", 52, ALONE },
    { "missing-setting", 52, ALONE },
    { "pool-exhausted", 50, NETWORK },
    { "too-many-files", 50, ALONE },
    { "threads-exhausted", 50, ALONE },
    { "name-resolution", 50, NETWORK },
    { "refused", 48, NETWORK },
    { "unroutable", 48, NETWORK },
    { "tls", 46, NETWORK },
    { "timeout", 44, NETWORK },
    { "bad-setting", 46, ALONE },
    { "schema", 46, ALONE },
    { "missing-file", 44, ALONE },
    { "permission-denied", 46, ALONE },
    { "rate-limited", 40, NETWORK },
    { "connection-lost", 36, NETWORK },
    { "upstream-error", 34, NETWORK },
    { "deadlock", 40, ALONE },
    { "assertion", 34, GENERAL },
    { "panic", 30, GENERAL },
    { "fatal-line", 28, GENERAL },
    { "error-line", 20, GENERAL },
    { "stack-trace", 12, GENERAL },
    { "slow", 4, GENERAL },
};

static const struct class_row *row_of(const char *class_)
{
    for (size_t i = 0; class_ && i < COUNT(classes); i++)
        if (strcmp(classes[i].class_, class_) == 0)
            return &classes[i];
    return NULL;
}

static bool is_same_trouble(const char *a, const char *b)
{
    const struct class_row *x = row_of(a), *y = row_of(b);
    return !x || !y || x == y || x->kind == GENERAL || y->kind == GENERAL || (x->kind == NETWORK && y->kind == NETWORK);
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

struct candidate {
    int weight;
    const char *text, *class_;
};

struct choice {
    struct candidate best, second; /* second: of another trouble */
};

/* The last lines say most about the end. */
static int lateness(size_t from_end)
{
    return from_end == 0 ? 12 : from_end < 3 ? 10 : from_end < 10 ? 6 : from_end < 40 ? 2 : 0;
}

static void weigh(struct arena *a, const struct line *line, size_t from_end, struct choice *choice)
{
    size_t size = line->size < LINE_MAX ? line->size : LINE_MAX;
    const char *class_ = catalog_match_n("log", line->text, size);
    const struct class_row *row = row_of(class_);
    if (!row)
        return;
    const char *text = extract_trimmed(a, line->text, size, QUOTE_MAX);
    const struct candidate one = { row->weight + (is_last_word(text) ? 15 : 0) + lateness(from_end), text, class_ };
    if (one.weight >= choice->best.weight) {
        if (choice->best.text && !is_same_trouble(choice->best.class_, class_))
            choice->second = choice->best;
        choice->best = one;
    } else if (one.weight >= choice->second.weight && !is_same_trouble(choice->best.class_, class_)) {
        choice->second = one;
    }
}

/* Two lines that say as much, and not the same, leave it open. */
static void decide(const struct choice *choice, struct reason_line *out)
{
    out->text = choice->best.text;
    out->class_ = choice->best.class_;
    bool near = choice->second.text && choice->best.weight - choice->second.weight <= NEAR &&
                !is_same_trouble(choice->best.class_, choice->second.class_);
    out->rival = near ? choice->second.text : NULL;
    out->rival_class = near ? choice->second.class_ : NULL;
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

static bool read_text(struct arena *a, const char *text, struct choice *choice)
{
    size_t all = count_lines(text), at = 0;
    for (struct line line = { 0 }; extract_line(&line, text); at++)
        if (all - at <= LINES_MAX)
            weigh(a, &line, all - 1 - at, choice);
    return choice->best.text != NULL;
}

bool rules_reason_line(struct run *r, const struct pod *p, const struct container *c, struct reason_line *out)
{
    const struct log *log = container_log(r->f, p, c);
    const struct ended *end = container_end(c);
    const char *message = end ? end->message : "";
    struct choice choice = { 0 };
    *out = (struct reason_line){ .log = log, .class_ = "" };
    if (log && read_text(r->a, log->text, &choice)) {
        decide(&choice, out);
        return true;
    }
    /* terminationMessagePolicy: the end of the log, or what the program left behind on purpose. */
    if (*message && read_text(r->a, message, &choice)) {
        out->log = NULL;
        decide(&choice, out);
        return true;
    }
    out->text = log ? last_line(r->a, log->text) : *message ? last_line(r->a, message) : NULL;
    return out->text != NULL;
}
