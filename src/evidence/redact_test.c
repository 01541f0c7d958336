/* The samples are put together at run time, so that no secret scanner takes this file for a leak. */
#include "evidence/redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "evidence/redact_kind.h"

static const char *const letters[REDACT_ALPHABETS] = {
    [REDACT_DIGITS] = "7302946158",         [REDACT_HEX] = "a7f03c9e1b8d2465",
    [REDACT_UPPER] = "Q7Z2M9K4X1V8B3N6",    [REDACT_WORD] = "qZ7mK2xV9bN4tR1wY6",
    [REDACT_TOKEN] = "qZ7mK2xV9bN4tR1wY6",  [REDACT_DOTTED] = "qZ7mK2xV9bN4tR1wY6",
    [REDACT_BASE64] = "qZ7mK2xV9bN4tR1wY6", [REDACT_PATH] = "qZ7mK2xV9bN4tR1wY6",
};

static char *redacted(const char *text, int64_t *count)
{
    struct buf out = { 0 };
    int64_t n = redact_text(&out, text, strlen(text));
    if (count)
        *count = n;
    return buf_take(&out, NULL);
}

static void assert_redacted(const char *text, const char *expected)
{
    AUTO_FREE char *got = redacted(text, NULL);
    assert_string_equal(got, expected);
}

static void assert_kept(const char *text)
{
    int64_t count;
    AUTO_FREE char *got = redacted(text, &count);
    assert_string_equal(got, text);
    assert_int_equal(count, 0);
}

/* A secret of the kind: its prefix and a tail that depends on the seed. */
static char *sample(const struct redact_kind *k, unsigned seed)
{
    struct buf out = { 0 };
    buf_str(&out, k->prefix);
    size_t size = k->min + (k->max ? seed % (unsigned)(k->max - k->min + 1) : seed % 9),
           count = strlen(letters[k->alphabet]);
    for (size_t i = 0; i < size; i++)
        buf_char(&out, letters[k->alphabet][(i * 7 + seed * 13 + i / 5) % count]);
    return buf_take(&out, NULL);
}

static void secrets_of_every_known_form_are_taken_out_wherever_they_stand(void **state)
{
    (void)state;
    static const char *const places[] = {
        "%s",
        "using %s now",
        "key=%s",
        "\"%s\"",
        "{\"a\":\"%s\",\"b\":1}",
        "x: %s\n",
        "(%s)",
        "line one\\n%s\\nline three",
        "a,%s,b",
        "<k>%s</k>",
    };
    assert_true(redact_kinds_count >= 40);
    int planted = 0, missed = 0;
    for (size_t i = 0; i < redact_kinds_count; i++) {
        for (unsigned p = 0; p < COUNT(places); p++) {
            AUTO_FREE char *secret = sample(&redact_kinds[i], p + 1);
            struct buf text = { 0 };
            const char *hole = strstr(places[p], "%s");
            buf_add(&text, places[p], (size_t)(hole - places[p]));
            buf_str(&text, secret);
            buf_str(&text, hole + 2);
            int64_t count;
            AUTO_FREE char *got = redacted(buf_text(&text), &count);
            const char *tail = secret + strlen(redact_kinds[i].prefix);
            planted++;
            if (strstr(got, tail) || count < 1) {
                missed++;
                print_message("missed %s in %s: %s\n", redact_kinds[i].kind, places[p], got);
            }
            buf_fini(&text);
        }
    }
    assert_true(planted >= 1000);
    assert_int_equal(missed, 0);
}

static void there_are_forty_kinds_at_least(void **state)
{
    (void)state;
    size_t kinds = 0;
    for (size_t i = 0; i < redact_kinds_count; i++)
        kinds += !i || strcmp(redact_kinds[i].kind, redact_kinds[i - 1].kind);
    assert_true(kinds >= 40);
}

static void the_address_of_a_webhook_stays_its_key_goes(void **state)
{
    (void)state;
    assert_redacted("posting to https://hooks.slack.com/services/"
                    "T00AAAAAA/B00BBBBBB/qZ7mK2xV9bN4tR1wY6 failed",
                    "posting to https://hooks.slack.com/services/[redacted:slack-webhook] failed");
    assert_redacted("https://open.feishu.cn/open-apis/bot/v2/hook/"
                    "1f2e3d4c-5b6a-7988-9a0b-1c2d3e4f5a6b",
                    "https://open.feishu.cn/open-apis/bot/v2/hook/[redacted:feishu-webhook]");
}

