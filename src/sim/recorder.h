/* Writes events as the components of Kubernetes do.
 *
 * Kubelet and controllers write the older form (count, firstTimestamp, source) and fold repeats into one event: the same text raises its
 * count, many texts of one reason become "(combined from similar events)".  Scheduler and kube-proxy write the newer form (eventTime,
 * action, reportingComponent), whose repeats are a series.  Events expire, which is a deletion.
 */
#pragma once

#include <stdarg.h>

#include "base/err.h"
#include "sim/world.h"

/* Who speaks. */
struct voice {
    const char *component; /* "kubelet" */
    const char *host;      /* node, or NULL */
    const char *action;    /* NULL: the older form */
};

/* Of what. */
struct about {
    enum kind kind;
    const char *namespace, *name, *uid; /* uid NULL: the real one leaves it out, too */
    const char *container;              /* NULL, or its name */
    bool init;
    uint64_t version; /* of the object as the speaker knew it; 0: left out */
};
struct about about_object(const struct object *o);

struct recorder;
struct recorder *recorder_new(struct world *w);
void recorder_free(struct recorder *r);

void record(struct world *w, const struct voice *who, const struct about *what, const char *type, const char *reason,
            const char *format, ...) ERR_PRINTF(6, 7);

void record_v(struct world *w, const struct voice *who, const struct about *what, const char *type, const char *reason,
              const char *format, va_list args) ERR_PRINTF(6, 0);

#define NORMAL  "Normal"
#define WARNING "Warning"

/* Events live so long from now on, those that are there included. */
void recorder_set_ttl(struct world *w, int64_t ms);

/* Expires all events now, as if their time were over. */
void recorder_expire(struct world *w);
