/* The orchestrator among stand-ins for its neighbours: what it asks, stores and tells, on the real bus.  All are on one loop, whose clock leaps to what is next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "central/service.h"
#include "store/incidents.h"
#include "wire/event.h"

#define FAULT "{\"schema\":1,\"verdict\":\"fault\",\"roots\":[{\"code\":\"config.secret-missing\",\"object\":\"secret/shop/db\",\"confidence\":0.97,\"severity\":\"high\"," \
              "\"statement\":\"%s cannot start: Secret shop/db is missing\",\"statement_zh\":\"%s 无法启动\",\"evidence\":[],\"actions\":[]}]}"
#define HEALTHY "{\"schema\":1,\"verdict\":\"healthy\",\"roots\":[]}"

/* One test's script and what was seen. */
static struct {
    struct loop *loop;
    char dir[64];
    const char *const *events;       /* event JSON texts, sent one by one                        */
    bool heals;                      /* the second look finds nothing wrong                      */
    const char *first, *later;       /* verdict of the first look, of further ones, or NULL      */
    bool flaps;                      /* first and later in turn                                  */
    int64_t recheck_ms;
    bool silent_later;               /* no evidence comes after the first                        */
    int until_looks;                 /* the test ends when as many were diagnosed                */
    bool late;                       /* the test's time was over             */
    bool mute;                       /* no evidence ever comes                                   */
    const char *meanwhile;           /* an event that comes while the first evidence is collected */
    char *held;                      /* that evidence                                            */
    int64_t for_ms, lasted_ms;       /* the test ends after so long; how long it was             */
    int busy;                        /* so often the agent is busy at first                      */
    bool at_once;                    /* all events without waiting for the first                */
    int until_reports, until_handled;
    int sent, handled, asked, evidence_handled, diagnosed, reports, closed;
    char last_bundle[512];
} world;

static void say(struct service_context *c, const char *subject, const char *format, ...)
{
    char text[4096];
    struct err e;
    va_list list;
    va_start(list, format);
    int n = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    assert_true(n > 0 && (size_t)n < sizeof text);
    assert_int_equal(bus_publish(c->bus, subject, text, (size_t)n, &e), 0);
}

static void finish(void)
{
    loop_stop(world.loop);
}

static void send_next(struct service_context *c)
{
    const char *event;
    while ((event = world.events[world.sent])) {
        say(c, "event.received", "{\"outbox\":%d,\"event\":%s}", ++world.sent, event);
        if (!world.at_once)
            break;
    }
}

static void on_handled(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)m;
    world.handled += json_get_int(payload, "outbox", 0) > 0;
    if (world.held && str_eq(json_get_str(payload, "event_id"), "meanwhile")) {
        say(c, "evidence.ready", "%s", world.held);
        free(world.held);
        world.held = NULL;
    }
    if (world.until_handled && world.handled == world.until_handled)
        finish();
    send_next(c);
}

static void on_evidence(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)m;
    world.asked++;
    if (world.asked <= world.busy) {
        say(c, "evidence.ready", "{\"task_id\":\"%s\",\"incident_id\":\"%s\",\"error\":\"64 commands wait or run\",\"reason\":\"busy\"}",
            json_get_str(payload, "task_id"), json_get_str(payload, "incident_id"));
        return;
    }
    if (world.silent_later && world.asked > 3)
        finish();
    if (world.mute || (world.silent_later && world.asked > 1))
        return;
    AUTO_FREE char *answer = str_printf("{\"task_id\":\"%s\",\"incident_id\":\"%s\",\"bundle\":{\"schema\":1,\"objects\":[],\"object\":\"%s\"}}",
                                        json_get_str(payload, "task_id"), json_get_str(payload, "incident_id"), json_get_str(payload, "object"));
    if (!world.meanwhile || world.asked > 1) {
        say(c, "evidence.ready", "%s", answer);
        return;
    }
    world.held = str_dup(answer);
    say(c, "event.received", "{\"outbox\":99,\"event\":%s}", world.meanwhile);
}

static void on_evidence_handled(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)c;
    (void)m;
    (void)payload;
    world.evidence_handled++;
}

