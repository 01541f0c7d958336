/* The manager as a whole, against a real nats-server, spoken to with the messages of the oldest document (tests/data/seed). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "central/manager/metrics.h"
#include "central/manager/stage_test.h"
#include "central/manager/sweep.h"

#define REGISTER "{\"cluster_id\":\"prod-us-west-2\",\"version\":\"v1.0.0\",\"start_time\":\"2025-09-28T10:00:00Z\",\"capabilities\":" \
                 "[\"event_watch\",\"metrics_collect\",\"command_execute\"]}"
#define HEARTBEAT "{\"cluster_id\":\"prod-us-west-2\",\"timestamp\":\"2025-09-28T10:05:30Z\",\"status\":\"healthy\",\"metrics\":" \
                  "{\"event_queue_size\":3,\"metrics_queue_size\":1,\"command_queue_size\":0}}"
#define EVENT "{\"id\":\"evt-12345\",\"cluster_id\":\"prod-us-west-2\",\"type\":\"k8s_event\",\"source\":\"kubernetes\",\"namespace\":\"default\"," \
              "\"severity\":\"high\",\"message\":\"Pod CrashLoopBackOff\",\"timestamp\":\"2025-09-28T10:05:00Z\",\"reported_at\":" \
              "\"2025-09-28T10:05:01Z\",\"labels\":{\"reason\":\"CrashLoopBackOff\",\"pod\":\"app-1234\"}}"

#define PATIENCE_MS 10000

static const struct stage_options usual = { 0 };
static const struct stage_options core_only = { .no_jetstream = true };

static struct stage *open_or_skip(const struct stage_options *options)
{
    struct stage *s = stage_open(options);
    if (!s)
        skip();
    return s;
}

static int64_t count_items(struct stage *s, const char *what, const char *params)
{
    AUTO_JSON struct json_doc *list = stage_query(s, what, "", params);
    return (int64_t)json_count(json_get(json_root(list), "items"));
}

static void a_plain_client_registers_and_its_event_is_stored(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    stage_request(s, "agent.register.prod-us-west-2", "answer", REGISTER);
    stage_hear(s, "answer", "\"state\":\"accepted\"");
    const char *welcome = stage_hear(s, "agent.control.prod-us-west-2", "welcome");
    assert_non_null(strstr(welcome, "\"heartbeat_interval\":\"15s\""));
    stage_say(s, "agent.heartbeat.prod-us-west-2", HEARTBEAT);
    stage_say(s, "agent.event.prod-us-west-2", EVENT);
    const char *received = stage_see(s, "event.received", "evt-12345");
    assert_non_null(strstr(received, "\"cluster_id\":\"prod-us-west-2\""));
    stage_see(s, "stream.event", "evt-12345");

    AUTO_JSON struct json_doc *event = stage_query(s, "event", "evt-12345", "{}");
    assert_string_equal(json_get_str(json_root(event), "message"), "Pod CrashLoopBackOff");
    assert_string_equal(json_at_str(json_root(event), "labels.pod"), "app-1234");
    assert_non_null(json_get_str(json_root(event), "stored_at"));
    AUTO_JSON struct json_doc *agent = stage_query(s, "agent", "prod-us-west-2", "{}");
    assert_string_equal(json_get_str(json_root(agent), "status"), "online");
    assert_string_equal(json_get_str(json_root(agent), "health"), "healthy");
    assert_string_equal(json_at_str(json_root(agent), "info.version"), "v1.0.0");
    assert_int_equal(json_get_int(json_root(agent), "event_count", 0), 1);
    stage_close(s);
}

static void the_same_works_without_jetstream(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    stage_request(s, "agent.register.prod-us-west-2", "answer", REGISTER);
    stage_hear(s, "answer", "\"state\":\"accepted\"");
    stage_say(s, "agent.event.prod-us-west-2", EVENT);
    stage_see(s, "event.received", "evt-12345");
    assert_int_equal(count_items(s, "events", "{}"), 1);
    stage_close(s);
}

static void the_welcome_carries_the_command_key(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    stage_say(s, "agent.register.prod-us-west-2", REGISTER);
    stage_hear(s, "agent.control.prod-us-west-2", "\"key_id\":\"21fe31dfa154a261\"");
    stage_close(s);
}


/* ---- who is who ------------------------------------------------------------------------------------------------ */

#define HELLO(id, rest) "{\"cluster_id\":\"" id "\",\"version\":\"0.1.0\",\"capabilities\":[]" rest "}"

static void greet(struct stage *s, const char *id, const char *hello)
{
    AUTO_FREE char *subject = str_printf("agent.register.%s", id);
    AUTO_FREE char *control = str_printf("agent.control.%s", id);
    stage_say(s, subject, hello);
    stage_hear(s, control, "\"state\":\"accepted\"");
}

