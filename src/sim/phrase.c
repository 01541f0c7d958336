#include "sim/phrase.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

static const char *skip_blanks(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

/* A word where it stands: between blanks, or between quotes. */
struct span {
    const char *at;
    size_t size;
    bool quoted;
};

static bool next_span(const char **text, struct span *s)
{
    const char *c = skip_blanks(*text);
    if (!*c)
        return false;
    s->quoted = *c == '"';
    if (!s->quoted) {
        *s = (struct span){ .at = c, .size = strcspn(c, " \t\r\n") };
        *text = c + s->size;
        return true;
    }
    s->at = ++c;
    while (*c && *c != '"')
        c += *c == '\\' && c[1] ? 2 : 1;
    s->size = (size_t)(c - s->at);
    *text = *c == '"' ? c + 1 : c;
    return true;
}

static const char *span_text(const struct span *s, struct arena *a)
{
    char *out = arena_alloc(a, s->size + 1), *o = out;
    for (size_t i = 0; i < s->size; i++) {
        char c = s->at[i];
        if (s->quoted && c == '\\' && i + 1 < s->size) {
            c = s->at[++i];
            c = c == 'n' ? '\n' : c;
        }
        *o++ = c;
    }
    *o = '\0';
    return out;
}

const char *phrase_word(const char **text, struct arena *a)
{
    struct span s;
    return next_span(text, &s) ? span_text(&s, a) : NULL;
}

/* ---- places ---- */

static bool whole_number(const char *s, int64_t *out, const char **end)
{
    char *stop;
    *out = strtoll(s, &stop, 10);
    *end = stop;
    return stop != s && *out >= 0;
}

static bool take_text(struct phrase *p, const char *word)
{
    p->text[p->count] = word;
    return true;
}

static bool take_number(struct phrase *p, const char *word)
{
    const char *end;
    p->text[p->count] = word;
    return whole_number(word, &p->number[p->count], &end) && !*end;
}

static bool take_time(struct phrase *p, const char *word)
{
    p->text[p->count] = word;
    return clock_parse_duration(word, &p->number[p->count]) == 0;
}

static bool take_bytes(struct phrase *p, const char *word)
{
    static const struct unit {
        const char *name;
        int shift;
    } units[] = { { "", 0 }, { "Ki", 10 }, { "Mi", 20 }, { "Gi", 30 }, { "Ti", 40 } };
    const char *end;
    p->text[p->count] = word;
    if (!whole_number(word, &p->number[p->count], &end))
        return false;
    for (size_t i = 0; i < COUNT(units); i++)
        if (str_eq(end, units[i].name)) {
            p->number[p->count] <<= units[i].shift;
            return true;
        }
    return false;
}

static bool take_cpu(struct phrase *p, const char *word)
{
    const char *end;
    p->text[p->count] = word;
    if (!whole_number(word, &p->number[p->count], &end))
        return false;
    if (!*end)
        p->number[p->count] *= 1000;
    return !*end || str_eq(end, "m");
}

static bool take_pair(struct phrase *p, const char *word, struct arena *a)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word)
        return false;
    p->text[p->count] = arena_strndup(a, word, (size_t)(equals - word));
    p->value[p->count] = equals + 1;
    return true;
}

static bool is_place(const struct span *place, const char *name)
{
    return strlen(name) == place->size && memcmp(place->at, name, place->size) == 0;
}

static bool take(const struct span *place, struct phrase *p, const char *word, struct arena *a)
{
    static const struct place_row {
        const char *name;
        bool (*take)(struct phrase *p, const char *word);
    } rows[] = {
        { "{word}", take_text }, { "{text}", take_text },   { "{number}", take_number },
        { "{time}", take_time }, { "{bytes}", take_bytes }, { "{cpu}", take_cpu },
    };
    if (p->count == PHRASE_PLACES_MAX)
        return false;
    bool taken = is_place(place, "{pair}") && take_pair(p, word, a);
    for (size_t i = 0; !taken && i < COUNT(rows); i++)
        taken = is_place(place, rows[i].name) && rows[i].take(p, word);
    p->count++;
    return taken;
}

bool phrase_match(const char *text, const char *pattern, struct phrase *p, struct arena *a)
{
    *p = (struct phrase){ 0 };
    struct span want, have;
    while (next_span(&pattern, &want)) {
        if (!next_span(&text, &have))
            return false;
        bool fits = want.at[0] == '{'
                        ? take(&want, p, span_text(&have, a), a)
                        : want.size == have.size && !have.quoted && memcmp(want.at, have.at, want.size) == 0;
        if (!fits)
            return false;
    }
    return !*skip_blanks(text);
}

/* ---- clauses ---- */

static const char *trimmed(const char *start, const char *end, struct arena *a)
{
    start = skip_blanks(start);
    if (str_starts(start, "and "))
        start = skip_blanks(start + 4);
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    return end > start ? arena_strndup(a, start, (size_t)(end - start)) : "";
}

size_t phrase_split(const char *text, const char **pieces, size_t max, struct arena *a)
{
    size_t count = 0;
    bool in_quotes = false;
    const char *start = text;
    for (const char *c = text;; c++) {
        if (*c == '\\' && in_quotes && c[1]) {
            c++;
            continue;
        }
        in_quotes ^= *c == '"';
        if (*c && (*c != ',' || in_quotes))
            continue;
        const char *piece = trimmed(start, c, a);
        if (*piece && count < max)
            pieces[count++] = piece;
        if (!*c)
            return count;
        start = c + 1;
    }
}