static void on_diagnose(struct service_context *c, const struct bus_message *m, json *payload)
{
    char verdict[1024];
    size_t size;
    const char *object = str_or_empty(json_at_str(payload, "bundle.object"));
    AUTO_FREE char *bundle = json_text(json_get(payload, "bundle"), &size);
    (void)str_copy(world.last_bundle, sizeof world.last_bundle, bundle);
    bool fault = !world.heals || world.diagnosed == 0;
    world.diagnosed++;
    bool again = world.flaps ? world.diagnosed % 2 == 0 : world.diagnosed > 1;
    if (world.later && again)
        (void)str_copy(verdict, sizeof verdict, world.later);
    else if (world.first && !again)
        (void)str_copy(verdict, sizeof verdict, world.first);
    else
        (void)snprintf(verdict, sizeof verdict, fault ? FAULT : HEALTHY, object, object);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_raw(w, "verdict", verdict, strlen(verdict));
    json_w_end(w);
    service_answer(c, m, 200, w);
    if (world.until_looks && world.diagnosed > world.until_looks)
        finish();
}

static void on_report(struct service_context *c, const struct bus_message *m, json *payload)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_end(w);
    service_answer(c, m, 200, w);
    world.reports++;
    world.closed += str_eq(json_at_str(payload, "incident.state"), "closed");
}

/* The stream tells when an incident reached the state that the test waits for. */
static void on_incident(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)c;
    (void)m;
    const char *phase = str_or_empty(json_get_str(payload, "phase"));
    bool reported = str_eq(phase, "reported") || str_eq(phase, "closed");
    if (world.until_reports && reported && world.reports >= world.until_reports)
        finish();
}

static int open_neighbours(struct service_context *c, struct err *e)
{
    (void)c;
    (void)e;
    return 0;
}

static void begin(struct service_context *c)
{
    if (world.sent == 0)
        send_next(c);
}

static void close_neighbours(struct service_context *c)
{
    (void)c;
}

static const struct service_subject subjects[] = {
    { "outbox.handled", NULL, on_handled }, { "execution.evidence", NULL, on_evidence }, { "reasoning.diagnose", NULL, on_diagnose },
    { "report.write", NULL, on_report },    { "stream.incident", NULL, on_incident }, { "evidence.handled", NULL, on_evidence_handled },
};
static const struct service neighbours = { .name = "neighbours", .subjects = subjects, .n_subjects = COUNT(subjects), .open = open_neighbours, .tick = begin, .tick_ms = 5,
                                           .close = close_neighbours };

/* A service as the supervisor runs it, but on the loop of the test. */
struct stage {
    const struct service *service;
    struct service_context context;
    struct arena arena;
    struct timer tick;
    struct binding {
        struct stage *stage;
        const struct service_subject *row;
    } bindings[8];
};

static void on_message(void *arg, const struct bus_message *m)
{
    struct binding *b = arg;
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(m->data, m->size, &json_list_limits, &e);
    assert_non_null(doc);
    b->row->handler(&b->stage->context, m, json_root(doc));
    arena_reset(&b->stage->arena);
}

static void on_tick(void *arg)
{
    struct stage *s = arg;
    s->service->tick(&s->context);
    arena_reset(&s->arena);
}

static void enter(struct stage *s, const struct service *service, const struct central_options *options, struct bus *bus)
{
    struct err e;
    *s = (struct stage){ .service = service, .context = { .options = options, .loop = world.loop, .name = service->name } };
    s->context.arena = &s->arena;
    s->context.bus = bus_attach(bus, world.loop);
    assert_true(service->n_subjects <= COUNT(s->bindings));
    for (size_t i = 0; i < service->n_subjects; i++) {
        s->bindings[i] = (struct binding){ s, &service->subjects[i] };
        assert_int_equal(bus_subscribe(s->context.bus, service->subjects[i].subject, service->subjects[i].queue, on_message, &s->bindings[i], &e), 0);
    }
    assert_int_equal(service->open(&s->context, &e), 0);
    timer_every(&s->tick, world.loop, service->tick_ms, on_tick, s);
}

