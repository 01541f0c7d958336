/* Requests and their answers, the same for both implementations: a request is a publish with an inbox of its own as the reply subject. */
#include "bus/bus.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/crypt.h"
#include "base/str.h"
#include "bus/bus_impl.h"

#define REQUESTS_MAX 1024    /* waiting at once on one port; more are refused as busy */

struct waiting {
    struct waiting *next;
    struct bus_requests *owner;
    uint64_t number;
    struct timer deadline;
    bus_on_reply on_reply;
    void *arg;
};

struct bus_requests {
    struct bus_port *port;
    char inbox[64];               /* _INBOX.<id>: answers come to <inbox>.<number> */
    uint64_t last;
    size_t count;
    struct waiting *first;
};

static struct waiting *take(struct bus_requests *r, uint64_t number)
{
    for (struct waiting **at = &r->first; *at; at = &(*at)->next) {
        struct waiting *w = *at;
        if (w->number == number) {
            *at = w->next;
            r->count--;
            timer_stop(&w->deadline);
            return w;
        }
    }
    return NULL;
}

static void on_answer(void *arg, const struct bus_message *m)
{
    struct bus_requests *r = arg;
    uint64_t number = strtoull(m->subject + strlen(r->inbox) + 1, NULL, 10);
    struct waiting *w = take(r, number);
    if (!w)
        return;    /* came after the deadline: the asker has been told */
    w->on_reply(w->arg, m, NULL);
    free(w);
}

static void on_deadline(void *arg)
{
    struct waiting *w = arg;
    struct waiting *taken = take(w->owner, w->number);
    assert(taken == w);
    struct err e;
    err_set(&e, ERR_TIMEOUT, "no answer in time");
    w->on_reply(w->arg, NULL, &e);
    free(w);
}

struct bus *bus_open(const char *endpoint, const char *name, struct err *e)
{
    return endpoint && endpoint[0] ? bus_nats_open(endpoint, name, e) : bus_local_open();
}

void bus_close(struct bus *b)
{
    if (b)
        b->operations->close(b);
}

struct bus_port *bus_attach(struct bus *b, struct loop *l)
{
    struct bus_port *p = b->operations->attach(b, l);
    if (!p)
        return NULL;
    struct bus_requests *r = mem_alloc(sizeof *r);
    *r = (struct bus_requests){ .port = p };
    char id[CRYPT_ID_SIZE];
    crypt_id(id);
    (void)snprintf(r->inbox, sizeof r->inbox, "_INBOX.%s", id);
    p->requests = r;
    AUTO_FREE char *all = str_printf("%s.>", r->inbox);
    struct err e;
    int subscribed = b->operations->subscribe(p, all, NULL, on_answer, r, &e);
    assert(subscribed == 0);    /* the first subscription of a new port: nothing can be full */
    return p;
}

void bus_detach(struct bus_port *p)
{
    if (!p)
        return;
    struct bus_requests *r = p->requests;
    while (r->first)
        free(take(r, r->first->number));
    p->bus->operations->detach(p);
    free(r);
}

int bus_subscribe(struct bus_port *p, const char *subject, const char *queue, bus_handler handler, void *arg, struct err *e)
{
    if (strlen(subject) >= BUS_SUBJECT_MAX)
        return err_set(e, ERR_TOO_LARGE, "subject %.40s… is longer than %d bytes", subject, BUS_SUBJECT_MAX);
    return p->bus->operations->subscribe(p, subject, queue, handler, arg, e);
}

int bus_publish(struct bus_port *p, const char *subject, const char *data, size_t size, struct err *e)
{
    return p->bus->operations->publish(p, subject, NULL, data, size, e);
}

int bus_reply(struct bus_port *p, const struct bus_message *m, const char *data, size_t size, struct err *e)
{
    return m->reply ? p->bus->operations->publish(p, m->reply, NULL, data, size, e) : 0;
}

int bus_request(struct bus_port *p, const char *subject, const char *data, size_t size, int64_t timeout_ms, bus_on_reply on_reply, void *arg, struct err *e)
{
    struct bus_requests *r = p->requests;
    if (r->count >= REQUESTS_MAX)
        return err_set(e, ERR_BUSY, "%d requests are waiting already", REQUESTS_MAX);
    struct waiting *w = mem_alloc(sizeof *w);
    *w = (struct waiting){ .next = r->first, .owner = r, .number = ++r->last, .on_reply = on_reply, .arg = arg };
    r->first = w;
    r->count++;
    timer_start(&w->deadline, p->loop, timeout_ms, on_deadline, w);
    char reply[BUS_SUBJECT_MAX];
    (void)snprintf(reply, sizeof reply, "%s.%llu", r->inbox, (unsigned long long)w->number);
    if (p->bus->operations->publish(p, subject, reply, data, size, e)) {
        free(take(r, w->number));
        return err_wrap(e, "asking %s", subject);
    }
    return 0;
}

bool bus_subject_matches(const char *pattern, const char *subject)
{
    for (;;) {
        size_t p = strcspn(pattern, "."), s = strcspn(subject, ".");
        if (p == 1 && pattern[0] == '>')
            return s > 0;
        bool same = (p == 1 && pattern[0] == '*' && s > 0) || (p == s && memcmp(pattern, subject, p) == 0);
        if (!same)
            return false;
        if (!pattern[p] || !subject[s])
            return pattern[p] == subject[s];
        pattern += p + 1;
        subject += s + 1;
    }
}
