/* The gateway as its clients see it: raw HTTP from the test's thread, services that answer what the test tells them to. */
#include "central/gateway/gateway.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "central/gateway/dashboard.h"
#include "central/gateway/stream.h"
#include "central/registry.h"
#include "central/supervisor.h"

/* ---- services that know their lines ---- */

static char last_payload[65536];    /* of the newest question; read after its answer has come */

static const struct line {
    const char *what, *envelope;
} lines[] = {
    { "clusters", "{\"status\":200,\"body\":{\"items\":[{\"cluster_id\":\"a\",\"state\":\"online\"},{\"cluster_id\":\"b\",\"state\":\"offline\"}],\"next\":\"c2\"}}" },
    { "counts", "{\"status\":200,\"body\":{\"items\":[{\"cluster_id\":\"a\",\"open_incidents\":2,\"worst_severity\":\"high\"}]}}" },
    { "cluster", "{\"status\":200,\"body\":{\"cluster_id\":\"a\",\"state\":\"online\"}}" },
    { "nodes", "{\"status\":200,\"body\":{\"items\":[],\"next\":\"\"}}" },
    { "agents", "{\"status\":200,\"body\":[]}" },
    { "agent", "{\"status\":404,\"detail\":\"there is no agent x\"}" },
    { "commands", "{\"status\":200,\"body\":{\"items\":[],\"next\":\"\"}}" },
    { "command", "{\"status\":200,\"body\":{\"id\":\"c1\",\"cluster_id\":\"a\",\"state\":\"queued\"}}" },
    { "events", "{\"status\":200,\"body\":{\"items\":[{\"message\":\"</script><script>alert(1)</script>\\u001b[2J\"}],\"next\":\"\"}}" },
    { "histogram", "{\"status\":200,\"body\":{\"items\":[]}}" },
    { "event", "{\"status\":200,\"body\":{\"id\":\"e1\"}}" },
    { "gaps", "{\"status\":200,\"body\":{\"items\":[],\"next\":\"\"}}" },
    { "metrics", "{\"status\":200,\"body\":{\"items\":[]}}" },
    { "edge", "{\"status\":200,\"body\":{\"endpoint\":\"nats://127.0.0.1:4222\",\"connected\":true,\"server_version\":\"2.10.27\"}}" },
    { "incidents", "{\"status\":200,\"body\":{\"items\":[],\"next\":\"\"}}" },
    { "incident", "{\"status\":200,\"body\":{\"id\":\"i1\"}}" },
    { "look-again", "{\"status\":202,\"body\":{\"incident_id\":\"i1\"}}" },
    { "report", "{\"status\":200,\"content_type\":\"text/html; charset=utf-8\",\"text\":\"<p>report</p>\"}" },
    { "entry", "{\"status\":200,\"detail\":\"neither body nor text\"}" },
    { "key", "{\"status\":200,\"body\":{\"command_key\":\"a2V5\",\"key_id\":\"1\"}}" },
};

static void reply_text(struct service_context *c, const struct bus_message *m, const char *text)
{
    struct err e;
    if (bus_reply(c->bus, m, text, strlen(text), &e))
        fail_msg("%s", e.text);
}

static void on_question(struct service_context *c, const struct bus_message *m, json *payload)
{
    const char *what = str_or_empty(json_get_str(payload, "what")), *id = str_or_empty(json_get_str(payload, "id"));
    (void)str_copy(last_payload, sizeof last_payload, m->data);
    if ((str_eq(id, "unwritten") && str_eq(what, "report")) || str_eq(id, "unknown")) {
        AUTO_FREE char *envelope = str_printf("{\"status\":404,\"detail\":\"there is no %s %s\"}", what, id);
        reply_text(c, m, envelope);
        return;
    }
    for (size_t i = 0; i < COUNT(lines); i++)
        if (str_eq(lines[i].what, what))
            reply_text(c, m, lines[i].envelope);
}

/* q=publish:KIND:COUNT:BYTES says so many items on the stream. */
static void on_search(struct service_context *c, const struct bus_message *m, json *payload)
{
    char kind[16] = "";
    int count = 0, bytes = 0;
    const char *q = str_or_empty(json_at_str(payload, "params.q"));
    if (!json_get_str(payload, "id") && sscanf(q, "publish:%15[a-z]:%d:%d", kind, &count, &bytes) == 3) {
        AUTO_FREE char *filler = mem_alloc((size_t)bytes + 1);
        memset(filler, 'x', (size_t)bytes);
        for (int i = 0; i < count; i++) {
            AUTO_JSON_W struct json_w *w = json_w_new();
            json_w_object(w, NULL);
            json_w_int(w, "n", i);
            json_w_strn(w, "filler", filler, (size_t)bytes);
            json_w_end(w);
            service_stream(c, kind, w);
        }
    }
    if (str_eq(json_get_str(payload, "what"), "search"))
        reply_text(c, m, "{\"status\":200,\"body\":{\"items\":[],\"next\":\"\"}}");
    else
        on_question(c, m, payload);
}

