/* The client against the server of this folder, both on one loop. */
#include "http/client.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "http/server.h"
#include "http/test_certificate.h"

#define STREAMS 100
#define FLOOD   ((size_t)2 * 1024 * 1024) /* more than two sockets hold */

struct world;

struct caller {
    struct world *world;
    struct http_call *call;
    struct buf got;
    int begun, done, status;
    int64_t retry_after_ms;
    bool whole, give_up, cancel_at_data, free_at_done, pause_at_data;
    char content_type[64];
    struct err err;
};

struct sender {
    struct world *world;
    struct http_stream *stream;
    size_t sent;
    bool was_full, closed;
};

struct world {
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    struct caller caller, callers[STREAMS];
    struct sender sender;
    struct timer timer, pump;
    int left;
};

/* ---- the server's side ---- */

static void echo(struct world *w, struct http_exchange *x)
{
    (void)w;
    size_t size;
    const char *body = http_body(x, &size);
    AUTO_BUF struct buf out = { 0 };
    buf_printf(&out, "%s %s %s %s %zu:%s", http_method(x), http_header(x, "Authorization"), http_header(x, "X-Thing"),
               http_header(x, "Host"), size, body);
    http_reply(x, 201, "text/plain; charset=utf-8", out.data, out.size);
}

static void busy(struct world *w, struct http_exchange *x)
{
    (void)w;
    http_set_header(x, "Retry-After", "7");
    http_reply_problem(x, 429, "later");
}

static void moved(struct world *w, struct http_exchange *x)
{
    (void)w;
    http_set_header(x, "Location", "/echo");
    http_reply(x, 302, NULL, "", 0);
}

static void zipped(struct world *w, struct http_exchange *x)
{
    (void)w;
    static const unsigned char body[] = {
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b, 0xc8, 0x49, 0xcc, 0xcc, 0x53, 0x28, 0x49,
        0xad, 0x28, 0x51, 0xc8, 0x4f, 0x53, 0x48, 0x54, 0x48, 0xce, 0xcf, 0x2d, 0x28, 0x4a, 0x2d, 0x2e, 0x4e, 0x4d,
        0x51, 0x48, 0xcc, 0x2b, 0x2e, 0x4f, 0x2d, 0x02, 0x00, 0xb3, 0x3f, 0x8c, 0x44, 0x21, 0x00, 0x00, 0x00,
    };
    if (!str_eq(http_header(x, "Accept-Encoding"), "gzip")) {
        http_reply(x, 406, NULL, "", 0);
        return;
    }
    http_set_header(x, "Content-Encoding", "gzip");
    http_reply(x, 200, "text/plain", body, sizeof body);
}

static void silent(struct world *w, struct http_exchange *x)
{
    w->sender.stream = http_stream_begin(x, 200, "text/plain", 64, NULL, NULL);
}

static void half(struct world *w, struct http_exchange *x)
{
    (void)w;
    struct http_stream *s = http_stream_begin(x, 200, "text/plain", 64, NULL, NULL);
    assert_int_equal(http_stream_send(s, "half", 4), 0);
    http_stream_cut(s);
}

static void three(struct world *w, struct http_exchange *x)
{
    (void)w;
    struct http_stream *s = http_stream_begin(x, 200, "text/plain", 64, NULL, NULL);
    assert_int_equal(http_stream_send(s, "one\ntwo\n", 8), 0);
    assert_int_equal(http_stream_send(s, "three\n", 6), 0);
    http_stream_end(s);
}

static void on_pump(void *arg)
{
    struct world *w = arg;
    struct sender *s = &w->sender;
    static const char block[16384];
    while (!s->closed && s->sent < FLOOD) {
        if (http_stream_send(s->stream, block, sizeof block) != 0) {
            s->was_full = true;
            timer_start(&w->pump, w->loop, 1, on_pump, w);
            return;
        }
        s->sent += sizeof block;
    }
    if (!s->closed)
        http_stream_end(s->stream);
}

static void sender_closed(void *arg)
{
    ((struct sender *)arg)->closed = true;
}

