#include "agent/sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/pack.h"
#include "base/str.h"

struct fixture {
    struct loop *loop;
    struct spool *spool;
    struct sender *sender;
    bool connected;
    int refused_at;                   /* this message, counted from 1, is refused; 0: none  */
    bool in_order;                    /* each message has to go on where the last one ended */
    int messages, events;
    uint64_t last, wanted;            /* seq that was sent last; stop the loop there */
    char encoding[8];
    struct timer guard;
};

static int on_publish(void *arg, const void *data, size_t size, const char *encoding, struct err *e)
{
    struct fixture *f = arg;
    if (!f->connected || f->messages + 1 == f->refused_at) {
        f->refused_at = 0;
        return err_set(e, ERR_UNAVAILABLE, "not connected");
    }
    (void)str_copy(f->encoding, sizeof f->encoding, encoding ? encoding : "");
    f->messages++;
    struct buf AUTO_BUF plain = { 0 };
    if (encoding) {
        assert_int_equal(pack_unzstd(data, size, 1 << 20, &plain, e), 0);
        data = plain.data;
        size = plain.size;
    }
    AUTO_JSON struct json_doc *doc = json_parse(data, size, &json_wire_limits, e);
    assert_non_null(doc);
    json *batch = json_get(json_root(doc), "events");
    f->events += batch ? (int)json_count(batch) : 1;
    const json *last = batch ? json_at(batch, "0") : json_root(doc);
    for (struct json_iter i = json_iter(batch); json_next(&i);)
        last = i.value;
    assert_string_equal(json_get_str(last, "id"), "e");
    uint64_t first = (uint64_t)json_get_int(batch ? json_at(batch, "0") : last, "seq", 0);
    if (f->in_order)
        assert_int_equal(first, f->last + 1);
    f->last = (uint64_t)json_get_int(last, "seq", 0);
    if (f->last >= f->wanted)
        loop_stop(f->loop);
    return 0;
}

static void on_committed(void *arg, const struct spool_row *rows, size_t count, const struct spool_packing *packed)
{
    struct fixture *f = arg;
    if (f->sender)
        sender_committed(f->sender, rows, count, packed);
}

static void begin(struct fixture *f)
{
    struct err e;
    *f = (struct fixture){ .loop = loop_new("test", 64), .connected = true };
    struct spool_config config = { .cluster_id = "shop", .bytes_max = 4 << 20, .waiting_max = 20000 };
    f->spool = spool_open(f->loop, &config, &(struct spool_handlers){ .committed = on_committed }, f, &e);
    assert_non_null(f->spool);
    f->sender = sender_new(f->loop, f->spool, on_publish, f);
}

static void end(struct fixture *f)
{
    timer_stop(&f->guard);
    sender_free(f->sender);
    spool_close(f->spool);
    loop_free(f->loop);
}

static void append(struct fixture *f, int count)
{
    for (int i = 0; i < count; i++) {
        AUTO_FREE char *body = str_printf("{\"id\":\"e\",\"message\":\"a message of some size\",\"seq\":%llu}", (unsigned long long)spool_next(f->spool));
        spool_append(f->spool, SPOOL_NORMAL, body, strlen(body));
    }
}

static void give_up(void *arg)
{
    loop_stop(arg);
}

static void run_until(struct fixture *f, uint64_t seq)
{
    f->wanted = seq;
    timer_start(&f->guard, f->loop, 15000, give_up, f->loop);
    loop_run(f->loop);
    timer_stop(&f->guard);
    assert_int_equal(f->last, seq);
}

static const struct sender_settings batches = { .slice_ms = 1, .batch_max = 100, .acknowledged = true };

static void what_waited_is_read_back_and_sent_in_batches(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    append(&f, 1000);
    sender_open(f.sender, &batches, 0);
    run_until(&f, 1000);
    assert_int_equal(f.events, 1000);
    assert_true(f.messages >= 10 && f.messages <= 20);
    append(&f, 5);    /* caught up: straight from the commit */
    run_until(&f, 1005);
    assert_int_equal(f.events, 1005);
    end(&f);
}

static void without_a_welcome_events_go_one_by_one(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    append(&f, 10);
    sender_open(f.sender, &(struct sender_settings){ 0 }, 0);
    run_until(&f, 10);
    assert_int_equal(f.messages, 10);
    end(&f);
}

