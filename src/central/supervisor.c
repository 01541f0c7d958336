#include "central/supervisor.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "central/registry.h"

#define SERVICES_MAX REGISTRY_MAX

static struct metric metrics[] = {
    { "aetherius_central_messages_total", METRIC_COUNTER, "service", "Messages that a service has taken from its mailbox.", NULL },
    { "aetherius_central_errors_total", METRIC_COUNTER, "service", "Messages a service could not make sense of.", NULL },
    { "aetherius_central_mailbox_depth", METRIC_GAUGE, "service", "Messages waiting for a service.", NULL },
    { "aetherius_central_mailbox_refused_total", METRIC_COUNTER, "service", "Messages refused because a service's mailbox was full.", NULL },
};
METRIC_DECLARE(metrics);
enum { M_MESSAGES, M_ERRORS, M_DEPTH, M_REFUSED };

/* One subject of a running service: what the bus calls back with. */
struct binding {
    struct running *running;
    const struct service_subject *row;
};

struct running {
    const struct service *service;
    struct service_context context;
    struct arena arena;
    struct binding *bindings;
    struct timer tick, watch;
    uint64_t refused_told;
    bool opened, started;
};

struct supervisor {
    struct bus *bus;
    struct running services[SERVICES_MAX];
    size_t count;
};

static void on_message(void *arg, const struct bus_message *m)
{
    struct binding *b = arg;
    struct running *r = b->running;
    struct service_context *c = &r->context;
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(m->data, m->size, &json_list_limits, &e);
    c->handled++;
    metric_add(&metrics[M_MESSAGES], c->name, 1);
    if (!doc) {
        c->errors++;
        metric_add(&metrics[M_ERRORS], c->name, 1);
        log_error("message refused", "subject=%s why=\"%s\"", m->subject, e.text);
        service_answer_problem(c, m, 400, "%s", e.text);
        return;
    }
    uint64_t errors = c->errors;
    b->row->handler(c, m, json_root(doc));
    metric_add(&metrics[M_ERRORS], c->name, (double)(c->errors - errors));
    arena_reset(&r->arena);
}

static void on_tick(void *arg)
{
    struct running *r = arg;
    r->service->tick(&r->context);
    arena_reset(&r->arena);
}

static void on_watch(void *arg)
{
    struct running *r = arg;
    const struct service_context *c = &r->context;
    size_t depth = loop_mailbox_depth(c->loop);
    uint64_t refused = loop_mailbox_refused(c->loop);
    registry_report(&(struct registry_entry){ .name = r->service->name, .mailbox = depth, .handled = c->handled, .errors = c->errors, .refused = refused,
                                              .at_ms = loop_now_ms(c->loop) });
    metric_set(&metrics[M_DEPTH], r->service->name, (double)depth);
    metric_add(&metrics[M_REFUSED], r->service->name, (double)(refused - r->refused_told));
    r->refused_told = refused;
}

/* First message on the loop's own thread: names it in the logs. */
static void on_first_turn(void *arg)
{
    struct running *r = arg;
    log_thread(r->service->name, NULL);
    on_watch(r);
}

static int subscribe_all(struct running *r, struct err *e)
{
    const struct service *s = r->service;
    r->bindings = mem_alloc(sizeof *r->bindings * (s->n_subjects + 1));
    for (size_t i = 0; i < s->n_subjects; i++) {
        r->bindings[i] = (struct binding){ .running = r, .row = &s->subjects[i] };
        if (bus_subscribe(r->context.bus, s->subjects[i].subject, s->subjects[i].queue, on_message, &r->bindings[i], e))
            return -1;
    }
    return 0;
}