static int64_t cluster_number(struct stage *s, const char *id, const char *path)
{
    AUTO_JSON struct json_doc *cluster = stage_query(s, "cluster", id, "{}");
    return json_int(json_at(json_root(cluster), path), -1);
}

/* Asks until the number is reached: each question takes its turn on the manager's loop. */
static void wait_for(struct stage *s, const char *id, const char *path, int64_t number)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (cluster_number(s, id, path) < number)
        assert_true(clock_mono_ms() < until);
}

static void assert_cluster(struct stage *s, const char *id, const char *path, const char *value)
{
    AUTO_JSON struct json_doc *cluster = stage_query(s, "cluster", id, "{}");
    assert_string_equal(json_at_str(json_root(cluster), path), value);
}

static void an_unknown_agent_is_asked_to_introduce_itself(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    stage_say(s, "agent.heartbeat.prod-us-west-2", HEARTBEAT);
    stage_hear(s, "agent.control.prod-us-west-2", "hello_again");
    /* An event that came too early waits in the stream, and is stored once the agent is known. */
    stage_say(s, "agent.event.prod-us-west-2", EVENT);
    greet(s, "prod-us-west-2", REGISTER);
    stage_see(s, "event.received", "evt-12345");
    stage_close(s);
}

static void nobody_speaks_for_another_cluster(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    greet(s, "prod-us-west-2", REGISTER);
    greet(s, "other", HELLO("other", ""));
    stage_say(s, "agent.event.other", EVENT);
    stage_see(s, "stream.cluster", "\"dead_letters\":1");
    assert_int_equal(count_items(s, "events", "{}"), 0);
    assert_int_equal(cluster_number(s, "other", "dead_letters"), 1);
    assert_int_equal(cluster_number(s, "prod-us-west-2", "dead_letters"), 0);
    stage_say(s, "agent.event.prod-us-west-2", EVENT);
    stage_see(s, "event.received", "evt-12345");
    stage_close(s);
}

static void a_copy_with_the_same_id_is_refused_and_the_first_one_stays(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    greet(s, "shop", HELLO("shop", ",\"cluster_uid\":\"uid-1\",\"epoch\":5"));
    stage_request(s, "agent.register.shop", "answer", HELLO("shop", ",\"cluster_uid\":\"uid-2\",\"epoch\":9"));
    stage_hear(s, "answer", "\"state\":\"refused\"");
    assert_false(stage_heard(s, "agent.control.shop", "refused"));    /* the first one listens there */
    stage_see(s, "stream.cluster", "claims this id");
    assert_cluster(s, "shop", "cluster_uid", "uid-1");
    assert_cluster(s, "shop", "state", "online");
    /* What the copy reports under its own epoch does not mix with the first one's. */
    stage_say(s, "agent.event.shop", "{\"id\":\"copy.1\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"message\":\"copy\",\"epoch\":9,\"seq\":1}");
    stage_say(s, "agent.event.shop", "{\"id\":\"first.1\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"message\":\"first\",\"epoch\":5,\"seq\":1}");
    stage_hear(s, "agent.control.shop", "\"seq\":1");
    AUTO_JSON struct json_doc *events = stage_query(s, "events", "", "{}");
    assert_int_equal(json_count(json_get(json_root(events), "items")), 1);
    assert_string_equal(json_at_str(json_root(events), "items.0.id"), "first.1");
    stage_close(s);
}

#define AGENT(session, instance, epoch, term) \
    HELLO("shop", ",\"session\":\"" session "\",\"instance\":\"" instance "\",\"epoch\":" epoch ",\"lease_term\":" term)

static void a_second_agent_is_refused_by_name_and_changes_nothing_of_what_is_shown(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    greet(s, "shop", AGENT("a_5", "a", "5", "0"));
    stage_say(s, "agent.heartbeat.shop", "{\"status\":\"healthy\",\"session\":\"a_5\"}");
    stage_say(s, "agent.register.shop", AGENT("b_9", "b", "9", "0"));
    const char *refusal = stage_hear(s, "agent.control.shop", "\"state\":\"refused\"");
    assert_non_null(strstr(refusal, "\"session\":\"b_9\""));
    stage_see(s, "stream.cluster", "a second agent (b_9) runs for this cluster beside a_5");
    stage_say(s, "agent.heartbeat.shop", "{\"status\":\"unhealthy\",\"session\":\"b_9\",\"reasons\":[\"mine\"]}");
    stage_say(s, "agent.heartbeat.shop", "{\"status\":\"degraded\",\"session\":\"a_5\"}");
    stage_see(s, "stream.cluster", "\"health\":\"degraded\"");
    assert_int_equal(stage_seen(s, "stream.cluster", "\"health\":\"unhealthy\""), 0);
    assert_cluster(s, "shop", "instance", "a");
    assert_int_equal(cluster_number(s, "shop", "epoch"), 5);
    stage_close(s);
}

