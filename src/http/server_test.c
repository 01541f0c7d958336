/* The server against raw sockets: it runs on a loop of its own thread, the tests write bytes and read what comes. */
#include "http/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/metric.h"
#include "base/str.h"
#include "http/test_certificate.h"

struct site {
    struct loop *loop;
    struct http_server *server;
    _Atomic(struct http_exchange *) held; /* /late waits for its timer */
    struct timer timer;
    struct http_stream *stream;
    atomic_int dropped, closed, refused; /* counted by the loop, read by the test */
};

static void drop_one(void *data)
{
    ++((struct site *)data)->dropped;
}

static void on_late(void *arg)
{
    struct site *s = arg;
    http_reply(s->held, 200, "text/plain", http_gone(s->held) ? "gone" : "late", 4);
    s->held = NULL;
}

static void late(struct site *s, struct http_exchange *x)
{
    s->held = x;
    http_attach(x, s, drop_one);
    timer_start(&s->timer, s->loop, 10, on_late, s);
}

static void on_closed(void *arg)
{
    ++((struct site *)arg)->closed;
}

static void count_to_three(struct site *s, struct http_exchange *x)
{
    struct http_stream *stream = http_stream_begin(x, 200, "text/plain", 64, on_closed, s);
    for (const char *c = "123"; *c; c++)
        assert_int_equal(http_stream_send(stream, c, 1), 0);
    http_stream_end(stream);
}

static void on_fill(void *arg)
{
    struct site *s = arg;
    static const char block[4096];
    while (!s->closed && http_stream_send(s->stream, block, sizeof block) == 0) {
    }
    ++s->refused;
    if (!s->closed)
        timer_start(&s->timer, s->loop, 1, on_fill, s);
}

static void without_end(struct site *s, struct http_exchange *x)
{
    s->stream = http_stream_begin(x, 200, "text/plain", 65536, on_closed, s);
    timer_start(&s->timer, s->loop, 0, on_fill, s);
}

static void quiet(struct site *s, struct http_exchange *x)
{
    s->stream = http_stream_begin(x, 200, "text/plain", 64, on_closed, s);
}

static void cut(struct site *s, struct http_exchange *x)
{
    struct http_stream *stream = http_stream_begin(x, 200, "text/plain", 64, on_closed, s);
    http_stream_cut(stream);
}

static void hello(struct site *s, struct http_exchange *x)
{
    (void)s;
    http_set_header(x, "X-Split", "a\r\nX-Evil: b");
    http_reply_static(x, 200, "text/plain", "hello", 5);
}

static void tell(struct site *s, struct http_exchange *x)
{
    (void)s;
    size_t size;
    const char *body = http_body(x, &size);
    AUTO_BUF struct buf out = { 0 };
    buf_printf(&out, "%s %s q=%s h=%s %zu:%s %s", http_method(x), http_path(x), http_query(x, "q"),
               http_header(x, "x-THING"), size, body, http_peer(x));
    http_reply(x, 200, "text/plain", out.data, out.size);
}

static const struct page {
    const char *path;
    void (*show)(struct site *s, struct http_exchange *x);
} pages[] = {
    { "/hello", hello },         { "/late", late },   { "/three", count_to_three },
    { "/endless", without_end }, { "/quiet", quiet }, { "/cut", cut },
    { "/tell", tell },
};

static void show(void *arg, struct http_exchange *x)
{
    for (size_t i = 0; i < COUNT(pages); i++)
        if (str_eq(pages[i].path, http_path(x))) {
            pages[i].show(arg, x);
            return;
        }
    http_reply_problem(x, 404, "no page \"%s\"", http_path(x));
}

static const struct http_limits test_limits = {
    .body_max = 1000, .header_max = 4096, .connections_max = 300, .per_address_max = 300, .idle_ms = 1000
};

static struct site *open_site(const char *listen)
{
    struct site *s = mem_alloc(sizeof *s);
    struct err e;
    *s = (struct site){ .loop = loop_new("site", 16) };
    s->server = http_server_new(s->loop, listen, &test_limits, NULL, show, s, &e);
    if (!s->server)
        fail_msg("%s", e.text);
    assert_int_equal(loop_start(s->loop, &e), 0);
    return s;
}

