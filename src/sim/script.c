#include "sim/script.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "sim/sim.h"

#define LINES_MAX 2000

/* A sentence with a time. */
struct later {
    struct task task;
    struct sim *sim;
    const char *sentence;
    int line;
};

static const struct table {
    const struct subject_row *rows;
    const size_t *count;
    const char *title;
} tables[] = {
    { workload_subjects, &n_workload_subjects, "Workloads" },
    { node_subjects, &n_node_subjects, "Cluster and nodes" },
    { object_subjects, &n_object_subjects, "Other objects" },
    { sim_subjects, &n_sim_subjects, "The API server itself" },
};

static const struct subject_row *find_subject(const char *word)
{
    for (size_t t = 0; t < COUNT(tables); t++)
        for (size_t i = 0; i < *tables[t].count; i++)
            if (str_eq(tables[t].rows[i].word, word))
                return &tables[t].rows[i];
    return NULL;
}

static const struct clause_row *find_clause(const struct subject_row *subject, const char *text, struct phrase *p,
                                            struct arena *a)
{
    for (size_t i = 0; i < subject->n_clauses; i++)
        if (phrase_match(text, subject->clauses[i].pattern, p, a))
            return &subject->clauses[i];
    return NULL;
}

/* ---- one sentence ---- */

static int unknown_subject(const char *word, struct err *e)
{
    const char *words[64];
    size_t count = 0;
    for (size_t t = 0; t < COUNT(tables); t++)
        for (size_t i = 0; i < *tables[t].count && count < COUNT(words); i++)
            words[count++] = tables[t].rows[i].word;
    const char *nearest = str_nearest(word, words, count);
    return err_set(e, ERR_INVALID, "a sentence cannot begin with \"%s\"%s%s%s", word,
                   nearest ? "; did you mean \"" : "", str_or_empty(nearest), nearest ? "\"?" : "");
}

/* Takes the name off *text, with the colon that may follow it. */
static int take_name(struct saying *s, const struct subject_row *subject, const char **text, struct arena *a,
                     struct err *e)
{
    s->namespace = s->name = "";
    if (!subject->name) {
        *text += strspn(*text, " :");
        return 0;
    }
    const char *name = phrase_word(text, a);
    if (!name)
        return err_set(e, ERR_INVALID, "%s what? wanted %s", subject->word, subject->name);
    size_t size = strlen(name);
    bool colon = size > 0 && name[size - 1] == ':';
    const char *slash = strchr(name, '/');
    if ((strchr(subject->name, '/') != NULL) != (slash != NULL))
        return err_set(e, ERR_INVALID, "\"%s\" is no name of a %s; wanted %s", name, subject->word, subject->name);
    if (slash)
        s->namespace = arena_strndup(a, name, (size_t)(slash - name));
    const char *rest = slash ? slash + 1 : name;
    s->name = arena_strndup(a, rest, strlen(rest) - colon);
    if (!str_is_dns_name(s->name) || (slash && !str_is_dns_label(s->namespace)))
        return err_set(e, ERR_INVALID, "\"%s\" is no name that Kubernetes takes", name);
    if (!colon)
        *text += strspn(*text, " :");
    return 0;
}

static int parse(struct saying *s, const struct subject_row **subject, const char *text, struct arena *a, struct err *e)
{
    const char *word = phrase_word(&text, a);
    if (!word)
        return err_set(e, ERR_INVALID, "an empty sentence");
    size_t size = strlen(word);
    AUTO_FREE char *bare = str_ndup(word, word[size - 1] == ':' ? size - 1 : size);
    *subject = find_subject(bare);
    if (!*subject)
        return unknown_subject(bare, e);
    if (take_name(s, *subject, &text, a, e) != 0)
        return -1;
    s->n_clauses = phrase_split(text, s->clauses, CLAUSES_MAX, a);
    struct phrase p;
    for (size_t i = 0; i < s->n_clauses; i++)
        if (!find_clause(*subject, s->clauses[i], &p, a))
            return err_set(e, ERR_INVALID, "a %s cannot be told \"%s\"; docs/scenarios.md lists what can",
                           (*subject)->word, s->clauses[i]);
    return 0;
}

/* Patterns and pieces are cut in an arena of the sentence; what stays is copied to the world's by who keeps it. */
int script_say(struct sim *sim, const char *sentence, struct err *e)
{
    struct world *w = sim_world(sim);
    const struct subject_row *subject;
    struct saying *s = ARENA_NEW(&w->arena, struct saying);
    *s = (struct saying){ .sim = sim, .world = w };
    if (parse(s, &subject, sentence, &w->arena, e) != 0)
        return -1;
    s->subject = subject;
    if (subject->begin(s, e) != 0)
        return -1;
    for (size_t i = 0; i < s->n_clauses; i++) {
        struct phrase p;
        s->clause = find_clause(subject, s->clauses[i], &p, &w->arena);
        s->clause->apply(s, &p);
    }
    if (subject->end)
        subject->end(s);
    return 0;
}

/* ---- the whole ---- */

/* Cuts the comment off: a # that is not inside quotes and begins a word. */
static const char *without_comment(const char *line, size_t size, struct arena *a)
{
    bool in_quotes = false;
    size_t end = 0;
    for (; end < size; end++) {
        in_quotes ^= line[end] == '"' && (end == 0 || line[end - 1] != '\\');
        if (line[end] == '#' && !in_quotes && (end == 0 || isspace((unsigned char)line[end - 1])))
            break;
    }
    while (end > 0 && isspace((unsigned char)line[end - 1]))
        end--;
    while (end > 0 && isspace((unsigned char)*line)) {
        line++;
        end--;
    }
    return arena_strndup(a, line, end);
}

