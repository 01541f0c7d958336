/* Walks a text run by run of letters, digits, _ and -.  A run is looked at once, as the beginning of a secret of
 * known form and as the name of a setting; what follows is looked at only as far as it would be taken away.  So the
 * time is linear whatever the text. */
#include "evidence/redact.h"

#include <stdbool.h>
#include <string.h>

#include "evidence/redact_kind.h"

#define NAME_MOST     64   /* characters of a setting's name                      */
#define VALUE_MOST    4096 /* of its value                                        */
#define USERINFO_MOST 256  /* between :// and @                                   */
#define PLAIN_LEAST   6    /* of an unquoted value behind a colon                 */
#define WORD_LEAST    20   /* of one that consists of lower-case letters alone    */

struct walk {
    struct buf *out;
    const char *text;
    size_t size;
    size_t copied;                 /* everything before is in out        */
    size_t password, password_end; /* of the URL at hand; 0: it has none */
    int64_t count;
};

static void take_away(struct walk *w, size_t from, size_t to, const char *kind)
{
    buf_add(w->out, w->text + w->copied, from - w->copied);
    buf_printf(w->out, "[redacted:%s]", kind);
    w->copied = to;
    w->count++;
}

static bool has(const struct walk *w, size_t at, const char *what)
{
    size_t size = strlen(what);
    return at + size <= w->size && !memcmp(w->text + at, what, size);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(const struct walk *w, size_t at)
{
    return at >= w->size || w->text[at] == '\n' || w->text[at] == '\r' || w->text[at] == '\0';
}

/* --- forms of their own ----------------------------------------------------------------------------------------- */

/* Header and payload are JSON objects, so both begin with eyJ. */
static size_t end_of_jwt(const struct walk *w, size_t at)
{
    if (!has(w, at, "eyJ"))
        return 0;
    size_t header = redact_span(REDACT_TOKEN, w->text + at, w->size - at, w->size);
    size_t payload = at + header + 1;
    if (header < 10 || !has(w, payload - 1, ".eyJ"))
        return 0;
    size_t end = payload + redact_span(REDACT_TOKEN, w->text + payload, w->size - payload, w->size);
    if (end < w->size && w->text[end] == '.')
        end += 1 + redact_span(REDACT_TOKEN, w->text + end + 1, w->size - end - 1, w->size);
    return end;
}

/* 123456789:AA… with 35 characters behind the colon. */
static size_t end_of_telegram(const struct walk *w, size_t at, size_t end)
{
    if (end - at < 8 || end - at > 10 || redact_span(REDACT_DIGITS, w->text + at, end - at, 11) != end - at)
        return 0;
    size_t tail = has(w, end, ":AA") ? redact_span(REDACT_TOKEN, w->text + end + 1, w->size - end - 1, 36) : 0;
    return tail == 35 ? end + 1 + tail : 0;
}

/* 32 hexadecimal digits, -us and a number: Mailchimp. */
static size_t end_of_mailchimp(const struct walk *w, size_t at, size_t end)
{
    size_t size = end - at;
    bool form =
        (size == 36 || size == 37) && redact_span(REDACT_HEX, w->text + at, size, 33) == 32 && has(w, at + 32, "-us");
    return form && redact_span(REDACT_DIGITS, w->text + at + 35, size - 35, 3) == size - 35 ? end : 0;
}

/* A PEM block, with its lines, or as far as it goes when its end was cut off. */
static size_t end_of_private_key(const struct walk *w, size_t at)
{
    if (!has(w, at, "-----BEGIN "))
        return 0;
    size_t head = at + 11;
    while (head < w->size && head < at + 64 && w->text[head] != '-')
        head++;
    if (head < at + 22 || !has(w, head, "-----") || memcmp(w->text + head - 11, "PRIVATE KEY", 11))
        return has(w, head, "-----") && head >= at + 28 && !memcmp(w->text + head - 17, "PRIVATE KEY BLOCK", 17)
                   ? w->size
                   : 0;
    static const char mark[] = "-----END ";
    const char *end = memmem(w->text + head, w->size - head, mark, sizeof mark - 1);
    if (!end)
        return w->size;
    size_t tail = (size_t)(end - w->text) + sizeof mark - 1;
    while (tail < w->size && w->text[tail] != '-' && !is_line_end(w, tail))
        tail++;
    return tail + redact_span(REDACT_TOKEN, w->text + tail, w->size - tail, 5);
}

static bool looks_random(const char *text, size_t size)
{
    bool upper = false, lower = false, digit = false, sign = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z')
            upper |= i > 0; /* a capital at the front makes a word */
        else if (c >= 'a' && c <= 'z')
            lower = true;
        else if (c >= '0' && c <= '9')
            digit = true;
        else
            sign |= !strchr("_-./:", c);
    }
    return digit || sign || (upper && lower);
}

