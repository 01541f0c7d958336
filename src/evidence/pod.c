#include "evidence/pod.h"

#include <string.h>

#include "base/quantity.h"
#include "base/str.h"

#define RESOURCES_MOST 16

enum illness { WELL = 0, NOT_READY = 2, RESTARTED = 3, PENDING = 4, TERMINATED = 5, WAITING = 6, FAILED = 7 };

static const char *const status_lists[] = { "initContainerStatuses", "containerStatuses" };

/* ContainerCreating and PodInitializing are a pod's youth. */
static bool is_waiting_badly(const json *status)
{
    const char *reason = json_at_str(status, "state.waiting.reason");
    return reason && strcmp(reason, "ContainerCreating") && strcmp(reason, "PodInitializing");
}

static bool ended_badly(const json *status, const char *state)
{
    const json *terminated = json_get(json_get(status, state), "terminated");
    return terminated && json_get_int(terminated, "exitCode", 0) != 0;
}

static int container_illness(const json *status, bool init)
{
    if (is_waiting_badly(status))
        return WAITING;
    if (ended_badly(status, "state"))
        return TERMINATED;
    if (json_get_int(status, "restartCount", 0) > 0)
        return RESTARTED;
    bool ended = json_at(status, "state.terminated") != NULL;
    return !init && !ended && !json_get_bool(status, "ready", false) ? NOT_READY : WELL;
}

int pod_illness(const json *pod)
{
    const json *status = json_get(pod, "status");
    const char *phase = str_or_empty(json_get_str(status, "phase"));
    int worst = !strcmp(phase, "Failed") ? FAILED : !strcmp(phase, "Pending") ? PENDING : WELL;
    for (size_t list = 0; list < COUNT(status_lists); list++)
        for (struct json_iter i = json_iter(json_get(status, status_lists[list])); json_next(&i);) {
            int illness = container_illness(i.value, list == 0);
            worst = illness > worst ? illness : worst;
        }
    return !strcmp(phase, "Succeeded") ? WELL : worst;
}

bool pod_is_unscheduled(const json *pod)
{
    const char *node = json_at_str(pod, "spec.nodeName"), *phase = json_at_str(pod, "status.phase");
    return (!node || !*node) && str_eq(phase, "Pending");
}

static void add_log(struct pod_log *out, size_t *count, size_t max, const char *container, bool previous, bool spare)
{
    if (*count == max || str_copy(out[*count].container, sizeof out->container, container))
        return;
    out[*count].previous = previous;
    out[(*count)++].spare = spare;
}

/* Worth a log although nothing is wrong with it: an init container at work says whom it waits for, and the neighbour of one that ended
 * badly may be why. */
static bool is_telling(const json *status, bool init, int worst)
{
    return json_at(status, "state.running") && (init || worst == TERMINATED || worst == WAITING || worst == RESTARTED);
}

size_t pod_logs(const json *pod, struct pod_log *out, size_t max)
{
    size_t count = 0;
    int worst = pod_illness(pod);
    for (size_t list = 0; list < COUNT(status_lists); list++)
        for (struct json_iter i = json_iter(json_at(json_get(pod, "status"), status_lists[list])); json_next(&i);) {
            const char *name = json_get_str(i.value, "name");
            bool well = container_illness(i.value, list == 0) == WELL;
            if (!name || (well && !is_telling(i.value, list == 0 && worst != WELL, worst)))
                continue;
            bool ran_before = json_at(i.value, "lastState.terminated") != NULL;
            /* one that waits shows the log of its last run under either name, and has none before its first */
            bool running = json_at(i.value, "state.running") != NULL;
            if (running || json_at(i.value, "state.terminated") || ran_before)
                add_log(out, &count, max, name, false, (well && list == 1) || (running && ran_before));
            if (ran_before)
                add_log(out, &count, max, name, true, !running);
        }
    return count;
}

/* --- requests --------------------------------------------------------------------------------------------------- */

struct sums {
    const char *name[RESOURCES_MOST];
    double amount[RESOURCES_MOST];
    int count;
};

static double *amount_of(struct sums *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (!strcmp(s->name[i], name))
            return &s->amount[i];
    if (s->count == RESOURCES_MOST)
        return NULL;
    s->name[s->count] = name;
    s->amount[s->count] = 0;
    return &s->amount[s->count++];
}

/* into += list, or the larger of both. */
static void take(struct sums *into, const json *list, bool add)
{
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        double amount;
        double *sum = i.key ? amount_of(into, i.key) : NULL;
        if (!sum || quantity_parse(json_str(i.value), &amount))
            continue;
        if (add)
            *sum += amount;
        else if (amount > *sum)
            *sum = amount;
    }
}

static bool is_sidecar(const json *container)
{
    return str_eq(json_get_str(container, "restartPolicy"), "Always");
}

void pod_requests(const json *pod, void (*add)(void *arg, const char *resource, double amount), void *arg)
{
    const json *spec = json_get(pod, "spec");
    struct sums sums = { .count = 0 }, init = { .count = 0 };
    for (struct json_iter i = json_iter(json_get(spec, "containers")); json_next(&i);)
        take(&sums, json_at(i.value, "resources.requests"), true);
    for (struct json_iter i = json_iter(json_get(spec, "initContainers")); json_next(&i);)
        take(is_sidecar(i.value) ? &sums : &init, json_at(i.value, "resources.requests"), is_sidecar(i.value));
    for (int i = 0; i < init.count; i++) {
        double *sum = amount_of(&sums, init.name[i]);
        if (sum && init.amount[i] > *sum)
            *sum = init.amount[i];
    }
    take(&sums, json_get(spec, "overhead"), true);
    for (int i = 0; i < sums.count; i++)
        add(arg, sums.name[i], sums.amount[i]);
}
