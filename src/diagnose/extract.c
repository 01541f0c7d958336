#include "diagnose/extract.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "diagnose/facts.h"

#define QUOTED_MAX 1024

static const char *behind(const char *text, const char *after)
{
    const char *at = text && after ? strcasestr(text, after) : text;
    return at && after ? at + strlen(after) : at;
}

const char *extract_quoted(struct arena *a, const char *text, const char *after)
{
    const char *from = behind(text, after);
    const char *open = from ? strchr(from, '"') : NULL;
    const char *close = open ? strchr(open + 1, '"') : NULL;
    if (!close || close - open > QUOTED_MAX)
        return NULL;
    size_t size = (size_t)(close - open - 1);
    while (size > 0 && open[size] == '\\')
        size--;
    return arena_strndup(a, open + 1, size);
}

const char *extract_name(struct arena *a, const char *text, const char *after)
{
    const char *name = extract_quoted(a, text, after);
    return facts_name_is_sound(name) ? name : NULL;
}

const char *extract_word(struct arena *a, const char *text, const char *after, const char *stops)
{
    const char *from = behind(text, after);
    if (!from)
        return NULL;
    from += strspn(from, " \t");
    size_t size = 0;
    while (from[size] && !isspace((unsigned char)from[size]) && !strchr(stops, from[size]))
        size++;
    return size > 0 && size <= QUOTED_MAX ? arena_strndup(a, from, size) : NULL;
}

bool extract_line(struct line *line, const char *text)
{
    const char *from = line->text ? line->rest : text;
    if (!from || !*from)
        return false;
    size_t size = strcspn(from, "\n");
    *line = (struct line){ .text = from, .size = size, .rest = from + size + (from[size] == '\n') };
    return true;
}

const char *extract_trimmed(struct arena *a, const char *text, size_t size, size_t max)
{
    while (size > 0 && isspace((unsigned char)text[0])) {
        text++;
        size--;
    }
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        size--;
    return arena_strndup(a, text, str_utf8_cut(text, size, max));
}

/* Hosts.  A line is read word by word; each word that can be a host gets a weight from its form and from the word before it. */

#define SEPARATORS " \t\r\n\"'`()[]{}<>,;=|\\"
#define WORD_MAX   300

struct word {
    const char *text;
    size_t size;
};

static bool next_word(const char **rest, struct word *out)
{
    *rest += strspn(*rest, SEPARATORS);
    size_t size = strcspn(*rest, SEPARATORS);
    *out = (struct word){ *rest, size };
    *rest += size;
    return size > 0;
}