static void settings_lose_their_values_in_every_notation(void **state)
{
    (void)state;
    assert_redacted("DB_PASSWORD=hunter2 PORT=80", "DB_PASSWORD=[redacted:setting] PORT=80");
    assert_redacted("dbPassword: hunter2\nport: 80", "dbPassword: [redacted:setting]\nport: 80");
    assert_redacted("{\"password\":\"a \\\"b\\\" c\",\"user\":\"x\"}",
                    "{\"password\":\"[redacted:setting]\",\"user\":\"x\"}");
    assert_redacted("{\\\"password\\\":\\\"abc\\\",\\\"u\\\":1}",
                    "{\\\"password\\\":\\\"[redacted:setting]\\\",\\\"u\\\":1}");
    assert_redacted("{'api_key': 'abc'}", "{'api_key': '[redacted:setting]'}");
    assert_redacted("mysql --user x --password hunter2x --host h",
                    "mysql --user x --password [redacted:setting] --host h");
    assert_redacted("serve --token=abc", "serve --token=[redacted:setting]");
    assert_redacted("<password>abc</password>", "<password>[redacted:setting]</password>");
    assert_redacted("spring.datasource.password = s3cr3t!", "spring.datasource.password = [redacted:setting]");
    assert_redacted("GET /x?access_token=abc&y=1", "GET /x?access_token=[redacted:setting]&y=1");
    assert_redacted("config[\"client_secret\"] => \"abc\"", "config[\"client_secret\"] => \"[redacted:setting]\"");
    assert_redacted("\"password\": 12345, \"port\": 1", "\"password\": [redacted:setting], \"port\": 1");
    assert_redacted("AccountName=a;AccountKey=abc==;Suffix=x", "AccountName=a;AccountKey=[redacted:setting];Suffix=x");
    assert_redacted("password=\"never closed", "password=\"[redacted:setting]");
}

static void forms_without_a_prefix_are_known_too(void **state)
{
    (void)state;
    assert_redacted("token is eyJ"
                    "hbGciOiJIUzI1NiJ9.eyJ"
                    "zdWIiOiIxMjM0In0.c2lnbmF0dXJl ok",
                    "token is [redacted:jwt] ok");
    assert_redacted("postgres://app:s3cr3t@db.shop.svc:5432/x",
                    "postgres://app:[redacted:url-password]@db.shop.svc:5432/x");
    assert_redacted("redis://:abc@cache:6379", "redis://:[redacted:url-password]@cache:6379");
    assert_redacted("git clone https://gh"
                    "p_qZ7mK2xV9bN4tR1wY6qZ7mK2xV9bN4tR1wY6:x-oauth-basic@github.com/a/b",
                    "git clone https://[redacted:github-token]:[redacted:url-password]@github.com/a/b");
    assert_redacted("Authorization: Bearer abc123DEF456", "Authorization: Bearer [redacted:bearer-token]");
    assert_redacted("authorization: Basic dXNlcjpwYXNz", "authorization: Basic [redacted:basic-auth]");
    assert_redacted("bot 123456789:"
                    "AAqZ7mK2xV9bN4tR1wY6qZ7mK2xV9bN4tR1",
                    "bot [redacted:telegram-token]");
    assert_redacted("a7f03c9e1b8d2465a7f03c9e1b8d2465"
                    "-us12",
                    "[redacted:mailchimp-key]");
}

static void a_private_key_goes_with_all_its_lines(void **state)
{
    (void)state;
    assert_redacted("before\n-----BEGIN "
                    "RSA PRIVATE KEY-----\nMIIabc\ndef=\n-----END RSA PRIVATE KEY-----\nafter",
                    "before\n[redacted:private-key]\nafter");
    assert_redacted("x\\n-----BEGIN "
                    "PRIVATE KEY-----\\nMIIabc\\n-----END PRIVATE KEY-----\\ny",
                    "x\\n[redacted:private-key]\\ny");
    assert_redacted("-----BEGIN "
                    "OPENSSH PRIVATE KEY-----\nMIIabc\ncut",
                    "[redacted:private-key]");
    assert_kept("-----BEGIN CERTIFICATE-----\nMIIabc\n-----END CERTIFICATE-----\n");
    assert_kept("-----BEGIN PUBLIC KEY-----\nMIIabc\n-----END PUBLIC KEY-----\n");
}

