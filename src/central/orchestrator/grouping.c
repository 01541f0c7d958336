#include "central/orchestrator/grouping.h"

#include <ctype.h>

#include "base/str.h"

#define LOOK_MOST_MS 300000

static const char *reference(const char *kind, const char *namespace_, const char *name, struct arena *a)
{
    char *text = arena_printf(a, "%s/%s/%s", kind, str_or_empty(namespace_), name);
    for (char *at = text; *at && *at != '/'; at++)
        *at = (char)tolower((unsigned char)*at);
    return text;
}

const char *grouping_object(const struct wire_event *event, struct arena *a)
{
    if (!event->involved.kind || !event->involved.name)
        return NULL;
    return reference(event->involved.kind, event->involved.namespace_, event->involved.name, a);
}

const char *grouping_key(const struct wire_event *event, struct arena *a)
{
    if (event->owner_kind && event->owner_name)
        return reference(event->owner_kind, event->involved.namespace_ ? event->involved.namespace_ : event->namespace_, event->owner_name, a);
    return grouping_object(event, a);
}

bool grouping_opens(const struct wire_event *event)
{
    return !event->recovery && event->severity >= SEVERITY_MEDIUM;
}

int64_t grouping_next_look_ms(int64_t first_ms, int64_t looks)
{
    int64_t ms = first_ms;
    for (int64_t i = 1; i < looks && ms < LOOK_MOST_MS; i++)
        ms *= 2;
    return ms < LOOK_MOST_MS ? ms : LOOK_MOST_MS;
}