static void on_admit(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)payload;
    (void)str_copy(last_payload, sizeof last_payload, m->data);
    reply_text(c, m, "{\"status\":200,\"body\":{\"cluster_id\":\"a\",\"state\":\"refused\"}}");
}

static const char *command_envelope = "{\"status\":202,\"body\":{\"command_id\":\"cmd-1\"}}";

static void on_command(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)payload;
    (void)str_copy(last_payload, sizeof last_payload, m->data);
    reply_text(c, m, command_envelope);
}

static int fake_open(struct service_context *c, struct err *e)
{
    (void)c, (void)e;
    return 0;
}

static void fake_close(struct service_context *c)
{
    (void)c;
}

static const struct service_subject fake_subjects[] = {
    { "manager.query", NULL, on_question },   { "orchestrator.query", NULL, on_question }, { "execution.query", NULL, on_question },
    { "knowledge.query", NULL, on_search },   { "execution.command", NULL, on_command },   { "manager.admit", NULL, on_admit },
};
static const struct service fakes = { .name = "fakes", .subjects = fake_subjects, .n_subjects = COUNT(fake_subjects), .open = fake_open, .close = fake_close };

static const struct service_subject fake_report_subjects[] = { { "report.query", NULL, on_question } };
static const struct service fake_report = {
    .name = "fake_report", .subjects = fake_report_subjects, .n_subjects = COUNT(fake_report_subjects), .open = fake_open, .close = fake_close,
};

/* ---- a central of these, and a client ---- */

struct site {
    struct central_options options;
    struct supervisor *supervisor;
    char http[32], metrics[32];
    int port, metrics_port;
};

static int free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static char none[] = "", proxy_names[] = "aetherius.example";

static struct site *open_site(const char *services)
{
    struct err e;
    struct site *s = mem_alloc(sizeof *s);
    *s = (struct site){ .port = free_port(), .metrics_port = free_port() };
    (void)snprintf(s->http, sizeof s->http, "127.0.0.1:%d", s->port);
    (void)snprintf(s->metrics, sizeof s->metrics, "127.0.0.1:%d", s->metrics_port);
    s->options = (struct central_options){
        .http_listen = s->http, .metrics_listen = s->metrics, .http_hosts = proxy_names, .inner_endpoint = none, .services = str_dup(services), .model_url = none, .model_name = none, .mailbox_max = 4096,
    };
    const struct service *const all[] = { &fakes, &fake_report, &gateway_service };
    s->supervisor = supervisor_start(&s->options, all, COUNT(all), &e);
    if (!s->supervisor)
        fail_msg("%s", e.text);
    return s;
}

static void close_site(struct site *s)
{
    supervisor_stop(s->supervisor);
    free(s->options.services);
    free(s);
}

static int set_up(void **state)
{
    *state = open_site("");
    return 0;
}

static int tear_down(void **state)
{
    close_site(*state);
    return 0;
}

/* window: of the reader, in bytes; 0: the system's. */
static int dial_with(int port, int window)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 10 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (window)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static int dial(int port)
{
    return dial_with(port, 0);
}

