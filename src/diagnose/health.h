/* Is an object well now, and was it before?  State before history: an old warning about something that works is no fault. */
#pragma once

#include "diagnose/relation.h"

enum health { HEALTH_UNKNOWN, HEALTH_WELL, HEALTH_STARTING, HEALTH_UNWELL };

/* The state of an object by its own fields; of a workload by what it wants and has. */
enum health health_of(const struct run *r, const struct object *o);

/* What went wrong before it became well, within the last hour: message and when it became well.  False: nothing, or start-up noise. */
struct recovery {
    const struct event *event; /* the last warning, or NULL                        */
    const char *message;       /* what it was: the warning's or the container's end */
    int64_t since;             /* well since                                        */
    const char *object;        /* who says so                                       */
};
bool health_recovered(const struct run *r, const struct object *o, struct recovery *out);

/* One word for the state of an object in a picture: "Ready", "CrashLoopBackOff", "Pending", "". */
const char *health_word(const struct run *r, const struct object *o);