static void the_holder_of_the_lease_speaks_for_the_cluster_at_once_and_an_earlier_one_no_more(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    greet(s, "shop", AGENT("a_5", "a", "5", "1"));
    stage_say(s, "agent.register.shop", AGENT("b_3", "b", "3", "2"));
    const char *welcome = stage_hear(s, "agent.control.shop", "\"session\":\"b_3\"");
    assert_non_null(strstr(welcome, "accepted"));    /* a_5 hears it, too, and falls silent */
    stage_say(s, "agent.register.shop", AGENT("a_5", "a", "5", "1"));
    stage_hear(s, "agent.control.shop", "refused");
    assert_cluster(s, "shop", "instance", "b");
    stage_close(s);
}

static void an_agent_that_lost_its_spool_is_no_second_one_and_silence_ends_a_session(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&(struct stage_options){ .no_jetstream = true, .degraded_after_ms = 700, .offline_after_ms = 60000 });
    greet(s, "shop", AGENT("a_5", "a", "5", "0"));
    stage_say(s, "agent.register.shop", AGENT("a_7", "a", "7", "0"));
    stage_hear(s, "agent.control.shop", "\"session\":\"a_7\"");
    assert_int_equal(cluster_number(s, "shop", "epoch"), 7);
    stage_say(s, "agent.register.shop", AGENT("b_6", "b", "6", "0"));
    stage_hear(s, "agent.control.shop", "refused");
    stage_see(s, "stream.cluster", "\"state\":\"degraded\"");    /* a_7 is silent */
    stage_say(s, "agent.register.shop", AGENT("b_6", "b", "6", "0"));
    const char *welcome = stage_hear(s, "agent.control.shop", "\"session\":\"b_6\"");
    assert_non_null(strstr(welcome, "accepted"));
    stage_close(s);
}

static void an_answer_goes_to_nobody_elses_subject(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    stage_request(s, "agent.register.shop", "agent.command.other", HELLO("shop", ""));
    stage_request(s, "agent.register.shop", "answer", HELLO("shop", ""));
    stage_hear(s, "answer", "accepted");
    assert_false(stage_heard(s, "agent.command.other", ""));
    stage_close(s);
}

static void with_manual_admission_a_new_cluster_waits_for_a_person(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&(struct stage_options){ .manual_admission = true });
    stage_say(s, "agent.register.shop", HELLO("shop", ""));
    stage_hear(s, "agent.control.shop", "\"state\":\"pending\"");
    stage_say(s, "agent.event.shop", "{\"id\":\"a.1\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"message\":\"too early\"}");
    assert_cluster(s, "shop", "state", "pending");
    AUTO_JSON struct json_doc *nobody = stage_ask(s, "manager.admit", "{\"cluster_id\":\"nobody\",\"decision\":\"accept\"}");
    assert_int_equal(json_get_int(json_root(nobody), "status", 0), 404);
    AUTO_JSON struct json_doc *maybe = stage_ask(s, "manager.admit", "{\"cluster_id\":\"shop\",\"decision\":\"perhaps\"}");
    assert_int_equal(json_get_int(json_root(maybe), "status", 0), 422);
    AUTO_JSON struct json_doc *yes = stage_ask(s, "manager.admit", "{\"cluster_id\":\"shop\",\"decision\":\"accept\"}");
    assert_int_equal(json_get_int(json_root(yes), "status", 0), 200);
    stage_hear(s, "agent.control.shop", "\"state\":\"accepted\"");
    stage_see(s, "event.received", "too early");    /* it waited in the stream */
    stage_close(s);
}

static void silence_is_noticed_and_told(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&(struct stage_options){ .no_jetstream = true, .degraded_after_ms = 1500, .offline_after_ms = 3000 });
    greet(s, "shop", HELLO("shop", ""));
    stage_see(s, "stream.cluster", "\"state\":\"online\"");
    stage_see(s, "stream.cluster", "\"state\":\"degraded\"");
    stage_see(s, "stream.cluster", "\"state\":\"offline\"");
    stage_say(s, "agent.heartbeat.shop", "{\"status\":\"unhealthy\",\"reasons\":[\"API server refused\"]}");
    const char *sick = stage_see(s, "stream.cluster", "\"health\":\"unhealthy\"");
    assert_non_null(strstr(sick, "\"state\":\"online\""));    /* what it says of itself is another matter */
    assert_cluster(s, "shop", "health_reasons.0", "API server refused");
    stage_close(s);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static void say_numbered(struct stage *s, const char *cluster, int seq)
{
    AUTO_FREE char *subject = str_printf("agent.event.%s", cluster);
    AUTO_FREE char *text = str_printf("{\"id\":\"e.%d\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"severity\":\"info\",\"message\":\"m\",\"epoch\":5,\"seq\":%d}",
                                      seq, seq);
    stage_say(s, subject, text);
}