static void flood(struct world *w, struct http_exchange *x)
{
    w->sender.stream = http_stream_begin(x, 200, "text/plain", 65536, sender_closed, &w->sender);
    timer_start(&w->pump, w->loop, 0, on_pump, w);
}

static const struct page {
    const char *path;
    void (*show)(struct world *w, struct http_exchange *x);
} pages[] = {
    { "/echo", echo },     { "/busy", busy }, { "/moved", moved }, { "/zipped", zipped },
    { "/silent", silent }, { "/half", half }, { "/three", three }, { "/flood", flood },
};

static void show(void *arg, struct http_exchange *x)
{
    for (size_t i = 0; i < COUNT(pages); i++)
        if (str_eq(pages[i].path, http_path(x))) {
            pages[i].show(arg, x);
            return;
        }
    http_reply_problem(x, 404, "no such page");
}

/* ---- the client's side ---- */

static bool on_begin(void *arg, int status)
{
    struct caller *c = arg;
    c->begun++;
    c->status = status;
    return !c->give_up;
}

static void on_enough(void *arg)
{
    loop_stop(((struct world *)arg)->loop);
}

static void on_data(void *arg, const char *data, size_t size)
{
    struct caller *c = arg;
    assert_int_equal(c->begun, 1);
    buf_add(&c->got, data, size);
    if (c->cancel_at_data) {
        http_call_cancel(c->call);
        timer_start(&c->world->timer, c->world->loop, 20, on_enough, c->world);
    }
    if (c->pause_at_data) {
        c->pause_at_data = false;
        http_call_pause(c->call, true);
    }
}

static const struct http_stream_handlers handlers = { .begin = on_begin, .data = on_data };

static void on_done(void *arg, const struct http_answer *answer)
{
    struct caller *c = arg;
    c->done++;
    c->status = answer->status;
    c->whole = answer->whole;
    c->retry_after_ms = answer->retry_after_ms;
    str_copy(c->content_type, sizeof c->content_type, str_or_empty(answer->content_type));
    buf_add(&c->got, answer->body, answer->size);
    assert_int_equal(answer->body[answer->size], 0);
    assert_true(answer->whole == (answer->err == NULL));
    if (answer->err)
        c->err = *answer->err;
    if (c->free_at_done) {
        http_client_free(c->world->client);
        c->world->client = NULL;
    }
    if (--c->world->left == 0)
        loop_stop(c->world->loop);
}

static struct world *open_world(const struct http_tls *tls, const struct http_identity *identity)
{
    static const struct http_limits limits = {
        .body_max = 1 << 20, .header_max = 8192, .connections_max = 300, .per_address_max = 300, .idle_ms = 5000
    };
    struct world *w = mem_alloc(sizeof *w);
    memset(w, 0, sizeof *w);
    struct err e;
    w->loop = loop_new("world", 4);
    w->server = http_server_new(w->loop, "127.0.0.1:0", &limits, tls, show, w, &e);
    if (!w->server)
        fail_msg("%s", e.text);
    w->client = http_client_new(w->loop, identity, STREAMS + 10);
    w->caller.world = w;
    w->sender.world = w;
    return w;
}

static void close_world(struct world *w)
{
    http_client_free(w->client);
    http_server_free(w->server);
    timer_stop(&w->timer);
    timer_stop(&w->pump);
    loop_free(w->loop);
    buf_fini(&w->caller.got);
    for (int i = 0; i < STREAMS; i++)
        buf_fini(&w->callers[i].got);
    free(w);
}

static int set_up(void **state)
{
    *state = open_world(NULL, NULL);
    return 0;
}

static int tear_down(void **state)
{
    close_world(*state);
    return 0;
}

static void start(struct caller *c, const char *scheme, const char *path, struct http_get get, bool stream)
{
    AUTO_FREE char *url = str_printf("%s://127.0.0.1:%d%s", scheme, http_server_port(c->world->server), path);
    get.url = url;
    c->world->left++;
    c->call = http_call(c->world->client, &get, stream ? &handlers : NULL, on_done, c);
    assert_int_equal(c->done, 0);
}