static void what_kubernetes_says_about_secrets_stays(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "Error: secret \"auth-secret\" not found",
        "MountVolume.SetUp failed for volume \"tls\" : secret \"shop-tls\" not found",
        "couldn't find key DB_PASSWORD in Secret shop/db",
        "E1124 09:00:00.000000 1 reflector.go:200] secret=\"kube-system/bootstrap-token\" err=\"not found\"",
        "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
        "secretName: shop-tls",
        "{\"secret\":{\"secretName\":\"shop-tls\"}}",
        "automountServiceAccountToken: false",
        "tokenExpirationSeconds: 3607",
        "serviceAccountToken: {path: token}",
        "secretKeyRef: {name: db, key: password}",
        "password: $(DB_PASSWORD)",
        "password authentication failed for user \"app\"",
        "FATAL: password authentication failed",
        "invalid token: expired",
        "token: unexpected end of input",
        "password: required",
        "max_tokens=4096 prompt_tokens=12",
        "tokens_per_second: 123.45",
        "pass=12 fail=0",
        "Authorization: denied",
        "Basic authentication is disabled",
        "bearer authentication required",
        "key=value",
        "DB_PASSWORD=",
        "password=***",
        "password=[redacted:setting]",
        "token_file=/var/run/secrets/kubernetes.io/serviceaccount/token",
        "passwordPolicy: strict",
        "keyboard: us",
        "monkey=banana",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_kept(lines[i]);
}

/* Lines as programs and Kubernetes components write them, with changing numbers. */
static const char *const plain_lines[] = {
    "2026-11-24T09:%02u:07.123Z INFO  order-service request id=%u took %ums status=200 path=/api/v1/orders",
    "I1124 09:%02u:00.123456       1 controller.go:%u] Reconciling deployment shop/web-%u",
    "Successfully pulled image "
    "\"registry.local/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a%02u\" in %ums (%ums "
    "including waiting)",
    "ERROR connection to db.shop.svc:5432 refused (attempt %u of %u, next in %us)",
    "java.lang.NullPointerException: Cannot invoke \"com.shop.Order.total()\" at Line %u.%u:%u",
    "  at com.shop.checkout.CheckoutService.placeOrder(CheckoutService.java:%u) ~[app.jar:%u.%u]",
    "Back-off restarting failed container payments in pod "
    "payments-58d75cc67b-zpqjw_shop(dde96801-e829-4984-b946-1ce95913eb%02u) %u %u",
    "0/%u nodes are available: %u Insufficient cpu, %u node(s) had untolerated taint {pool: batch}.",
    "GET /healthz 200 %u \"-\" \"kube-probe/1.%u\" 10.144.1.%u",
    "uid=6ba7b810-9dad-11d1-80b4-00c04fd430%02u generation=%u observed=%u",
    "level=warn ts=2026-11-24T09:00:00Z caller=cache.go:%u msg=\"evicted\" keys=%u bytes=%u",
    "commit 4b825dc642cb6eb9a060e54bf8d69288fbee49%02u by a on branch main, files=%u, lines=%u",
    "etcdserver: read-only range request took too long (%u.%ums) to execute, count=%u",
    "https://example.com:8443/path/%u/%u?page=%u",
    "Liveness probe failed: Get \"http://10.144.1.%u:%u/healthz\": context deadline exceeded after %us",
    "thread %u: task_queue_key partition-%u offset %u",
};

static void plain_log_lines_stay_as_they_are(void **state)
{
    (void)state;
    int hits = 0, lines = 0;
    for (unsigned i = 0; lines < 10000; i++) {
        char line[400];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(line, sizeof line, plain_lines[i % COUNT(plain_lines)], i % 100, i * 37 % 5000, i * 91 % 700);
#pragma GCC diagnostic pop
        int64_t count;
        AUTO_FREE char *got = redacted(line, &count);
        hits += count > 0;
        lines++;
    }
    assert_int_equal(hits, 0);
}

static void what_was_redacted_once_stays_as_it_is(void **state)
{
    (void)state;
    AUTO_FREE char *once =
        redacted("password=abc postgres://a:b@c --token xyz123 Authorization: Bearer abc123DEF456", NULL);
    assert_kept(once);
}

