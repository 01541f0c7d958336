/* The inner bus over NATS, for services that run in several processes: each port is a link of its own, so that what its loop takes is what its
 * connection subscribes. */
#include <string.h>

#include "base/str.h"
#include "bus/edge.h"
#include "bus/bus_impl.h"

#define HANDLERS_MAX 64

struct handler {
    char *pattern;
    bus_handler run;
    void *arg;
};

struct inner_bus {
    struct bus bus;
    char *endpoint, *name;
};

struct inner_port {
    struct bus_port port;
    struct edge *edge;
    struct handler handlers[HANDLERS_MAX];
    size_t count;
};

static void on_connected(void *arg)
{
    (void)arg;
}

static void on_disconnected(void *arg, const char *why)
{
    (void)arg;
    (void)why;
}

static void on_message(void *arg, const struct edge_message *m)
{
    struct inner_port *p = arg;
    struct bus_message message = { .subject = m->subject, .data = m->data, .size = m->size, .reply = m->reply };
    for (size_t i = 0; i < p->count; i++)
        if (bus_subject_matches(p->handlers[i].pattern, m->subject))
            p->handlers[i].run(p->handlers[i].arg, &message);
}

static const struct edge_handlers handlers = { on_connected, on_disconnected, on_message };

static struct bus_port *inner_attach(struct bus *bus, struct loop *l)
{
    struct inner_bus *b = (struct inner_bus *)bus;
    struct err e;
    struct inner_port *p = mem_alloc(sizeof *p);
    *p = (struct inner_port){ .port = { .bus = bus, .loop = l } };
    struct edge_config config = { .endpoints = b->endpoint, .name = b->name };
    p->edge = edge_new(l, &config, &handlers, p, &e);
    if (!p->edge) {
        free(p);
        return NULL;
    }
    return &p->port;
}

static void inner_detach(struct bus_port *port)
{
    struct inner_port *p = (struct inner_port *)port;
    edge_free(p->edge);
    for (size_t i = 0; i < p->count; i++)
        free(p->handlers[i].pattern);
    free(p);
}

static int inner_subscribe(struct bus_port *port, const char *subject, const char *queue, bus_handler handler, void *arg, struct err *e)
{
    struct inner_port *p = (struct inner_port *)port;
    if (p->count == HANDLERS_MAX)
        return err_set(e, ERR_TOO_LARGE, "more than %d subscriptions of one service", HANDLERS_MAX);
    p->handlers[p->count++] = (struct handler){ .pattern = str_dup(subject), .run = handler, .arg = arg };
    return edge_subscribe(p->edge, subject, queue, e);
}

static int inner_publish(struct bus_port *port, const char *subject, const char *reply, const char *data, size_t size, struct err *e)
{
    struct inner_port *p = (struct inner_port *)port;
    return edge_publish_reply(p->edge, subject, reply, data, size, e);
}

static void inner_close(struct bus *bus)
{
    struct inner_bus *b = (struct inner_bus *)bus;
    free(b->endpoint);
    free(b->name);
    free(b);
}

static const struct bus_operations operations = {
    .close = inner_close, .attach = inner_attach, .detach = inner_detach, .subscribe = inner_subscribe, .publish = inner_publish,
};

struct bus *bus_nats_open(const char *endpoint, const char *name, struct err *e)
{
    (void)e;    /* an endpoint that cannot be parsed is told when the first service attaches */
    struct inner_bus *b = mem_alloc(sizeof *b);
    *b = (struct inner_bus){ .bus = { .operations = &operations }, .endpoint = str_dup(endpoint), .name = str_dup(name) };
    return &b->bus;
}