static void leave(struct stage *s)
{
    timer_stop(&s->tick);
    s->service->close(&s->context);
    bus_detach(s->context.bus);
}

static void time_is_over(void *arg)
{
    (void)arg;
    finish();
}

static void out_of_time(void *arg)
{
    (void)arg;
    fprintf(stderr, "out of time: asked %d diagnosed %d reports %d\n", world.asked, world.diagnosed, world.reports);
    world.late = true;
    finish();
}

static void run(const char *const *events, int64_t evidence_timeout_ms)
{
    struct central_options options = { .data_dir = world.dir, .evidence_timeout_ms = evidence_timeout_ms, .recheck_ms = world.recheck_ms ? world.recheck_ms : 500,
                                       .incident_retention_ms = 3600000 };
    struct err e;
    struct timer guard = { 0 }, end = { 0 };
    struct stage orchestrator, others;
    world.events = events;
    world.loop = loop_new("test", 256);
    loop_leap(world.loop);
    struct bus *bus = bus_open("", "test", &e);
    enter(&orchestrator, &orchestrator_service, &options, bus);
    enter(&others, &neighbours, &options, bus);
    timer_start(&guard, world.loop, 3600000, out_of_time, NULL);
    if (world.for_ms)
        timer_start(&end, world.loop, world.for_ms, time_is_over, NULL);
    world.lasted_ms = -loop_now_ms(world.loop);
    loop_run(world.loop);
    world.lasted_ms += loop_now_ms(world.loop);
    timer_stop(&guard);
    timer_stop(&end);
    leave(&others);
    leave(&orchestrator);
    loop_free(world.loop);
    arena_fini(&others.arena);
    arena_fini(&orchestrator.arena);
    bus_close(bus);
    assert_false(world.late);
}

static int fresh(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    (void)snprintf(world.dir, sizeof world.dir, "/tmp/aetherius-orchestrator-XXXXXX");
    return mkdtemp(world.dir) ? 0 : -1;
}

static int remove_all(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", world.dir);
    return system(command);
}

#define EVENT(id, pod, reason, owner) \
    "{\"id\":\"" id "\",\"cluster_id\":\"shop\",\"type\":\"k8s_event\",\"severity\":\"high\",\"reason\":\"" reason "\",\"message\":\"m\",\"timestamp\":\"2026-01-02T03:04:05Z\"," \
    "\"involved\":{\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":\"" pod "\"}" owner "}"
#define OWNED ",\"owner\":{\"kind\":\"Deployment\",\"name\":\"cart\"}"

static struct incident_list stored(struct arena *a, const char *state)
{
    struct err e;
    struct incident_list list;
    const char *next;
    struct incident_filter f = { .state = state, .limit = 100 };
    struct db *d = db_open(world.dir, &orchestrator_schema, &e);
    assert_non_null(d);
    assert_int_equal(incidents_list(d, &f, a, &list, &next, &e), 0);
    db_close(d);
    return list;
}

static void an_event_becomes_a_named_and_reported_incident(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.until_reports = 1;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    struct incident_list list = stored(&a, "open");
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].key, "deployment/shop/cart");
    assert_string_equal(list.items[0].code, "config.secret-missing");
    assert_string_equal(list.items[0].phase, "reported");
    assert_true(list.items[0].reported_at >= list.items[0].opened_at);
    assert_int_equal(world.handled, 1);
    arena_fini(&a);
}

static void pods_of_one_owner_are_one_incident_and_a_redelivery_counts_once(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.until_reports = 1;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), EVENT("e2", "cart-2", "Failed", OWNED), EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    struct incident_list list = stored(&a, "open");
    assert_int_equal(list.count, 1);
    assert_in_range(list.items[0].occurrences, 1, 2);
    arena_fini(&a);
}

static void refuse(const char *when)
{
    struct err e;
    struct db *d = db_open(world.dir, &orchestrator_schema, &e);
    assert_non_null(d);
    AUTO_FREE char *sql = str_printf("CREATE TRIGGER refuse BEFORE %s BEGIN SELECT RAISE(ABORT, 'refused'); END", when);
    struct db_stmt *s = db_prepare(d, sql, &e);
    assert_non_null(s);
    assert_int_equal(db_run(s, &e), 0);
    db_close(d);
}