static struct caller *get(struct world *w, const char *path, struct http_get options, bool stream)
{
    start(&w->caller, "http", path, options, stream);
    loop_run(w->loop);
    assert_int_equal(w->caller.done, 1);
    return &w->caller;
}

#define COLLECT false
#define STREAM  true
#define PLAIN   (struct http_get){ 0 }

static void an_answer_is_collected(void **state)
{
    const char *const headers[] = { "X-Thing: t", "Content-Type: text/plain", NULL };
    struct caller *c = get(
        *state, "/echo",
        (struct http_get){ .method = "POST", .headers = headers, .bearer = "secret\n", .body = "abc", .body_size = 3 },
        COLLECT);
    assert_int_equal(c->status, 201);
    assert_true(c->whole);
    assert_string_equal(c->content_type, "text/plain; charset=utf-8");
    AUTO_FREE char *wanted = str_printf("POST Bearer secret t 127.0.0.1:%d 3:abc", http_server_port(c->world->server));
    assert_string_equal(buf_text(&c->got), wanted);
}

static void methods_without_a_body_work(void **state)
{
    static const char *const methods[] = { "GET", "DELETE", "POST", "PUT", "PATCH" };
    struct world *w = *state;
    for (size_t i = 0; i < COUNT(methods); i++) {
        w->caller.done = 0;
        buf_reset(&w->caller.got);
        get(w, "/echo", (struct http_get){ .method = methods[i] }, COLLECT);
        assert_true(str_starts(buf_text(&w->caller.got), methods[i]));
    }
}

static void an_error_answer_is_an_answer_and_says_when_to_come_back(void **state)
{
    struct caller *c = get(*state, "/busy", PLAIN, COLLECT);
    assert_int_equal(c->status, 429);
    assert_int_equal(c->retry_after_ms, 7000);
    assert_true(c->whole);
    assert_non_null(strstr(buf_text(&c->got), "later"));
}

static void redirects_are_not_followed(void **state)
{
    assert_int_equal(get(*state, "/moved", PLAIN, COLLECT)->status, 302);
}

static void a_stream_begins_brings_data_and_ends_whole(void **state)
{
    struct caller *c = get(*state, "/three", PLAIN, STREAM);
    assert_int_equal(c->begun, 1);
    assert_string_equal(buf_text(&c->got), "one\ntwo\nthree\n");
    assert_true(c->whole);
}

static void a_stream_that_is_refused_is_collected(void **state)
{
    struct caller *c = get(*state, "/busy", PLAIN, STREAM);
    assert_int_equal(c->begun, 1);
    assert_int_equal(c->status, 429);
    assert_true(c->whole);
    assert_non_null(strstr(buf_text(&c->got), "later"));
}

static void a_cut_stream_is_not_whole(void **state)
{
    struct caller *c = get(*state, "/half", PLAIN, STREAM);
    assert_false(c->whole);
    assert_int_equal(c->status, 200);
    assert_int_equal(c->err.kind, ERR_UNAVAILABLE);
}

static void a_stream_may_be_given_up_at_its_status(void **state)
{
    struct world *w = *state;
    w->caller.give_up = true;
    struct caller *c = get(w, "/three", PLAIN, STREAM);
    assert_int_equal(c->status, 200);
    assert_false(c->whole);
    assert_string_equal(buf_text(&c->got), "");
}

static void a_silence_ends_the_call(void **state)
{
    struct caller *c = get(*state, "/silent", (struct http_get){ .silence_ms = 30 }, STREAM);
    assert_int_equal(c->begun, 1);
    assert_int_equal(c->status, 200);
    assert_int_equal(c->err.kind, ERR_TIMEOUT);
    assert_non_null(strstr(c->err.text, "http://127.0.0.1:"));
}

static void a_call_has_an_end(void **state)
{
    struct caller *c = get(*state, "/silent", (struct http_get){ .total_ms = 30 }, COLLECT);
    assert_int_equal(c->err.kind, ERR_TIMEOUT);
}