static void say(int fd, const char *text)
{
    size_t size = strlen(text);
    assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* libuv's io_uring interrupts a recv that has a time-out. */
static ssize_t hear(int fd, void *out, size_t size)
{
    ssize_t got;
    do {
        got = recv(fd, out, size, 0);
    } while (got < 0 && errno == EINTR);
    return got;
}

struct answer {
    int status;
    struct buf text;              /* headers and body as they came */
    const char *body;
};

static struct answer read_answer(int fd)
{
    struct answer a = { 0 };
    char piece[65536];
    ssize_t got;
    while ((got = hear(fd, piece, sizeof piece)) > 0)
        buf_add(&a.text, piece, (size_t)got);
    close(fd);
    if (sscanf(buf_text(&a.text), "HTTP/1.1 %d", &a.status) != 1)
        fail_msg("no answer (%zd, %s): %s", got, strerror(errno), buf_text(&a.text));
    const char *end = strstr(buf_text(&a.text), "\r\n\r\n");
    a.body = end ? end + 4 : "";
    return a;
}

/* headers: "Name: value\r\n…"; body NULL: none. */
static struct answer request(const struct site *s, const char *method, const char *path, const char *headers, const char *body)
{
    int fd = dial(s->port);
    AUTO_FREE char *size = body ? str_printf("Content-Length: %zu\r\n", strlen(body)) : str_dup("");
    AUTO_FREE char *text = str_printf("%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n%s%s\r\n%s", method, path, s->port, headers, size, str_or_empty(body));
    say(fd, text);
    return read_answer(fd);
}

static void expect(const struct site *s, const char *method, const char *path, int status, const char *part)
{
    bool post = str_eq(method, "POST");
    struct answer a = request(s, method, path, post ? "Content-Type: application/json\r\n" : "", post ? "{}" : NULL);
    if (a.status != status || !strstr(buf_text(&a.text), part))
        fail_msg("%s %s: wanted %d and %s, got %s", method, path, status, part, buf_text(&a.text));
    buf_fini(&a.text);
}

static void expect_with(const struct site *s, const char *method, const char *path, const char *headers, int status)
{
    struct answer a = request(s, method, path, headers, NULL);
    if (a.status != status)
        fail_msg("%s %s with %s: wanted %d, got %s", method, path, headers, status, buf_text(&a.text));
    buf_fini(&a.text);
}

/* ---- routes ---- */

static void every_route_asks_its_service_and_passes_the_answer_on(void **state)
{
    const struct site *s = *state;
    static const struct { const char *method, *path; int status; const char *part, *asked; } visits[] = {
        { "GET", "/agents", 200, "[]", "\"what\":\"agents\"" },
        { "GET", "/api/v1/commands?cluster_id=a", 200, "items", "\"cluster_id\":\"a\"" },
        { "GET", "/api/v1/commands/c1", 200, "\"queued\"", "\"id\":\"c1\"" },
        { "GET", "/api/v1/clusters/a/nodes", 200, "items", "\"what\":\"nodes\"" },
        { "GET", "/api/v1/events?namespace=shop&q=a%20b&x=y&severity=high", 200, "items", "\"params\":{\"namespace\":\"shop\",\"severity\":\"high\",\"q\":\"a b\"}" },
        { "GET", "/api/v1/events?severity=high,low&since=15m", 200, "items", "\"params\":{\"severity\":\"high,low\",\"since\":\"15m\"}" },
        { "GET", "/api/v1/events/histogram?buckets=20", 200, "items", "\"buckets\":\"20\"" },
        { "GET", "/api/v1/events/e1", 200, "e1", "\"what\":\"event\",\"id\":\"e1\"" },
        { "GET", "/api/v1/gaps?limit=9999", 200, "items", "\"limit\":\"500\"" },
        { "GET", "/api/v1/metrics/a?series=cpu", 200, "items", "\"id\":\"a\",\"params\":{\"series\":\"cpu\"}" },
        { "GET", "/api/v1/incidents?state=open", 200, "items", "\"state\":\"open\"" },
        { "GET", "/api/v1/incidents/i1", 200, "i1", "\"what\":\"incident\"" },
        { "POST", "/api/v1/incidents/i1/diagnose", 202, "i1", "\"what\":\"look-again\"" },
        { "GET", "/api/v1/incidents/i1/report?format=html&lang=zh", 200, "<p>report</p>", "\"format\":\"html\",\"lang\":\"zh\"" },
    };
    for (size_t i = 0; i < COUNT(visits); i++) {
        expect(s, visits[i].method, visits[i].path, visits[i].status, visits[i].part);
        if (!strstr(last_payload, visits[i].asked))
            fail_msg("%s: wanted %s, asked %s", visits[i].path, visits[i].asked, last_payload);
    }
}

static void clusters_carry_the_counts_of_their_incidents(void **state)
{
    expect(*state, "GET", "/api/v1/clusters", 200,
           "{\"items\":[{\"cluster_id\":\"a\",\"state\":\"online\",\"open_incidents\":2,\"worst_severity\":\"high\"},"
           "{\"cluster_id\":\"b\",\"state\":\"offline\",\"open_incidents\":0}],\"next\":\"c2\"}");
    expect(*state, "GET", "/api/v1/clusters/a", 200, "\"open_incidents\":2");
}

static void errors_are_problems(void **state)
{
    const struct site *s = *state;
    expect(s, "GET", "/agents/x", 404, "\"detail\":\"there is no agent x\"");
    expect(s, "GET", "/agents/x", 404, "Content-Type: application/problem+json");
    expect(s, "GET", "/api/v1/nothing", 404, "application/problem+json");
    expect(s, "POST", "/api/v1/clusters", 405, "Allow: GET");
    expect(s, "DELETE", "/agents/a/commands", 405, "Allow: POST");
    expect(s, "GET", "/api/v1/events?limit=0", 400, "limit");
    expect(s, "GET", "/api/v1/events?limit=1e3", 400, "limit");
    expect(s, "GET", "/api/v1/events?since=yesterday", 400, "RFC 3339");
    expect(s, "GET", "/api/v1/events?since=-5m", 400, "RFC 3339");
    expect(s, "GET", "/api/v1/events?severity=high,loud", 400, "\\\"loud\\\" is none of critical|high");
    expect(s, "GET", "/api/v1/events?severity=high,", 400, "none of");
    expect(s, "GET", "/api/v1/incidents?state=open,closed", 400, "none of open|closed");
    expect(s, "GET", "/api/v1/metrics/a?series=cpu,heat", 400, "\\\"heat\\\" is none of cpu|memory");
    expect(s, "GET", "/api/v1/stream?kinds=event,gossip", 400, "\\\"gossip\\\" is none of event|incident");
    expect(s, "GET", "/api/v1/incidents?state=half-open", 400, "none of open|closed");
    expect(s, "GET", "/api/v1/incidents/i1/report?format=exe", 400, "format");
    expect(s, "GET", "/api/v1/knowledge/k1", 502, "does not understand");
}

static void a_report_that_is_not_written_is_told_from_an_incident_that_is_not_there(void **state)
{
    const struct site *s = *state;
    expect(s, "GET", "/api/v1/incidents/unwritten/report", 404, "incident unwritten has no report yet");
    expect(s, "GET", "/api/v1/incidents/unknown/report", 404, "there is no incident unknown");
}

static void a_service_that_is_not_there_is_a_503(void **state)
{
    (void)state;
    struct site *s = open_site("gateway");
    expect(s, "GET", "/api/v1/events", 503, "nobody serves manager.query");
    expect(s, "GET", "/api/v1/clusters", 503, "Retry-After");
    expect(s, "GET", "/health/ready", 503, "the manager does not answer");
    expect(s, "GET", "/health/live", 200, "\"ok\"");
    expect(s, "GET", "/api/v1/status", 200, "\"services\"");
    close_site(s);
}

static void status_tells_of_services_edge_and_key(void **state)
{
    const struct site *s = *state;
    struct answer a = request(s, "GET", "/api/v1/status", "", NULL);
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(a.body, strlen(a.body), &json_wire_limits, &e);
    const json *root = json_root(doc);
    assert_int_equal(a.status, 200);
    assert_int_equal(json_count(json_get(root, "services")), 3);
    assert_string_equal(json_at_str(root, "services.0.state"), "running");
    assert_string_equal(json_at_str(root, "edge.server_version"), "2.10.27");
    assert_string_equal(json_get_str(root, "command_key"), "a2V5");
    assert_string_equal(json_get_str(root, "login"), "none");
    assert_false(json_get_bool(root, "insecure", true));
    buf_fini(&a.text);
    expect(s, "GET", "/health/ready", 200, "{\"reasons\":[],\"status\":\"ok\"}");
}

static void a_service_that_hangs_is_not_ready_and_at_last_not_alive(void **state)
{
    const struct site *s = *state;
    struct registry_entry e = { .name = "hanging", .at_ms = clock_mono_ms() - 10000 };
    registry_report(&e);
    expect(s, "GET", "/api/v1/status", 200, "\"name\":\"hanging\",\"state\":\"busy\"");
    expect(s, "GET", "/health/ready", 200, "ok");
    e.at_ms = clock_mono_ms() - 70000;
    registry_report(&e);
    expect(s, "GET", "/api/v1/status", 200, "\"state\":\"stuck\"");
    expect(s, "GET", "/health/ready", 503, "hanging has not turned its loop for 70 s");
    expect(s, "GET", "/health/live", 200, "ok");
    e.at_ms = clock_mono_ms() - 200000;
    registry_report(&e);
    expect(s, "GET", "/health/live", 503, "hanging");
    registry_forget("hanging");
    expect(s, "GET", "/health/live", 200, "\"reasons\":[]");
}

/* ---- commands ---- */

static struct answer post_command(const struct site *s, const char *headers, const char *body)
{
    return request(s, "POST", "/agents/a/commands", headers, body);
}

#define JSON_TYPE "Content-Type: application/json\r\n"
#define COMMAND   "{\"type\":\"diagnostic\",\"tool\":\"kubectl\",\"action\":\"get\",\"args\":[\"pods\"],\"timeout\":\"5s\"}"

static void a_command_goes_to_execution_with_who_asked(void **state)
{
    struct answer a = post_command(*state, JSON_TYPE, COMMAND);
    assert_int_equal(a.status, 202);
    assert_non_null(strstr(buf_text(&a.text), "Location: /api/v1/commands/cmd-1\r\n"));
    assert_string_equal(last_payload, "{\"cluster_id\":\"a\",\"command\":" COMMAND ",\"issuer\":\"api 127.0.0.1\"}");
    buf_fini(&a.text);
}

static void a_person_decides_on_a_cluster_and_may_say_why(void **state)
{
    AUTO_FREE char *long_reason = mem_alloc(400);
    memset(long_reason, 'x', 399);
    long_reason[399] = '\0';
    AUTO_FREE char *too_long = str_printf("{\"reason\":\"%s\"}", long_reason);
    const struct { const char *word, *headers, *body; int status; const char *payload; } decisions[] = {
        { "accept", "", NULL, 200, "{\"cluster_id\":\"a\",\"decision\":\"accept\"}" },
        { "refuse", JSON_TYPE, "{}", 200, "{\"cluster_id\":\"a\",\"decision\":\"refuse\"}" },
        { "refuse", JSON_TYPE, "{\"reason\":\"not ours\"}", 200, "{\"cluster_id\":\"a\",\"decision\":\"refuse\",\"reason\":\"not ours\"}" },
        { "refuse", JSON_TYPE, "{\"reason\":5}", 422, "" },
        { "refuse", JSON_TYPE, too_long, 422, "" },
        { "refuse", JSON_TYPE, "[]", 400, "" },
        { "refuse", JSON_TYPE, "{", 400, "" },
        { "refuse", "", "reason=x", 415, "" },
        { "refuse", "Origin: https://evil.example\r\n", NULL, 403, "" },
    };
    for (size_t i = 0; i < COUNT(decisions); i++) {
        AUTO_FREE char *path = str_printf("/api/v1/clusters/a/%s", decisions[i].word);
        last_payload[0] = '\0';
        struct answer a = request(*state, "POST", path, decisions[i].headers, decisions[i].body);
        assert_int_equal(a.status, decisions[i].status);
        assert_string_equal(last_payload, decisions[i].payload);
        buf_fini(&a.text);
    }
}

static void a_command_that_names_another_cluster_goes_nowhere(void **state)
{
    last_payload[0] = '\0';
    struct answer a = post_command(*state, JSON_TYPE, "{\"cluster_id\":\"b\",\"type\":\"diagnostic\",\"tool\":\"kubectl\",\"action\":\"get\",\"args\":[\"pods\"]}");
    assert_int_equal(a.status, 422);
    assert_non_null(strstr(a.body, "cluster_id"));
    assert_string_equal(last_payload, "");
    buf_fini(&a.text);
}

static void a_refused_command_says_why(void **state)
{
    static const struct { int status; const char *envelope; } refusals[] = {
        { 404, "{\"status\":404,\"detail\":\"no cluster a\"}" }, { 409, "{\"status\":409,\"detail\":\"a is offline\"}" }, { 422, "{\"status\":422,\"detail\":\"allowed: get, logs\"}" },
    };
    const char *usual = command_envelope;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        command_envelope = refusals[i].envelope;
        struct answer a = post_command(*state, JSON_TYPE, COMMAND);
        assert_int_equal(a.status, refusals[i].status);
        assert_non_null(strstr(a.body, "\"detail\""));
        assert_null(strstr(buf_text(&a.text), "Location:"));
        buf_fini(&a.text);
    }
    command_envelope = usual;
}