/* Words behind which a host stands even when it is a bare name. */
static bool announces_host(const struct word *word)
{
    static const char *const words[] = { "lookup",
                                         "enotfound",
                                         "eai_again",
                                         "host",
                                         "host:",
                                         "hostname",
                                         "unknownhostexception:",
                                         "java.net.unknownhostexception:",
                                         "upstream",
                                         "upstream:",
                                         "resolve",
                                         "addr",
                                         "address",
                                         "host_name",
                                         "server:" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (strlen(words[i]) == word->size && strncasecmp(words[i], word->text, word->size) == 0)
            return true;
    return false;
}

static bool is_word(const struct word *word, const char *text)
{
    return strlen(text) == word->size && strncasecmp(text, word->text, word->size) == 0;
}

static bool is_address(const char *name)
{
    size_t dots = 0;
    for (const char *p = name; *p; p++)
        dots += *p == '.';
    return dots == 3 && strspn(name, "0123456789.") == strlen(name);
}

static bool is_port(const char *text)
{
    size_t size = strspn(text, "0123456789");
    if (size == 0 || size > 5 || text[size])
        return false;
    int port = 0;
    for (size_t i = 0; i < size; i++)
        port = port * 10 + (text[i] - '0');
    return port > 0 && port <= 65535;
}

/* "main.go:42" and "app.py" are places in a program. */
static bool is_source_file(const char *name)
{
    static const char *const ends[] = { ".go",  ".py",    ".js",  ".ts",   ".java", ".rb",    ".c",    ".cc",
                                        ".cpp", ".rs",    ".php", ".cs",   ".kt",   ".scala", ".ex",   ".mjs",
                                        ".sh",  ".h",     ".log", ".conf", ".yaml", ".yml",   ".json", ".jar",
                                        ".so",  ".class", ".xml", ".sql",  ".pl" };
    for (size_t i = 0; i < COUNT(ends); i++)
        if (str_ends(name, ends[i]))
            return true;
    return false;
}

/* Splits "scheme://user:password@name:port/path" in place.  Returns false when no host is left. */
static bool split_host(char *text, bool *url, char **name, char **port)
{
    static char none[] = "";
    char *scheme = strstr(text, "://");
    *url = scheme != NULL;
    text = scheme ? scheme + 3 : text;
    char *user = strrchr(text, '@');
    text = user ? user + 1 : text;
    char *slash = strpbrk(text, "/?#");
    char *address = slash && !*url ? slash + 1 : NULL; /* Java's "name/address:port" */
    if (slash)
        *slash = '\0';
    size_t size = strlen(text);
    while (size > 0 && (text[size - 1] == ':' || text[size - 1] == '.'))
        text[--size] = '\0';
    char *colon = strrchr(text, ':');
    *port = colon ? colon + 1 : address && strchr(address, ':') ? strchr(address, ':') + 1 : none;
    if (colon)
        *colon = '\0';
    for (char *p = text; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    *name = text;
    return size > 0;
}

static bool has_letter(const char *name)
{
    return strpbrk(name, "abcdefghijklmnopqrstuvwxyz") != NULL;
}

static bool is_known_port(const char *port)
{
    static const char *const ports[] = { "80",    "443",  "8080", "8443",  "5432", "3306", "6379",
                                         "27017", "9092", "5672", "2379",  "4222", "9200", "11211",
                                         "1433",  "1521", "2181", "26257", "50051" };
    for (size_t i = 0; i < COUNT(ports); i++)
        if (strcmp(ports[i], port) == 0)
            return true;
    return false;
}

/* How much a word looks like the host that is meant; 0: not at all.  host is filled for a weight above 0. */
static int weigh(struct arena *a, const struct word *word, bool announced, struct host *host)
{
    if (word->size == 0 || word->size > WORD_MAX)
        return 0;
    bool url, upper = memchr(word->text, '_', word->size) != NULL;
    char *copy = arena_strndup(a, word->text, word->size), *name, *port;
    for (size_t i = 0; i < word->size; i++)
        upper |= isupper((unsigned char)word->text[i]) != 0;
    if (!split_host(copy, &url, &name, &port) || !str_is_dns_name(name) || is_source_file(name))
        return 0;
    bool ported = is_port(port), address = is_address(name), named = has_letter(name);
    if ((*port && !ported) || strcmp(port, "53") == 0 || (!address && !named))
        return 0;
    bool inside = str_ends(name, ".svc") || str_ends(name, ".cluster.local") || strcmp(name, "localhost") == 0;
    *host = (struct host){ name, ported ? arena_strdup(a, port) : "" };
    int weight = url ? 8 : inside ? 7 : ported ? (named ? 7 : 5) : 0;
    if (weight == 0 && !announced)
        return 0;
    if (upper && !url && !ported && !inside && !announced)
        return 0;
    return weight + (announced ? 6 : 0) + (ported && is_known_port(port) ? 1 : 0) + 1;
}

/* "db, port 5432", "host=db port=5432": the number that stands behind a word "port". */
static const char *port_named(struct arena *a, const char *line)
{
    const char *rest = line;
    struct word word, before = { "", 0 };
    while (next_word(&rest, &word)) {
        if (is_word(&before, "port") || is_word(&before, "port:")) {
            char *text = arena_strndup(a, word.text, word.size);
            text[strcspn(text, ":.")] = '\0';
            if (is_port(text))
                return text;
        }
        before = word;
    }
    return "";
}

bool extract_host(struct arena *a, const char *line, struct host *out)
{
    int best = 0;
    const char *rest = line;
    struct word word, before = { "", 0 }, twice = { "", 0 };
    while (next_word(&rest, &word)) {
        struct host host;
        bool announced = announces_host(&before) || (is_word(&before, "name") && is_word(&twice, "host")) ||
                         (is_word(&before, "at") && is_word(&twice, "server"));
        bool quoted = word.text > line && strchr("\"'", word.text[-1]);
        announced |= quoted && is_word(&before, "server");
        /* "lookup db on 10.96.0.10:53" and "db: no such host": the name stands before what says so. */
        bool said = str_starts(word.text + word.size, " no such host") && word.text[word.size - 1] == ':';
        int weight = weigh(a, &word, announced || said, &host);
        if (weight > 0 && weight >= best) {
            best = weight;
            *out = host;
        }
        twice = before;
        before = word;
    }
    if (best > 0 && !*out->port)
        out->port = port_named(a, line);
    return best > 0;
}

const char *extract_host_text(struct arena *a, const struct host *host)
{
    return *host->port ? arena_printf(a, "%s:%s", host->name, host->port) : host->name;
}

/* Settings. */

static bool is_level(const struct word *word)
{
    static const char *const words[] = { "ERROR", "FATAL", "INFO",     "WARN", "WARNING", "DEBUG", "TRACE", "CRITICAL",
                                         "PANIC", "UTC",   "KEYERROR", "ENV",  "HTTP",    "JSON",  "NULL",  "GMT" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (is_word(word, words[i]))
            return true;
    return false;
}

const char *extract_setting(struct arena *a, const char *line)
{
    const char *rest = line;
    struct word word, best = { "", 0 };
    int weight = 0;
    while (next_word(&rest, &word)) {
        while (word.size > 0 && strchr(":.!?", word.text[word.size - 1]))
            word.size--;
        if (word.size > 0 && word.text[0] == '$') {
            word.text++;
            word.size--;
        }
        size_t fits = strspn(word.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        if (word.size < 3 || word.size > 128 || fits < word.size || isdigit((unsigned char)word.text[0]) ||
            is_level(&word))
            continue;
        int score = memchr(word.text, '_', word.size) ? 2 : 1;
        if (score > weight) {
            weight = score;
            best = word;
        }
    }
    return weight > 0 ? arena_strndup(a, best.text, best.size) : NULL;
}

const char *extract_path(struct arena *a, const char *line)
{
    const char *rest = line;
    struct word word;
    while (next_word(&rest, &word)) {
        while (word.size > 1 && strchr(":.!?", word.text[word.size - 1]))
            word.size--;
        if (word.size > 1 && word.size <= WORD_MAX && word.text[0] == '/' && word.text[1] != '/')
            return arena_strndup(a, word.text, word.size);
    }
    return NULL;
}

static bool says_listening(const struct word *word)
{
    static const char *const words[] = { "listening", "listen", "serving", "started", "running", "bound", "accepting" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (is_word(word, words[i]))
            return true;
    return false;
}

/* "8080" of "0.0.0.0:8080", "http://[::]:8080/", ":8080"; of a bare number only where the words before named a port. */
static const char *port_in(struct arena *a, const struct word *word, bool named)
{
    if (word->size > WORD_MAX)
        return NULL;
    char *text = arena_strndup(a, word->text, word->size);
    for (size_t size = word->size; size > 0 && strchr(".:/!", text[size - 1]); size--)
        text[size - 1] = '\0';
    const char *colon = strrchr(text, ':');
    if (colon && is_port(colon + 1))
        return colon + 1;
    return named && is_port(text) ? text : NULL;
}

const char *extract_listening(struct arena *a, const char *line)
{
    const char *rest = line;
    struct word word;
    bool said = false;
    int near = 0; /* words since "port" in which its number may come: "port(s): 8080" */
    while (next_word(&rest, &word)) {
        const char *port = said ? port_in(a, &word, near > 0) : NULL;
        if (port)
            return port;
        said |= says_listening(&word);
        near = word.size >= 4 && strncasecmp(word.text, "port", 4) == 0 ? 3 : near - (near > 0);
    }
    return NULL;
}

/* Digits behind the n-th colon that can be a port and no time of day ("12:30:01"). */
static const char *port_behind_colon(struct arena *a, const char *line)
{
    for (const char *at = line; (at = strchr(at, ':')); at++) {
        size_t digits = strspn(at + 1, "0123456789");
        bool time = digits == 2 && at > line && strchr("0123456789", at[-1]);
        const char *text = digits >= 2 && digits <= 5 && !time ? arena_strndup(a, at + 1, digits) : "";
        if (is_port(text))
            return text;
    }
    return NULL;
}

const char *extract_port(struct arena *a, const char *line)
{
    struct host host;
    const char *named = port_named(a, line);
    if (*named)
        return named;
    if (extract_host(a, line, &host) && *host.port)
        return host.port;
    return port_behind_colon(a, line);
}
