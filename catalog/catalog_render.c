#include "catalog/catalog.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* The sentence under construction.  Once something did not fit, nothing more is added. */
struct sink {
    char *out;
    size_t size, length;
    bool full;
};

static void put(struct sink *sink, const char *bytes, size_t count)
{
    if (sink->full || count >= sink->size - sink->length) {
        sink->full = true;
        return;
    }
    memcpy(sink->out + sink->length, bytes, count);
    sink->length += count;
    sink->out[sink->length] = '\0';
}

/* Length of the well-formed UTF-8 character at p and its code point, or 0 when the bytes there are none. */
static size_t character_at(const char *p, uint32_t *point)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {
        { 0x80, 0x00, 0 },
        { 0xe0, 0xc0, 0x80 },
        { 0xf0, 0xe0, 0x800 },
        { 0xf8, 0xf0, 0x10000 },
    };
    unsigned char first = (unsigned char)*p;
    for (size_t more = 0; more < 4; more++) {
        if ((first & forms[more].mask) != forms[more].lead)
            continue;
        *point = first & (unsigned char)~forms[more].mask;
        for (size_t i = 1; i <= more; i++) {
            if (((unsigned char)p[i] & 0xc0) != 0x80)
                return 0;
            *point = *point << 6 | ((unsigned char)p[i] & 0x3f);
        }
        bool surrogate = *point >= 0xd800 && *point <= 0xdfff;
        return *point < forms[more].least || *point > 0x10ffff || surrogate ? 0 : more + 1;
    }
    return 0;
}

/* What would break a line, drive a terminal or turn the reading direction has no place in a headline. */
static bool is_unprintable(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x061c || (point >= 0x200b && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x2069) || point == 0xfeff;
}

static void put_value(struct sink *sink, const char *value)
{
    size_t taken = 0;
    for (const char *p = value; *p;) {
        uint32_t point;
        size_t length = character_at(p, &point);
        size_t step = length ? length : 1;
        if (taken + step > CATALOG_VALUE_MAX) {
            put(sink, "…", strlen("…"));
            return;
        }
        if (!length)
            put(sink, "?", 1);
        else if (is_unprintable(point))
            put(sink, " ", 1);
        else
            put(sink, p, length);
        taken += step;
        p += step;
    }
}

/* The value of the placeholder whose name begins at p (behind the brace), NULL when absent; *end is behind its closing brace. */
static const char *value_at(const char *p, const struct catalog_param *params, size_t n, const char **end)
{
    size_t length = strcspn(p, "}");
    assert(p[length] == '}'); /* the generator lets no other template through */
    *end = p + length + 1;
    for (size_t i = 0; i < n; i++)
        if (strlen(params[i].name) == length && !memcmp(params[i].name, p, length))
            return params[i].value && *params[i].value ? params[i].value : NULL;
    return NULL;
}

/* Looks ahead from behind an opening bracket: is every placeholder of the part there?  *end is behind the closing bracket. */
static bool part_is_whole(const char *p, const struct catalog_param *params, size_t n, const char **end)
{
    bool whole = true;
    while (*p != ']') {
        assert(*p);
        if (*p == '\\')
            p += 2;
        else if (*p == '{')
            whole = value_at(p + 1, params, n, &p) && whole;
        else
            p++;
    }
    *end = p + 1;
    return whole;
}

int catalog_render(const char *template_, const struct catalog_param *params, size_t n, char *out, size_t size)
{
    assert(size > 0);
    struct sink sink = { .out = out, .size = size };
    out[0] = '\0';

    for (const char *p = template_; *p;) {
        const char *end;
        if (*p == '{') {
            const char *value = value_at(p + 1, params, n, &end);
            put_value(&sink, value ? value : "?");
            p = end;
        } else if (*p == '[') {
            p = part_is_whole(p + 1, params, n, &end) ? p + 1 : end;
        } else if (*p == ']') {
            p++;
        } else {
            p += *p == '\\';
            uint32_t point;
            size_t length = character_at(p, &point);
            assert(length);
            put(&sink, p, length);
            p += length;
        }
    }
    return sink.full ? 1 : 0;
}

bool catalog_complete(const char *template_, const struct catalog_param *params, size_t n)
{
    bool complete = true;
    for (const char *p = template_; *p;) {
        if (*p == '\\')
            p += 2;
        else if (*p == '{')
            complete = value_at(p + 1, params, n, &p) && complete;
        else if (*p == '[')
            (void)part_is_whole(p + 1, params, n, &p); /* may vanish: nothing it lacks counts */
        else
            p++;
    }
    return complete;
}