static void the_same_event_in_many_messages_is_one(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    greet(s, "prod-us-west-2", REGISTER);
    greet(s, "other", HELLO("other", ""));
    for (int i = 0; i < 5; i++)
        stage_say(s, "agent.event.prod-us-west-2", EVENT);
    stage_say(s, "agent.event.other", "{\"id\":\"evt-12345\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"message\":\"another one\",\"severity\":\"low\"}");
    stage_see(s, "event.received", "another one");
    assert_int_equal(count_items(s, "events", "{\"cluster_id\":\"prod-us-west-2\"}"), 1);
    assert_int_equal(count_items(s, "events", "{\"cluster_id\":\"other\"}"), 1);
    assert_int_equal(count_items(s, "events", "{\"cluster_id\":\"nobody\"}"), 0);
    assert_int_equal(stage_seen(s, "event.received", "Pod CrashLoopBackOff"), 1);
    assert_int_equal(cluster_number(s, "prod-us-west-2", "events_total"), 1);
    stage_close(s);
}

static void the_watermark_waits_for_what_is_missing(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    greet(s, "shop", HELLO("shop", ",\"epoch\":5"));
    say_numbered(s, "shop", 3);
    say_numbered(s, "shop", 4);
    say_numbered(s, "shop", 1);
    stage_hear(s, "agent.control.shop", "\"watermark\":{\"epoch\":5,\"seq\":1}");
    say_numbered(s, "shop", 2);
    stage_hear(s, "agent.control.shop", "\"watermark\":{\"epoch\":5,\"seq\":4}");
    assert_int_equal(cluster_number(s, "shop", "watermark.seq"), 4);
    assert_int_equal(count_items(s, "events", "{}"), 4);
    stage_close(s);
}

static void a_batch_is_taken_member_by_member(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    greet(s, "shop", HELLO("shop", ",\"epoch\":5"));
    stage_say(s, "agent.event.shop",
              "{\"schema\":1,\"events\":["
              "{\"id\":\"u.1\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"message\":\"good\",\"epoch\":5,\"seq\":1},"
              "{\"id\":\"u.2\",\"message\":\"without a time\",\"epoch\":5,\"seq\":2},"
              "{\"id\":\"gap.5.3\",\"type\":\"gap\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"epoch\":5,\"seq\":3,"
              "\"gap\":{\"cause\":\"spool_overflow\",\"from\":\"9\",\"to\":\"12\",\"count\":4}}]}");
    stage_hear(s, "agent.control.shop", "\"watermark\":{\"epoch\":5,\"seq\":3}");    /* the bad one is not sent for ever */
    stage_see(s, "stream.gap", "spool_overflow");
    assert_int_equal(count_items(s, "events", "{}"), 1);
    AUTO_JSON struct json_doc *gaps = stage_query(s, "gaps", "", "{\"cluster_id\":\"shop\"}");
    const json *items = json_get(json_root(gaps), "items");
    assert_int_equal(json_count(items), 2);
    assert_string_equal(json_at_str(items, "0.cause"), "dead_letter");
    assert_int_equal(json_int(json_at(items, "0.count"), -1), 1);
    assert_string_equal(json_at_str(items, "1.cause"), "spool_overflow");
    assert_int_equal(json_int(json_at(items, "1.count"), -1), 4);
    assert_int_equal(cluster_number(s, "shop", "gaps_total"), 2);
    stage_close(s);
}

static void garbage_is_buried_and_the_stream_goes_on(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    greet(s, "prod-us-west-2", REGISTER);
    static const char *const garbage[] = { "", "{", "[]", "null", "{\"id\":1}", "\xff\xfe", "{\"events\":7}", "{\"id\":\"x\",\"timestamp\":\"never\",\"message\":\"m\"}" };
    for (size_t i = 0; i < COUNT(garbage); i++)
        stage_say(s, "agent.event.prod-us-west-2", garbage[i]);
    stage_say(s, "agent.metrics.prod-us-west-2", "{}");
    stage_say(s, "agent.result.prod-us-west-2", "{\"command_id\":\"nobody-gave-it\",\"status\":\"success\"}");
    stage_say(s, "agent.register.prod-us-west-2", "no JSON");
    stage_say(s, "agent.heartbeat.prod-us-west-2", "{\"status\":7}");
    stage_say(s, "agent.event.prod-us-west-2", EVENT);
    stage_see(s, "event.received", "evt-12345");
    wait_for(s, "prod-us-west-2", "dead_letters", (int64_t)COUNT(garbage) + 4);
    assert_int_equal(count_items(s, "events", "{}"), 1);
    assert_int_equal(count_items(s, "gaps", "{}"), 1);    /* of the events, together */
    assert_cluster(s, "prod-us-west-2", "state", "online");
    stage_close(s);
}

