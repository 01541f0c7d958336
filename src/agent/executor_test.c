/* The executor with its spool in memory and commands that need no API server: refusals, signatures, memory. */
#include "agent/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/replay.h"

struct fixture {
    struct loop *loop;
    struct spool *spool;
    struct keys keys;
    struct kube *kube;
    struct executor *executor;
    struct agent_options options;
    uint8_t private_key[CRYPT_KEY_SIZE], public_key[CRYPT_KEY_SIZE];
    bool connected;
    int64_t offset_ms;
    int results;
    char status[32], reason[32];      /* of the last result */
    bool final, late;                 /* it was a final one; the test's time is over */
    struct timer guard;
};

static int on_publish(void *arg, const void *data, size_t size, struct err *e)
{
    struct fixture *f = arg;
    struct arena a = { 0 };
    struct wire_result r;
    if (!f->connected)
        return err_set(e, ERR_UNAVAILABLE, "not connected");
    assert_int_equal(wire_result_decode(data, size, "shop", &a, &r, e), 0);
    f->results++;
    (void)str_copy(f->status, sizeof f->status, wire_status_name(r.status));
    (void)str_copy(f->reason, sizeof f->reason, str_or_empty(r.reason));
    f->final = wire_status_final(r.status);
    if (f->final)
        loop_stop(f->loop);
    arena_fini(&a);
    return 0;
}

static int64_t offset(void *arg, bool *known)
{
    struct fixture *f = arg;
    *known = true;
    return f->offset_ms;
}

static int begin(void **state)
{
    struct err e;
    struct fixture *f = *state = mem_alloc(sizeof *f);
    *f = (struct fixture){ .loop = loop_new("test", 64), .connected = true };
    f->options = (struct agent_options){ .command_key = str_dup(""), .commands = true, .commands_per_minute_max = 1000 };
    struct spool_config config = { .cluster_id = "shop", .bytes_max = 1 << 20, .waiting_max = 100 };
    f->spool = spool_open(f->loop, &config, &(struct spool_handlers){ 0 }, NULL, &e);
    struct kube_config server = { .server = str_dup("http://127.0.0.1:1") };
    f->kube = kube_new(f->loop, &server, "test", &e);
    kube_config_fini(&server);
    assert_non_null(f->spool);
    assert_non_null(f->kube);
    keys_init(&f->keys, &f->options, f->spool);
    struct tool_context context = { f->loop, f->kube, "shop" };
    struct executor_links links = { on_publish, offset, f };
    f->executor = executor_new(&context, &f->options, f->spool, &f->keys, &links);
    assert_int_equal(crypt_keypair(f->private_key, f->public_key, &e), 0);
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    timer_stop(&f->guard);
    executor_free(f->executor);
    kube_free(f->kube);
    spool_close(f->spool);
    loop_free(f->loop);
    free(f->options.command_key);
    free(f);
    return 0;
}

static void adopt_key(struct fixture *f)
{
    char text[64];
    crypt_base64(f->public_key, sizeof f->public_key, text);
    keys_offer(&f->keys, text);
}

static struct wire_command sample(struct fixture *f, const char *id)
{
    static const char *args[] = { "pods", "-n", "shop" };
    return (struct wire_command){ .id = id, .cluster_id = "shop", .type = "diagnostic", .tool = "kubectl", .action = "get", .args = args, .n_args = 3, .nonce = id,
                                  .created_at = loop_wall_ms(f->loop), .expires_at = loop_wall_ms(f->loop) + 60000, .timeout_ms = 5000 };
}

static void give(struct fixture *f, struct wire_command *c, bool sign)
{
    struct arena a = { 0 };
    struct err e;
    size_t size;
    if (sign)
        assert_int_equal(wire_command_sign(c, f->private_key, f->public_key, &a, &e), 0);
    AUTO_FREE char *text = wire_command_encode(c, &size);
    f->status[0] = f->reason[0] = 0;
    executor_take(f->executor, text, size);
    arena_fini(&a);
}

static void give_up(void *arg)
{
    struct fixture *f = arg;
    f->late = true;
    loop_stop(f->loop);
}

/* Until the next final result. */
static void run(struct fixture *f)
{
    f->final = f->late = false;
    timer_start(&f->guard, f->loop, 10000, give_up, f);
    while (!f->final && !f->late)
        loop_run(f->loop);
    timer_stop(&f->guard);
}

static void only_what_the_known_key_signed_is_begun(void **state)
{
    struct fixture *f = *state;
    struct wire_command c = sample(f, "c1");
    give(f, &c, true);
    assert_string_equal(f->reason, "signature");    /* no key is known yet */
    adopt_key(f);
    c = sample(f, "c2");
    give(f, &c, false);
    assert_string_equal(f->reason, "signature");
    c = sample(f, "c3");
    give(f, &c, true);
    assert_string_equal(f->status, "accepted");
    run(f);
    assert_string_equal(f->status, "failed");    /* nobody listens on port 1 */
    assert_string_equal(f->reason, "api_unavailable");
}

