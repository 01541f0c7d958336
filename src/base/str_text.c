#include "base/str.h"

#include <string.h>

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* The second byte carries what rules out overlong forms, surrogates and what is beyond U+10FFFF. */
static const struct lead {
    unsigned char first, last; /* of the lead byte              */
    unsigned char low, high;   /* of the byte behind it         */
    unsigned char size;
} leads[] = {
    { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
    { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
    { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

size_t str_utf8_next(const char *text, size_t size, uint32_t *code)
{
    const unsigned char *s = (const unsigned char *)text;
    *code = s[0];
    if (s[0] < 0x80)
        return 1;
    *code = STR_BAD;
    const struct lead *lead = NULL;
    for (size_t i = 0; i < COUNT(leads) && !lead; i++)
        if (s[0] >= leads[i].first && s[0] <= leads[i].last)
            lead = &leads[i];
    if (!lead || size < 2 || s[1] < lead->low || s[1] > lead->high)
        return 1;
    uint32_t value = s[0] & (0x7fu >> lead->size);
    value = value << 6 | (s[1] & 0x3f);
    for (size_t i = 2; i < lead->size; i++) {
        if (i >= size || !is_tail(s[i]))
            return i;
        value = value << 6 | (s[i] & 0x3f);
    }
    *code = value;
    return lead->size;
}

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

size_t str_utf8(struct buf *out, const char *data, size_t size)
{
    size_t replaced = 0, good = 0; /* good: bytes before data that are fine and not yet written */
    while (size > 0) {
        uint32_t code;
        size_t step = str_utf8_next(data, size, &code);
        data += step;
        size -= step;
        if (code != STR_BAD && code != 0) {
            good += step;
            continue;
        }
        buf_add(out, data - step - good, good);
        buf_add(out, REPLACEMENT, 3);
        good = 0;
        replaced++;
    }
    if (good > 0)
        buf_add(out, data - good, good);
    return replaced;
}

size_t str_utf8_cut(const char *s, size_t size, size_t max)
{
    if (size <= max)
        return size;
    size_t kept = max;
    for (int back = 0; back < 3 && kept > 0 && is_tail((unsigned char)s[kept]); back++)
        kept--;
    /* Four tails in a row are no character that could be saved. */
    return is_tail((unsigned char)s[kept]) ? max : kept;
}

/* Characters that move the cursor, turn the direction of what follows or are not seen: a name with one of them is not
 * what it looks like. */
static const struct range {
    uint32_t first, last;
} unseen[] = {
    { 0x00, 0x1f },     { 0x7f, 0x9f },                             /* C0, DEL, C1                       */
    { 0xad, 0xad },     { 0x34f, 0x34f },     { 0x61c, 0x61c },     /* soft hyphen, joiner, Arabic mark  */
    { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   /* fillers of Hangul, Khmer, Mongolian */
    { 0x200b, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x206f },   /* zero width, line ends, bidi       */
    { 0x3164, 0x3164 }, { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   /* fillers, byte order mark          */
    { 0xfff0, 0xfffb }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff }, /* annotations, music, tags          */
};

bool str_is_unseen(uint32_t code)
{
    for (size_t i = 0; i < COUNT(unseen) && unseen[i].first <= code; i++)
        if (code <= unseen[i].last)
            return true;
    return false;
}

static void add_escape(struct buf *out, uint32_t code)
{
    switch (code) {
    case '\n': buf_str(out, "\\n"); break;
    case '\r': buf_str(out, "\\r"); break;
    case '\t': buf_str(out, "\\t"); break;
    default: buf_printf(out, code < 0x80 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)code);
    }
}

void str_terminal(struct buf *out, const char *s, bool keep_lines)
{
    size_t size = s ? strlen(s) : 0;
    while (size > 0) {
        uint32_t code;
        size_t step = str_utf8_next(s, size, &code);
        if (code == STR_BAD)
            for (size_t i = 0; i < step; i++)
                buf_printf(out, "\\x%02x", (unsigned char)s[i]);
        else if (str_is_unseen(code) && !(keep_lines && (code == '\n' || code == '\t')))
            add_escape(out, code);
        else
            buf_add(out, s, step);
        s += step;
        size -= step;
    }
}

static const char *html_entity(uint32_t code)
{
    switch (code) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case STR_BAD: return REPLACEMENT;
    default: return code < 0x20 && code != '\n' && code != '\t' && code != '\r' ? REPLACEMENT : NULL;
    }
}

void str_hide_logins(struct buf *out, const char *urls)
{
    for (const char *at = urls; *at;) {
        size_t size = strcspn(at, ", \t");
        AUTO_FREE char *one = str_ndup(at, size);
        const char *scheme = strstr(one, "://"), *host = strrchr(one, '@');
        if (host)
            buf_printf(out, "%.*s***%s", scheme && scheme < host ? (int)(scheme + 3 - one) : 0, one, host);
        else
            buf_str(out, one);
        at += size;
        size = strspn(at, ", \t");
        buf_add(out, at, size);
        at += size;
    }
}

void str_html(struct buf *out, const char *s)
{
    size_t size = s ? strlen(s) : 0;
    while (size > 0) {
        uint32_t code;
        size_t step = str_utf8_next(s, size, &code);
        const char *entity = html_entity(code);
        if (entity)
            buf_str(out, entity);
        else
            buf_add(out, s, step);
        s += step;
        size -= step;
    }
}
