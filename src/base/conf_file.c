#include "base/conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <yaml.h>

#include "base/conf_value.h"
#include "base/str.h"

struct reader {
    yaml_parser_t yaml;
    const char *name, *text;
    conf_file_entry *entry;
    void *arg;
    int documents;
    bool inside;       /* the mapping                           */
    char *key;         /* read, and its value is still to come  */
    int line;          /* of the event, from 1                  */
};

enum { GO_ON = 0, AT_END = 1 };

static int refuse(struct err *e, const char *what)
{
    return err_set(e, ERR_INVALID, "%s", what);
}

static size_t line_of(const struct reader *r, size_t offset)
{
    size_t line = 1;
    for (const char *at = r->text; (at = memchr(at, '\n', offset - (size_t)(at - r->text))); at++)
        line++;
    return line;
}

static int syntax_error(const struct reader *r, struct err *e)
{
    const yaml_parser_t *y = &r->yaml;
    const char *problem = y->problem ? y->problem : "unreadable";
    if (y->error == YAML_READER_ERROR) {    /* bytes that are no text have an offset instead of a line */
        err_set(e, ERR_INVALID, "not text: %s at byte %zu", problem, y->problem_offset);
        return err_wrap(e, "%s:%zu", r->name, line_of(r, y->problem_offset));
    }
    err_set(e, ERR_INVALID, "not valid YAML: %s%s%s", problem, y->context ? " " : "", y->context ? y->context : "");
    return err_wrap(e, "%s:%zu", r->name, y->problem_mark.line + 1);
}

static bool is_null(const yaml_event_t *event)
{
    const char *s = (const char *)event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && (!*s || str_eq(s, "~") || str_eq_nocase(s, "null"));
}

static int on_value(struct reader *r, const yaml_event_t *event, struct err *e)
{
    if (is_null(event)) {
        AUTO_BUF struct buf quoted = { 0 };
        conf_value_quote(r->key, &quoted);
        return err_set(e, ERR_INVALID, "%s has no value (write \"\" for an empty one, or leave the line out)", buf_text(&quoted));
    }
    int rc = r->entry(r->arg, r->key, (const char *)event->data.scalar.value, r->line, e);
    free(r->key);
    r->key = NULL;
    return rc;
}

static int on_scalar(struct reader *r, const yaml_event_t *event, struct err *e)
{
    if (event->data.scalar.anchor)
        return refuse(e, "anchors are not supported");
    if (event->data.scalar.tag)
        return refuse(e, "tags are not supported");
    if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
        return refuse(e, "a value holds a NUL character");
    if (r->key)
        return on_value(r, event, e);
    if (r->inside) {
        r->key = str_dup((const char *)event->data.scalar.value);
        return GO_ON;
    }
    return is_null(event) ? GO_ON : refuse(e, "expected \"name: value\" lines");    /* "---" alone is an empty document */
}

static int on_mapping(struct reader *r, const yaml_event_t *event, struct err *e)
{
    if (event->data.mapping_start.anchor)
        return refuse(e, "anchors are not supported");
    if (event->data.mapping_start.tag)
        return refuse(e, "tags are not supported");
    if (r->key)
        return refuse(e, "a single value is expected here, not a mapping");
    if (r->inside)
        return refuse(e, "a name is expected here, not a mapping");
    r->inside = true;
    return GO_ON;
}

static int on_sequence(struct reader *r, struct err *e)
{
    return refuse(e, r->key ? "a single value is expected here, not a list (several are written as one text: \"a, b\")" : "expected \"name: value\" lines, not a list");
}

/* Nesting is refused at its first level, so no input gets deeper than libyaml's own reading ahead. */
static int on_event(struct reader *r, const yaml_event_t *event, struct err *e)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++r->documents > 1 ? refuse(e, "only one document is expected") : GO_ON;
    case YAML_SCALAR_EVENT: return on_scalar(r, event, e);
    case YAML_MAPPING_START_EVENT: return on_mapping(r, event, e);
    case YAML_SEQUENCE_START_EVENT: return on_sequence(r, e);
    case YAML_ALIAS_EVENT: return refuse(e, "aliases are not supported");
    case YAML_MAPPING_END_EVENT: r->inside = false; return GO_ON;
    case YAML_STREAM_END_EVENT: return AT_END;
    default: return GO_ON;
    }
}

int conf_file_parse(const char *name, const char *text, size_t size, conf_file_entry *entry, void *arg, struct err *e)
{
    if (size > CONF_FILE_MAX)
        return err_set(e, ERR_TOO_LARGE, "%s: larger than 1 MiB", name);
    struct reader r = { .name = name, .text = text, .entry = entry, .arg = arg };
    if (!yaml_parser_initialize(&r.yaml))
        return err_set(e, ERR_INTERNAL, "%s: no memory for the YAML parser", name);
    yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text, size);

    int rc = GO_ON;
    while (rc == GO_ON) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r.yaml, &event)) {
            rc = syntax_error(&r, e);
            break;
        }
        r.line = (int)event.start_mark.line + 1;
        rc = on_event(&r, &event, e);
        yaml_event_delete(&event);
        if (rc < 0)
            err_wrap(e, "%s:%d", name, r.line);
    }
    free(r.key);
    yaml_parser_delete(&r.yaml);
    return rc < 0 ? -1 : 0;
}

/* Reads what fits and one byte more, which tells that there is more. */
static int read_all(int fd, const char *path, struct buf *out, struct err *e)
{
    char chunk[4096];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, errno, "reading %s", path);
        buf_add(out, chunk, (size_t)n);
        if (n == 0 || out->size > CONF_FILE_MAX)
            return 0;
    }
}

int conf_file_read(const char *path, conf_file_entry *entry, void *arg, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, errno, "opening %s", path);
    AUTO_BUF struct buf text = { .limit = CONF_FILE_MAX + 1 };
    int rc = read_all(fd, path, &text, e);
    close(fd);
    if (rc == 0)
        rc = conf_file_parse(path, buf_text(&text), text.size, entry, arg, e);
    if (text.data)
        explicit_bzero(text.data, text.size);    /* it may hold secrets */
    return rc;
}
