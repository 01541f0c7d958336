/* Events in.  In a flood they come by the thousand, most of them for a few incidents: those of a slice of time share a transaction, and each incident that
 * they change is shown once.  After a quiet time the first does not wait. */
#include "base/log.h"
#include "base/str.h"
#include "central/orchestrator/orchestrator.h"

struct arrival {
    int64_t outbox;
    struct wire_event event;
    struct incident incident;
    int grouped;                  /* 0: into incident; 1: into none */
};

/* The row is done, whatever came of it: the manager need not send it again. */
static void acknowledge(struct service_context *c, int64_t outbox, const char *incident_id, const char *event_id)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_int(w, "outbox", outbox);
    json_w_str(w, "incident_id", incident_id);
    json_w_str(w, "event_id", event_id);
    json_w_end(w);
    (void)service_publish(c, "outbox.handled", w);    /* logged there; a lost acknowledgement only brings the row once more */
}

/* Each incident once, as the last of its events left it. */
static void show_changed(struct orchestrator *o, const struct arrival *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t later = i + 1;
        while (later < count && (items[later].grouped || !str_eq(items[later].incident.id, items[i].incident.id)))
            later++;
        if (items[i].grouped == 0 && later == count)
            show_stream(o, &items[i].incident);
    }
}

static int group_all(struct orchestrator *o, struct arrival *items, size_t count, struct err *e)
{
    if (db_begin(o->db, e))
        return -1;
    for (size_t i = 0; i < count; i++)
        if ((items[i].grouped = incident_take_event(o, &items[i].event, &items[i].incident, e)) < 0)
            return -1;
    return db_commit(o->db, e);
}

/* One that cannot be grouped must not keep the others from it: then each has a transaction of its own. */
static void run(struct orchestrator *o, struct arrival *items, size_t count)
{
    struct err e;
    if (group_all(o, items, count, &e)) {
        db_rollback(o->db);
        for (size_t i = 0; count > 1 && i < count; i++)
            run(o, &items[i], 1);
        if (count > 1)
            return;
        o->c->errors++;
        log_error("event not grouped, it will come again", "event=%s why=\"%s\"", items->event.id, e.text);
        return;
    }
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        acknowledge(o->c, items[i].outbox, items[i].grouped == 0 ? items[i].incident.id : NULL, items[i].event.id);
        any |= items[i].grouped == 0;
    }
    show_changed(o, items, count);
    if (any)
        tasks_kick(o, 0);
}

static void run_arrivals(struct orchestrator *o)
{
    struct arrivals *a = &o->arrivals;
    timer_stop(&a->turn);
    run(o, a->items, a->count);
    a->count = 0;
    a->items = NULL;
    arena_reset(&a->arena);
    a->ended_ms = loop_now_ms(o->c->loop);
}

static void on_turn(void *arg)
{
    struct orchestrator *o = arg;
    run_arrivals(o);
    arena_reset(o->c->arena);
}

void on_event(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)m;
    struct orchestrator *o = orchestrator_of(c);
    struct arrivals *a = &o->arrivals;
    struct err e;
    struct wire_event event;
    int64_t outbox = json_get_int(payload, "outbox", 0);
    if (wire_event_read(json_get(payload, "event"), &a->arena, &event, &e)) {
        c->errors++;
        log_error("stored event cannot be read", "outbox=%lld why=\"%s\"", (long long)outbox, e.text);
        acknowledge(c, outbox, NULL, NULL);
        return;
    }
    if (!a->items)
        a->items = ARENA_ARRAY(&a->arena, struct arrival, ARRIVALS_MAX);
    a->items[a->count++] = (struct arrival){ .outbox = outbox, .event = event };
    int64_t passed = loop_now_ms(c->loop) - a->ended_ms;
    if (a->count == ARRIVALS_MAX)
        run_arrivals(o);
    else if (!timer_running(&a->turn))
        timer_start(&a->turn, c->loop, passed >= ARRIVALS_SLICE_MS ? 0 : ARRIVALS_SLICE_MS - passed, on_turn, o);
}

void arrivals_close(struct arrivals *a)
{
    timer_stop(&a->turn);
    arena_fini(&a->arena);
}
