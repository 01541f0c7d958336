#include <stdio.h>

#include "agent/state_object.h"
#include "base/quantity.h"
#include "base/str.h"
#include "wire/metrics.h"

#define JOINING_MS 30000    /* a node that comes may take so long to become ready */

enum { NOT_READY = 1 };     /* troubles; the conditions below follow it */

/* Conditions that are bad when they are true. */
static const struct pressure {
    const char *condition, *told, *over;
    enum wire_severity severity;
} pressures[] = {
    { "MemoryPressure", "NodePressure", "NodePressureEnded", SEVERITY_HIGH },
    { "DiskPressure", "NodePressure", "NodePressureEnded", SEVERITY_HIGH },
    { "PIDPressure", "NodePressure", "NodePressureEnded", SEVERITY_HIGH },
    { "NetworkUnavailable", "NodeNetworkUnavailable", "NodeNetworkAvailable", SEVERITY_HIGH },
};

static void see_pressures(struct state_object *o, const json *object, struct state_news *news)
{
    for (size_t i = 0; i < COUNT(pressures); i++) {
        const struct pressure *p = &pressures[i];
        uint32_t bit = 2u << i;
        const json *condition = state_condition(object, p->condition);
        const char *message = str_or_empty(json_get_str(condition, "message"));
        bool is = state_is_true(condition), was = o->troubles & bit;
        if (is == was)
            continue;
        o->troubles ^= bit;
        news_add(news, &(struct state_piece){ .reason = is ? p->told : p->over, .severity = is ? p->severity : SEVERITY_INFO, .recovery = !is, .part = p->condition,
                                              .at = state_time(condition, "lastTransitionTime"),
                                              .message = arena_printf(news->arena, "%s is %s%s%s", p->condition, is ? "true" : "over", *message ? ": " : "", message) });
    }
}

static void tell_not_ready(struct state_object *o, const json *condition, struct state_news *news)
{
    const char *message = json_get_str(condition, "message"), *status = json_get_str(condition, "status");
    o->troubles |= NOT_READY;
    news_add(news, &(struct state_piece){ .reason = "NodeNotReady", .severity = SEVERITY_CRITICAL, .at = state_time(condition, "lastTransitionTime"),
                                          .message = arena_printf(news->arena, "the node is not ready (%s)%s%s", status ? status : "no condition", message ? ": " : "",
                                                                  str_or_empty(message)) });
}

static int64_t allocatable(const json *object, const char *name, double factor)
{
    double value;
    const char *text = json_str(json_get(json_at(object, "status.allocatable"), name));
    if (!text || quantity_parse(text, &value) || value < 0 || value * factor > 9e15)
        return WIRE_ABSENT;
    return (int64_t)(value * factor);
}

static void take_numbers(struct state_node *node, const json *object)
{
    node->unschedulable = json_bool(json_at(object, "spec.unschedulable"), false);
    node->cpu_millicores = allocatable(object, "cpu", 1000);
    node->memory_bytes = allocatable(object, "memory", 1);
    node->pods = allocatable(object, "pods", 1);
    (void)str_copy(node->kubelet_version, sizeof node->kubelet_version, str_or_empty(json_at_str(object, "status.nodeInfo.kubeletVersion")));
}

void node_see(struct state_object *o, json *object, struct state_news *news)
{
    const json *ready = state_condition(object, "Ready");
    int64_t age_ms = news->wall_ms - state_time(json_get(object, "metadata"), "creationTimestamp");
    take_numbers(&o->node_, object);
    see_pressures(o, object, news);
    o->node_.ready = state_is_true(ready);
    o->node_.unheard = !ready || str_eq(json_get_str(ready, "status"), "Unknown");
    if (o->node_.ready) {
        o->node_.was_ready = true;
        if (o->troubles & NOT_READY)
            news_add(news, &(struct state_piece){ .reason = "NodeReady", .severity = SEVERITY_INFO, .recovery = true, .message = "the node is ready again",
                                                  .at = state_time(ready, "lastTransitionTime") });
        o->troubles &= ~(uint32_t)NOT_READY;
    } else if (!(o->troubles & NOT_READY)) {
        if (o->node_.was_ready || age_ms >= JOINING_MS)
            tell_not_ready(o, ready, news);
        else
            state_look_at(o, news->now_ms + JOINING_MS - (age_ms > 0 ? age_ms : 0));
    }
}

void node_due(struct state_object *o, struct state_news *news)
{
    if (!o->node_.ready && !(o->troubles & NOT_READY))
        tell_not_ready(o, NULL, news);
}

struct wire_condition *node_conditions(const struct state_object *o, struct arena *a, size_t *count)
{
    struct wire_condition *all = ARENA_ARRAY(a, struct wire_condition, 1 + COUNT(pressures));
    all[0] = (struct wire_condition){ .type = "Ready", .status = o->node_.ready ? "True" : o->node_.unheard ? "Unknown" : "False" };
    *count = 1;
    for (size_t i = 0; i < COUNT(pressures); i++)
        if (o->troubles & (2u << i))
            all[(*count)++] = (struct wire_condition){ .type = pressures[i].condition, .status = "True" };
    return all;
}
