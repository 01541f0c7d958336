/* What stands behind struct bus: in-process (bus_local.c) and NATS (bus_nats.c).  Not for use outside this folder. */
#pragma once

#include "bus/bus.h"

/* The operations behind struct bus; bus.c only forwards to them. */
struct bus_operations {
    void (*close)(struct bus *b);
    struct bus_port *(*attach)(struct bus *b, struct loop *l);
    void (*detach)(struct bus_port *p);
    int (*subscribe)(struct bus_port *p, const char *subject, const char *queue, bus_handler handler, void *arg, struct err *e);
    int (*publish)(struct bus_port *p, const char *subject, const char *reply, const char *data, size_t size, struct err *e);
};

/* Every implementation's struct begins with these. */
struct bus {
    const struct bus_operations *operations;
};
struct bus_port {
    struct bus *bus;
    struct loop *loop;
    struct bus_requests *requests;    /* waiting for answers; kept by bus.c */
};

struct bus *bus_local_open(void);
struct bus *bus_nats_open(const char *endpoint, const char *name, struct err *e);

/* True when pattern ("a.b", "a.*", "a.>") takes subject. */
bool bus_subject_matches(const char *pattern, const char *subject);
