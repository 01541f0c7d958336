/* Is it a setting whose value must not be shown?  Decided by the words of its name. */
#include "evidence/redact.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE  128 /* longer ones are no names */
#define WORDS_MOST 24

/* Sorted. */
static const char *const secret_words[] = {
    "accesskey",  "accesstoken", "apikey",      "apitoken",   "authorization", "authtoken", "bearer",   "clientsecret",
    "cookie",     "credential",  "credentials", "passphrase", "passwd",        "password",  "passwort", "pgpassword",
    "privatekey", "pwd",         "sas",         "secret",     "secretkey",     "sessionid", "token",
};

/* What makes a key one that opens something; sorted. */
static const char *const key_words[] = {
    "access",  "account", "api",     "app",     "auth",   "client",  "deploy", "encryption", "license", "master",
    "private", "secret",  "service", "session", "shared", "signing", "ssh",    "storage",    "webhook",
};

/* Behind a secret word they name something about the secret, not the secret; sorted. */
static const char *const harmless_words[] = {
    "age",     "audience",    "count",  "dir",      "disabled", "enabled",  "endpoint", "exp",
    "expired", "expires",     "expiry", "file",     "host",     "issuer",   "key",      "kind",
    "length",  "lifetime",    "limit",  "location", "mount",    "name",     "names",    "namespace",
    "path",    "placeholder", "policy", "provider", "ref",      "required", "seconds",  "size",
    "status",  "ttl",         "type",   "uri",      "url",      "version",
};

static int by_word(const void *key, const void *row)
{
    return strcmp(key, *(const char *const *)row);
}
#define IS_ONE_OF(word, words) (bsearch(word, words, sizeof words / sizeof *words, sizeof *words, by_word) != NULL)

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_word_char(char c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* A word begins behind a separator, and at a change of case: dbPassword, APIKey. */
static bool begins_word(const char *name, size_t i)
{
    if (!i || !is_word_char(name[i - 1]))
        return true;
    bool lower_follows = name[i + 1] >= 'a' && name[i + 1] <= 'z';
    return is_upper(name[i]) && (!is_upper(name[i - 1]) || lower_follows);
}

struct words {
    char text[NAME_SIZE * 2 + 1]; /* in lower case, each with a final 0 */
    const char *word[WORDS_MOST];
    int count;
};

static bool split(const char *name, struct words *out)
{
    size_t size = strlen(name), n = 0;
    out->count = 0;
    if (size > NAME_SIZE)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!is_word_char(name[i]))
            continue;
        if (begins_word(name, i)) {
            if (out->count == WORDS_MOST)
                return false;
            if (n)
                out->text[n++] = '\0';
            out->word[out->count++] = out->text + n;
        }
        out->text[n++] = is_upper(name[i]) ? (char)(name[i] + 32) : name[i];
    }
    out->text[n] = '\0';
    return out->count > 0;
}

/* Nearly no word of a name is secret: the first letter tells most of them. */
static bool may_be_secret(const char *word)
{
    static const bool first_letters['z' - 'a' + 1] = {
        ['a' - 'a'] = true, ['b' - 'a'] = true, ['c' - 'a'] = true, ['i' - 'a'] = true,
        ['k' - 'a'] = true, ['p' - 'a'] = true, ['s' - 'a'] = true, ['t' - 'a'] = true,
    };
    return *word >= 'a' && *word <= 'z' && first_letters[*word - 'a'];
}

static bool is_secret_word(const struct words *w, int i)
{
    const char *word = w->word[i], *before = i ? w->word[i - 1] : "";
    if (!may_be_secret(word))
        return false;
    if (IS_ONE_OF(word, secret_words))
        return true;
    if (!strcmp(word, "key"))
        return IS_ONE_OF(before, key_words);
    if (!strcmp(word, "id"))
        return !strcmp(before, "session");
    if (!strcmp(word, "string"))
        return !strcmp(before, "connection");
    if (!strcmp(word, "auth"))
        return !strcmp(before, "basic");
    /* "pass" alone counts passed tests; behind another word, and last, it is a password */
    return !strcmp(word, "pass") && i && i == w->count - 1;
}

int redact_name_is_secret(const char *name)
{
    struct words w;
    if (!name || !split(name, &w))
        return 0;
    const char *last = w.word[w.count - 1];
    for (int i = 0; i < w.count; i++)
        if (is_secret_word(&w, i) && (i == w.count - 1 || !IS_ONE_OF(last, harmless_words)))
            return 1;
    return 0;
}