/* "Bearer TOKEN", "Basic BASE64". */
static bool try_scheme(struct walk *w, size_t at, size_t end)
{
    size_t size = end - at;
    bool bearer = size == 6 && (has(w, at, "Bearer") || has(w, at, "bearer"));
    bool basic = size == 5 && (has(w, at, "Basic") || has(w, at, "basic"));
    if ((!bearer && !basic) || end >= w->size || w->text[end] != ' ')
        return false;
    size_t value = end + 1, length;
    length = redact_span(REDACT_PATH, w->text + value, w->size - value, VALUE_MOST);
    if (length < 8 || !looks_random(w->text + value, length))
        return false;
    take_away(w, value, value + length, bearer ? "bearer-token" : "basic-auth");
    return true;
}

/* scheme://user:password@host, at is behind "://": remembers where the password stands, because the user before it is to be
 * looked at, too. */
static void find_password(struct walk *w, size_t at)
{
    size_t colon = 0, end = at;
    while (end < w->size && end - at < USERINFO_MOST && !strchr("/?# \t\r\n\"'<>\\[]", w->text[end]) &&
           w->text[end] != '@') {
        if (w->text[end] == ':' && !colon)
            colon = end;
        end++;
    }
    if (colon && end > colon + 1 && end < w->size && w->text[end] == '@' && !has(w, colon + 1, "***")) {
        w->password = colon + 1;
        w->password_end = end;
    }
}

/* At a colon: the one before a password, the one of ://, or any.  Returns where to go on. */
static size_t at_colon(struct walk *w, size_t at)
{
    if (w->password == at + 1) {
        take_away(w, w->password, w->password_end, "url-password");
        return w->copied;
    }
    if (has(w, at, "://"))
        find_password(w, at + 3);
    return at + 1;
}

/* --- settings --------------------------------------------------------------------------------------------------- */

struct value {
    size_t start, end;
    bool quoted;
    bool doubtful; /* behind a colon and without quotes it may be a sentence */
};

/* The quote at `at`, which may be escaped by backslashes: its size with them, 0 when there is none. */
static size_t quote_at(const struct walk *w, size_t at)
{
    size_t n = 0;
    while (n < 4 && at + n < w->size && w->text[at + n] == '\\')
        n++;
    return at + n < w->size && strchr("\"'`", w->text[at + n]) && w->text[at + n] ? n + 1 : 0;
}

static void take_quoted(const struct walk *w, size_t at, size_t quote, struct value *v)
{
    v->quoted = true;
    v->start = v->end = at + quote;
    while (v->end < w->size && v->end - v->start < VALUE_MOST && !is_line_end(w, v->end)) {
        if (v->end + quote <= w->size && !memcmp(w->text + v->end, w->text + at, quote))
            return;
        v->end += w->text[v->end] == '\\' && quote == 1 ? 2 : 1;
    }
    if (v->end > w->size)
        v->end = w->size;
}

static void take_plain(const struct walk *w, size_t at, const char *stops, struct value *v)
{
    v->quoted = false;
    v->start = v->end = at;
    while (v->end < w->size && v->end - v->start < VALUE_MOST && !is_line_end(w, v->end) &&
           !strchr(stops, w->text[v->end]))
        v->end++;
}

/* What joins a name to its value: =, :=, =>, :, <name>, or the space behind --name. */
struct joint {
    enum { JOINT_NONE, JOINT_EQUALS, JOINT_COLON, JOINT_ELEMENT, JOINT_FLAG } form;
    bool closed; /* the name stands in quotes: a setting for sure */
    bool spaced;
    size_t value; /* where the value begins                        */
};

static struct joint joint_behind(const struct walk *w, size_t name, size_t end)
{
    struct joint j = { .form = JOINT_NONE };
    size_t at = end;
    if (at < w->size && w->text[at] == '>') {
        j.form = name && w->text[name - 1] == '<' ? JOINT_ELEMENT : JOINT_NONE;
        j.value = at + 1;
        return j;
    }
    size_t closing = quote_at(w, at);
    j.closed = closing;
    at += closing;
    if (closing && at < w->size && w->text[at] == ']') /* values['password'] */
        at++;
    size_t sign = at;
    while (sign < w->size && is_space(w->text[sign]))
        sign++;
    char c = sign < w->size ? w->text[sign] : '\0';
    if (c == '=' || c == ':') {
        j.value = sign + 1;
        j.form = c == '=' ? JOINT_EQUALS : JOINT_COLON;
        if (j.value < w->size && (w->text[j.value] == '=' || w->text[j.value] == '>')) {
            j.form = JOINT_EQUALS;
            j.value++;
        }
        size_t behind = j.value;
        while (j.value < w->size && is_space(w->text[j.value]))
            j.value++;
        j.spaced = j.value > behind;
    } else if (!closing && sign > at && has(w, name, "--")) {
        j.value = sign;
        j.form = JOINT_FLAG;
    }
    return j;
}