static void one_event_that_cannot_be_stored_keeps_no_other_from_it(void **state)
{
    (void)state;
    struct arena a = { 0 };
    refuse("INSERT ON incident_events WHEN NEW.event_id = 'e3'");
    world.at_once = world.mute = true;
    world.until_handled = 4;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), EVENT("e2", "a", "Failed", ""), EVENT("e3", "cart-1", "Failed", OWNED),
                               EVENT("e4", "cart-2", "BackOff", OWNED), EVENT("e5", "b", "Failed", ""), NULL }, 20000);
    struct incident_list list = stored(&a, "open");
    assert_int_equal(list.count, 3);
    int64_t occurrences = 0;
    for (size_t i = 0; i < list.count; i++)
        occurrences += list.items[i].occurrences;
    assert_int_equal(occurrences, 4);
    arena_fini(&a);
}

static void two_objects_of_one_cause_become_one_incident(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.until_reports = 2;    /* the first one's own, and the one after the other has joined */
    run((const char *const[]){ EVENT("e1", "a", "Failed", ""), EVENT("e2", "b", "Failed", ""), NULL }, 2000);
    assert_int_equal(stored(&a, "open").count, 1);
    assert_int_equal(stored(&a, "merged").count, 1);
    arena_fini(&a);
}

static void an_object_found_well_twice_closes_its_incident(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.heals = true;
    world.until_reports = 2;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    struct incident_list list = stored(&a, "closed");
    assert_int_equal(list.count, 1);
    assert_int_equal(world.closed, 1);
    assert_true(list.items[0].closed_at - list.items[0].healthy_since >= 5000);
    arena_fini(&a);
}

static void without_evidence_the_events_are_diagnosed_and_the_gap_is_told(void **state)
{
    (void)state;
    world.mute = true;
    world.until_reports = 1;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 1);
    assert_int_equal(world.asked, 2);
    assert_non_null(strstr(world.last_bundle, "did not answer in time"));
}

#define WEAKER_FAULT "{\"schema\":1,\"verdict\":\"fault\",\"roots\":[{\"code\":\"crash.app-error\",\"object\":\"deployment/shop/cart\",\"confidence\":0.66,\"severity\":\"high\"," \
                     "\"statement\":\"cart crashes\",\"statement_zh\":\"cart 崩溃\",\"evidence\":[],\"actions\":[]}]}"
#define END_OF_JOB "{\"schema\":1,\"verdict\":\"fault\",\"roots\":[{\"code\":\"job.deadline\",\"object\":\"job/shop/import\",\"confidence\":0.97,\"severity\":\"medium\"," \
                   "\"statement\":\"Job import was stopped\",\"statement_zh\":\"Job import 被终止\",\"evidence\":[],\"actions\":[]}]}"

static void a_weaker_cause_counts_only_when_it_is_found_again_and_again(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.later = WEAKER_FAULT;
    world.until_looks = 2;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    assert_string_equal(stored(&a, "open").items[0].code, "config.secret-missing");
    arena_fini(&a);
}

static void a_weaker_cause_that_stays_is_believed(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.later = WEAKER_FAULT;
    world.until_looks = 5;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    assert_string_equal(stored(&a, "open").items[0].code, "crash.app-error");
    arena_fini(&a);
}

static void the_end_of_a_job_does_not_hide_what_kept_it_from_running(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.later = END_OF_JOB;
    world.until_looks = 5;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    assert_string_equal(stored(&a, "open").items[0].code, "config.secret-missing");
    arena_fini(&a);
}

#define CAUSE(code, object, severity) "{\"code\":\"" code "\",\"object\":\"" object "\",\"confidence\":0.97,\"severity\":\"" severity "\",\"statement\":\"" code " there\"," \
                                      "\"statement_zh\":\"" code " 存在\",\"evidence\":[],\"actions\":[]}"