static int open_one(struct supervisor *sup, const struct service *service, const struct central_options *options, struct err *e)
{
    struct running *r = &sup->services[sup->count++];
    *r = (struct running){ .service = service };
    arena_init(&r->arena);
    struct loop *loop = loop_new(service->name, (size_t)options->mailbox_max);
    r->context = (struct service_context){ .options = options, .loop = loop, .arena = &r->arena, .name = service->name };
    r->context.bus = bus_attach(sup->bus, loop);
    log_thread(service->name, NULL);
    if (!r->context.bus)
        return err_set(e, ERR_UNAVAILABLE, "%s: no place on the inner bus", service->name);
    if (subscribe_all(r, e) || service->open(&r->context, e))
        return err_wrap(e, "%s", service->name);
    r->opened = true;
    if (service->tick)
        timer_every(&r->tick, loop, service->tick_ms, on_tick, r);
    timer_every(&r->watch, loop, 1000, on_watch, r);
    return 0;
}

static int start_one(struct running *r, struct err *e)
{
    if (loop_post(r->context.loop, on_first_turn, NULL, r))
        return err_set(e, ERR_INTERNAL, "%s: a new mailbox is full", r->service->name);
    if (loop_start(r->context.loop, e))
        return err_wrap(e, "%s", r->service->name);
    r->started = true;
    return 0;
}

static size_t place_of(const struct service *const *services, size_t count, const char *name)
{
    size_t k = 0;
    while (k < count && !str_eq(services[k]->name, name))
        k++;
    return k;
}

/* Marks the services that list names ("a, b"); a list that names none means all. */
static int choose(const char *list, const struct service *const *services, size_t count, bool *wanted, struct err *e)
{
    AUTO_FREE char *copy = str_dup(list);
    char *names[SERVICES_MAX];
    int n = conf_split(copy, names, SERVICES_MAX, e);
    if (n < 0)
        return err_wrap(e, "services");
    for (size_t k = 0; k < count; k++)
        wanted[k] = n == 0;
    for (int i = 0; i < n; i++) {
        size_t k = place_of(services, count, names[i]);
        if (k == count)
            return err_set(e, ERR_INVALID, "services: there is no service \"%s\"", names[i]);
        wanted[k] = true;
    }
    return 0;
}

struct supervisor *supervisor_start(const struct central_options *options, const struct service *const *services, size_t count, struct err *e)
{
    assert(count <= SERVICES_MAX);
    bool wanted[SERVICES_MAX];
    metric_register(metrics, COUNT(metrics));
    if (choose(options->services, services, count, wanted, e))
        return NULL;
    struct bus *bus = bus_open(options->inner_endpoint, "aetherius-central", e);
    if (!bus)
        return NULL;
    struct supervisor *sup = mem_alloc(sizeof *sup);
    *sup = (struct supervisor){ .bus = bus };
    bool well = true;
    for (size_t i = 0; i < count && well; i++)
        if (wanted[i])
            well = open_one(sup, services[i], options, e) == 0;
    /* All are open, so subscribed, before the first runs: no message of the first turns is lost. */
    for (size_t i = 0; i < sup->count && well; i++)
        well = start_one(&sup->services[i], e) == 0;
    log_thread("supervisor", NULL);
    if (well)
        return sup;
    supervisor_stop(sup);
    return NULL;
}

void supervisor_stop(struct supervisor *sup)
{
    for (size_t i = sup->count; i-- > 0;) {
        struct running *r = &sup->services[i];
        if (r->started) {
            loop_stop(r->context.loop);
            loop_join(r->context.loop);
        }
    }
    for (size_t i = sup->count; i-- > 0;) {
        struct running *r = &sup->services[i];
        timer_stop(&r->tick);
        timer_stop(&r->watch);
        if (r->opened)
            r->service->close(&r->context);
        bus_detach(r->context.bus);
    }
    for (size_t i = sup->count; i-- > 0;) {
        struct running *r = &sup->services[i];
        loop_free(r->context.loop);
        registry_forget(r->service->name);
        free(r->bindings);
        arena_fini(&r->arena);
    }
    bus_close(sup->bus);
    free(sup);
}
