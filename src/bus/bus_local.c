/* The in-process bus: a publish is a post into the mailbox of each subscriber's loop.
 *
 * One mutex guards the list of subscriptions; it is held while posting, so that a port that is being detached sees either the whole
 * message or none.  A detached port's messages that still wait in its mailbox are dropped by their generation.
 */
#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/str.h"
#include "bus/bus_impl.h"

#define SUBSCRIPTIONS_MAX 512

struct subscription {
    struct local_port *port;
    char *pattern, *queue;
    bus_handler handler;
    void *arg;
};

struct local_bus {
    struct bus bus;
    pthread_mutex_t lock;
    struct subscription *subscriptions[SUBSCRIPTIONS_MAX];
    size_t count;
    size_t turn;                  /* who of a queue is next */
};

struct local_port {
    struct bus_port port;
    struct local_bus *owner;
    size_t waiting;               /* letters in the mailbox; guarded by lock          */
    bool detached;                /* freed by the last letter                         */
};

struct letter {                   /* one message to one subscription */
    struct subscription *to;
    struct local_port *port;
    char *subject, *reply, *data;
    size_t size;
};

static void port_put(struct local_port *p)
{
    struct local_bus *b = p->owner;
    pthread_mutex_lock(&b->lock);
    bool last = --p->waiting == 0 && p->detached;
    pthread_mutex_unlock(&b->lock);
    if (last)
        free(p);
}

static void letter_free(struct letter *l)
{
    free(l->subject);
    free(l->reply);
    free(l->data);
    free(l);
}

static void letter_drop(void *arg)
{
    struct letter *l = arg;
    port_put(l->port);
    letter_free(l);
}

static void letter_deliver(void *arg)
{
    struct letter *l = arg;
    if (!l->port->detached) {    /* detach happens on this loop, so this cannot change under us */
        struct bus_message m = { .subject = l->subject, .data = l->data, .size = l->size, .reply = l->reply };
        l->to->handler(l->to->arg, &m);
    }
    letter_drop(l);
}

static int post(struct subscription *to, const char *subject, const char *reply, const char *data, size_t size)
{
    struct letter *l = mem_alloc(sizeof *l);
    *l = (struct letter){ .to = to, .port = to->port, .subject = str_dup(subject), .reply = str_dup(reply),
                          .data = str_ndup(size ? data : "", size), .size = size };
    if (loop_post(to->port->port.loop, letter_deliver, letter_drop, l)) {
        letter_free(l);
        return 1;
    }
    to->port->waiting++;
    return 0;
}

/* Of the members of one queue, only the one whose turn it is gets the message. */
static bool is_next(const struct local_bus *b, size_t at, const char *subject)
{
    const struct subscription *me = b->subscriptions[at];
    if (!me->queue)
        return true;
    size_t members = 0, mine = 0;
    for (size_t i = 0; i < b->count; i++) {
        const struct subscription *s = b->subscriptions[i];
        if (s->queue && str_eq(s->queue, me->queue) && bus_subject_matches(s->pattern, subject)) {
            if (i == at)
                mine = members;
            members++;
        }
    }
    return b->turn % members == mine;
}

static int local_publish(struct bus_port *from, const char *subject, const char *reply, const char *data, size_t size, struct err *e)
{
    struct local_bus *b = (struct local_bus *)from->bus;
    size_t taken = 0, full = 0;
    pthread_mutex_lock(&b->lock);
    b->turn++;
    for (size_t i = 0; i < b->count; i++) {
        struct subscription *s = b->subscriptions[i];
        if (!bus_subject_matches(s->pattern, subject) || !is_next(b, i, subject))
            continue;
        if (post(s, subject, reply, data, size))
            full++;
        else
            taken++;
    }
    pthread_mutex_unlock(&b->lock);
    if (full)
        return err_set(e, ERR_BUSY, "%s: a subscriber's mailbox is full", subject);
    if (!taken && reply)
        return err_set(e, ERR_UNAVAILABLE, "nobody serves %s: is its service running?", subject);
    return 0;
}

static int local_subscribe(struct bus_port *p, const char *subject, const char *queue, bus_handler handler, void *arg, struct err *e)
{
    struct local_bus *b = (struct local_bus *)p->bus;
    struct subscription *s = mem_alloc(sizeof *s);
    *s = (struct subscription){ .port = (struct local_port *)p, .pattern = str_dup(subject), .queue = str_dup(queue), .handler = handler, .arg = arg };
    pthread_mutex_lock(&b->lock);
    bool room = b->count < SUBSCRIPTIONS_MAX;
    if (room)
        b->subscriptions[b->count++] = s;
    pthread_mutex_unlock(&b->lock);
    if (room)
        return 0;
    free(s->pattern);
    free(s->queue);
    free(s);
    return err_set(e, ERR_TOO_LARGE, "more than %d subscriptions on the inner bus", SUBSCRIPTIONS_MAX);
}

static struct bus_port *local_attach(struct bus *bus, struct loop *l)
{
    struct local_port *p = mem_alloc(sizeof *p);
    *p = (struct local_port){ .port = { .bus = bus, .loop = l }, .owner = (struct local_bus *)bus };
    return &p->port;
}

static void local_detach(struct bus_port *port)
{
    struct local_port *p = (struct local_port *)port;
    struct local_bus *b = p->owner;
    pthread_mutex_lock(&b->lock);
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++) {
        struct subscription *s = b->subscriptions[i];
        if (s->port != p) {
            b->subscriptions[kept++] = s;
            continue;
        }
        free(s->pattern);
        free(s->queue);
        free(s);    /* letters that still wait see detached and do not touch it */
    }
    b->count = kept;
    p->detached = true;
    bool last = p->waiting == 0;
    pthread_mutex_unlock(&b->lock);
    if (last)
        free(p);
}

static void local_close(struct bus *bus)
{
    struct local_bus *b = (struct local_bus *)bus;
    assert(b->count == 0);    /* ports are detached first */
    pthread_mutex_destroy(&b->lock);
    free(b);
}

static const struct bus_operations operations = {
    .close = local_close, .attach = local_attach, .detach = local_detach, .subscribe = local_subscribe, .publish = local_publish,
};

struct bus *bus_local_open(void)
{
    struct local_bus *b = mem_alloc(sizeof *b);
    *b = (struct local_bus){ .bus = { .operations = &operations } };
    pthread_mutex_init(&b->lock, NULL);
    return &b->bus;
}
