#include "central/orchestrator/grouping.h"

#include <ctype.h>
#include <string.h>

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

/* Length of "cart" in "cart-7d9f4c6b5-x2xkq", the name that a Deployment's ReplicaSet gives its Pods; 0: it is no such name. */
static size_t deployment_size(const char *pod)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";    /* of which Kubernetes makes hashes and suffixes */
    size_t size = strlen(pod), suffix = 0, hash = 0;
    while (suffix < size && strchr(letters, pod[size - 1 - suffix]))
        suffix++;
    if (suffix != 5 || size == suffix || pod[size - 6] != '-')
        return 0;
    size -= 6;
    while (hash < size && strchr(letters, pod[size - 1 - hash]))
        hash++;
    return hash >= 7 && hash <= 10 && size > hash + 1 && pod[size - 1 - hash] == '-' ? size - 1 - hash : 0;
}

const char *grouping_key(const struct wire_event *event, struct arena *a)
{
    if (event->owner_kind && event->owner_name)
        return reference(event->owner_kind, event->involved.namespace_ ? event->involved.namespace_ : event->namespace_, event->owner_name, a);
    /* A Pod that is gone has no owner that anybody could ask for, but a name that says it: a thousand of them are one trouble. */
    size_t size = str_eq(event->involved.kind, "Pod") && event->involved.name ? deployment_size(event->involved.name) : 0;
    if (size)
        return reference("deployment", event->involved.namespace_, arena_strndup(a, event->involved.name, size), a);
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