static void a_body_that_is_no_command_is_a_400(void **state)
{
    static const char *const bodies[] = { "", "{", "[]", "null", "{\"type\":1}", "{\"type\":\"diagnostic\",\"tool\":\"kubectl\",\"action\":\"get\",\"args\":\"pods\"}" };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct answer a = post_command(*state, JSON_TYPE, bodies[i]);
        if (a.status != 400)
            fail_msg("%s: %s", bodies[i], buf_text(&a.text));
        buf_fini(&a.text);
    }
    AUTO_FREE char *large = mem_alloc(100001);
    memset(large, ' ', 100000);
    large[100000] = '\0';
    struct answer a = post_command(*state, JSON_TYPE, large);
    assert_int_equal(a.status, 413);
    buf_fini(&a.text);
}

/* ---- who may ask ---- */

static void other_sites_cannot_act(void **state)
{
    const struct site *s = *state;
    AUTO_FREE char *own = str_printf("Origin: http://127.0.0.1:%d\r\n", s->port);
    const char *path = "/api/v1/incidents/i1/diagnose";
    expect_with(s, "POST", path, own, 202);
    expect_with(s, "POST", path, "", 202);
    expect_with(s, "POST", path, "Origin: https://aetherius.example\r\n", 202);
    expect_with(s, "POST", path, "Origin: https://evil.example\r\n", 403);
    expect_with(s, "POST", path, "Origin: null\r\n", 403);
    expect_with(s, "POST", path, "Origin: http://127.0.0.1:1\r\n", 403);
    expect_with(s, "POST", path, "Sec-Fetch-Site: cross-site\r\n", 403);
    expect_with(s, "POST", path, "Content-Type: text/plain\r\n", 415);
    expect_with(s, "POST", path, "Content-Type: application/x-www-form-urlencoded\r\n", 415);
    expect_with(s, "POST", path, "Content-Type: application/json; charset=utf-8\r\n", 202);
    expect_with(s, "GET", path, "", 405);
}