/* "at 5s: node n1 ..." and "fault: at 6s: watch ...": the time, and the sentence without it. */
static int take_time(const char *text, int64_t *at_ms, const char **rest, struct arena *a, struct err *e)
{
    *at_ms = -1;
    *rest = text;
    const char *prefix = "";
    if (str_starts(text, "fault: at ")) {
        prefix = "fault: ";
        text += strlen(prefix);
    }
    if (!str_starts(text, "at "))
        return 0;
    const char *colon = strchr(text, ':');
    AUTO_FREE char *time = colon ? str_ndup(text + 3, (size_t)(colon - text - 3)) : NULL;
    if (!time || clock_parse_duration(time, at_ms) != 0)
        return err_set(e, ERR_INVALID, "wanted \"at TIME:\" with a time like 2s or 1m30s");
    *rest = arena_printf(a, "%s%s", prefix, colon + 1 + strspn(colon + 1, " "));
    return 0;
}

static void on_later(void *arg)
{
    struct later *l = arg;
    struct err e;
    if (script_say(l->sim, l->sentence, &e) != 0)
        log_warn("a sentence of the scenario could not be carried out", "line=%d error=\"%s\"", l->line, e.text);
}

static bool is_for_the_runner(const char *sentence)
{
    return str_starts(sentence, "expect") || !*sentence;
}

struct line {
    const char *sentence;
    int64_t at_ms;
    int number;
};

static int read_lines(struct world *w, const char *text, struct line *lines, size_t *count, struct err *e)
{
    int number = 0;
    *count = 0;
    for (const char *c = text; *c;) {
        size_t size = strcspn(c, "\n");
        const char *sentence = without_comment(c, size, &w->arena);
        c += size + (c[size] == '\n');
        number++;
        if (is_for_the_runner(sentence))
            continue;
        if (*count == LINES_MAX)
            return err_set(e, ERR_TOO_LARGE, "line %d: a scenario has at most %d sentences", number, LINES_MAX);
        struct line *line = &lines[(*count)++];
        line->number = number;
        struct saying s = { 0 };
        const struct subject_row *subject;
        if (take_time(sentence, &line->at_ms, &line->sentence, &w->arena, e) != 0 ||
            parse(&s, &subject, line->sentence, &w->arena, e) != 0)
            return err_wrap(e, "line %d", number);
    }
    return 0;
}

int script_load(struct sim *sim, const char *text, struct err *e)
{
    struct world *w = sim_world(sim);
    AUTO_FREE struct line *lines = mem_alloc(LINES_MAX * sizeof *lines);
    size_t count;
    if (read_lines(w, text, lines, &count, e) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (lines[i].at_ms < 0) {
            if (script_say(sim, lines[i].sentence, e) != 0)
                return err_wrap(e, "line %d", lines[i].number);
            continue;
        }
        struct later *l = ARENA_NEW(&w->arena, struct later);
        *l = (struct later){ .sim = sim, .sentence = lines[i].sentence, .line = lines[i].number };
        agenda_set(&w->agenda, &l->task, w->now_ms + lines[i].at_ms, on_later, l);
    }
    return 0;
}

void script_read_head(const char *text, struct script_head *head)
{
    struct arena a = { 0 };
    for (const char *c = text; *c;) {
        size_t size = strcspn(c, "\n");
        const char *line = without_comment(c, size, &a);
        c += size + (c[size] == '\n');
        if (!str_starts(line, "cluster "))
            continue;
        line += strlen("cluster ");
        size_t name = strcspn(line, ": ");
        str_copy(head->cluster, name + 1 < sizeof head->cluster ? name + 1 : sizeof head->cluster, line);
        const char *pieces[CLAUSES_MAX];
        size_t count = phrase_split(line + name + strspn(line + name, ": "), pieces, CLAUSES_MAX, &a);
        struct phrase p;
        for (size_t i = 0; i < count; i++)
            if (phrase_match(pieces[i], "seed {number}", &p, &a)) {
                head->seed = (uint64_t)p.number[0];
                head->has_seed = true;
            } else if (phrase_match(pieces[i], "speed {number}", &p, &a)) {
                head->speed = (double)p.number[0];
            }
    }
    arena_fini(&a);
}

void script_print_docs(struct buf *out)
{
    for (size_t t = 0; t < COUNT(tables); t++) {
        buf_printf(out, "\n## %s\n", tables[t].title);
        for (size_t i = 0; i < *tables[t].count; i++) {
            const struct subject_row *s = &tables[t].rows[i];
            if (t == 0 && i > 0 && s->clauses == tables[t].rows[0].clauses) {
                buf_printf(out, "\n**`%s %s`** %s\n", s->word, s->name, s->help);
                continue;
            }
            buf_printf(out, "\n### `%s%s%s`\n\n%s\n\n| clause | meaning |\n|---|---|\n", s->word, s->name ? " " : "",
                       str_or_empty(s->name), s->help);
            for (size_t k = 0; k < s->n_clauses; k++)
                buf_printf(out, "| `%s` | %s |\n", s->clauses[k].pattern, s->clauses[k].help);
        }
    }
}