static void another_key_is_refused_later(void **state)
{
    struct fixture *f = *state;
    struct err e;
    adopt_key(f);
    assert_int_equal(crypt_keypair(f->private_key, f->public_key, &e), 0);
    adopt_key(f);
    assert_true(f->keys.conflict);
    struct wire_command c = sample(f, "c1");
    give(f, &c, true);
    assert_string_equal(f->reason, "signature");
}

static void change_args(struct wire_command *c)
{
    static const char *other[] = { "pods", "-n", "kube-system" };
    c->args = other;
}

static void change_action(struct wire_command *c)
{
    c->action = "describe";
}

static void change_expiry(struct wire_command *c)
{
    c->expires_at += 1000;
}

static void change_nonce(struct wire_command *c)
{
    c->nonce = "x";
}

static void change_id(struct wire_command *c)
{
    c->id = "c9";
}

static void change_timeout(struct wire_command *c)
{
    c->timeout_ms++;
}

static void altered_commands_are_refused(void **state)
{
    static void (*const changes[])(struct wire_command *) = { change_args, change_action, change_expiry, change_nonce, change_id, change_timeout };
    struct fixture *f = *state;
    struct arena a = { 0 };
    struct err e;
    adopt_key(f);
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct wire_command c = sample(f, "c1");
        assert_int_equal(wire_command_sign(&c, f->private_key, f->public_key, &a, &e), 0);
        changes[i](&c);
        give(f, &c, false);
        assert_string_equal(f->status, "rejected");
        assert_string_equal(f->reason, "signature");
    }
    arena_fini(&a);
}

static void a_command_for_another_cluster_is_refused(void **state)
{
    struct fixture *f = *state;
    adopt_key(f);
    struct wire_command c = sample(f, "c1");
    c.cluster_id = "pay";
    give(f, &c, true);
    assert_string_equal(f->reason, "target");
}

/* Not even the signature is looked at: no key is known here, and a known one changes nothing. */
static void an_agent_without_commands_refuses_each_at_once(void **state)
{
    struct fixture *f = *state;
    f->options.commands = false;
    struct wire_command c = sample(f, "c1");
    give(f, &c, false);
    assert_string_equal(f->status, "rejected");
    assert_string_equal(f->reason, "disabled");
    adopt_key(f);
    give(f, &c, true);
    assert_string_equal(f->reason, "disabled");
}

static void time_is_checked_in_both_directions(void **state)
{
    static const struct {
        int64_t made_in_ms, expires_in_ms, offset_ms;    /* from now; expires 0: not at all */
        const char *status, *reason;
    } rows[] = {
        { 0, -1000, 0, "expired", "expired" },
        { 0, 0, 0, "expired", "expired" },
        { 3600000, 7200000, 0, "rejected", "clock_skew" },
        { 0, 60000, 3600000, "rejected", "clock_skew" },
        { 0, 60000, -3600000, "rejected", "clock_skew" },
    };
    struct fixture *f = *state;
    adopt_key(f);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t now = loop_wall_ms(f->loop);
        struct wire_command c = sample(f, "c1");
        c.created_at = now + rows[i].made_in_ms;
        c.expires_at = rows[i].expires_in_ms ? now + rows[i].expires_in_ms : 0;
        f->offset_ms = rows[i].offset_ms;
        give(f, &c, true);
        assert_string_equal(f->status, rows[i].status);
        assert_string_equal(f->reason, rows[i].reason);
    }
}

static void a_result_that_could_not_be_sent_is_sent_once_the_link_is_there(void **state)
{
    struct fixture *f = *state;
    adopt_key(f);
    f->connected = false;
    struct wire_command c = sample(f, "c1");
    give(f, &c, true);
    timer_start(&f->guard, f->loop, 500, give_up, f);
    while (executor_waiting(f->executor) > 0)
        loop_run(f->loop);
    assert_int_equal(f->results, 0);
    f->connected = true;
    executor_flush(f->executor);
    run(f);
    assert_int_equal(f->results, 1);
    assert_string_equal(f->status, "failed");
}

static void the_same_command_again_is_the_same_answer(void **state)
{
    struct fixture *f = *state;
    adopt_key(f);
    struct wire_command c = sample(f, "c1");
    give(f, &c, true);
    give(f, &c, true);
    assert_string_equal(f->status, "running");
    run(f);
    assert_string_equal(f->status, "failed");
    give(f, &c, true);
    run(f);
    assert_string_equal(f->status, "failed");
    assert_string_equal(f->reason, "api_unavailable");
    c = sample(f, "c2");
    c.nonce = "c1";
    give(f, &c, true);
    assert_string_equal(f->reason, "replay");
}