static int set_up(void **state)
{
    *state = open_site("127.0.0.1:0");
    return 0;
}

static void stop_site(struct site *s)
{
    loop_stop(s->loop);
    loop_join(s->loop);
    http_server_free(s->server);
    s->server = NULL;
}

static void free_site(struct site *s)
{
    if (s->server)
        stop_site(s);
    if (s->held)
        http_reply(s->held, 200, NULL, "", 0);
    loop_free(s->loop);
    free(s);
}

static int tear_down(void **state)
{
    free_site(*state);
    return 0;
}

static int dial(int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = { .tv_sec = 10 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* cut by the server: the answer tells */
        data += n;
        size -= (size_t)n;
    }
}

static void say_text(int fd, const char *text)
{
    say(fd, text, strlen(text));
}

/* Everything until the server closes. */
static char *hear(int fd)
{
    struct buf in = { 0 };
    char piece[4096];
    ssize_t n;
    while ((n = recv(fd, piece, sizeof piece, 0)) > 0 || (n < 0 && errno == EINTR))
        buf_add(&in, piece, n > 0 ? (size_t)n : 0);
    if (n < 0 && errno == EAGAIN)
        buf_str(&in, "(still open)");
    close(fd);
    return buf_take(&in, NULL);
}

static char *ask(struct site *s, const char *request)
{
    int fd = dial(http_server_port(s->server));
    say_text(fd, request);
    return hear(fd);
}

static void expect(struct site *s, const char *request, const char *start, const char *part)
{
    AUTO_FREE char *answer = ask(s, request);
    if (!str_starts(answer, start) || !strstr(answer, part))
        fail_msg("asked:\n%s\nwanted: %s … %s\ngot: %s", request, start, part, answer);
}

/* Waits for the loop's thread to get somewhere, without a fixed sleep. */
static void until(const atomic_int *value, int wanted)
{
    for (int i = 0; i < 5000 && *value < wanted; i++)
        usleep(1000);
    assert_true(*value >= wanted);
}

/* From the metrics as they are scraped. */
static double refused(const char *why)
{
    AUTO_BUF struct buf text = { 0 };
    metric_print(&text);
    AUTO_FREE char *mark = str_printf("aetherius_http_refused_total{why=\"%s\"} ", why);
    const char *at = strstr(buf_text(&text), mark);
    return at ? strtod(at + strlen(mark), NULL) : 0;
}

#define CLOSE "Connection: close\r\n"

static void a_request_is_answered(void **state)
{
    expect(*state, "GET /hello HTTP/1.1\r\nHost: a\r\n" CLOSE "\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\nhello");
    expect(*state, "GET /hello HTTP/1.0\r\n\r\n", "HTTP/1.", "\r\n\r\nhello");
    expect(*state, "POST /tell?q=a+b HTTP/1.1\r\nHost: a\r\nX-Thing: t\r\nContent-Length: 4\r\n" CLOSE "\r\nbody",
           "HTTP/1.1 200", "POST /tell q=a b h=t 4:body 127.0.0.1");
    expect(*state,
           "POST /tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" CLOSE
           "\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
           "HTTP/1.1 200", " 3:abc ");
    expect(*state, "GET /other HTTP/1.1\r\nHost: a\r\n" CLOSE "\r\n", "HTTP/1.1 404 Not Found\r\n",
           "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"no page \\\"/other\\\"\"}");
}

static void a_connection_serves_one_request_after_the_other(void **state)
{
    expect(*state,
           "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /late HTTP/1.1\r\nHost: a\r\n\r\nGET /three HTTP/1.1\r\nHost: "
           "a\r\n" CLOSE "\r\n",
           "HTTP/1.1 200", "late");
}

static void a_header_of_ours_cannot_be_split(void **state)
{
    AUTO_FREE char *answer = ask(*state, "GET /hello HTTP/1.1\r\nHost: a\r\n" CLOSE "\r\n");
    assert_non_null(strstr(answer, "X-Split: a  X-Evil: b\r\n"));
}

static void an_answer_may_come_later(void **state)
{
    struct site *s = *state;
    expect(s, "GET /late HTTP/1.1\r\nHost: a\r\n" CLOSE "\r\n", "HTTP/1.1 200", "\r\n\r\nlate");
    until(&s->dropped, 1);
}

