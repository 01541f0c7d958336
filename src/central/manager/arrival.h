/* One message from the edge on its way through the manager. */
#pragma once

#include "bus/edge.h"
#include "central/manager/manager.h"

struct arrival {
    enum wire_kind kind;
    const char *subject, *reply;
    struct cluster *cluster;      /* whom the subject names; NULL for a registration of an unknown one */
    char cluster_id[WIRE_CLUSTER_ID_SIZE];
    const char *data;             /* unpacked */
    size_t size;
    int tries;                    /* deliveries so far; 1 on core NATS */
    size_t weight;                /* events in it */
};

/* What became of it. */
enum take {
    TAKE_DONE,
    TAKE_AGAIN,                   /* not now: JetStream brings it again, on core NATS the spool does        */
    TAKE_POISON,                  /* cannot be understood or is not allowed, *e tells why: a dead letter    */
    TAKE_FAILED,                  /* the store refused, *e tells why: the whole transaction is undone       */
};

/* Handlers of intake.c's table.  They may use m->scratch, and c->cluster only until they return. */
enum take registration_take(struct manager *m, struct arrival *a, struct err *e);
enum take heartbeat_take(struct manager *m, struct arrival *a, struct err *e);
enum take events_take(struct manager *m, struct arrival *a, struct err *e);
enum take metrics_take(struct manager *m, struct arrival *a, struct err *e);
enum take results_take(struct manager *m, struct arrival *a, struct err *e);
