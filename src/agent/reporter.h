/* Gives events their place in the spool: the one way in for everything that is reported. */
#pragma once

#include "agent/spool.h"
#include "wire/event.h"

struct reporter {
    struct spool *spool;
    const char *cluster_id;       /* borrowed */
    struct json_w *writer;        /* of one event after the other; made with the first */
};
void reporter_fini(struct reporter *r);

/* The event's reported_at, epoch and seq are set; it is encoded and spooled. */
void reporter_report(struct reporter *r, struct wire_event *event);

/* Prepares the metrics of events; harmless when repeated. */
void reporter_register_metrics(void);
void reporter_count_filtered(void);