/* False when what is there is no value: a nested object, an open element. */
static bool take_value(const struct walk *w, const struct joint *j, struct value *v)
{
    if (j->form == JOINT_ELEMENT) {
        take_plain(w, j->value, "<", v);
        return v->end > v->start && v->end < w->size && w->text[v->end] == '<';
    }
    size_t quote = quote_at(w, j->value);
    if (quote)
        take_quoted(w, j->value, quote, v);
    else
        take_plain(w, j->value, " \t,;&)}]\"'`<>", v);
    v->doubtful = !quote && !j->closed && ((j->form == JOINT_COLON && j->spaced) || j->form == JOINT_FLAG);
    return v->end > v->start && (quote || !strchr("{[", w->text[v->start]));
}

static bool is_placeholder(const char *text, size_t size)
{
    static const char *const words[] = { "null",  "nil",    "none",    "true",     "false",      "undefined",
                                         "<nil>", "<none>", "<empty>", "REDACTED", "<redacted>", "xxx" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (strlen(words[i]) == size && !memcmp(text, words[i], size))
            return true;
    if (size >= 10 && !memcmp(text, "[redacted:", 10))
        return true;
    if (size >= 2 && (text[0] == '$' || text[0] == '%') &&
        (text[1] == '{' || text[1] == '(')) /* $(NAME), ${NAME}: not expanded */
        return true;
    for (size_t i = 0; i < size; i++)
        if (text[i] != '*')
            return false;
    return true; /* stars, or nothing */
}

/* secret="kube-system/tls", as Kubernetes components log the object they speak of. */
static bool is_object_name(const char *text, size_t size)
{
    size_t slashes = 0;
    for (size_t i = 0; i < size; i++) {
        slashes += text[i] == '/';
        if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') || strchr("-./", text[i])))
            return false;
    }
    return slashes == 1;
}

static bool is_sentence(const struct walk *w, const struct value *v)
{
    size_t size = v->end - v->start;
    if (size < PLAIN_LEAST)
        return true;
    return !looks_random(w->text + v->start, size) && size < WORD_LEAST;
}

static bool try_setting(struct walk *w, size_t at, size_t end)
{
    char name[NAME_MOST + 1];
    if (end - at > NAME_MOST || end - at < 3)
        return false;
    struct joint j = joint_behind(w, at, end);
    if (j.form == JOINT_NONE)
        return false;
    memcpy(name, w->text + at, end - at);
    name[end - at] = '\0';
    struct value v = { 0 };
    if (!redact_name_is_secret(name) || !take_value(w, &j, &v))
        return false;
    const char *value = w->text + v.start;
    size_t size = v.end - v.start;
    if (is_placeholder(value, size) || (v.doubtful && is_sentence(w, &v)))
        return false;
    if (str_eq_nocase(name, "secret") && is_object_name(value, size))
        return false;
    /* "Authorization: Bearer x": the scheme stays, what is behind it goes */
    if (!v.quoted && str_eq_nocase(name, "authorization") && (has(w, v.start, "Bearer ") || has(w, v.start, "Basic ")))
        return false;
    take_away(w, v.start, v.end, "setting");
    return true;
}

/* --- the walk --------------------------------------------------------------------------------------------------- */

/* A run at [at, end).  What it begins is taken away; true when something was. */
static bool look_at(struct walk *w, size_t at, size_t end)
{
    size_t length, stop;
    const struct redact_kind *kind = redact_kind_at(w->text + at, w->size - at, &length);
    if (kind) {
        take_away(w, at + (kind->keep_prefix ? strlen(kind->prefix) : 0), at + length, kind->kind);
        return true;
    }
    if ((stop = end_of_jwt(w, at)))
        take_away(w, at, stop, "jwt");
    else if ((stop = end_of_telegram(w, at, end)))
        take_away(w, at, stop, "telegram-token");
    else if ((stop = end_of_mailchimp(w, at, end)))
        take_away(w, at, stop, "mailchimp-key");
    else if ((stop = end_of_private_key(w, at)))
        take_away(w, at, stop, "private-key");
    else
        return try_scheme(w, at, end) || try_setting(w, at, end);
    return true;
}

/* Where the run that begins at `at` is to be looked at from: not from the n of an escaped line break before it. */
static size_t run_start(const struct walk *w, size_t at)
{
    bool escaped = at && w->text[at - 1] == '\\' && strchr("nrt", w->text[at]);
    return escaped ? at + 1 : at;
}

int64_t redact_text(struct buf *out, const char *text, size_t size)
{
    struct walk w = { .out = out, .text = text, .size = size };
    size_t at = 0;
    while ((at += redact_gap(text + at, size - at)) < size) {
        if (text[at] == ':') {
            at = at_colon(&w, at);
            continue;
        }
        size_t start = run_start(&w, at);
        size_t end = start + redact_span(REDACT_TOKEN, text + start, size - start, size);
        at = end > start && look_at(&w, start, end) && w.copied > end ? w.copied : end;
    }
    buf_add(out, text + w.copied, size - w.copied);
    return w.count;
}
