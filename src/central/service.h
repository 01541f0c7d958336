/* What a service of central is: a row with its options, the subjects it takes, and open, tick, close.
 *
 * The supervisor runs each on a loop thread of its own.  Handlers run to completion, one at a time; a service may block on its own database handle.  One service never
 * includes another's headers: they talk over the bus in JSON whose shapes are wire's (docs/services.md lists the subjects).
 */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "base/loop.h"
#include "bus/bus.h"
#include "central/options.h"

struct service_context {
    const struct central_options *options;
    struct loop *loop;
    struct bus_port *bus;
    struct arena *arena;          /* reset after each handler                                */
    const char *name;
    void *state;                  /* the service's own, set by open                          */
    uint64_t handled, errors;     /* messages taken; handlers that logged an error           */
};

struct service_subject {
    const char *subject;          /* "manager.query", "event.received", "agent.…"            */
    const char *queue;            /* queue group, or NULL                                    */
    /* request: the payload's root (NULL when it was no JSON, which has been answered and counted before). */
    void (*handler)(struct service_context *c, const struct bus_message *m, json *payload);
};

struct service {
    const char *name;
    const struct service_subject *subjects;
    size_t n_subjects;
    int (*open)(struct service_context *c, struct err *e);     /* database, timers; -1 stops central with a clear text */
    void (*tick)(struct service_context *c);                   /* may be NULL                */
    int64_t tick_ms;
    void (*close)(struct service_context *c);
};

extern const struct service manager_service, orchestrator_service, reasoning_service, knowledge_service, execution_service, report_service, gateway_service;

/* Answers a request: status as in HTTP and the JSON text in w (taken). The gateway passes both on. */
void service_answer(struct service_context *c, const struct bus_message *m, int status, struct json_w *w);
void service_answer_problem(struct service_context *c, const struct bus_message *m, int status, const char *detail, ...) ERR_PRINTF(4, 5);

/* Publishes w's text (taken); a full mailbox is logged and counted. Returns 0 or -1. */
int service_publish(struct service_context *c, const char *subject, struct json_w *w);

/* Tells the live stream (subject "stream.<kind>"): kind is event, incident, cluster, command, gap. */
void service_stream(struct service_context *c, const char *kind, struct json_w *w);