#define CAUSES(list) "{\"schema\":1,\"verdict\":\"fault\",\"roots\":[" list "]}"
#define MISSING CAUSE("config.secret-missing", "secret/shop/db", "high")
#define KILLED  CAUSE("crash.oom", "deployment/shop/cart", "critical")
#define WEAK    "{\"code\":\"crash.app-error\",\"object\":\"deployment/shop/cart\",\"confidence\":0.6,\"severity\":\"low\",\"statement\":\"crashes\",\"statement_zh\":\"崩溃\",\"evidence\":[],\"actions\":[]}"

/* How often the incident's timeline says that. */
static int told(const struct incident *i, const char *text)
{
    struct err e;
    struct arena a = { 0 };
    struct incident_step *steps;
    size_t n;
    int found = 0;
    struct db *d = db_open(world.dir, &orchestrator_schema, &e);
    assert_non_null(d);
    assert_int_equal(incident_steps_list(d, i->id, &a, &steps, &n, &e), 0);
    for (size_t k = 0; k < n; k++)
        found += str_eq(steps[k].text, text) && strlen(steps[k].text_zh) > 0;
    db_close(d);
    arena_fini(&a);
    return found;
}

static void two_causes_of_one_object_are_one_incident_that_names_both(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.first = CAUSES(KILLED "," MISSING);
    world.until_reports = 1;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    struct incident_list list = stored(&a, "open");
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].code, "crash.oom");
    assert_string_equal(list.items[0].title, "crash.oom there (and 1 more cause)");
    assert_string_equal(list.items[0].title_zh, "crash.oom 存在（另有 1 个原因）");
    assert_int_equal(told(&list.items[0], "A further cause: config.secret-missing on secret/shop/db"), 1);
    arena_fini(&a);
}

static void a_second_cause_that_comes_later_is_told_and_reported(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.later = CAUSES(KILLED "," MISSING);
    world.until_reports = 2;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    struct incident_list list = stored(&a, "open");
    assert_string_equal(list.items[0].code, "config.secret-missing");
    assert_string_equal(list.items[0].title, "config.secret-missing there (and 1 more cause)");
    assert_int_equal(list.items[0].severity, SEVERITY_CRITICAL);
    assert_int_equal(told(&list.items[0], "A further cause: crash.oom on deployment/shop/cart"), 1);
    arena_fini(&a);
}

static void a_further_cause_with_an_incident_of_its_own_makes_no_other_graver(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct err e;
    struct incident own = { .id = "i1", .cluster_id = "shop", .key = "node//n1", .code = "crash.oom", .object = "deployment/shop/cart", .state = "open", .phase = "reported",
                            .severity = SEVERITY_CRITICAL, .opened_at = 1, .updated_at = 1 };
    struct db *d = db_open(world.dir, &orchestrator_schema, &e);
    assert_non_null(d);
    assert_int_equal(incidents_put(d, &own, &e), 0);
    db_close(d);
    world.first = CAUSES(KILLED "," MISSING);
    world.until_reports = 1;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    struct incident_list list = stored(&a, "open");
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0].title, "config.secret-missing there (and 1 more cause)");
    assert_int_equal(list.items[0].severity, SEVERITY_HIGH);
    arena_fini(&a);
}

static void of_two_causes_the_one_that_is_left_is_told_at_once_though_it_is_weaker(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.first = CAUSES(MISSING "," WEAK);
    world.later = CAUSES(WEAK);
    world.until_reports = 2;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    struct incident_list list = stored(&a, "open");
    assert_int_equal(list.items[0].looks <= 2, 1);
    assert_string_equal(list.items[0].code, "crash.app-error");
    assert_string_equal(list.items[0].title, "crashes");
    assert_int_equal(list.items[0].severity, SEVERITY_LOW);
    assert_int_equal(told(&list.items[0], "config.secret-missing on secret/shop/db is no longer found; what is left is crash.app-error on deployment/shop/cart"), 1);
    arena_fini(&a);
}