static void who_sends_too_much_is_told_to_pause(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&(struct stage_options){ .events_per_second_max = 10 });
    greet(s, "shop", HELLO("shop", ",\"epoch\":5"));
    for (int i = 1; i <= 60; i++)
        say_numbered(s, "shop", i);
    stage_hear(s, "agent.control.shop", "throttle");
    stage_hear(s, "agent.control.shop", "\"seq\":60");    /* nothing of it is lost */
    stage_close(s);
}

static void the_live_view_leaves_out_what_is_too_much_and_says_so(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    greet(s, "shop", HELLO("shop", ",\"epoch\":5"));
    AUTO_BUF struct buf batch = { 0 };
    buf_str(&batch, "{\"events\":[");
    for (int i = 1; i <= 500; i++)
        buf_printf(&batch, "%s{\"id\":\"e.%d\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"severity\":\"info\",\"message\":\"m\",\"epoch\":5,\"seq\":%d}",
                   i > 1 ? "," : "", i, i);
    buf_str(&batch, "]}");
    stage_say(s, "agent.event.shop", buf_text(&batch));
    stage_hear(s, "agent.control.shop", "\"seq\":500");
    assert_in_range(stage_seen(s, "stream.event", "\"id\""), 1, 220);
    AUTO_JSON struct json_doc *last = NULL;
    for (int i = 501; !last; i++) {    /* the bucket fills by time */
        say_numbered(s, "shop", i);
        AUTO_FREE char *part = str_printf("\"seq\":%d", i);
        stage_hear(s, "agent.control.shop", part);
        if (stage_seen(s, "stream.event", "\"skipped\":"))
            break;
    }
    stage_close(s);
}

/* ---- commands ---------------------------------------------------------------------------------------------------- */

static const char *command_text(const char *cluster, const char *id, char out[512])
{
    (void)snprintf(out, 512,
                   "{\"command\":{\"id\":\"%s\",\"cluster_id\":\"%s\",\"type\":\"diagnostic\",\"tool\":\"kubectl\",\"action\":\"logs\","
                   "\"args\":[\"pod\",\"app-1234\"],\"timeout\":\"30s\",\"issuer\":\"test\",\"incident_id\":\"inc-1\",\"task_id\":\"task-1\","
                   "\"expires_at\":\"2999-01-01T00:00:00Z\",\"nonce\":\"n\",\"key_id\":\"k\",\"signature\":\"c2ln\"}}",
                   id, cluster);
    return out;
}

static int64_t issue(struct stage *s, const char *cluster, const char *id)
{
    char text[512];
    AUTO_JSON struct json_doc *answer = stage_ask(s, "manager.command", command_text(cluster, id, text));
    return json_get_int(json_root(answer), "status", 0);
}

static void a_command_goes_out_and_its_result_comes_back(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    greet(s, "prod-us-west-2", REGISTER);
    greet(s, "other", HELLO("other", ""));
    assert_int_equal(issue(s, "prod-us-west-2", "cmd-67890"), 202);
    const char *sent = stage_hear(s, "agent.command.prod-us-west-2", "cmd-67890");
    assert_non_null(strstr(sent, "\"signature\":\"c2ln\""));
    assert_int_equal(issue(s, "prod-us-west-2", "cmd-67890"), 202);    /* the same id is the same command */
    /* Another cluster cannot end it. */
    stage_say(s, "agent.result.other", "{\"command_id\":\"cmd-67890\",\"status\":\"success\",\"output\":\"forged\"}");
    stage_say(s, "agent.result.prod-us-west-2", "{\"command_id\":\"cmd-67890\",\"status\":\"accepted\"}");
    stage_see(s, "stream.command", "\"state\":\"accepted\"");
    stage_say(s, "agent.result.prod-us-west-2",
              "{\"command_id\":\"cmd-67890\",\"cluster_id\":\"prod-us-west-2\",\"status\":\"success\",\"output\":\"...[logs]...\",\"duration\":\"1.5s\","
              "\"timestamp\":\"2025-09-28T10:05:06Z\"}");
    const char *result = stage_see(s, "command.result", "...[logs]...");
    assert_non_null(strstr(result, "\"task_id\":\"task-1\""));
    assert_non_null(strstr(result, "\"incident_id\":\"inc-1\""));
    stage_see(s, "stream.command", "\"state\":\"success\"");
    AUTO_JSON struct json_doc *command = stage_query(s, "command", "cmd-67890", "{}");
    assert_string_equal(json_get_str(json_root(command), "state"), "success");
    assert_string_equal(json_at_str(json_root(command), "result.output"), "...[logs]...");
    assert_string_equal(json_at_str(json_root(command), "args.1"), "app-1234");
    assert_int_equal(count_items(s, "commands", "{\"cluster_id\":\"prod-us-west-2\",\"state\":\"success\"}"), 1);
    assert_int_equal(stage_seen(s, "command.result", "forged"), 0);
    assert_int_equal(cluster_number(s, "prod-us-west-2", "commands_total"), 1);
    stage_close(s);
}

