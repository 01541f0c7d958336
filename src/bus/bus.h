/* The inner bus: how central's services talk, by subject, in JSON.
 *
 * Two implementations behind one interface: in-process (services in one process; a publish is a post into each subscriber's mailbox) and NATS (services in several).
 * Handlers run on the subscriber's loop.  publish, request and reply may be called on the loop the bus was opened for (bus_attach) only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"

#define BUS_SUBJECT_MAX 128

struct bus;            /* one for a process                           */
struct bus_port;       /* one for a loop                              */

struct bus_message {
    const char *subject;
    const char *data;             /* 0-terminated                                            */
    size_t size;
    const char *reply;            /* where to answer, or NULL                                */
};
typedef void (*bus_handler)(void *arg, const struct bus_message *m);

/* endpoint "" : in-process. Else NATS URLs. */
struct bus *bus_open(const char *endpoint, const char *name, struct err *e);
void bus_close(struct bus *b);

struct bus_port *bus_attach(struct bus *b, struct loop *l);
void bus_detach(struct bus_port *p);

/* subject may end in ".>" .  queue: members of a queue share the messages (NATS queue group), NULL: each gets all. */
int bus_subscribe(struct bus_port *p, const char *subject, const char *queue, bus_handler handler, void *arg, struct err *e) MUST_CHECK;

/* 0, or -1 (ERR_BUSY: a subscriber's mailbox is full, it did not get it). Nobody listening is no error. */
int bus_publish(struct bus_port *p, const char *subject, const char *data, size_t size, struct err *e) MUST_CHECK;
int bus_reply(struct bus_port *p, const struct bus_message *m, const char *data, size_t size, struct err *e) MUST_CHECK;

/* on_reply gets the answer, or NULL with err (ERR_TIMEOUT, ERR_UNAVAILABLE: nobody serves this). Runs once, on the port's loop. */
typedef void (*bus_on_reply)(void *arg, const struct bus_message *answer, const struct err *err);
int bus_request(struct bus_port *p, const char *subject, const char *data, size_t size, int64_t timeout_ms, bus_on_reply on_reply, void *arg, struct err *e) MUST_CHECK;