static void a_further_cause_that_is_over_is_told_and_reported(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.first = CAUSES(MISSING "," KILLED);
    world.later = CAUSES(MISSING);
    world.until_reports = 2;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    struct incident_list list = stored(&a, "open");
    assert_string_equal(list.items[0].title, "config.secret-missing there");
    assert_int_equal(list.items[0].severity, SEVERITY_HIGH);
    assert_int_equal(told(&list.items[0], "No longer found: crash.oom on deployment/shop/cart"), 1);
    arena_fini(&a);
}

static void a_further_cause_that_comes_and_goes_does_not_fill_the_timeline(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.first = CAUSES(MISSING "," KILLED);
    world.later = CAUSES(MISSING);
    world.flaps = true;
    world.recheck_ms = 1;
    world.until_reports = 10;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    struct incident_list list = stored(&a, "open");
    assert_int_equal(told(&list.items[0], "No longer found: crash.oom on deployment/shop/cart"), 3);
    assert_int_equal(told(&list.items[0], "A further cause: crash.oom on deployment/shop/cart"), 3);
    arena_fini(&a);
}

static void a_cause_that_is_not_proved_any_more_stands_and_the_timeline_says_so(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.later = "{\"schema\":1,\"verdict\":\"inconclusive\",\"roots\":[]}";
    world.until_looks = 7;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 2000);
    struct incident_list list = stored(&a, "open");
    assert_string_equal(list.items[0].code, "config.secret-missing");
    assert_int_equal(told(&list.items[0], "The cause is not proved any more by what was found last; it stands until another one is, or all is well"), 1);
    arena_fini(&a);
}

static void a_proved_cause_stands_while_no_evidence_comes(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.silent_later = true;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 1);
    assert_int_equal(world.diagnosed, 1);
    assert_string_equal(stored(&a, "open").items[0].code, "config.secret-missing");
    arena_fini(&a);
}

static void a_restart_goes_on_where_the_task_says(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct err e;
    struct db *d = db_open(world.dir, &orchestrator_schema, &e);
    struct incident i = { .id = "i1", .cluster_id = "shop", .key = "pod/shop/a", .object = "pod/shop/a", .state = "open", .phase = "collecting", .opened_at = 1, .updated_at = 1 };
    struct task t = { .id = "t1", .incident_id = "i1", .cluster_id = "shop", .object = "pod/shop/a", .step = "diagnose", .bundle = "{\"schema\":1,\"object\":\"pod/shop/a\"}", .next_at = 1,
                      .created_at = 1 };
    assert_int_equal(incidents_put(d, &i, &e), 0);
    assert_int_equal(tasks_put(d, &t, &e), 0);
    db_close(d);
    world.until_reports = 1;
    run((const char *const[]){ NULL }, 2000);
    assert_int_equal(world.asked, 0);
    assert_int_equal(stored(&a, "open").items[0].looks, 1);
    arena_fini(&a);
}

static void an_agent_that_is_busy_is_asked_again_before_anything_is_said(void **state)
{
    (void)state;
    struct arena a = { 0 };
    world.busy = 1;
    world.until_reports = 1;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 1);
    assert_int_equal(world.asked, 2);
    assert_non_null(strstr(world.last_bundle, "\"objects\":[]"));
    assert_null(strstr(world.last_bundle, "not_checked"));
    struct incident_list list = stored(&a, "open");
    assert_int_equal(told(&list.items[0], "No evidence from the cluster: 64 commands wait or run"), 0);
    arena_fini(&a);
}

static void a_step_that_cannot_be_stored_tells_nobody(void **state)
{
    (void)state;
    refuse("UPDATE ON tasks WHEN NEW.step = 'diagnose'");
    world.for_ms = 1000;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 20000);
    assert_int_equal(world.asked, 1);
    assert_int_equal(world.diagnosed, 0);
    assert_int_equal(world.evidence_handled, 0);    /* so it will come again */
}

static void a_new_symptom_during_a_look_leads_to_another_look_soon(void **state)
{
    (void)state;
    world.meanwhile = EVENT("meanwhile", "cart-1", "BackOff", OWNED);
    world.recheck_ms = 1000000;
    world.until_looks = 1;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 20000);
    assert_int_equal(world.diagnosed, 2);
    assert_in_range(world.lasted_ms, 1500, 3000);
}