static void a_command_is_sent_again_until_it_is_answered(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    greet(s, "shop", HELLO("shop", ""));
    assert_int_equal(issue(s, "shop", "cmd-1"), 202);
    stage_hear(s, "agent.command.shop", "cmd-1");
    stage_hear(s, "agent.command.shop", "cmd-1");
    stage_say(s, "agent.result.shop", "{\"command_id\":\"cmd-1\",\"status\":\"rejected\",\"error\":\"unknown verb\",\"reason\":\"grammar\"}");
    stage_see(s, "command.result", "\"reason\":\"grammar\"");
    stage_close(s);
}

static void commands_for_nobody_are_refused(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&(struct stage_options){ .no_jetstream = true, .degraded_after_ms = 300, .offline_after_ms = 600 });
    assert_int_equal(issue(s, "nobody", "cmd-1"), 404);
    greet(s, "shop", HELLO("shop", ""));
    stage_see(s, "stream.cluster", "\"state\":\"offline\"");
    assert_int_equal(issue(s, "shop", "cmd-1"), 409);
    AUTO_JSON struct json_doc *none = stage_ask(s, "manager.command", "{\"command\":{\"id\":\"x\"}}");
    assert_int_equal(json_get_int(json_root(none), "status", 0), 422);
    AUTO_JSON struct json_doc *nothing = stage_ask(s, "manager.command", "{}");
    assert_int_equal(json_get_int(json_root(nothing), "status", 0), 422);
    stage_close(s);
}

/* ---- lives ------------------------------------------------------------------------------------------------------- */

static void a_new_life_goes_on_where_the_old_one_ended(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    greet(s, "shop", HELLO("shop", ",\"epoch\":5,\"cluster_uid\":\"uid-1\""));
    for (int i = 1; i <= 3; i++)
        say_numbered(s, "shop", i);
    say_numbered(s, "shop", 5);
    stage_hear(s, "agent.control.shop", "\"seq\":3");
    stage_say(s, "agent.event.shop", "{\"id\":\"high.1\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"severity\":\"high\",\"message\":\"look\"}");
    stage_see(s, "event.received", "high.1");
    assert_int_equal(issue(s, "shop", "cmd-1"), 202);
    stage_hear(s, "agent.command.shop", "cmd-1");
    stage_stop_manager(s);
    stage_say(s, "agent.event.shop", "{\"id\":\"down.1\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"severity\":\"info\",\"message\":\"while down\"}");

    stage_start_manager(s);
    assert_cluster(s, "shop", "state", "online");              /* nobody has to register again */
    assert_cluster(s, "shop", "cluster_uid", "uid-1");
    assert_int_equal(cluster_number(s, "shop", "watermark.seq"), 3);
    stage_see(s, "event.received", "high.1");                  /* nobody had handled it */
    stage_hear(s, "agent.command.shop", "cmd-1");              /* nobody had answered it */
    stage_see(s, "stream.event", "while down");                /* the stream had kept it */
    say_numbered(s, "shop", 4);
    stage_hear(s, "agent.control.shop", "\"seq\":5");          /* 5 was stored in the old life */
    assert_int_equal(cluster_number(s, "shop", "events_total"), 7);
    stage_close(s);
}

static void a_store_that_refuses_loses_nothing(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    greet(s, "shop", HELLO("shop", ",\"epoch\":5"));
    say_numbered(s, "shop", 1);
    stage_hear(s, "agent.control.shop", "\"seq\":1");
    stage_break_store(s);
    say_numbered(s, "shop", 2);
    stage_say(s, "agent.event.shop", "{\"id\":\"high.1\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"severity\":\"high\",\"message\":\"look\",\"epoch\":5,\"seq\":3}");
    stage_say(s, "agent.heartbeat.shop", "{\"status\":\"degraded\"}");
    stage_see(s, "stream.cluster", "\"health\":\"degraded\"");
    assert_int_equal(stage_seen(s, "event.received", "high.1"), 0);
    assert_int_equal(cluster_number(s, "shop", "watermark.seq"), 1);
    assert_int_equal(cluster_number(s, "shop", "events_total"), 1);
    stage_mend_store(s);
    stage_hear(s, "agent.control.shop", "\"seq\":3");
    stage_see(s, "event.received", "high.1");
    assert_int_equal(cluster_number(s, "shop", "events_total"), 3);
    assert_int_equal(count_items(s, "events", "{}"), 3);
    assert_int_equal(count_items(s, "gaps", "{}"), 0);
    stage_close(s);
}