static void cancelled_before_it_begins_it_never_runs(void **state)
{
    struct fixture *f = *state;
    adopt_key(f);
    struct wire_command c = sample(f, "c1");
    give(f, &c, true);
    executor_cancel(f->executor, "c1");
    assert_string_equal(f->status, "cancelled");
    assert_int_equal(executor_waiting(f->executor), 0);
    c = sample(f, "c2");
    give(f, &c, true);
    run(f);
    assert_string_equal(f->status, "failed");
}

static void beyond_the_queue_commands_are_answered_busy(void **state)
{
    struct fixture *f = *state;
    f->keys.allow_unsigned = true;
    for (int i = 0; i < EXECUTOR_QUEUE_MAX; i++) {
        AUTO_FREE char *id = str_printf("c%d", i);
        struct wire_command c = sample(f, id);
        give(f, &c, false);
        assert_string_equal(f->status, "accepted");
    }
    struct wire_command c = sample(f, "one-too-many");
    give(f, &c, false);
    assert_string_equal(f->reason, "busy");
    executor_stop(f->executor);    /* what waits is interrupted */
    assert_string_equal(f->status, "interrupted");
}

static struct wire_command collection(struct fixture *f, const char *id)
{
    static const char *args[] = { "pod/shop/web-1" };
    struct wire_command c = sample(f, id);
    c.tool = "evidence", c.action = "collect", c.args = args, c.n_args = 1;
    return c;
}

static void a_flood_of_collections_leaves_room_for_a_person(void **state)
{
    struct fixture *f = *state;
    f->keys.allow_unsigned = true;
    f->options.commands_per_minute_max = EXECUTOR_QUEUE_MAX;
    int taken = 0;
    for (int i = 0; i < EXECUTOR_QUEUE_MAX; i++) {
        AUTO_FREE char *id = str_printf("e%d", i);
        struct wire_command c = collection(f, id);
        give(f, &c, false);
        taken += str_eq(f->status, "accepted");
    }
    assert_string_equal(f->reason, "busy");
    assert_int_equal(taken, EXECUTOR_QUEUE_MAX * 3 / 4);
    struct wire_command c = sample(f, "by-hand");
    give(f, &c, false);
    assert_string_equal(f->status, "accepted");
}

static void the_minute_of_a_person_is_not_used_up_by_collections(void **state)
{
    struct fixture *f = *state;
    f->keys.allow_unsigned = true;
    f->options.commands_per_minute_max = 1;
    struct wire_command c = collection(f, "e1"), again = collection(f, "e2"), by_hand = sample(f, "h1"), more = sample(f, "h2");
    give(f, &c, false);
    assert_string_equal(f->status, "accepted");
    give(f, &again, false);
    assert_string_equal(f->reason, "busy");
    give(f, &by_hand, false);
    assert_string_equal(f->status, "accepted");
    give(f, &more, false);
    assert_string_equal(f->reason, "busy");
}

static void what_was_seen_is_forgotten_in_time_and_not_before(void **state)
{
    (void)state;
    static struct replay r;
    r.count = 0;
    assert_true(replay_add(&r, "a", "n", 100, 0));
    assert_int_equal(replay_find(&r, "a"), REPLAY_BEGUN);
    assert_true(replay_knows_nonce(&r, "n"));
    assert_false(replay_knows_nonce(&r, NULL));
    replay_end(&r, "a");
    assert_int_equal(replay_find(&r, "a"), REPLAY_ENDED);
    assert_true(replay_add(&r, "b", NULL, 300, 100));
    assert_int_equal(replay_find(&r, "a"), REPLAY_ENDED);
    assert_true(replay_add(&r, "c", NULL, 300, 200));
    assert_int_equal(replay_find(&r, "a"), REPLAY_UNKNOWN);
    assert_int_equal(replay_find(&r, "b"), REPLAY_BEGUN);
    while (r.count < REPLAY_MAX)
        assert_true(replay_add(&r, "x", NULL, 300, 200));
    assert_false(replay_add(&r, "y", NULL, 300, 200));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_what_the_known_key_signed_is_begun),
        TEST(another_key_is_refused_later),
        TEST(altered_commands_are_refused),
        TEST(a_command_for_another_cluster_is_refused),
        TEST(an_agent_without_commands_refuses_each_at_once),
        TEST(time_is_checked_in_both_directions),
        TEST(a_result_that_could_not_be_sent_is_sent_once_the_link_is_there),
        TEST(the_same_command_again_is_the_same_answer),
        TEST(cancelled_before_it_begins_it_never_runs),
        TEST(beyond_the_queue_commands_are_answered_busy),
        TEST(a_flood_of_collections_leaves_room_for_a_person),
        TEST(the_minute_of_a_person_is_not_used_up_by_collections),
        cmocka_unit_test(what_was_seen_is_forgotten_in_time_and_not_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
