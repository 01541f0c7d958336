#include "central/manager/stage_test.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "bus/nats_server_test.h"
#include "central/supervisor.h"
#include "store/manager_schema.h"

#define PATIENCE_S 10
#define SEEN_MAX   20000

/* One message that came, on either side. */
struct record {
    char *subject, *text;
    bool given;
};
struct records {
    struct record items[SEEN_MAX];
    size_t count;
};

struct stage {
    struct central_options options;
    struct supervisor *supervisor;
    struct loop *loop;            /* the agent's */
    struct edge *edge;
    struct timer guard;
    bool connected;
    struct nats_server server;
    char data[80];
    struct records heard;
};

/* The witness is a service, so it has one place for all stages; tests run one after the other. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct service_context *context;
    struct records seen;
    char *answer;
} witness = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void record(struct records *r, const char *subject, const char *text, size_t size)
{
    assert_true(r->count < SEEN_MAX);
    r->items[r->count++] = (struct record){ .subject = str_dup(subject), .text = str_ndup(text, size) };
}

static void records_clear(struct records *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->items[i].subject);
        free(r->items[i].text);
    }
    r->count = 0;
}

static const char *give(struct records *r, const char *subject, const char *part)
{
    for (size_t i = 0; i < r->count; i++) {
        struct record *m = &r->items[i];
        if (!m->given && str_starts(m->subject, subject) && strstr(m->text, part)) {
            m->given = true;
            return m->text;
        }
    }
    return NULL;
}

/* ---- the witness ---------------------------------------------------------------------------------------------- */

static void on_seen(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)c;
    (void)payload;
    pthread_mutex_lock(&witness.lock);
    record(&witness.seen, m->subject, m->data, m->size);
    pthread_cond_broadcast(&witness.changed);
    pthread_mutex_unlock(&witness.lock);
}

static void on_key(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)payload;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "command_key", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    json_w_str(w, "key_id", "21fe31dfa154a261");
    json_w_end(w);
    service_answer(c, m, 200, w);
}

static int witness_open(struct service_context *c, struct err *e)
{
    (void)e;
    witness.context = c;
    return 0;
}

static void witness_close(struct service_context *c)
{
    (void)c;
    witness.context = NULL;
}

static const struct service_subject witness_subjects[] = {
    { "event.received", NULL, on_seen }, { "command.result", NULL, on_seen }, { "stream.>", NULL, on_seen }, { "command.key", NULL, on_key },
};
static const struct service witness_service = {
    .name = "witness", .subjects = witness_subjects, .n_subjects = COUNT(witness_subjects), .open = witness_open, .close = witness_close,
};

/* Waits under the lock; false when patience ends. */
static bool wait_changed(const struct timespec *until)
{
    return pthread_cond_timedwait(&witness.changed, &witness.lock, until) == 0;
}

static struct timespec patience(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    return until;
}

const char *stage_see(struct stage *s, const char *subject, const char *part)
{
    (void)s;
    struct timespec until = patience();
    pthread_mutex_lock(&witness.lock);
    const char *text;
    while (!(text = give(&witness.seen, subject, part)) && wait_changed(&until)) {
    }
    pthread_mutex_unlock(&witness.lock);
    if (!text)
        fail_msg("nothing on %s with %s", subject, part);
    return text;
}

int stage_seen(struct stage *s, const char *subject, const char *part)
{
    (void)s;
    int count = 0;
    pthread_mutex_lock(&witness.lock);
    for (size_t i = 0; i < witness.seen.count; i++)
        count += str_starts(witness.seen.items[i].subject, subject) && strstr(witness.seen.items[i].text, part);
    pthread_mutex_unlock(&witness.lock);
    return count;
}

struct errand {
    char *subject, *text;
    bool wants_answer;
};

static void on_answer(void *arg, const struct bus_message *answer, const struct err *err)
{
    (void)arg;
    pthread_mutex_lock(&witness.lock);
    witness.answer = answer ? str_ndup(answer->data, answer->size) : str_printf("{\"status\": 0, \"detail\": \"%s\"}", err->text);
    pthread_cond_broadcast(&witness.changed);
    pthread_mutex_unlock(&witness.lock);
}

