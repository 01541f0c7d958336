#include "ctl/filter.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/api.h"

#define AT(member) offsetof(struct ctl_options, member)

static const struct {
    const char *option, *parameter;
    size_t offset;
    bool is_time;
} filters[] = {
    { "cluster", "cluster_id", AT(cluster), false },  { "namespace", "namespace", AT(namespace_), false }, { "kind", "kind", AT(kind), false },
    { "name", "name", AT(name), false },              { "reason", "reason", AT(reason), false },           { "severity", "severity", AT(severity), false },
    { "type", "type", AT(type), false },              { "since", "since", AT(since), true },               { "until", "until", AT(until), true },
    { "query", "q", AT(query), false },               { "state", "state", AT(state), false },              { "code", "code", AT(code), false },
    { "family", "family", AT(family), false },
};

static int add_one(const struct ctl *c, const char *option, size_t size, struct buf *path, struct err *e)
{
    for (size_t i = 0; i < COUNT(filters); i++) {
        if (strlen(filters[i].option) != size || memcmp(filters[i].option, option, size) != 0)
            continue;
        const char *value = *(char *const *)((const char *)&c->options + filters[i].offset);
        if (filters[i].is_time)
            return api_param_time(path, filters[i].parameter, value, clock_wall_ms(), e);
        api_param(path, filters[i].parameter, value);
        return 0;
    }
    assert(!"a filter that the table has not");
    return 0;
}

int filter_add(const struct ctl *c, const char *names, struct buf *path, struct err *e)
{
    for (const char *at = names; *at;) {
        size_t n = strcspn(at, " ");
        if (add_one(c, at, n, path, e))
            return -1;
        at += n + strspn(at + n, " ");
    }
    return 0;
}

struct json_doc *filter_list(struct ctl *c, const char *route, const char *names, struct err *e)
{
    AUTO_BUF struct buf path = { 0 };
    buf_str(&path, route);
    return filter_add(c, names, &path, e) ? NULL : api_list(c, buf_text(&path), c->options.limit, e);
}
