#include "diagnose/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/quantity.h"
#include "base/str.h"
#include "diagnose/labels.h"
#include "diagnose/amount.h"

/* Lines as runtimes and clients write them. */
static void hosts_are_found_in_the_lines_of_many_runtimes(void **state)
{
    (void)state;
    static const struct {
        const char *line, *host, *port;
    } rows[] = {
        { "FATAL cannot connect to postgres at db.shop.svc:5432: connection refused", "db.shop.svc", "5432" },
        { "dial tcp 10.96.0.12:5432: connect: connection refused", "10.96.0.12", "5432" },
        { "Get \"http://cart:8080/items\": dial tcp 10.96.0.4:8080: connect: connection refused", "cart", "8080" },
        { "dial tcp: lookup db.shop.svc on 10.96.0.10:53: no such host", "db.shop.svc", "" },
        { "wait-for-db: db.shop.svc: no such host", "db.shop.svc", "" },
        { "Error: getaddrinfo ENOTFOUND redis", "redis", "" },
        { "MongoNetworkError: getaddrinfo ENOTFOUND mongo mongo:27017", "mongo", "27017" },
        { "Error: connect ECONNREFUSED 10.1.2.3:6379", "10.1.2.3", "6379" },
        { "java.net.UnknownHostException: cart", "cart", "" },
        { "Caused by: java.net.ConnectException: Connection to db:5432 refused", "db", "5432" },
        { "Connection to node -1 (kafka/10.0.0.9:9092) could not be established", "kafka", "9092" },
        { "could not translate host name \"db\" to address: Name or service not known", "db", "" },
        { "connection to server at \"db.shop.svc\" (10.96.1.2), port 5432 failed: Connection refused", "db.shop.svc",
          "5432" },
        { "could not connect to server \"db\", port 5433: Connection refused", "db", "5433" },
        { "Can't connect to MySQL server on 'mysql:3306' (111)", "mysql", "3306" },
        { "redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.", "redis",
          "6379" },
        { "HTTPConnectionPool(host='cart', port=8080): Max retries exceeded with url: /", "cart", "8080" },
        { "curl: (6) Could not resolve host: api.example.com", "api.example.com", "" },
        { "connect() failed (111: Connection refused) while connecting to upstream, upstream: \"http://10.0.0.1:80/\"",
          "10.0.0.1", "80" },
        { "amqp://guest:secret@rabbit:5672/ refused", "rabbit", "5672" },
        { "main.go:42: dial tcp cache:6379: i/o timeout", "cache", "6379" },
        { "localhost:8500: connection refused", "localhost", "8500" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = { 0 };
        struct host host = { "", "" };
        if (!extract_host(&a, rows[i].line, &host) || strcmp(host.name, rows[i].host) != 0 ||
            strcmp(host.port, rows[i].port) != 0)
            fail_msg("%s: %s:%s", rows[i].line, host.name, host.port);
        arena_fini(&a);
    }
}

static void what_is_no_host_is_not_taken_for_one(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "ERROR something failed",
        "12:30:01 INFO started",
        "main.go:42 panic",
        "at org.apache.kafka.clients.Main",
        "exit code 1",
        "Traceback (most recent call last): File \"app.py\", line 12",
        "sha256:0123456789abcdef",
        "a=b;c=d",
        "::::",
        "http://",
        "..:80",
        "-x:80",
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct arena a = { 0 };
        struct host host;
        if (extract_host(&a, lines[i], &host))
            fail_msg("%s: %s:%s", lines[i], host.name, host.port);
        arena_fini(&a);
    }
}

static void settings_paths_and_ports_are_found(void **state)
{
    (void)state;
    struct arena a = { 0 };
    assert_string_equal(extract_setting(&a, "ERROR environment variable DATABASE_URL is not set"), "DATABASE_URL");
    assert_string_equal(extract_setting(&a, "KeyError: 'STRIPE_KEY'"), "STRIPE_KEY");
    assert_string_equal(extract_setting(&a, "missing required env var: $API_TOKEN."), "API_TOKEN");
    assert_null(extract_setting(&a, "FATAL something is not set"));
    assert_string_equal(extract_path(&a, "mkdir /data/db: permission denied"), "/data/db");
    assert_string_equal(extract_path(&a, "OSError: [Errno 30] Read-only file system: '/var/cache/x'"), "/var/cache/x");
    assert_null(extract_path(&a, "http://x // y"));
    assert_string_equal(extract_listening(&a, "listening on :8080"), "8080");
    assert_string_equal(extract_listening(&a, "Tomcat started on port(s): 9000 (http)"), "9000");
    assert_string_equal(extract_listening(&a, " * Running on http://0.0.0.0:5000/"), "5000");
    assert_null(extract_listening(&a, "connecting to db:5432"));
    assert_string_equal(extract_port(&a, "listen tcp :8080: bind: address already in use"), "8080");
    assert_string_equal(extract_port(&a, "Error: listen EADDRINUSE: address already in use :::3000"), "3000");
    assert_string_equal(extract_port(&a, "Web server failed to start. Port 8081 was already in use."), "8081");
    arena_fini(&a);
}