static void run_errand(void *arg)
{
    struct errand *errand = arg;
    struct err e;
    int sent = errand->wants_answer
                   ? bus_request(witness.context->bus, errand->subject, errand->text, strlen(errand->text), 8000, on_answer, NULL, &e)
                   : bus_publish(witness.context->bus, errand->subject, errand->text, strlen(errand->text), &e);
    if (sent)
        on_answer(NULL, NULL, &e);
    free(errand->subject);
    free(errand->text);
    free(errand);
}

static void send_errand(const char *subject, const char *text, bool wants_answer)
{
    struct errand *errand = mem_alloc(sizeof *errand);
    *errand = (struct errand){ str_dup(subject), str_dup(text), wants_answer };
    assert_int_equal(loop_post(witness.context->loop, run_errand, NULL, errand), 0);
}

void stage_tell(struct stage *s, const char *subject, const char *text)
{
    (void)s;
    send_errand(subject, text, false);
}

struct json_doc *stage_ask(struct stage *s, const char *subject, const char *text)
{
    (void)s;
    struct timespec until = patience();
    struct err e;
    send_errand(subject, text, true);
    pthread_mutex_lock(&witness.lock);
    while (!witness.answer && wait_changed(&until)) {
    }
    AUTO_FREE char *answer = witness.answer;
    witness.answer = NULL;
    pthread_mutex_unlock(&witness.lock);
    assert_non_null(answer);
    struct json_doc *doc = json_parse(answer, strlen(answer), &json_list_limits, &e);
    assert_non_null(doc);
    return doc;
}

struct json_doc *stage_query(struct stage *s, const char *what, const char *id, const char *params)
{
    AUTO_FREE char *text = str_printf("{\"what\":\"%s\",\"id\":\"%s\",\"params\":%s}", what, id, params);
    AUTO_JSON struct json_doc *envelope = stage_ask(s, "manager.query", text);
    struct err e;
    if (json_get_int(json_root(envelope), "status", 0) != 200)
        fail_msg("%s: %s", what, str_or_empty(json_get_str(json_root(envelope), "detail")));
    size_t size;
    AUTO_FREE char *body = json_text(json_get(json_root(envelope), "body"), &size);
    struct json_doc *doc = json_parse(body, size, &json_list_limits, &e);
    assert_non_null(doc);
    return doc;
}

/* ---- the agent ------------------------------------------------------------------------------------------------ */

static void out_of_time(void *arg)
{
    struct stage *s = arg;
    loop_stop(s->loop);
}

static void on_connected(void *arg)
{
    struct stage *s = arg;
    s->connected = true;
    loop_stop(s->loop);
}

static void on_disconnected(void *arg, const char *why)
{
    struct stage *s = arg;
    (void)why;
    s->connected = false;
}

static void on_message(void *arg, const struct edge_message *m)
{
    struct stage *s = arg;
    record(&s->heard, m->subject, m->data, m->size);
    loop_stop(s->loop);
}

void stage_say(struct stage *s, const char *subject, const char *text)
{
    struct err e;
    assert_int_equal(edge_publish(s->edge, subject, text, strlen(text), NULL, &e), 0);
}

void stage_request(struct stage *s, const char *subject, const char *reply, const char *text)
{
    struct err e;
    assert_int_equal(edge_publish_reply(s->edge, subject, reply, text, strlen(text), &e), 0);
}

static void run_for_a_while(struct stage *s)
{
    timer_start(&s->guard, s->loop, PATIENCE_S * 1000, out_of_time, s);
    loop_run(s->loop);
}

const char *stage_hear(struct stage *s, const char *subject, const char *part)
{
    const char *text;
    while (!(text = give(&s->heard, subject, part))) {
        run_for_a_while(s);
        if (!timer_running(&s->guard))
            fail_msg("nothing on %s with %s", subject, part);
    }
    timer_stop(&s->guard);
    return text;
}

bool stage_heard(struct stage *s, const char *subject, const char *part)
{
    for (size_t i = 0; i < s->heard.count; i++)
        if (str_starts(s->heard.items[i].subject, subject) && strstr(s->heard.items[i].text, part))
            return true;
    return false;
}

/* ---- the stage ------------------------------------------------------------------------------------------------ */

