#include "base/log_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define TAIL 64    /* kept free for what closes a line that was cut */

void log_line_init(struct log_line *l, enum log_format format)
{
    l->format = format;
    l->cut = false;
    l->size = 0;
    if (format == LOG_JSON)
        l->text[l->size++] = '{';
}

/* All of s or nothing, so that the line stays well-formed. */
static bool put(struct log_line *l, const char *s, size_t size)
{
    if (l->size + size > sizeof l->text - TAIL) {
        l->cut = true;
        return false;
    }
    memcpy(l->text + l->size, s, size);
    l->size += size;
    return true;
}

static bool put_text(struct log_line *l, const char *s)
{
    return put(l, s, strlen(s));
}

/* As the inside of a JSON string; the text format uses the same escapes. */
static void put_escaped(struct log_line *l, const char *s)
{
    for (size_t left = strlen(s), step; left > 0; s += step, left -= step) {
        uint32_t c;
        step = str_utf8_next(s, left, &c);
        char escape[16] = "";
        if (c == STR_BAD)
            snprintf(escape, sizeof escape, "\xef\xbf\xbd");
        else if (c == '"' || c == '\\')
            snprintf(escape, sizeof escape, "\\%c", (char)c);
        else if (c == '\n')
            snprintf(escape, sizeof escape, "\\n");
        else if (str_is_unseen(c) && c >= 0x10000)
            snprintf(escape, sizeof escape, "\\u%04x\\u%04x", 0xd7c0u + (c >> 10), 0xdc00u + (c & 0x3ff));
        else if (str_is_unseen(c))
            snprintf(escape, sizeof escape, "\\u%04x", c);
        if (escape[0] ? !put_text(l, escape) : !put(l, s, step))
            return;
    }
}

static void put_quoted(struct log_line *l, const char *s)
{
    if (l->size + 2 > sizeof l->text - TAIL) {
        l->cut = true;
        return;
    }
    l->text[l->size++] = '"';
    put_escaped(l, s);
    l->text[l->size++] = '"';    /* TAIL has room for it */
}

void log_line_word(struct log_line *l, const char *word)
{
    if (l->size > 0)
        put_text(l, " ");
    put_escaped(l, word);
}

/* JSON's grammar, which is narrower than strtod's: no +, no leading zeros, no hexadecimal, no infinity. */
static bool is_json_number(const char *s)
{
    s += *s == '-';
    if (*s == '0')
        s++;
    else if (*s >= '1' && *s <= '9')
        s += strspn(s, "0123456789");
    else
        return false;
    if (*s == '.') {
        size_t digits = strspn(s + 1, "0123456789");
        if (digits == 0)
            return false;
        s += 1 + digits;
    }
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '+' || *s == '-';
        size_t digits = strspn(s, "0123456789");
        if (digits == 0)
            return false;
        s += digits;
    }
    return *s == '\0';
}

/* True when the text format can show it without quotes. */
static bool is_bare(const char *s)
{
    const char *c = s;
    while (*c > ' ' && *c < 0x7f && !strchr("\"\\=", *c))
        c++;
    return c > s && !*c;
}

void log_line_field(struct log_line *l, const char *key, const char *value, bool number)
{
    size_t before = l->size;
    bool json = l->format == LOG_JSON;
    if (l->size + strlen(key) * 6 + 8 > sizeof l->text - TAIL) {    /* 6: every character escaped */
        l->cut = true;
        return;
    }
    if (json) {
        if (l->size > 1)
            put_text(l, ",");
        put_quoted(l, key);
        put_text(l, ":");
    } else {
        put_text(l, " ");
        put_escaped(l, key);
        put_text(l, "=");
    }
    if (json ? number && is_json_number(value) : is_bare(value)) {
        if (!put_text(l, value))
            l->size = before;
    } else {
        put_quoted(l, value);
    }
}

void log_line_count(struct log_line *l, const char *key, uint64_t count)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, count);
    log_line_field(l, key, text, true);
}

void log_line_finish(struct log_line *l)
{
    const char *tail = l->format == LOG_JSON ? (l->cut ? ",\"cut\":true}\n" : "}\n") : l->cut ? " cut=true\n" : "\n";
    size_t size = strlen(tail);
    memcpy(l->text + l->size, tail, size);    /* TAIL is larger */
    l->size += size;
}