static void quoted_names_are_names_or_nothing(void **state)
{
    (void)state;
    struct arena a = { 0 };
    assert_string_equal(extract_name(&a, "configmap \"cart\" not found", "configmap"), "cart");
    assert_string_equal(extract_quoted(&a, "User \\\"system:x\\\" cannot", NULL), "system:x");
    assert_null(extract_name(&a, "configmap \"a; rm -rf /\" not found", "configmap"));
    assert_null(extract_name(&a, "configmap \"../../etc\" not found", "configmap"));
    assert_null(extract_name(&a, "configmap cart not found", "configmap"));
    assert_null(extract_quoted(&a, "\"never closed", NULL));
    assert_null(extract_quoted(&a, NULL, NULL));
    arena_fini(&a);
}

static void lines_end_where_the_text_ends(void **state)
{
    (void)state;
    static const char *const expected[] = { "a", "", "b" };
    size_t n = 0;
    for (struct line line = { 0 }; extract_line(&line, "a\n\nb"); n++)
        assert_true(n < COUNT(expected) && strlen(expected[n]) == line.size &&
                    memcmp(expected[n], line.text, line.size) == 0);
    assert_int_equal(n, COUNT(expected));
    struct line none = { 0 };
    assert_false(extract_line(&none, ""));
}

static void quantities_are_read_and_written_as_people_do(void **state)
{
    (void)state;
    static const struct {
        const char *text, *resource, *shown;
        double value;
    } rows[] = {
        { "500m", "cpu", "0.5", 0.5 },
        { "64", "cpu", "64", 64 },
        { "1.5", "cpu", "1.5", 1.5 },
        { "512Gi", "memory", "512Gi", 512.0 * 1073741824 },
        { "1500Mi", "memory", "1.46Gi", 1500.0 * 1048576 },
        { "1e3", "pods", "1000", 1000 },
        { "0", "cpu", "0", 0 },
        { "2", "nvidia.com/gpu", "2", 2 },
        { "10Gi", "requests.storage", "10Gi", 10.0 * 1073741824 },
    };
    struct arena a = { 0 };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double value;
        assert_int_equal(quantity_parse(rows[i].text, &value), 0);
        assert_true(value == rows[i].value);
        assert_string_equal(amount_text(&a, rows[i].resource, value), rows[i].shown);
    }
    static const char *const bad[] = { "", "Gi", "1Xi", "0x10", "inf", "nan", "1 Gi", "--1", "1e", NULL };
    double value;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(quantity_parse(bad[i], &value), -1);
    arena_fini(&a);
}

static json *parsed(struct json_doc **doc, const char *text)
{
    struct err e = { 0 };
    *doc = json_parse(text, strlen(text), &json_wire_limits, &e);
    return json_root(*doc);
}

static void labels_are_selected_as_the_api_does(void **state)
{
    (void)state;
    static const struct {
        const char *selector;
        bool takes;
    } rows[] = {
        { "{}", true },
        { "{\"matchLabels\":{\"app\":\"web\"}}", true },
        { "{\"matchLabels\":{\"app\":\"web\",\"tier\":\"x\"}}", false },
        { "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[\"web\",\"api\"]}]}", true },
        { "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"NotIn\",\"values\":[\"web\"]}]}", false },
        { "{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"DoesNotExist\"}]}", true },
        { "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"Exists\"}]}", true },
        { "{\"matchExpressions\":[{\"key\":\"cores\",\"operator\":\"Gt\",\"values\":[\"4\"]}]}", true },
        { "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"Sideways\"}]}", false },
        { "{\"matchExpressions\":[7]}", false },
    };
    AUTO_JSON struct json_doc *labels_doc = NULL;
    json *labels = parsed(&labels_doc, "{\"app\":\"web\",\"cores\":\"8\"}");
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_JSON struct json_doc *doc = NULL;
        if (labels_selected(labels, parsed(&doc, rows[i].selector)) != rows[i].takes)
            fail_msg("%s", rows[i].selector);
    }
}

static void taints_are_borne_as_the_scheduler_judges(void **state)
{
    (void)state;
    static const struct {
        const char *tolerations;
        bool borne;
    } rows[] = {
        { "[]", false },
        { "[{\"key\":\"dedicated\",\"value\":\"batch\",\"effect\":\"NoSchedule\"}]", true },
        { "[{\"key\":\"dedicated\",\"operator\":\"Exists\"}]", true },
        { "[{\"operator\":\"Exists\"}]", true },
        { "[{\"key\":\"dedicated\",\"value\":\"web\",\"effect\":\"NoSchedule\"}]", false },
        { "[{\"key\":\"dedicated\",\"value\":\"batch\",\"effect\":\"NoExecute\"}]", false },
        { "{}", false },
    };
    AUTO_JSON struct json_doc *taint_doc = NULL;
    json *taint = parsed(&taint_doc, "{\"key\":\"dedicated\",\"value\":\"batch\",\"effect\":\"NoSchedule\"}");
    struct arena a = { 0 };
    assert_string_equal(labels_taint(&a, taint), "dedicated=batch:NoSchedule");
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_JSON struct json_doc *doc = NULL;
        if (labels_tolerated(parsed(&doc, rows[i].tolerations), taint) != rows[i].borne)
            fail_msg("%s", rows[i].tolerations);
    }
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_found_in_the_lines_of_many_runtimes),
        cmocka_unit_test(what_is_no_host_is_not_taken_for_one),
        cmocka_unit_test(settings_paths_and_ports_are_found),
        cmocka_unit_test(quoted_names_are_names_or_nothing),
        cmocka_unit_test(lines_end_where_the_text_ends),
        cmocka_unit_test(quantities_are_read_and_written_as_people_do),
        cmocka_unit_test(labels_are_selected_as_the_api_does),
        cmocka_unit_test(taints_are_borne_as_the_scheduler_judges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
