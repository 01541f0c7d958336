#include "bus/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bus/bus_impl.h"

/* Two ports on one loop, as two services of one process; the loop runs until a handler or the guard stops it. */
struct fixture {
    struct loop *loop;
    struct bus *bus;
    struct bus_port *a, *b;
    struct timer guard;
    int got, got_other;
    char last[64];
    enum err_kind failure;
};

static void out_of_time(void *arg)
{
    struct fixture *f = arg;
    loop_stop(f->loop);
}

static void begin(struct fixture *f)
{
    struct err e;
    *f = (struct fixture){ .loop = loop_new("test", 4) };
    f->bus = bus_open("", "test", &e);
    f->a = bus_attach(f->bus, f->loop);
    f->b = bus_attach(f->bus, f->loop);
}

static void run(struct fixture *f, int64_t guard_ms)
{
    timer_start(&f->guard, f->loop, guard_ms, out_of_time, f);
    loop_run(f->loop);
    timer_stop(&f->guard);
}

static void end(struct fixture *f)
{
    bus_detach(f->a);
    bus_detach(f->b);
    loop_free(f->loop);
    bus_close(f->bus);
}

static void on_message(void *arg, const struct bus_message *m)
{
    struct fixture *f = arg;
    f->got++;
    (void)snprintf(f->last, sizeof f->last, "%s=%s", m->subject, m->data);
    loop_stop(f->loop);
}

static void on_other(void *arg, const struct bus_message *m)
{
    (void)m;
    ((struct fixture *)arg)->got_other++;
}

static void echo(void *arg, const struct bus_message *m)
{
    struct fixture *f = arg;
    struct err e;
    assert_int_equal(bus_reply(f->b, m, m->data, m->size, &e), 0);
}

static void on_reply(void *arg, const struct bus_message *answer, const struct err *err)
{
    struct fixture *f = arg;
    f->got++;
    if (answer)
        (void)snprintf(f->last, sizeof f->last, "%s", answer->data);
    else
        f->failure = err->kind;
    loop_stop(f->loop);
}

static void a_message_reaches_who_subscribed(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin(&f);
    assert_int_equal(bus_subscribe(f.b, "stream.*", NULL, on_message, &f, &e), 0);
    assert_int_equal(bus_publish(f.a, "other.event", "x", 1, &e), 0);
    assert_int_equal(bus_publish(f.a, "stream.event", "hello", 5, &e), 0);
    run(&f, 2000);
    assert_int_equal(f.got, 1);
    assert_string_equal(f.last, "stream.event=hello");
    end(&f);
}

static void a_queue_shares_its_messages(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin(&f);
    assert_int_equal(bus_subscribe(f.a, "work", "q", on_other, &f, &e), 0);
    assert_int_equal(bus_subscribe(f.b, "work", "q", on_other, &f, &e), 0);
    assert_int_equal(bus_subscribe(f.b, "stop", NULL, on_message, &f, &e), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(bus_publish(f.a, "work", "", 0, &e), 0);
    assert_int_equal(bus_publish(f.a, "stop", "", 0, &e), 0);
    run(&f, 2000);
    assert_int_equal(f.got_other, 3);
    end(&f);
}

static void a_request_is_answered(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin(&f);
    assert_int_equal(bus_subscribe(f.b, "echo", NULL, echo, &f, &e), 0);
    assert_int_equal(bus_request(f.a, "echo", "ping", 4, 1000, on_reply, &f, &e), 0);
    run(&f, 2000);
    assert_string_equal(f.last, "ping");
    end(&f);
}

static void a_request_without_an_answer_times_out(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin(&f);
    assert_int_equal(bus_subscribe(f.b, "mute", NULL, on_other, &f, &e), 0);
    assert_int_equal(bus_request(f.a, "mute", "", 0, 10, on_reply, &f, &e), 0);
    run(&f, 2000);
    assert_int_equal(f.failure, ERR_TIMEOUT);
    end(&f);
}

static void a_request_that_nobody_serves_is_told_at_once(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin(&f);
    assert_int_equal(bus_request(f.a, "nobody", "", 0, 1000, on_reply, &f, &e), -1);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    end(&f);
}

static void a_full_mailbox_is_told(void **state)
{
    (void)state;
    struct fixture f;
    struct err e;
    begin(&f);
    assert_int_equal(bus_subscribe(f.b, "flood", NULL, on_other, &f, &e), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(bus_publish(f.a, "flood", "", 0, &e), 0);
    assert_int_equal(bus_publish(f.a, "flood", "", 0, &e), -1);
    assert_int_equal(e.kind, ERR_BUSY);
    end(&f);
}

static void subjects_match_token_by_token(void **state)
{
    (void)state;
    static const struct { const char *pattern, *subject; bool matches; } rows[] = {
        { "a.b", "a.b", true },    { "a.b", "a.b.c", false }, { "a.*", "a.b", true },  { "a.*", "a.b.c", false }, { "a.>", "a.b.c", true },
        { "a.>", "a", false },     { ">", "a", true },        { "a.*.c", "a.b.c", true }, { "a", "ab", false },   { "ab", "a", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(bus_subject_matches(rows[i].pattern, rows[i].subject), rows[i].matches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_reaches_who_subscribed),
        cmocka_unit_test(a_queue_shares_its_messages),
        cmocka_unit_test(a_request_is_answered),
        cmocka_unit_test(a_request_without_an_answer_times_out),
        cmocka_unit_test(a_request_that_nobody_serves_is_told_at_once),
        cmocka_unit_test(a_full_mailbox_is_told),
        cmocka_unit_test(subjects_match_token_by_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