static void more_of_the_same_during_a_look_leads_to_no_other(void **state)
{
    (void)state;
    world.meanwhile = EVENT("meanwhile", "cart-2", "Failed", OWNED);
    world.recheck_ms = 1000000;
    world.for_ms = 60000;
    run((const char *const[]){ EVENT("e1", "cart-1", "Failed", OWNED), NULL }, 20000);
    assert_int_equal(world.diagnosed, 1);
}

static const char *const dozen[] = {
    EVENT("e1", "a1", "Failed", ""), EVENT("e2", "a2", "Failed", ""), EVENT("e3", "a3", "Failed", ""), EVENT("e4", "a4", "Failed", ""),  EVENT("e5", "a5", "Failed", ""),
    EVENT("e6", "a6", "Failed", ""), EVENT("e7", "a7", "Failed", ""), EVENT("e8", "a8", "Failed", ""), EVENT("e9", "a9", "Failed", ""),  EVENT("e10", "a10", "Failed", ""),
    EVENT("e11", "a11", "Failed", ""), EVENT("e12", "a12", "Failed", ""), NULL,
};

static void an_agent_is_asked_for_no_more_than_it_can_do(void **state)
{
    (void)state;
    world.at_once = world.mute = true;
    world.for_ms = 5000;
    run(dozen, 20000);
    assert_int_equal(world.asked, 8);
}

static void what_waits_for_its_turn_is_looked_at_as_soon_as_another_is_done(void **state)
{
    (void)state;
    world.at_once = true;
    world.until_looks = 11;
    run(dozen, 20000);
    assert_int_equal(world.asked, 12);
    assert_in_range(world.lasted_ms, 0, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_becomes_a_named_and_reported_incident, fresh, remove_all),
        cmocka_unit_test_setup_teardown(pods_of_one_owner_are_one_incident_and_a_redelivery_counts_once, fresh, remove_all),
        cmocka_unit_test_setup_teardown(one_event_that_cannot_be_stored_keeps_no_other_from_it, fresh, remove_all),
        cmocka_unit_test_setup_teardown(two_objects_of_one_cause_become_one_incident, fresh, remove_all),
        cmocka_unit_test_setup_teardown(an_object_found_well_twice_closes_its_incident, fresh, remove_all),
        cmocka_unit_test_setup_teardown(without_evidence_the_events_are_diagnosed_and_the_gap_is_told, fresh, remove_all),
        cmocka_unit_test_setup_teardown(an_agent_that_is_busy_is_asked_again_before_anything_is_said, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_weaker_cause_counts_only_when_it_is_found_again_and_again, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_weaker_cause_that_stays_is_believed, fresh, remove_all),
        cmocka_unit_test_setup_teardown(the_end_of_a_job_does_not_hide_what_kept_it_from_running, fresh, remove_all),
        cmocka_unit_test_setup_teardown(two_causes_of_one_object_are_one_incident_that_names_both, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_second_cause_that_comes_later_is_told_and_reported, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_further_cause_with_an_incident_of_its_own_makes_no_other_graver, fresh, remove_all),
        cmocka_unit_test_setup_teardown(of_two_causes_the_one_that_is_left_is_told_at_once_though_it_is_weaker, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_further_cause_that_is_over_is_told_and_reported, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_further_cause_that_comes_and_goes_does_not_fill_the_timeline, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_cause_that_is_not_proved_any_more_stands_and_the_timeline_says_so, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_proved_cause_stands_while_no_evidence_comes, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_restart_goes_on_where_the_task_says, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_step_that_cannot_be_stored_tells_nobody, fresh, remove_all),
        cmocka_unit_test_setup_teardown(a_new_symptom_during_a_look_leads_to_another_look_soon, fresh, remove_all),
        cmocka_unit_test_setup_teardown(more_of_the_same_during_a_look_leads_to_no_other, fresh, remove_all),
        cmocka_unit_test_setup_teardown(an_agent_is_asked_for_no_more_than_it_can_do, fresh, remove_all),
        cmocka_unit_test_setup_teardown(what_waits_for_its_turn_is_looked_at_as_soon_as_another_is_done, fresh, remove_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
