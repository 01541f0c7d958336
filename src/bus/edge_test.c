/* Against a real nats-server on a port of our own; skipped with its reason where there is none. */
#include "bus/edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "bus/nats_server_test.h"

struct fixture {
    struct loop *loop;
    struct edge *edge;
    struct timer guard, after;
    struct nats_server server;
    struct edge_ack *held, *kept[8];
    size_t n_kept;
    bool hold;                    /* keeps the next message's acknowledgement */
    bool keep;                    /* keeps those of all, in kept              */
    int connects, disconnects, got, deliveries, extended, want;
    char last[128], encoding[16];
};

static void out_of_time(void *arg)
{
    fail_msg("the test's time is over");
    loop_stop(arg);
}

static void on_connected(void *arg)
{
    struct fixture *f = arg;
    f->connects++;
    loop_stop(f->loop);
}

static void on_disconnected(void *arg, const char *why)
{
    struct fixture *f = arg;
    assert_non_null(why);
    f->disconnects++;
    loop_stop(f->loop);
}

static void on_message(void *arg, const struct edge_message *m)
{
    struct fixture *f = arg;
    f->got++;
    (void)snprintf(f->last, sizeof f->last, "%s=%.*s", m->subject, (int)m->size, m->data);
    (void)snprintf(f->encoding, sizeof f->encoding, "%s", m->encoding ? m->encoding : "");
    if (m->ack) {
        struct edge_ack *ack = m->ack;
        f->deliveries = edge_deliveries(ack);
        if (f->keep) {
            assert_true(f->n_kept < COUNT(f->kept));
            f->kept[f->n_kept++] = ack;
            return;
        }
        if (f->hold) {
            f->held = ack;
            return;
        }
        edge_settle(&ack, f->got == 1 ? EDGE_AGAIN : EDGE_DONE);
    }
    if (f->got >= f->want)
        loop_stop(f->loop);
}

static const struct edge_handlers handlers = { on_connected, on_disconnected, on_message };

static const struct edge_stream stream = { .name = "EVENTS", .durable = "manager", .subject = "agent.event.*", .bytes_max = 1 << 20 };

static void begin(struct fixture *f, bool jetstream)
{
    struct err e;
    *f = (struct fixture){ .loop = loop_new("test", 64), .want = 1 };
    nats_server_init(&f->server, jetstream);
    struct edge_config config = { .endpoints = f->server.url, .name = "test", .reconnect_ms = 50, .jetstream = jetstream };
    f->edge = edge_new(f->loop, &config, &handlers, f, &e);
    assert_non_null(f->edge);
    timer_start(&f->guard, f->loop, 20000, out_of_time, f->loop);
}

static void begin_consuming(struct fixture *f, bool jetstream)
{
    struct err e;
    begin(f, jetstream);
    assert_int_equal(edge_consume(f->edge, &stream, &e), 0);
    nats_server_start(&f->server);
    loop_run(f->loop);
}

static void end(struct fixture *f)
{
    edge_free(f->edge);
    timer_stop(&f->guard);
    timer_stop(&f->after);
    loop_free(f->loop);
    nats_server_fini(&f->server);
}

static void a_server_that_comes_late_is_found(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin(&f, false);
    assert_int_equal(edge_subscribe(f.edge, "agent.command.shop", NULL, &e), 0);
    assert_int_equal(edge_publish(f.edge, "agent.event.shop", "x", 1, NULL, &e), -1);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    nats_server_start(&f.server);
    loop_run(f.loop);
    assert_int_equal(f.connects, 1);
    assert_int_equal(edge_publish(f.edge, "agent.command.shop", "go", 2, "zstd", &e), 0);
    loop_run(f.loop);
    assert_string_equal(f.last, "agent.command.shop=go");
    assert_string_equal(f.encoding, "zstd");
    struct edge_status status;
    edge_status(f.edge, &status);
    assert_true(status.connected);
    assert_true(strlen(status.server_version) >= 5);
    end(&f);
}

static void a_server_that_dies_is_found_again(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin(&f, false);
    assert_int_equal(edge_subscribe(f.edge, "agent.command.shop", NULL, &e), 0);
    nats_server_start(&f.server);
    loop_run(f.loop);
    nats_server_kill(&f.server);
    loop_run(f.loop);
    assert_int_equal(f.disconnects, 1);
    nats_server_start(&f.server);
    loop_run(f.loop);
    assert_int_equal(f.connects, 2);
    assert_int_equal(edge_publish(f.edge, "agent.command.shop", "again", 5, NULL, &e), 0);
    loop_run(f.loop);
    assert_string_equal(f.last, "agent.command.shop=again");
    end(&f);
}