static void a_name_pointed_at_us_is_not_served(void **state)
{
    const struct site *s = *state;
    static const struct { const char *host; int status; } hosts[] = { { "evil.example:8090", 421 }, { "localhost", 200 }, { "[::1]:8090", 200 }, { "aetherius.example", 200 } };
    for (size_t i = 0; i < COUNT(hosts); i++) {
        int fd = dial(s->port);
        AUTO_FREE char *text = str_printf("GET /health/live HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", hosts[i].host);
        say(fd, text);
        struct answer a = read_answer(fd);
        assert_int_equal(a.status, hosts[i].status);
        buf_fini(&a.text);
    }
}

static void what_a_cluster_said_stays_data(void **state)
{
    const struct site *s = *state;
    expect(s, "GET", "/api/v1/events", 200, "Content-Type: application/json");
    expect(s, "GET", "/api/v1/events", 200, "X-Content-Type-Options: nosniff");
    expect(s, "GET", "/api/v1/events", 200, "Cache-Control: no-store");
    expect(s, "GET", "/api/v1/events", 200, "\\u001B[2J");
    expect(s, "GET", "/api/v1/incidents/i1/report", 200, "Content-Security-Policy: sandbox; default-src 'none'");
    expect(s, "GET", "/api/v1/%3Cscript%3E", 404, "application/problem+json");
}