static void an_answer_beyond_the_limit_is_not_kept(void **state)
{
    struct caller *c = get(*state, "/flood", (struct http_get){ .body_max = 100000 }, COLLECT);
    assert_int_equal(c->err.kind, ERR_TOO_LARGE);
    assert_true(c->got.size <= 100000);
}

static void nobody_there_is_said(void **state)
{
    struct world *w = *state;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    getsockname(fd, (struct sockaddr *)&address, &size); /* bound, not listening: ours, and refused */
    AUTO_FREE char *url = str_printf("http://127.0.0.1:%d/?token=secret", ntohs(address.sin_port));
    w->left = 1;
    http_call(w->client, &(struct http_get){ .url = url }, NULL, on_done, &w->caller);
    loop_run(w->loop);
    close(fd);
    assert_int_equal(w->caller.status, 0);
    assert_int_equal(w->caller.err.kind, ERR_UNAVAILABLE);
    assert_null(strstr(w->caller.err.text, "secret"));
}

static void a_bad_address_is_invalid(void **state)
{
    static const char *const bad[] = { "ftp://127.0.0.1/", "http://", "no address", "file:///etc/passwd" };
    struct world *w = *state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        w->left = 1;
        w->caller.done = 0;
        http_call(w->client, &(struct http_get){ .url = bad[i] }, NULL, on_done, &w->caller);
        loop_run(w->loop);
        assert_int_equal(w->caller.done, 1);
        if (w->caller.err.kind != ERR_INVALID && w->caller.err.kind != ERR_UNAVAILABLE)
            fail_msg("%s: %s", bad[i], w->caller.err.text);
    }
}

static void compression_is_asked_for_when_wanted(void **state)
{
    struct world *w = *state;
    assert_int_equal(get(w, "/zipped", PLAIN, COLLECT)->status, 406);
    w->caller.done = 0;
    struct caller *c = get(w, "/zipped", (struct http_get){ .compressed = true }, COLLECT);
    assert_int_equal(c->status, 200);
    assert_string_equal(buf_text(&c->got), "plain text of a compressed answer");
}

static void on_resume(void *arg)
{
    struct world *w = arg;
    assert_true(w->sender.was_full);
    assert_true(w->caller.got.size < FLOOD / 2);
    assert_int_equal(w->caller.done, 0);
    http_call_pause(w->caller.call, false);
}

static void a_paused_reader_holds_the_sender_back_and_loses_nothing(void **state)
{
    struct world *w = *state;
    w->caller.pause_at_data = true;
    timer_start(&w->timer, w->loop, 100, on_resume, w);
    struct caller *c = get(w, "/flood", (struct http_get){ .silence_ms = 50 }, STREAM); /* a pause is no silence */
    assert_true(c->whole);
    assert_int_equal(c->got.size, FLOOD);
}

static void a_cancelled_call_is_not_heard_of_again(void **state)
{
    struct world *w = *state;
    w->callers[0].world = w;
    start(&w->caller, "http", "/echo", PLAIN, COLLECT);
    http_call_cancel(w->caller.call); /* before it began */
    start(&w->caller, "http", "/silent", PLAIN, STREAM);
    start(&w->callers[0], "http", "/echo", PLAIN, COLLECT);
    w->left = 1;
    loop_run(w->loop);
    http_call_cancel(w->caller.call); /* while it runs */
    w->callers[0].done = 0;
    start(&w->callers[0], "http", "/echo", PLAIN, COLLECT);
    w->left = 1;
    loop_run(w->loop);
    assert_int_equal(w->callers[0].done, 1);
    assert_int_equal(w->caller.done, 0);
}

static void a_call_may_be_cancelled_from_its_own_data(void **state)
{
    struct world *w = *state;
    w->caller.cancel_at_data = true;
    start(&w->caller, "http", "/three", PLAIN, STREAM);
    loop_run(w->loop);
    assert_int_equal(w->caller.done, 0);
    assert_true(w->caller.got.size > 0);
}