static void every_cut_of_a_text_is_read_within_its_bounds(void **state)
{
    (void)state;
    AUTO_FREE char *text =
        str_printf("password=\"a\\\"b\" x://u:p@h eyJ%s.eyJ%s.c <secret>v</secret> --token t1 -----BEGIN "
                   "%sKEY-----\nx\n-----END PRIVATE KEY----- sk-%s",
                   "hbGciOiJIUzI1NiJ9", "zdWIiOiIxMjM0In0", "PRIVATE ", "qZ7mK2xV9bN4tR1wY6qZ7mK2xV9bN4tR1wY6");
    for (size_t from = 0; from <= strlen(text); from += 3) {
        for (size_t size = 0; size <= strlen(text) - from; size++) {
            char *copy = mem_alloc(size + 1);
            memcpy(copy, text + from, size);
            struct buf out = { 0 };
            char *tight = malloc(size ? size : 1); /* of exactly its size: the sanitizer sees a read beyond it */
            memcpy(tight, copy, size);
            redact_text(&out, tight, size);
            free(tight);
            buf_fini(&out);
            free(copy);
        }
    }
}

static void hostile_lines_cost_no_more_than_others(void **state)
{
    (void)state;
    static const char *const seeds[] = { "a=",      "token:",   "key=key=",    "eyJ-",        "eyJaaaaaaaaaaa.",
                                         "://:",    "Bearer ",  "-----BEGIN ", "\\\"",        "password=\"",
                                         "x ",      "aaaaaaaa", "sk-",         "secret=a/b ", "--token ",
                                         "<token>", "glc_",     "123456789:A" };
    size_t size = 1 << 20;
    char *text = mem_alloc(size);
    for (size_t s = 0; s < COUNT(seeds); s++) {
        for (size_t i = 0; i < size; i++)
            text[i] = seeds[s][i % strlen(seeds[s])];
        struct buf out = { 0 };
        clock_t began = clock();
        redact_text(&out, text, size);
        double took_s = (double)(clock() - began) / CLOCKS_PER_SEC;
        buf_fini(&out);
        if (took_s > 2) /* of this process alone, under sanitizers; quadratic would be minutes */
            fail_msg("%s took %.1f s", seeds[s], took_s);
    }
    free(text);
}

static void names_of_secret_settings_are_known(void **state)
{
    (void)state;
    static const char *const secret[] = {
        "password",
        "DB_PASSWORD",
        "db-password",
        "dbPassword",
        "PGPASSWORD",
        "MYSQL_ROOT_PASSWORD",
        "api-token",
        "API_KEY",
        "apiKey",
        "APIKey",
        "AWS_SECRET_ACCESS_KEY",
        "clientSecret",
        "AUTH_TOKEN",
        "private_key",
        "SSH_PRIVATE_KEY",
        "REDIS_PASS",
        "Authorization",
        "cookie",
        "SESSION_ID",
        "AZURE_STORAGE_CONNECTION_STRING",
        "encryptionKey",
        "credentials",
        "SMTP_PWD",
        "basic_auth",
    };
    static const char *const open[] = {
        "",
        "PORT",
        "PASSWORD_FILE",
        "secretName",
        "TOKEN_URL",
        "tokenExpirationSeconds",
        "KEYBOARD",
        "MONKEY",
        "KEY",
        "max_tokens",
        "PASS",
        "passThrough",
        "COMPASS",
        "PUBLIC_KEY",
        "PARTITION_KEY",
        "AUTHOR",
        "BASIC",
        "SECRETARY",
        "password_policy",
        "token_count",
        "DATABASE_URL",
        "SSH_KEY_PATH",
    };
    for (size_t i = 0; i < COUNT(secret); i++)
        if (!redact_name_is_secret(secret[i]))
            fail_msg("%s is a secret", secret[i]);
    for (size_t i = 0; i < COUNT(open); i++)
        if (redact_name_is_secret(open[i]))
            fail_msg("%s is no secret", open[i]);
    assert_false(redact_name_is_secret(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_of_every_known_form_are_taken_out_wherever_they_stand),
        cmocka_unit_test(there_are_forty_kinds_at_least),
        cmocka_unit_test(the_address_of_a_webhook_stays_its_key_goes),
        cmocka_unit_test(settings_lose_their_values_in_every_notation),
        cmocka_unit_test(forms_without_a_prefix_are_known_too),
        cmocka_unit_test(a_private_key_goes_with_all_its_lines),
        cmocka_unit_test(what_kubernetes_says_about_secrets_stays),
        cmocka_unit_test(plain_log_lines_stay_as_they_are),
        cmocka_unit_test(what_was_redacted_once_stays_as_it_is),
        cmocka_unit_test(every_cut_of_a_text_is_read_within_its_bounds),
        cmocka_unit_test(hostile_lines_cost_no_more_than_others),
        cmocka_unit_test(names_of_secret_settings_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