/* ---- the dashboard ---- */

static void the_page_and_its_files_are_served(void **state)
{
    const struct site *s = *state;
    expect(s, "GET", "/", 200, "<!doctype html>");
    expect(s, "GET", "/", 200, "Content-Security-Policy: default-src 'self'");
    expect(s, "GET", "/incidents/i-1", 200, "<!doctype html>");
    expect(s, "GET", "/clusters", 200, "Cache-Control: no-cache");
    expect(s, "HEAD", "/", 200, "ETag");
    for (size_t i = 0; i < dashboard_files_count; i++) {
        const struct dashboard_file *f = &dashboard_files[i];
        AUTO_FREE char *known = str_printf("If-None-Match: %s\r\n", f->etag);
        struct answer a = request(s, "GET", f->path, "Accept-Encoding: br, gzip\r\n", NULL);
        assert_int_equal(a.status, 200);
        assert_non_null(strstr(buf_text(&a.text), "Content-Encoding: gzip"));
        assert_true(!strstr(buf_text(&a.text), "immutable") == !f->hashed);
        assert_int_equal(a.text.data + a.text.size - a.body, f->gzip_size);
        assert_memory_equal(a.body, f->gzip, f->gzip_size);
        buf_fini(&a.text);
        expect_with(s, "GET", f->path, known, 304);
    }
}

static void who_takes_no_gzip_gets_the_plain_file(void **state)
{
    static const char *const headers[] = { "", "Accept-Encoding: identity\r\n", "Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: xgzip, br\r\n" };
    for (size_t i = 0; i < COUNT(headers); i++) {
        struct answer a = request(*state, "GET", "/index.html", headers[i], NULL);
        assert_null(strstr(buf_text(&a.text), "Content-Encoding"));
        assert_non_null(strstr(a.body, "<!doctype html>"));
        buf_fini(&a.text);
    }
}

static void paths_lead_nowhere_else(void **state)
{
    static const char *const paths[] = {
        "/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%5c..%5cetc", "//etc/passwd", "/.git/config", "/favicon.ico.exe",
        "/assets/nothing-12345678.js", "/api/v1/../../agents", "/agents/a/../../etc",
    };
    for (size_t i = 0; i < COUNT(paths); i++)
        expect(*state, "GET", paths[i], 404, "application/problem+json");
}

static void metrics_have_a_port_of_their_own(void **state)
{
    const struct site *s = *state;
    int fd = dial(s->metrics_port);
    say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    struct answer a = read_answer(fd);
    assert_non_null(strstr(buf_text(&a.text), "aetherius_stream_readers"));
    buf_fini(&a.text);
    expect(s, "GET", "/metrics", 404, "application/problem+json");
}

