/* What a Pod object says about itself: how ill it is, whose log to read, what it asks for.  Pure; hostile objects
 * only give poor answers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

/* 0: well (or done); more is worse.  Never Ready counts less than crashing, crashing less than not startable. */
int pod_illness(const json *pod);

bool pod_is_unscheduled(const json *pod);

/* A container whose log is worth reading. */
struct pod_log {
    char container[64];
    bool previous; /* the log of the run before */
    bool spare;    /* says less than another one of the same container, or is of one that is well */
};

/* Logs of the containers that are not well, init containers first, at most max.  Returns how many. */
size_t pod_logs(const json *pod, struct pod_log *out, size_t max);

/* Calls add(arg, resource, amount) for all that the scheduler reserves for the pod: "cpu" in cores, "memory" in
 * bytes, ... */
void pod_requests(const json *pod, void (*add)(void *arg, const char *resource, double amount), void *arg);
