#include "central/manager/outgoing.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "store/outbox.h"

#define AGAIN_MS 5000
#define DUE_MAX  512    /* sent again in one round */

/* A mailbox that is full, or a service that is not there, gets it with a later round. */
static void publish(struct manager *m, const char *subject, struct buf *payload)
{
    struct err e;
    if (bus_publish(m->c->bus, subject, buf_text(payload), payload->size, &e))
        log_warn("message waits in the outbox", "subject=%s why=\"%s\"", subject, e.text);
}

static void send_event(struct manager *m, int64_t outbox, const char *body, size_t size)
{
    AUTO_BUF struct buf payload = { 0 };
    buf_printf(&payload, "{\"outbox\":%" PRId64 ",\"event\":", outbox);
    buf_add(&payload, body, size);
    buf_char(&payload, '}');
    publish(m, "event.received", &payload);
}

static void send_result(struct manager *m, int64_t outbox, const struct command_row *row)
{
    static const char *const told[] = { "id", "cluster_id", "tool", "incident_id", "task_id" };
    struct err e;
    AUTO_JSON struct json_doc *body = json_parse(row->body, strlen(row->body), &json_wire_limits, &e);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_int(w, "outbox", outbox);
    json_w_raw(w, "result", row->result, strlen(row->result));
    json_w_object(w, "command");
    for (size_t i = 0; i < COUNT(told); i++)
        json_w_copy(w, told[i], json_get(json_root(body), told[i]));
    json_w_end(w);
    json_w_end(w);
    AUTO_BUF struct buf payload = { 0 };
    payload.data = json_w_take(w, &payload.size);
    payload.capacity = payload.size;
    publish(m, "command.result", &payload);
}

struct fresh_event {
    int64_t outbox;
    const char *body;
    size_t size;
};

static void on_event_stored(struct manager *m, void *arg, bool committed)
{
    const struct fresh_event *f = arg;
    if (committed)
        send_event(m, f->outbox, f->body, f->size);
}

static int insert(struct manager *m, struct outbox_row *row, struct err *e)
{
    if (outbox_insert(m->db, row, manager_wall(m) + AGAIN_MS, e))
        return -1;
    m->outbox_rows++;
    return 0;
}

int outgoing_event(struct manager *m, const struct event_stored *stored, struct err *e)
{
    struct outbox_row row = { .event = stored->n };
    if (insert(m, &row, e))
        return -1;
    struct fresh_event *f = ARENA_NEW(&m->commit.arena, struct fresh_event);
    *f = (struct fresh_event){ row.n, stored->body, stored->size };
    commit_then(m, on_event_stored, f);
    return 0;
}

struct fresh_result {
    int64_t outbox;
    struct command_row row;
};

static void on_result_stored(struct manager *m, void *arg, bool committed)
{
    const struct fresh_result *f = arg;
    if (committed)
        send_result(m, f->outbox, &f->row);
}

int outgoing_result(struct manager *m, const struct command_row *row, struct err *e)
{
    struct outbox_row sent = { .command = row->id };
    if (insert(m, &sent, e))
        return -1;
    struct fresh_result *f = ARENA_NEW(&m->commit.arena, struct fresh_result);
    f->outbox = sent.n;
    f->row.body = arena_strdup(&m->commit.arena, row->body);
    f->row.result = arena_strdup(&m->commit.arena, row->result);
    commit_then(m, on_result_stored, f);
    return 0;
}

struct due {
    struct outbox_row rows[DUE_MAX];
    size_t count;
    struct arena *arena;
};

static void collect(void *arg, const struct outbox_row *row)
{
    struct due *due = arg;
    due->rows[due->count] = *row;
    due->rows[due->count++].command = arena_strdup(due->arena, row->command);
}

/* 1: sent again; 0: what it told of is gone, by age; -1: *e. */
static int send_again(struct manager *m, const struct outbox_row *row, struct err *e)
{
    if (row->command) {
        struct command_row command;
        int found = commands_find(m->db, row->command, &m->scratch, &command, e);
        if (found == 1 && command.result)
            send_result(m, row->n, &command);
        return found == 1 ? command.result != NULL : found;
    }
    char *body;
    size_t size;
    int found = events_body(m->db, row->event, &m->scratch, &body, &size, e);
    if (found == 1)
        send_event(m, row->n, body, size);
    return found;
}

static int send_due(struct manager *m, const struct due *due, struct err *e)
{
    if (commit_join(m, e))
        return -1;
    for (size_t i = 0; i < due->count; i++) {
        int64_t event;
        int sent = send_again(m, &due->rows[i], e);
        if (sent < 0)
            return -1;
        int moved = sent ? outbox_put_off(m->db, due->rows[i].n, manager_wall(m) + AGAIN_MS, e)
                         : outbox_handled(m->db, due->rows[i].n, &event, e);
        if (moved < 0)
            return -1;
        m->outbox_rows -= !sent;
    }
    return 0;
}

void outgoing_tick(struct manager *m)
{
    struct err e;
    metric_set(&manager_metrics[M_OUTBOX], NULL, (double)m->outbox_rows);
    if (m->outbox_rows == 0)
        return;
    struct due *due = ARENA_NEW(&m->scratch, struct due);
    due->arena = &m->scratch;
    if (outbox_due(m->db, manager_wall(m), DUE_MAX, collect, due, &e) || (due->count && send_due(m, due, &e)))
        commit_abort(m, &e);
}

/* Ties the event to its incident in the same transaction that forgets the row. */
static int settle(struct manager *m, int64_t outbox, const char *incident_id, struct err *e)
{
    int64_t event = 0;
    if (commit_join(m, e))
        return -1;
    int found = outbox_handled(m->db, outbox, &event, e);
    if (found <= 0)
        return found;
    m->outbox_rows--;
    return event && incident_id ? events_link(m->db, event, incident_id, e) : 0;
}

void outgoing_handled(struct service_context *c, const struct bus_message *message, json *payload)
{
    struct manager *m = c->state;
    struct err e;
    int64_t outbox = json_get_int(payload, "outbox", 0);
    if (outbox <= 0) {
        c->errors++;
        log_error("message refused", "subject=%s why=\"it names no outbox row\"", message->subject);
        return;
    }
    if (settle(m, outbox, json_get_str(payload, "incident_id"), &e))
        commit_abort(m, &e);
    else
        commit_weigh(m, 1);
}
