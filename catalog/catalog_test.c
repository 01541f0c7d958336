#include "catalog/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Codes and their order. */

static void codes_are_sorted_and_found(void **state)
{
    (void)state;
    assert_true(catalog_codes_count > 0);
    for (size_t i = 0; i < catalog_codes_count; i++) {
        assert_true(i == 0 || strcmp(catalog_codes[i - 1].code, catalog_codes[i].code) < 0);
        assert_ptr_equal(catalog_find(catalog_codes[i].code), &catalog_codes[i]);
    }
}

static void an_unknown_code_is_not_found(void **state)
{
    (void)state;
    assert_null(catalog_find(""));
    assert_null(catalog_find("sched"));
    assert_null(catalog_find("zzz.after-all-others"));
}

static void every_code_has_its_texts_and_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalog_codes_count; i++) {
        const struct catalog_code *code = &catalog_codes[i];
        assert_true(code->tier > 0 && code->tier < 100);
        assert_true(code->n_actions > 0);
        assert_true(*code->title.en && *code->title.zh && *code->statement.en && *code->statement.zh);
        const struct catalog_text *lists[] = { code->knowledge.signal, code->knowledge.checks, code->knowledge.fix,
                                               code->knowledge.prevention };
        for (size_t k = 0; k < COUNT(lists); k++) {
            size_t n = 0;
            for (; lists[k][n].en; n++)
                assert_true(*lists[k][n].en && *lists[k][n].zh);
            assert_true(n > 0);
        }
        assert_non_null(code->knowledge.links[0]);
    }
}

/* Event reasons and exit codes. */

static void a_reason_gives_the_severity_of_its_form(void **state)
{
    (void)state;
    assert_string_equal(catalog_reason_severity("BackOff", true), "high");
    assert_string_equal(catalog_reason_severity("BackOff", false), "medium"); /* of an image pull */
    assert_string_equal(catalog_reason_severity("FailedBinding", false), "medium");
    assert_string_equal(catalog_reason_severity("Scheduled", false), "info");
    assert_string_equal(catalog_reason("FailedScheduling")->family, "scheduling");
}

static void an_unknown_reason_is_medium_as_warning_and_info_as_normal(void **state)
{
    (void)state;
    assert_null(catalog_reason("SomethingNew"));
    assert_string_equal(catalog_reason_severity("SomethingNew", true), "medium");
    assert_string_equal(catalog_reason_severity("SomethingNew", false), "info");
    assert_string_equal(catalog_reason_severity("", true), "medium");
}

static void reasons_are_sorted_so_that_each_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalog_reasons_count; i++)
        assert_ptr_equal(catalog_reason(catalog_reasons[i].reason), &catalog_reasons[i]);
}

static void exit_codes_say_what_they_mean(void **state)
{
    (void)state;
    assert_string_equal(catalog_exit(137)->name, "SIGKILL");
    assert_string_equal(catalog_exit(127)->name, "not found");
    assert_null(catalog_exit(42));
    assert_null(catalog_exit(-1));
}

/* Phrases.  What stands here was written by the programs themselves. */

static void assert_class(const char *group, const char *text, const char *class_)
{
    const char *found = catalog_match(group, text);
    if (!class_ ? found != NULL : !found || strcmp(found, class_) != 0)
        fail_msg("%s: \"%s\" is %s, not %s", group, text, found ? found : "nothing", class_ ? class_ : "nothing");
}