static void an_exchange_outlives_its_client_until_it_is_answered(void **state)
{
    struct site *s = *state;
    int fd = dial(http_server_port(s->server));
    say_text(fd, "GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    shutdown(fd, SHUT_WR);
    AUTO_FREE char *answer = hear(fd);
    assert_string_equal(answer, "");
    until(&s->dropped, 1);
    assert_int_equal(s->dropped, 1);
}

static void an_exchange_outlives_the_server_until_it_is_answered(void **state)
{
    struct site *s = *state;
    int fd = dial(http_server_port(s->server));
    say_text(fd, "GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    while (!s->held)
        usleep(100);
    stop_site(s);
    close(fd);
    if (!s->held)
        return; /* the timer was quicker than we */
    timer_stop(&s->timer);
    assert_true(http_gone(s->held));
    assert_int_equal(s->dropped, 0);
    http_reply(s->held, 200, NULL, "", 0);
    s->held = NULL;
    assert_int_equal(s->dropped, 1);
}

static void a_stream_is_chunked_and_ends_in_order(void **state)
{
    struct site *s = *state;
    expect(s, "GET /three HTTP/1.1\r\nHost: a\r\n" CLOSE "\r\n", "HTTP/1.1 200", "\r\n3\r\n123\r\n0\r\n\r\n");
    until(&s->closed, 1);
}

static void a_stream_may_be_cut_without_its_end(void **state)
{
    struct site *s = *state;
    AUTO_FREE char *answer = ask(s, "GET /cut HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_null(strstr(answer, "0\r\n\r\n"));
    until(&s->closed, 1);
}

static void a_reader_who_leaves_is_noticed_in_the_quiet(void **state)
{
    struct site *s = *state;
    int fd = dial(http_server_port(s->server));
    say_text(fd, "GET /quiet HTTP/1.1\r\nHost: a\r\n\r\n");
    char head[17] = "";
    assert_int_equal(recv(fd, head, 16, MSG_WAITALL), 16);
    assert_string_equal(head, "HTTP/1.1 200 OK\r");
    assert_int_equal(s->closed, 0);
    close(fd);
    until(&s->closed, 1);
}

static void a_slow_reader_fills_a_bounded_buffer_and_is_cut_when_it_stands_still(void **state)
{
    struct site *s = *state;
    int fd = dial(http_server_port(s->server));
    say_text(fd, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
    until(&s->refused, 5);
    until(&s->closed, 1); /* after idle_ms without progress */
    close(fd);
}

static void the_end_of_the_server_ends_its_streams(void **state)
{
    struct site *s = *state;
    int quiet_fd = dial(http_server_port(s->server)), idle_fd = dial(http_server_port(s->server));
    say_text(quiet_fd, "GET /quiet HTTP/1.1\r\nHost: a\r\n\r\n");
    char head[16];
    assert_int_equal(recv(quiet_fd, head, sizeof head, MSG_WAITALL), 16);
    stop_site(s);
    assert_int_equal(s->closed, 1);
    AUTO_FREE char *rest = hear(quiet_fd);
    assert_null(strstr(rest, "0\r\n\r\n"));
    close(idle_fd);
}

static void what_a_proxy_might_read_differently_is_answered_400(void **state)
{
    static const char *const bad[] = {
        "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
        "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc",
        "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: "
        "3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET /hello HTTP/1.1\nHost: a\n\n",
        "GET /hello HTTP/1.1\r\nHost: a\nX-Thing: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX-Thing: b\r\n folded\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\n X-Thing: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\rX-Thing: b\r\n\r\n",
        "GET http://a/hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hel%00lo HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hel%zzlo HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  /hello  HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello\r\nHost: a\r\n\r\n",
    };
    double before = refused("malformed");
    for (size_t i = 0; i < COUNT(bad); i++)
        expect(*state, bad[i], "HTTP/1.1 400", "");
    assert_true(refused("malformed") > before); /* by us; the library counts none of its own */
    expect(*state, "POST /tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 ",
           "");
}

static void a_refused_connection_is_closed_with_what_else_it_carried(void **state)
{
    AUTO_FREE char *answer = ask(*state, "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: "
                                         "3\r\n\r\nabcGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    assert_null(strstr(answer, "hello"));
    assert_null(strstr(answer, "still open"));
}

static void bodies_beyond_the_limit_are_413(void **state)
{
    expect(*state, "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\nabc", "HTTP/1.1 413", "too large");
    expect(*state, "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\nabc", "HTTP/1.1 413",
           "too large");
    AUTO_BUF struct buf request = { 0 };
    buf_str(&request, "POST /tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 101; i++)
        buf_str(&request, "a\r\n0123456789\r\n");
    buf_str(&request, "0\r\n\r\n");
    expect(*state, buf_text(&request), "HTTP/1.1 413", "too large");
}

static void chunks_without_end_are_cut_and_not_kept(void **state)
{
    struct site *s = *state;
    int fd = dial(http_server_port(s->server));
    say_text(fd, "POST /tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    static char chunk[16384 + 8];
    memset(chunk, 'x', sizeof chunk);
    memcpy(chunk, "4000\r\n", 6);
    memcpy(chunk + 6 + 16384, "\r\n", 2);
    int sent = 0;
    while (sent < 6400 && send(fd, chunk, sizeof chunk, MSG_NOSIGNAL) > 0)
        sent++;
    assert_in_range(sent, 16, 1000); /* 100 MiB were offered */
    close(fd);
}

static void heads_beyond_the_limit_are_431_or_414(void **state)
{
    AUTO_BUF struct buf long_line = { 0 }, long_head = { 0 }, many = { 0 };
    AUTO_FREE char *filler = mem_alloc(1024 * 1024 + 1);
    memset(filler, 'a', 1024 * 1024);
    filler[1024 * 1024] = '\0';
    buf_printf(&long_line, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", filler);
    expect(*state, buf_text(&long_line), "HTTP/1.1 414", "");
    filler[4096] = '\0';
    buf_printf(&long_head, "GET /hello HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n", filler);
    expect(*state, buf_text(&long_head), "HTTP/1.1 431", "");
    buf_str(&many, "GET /hello HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 10000; i++)
        buf_printf(&many, "X-%d: 1\r\n", i);
    buf_str(&many, "\r\n");
    expect(*state, buf_text(&many), "HTTP/1.1 431", "");
}

static void dripping_requests_are_cut_and_others_are_served_meanwhile(void **state)
{
    struct site *s = *state;
    enum { LORIS = 200 };
    static int fds[LORIS];
    for (int i = 0; i < LORIS; i++) {
        fds[i] = dial(http_server_port(s->server));
        say_text(fds[i], i % 2 ? "GET /hello HTTP/1.1\r\nHost: a\r\nX: "
                               : "POST /tell HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n");
    }
    int64_t begin_ms = clock_mono_ms(), worst_ms = 0;
    int left = LORIS;
    while (left > 0 && clock_mono_ms() - begin_ms < 10000) {
        left = 0;
        for (int i = 0; i < LORIS; i++)
            left += send(fds[i], "x", 1, MSG_NOSIGNAL) == 1;
        int64_t asked_ms = clock_mono_ms();
        expect(s, "GET /hello HTTP/1.1\r\nHost: a\r\n" CLOSE "\r\n", "HTTP/1.1 200", "hello");
        if (clock_mono_ms() - asked_ms > worst_ms)
            worst_ms = clock_mono_ms() - asked_ms;
        usleep(100000);
    }
    assert_int_equal(left, 0);
    assert_true(worst_ms < 2000);
    assert_true(refused("slow") >= LORIS);
    for (int i = 0; i < LORIS; i++)
        close(fds[i]);
}

static void an_idle_connection_is_closed(void **state)
{
    struct site *s = *state;
    AUTO_FREE char *answer = ask(s, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_non_null(strstr(answer, "hello"));
    assert_null(strstr(answer, "still open"));
}

static void a_taken_port_is_named(void **state)
{
    struct site *s = *state;
    struct err e;
    char listen[32];
    snprintf(listen, sizeof listen, "127.0.0.1:%d", http_server_port(s->server));
    struct loop *other = loop_new("other", 1);
    assert_null(http_server_new(other, listen, NULL, NULL, show, s, &e));
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_non_null(strstr(e.text, "is taken by another process"));
    loop_free(other);
}

static void bad_addresses_are_explained(void **state)
{
    (void)state;
    static const char *const bad[] = { "",           "8080",        "a:b:1",
                                       "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000",
                                       "[::1:80",    "unix:",       "no such host:1" };
    struct loop *l = loop_new("bad", 1);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct err e = { 0 };
        if (http_server_new(l, bad[i], NULL, NULL, show, NULL, &e))
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(e.kind, ERR_INVALID);
    }
    struct err e;
    struct http_tls tls = { .certificate = "no PEM", .key = "no PEM" };
    assert_null(http_server_new(l, "127.0.0.1:0", NULL, &tls, show, NULL, &e));
    assert_int_equal(e.kind, ERR_INVALID);
    loop_free(l);
}

static void a_unix_socket_serves_and_its_file_goes_with_it(void **state)
{
    (void)state;
    char path[] = "/tmp/http-test-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    unlink(path);
    AUTO_FREE char *listen = str_printf("unix:%s", path);

    for (int life = 0; life < 2; life++) {
        struct site *s = open_site(listen);
        struct sockaddr_un to = { .sun_family = AF_UNIX };
        str_copy(to.sun_path, sizeof to.sun_path, path);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
        say_text(fd, "GET /tell HTTP/1.1\r\nHost: a\r\n" CLOSE "\r\n");
        AUTO_FREE char *answer = hear(fd);
        assert_non_null(strstr(answer, " unix"));
        free_site(s);
        assert_int_equal(access(path, F_OK), -1);

        int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); /* as a crash leaves it */
        assert_int_equal(bind(stale, (struct sockaddr *)&to, sizeof to), 0);
        close(stale);
    }
    unlink(path);
}

static void a_handshake_that_does_not_come_is_cut(void **state)
{
    (void)state;
    struct site *s = mem_alloc(sizeof *s);
    struct err e;
    *s = (struct site){ .loop = loop_new("site", 16) };
    s->server = http_server_new(s->loop, "127.0.0.1:0", &test_limits,
                                &(struct http_tls){ .certificate = test_certificate, .key = test_key }, show, s, &e);
    assert_non_null(s->server);
    assert_int_equal(loop_start(s->loop, &e), 0);
    int fd = dial(http_server_port(s->server));
    say(fd, "\x16\x03\x01", 3); /* the beginning of a hello */
    AUTO_FREE char *answer = hear(fd);
    assert_null(strstr(answer, "still open"));
    free_site(s);
}

static void without_a_host_both_families_are_served(void **state)
{
    (void)state;
    struct site *s = open_site(":0");
    expect(s, "GET /tell HTTP/1.1\r\nHost: a\r\n" CLOSE "\r\n", "HTTP/1.1 200", " 127.0.0.1");
    free_site(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered),
        TEST(a_connection_serves_one_request_after_the_other),
        TEST(a_header_of_ours_cannot_be_split),
        TEST(an_answer_may_come_later),
        TEST(an_exchange_outlives_its_client_until_it_is_answered),
        TEST(an_exchange_outlives_the_server_until_it_is_answered),
        TEST(a_stream_is_chunked_and_ends_in_order),
        TEST(a_stream_may_be_cut_without_its_end),
        TEST(a_reader_who_leaves_is_noticed_in_the_quiet),
        TEST(a_slow_reader_fills_a_bounded_buffer_and_is_cut_when_it_stands_still),
        TEST(the_end_of_the_server_ends_its_streams),
        TEST(what_a_proxy_might_read_differently_is_answered_400),
        TEST(a_refused_connection_is_closed_with_what_else_it_carried),
        TEST(bodies_beyond_the_limit_are_413),
        TEST(chunks_without_end_are_cut_and_not_kept),
        TEST(heads_beyond_the_limit_are_431_or_414),
        TEST(dripping_requests_are_cut_and_others_are_served_meanwhile),
        TEST(an_idle_connection_is_closed),
        TEST(a_taken_port_is_named),
        cmocka_unit_test(bad_addresses_are_explained),
        cmocka_unit_test(a_unix_socket_serves_and_its_file_goes_with_it),
        cmocka_unit_test(a_handshake_that_does_not_come_is_cut),
        cmocka_unit_test(without_a_host_both_families_are_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