static void a_taken_port_is_named(void **state)
{
    const struct site *s = *state;
    struct err e;
    struct central_options options = s->options;
    char other[32];
    (void)snprintf(other, sizeof other, "127.0.0.1:%d", free_port());
    options.metrics_listen = other;
    const struct service *const all[] = { &gateway_service };
    assert_null(supervisor_start(&options, all, COUNT(all), &e));
    assert_non_null(strstr(e.text, "http_listen"));
    assert_non_null(strstr(e.text, s->http));
    assert_non_null(strstr(e.text, "taken by another process"));
    expect(s, "GET", "/health/live", 200, "ok");
}

/* ---- the stream ---- */

/* Reads until part has come; returns all that came so far. */
static void read_until(int fd, struct buf *text, const char *part)
{
    char piece[16384];
    while (!strstr(buf_text(text), part)) {
        ssize_t got = hear(fd, piece, sizeof piece);
        if (got <= 0)
            fail_msg("the stream ended before %s: %.2000s", part, buf_text(text));
        buf_add(text, piece, (size_t)got);
    }
}

static void read_bytes(int fd, size_t size)
{
    char piece[16384];
    while (size > 0) {
        ssize_t got = hear(fd, piece, size < sizeof piece ? size : sizeof piece);
        if (got <= 0)
            fail_msg("the stream ended before %zu more bytes", size);
        size -= (size_t)got;
    }
}

static int follow_with(const struct site *s, int window, const char *query, const char *headers)
{
    int fd = dial_with(s->port, window);
    AUTO_FREE char *text = str_printf("GET /api/v1/stream%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", query, headers);
    say(fd, text);
    return fd;
}

static int follow(const struct site *s, const char *query, const char *headers)
{
    return follow_with(s, 0, query, headers);
}

static void publish(const struct site *s, const char *kind, int count, int bytes)
{
    AUTO_FREE char *path = str_printf("/api/v1/knowledge?q=publish:%s:%d:%d", kind, count, bytes);
    expect(s, "GET", path, 200, "items");
}

static unsigned long long id_before(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    assert_non_null(at);
    while (at > text && strncmp(at, "id: ", 4) != 0)
        at--;
    return strtoull(at + 4, NULL, 10);
}

static void items_reach_every_reader_in_order(void **state)
{
    const struct site *s = *state;
    int all = follow(s, "", ""), some = follow(s, "?kinds=incident,gap", "");
    AUTO_BUF struct buf everything = { 0 }, part = { 0 };
    read_until(all, &everything, "retry: ");
    read_until(some, &part, "retry: ");
    publish(s, "event", 3, 1);
    publish(s, "incident", 1, 2);
    read_until(all, &everything, "event: incident");
    read_until(some, &part, "event: incident");
    assert_non_null(strstr(everything.data, "event: event\ndata: {\"n\":0,\"filler\":\"x\"}\n\n"));
    assert_null(strstr(part.data, "event: event"));
    assert_true(id_before(everything.data, "\"n\":2") == id_before(everything.data, "\"n\":0,\"filler\":\"x\"") + 2);
    assert_non_null(strstr(everything.data, "text/event-stream"));
    close(all);
    close(some);
}

static void a_reader_resumes_where_it_was(void **state)
{
    const struct site *s = *state;
    int fd = follow(s, "", "");
    AUTO_BUF struct buf first = { 0 }, second = { 0 };
    publish(s, "event", 10, 1);
    read_until(fd, &first, "\"n\":9");
    unsigned long long id = id_before(first.data, "\"n\":6");
    close(fd);
    AUTO_FREE char *header = str_printf("Last-Event-ID: %llu\r\n", id);
    fd = follow(s, "", header);
    read_until(fd, &second, "\"n\":9");
    assert_null(strstr(second.data, "\"n\":6"));
    assert_non_null(strstr(second.data, "\"n\":7"));
    assert_null(strstr(second.data, "reset"));
    close(fd);
}

static void a_place_that_is_gone_is_a_reset(void **state)
{
    const struct site *s = *state;
    int fd = follow(s, "", "");
    AUTO_BUF struct buf first = { 0 };
    publish(s, "event", 1, 1);
    read_until(fd, &first, "\"n\":0");
    unsigned long long id = id_before(first.data, "\"n\":0");
    close(fd);
    publish(s, "event", STREAM_RING + 1, 1);
    AUTO_FREE char *old = str_printf("Last-Event-ID: %llu\r\n", id), *future = str_printf("Last-Event-ID: %llu\r\n", id + 1000000);
    const char *const headers[] = { old, future, "Last-Event-ID: 1\r\n", "Last-Event-ID: none\r\n", "Last-Event-ID: 99999999999999999999\r\n" };
    for (size_t i = 0; i < COUNT(headers); i++) {
        AUTO_BUF struct buf text = { 0 };
        fd = follow(s, "", headers[i]);
        read_until(fd, &text, "event: reset\ndata: {}\n\n");
        close(fd);
    }
}