static void the_client_may_be_freed_by_an_answer(void **state)
{
    struct world *w = *state;
    w->callers[0].world = w;
    w->caller.free_at_done = true;
    start(&w->callers[0], "http", "/silent", PLAIN, STREAM);
    start(&w->caller, "http", "/echo", PLAIN, COLLECT);
    w->left = 1;
    loop_run(w->loop);
    assert_int_equal(w->caller.done, 1);
    assert_int_equal(w->callers[0].done, 0);
}

static void a_hundred_streams_run_side_by_side(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < STREAMS; i++) {
        w->callers[i].world = w;
        start(&w->callers[i], "http", "/three", PLAIN, STREAM);
    }
    loop_run(w->loop);
    for (int i = 0; i < STREAMS; i++) {
        assert_true(w->callers[i].whole);
        assert_string_equal(buf_text(&w->callers[i].got), "one\ntwo\nthree\n");
    }
}

static void tls(const struct http_identity *identity, const char *certificate, enum err_kind kind)
{
    struct world *w = open_world(&(struct http_tls){ .certificate = certificate, .key = test_key }, identity);
    start(&w->caller, "https", "/three", PLAIN, STREAM);
    loop_run(w->loop);
    if (w->caller.err.kind != kind)
        fail_msg("%s", w->caller.err.text);
    assert_true(w->caller.whole == (kind == ERR_NONE));
    close_world(w);
}

static void the_server_is_known_by_its_certificate(void **state)
{
    (void)state;
    tls(&(struct http_identity){ .ca_pem = test_certificate }, test_certificate, ERR_NONE);
    tls(&(struct http_identity){ .ca_pem = test_other_ca }, test_certificate, ERR_REFUSED);
    tls(NULL, test_certificate, ERR_REFUSED);
    tls(&(struct http_identity){ .ca_pem = "no PEM" }, test_certificate, ERR_INVALID);
    tls(&(struct http_identity){ .insecure = true }, test_certificate, ERR_NONE);
}

static void the_certificate_may_carry_another_name_if_told_so(void **state)
{
    (void)state;
    tls(&(struct http_identity){ .ca_pem = test_certificate_by_name }, test_certificate_by_name, ERR_REFUSED);
    tls(&(struct http_identity){ .ca_pem = test_certificate_by_name, .server_name = "api.test" },
        test_certificate_by_name, ERR_NONE);
}

static void text_is_escaped_for_an_address(void **state)
{
    (void)state;
    AUTO_FREE char *escaped = http_escape("a/b c?d=ä~_.-%");
    assert_string_equal(escaped, "a%2Fb%20c%3Fd%3D%C3%A4~_.-%25");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_answer_is_collected),
        TEST(methods_without_a_body_work),
        TEST(an_error_answer_is_an_answer_and_says_when_to_come_back),
        TEST(redirects_are_not_followed),
        TEST(a_stream_begins_brings_data_and_ends_whole),
        TEST(a_stream_that_is_refused_is_collected),
        TEST(a_cut_stream_is_not_whole),
        TEST(a_stream_may_be_given_up_at_its_status),
        TEST(a_silence_ends_the_call),
        TEST(a_call_has_an_end),
        TEST(an_answer_beyond_the_limit_is_not_kept),
        TEST(nobody_there_is_said),
        TEST(a_bad_address_is_invalid),
        TEST(compression_is_asked_for_when_wanted),
        TEST(a_paused_reader_holds_the_sender_back_and_loses_nothing),
        TEST(a_cancelled_call_is_not_heard_of_again),
        TEST(a_call_may_be_cancelled_from_its_own_data),
        TEST(the_client_may_be_freed_by_an_answer),
        TEST(a_hundred_streams_run_side_by_side),
        cmocka_unit_test(the_server_is_known_by_its_certificate),
        cmocka_unit_test(the_certificate_may_carry_another_name_if_told_so),
        cmocka_unit_test(text_is_escaped_for_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