void stage_start_manager(struct stage *s)
{
    static const struct service *const services[] = { &witness_service, &manager_service };
    struct err e = { 0 };
    s->supervisor = supervisor_start(&s->options, services, COUNT(services), &e);
    if (!s->supervisor)
        fail_msg("%s", e.text);
    bool up = false;
    for (int64_t until = clock_mono_ms() + PATIENCE_S * 1000; !up && clock_mono_ms() < until;) {    /* each question takes its turn on the manager's loop */
        AUTO_JSON struct json_doc *edge = stage_query(s, "edge", "", "{}");
        up = json_get_bool(json_root(edge), "connected", false) &&
             (!s->server.jetstream || json_get_bool(json_root(edge), "jetstream", false));
    }
    assert_true(up);
}

void stage_stop_manager(struct stage *s)
{
    supervisor_stop(s->supervisor);
    s->supervisor = NULL;
}

void stage_restart_manager(struct stage *s)
{
    stage_stop_manager(s);
    stage_start_manager(s);
}

/* From outside, as a full disk would. */
static void change_store(struct stage *s, const char *sql)
{
    struct err e;
    struct db *d = db_open(s->data, &manager_schema, &e);
    assert_non_null(d);
    struct db_stmt *statement = db_prepare(d, sql, &e);
    assert_non_null(statement);
    assert_int_equal(db_run(statement, &e), 0);
    db_close(d);
}

void stage_break_store(struct stage *s)
{
    change_store(s, "CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
}

void stage_mend_store(struct stage *s)
{
    change_store(s, "DROP TRIGGER broken");
}

void stage_fill_store(struct stage *s, int count)
{
    AUTO_FREE char *rows = str_printf("INSERT INTO events (cluster, version, ident, type, severity, at, stored_at, count, delta) "
                                      "WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < %d) "
                                      "SELECT 1, n, 'old-' || n, 1, 1, 1000, 1000, 1, 1 FROM i", count);
    stage_stop_manager(s);
    change_store(s, rows);
    change_store(s, "INSERT INTO event_bodies (n, body) SELECT n, '{\"id\":\"old\",\"message\":\"of long ago\"}' FROM events");
    stage_start_manager(s);
}

static void set_options(struct stage *s, const struct stage_options *o)
{
    struct err e;
    char name[] = "test";
    assert_int_equal(conf_load(&central_program, &s->options, 1, (char *[]){ name, NULL }, NULL, &e), CONF_RUN);
    free(s->options.edge_endpoint);
    s->options.edge_endpoint = str_dup(s->server.url);
    free(s->options.data_dir);
    s->options.data_dir = str_dup(s->data);
    s->options.admission = o->manual_admission;
    if (o->degraded_after_ms)
        s->options.degraded_after_ms = o->degraded_after_ms;
    if (o->offline_after_ms)
        s->options.offline_after_ms = o->offline_after_ms;
    if (o->events_per_second_max)
        s->options.events_per_second_max = o->events_per_second_max;
}

static void connect_agent(struct stage *s)
{
    static const struct edge_handlers handlers = { on_connected, on_disconnected, on_message };
    struct err e;
    struct edge_config config = { .endpoints = s->server.url, .name = "agent", .reconnect_ms = 50 };
    s->edge = edge_new(s->loop, &config, &handlers, s, &e);
    assert_non_null(s->edge);
    assert_int_equal(edge_subscribe(s->edge, "agent.control.*", NULL, &e), 0);
    assert_int_equal(edge_subscribe(s->edge, "agent.command.*", NULL, &e), 0);
    assert_int_equal(edge_subscribe(s->edge, "answer", NULL, &e), 0);
    while (!s->connected)
        run_for_a_while(s);
    timer_stop(&s->guard);
}

struct stage *stage_open(const struct stage_options *options)
{
    if (!nats_server_installed()) {
        print_message("skipped: there is no nats-server on this machine\n");
        return NULL;
    }
    log_setup("manager_test", LOG_ERROR, LOG_TEXT);
    struct stage *s = mem_alloc(sizeof *s);
    *s = (struct stage){ .loop = loop_new("agent", 4096) };
    nats_server_init(&s->server, !options->no_jetstream);
    (void)snprintf(s->data, sizeof s->data, "%s/data", s->server.dir);
    set_options(s, options);
    nats_server_start(&s->server);
    connect_agent(s);
    stage_start_manager(s);
    return s;
}

void stage_close(struct stage *s)
{
    stage_stop_manager(s);
    edge_free(s->edge);
    timer_stop(&s->guard);
    loop_free(s->loop);
    nats_server_fini(&s->server);
    records_clear(&s->heard);
    records_clear(&witness.seen);
    conf_free(&central_program, &s->options);
    free(s);
}