static void log_lines_fall_into_their_classes(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        { "FATAL cannot connect to postgres at db.shop.svc:5432: connection refused", "refused" },
        { "dial tcp: lookup db on 10.96.0.10:53: no such host", "name-resolution" },
        { "java.net.UnknownHostException: db: Name or service not known", "name-resolution" },
        { "Error: getaddrinfo EAI_AGAIN db", "name-resolution" },
        { "psycopg2.OperationalError: could not translate host name \"db\" to address: Temporary failure in name "
          "resolution",
          "name-resolution" },
        { "Error: connect ECONNREFUSED 10.96.1.2:6379", "refused" },
        { "redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.", "refused" },
        { "context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "timeout" },
        { "java.net.SocketTimeoutException: Read timed out", "timeout" },
        { "FATAL: password authentication failed for user \"cart\"", "auth" },
        { "Access denied for user 'cart'@'10.1.2.3' (using password: YES)", "auth" },
        { "(error) NOAUTH Authentication required.", "auth" },
        { "x509: certificate has expired or is not yet valid: current time 2026-11-24T00:00:00Z is after",
          "tls-expired" },
        { "x509: certificate signed by unknown authority", "tls" },
        { "sun.security.validator.ValidatorException: PKIX path building failed", "tls" },
        { "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space", "memory" },
        { "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "memory" },
        { "write /data/wal: no space left on device", "disk-full" },
        { "listen tcp :8080: bind: address already in use", "port-in-use" },
        { "Error: listen EADDRINUSE: address already in use :::3000", "port-in-use" },
        { "FATAL: sorry, too many clients already", "connections-exhausted" },
        { "ERROR 1040 (HY000): Too many connections", "connections-exhausted" },
        { "accept tcp [::]:8080: accept4: too many open files", "too-many-files" },
        { "HikariPool-1 - Connection is not available, request timed out after 30000ms.", "pool-exhausted" },
        { "429 Too Many Requests", "rate-limited" },
        { "pods is forbidden: User \"system:serviceaccount:shop:operator\" cannot list resource \"pods\" in API group "
          "\"\"",
          "forbidden" },
        { "mkdir /var/lib/app: permission denied", "permission-denied" },
        { "PermissionError: [Errno 13] Permission denied: '/data/app.db'", "permission-denied" },
        { "open /etc/app/cache: read-only file system", "read-only-fs" },
        { "ERROR: cannot execute INSERT in a read-only transaction", "read-only-db" },
        { "READONLY You can't write against a read only replica.", "read-only-db" },
        { "KeyError: 'DB_URL'", "missing-setting" },
        { "environment variable DB_URL is not set", "missing-setting" },
        { "sh: 1: DB_URL: parameter not set or null: DB_URL must be set", "missing-setting" },
        { "required key DB_URL missing value", "missing-setting" },
        { "Segmentation fault (core dumped)", "segfault" },
        { "panic: runtime error: index out of range [3] with length 3", "panic" },
        { "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x45]", NULL },
        { "thread 'main' panicked at src/main.rs:4:5:", "panic" },
        { "PHP Fatal error:  Uncaught Exception", "panic" },
        { "Unhandled exception. System.InvalidOperationException: no", "panic" },
        { "Traceback (most recent call last):", "stack-trace" },
        { "\tat com.example.Cart.load(Cart.java:42)", "stack-trace" },
        { "exec /app/server: exec format error", "exec-format" },
        { "python: can't open file '/app/main.py': [Errno 2] No such file or directory", "missing-file" },
        { "2026-11-24 14:01:07 ERROR cart did not load", "error-line" },
        { "{\"level\":\"error\",\"msg\":\"cart did not load\"}", "error-line" },
        { "level=fatal msg=\"cart did not load\"", "fatal-line" },
        { "FileNotFoundError: [Errno 2] config.yaml", "missing-file" },
        { "ModuleNotFoundError: No module named 'flask'", "missing-file" },
        { "Error: connect ETIMEDOUT 10.1.2.3:443", "timeout" },
        { "remote error: tls: bad certificate", "tls" },
        { "could not open file: openFile handleAccess", "error-line" },
        { "INFO starting payments 2.4.1", NULL },
        { "INFO config: tls: false", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_class("log", lines[i][0], lines[i][1]);
}

static void pull_messages_fall_into_their_classes(void **state)
{
    (void)state;
    static const char *const messages[][2] = {
        { "rpc error: code = NotFound desc = failed to pull and unpack image \"registry.local/team/app:v2.5.0-typo\": "
          "failed to "
          "resolve image: registry.local/team/app:v2.5.0-typo: not found",
          "not-found" },
        { "manifest unknown: manifest unknown", "not-found" },
        { "pull access denied, repository does not exist or may require authorization: server message: "
          "insufficient_scope: "
          "authorization failed",
          "auth" },
        { "failed to authorize: failed to fetch anonymous token: unexpected status from GET request: 401 Unauthorized",
          "auth" },
        { "dial tcp: lookup registry.example on 10.0.0.2:53: no such host", "unreachable" },
        { "dial tcp 10.1.1.1:443: i/o timeout", "unreachable" },
        { "dial tcp: lookup registry.example: Temporary failure in name resolution", "unreachable" },
        { "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.",
          "rate-limited" },
        { "no match for platform in manifest: not found", "wrong-arch" },
        { "tls: failed to verify certificate: x509: certificate signed by unknown authority", "tls" },
        { "Container image \"registry.local/absent:9\" is not present with pull policy of Never", "never-pull" },
        { "couldn't parse image name \"registry.local/Team/APP:1\": invalid reference format", "invalid-name" },
    };
    for (size_t i = 0; i < COUNT(messages); i++)
        assert_class("pull", messages[i][0], messages[i][1]);
}

static void other_groups_know_the_messages_of_a_real_cluster(void **state)
{
    (void)state;
    static const char *const messages[][3] = {
        { "schedule",
          "0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 2 node(s) had untolerated taint(s).",
          "insufficient-cpu" },
        { "schedule", "0/3 nodes are available: 1 Insufficient example.com/gpu, 2 node(s) had untolerated taint(s).",
          "insufficient-extended" },
        { "schedule",
          "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 2 node(s) had untolerated "
          "taint(s).",
          "node-affinity" },
        { "schedule", "0/3 nodes are available: 3 node(s) had untolerated taint {dedicated: batch}.", "taint" },
        { "schedule", "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
          "claim-unbound" },
        { "schedule", "0/3 nodes are available: persistentvolumeclaim \"data\" not found.", "claim-missing" },
        { "mount", "MountVolume.SetUp failed for volume \"v\" : configmap \"not-there\" not found",
          "configmap-missing" },
        { "mount", "MountVolume.SetUp failed for volume \"v\" : references non-existent config key: app.yaml",
          "key-missing" },
        { "mount", "Multi-Attach error for volume \"pvc-1\" Volume is already exclusively attached to one node",
          "multi-attach" },
        { "admission",
          "Error creating: pods \"workers-5b549445b-2gndt\" is forbidden: exceeded quota: small, requested: pods=1",
          "quota" },
        { "admission", "Error creating: pods \"a\" is forbidden: violates PodSecurity \"restricted:latest\"",
          "podsecurity" },
        { "admission",
          "Error creating: pods \"a\" is forbidden: error looking up service account shop/cart: serviceaccount "
          "\"cart\" not found",
          "serviceaccount" },
        { "admission",
          "Error creating: Internal error occurred: failed calling webhook \"w\": no endpoints available for service",
          "webhook-unreachable" },
        { "admission", "admission webhook \"w\" denied the request: no owner label", "webhook-denied" },
        { "admission", "maximum memory usage per Container is 1Gi, but limit is 2Gi", "limitrange" },
        { "sandbox",
          "failed to setup network for sandbox: plugin type=\"bridge\" failed (add): failed to allocate for range 0: "
          "no "
          "IP addresses available in range set: 10.1.0.1-10.1.0.254",
          "addresses-used-up" },
        { "sandbox",
          "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin "
          "returns error: cni plugin not initialized",
          "cni-missing" },
        { "sandbox", "RuntimeClass.node.k8s.io \"gvisor\" not found", "runtimeclass" },
    };
    for (size_t i = 0; i < COUNT(messages); i++)
        assert_class(messages[i][0], messages[i][1], messages[i][2]);
}

static void letters_match_in_any_case_and_only_within_the_size(void **state)
{
    (void)state;
    assert_class("log", "CONNECTION REFUSED", "refused");
    const char text[] = "connection refused";
    assert_null(catalog_match_n("log", text, strlen(text) - 1));
    assert_string_equal(catalog_match_n("log", text, strlen(text)), "refused");
}

static void a_phrase_with_a_companion_needs_both(void **state)
{
    (void)state;
    assert_class("admission", "admission webhook \"w\" is slow", NULL);
    assert_class("mount", "configmap \"a\" was seen", NULL);
}

static void capitals_only_match_as_words_of_their_own(void **state)
{
    (void)state;
    assert_class("log", "ENOTFOUND", "name-resolution");
    assert_class("log", "code: 'enotfound',", "name-resolution");
    assert_class("log", "DriveNotFound", NULL);
    assert_class("log", "ENOTFOUNDER", NULL);
    assert_class("log", "X_ENOTFOUND", NULL);
}

static void overlapping_phrases_are_all_seen(void **state)
{
    (void)state;
    /* A false start leads into the true one, and one phrase ends inside another. */
    assert_class("log", "no no such host", "name-resolution");
    assert_class("log", "connection connection refused", "refused");
    assert_class("log", "ECONN ECONNREFUSED", "refused");
}

static void any_bytes_are_scanned_without_harm(void **state)
{
    (void)state;
    char text[4096];
    uint32_t dice = 7;
    for (size_t i = 0; i < sizeof text; i++) {
        dice = dice * 1664525 + 1013904223;
        text[i] = (char)(dice >> 24);
    }
    static const char *const groups[] = { "log", "pull", "schedule", "mount", "admission", "sandbox" };
    for (size_t i = 0; i < COUNT(groups); i++)
        (void)catalog_match_n(groups[i], text, sizeof text); /* the sanitizers watch */
    memcpy(text + 2000, "no space left on device", 23);
    assert_string_equal(catalog_match_n("log", text, sizeof text), "disk-full");
}

/* Rendering. */

static const char *render(const char *template_, const struct catalog_param *params, size_t n)
{
    static char out[1024];
    assert_int_equal(catalog_render(template_, params, n, out, sizeof out), 0);
    return out;
}

static void placeholders_are_filled(void **state)
{
    (void)state;
    const struct catalog_param params[] = { { "name", "cart" },
                                            { "ref", "ConfigMap shop/cart-config" },
                                            { "key", "DB_URL" } };
    assert_string_equal(render("{name} cannot start: {ref} has no key {key}", params, 3),
                        "cart cannot start: ConfigMap shop/cart-config has no key DB_URL");
    assert_string_equal(render("{name} 无法启动：{ref} 中没有键 {key}", params, 3),
                        "cart 无法启动：ConfigMap shop/cart-config 中没有键 DB_URL");
}

static void an_optional_part_vanishes_with_its_value(void **state)
{
    (void)state;
    const char *template_ = "asks {wanted} CPU[, best usable node has {available} free]";
    const struct catalog_param both[] = { { "wanted", "4" }, { "available", "1.2" } };
    const struct catalog_param empty[] = { { "wanted", "4" }, { "available", "" } };
    assert_string_equal(render(template_, both, 2), "asks 4 CPU, best usable node has 1.2 free");
    assert_string_equal(render(template_, both, 1), "asks 4 CPU");
    assert_string_equal(render(template_, empty, 2), "asks 4 CPU");
}

static void an_absent_value_outside_of_brackets_is_a_question_mark(void **state)
{
    (void)state;
    const struct catalog_param none[] = { { "key", NULL } };
    assert_string_equal(render("no key {key} in {ref}", none, 1), "no key ? in ?");
}

static void a_template_is_complete_when_what_it_must_have_is_there(void **state)
{
    (void)state;
    const struct catalog_param params[] = { { "workload", "deployment/cart" }, { "key", "" } };
    assert_true(catalog_complete("kubectl rollout undo {workload}[ {key}] \\{", params, 2));
    assert_false(catalog_complete("kubectl set env {workload} {key}", params, 2));
    assert_false(catalog_complete("{node} {workload}", params, 2));
    assert_true(catalog_complete("", NULL, 0));
}

static void escaped_brackets_stay(void **state)
{
    (void)state;
    const struct catalog_param params[] = { { "key", "a" } };
    assert_string_equal(render("x\\[0\\][ {key}\\]] \\{y\\}", params, 1), "x[0] a] {y}");
    assert_string_equal(render("x\\[0\\][ {key}\\]] \\{y\\}", params, 0), "x[0] {y}");
}

static void values_cannot_break_the_line_nor_drive_a_terminal(void **state)
{
    (void)state;
    const struct catalog_param params[] = { { "line", "a\nb\x1b[31mc\x7f"
                                                      "d\xc2\x9b"
                                                      "e\xe2\x80\xae"
                                                      "f {key} [g]" } };
    assert_string_equal(render("{line}", params, 1), "a b [31mc d e f {key} [g]");
}

static void broken_utf8_becomes_question_marks(void **state)
{
    (void)state;
    const struct catalog_param params[] = { { "line", "a\xff"
                                                      "b\xc3(\xe4\xb8" } };
    assert_string_equal(render("{line}", params, 1), "a?b?(??");
    const struct catalog_param overlong[] = { { "line", "\xc0\xaf\xed\xa0\x80" } };
    assert_string_equal(render("{line}", overlong, 1), "?????");
}

static void a_long_value_is_cut_between_characters(void **state)
{
    (void)state;
    char value[512] = "a";
    while (strlen(value) < 400)
        strcat(value, "中");
    const struct catalog_param params[] = { { "line", value } };
    const char *out = render("{line}", params, 1);
    assert_int_equal(strlen(out), 1 + 66 * 3 + strlen("…")); /* 199 bytes; one more character would pass 200 */
    assert_string_equal(out + strlen(out) - strlen("中…"), "中…");
}

static void a_small_buffer_holds_whole_characters_and_says_so(void **state)
{
    (void)state;
    char out[8];
    assert_int_equal(catalog_render("中文字", NULL, 0, out, sizeof out), 1);
    assert_string_equal(out, "中文");
    assert_int_equal(catalog_render("1234567", NULL, 0, out, sizeof out), 0);
    assert_int_equal(catalog_render("12345678", NULL, 0, out, sizeof out), 1);
    assert_string_equal(out, "1234567");
    assert_int_equal(catalog_render("x", NULL, 0, out, 1), 1);
    assert_string_equal(out, "");
}

static void every_template_renders_with_and_without_values(void **state)
{
    (void)state;
    char out[4096];
    for (size_t i = 0; i < catalog_codes_count; i++) {
        const struct catalog_code *code = &catalog_codes[i];
        assert_int_equal(catalog_render(code->statement.en, NULL, 0, out, sizeof out), 0);
        assert_int_equal(catalog_render(code->statement.zh, NULL, 0, out, sizeof out), 0);
        for (size_t k = 0; k < code->n_actions; k++) {
            assert_int_equal(catalog_render(code->actions[k].object, NULL, 0, out, sizeof out), 0);
            assert_int_equal(catalog_render(code->actions[k].command, NULL, 0, out, sizeof out), 0);
            assert_int_equal(catalog_render(code->actions[k].text.en, NULL, 0, out, sizeof out), 0);
            assert_int_equal(catalog_render(code->actions[k].text.zh, NULL, 0, out, sizeof out), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_sorted_and_found),
        cmocka_unit_test(an_unknown_code_is_not_found),
        cmocka_unit_test(every_code_has_its_texts_and_lists),
        cmocka_unit_test(a_reason_gives_the_severity_of_its_form),
        cmocka_unit_test(an_unknown_reason_is_medium_as_warning_and_info_as_normal),
        cmocka_unit_test(reasons_are_sorted_so_that_each_is_found),
        cmocka_unit_test(exit_codes_say_what_they_mean),
        cmocka_unit_test(log_lines_fall_into_their_classes),
        cmocka_unit_test(pull_messages_fall_into_their_classes),
        cmocka_unit_test(other_groups_know_the_messages_of_a_real_cluster),
        cmocka_unit_test(letters_match_in_any_case_and_only_within_the_size),
        cmocka_unit_test(a_phrase_with_a_companion_needs_both),
        cmocka_unit_test(capitals_only_match_as_words_of_their_own),
        cmocka_unit_test(overlapping_phrases_are_all_seen),
        cmocka_unit_test(any_bytes_are_scanned_without_harm),
        cmocka_unit_test(placeholders_are_filled),
        cmocka_unit_test(an_optional_part_vanishes_with_its_value),
        cmocka_unit_test(an_absent_value_outside_of_brackets_is_a_question_mark),
        cmocka_unit_test(a_template_is_complete_when_what_it_must_have_is_there),
        cmocka_unit_test(escaped_brackets_stay),
        cmocka_unit_test(values_cannot_break_the_line_nor_drive_a_terminal),
        cmocka_unit_test(broken_utf8_becomes_question_marks),
        cmocka_unit_test(a_long_value_is_cut_between_characters),
        cmocka_unit_test(a_small_buffer_holds_whole_characters_and_says_so),
        cmocka_unit_test(every_template_renders_with_and_without_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