static void what_was_handled_is_not_told_again_and_knows_its_incident(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    greet(s, "prod-us-west-2", REGISTER);
    stage_say(s, "agent.event.prod-us-west-2", EVENT);
    const char *received = stage_see(s, "event.received", "evt-12345");
    AUTO_FREE char *handled = str_printf("{\"outbox\":%d,\"incident_id\":\"inc-7\",\"event_id\":\"evt-12345\"}", atoi(received + strlen("{\"outbox\":")));
    stage_tell(s, "outbox.handled", handled);
    stage_tell(s, "outbox.handled", handled);
    stage_tell(s, "outbox.handled", "{\"outbox\":\"x\"}");
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (count_items(s, "events", "{\"incident_id\":\"inc-7\"}") == 0)
        assert_true(clock_mono_ms() < until);
    stage_restart_manager(s);
    stage_say(s, "agent.event.prod-us-west-2", "{\"id\":\"next.1\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"severity\":\"high\",\"message\":\"next\"}");
    stage_see(s, "event.received", "next.1");
    assert_int_equal(stage_seen(s, "event.received", "evt-12345"), 1);
    stage_close(s);
}

/* ---- samples and answers ------------------------------------------------------------------------------------------ */

static void samples_become_nodes_and_series(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&usual);
    greet(s, "shop", HELLO("shop", ""));
    stage_say(s, "agent.metrics.shop",
              "{\"timestamp\":\"2026-01-02T03:05:00Z\",\"data\":{\"cluster\":{\"pods\":240,\"cpu_millicores\":1830},\"nodes\":[{\"name\":\"worker-1\","
              "\"cpu_millicores\":1830,\"ready\":true,\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}]}}");
    wait_for(s, "shop", "metrics_total", 1);
    AUTO_JSON struct json_doc *nodes = stage_query(s, "nodes", "shop", "{}");
    assert_string_equal(json_at_str(json_root(nodes), "items.0.name"), "worker-1");
    assert_int_equal(json_int(json_at(json_root(nodes), "items.0.cpu_millicores"), 0), 1830);
    assert_null(json_at(json_root(nodes), "items.0.memory_bytes"));
    AUTO_JSON struct json_doc *series = stage_query(s, "metrics", "shop",
                                                    "{\"series\":\"pods,events\",\"since\":\"2026-01-02T03:00:00Z\",\"until\":\"2026-01-02T04:00:00Z\"}");
    const json *items = json_get(json_root(series), "items");
    assert_int_equal(json_count(items), 2);
    assert_string_equal(json_at_str(items, "0.series"), "pods");
    assert_int_equal(json_int(json_at(items, "0.points.0.1"), 0), 240);
    assert_string_equal(json_at_str(items, "1.series"), "events");
    stage_close(s);
}