static void a_slow_reader_is_reset_and_let_go(void **state)
{
    const struct site *s = *state;
    int slow = follow_with(s, 65536, "", ""), quick = follow(s, "", "");
    AUTO_BUF struct buf text = { 0 }, hello = { 0 };
    read_until(slow, &text, "retry: ");
    read_until(quick, &hello, "retry: ");
    for (int i = 0; i < 60; i++) {
        publish(s, "event", 2, 100000);
        read_bytes(quick, 200000);    /* keeps up, whatever the slow one does */
    }
    read_until(slow, &text, "event: reset\ndata: {}\n\n");
    read_until(slow, &text, "\r\n0\r\n\r\n");    /* the last chunk */
    close(slow);
    close(quick);
}

static void an_item_too_large_is_a_reset_for_all(void **state)
{
    const struct site *s = *state;
    int fd = follow(s, "", "");
    AUTO_BUF struct buf text = { 0 };
    read_until(fd, &text, "retry: ");
    publish(s, "event", 1, STREAM_ITEM_BYTES + 1);
    read_until(fd, &text, "event: reset");
    publish(s, "event", 1, 1);
    read_until(fd, &text, "\"n\":0");
    close(fd);
}

static void central_stops_while_somebody_follows(void **state)
{
    (void)state;
    struct site *s = open_site("");
    int fd = follow(s, "", "");
    AUTO_BUF struct buf text = { 0 };
    read_until(fd, &text, "retry: ");
    close_site(s);
    char byte;
    while (hear(fd, &byte, 1) > 0) {
    }
    close(fd);
}

static void openapi_names_every_route(void **state)
{
    struct answer a = request(*state, "GET", "/openapi.json", "", NULL);
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(a.body, strlen(a.body), &json_wire_limits, &e);
    assert_string_equal(json_get_str(json_root(doc), "openapi"), "3.1.0");
    for (size_t i = 0; i < gateway_routes_count; i++) {
        const struct route *r = &gateway_routes[i];
        const json *operation = json_get(json_get(json_get(json_root(doc), "paths"), r->pattern), str_eq(r->method, "GET") ? "get" : "post");
        if (!operation)
            fail_msg("%s %s is not there", r->method, r->pattern);
        assert_string_equal(json_get_str(operation, "summary"), r->summary);
    }
    buf_fini(&a.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_asks_its_service_and_passes_the_answer_on),
        cmocka_unit_test(clusters_carry_the_counts_of_their_incidents),
        cmocka_unit_test(errors_are_problems),
        cmocka_unit_test(a_report_that_is_not_written_is_told_from_an_incident_that_is_not_there),
        cmocka_unit_test(status_tells_of_services_edge_and_key),
        cmocka_unit_test(a_service_that_hangs_is_not_ready_and_at_last_not_alive),
        cmocka_unit_test(a_person_decides_on_a_cluster_and_may_say_why),
        cmocka_unit_test(a_command_goes_to_execution_with_who_asked),
        cmocka_unit_test(a_command_that_names_another_cluster_goes_nowhere),
        cmocka_unit_test(a_refused_command_says_why),
        cmocka_unit_test(a_body_that_is_no_command_is_a_400),
        cmocka_unit_test(other_sites_cannot_act),
        cmocka_unit_test(a_name_pointed_at_us_is_not_served),
        cmocka_unit_test(what_a_cluster_said_stays_data),
        cmocka_unit_test(the_page_and_its_files_are_served),
        cmocka_unit_test(who_takes_no_gzip_gets_the_plain_file),
        cmocka_unit_test(paths_lead_nowhere_else),
        cmocka_unit_test(metrics_have_a_port_of_their_own),
        cmocka_unit_test(a_taken_port_is_named),
        cmocka_unit_test(items_reach_every_reader_in_order),
        cmocka_unit_test(a_reader_resumes_where_it_was),
        cmocka_unit_test(a_place_that_is_gone_is_a_reset),
        cmocka_unit_test(a_slow_reader_is_reset_and_let_go),
        cmocka_unit_test(an_item_too_large_is_a_reset_for_all),
        cmocka_unit_test(openapi_names_every_route),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(a_service_that_is_not_there_is_a_503),
        cmocka_unit_test(central_stops_while_somebody_follows),
    };
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    return failed + cmocka_run_group_tests(alone, NULL, NULL);
}