static void a_stream_brings_an_unsettled_message_again(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin_consuming(&f, true);
    struct edge_status status;
    edge_status(f.edge, &status);
    assert_true(status.jetstream);
    f.want = 2;
    assert_int_equal(edge_publish_durable(f.edge, "agent.event.shop", "e1", 2, NULL, "m1", &e), 0);
    assert_int_equal(edge_publish_durable(f.edge, "agent.event.shop", "e1", 2, NULL, "m1", &e), 0);    /* the broker knows this id */
    loop_run(f.loop);
    assert_int_equal(f.got, 2);
    assert_int_equal(f.deliveries, 2);
    end(&f);
}

/* For three times as long as the broker waits by itself. */
static void on_still_working(void *arg)
{
    struct fixture *f = arg;
    if (!f->held || ++f->extended < 10) {
        if (f->held)
            edge_extend(f->held);
        timer_start(&f->after, f->loop, 300, on_still_working, f);
        return;
    }
    edge_settle(&f->held, EDGE_DONE);
    loop_stop(f->loop);
}

static void what_is_still_worked_on_is_not_delivered_again(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin_consuming(&f, true);
    f.hold = true;
    assert_int_equal(edge_publish_durable(f.edge, "agent.event.shop", "e1", 2, NULL, NULL, &e), 0);
    timer_start(&f.after, f.loop, 0, on_still_working, &f);
    loop_run(f.loop);
    assert_int_equal(f.got, 1);
    assert_int_equal(f.deliveries, 1);
    end(&f);
}

static void on_held_back(void *arg)
{
    struct fixture *f = arg;
    struct edge_status status;
    edge_status(f->edge, &status);
    if (status.held_back > 0)
        loop_stop(f->loop);
}

/* 2,500 bytes have room for two of these five. */
static void messages_beyond_the_bound_of_bytes_wait_at_the_broker(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    struct edge_stream narrow = stream;
    struct edge_status status;
    char body[1000];
    memset(body, 'x', sizeof body);
    narrow.held_max = 2500;
    begin(&f, true);
    assert_int_equal(edge_consume(f.edge, &narrow, &e), 0);
    nats_server_start(&f.server);
    loop_run(f.loop);
    f.keep = true;
    for (int i = 0; i < 5; i++)
        assert_int_equal(edge_publish_durable(f.edge, "agent.event.shop", body, sizeof body, NULL, NULL, &e), 0);
    timer_every(&f.after, f.loop, 20, on_held_back, &f);
    loop_run(f.loop);
    timer_stop(&f.after);
    edge_status(f.edge, &status);
    assert_true(status.held_bytes <= 2500);
    f.keep = false;
    f.want = 5;
    while (f.n_kept > 0)
        edge_settle(&f.kept[--f.n_kept], EDGE_DONE);
    loop_run(f.loop);
    assert_true(f.got >= 5);
    edge_status(f.edge, &status);
    assert_int_equal(status.held_bytes, 0);
    end(&f);
}

static void one_message_above_the_bound_comes_alone(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    struct edge_stream narrow = stream;
    narrow.held_max = 1;
    begin(&f, true);
    assert_int_equal(edge_consume(f.edge, &narrow, &e), 0);
    nats_server_start(&f.server);
    loop_run(f.loop);
    f.want = 2;    /* the first delivery is answered "again" */
    assert_int_equal(edge_publish_durable(f.edge, "agent.event.shop", "large", 5, NULL, NULL, &e), 0);
    loop_run(f.loop);
    assert_string_equal(f.last, "agent.event.shop=large");
    end(&f);
}

static void a_server_without_jetstream_is_consumed_all_the_same(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin_consuming(&f, false);
    assert_int_equal(edge_publish_durable(f.edge, "agent.event.shop", "e1", 2, NULL, "m1", &e), 0);
    loop_run(f.loop);
    assert_string_equal(f.last, "agent.event.shop=e1");
    end(&f);
}

static void endpoints_that_are_none_are_refused(void **state)
{
    (void)state;
    struct err e;
    struct loop *loop = loop_new("test", 4);
    struct edge_config config = { .endpoints = " , ", .name = "test" };
    assert_null(edge_new(loop, &config, &handlers, NULL, &e));
    assert_non_null(strstr(e.text, "no NATS endpoint"));
    loop_free(loop);
}

int main(void)
{
    if (!nats_server_installed()) {
        puts("skipped: nats-server is not installed");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_comes_late_is_found),
        cmocka_unit_test(a_server_that_dies_is_found_again),
        cmocka_unit_test(a_stream_brings_an_unsettled_message_again),
        cmocka_unit_test(what_is_still_worked_on_is_not_delivered_again),
        cmocka_unit_test(messages_beyond_the_bound_of_bytes_wait_at_the_broker),
        cmocka_unit_test(one_message_above_the_bound_comes_alone),
        cmocka_unit_test(a_server_without_jetstream_is_consumed_all_the_same),
        cmocka_unit_test(endpoints_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