static void never_more_than_the_window_goes_out_unacknowledged(void **state)
{
    (void)state;
    struct fixture f;
    struct sender_status status;
    begin(&f);
    append(&f, SENDER_WINDOW + 1000);
    sender_open(f.sender, &batches, 0);
    f.wanted = SENDER_WINDOW + 1000;
    timer_start(&f.guard, f.loop, 2500, give_up, f.loop);
    loop_run(f.loop);
    sender_status(f.sender, &status);
    assert_true(status.sent >= SENDER_WINDOW && status.sent < SENDER_WINDOW + 600);
    sender_watermark(f.sender, 4000);
    run_until(&f, SENDER_WINDOW + 1000);
    end(&f);
}

static void after_a_lost_connection_everything_behind_the_watermark_goes_out_again(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    append(&f, 20);
    sender_open(f.sender, &batches, 0);
    run_until(&f, 20);
    sender_watermark(f.sender, 5);
    sender_shut(f.sender);
    f.events = 0;
    f.last = 0;
    sender_open(f.sender, &batches, 5);
    run_until(&f, 20);
    assert_int_equal(f.events, 15);
    end(&f);
}

static void a_message_that_cannot_be_sent_is_sent_later(void **state)
{
    (void)state;
    struct fixture f;
    struct sender_status status;
    begin(&f);
    f.connected = false;
    sender_open(f.sender, &batches, 0);
    append(&f, 3);
    timer_start(&f.guard, f.loop, 300, give_up, f.loop);
    loop_run(f.loop);
    sender_status(f.sender, &status);
    assert_int_equal(status.sent, 0);
    assert_true(status.errors >= 1);
    f.connected = true;
    run_until(&f, 3);
    assert_int_equal(f.events, 3);
    end(&f);
}

static void a_message_keeps_the_form_that_it_was_begun_in(void **state)
{
    (void)state;
    struct fixture f;
    struct sender_settings slow = { .slice_ms = 60000, .batch_max = 100, .acknowledged = true }, single = slow;
    single.batch_max = 0;
    begin(&f);
    sender_open(f.sender, &slow, 0);
    append(&f, 1);
    run_until(&f, 1);
    append(&f, 3);    /* gathered until the slice ends */
    f.wanted = 100;
    timer_start(&f.guard, f.loop, 200, give_up, f.loop);
    loop_run(f.loop);
    assert_int_equal(f.events, 1);
    sender_open(f.sender, &single, 0);    /* a welcome with other settings */
    assert_true(sender_flush(f.sender));
    assert_int_equal(f.events, 4);
    append(&f, 2);
    run_until(&f, 5);    /* the sixth waits for its slice */
    assert_int_equal(f.events, 5);
    end(&f);
}

static void large_messages_are_packed_when_central_can_read_that(void **state)
{
    (void)state;
    struct fixture f;
    struct sender_settings packed = batches;
    begin(&f);
    packed.zstd = true;
    append(&f, 90);
    sender_open(f.sender, &packed, 0);
    timer_start(&f.guard, f.loop, 300, give_up, f.loop);
    loop_run(f.loop);
    assert_string_equal(f.encoding, "zstd");
    end(&f);
}

static void what_the_spool_has_packed_goes_out_as_it_stands(void **state)
{
    (void)state;
    struct fixture f;
    struct sender_settings packed = { .slice_ms = 60000, .batch_max = 300, .zstd = true, .acknowledged = true }, quick = packed;
    quick.slice_ms = 1;
    begin(&f);
    f.in_order = true;
    sender_open(f.sender, &packed, 0);
    append(&f, 1);
    run_until(&f, 1);      /* from here on what is only gathered waits a minute */
    append(&f, 600);
    run_until(&f, 601);
    assert_int_equal(f.messages, 1 + 3);
    sender_open(f.sender, &quick, 0);
    f.refused_at = f.messages + 2;
    append(&f, 600);       /* the second of its packs is refused, and taken up again */
    run_until(&f, 1201);
    quick.batch_max = 200;
    sender_open(f.sender, &quick, 0);
    append(&f, 600);       /* packs of more than central takes are none */
    run_until(&f, 1801);
    assert_int_equal(f.events, 1801);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waited_is_read_back_and_sent_in_batches),
        cmocka_unit_test(without_a_welcome_events_go_one_by_one),
        cmocka_unit_test(never_more_than_the_window_goes_out_unacknowledged),
        cmocka_unit_test(after_a_lost_connection_everything_behind_the_watermark_goes_out_again),
        cmocka_unit_test(a_message_that_cannot_be_sent_is_sent_later),
        cmocka_unit_test(a_message_keeps_the_form_that_it_was_begun_in),
        cmocka_unit_test(large_messages_are_packed_when_central_can_read_that),
        cmocka_unit_test(what_the_spool_has_packed_goes_out_as_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