static void questions_that_make_no_sense_are_answered_with_what_is_wrong(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    static const struct {
        const char *question;
        int status;
    } rows[] = {
        { "{}", 404 },
        { "{\"what\":\"weather\"}", 404 },
        { "{\"what\":\"cluster\"}", 404 },
        { "{\"what\":\"cluster\",\"id\":\"nobody\"}", 404 },
        { "{\"what\":\"event\",\"id\":\"none\"}", 404 },
        { "{\"what\":\"command\",\"id\":\"none\"}", 404 },
        { "{\"what\":\"metrics\",\"id\":\"nobody\"}", 404 },
        { "{\"what\":\"events\",\"params\":{\"limit\":\"1000\"}}", 400 },
        { "{\"what\":\"events\",\"params\":{\"severity\":\"loud\"}}", 400 },
        { "{\"what\":\"events\",\"params\":{\"type\":\"gap\"}}", 400 },
        { "{\"what\":\"events\",\"params\":{\"since\":\"yesterday\"}}", 400 },
        { "{\"what\":\"histogram\",\"params\":{\"buckets\":\"5\"}}", 400 },
        { "{\"what\":\"histogram\",\"params\":{\"since\":\"1m\",\"until\":\"2m\"}}", 400 },
        { "{\"what\":\"commands\",\"params\":{\"state\":\"lost\"}}", 400 },
        { "{\"what\":\"events\",\"params\":\"none\"}", 200 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_JSON struct json_doc *answer = stage_ask(s, "manager.query", rows[i].question);
        if (json_get_int(json_root(answer), "status", 0) != rows[i].status)
            fail_msg("%s: %lld", rows[i].question, (long long)json_get_int(json_root(answer), "status", 0));
        if (rows[i].status != 200)
            assert_non_null(json_get_str(json_root(answer), "detail"));
    }
    stage_close(s);
}

static void clusters_are_listed_in_pages(void **state)
{
    (void)state;
    struct stage *s = open_or_skip(&core_only);
    greet(s, "a", HELLO("a", ""));
    greet(s, "b", HELLO("b", ""));
    greet(s, "c", HELLO("c", ""));
    AUTO_JSON struct json_doc *first = stage_query(s, "clusters", "", "{\"limit\":\"2\"}");
    assert_int_equal(json_count(json_get(json_root(first), "items")), 2);
    assert_string_equal(json_get_str(json_root(first), "next"), "after:b");
    AUTO_JSON struct json_doc *rest = stage_query(s, "clusters", "", "{\"limit\":\"2\",\"cursor\":\"after:b\"}");
    assert_string_equal(json_at_str(json_root(rest), "items.0.cluster_id"), "c");
    assert_string_equal(json_get_str(json_root(rest), "next"), "");
    AUTO_JSON struct json_doc *agents = stage_query(s, "agents", "", "{}");
    assert_int_equal(json_count(json_root(agents)), 3);
    AUTO_JSON struct json_doc *edge = stage_query(s, "edge", "", "{}");
    assert_true(json_get_bool(json_root(edge), "connected", false));
    stage_close(s);
}

/* At a fixed rate a second, whatever it is, some rate of events outgrows it. */
static void what_is_old_goes_slice_after_slice(void **state)
{
    (void)state;
    enum { OLD = 50000 };
    struct stage *s = open_or_skip(&core_only);
    double before = metric_value(&manager_metrics[M_SWEPT], NULL);
    stage_fill_store(s, OLD);
    stage_say(s, "agent.register.prod-us-west-2", REGISTER);
    stage_hear(s, "agent.control.prod-us-west-2", "welcome");
    stage_say(s, "agent.event.prod-us-west-2", EVENT);
    stage_see(s, "event.received", "evt-12345");    /* the sweep leaves room for it */
    double swept = 0;
    for (int64_t until = clock_mono_ms() + PATIENCE_MS; swept < OLD - 1 && clock_mono_ms() < until;) {
        AUTO_JSON struct json_doc *edge = stage_query(s, "edge", "", "{}");    /* takes its turn on the manager's loop, too */
        swept = metric_value(&manager_metrics[M_SWEPT], NULL) - before;
    }
    assert_true(swept >= OLD - 1);
    assert_int_equal(count_items(s, "events", "{}"), 1);
    stage_close(s);
}

static void the_sweep_leaves_half_of_the_time_to_events(void **state)
{
    (void)state;
    for (int64_t spent_us = 0; spent_us < 200000; spent_us += 999)
        assert_in_range(sweep_pause_ms(spent_us) * 1000, spent_us, spent_us + 1000);
    assert_int_equal(sweep_pause_ms(0), 1);    /* the loop's other work has its turn in any case */
}

/* manager_test PATTERN runs the tests whose names match. */
int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_client_registers_and_its_event_is_stored),
        cmocka_unit_test(the_same_works_without_jetstream),
        cmocka_unit_test(the_welcome_carries_the_command_key),
        cmocka_unit_test(an_unknown_agent_is_asked_to_introduce_itself),
        cmocka_unit_test(nobody_speaks_for_another_cluster),
        cmocka_unit_test(a_copy_with_the_same_id_is_refused_and_the_first_one_stays),
        cmocka_unit_test(a_second_agent_is_refused_by_name_and_changes_nothing_of_what_is_shown),
        cmocka_unit_test(the_holder_of_the_lease_speaks_for_the_cluster_at_once_and_an_earlier_one_no_more),
        cmocka_unit_test(an_agent_that_lost_its_spool_is_no_second_one_and_silence_ends_a_session),
        cmocka_unit_test(an_answer_goes_to_nobody_elses_subject),
        cmocka_unit_test(with_manual_admission_a_new_cluster_waits_for_a_person),
        cmocka_unit_test(silence_is_noticed_and_told),
        cmocka_unit_test(the_same_event_in_many_messages_is_one),
        cmocka_unit_test(the_watermark_waits_for_what_is_missing),
        cmocka_unit_test(a_batch_is_taken_member_by_member),
        cmocka_unit_test(garbage_is_buried_and_the_stream_goes_on),
        cmocka_unit_test(who_sends_too_much_is_told_to_pause),
        cmocka_unit_test(the_live_view_leaves_out_what_is_too_much_and_says_so),
        cmocka_unit_test(a_command_goes_out_and_its_result_comes_back),
        cmocka_unit_test(a_command_is_sent_again_until_it_is_answered),
        cmocka_unit_test(commands_for_nobody_are_refused),
        cmocka_unit_test(a_new_life_goes_on_where_the_old_one_ended),
        cmocka_unit_test(a_store_that_refuses_loses_nothing),
        cmocka_unit_test(what_was_handled_is_not_told_again_and_knows_its_incident),
        cmocka_unit_test(samples_become_nodes_and_series),
        cmocka_unit_test(questions_that_make_no_sense_are_answered_with_what_is_wrong),
        cmocka_unit_test(clusters_are_listed_in_pages),
        cmocka_unit_test(what_is_old_goes_slice_after_slice),
        cmocka_unit_test(the_sweep_leaves_half_of_the_time_to_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
