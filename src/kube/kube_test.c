/* Calls and lists against an API server that answers as the real one was recorded to. */
#include "kube/kube.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "http/server.h"
#include "http/test_certificate.h"
#include "kube/scripted.h"

#define PATIENCE_MS 10000

/* One request that has to come, and the answer to it. */
struct row {
    const char *request; /* how it begins                                  */
    const char *holds;   /* a header that it must have, or NULL            */
    int status;          /* 0: the connection is closed without an answer  */
    const char *type, *headers, *body;
};

struct world {
    struct loop *loop;
    struct scripted *server;
    struct kube *kube;
    const struct row *rows;
    size_t n_rows, next;
    char wrong[1000];
    struct timer patience;
    int done, items;
    struct kube_answer answer;
    struct err err;
    bool failed;
    char text[2000], version[64], seen[400];
    struct kube_request *request;
    int cancel_at; /* item at which the list is cancelled, 0: none   */
};

static void on_request(void *arg, struct scripted_connection *c, const char *request)
{
    struct world *w = arg;
    const struct row *row = w->next < w->n_rows ? &w->rows[w->next++] : NULL;
    if (!row || !str_starts(request, row->request) || (row->holds && !strstr(request, row->holds))) {
        snprintf(w->wrong, sizeof w->wrong, "expected %s (%s), got %.600s", row ? row->request : "nothing",
                 row ? str_or_empty(row->holds) : "", request);
        loop_stop(w->loop);
        return;
    }
    if (row->status)
        scripted_answer(c, row->status, row->type ? row->type : "application/json", str_or_empty(row->headers),
                        row->body);
    else
        scripted_close(c);
}

static void on_patience(void *arg)
{
    struct world *w = arg;
    snprintf(w->wrong, sizeof w->wrong, "nothing more after %d ms, %zu requests", PATIENCE_MS, w->next);
    loop_stop(w->loop);
}

static struct world *open_world(const struct row *rows, size_t n_rows, const char *token_file)
{
    struct world *w = mem_alloc(sizeof *w);
    *w = (struct world){ .rows = rows, .n_rows = n_rows, .loop = loop_new("test", 16) };
    w->server = scripted_new(w->loop, on_request, w);
    AUTO_FREE char *server = str_dup(scripted_url(w->server));
    AUTO_FREE char *file = str_dup(token_file);
    char token[] = "secret";
    struct kube_config config = { .server = server, .token = file ? NULL : token, .token_file = file };
    struct err e = { 0 };
    w->kube = kube_new(w->loop, &config, "test/1", &e);
    if (!w->kube)
        fail_msg("%s", e.text);
    return w;
}

static void run(struct world *w)
{
    timer_start(&w->patience, w->loop, PATIENCE_MS, on_patience, w);
    loop_run(w->loop);
    timer_stop(&w->patience);
    if (w->wrong[0])
        fail_msg("%s", w->wrong);
}

static void close_world(struct world *w)
{
    size_t asked = w->next, expected = w->n_rows;
    kube_free(w->kube);
    scripted_free(w->server);
    loop_free(w->loop);
    free(w);
    assert_int_equal(asked, expected);
}

static void on_answer(void *arg, const struct kube_answer *answer)
{
    struct world *w = arg;
    w->done++;
    w->answer = *answer;
    w->failed = answer->err != NULL;
    if (answer->err)
        w->err = *answer->err;
    str_copy(w->text, sizeof w->text,
             answer->object && !answer->err ? str_or_empty(json_at_str(answer->object, "metadata.name"))
                                            : answer->text);
    loop_stop(w->loop);
}

static struct world *call(const struct row *rows, size_t n_rows, const char *path, const struct kube_options *options)
{
    struct world *w = open_world(rows, n_rows, NULL);
    w->request = kube_call(w->kube, path, options, on_answer, w);
    assert_int_equal(w->done, 0);
    run(w);
    assert_int_equal(w->done, 1);
    return w;
}
#define CALL(rows, path, options) call(rows, COUNT(rows), path, options)

/* --- calls ------------------------------------------------------------------------------------------------------ */

static void an_object_is_parsed_and_asked_for_with_our_name_and_token(void **state)
{
    (void)state;
    static const struct row rows[] = { { "GET /api/v1/nodes/node1 HTTP/1.1\r\n", "Authorization: Bearer secret\r\n",
                                         200, NULL, NULL, "{\"kind\":\"Node\",\"metadata\":{\"name\":\"node1\"}}" } };
    struct world *w = CALL(rows, "/api/v1/nodes/node1", NULL);
    assert_false(w->failed);
    assert_int_equal(w->answer.status, 200);
    assert_string_equal(w->text, "node1");
    assert_int_equal(kube_counts(w->kube).calls, 1);
    close_world(w);
}

static void the_user_agent_is_ours(void **state)
{
    (void)state;
    static const struct row rows[] = { { "GET /version", "User-Agent: test/1\r\n", 200, NULL, NULL, "{}" } };
    close_world(CALL(rows, "/version", NULL));
}

/* Messages as recorded from kube-apiserver 1.36.3. */
static void failures_carry_the_servers_words_and_their_kind(void **state)
{
    (void)state;
    static const struct {
        struct row row;
        enum err_kind kind;
        const char *text;
    } cases[] = {
        { { "GET /x", NULL, 403, NULL, NULL,
            "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"events is "
            "forbidden: User "
            "\\\"system:serviceaccount:default:default\\\" cannot watch resource \\\"events\\\" in API group \\\"\\\" "
            "at the cluster scope\",\"reason\":"
            "\"Forbidden\",\"details\":{\"kind\":\"events\"},\"code\":403}" },
          ERR_REFUSED,
          "events is forbidden: User \"system:serviceaccount:default:default\" cannot watch" },
        { { "GET /x", NULL, 401, NULL, NULL,
            "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"Unauthorized\",\"code\":401}" },
          ERR_REFUSED,
          "does not accept our credentials" },
        { { "GET /x", NULL, 404, NULL, NULL,
            "{\"kind\":\"Status\",\"message\":\"pods \\\"nope\\\" not found\",\"reason\":\"NotFound\",\"code\":404}" },
          ERR_NOT_FOUND,
          "pods \"nope\" not found" },
        { { "GET /x", NULL, 404, "text/plain; charset=utf-8", NULL, "404 page not found\n" },
          ERR_NOT_FOUND,
          "404 page not found" },
        { { "GET /x", NULL, 410, NULL, NULL,
            "{\"kind\":\"Status\",\"message\":\"The provided continue parameter is too old\",\"code\":410}" },
          ERR_EXPIRED,
          "too old" },
        { { "GET /x", NULL, 429, NULL, NULL,
            "{\"kind\":\"Status\",\"message\":\"storage is (re)initializing\",\"code\":429}" },
          ERR_BUSY,
          "initializing" },
        { { "GET /x", NULL, 504, NULL, NULL,
            "{\"kind\":\"Status\",\"message\":\"Timeout: Too large resource version: 9, current: 2\",\"code\":504}" },
          ERR_TIMEOUT,
          "Too large" },
        { { "GET /x", NULL, 200, NULL, NULL, "{\"kind\":" }, ERR_INVALID, "no JSON" },
        { { "GET /x", NULL, 500, "text/html", NULL, "" }, ERR_UNAVAILABLE, "HTTP 500" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world *w = call(&cases[i].row, 1, "/x", NULL);
        assert_true(w->failed);
        assert_int_equal(w->err.kind, cases[i].kind);
        assert_non_null(strstr(w->err.text, cases[i].text));
        assert_int_equal(w->answer.status, cases[i].row.status);
        assert_int_equal(kube_counts(w->kube).failed, 1);
        close_world(w);
    }
}

static void a_server_that_hangs_up_is_unavailable(void **state)
{
    (void)state;
    static const struct row rows[] = { { .request = "GET /x" } };
    struct world *w = CALL(rows, "/x", NULL);
    assert_int_equal(w->answer.status, 0);
    assert_int_equal(w->err.kind, ERR_UNAVAILABLE);
    assert_non_null(strstr(w->err.text, scripted_url(w->server)));
    close_world(w);
}

static void a_log_is_text_even_when_it_looks_like_json(void **state)
{
    (void)state;
    static const struct row rows[] = { { "GET /api/v1/namespaces/shop/pods/cart/log?tailLines=2", NULL, 200,
                                         "text/plain", NULL, "{\"level\":\"error\"}\n" } };
    struct world *w = CALL(rows, "/api/v1/namespaces/shop/pods/cart/log?tailLines=2", NULL);
    assert_false(w->failed);
    assert_string_equal(w->text, "{\"level\":\"error\"}\n");
    close_world(w);
}

static void a_pod_without_a_node_has_an_empty_log(void **state)
{
    (void)state;
    static const struct row rows[] = { { "GET /log", NULL, 204, NULL, NULL, "" } };
    struct world *w = CALL(rows, "/log", NULL);
    assert_false(w->failed);
    assert_string_equal(w->text, "");
    close_world(w);
}

static void an_object_that_is_too_large_is_an_error(void **state)
{
    (void)state;
    static const struct row rows[] = { { "GET /x", NULL, 200, NULL, NULL,
                                         "{\"metadata\":{\"name\":\"abcdefghijklmnopqrstuvwxyz\"}}" } };
    struct kube_options options = { .size_max = 20 };
    struct world *w = CALL(rows, "/x", &options);
    assert_int_equal(w->err.kind, ERR_TOO_LARGE);
    close_world(w);
}

static void metadata_alone_is_asked_for_in_the_form_the_path_needs(void **state)
{
    (void)state;
    static const struct {
        const char *path, *form;
    } cases[] = {
        { "/api/v1/secrets", "as=PartialObjectMetadataList;" },
        { "/api/v1/namespaces/shop/secrets?limit=500", "as=PartialObjectMetadataList;" },
        { "/api/v1/namespaces/shop/secrets/tls", "as=PartialObjectMetadata;" },
        { "/api/v1/namespaces/shop", "as=PartialObjectMetadata;" },
        { "/apis/apps/v1/deployments", "as=PartialObjectMetadataList;" },
        { "/apis/apps/v1/namespaces/shop/deployments/web", "as=PartialObjectMetadata;" },
        { "/apis/storage.k8s.io/v1/storageclasses/fast", "as=PartialObjectMetadata;" },
    };
    struct kube_options options = { .partial_metadata = true };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct row row = { "GET ", cases[i].form, 200, NULL, NULL, "{}" };
        close_world(call(&row, 1, cases[i].path, &options));
    }
}

static void a_server_that_asks_to_wait_is_obeyed_and_asked_again(void **state)
{
    (void)state;
    static const struct row rows[] = { { "GET /x", NULL, 429, NULL, "Retry-After: 1\r\n", "{\"message\":\"busy\"}" },
                                       { "GET /x", NULL, 200, NULL, NULL, "{\"metadata\":{\"name\":\"ok\"}}" } };
    int64_t began_ms = clock_mono_ms();
    struct world *w = CALL(rows, "/x", NULL);
    assert_string_equal(w->text, "ok");
    assert_true(clock_mono_ms() - began_ms >= 990);
    assert_int_equal(kube_counts(w->kube).failed, 0);
    close_world(w);
}

static void a_wait_beyond_the_calls_time_ends_it(void **state)
{
    (void)state;
    static const struct row rows[] = { { "GET /x", NULL, 503, NULL, "Retry-After: 600\r\n",
                                         "{\"message\":\"later\"}" } };
    struct world *w = CALL(rows, "/x", NULL);
    assert_int_equal(w->err.kind, ERR_UNAVAILABLE);
    close_world(w);
}

static void a_change_is_not_sent_twice(void **state)
{
    (void)state;
    static const struct row rows[] = { { "PATCH /x", "Content-Type: application/merge-patch+json\r\n", 429, NULL,
                                         "Retry-After: 1\r\n", "{\"message\":\"busy\"}" } };
    struct kube_options options = { .method = "PATCH", .body = "{}", .content_type = "application/merge-patch+json" };
    struct world *w = CALL(rows, "/x", &options);
    assert_int_equal(w->err.kind, ERR_BUSY);
    close_world(w);
}

static void write_token(const char *path, const char *token)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(token, f);
    assert_int_equal(fclose(f), 0);
}

static void a_refused_token_is_read_again_and_the_call_is_sent_once_more(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "GET /x", "Bearer old\r\n", 401, NULL, NULL, "{\"message\":\"Unauthorized\"}" },
        { "GET /x", "Bearer new\r\n", 200, NULL, NULL, "{\"metadata\":{\"name\":\"ok\"}}" },
        { "GET /x", "Bearer new\r\n", 401, NULL, NULL, "{\"message\":\"Unauthorized\"}" }
    };
    char path[] = "/tmp/aetherius-kube-test-XXXXXX";
    close(mkstemp(path));
    write_token(path, "old");
    struct world *w = open_world(rows, COUNT(rows), path);
    write_token(path, "new");
    kube_call(w->kube, "/x", NULL, on_answer, w);
    run(w);
    assert_string_equal(w->text, "ok");
    kube_call(w->kube, "/x", NULL, on_answer, w); /* the same token again: no reason to send it twice */
    run(w);
    assert_int_equal(w->err.kind, ERR_REFUSED);
    unlink(path);
    close_world(w);
}

static void a_cancelled_call_says_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = { { "GET /y", NULL, 200, NULL, NULL, "{}" } };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    struct world other = { .loop = w->loop };
    struct kube_request *r = kube_call(w->kube, "/x", NULL, on_answer, &other);
    kube_cancel(r);
    kube_call(w->kube, "/y", NULL, on_answer, w);
    run(w);
    assert_int_equal(other.done, 0);
    close_world(w);
}

static void what_runs_when_kube_is_freed_says_nothing(void **state)
{
    (void)state;
    struct world *w = open_world(NULL, 0, NULL);
    static const struct kube_list_handlers none;
    kube_call(w->kube, "/x", NULL, on_answer, w);
    kube_list(w->kube, kube_kind_find("pod"), NULL, NULL, &none, w);
    close_world(w);
}

/* --- TLS ------------------------------------------------------------------------------------------------------------- */

static void answer_ok(void *arg, struct http_exchange *x)
{
    (void)arg;
    static const char body[] = "{\"metadata\":{\"name\":\"ok\"}}";
    http_reply(x, 200, "application/json", body, sizeof body - 1);
}

static void call_with_ca(struct world *w, const char *ca)
{
    struct err e = { 0 };
    struct http_tls tls = { .certificate = test_certificate, .key = test_key };
    struct http_server *server = http_server_new(w->loop, "127.0.0.1:0", NULL, &tls, answer_ok, NULL, &e);
    if (!server)
        fail_msg("%s", e.text);
    AUTO_FREE char *url = str_printf("https://127.0.0.1:%d", http_server_port(server));
    AUTO_FREE char *pem = str_dup(ca), *cert = str_dup(test_certificate), *key = str_dup(test_key);
    struct kube_config config = { .server = url, .ca_pem = pem, .cert_pem = cert, .key_pem = key };
    struct kube *k = kube_new(w->loop, &config, "test/1", &e);
    if (!k)
        fail_msg("%s", e.text);
    kube_call(k, "/version", NULL, on_answer, w);
    run(w);
    kube_free(k);
    http_server_free(server);
}

static void the_servers_certificate_is_checked_against_the_ca_of_the_config(void **state)
{
    (void)state;
    struct world *w = open_world(NULL, 0, NULL);
    call_with_ca(w, test_certificate);
    assert_string_equal(w->text, "ok");
    call_with_ca(w, test_certificate_by_name);
    assert_true(w->failed);
    assert_int_equal(w->answer.status, 0);
    assert_non_null(strstr(w->err.text, "certificate"));
    close_world(w);
}

/* --- lists ------------------------------------------------------------------------------------------------------ */

static void on_item(void *arg, json *object)
{
    struct world *w = arg;
    w->items++;
    assert_string_equal(json_get_str(object, "kind"), "Deployment");
    assert_string_equal(json_get_str(object, "apiVersion"), "apps/v1");
    size_t used = strlen(w->seen);
    snprintf(w->seen + used, sizeof w->seen - used, "%s ", json_at_str(object, "metadata.name"));
    if (w->items == w->cancel_at) {
        kube_cancel(w->request);
        loop_stop(w->loop);
    }
}

static void on_listed(void *arg, const char *version, const struct err *err)
{
    struct world *w = arg;
    w->done++;
    str_copy(w->version, sizeof w->version, version);
    w->failed = err != NULL;
    if (err)
        w->err = *err;
    loop_stop(w->loop);
}

static const struct kube_list_handlers list_handlers = { .item = on_item, .done = on_listed };

static struct world *list(const struct row *rows, size_t n_rows, const char *namespace_, const char *query,
                          int cancel_at)
{
    struct world *w = open_world(rows, n_rows, NULL);
    w->cancel_at = cancel_at;
    w->request = kube_list(w->kube, kube_kind_find("deployments"), namespace_, query, &list_handlers, w);
    assert_int_equal(w->done, 0);
    run(w);
    return w;
}
#define LIST(rows, namespace_, query) list(rows, COUNT(rows), namespace_, query, 0)

#define ITEM(name) "{\"metadata\":{\"name\":\"" name "\"},\"spec\":{\"replicas\":1}}"

static void a_list_is_read_page_by_page_with_one_version(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "GET /apis/apps/v1/namespaces/shop/deployments?limit=500&labelSelector=a%3Db HTTP", NULL, 200, NULL, NULL,
          "{\"kind\":\"DeploymentList\",\"metadata\":{\"resourceVersion\":\"77\",\"continue\":\"to/"
          "ken+=\"},\"items\":[" ITEM("a") "," ITEM("b") "]}" },
        { "GET /apis/apps/v1/namespaces/shop/deployments?limit=500&continue=to%2Fken%2B%3D&labelSelector=a%3Db HTTP",
          NULL, 200, NULL, NULL, "{\"metadata\":{\"resourceVersion\":\"77\"},\"items\":[" ITEM("c") "]}" },
    };
    struct world *w = LIST(rows, "shop", "labelSelector=a%3Db");
    assert_false(w->failed);
    assert_string_equal(w->seen, "a b c ");
    assert_string_equal(w->version, "77");
    assert_int_equal(kube_counts(w->kube).lists, 1);
    close_world(w);
}

static void an_empty_list_may_have_no_items_at_all(void **state)
{
    (void)state;
    static const struct row rows[] = { { "GET /apis/apps/v1/deployments?limit=500", NULL, 200, NULL, NULL,
                                         "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":null}" } };
    struct world *w = LIST(rows, NULL, NULL);
    assert_false(w->failed);
    assert_int_equal(w->items, 0);
    assert_string_equal(w->version, "5");
    close_world(w);
}

#define EXPIRED                                                                                                        \
    "{\"kind\":\"Status\",\"metadata\":{\"continue\":\"rest\"},\"message\":\"The provided continue parameter is too "  \
    "old\",\"reason\":\"Expired\",\"code\":410}"

static void an_expired_token_begins_the_list_anew_with_smaller_pages(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "GET /apis/apps/v1/deployments?limit=500 ", NULL, 200, NULL, NULL,
          "{\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"t1\"},\"items\":[" ITEM("a") "]}" },
        { "GET /apis/apps/v1/deployments?limit=500&continue=t1 ", NULL, 410, NULL, NULL, EXPIRED },
        { "GET /apis/apps/v1/deployments?limit=250 ", NULL, 200, NULL, NULL,
          "{\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"t2\"},\"items\":[" ITEM("a") "]}" },
        { "GET /apis/apps/v1/deployments?limit=250&continue=t2 ", NULL, 200, NULL, NULL,
          "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[" ITEM("b") "]}" },
    };
    struct world *w = LIST(rows, NULL, NULL);
    assert_false(w->failed);
    assert_string_equal(w->seen, "a a b ");
    assert_string_equal(w->version, "9");
    close_world(w);
}

static void a_token_that_always_expires_gives_up_after_three_restarts(void **state)
{
    (void)state;
    struct row rows[8];
    for (size_t i = 0; i < COUNT(rows); i += 2) {
        rows[i] = (struct row){ "GET /apis/apps/v1/deployments?limit=",
                                NULL,
                                200,
                                NULL,
                                NULL,
                                "{\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"t\"},\"items\":[]}" };
        rows[i + 1] = (struct row){ "GET /apis/apps/v1/deployments?limit=", "continue=t", 410, NULL, NULL, EXPIRED };
    }
    struct world *w = LIST(rows, NULL, NULL);
    assert_true(w->failed);
    assert_int_equal(w->err.kind, ERR_EXPIRED);
    close_world(w);
}

static void a_server_that_never_ends_a_list_is_given_up(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "GET /apis/apps/v1/deployments?limit=500 ", NULL, 200, NULL, NULL,
          "{\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"t\"},\"items\":[]}" },
        { "GET /apis/apps/v1/deployments?limit=500&continue=t ", NULL, 200, NULL, NULL,
          "{\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"t\"},\"items\":[]}" },
    };
    struct world *w = LIST(rows, NULL, NULL);
    assert_true(w->failed);
    assert_non_null(strstr(w->err.text, "does not come to an end"));
    close_world(w);
}

static void answers_that_are_no_lists_are_errors(void **state)
{
    (void)state;
    static const char *const bodies[] = { "[]", "{}", "{\"metadata\":{\"resourceVersion\":\"\"},\"items\":[]}",
                                          "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[7]}" };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct row row = { "GET /apis/apps/v1/deployments", NULL, 200, NULL, NULL, bodies[i] };
        struct world *w = list(&row, 1, NULL, NULL, 0);
        assert_true(w->failed);
        assert_int_equal(w->err.kind, ERR_INVALID);
        close_world(w);
    }
}

static void a_refused_list_says_who_may_not_what(void **state)
{
    (void)state;
    static const struct row rows[] = { { "GET /apis/apps/v1/deployments", NULL, 403, NULL, NULL,
                                         "{\"message\":\"deployments.apps is forbidden\",\"code\":403}" } };
    struct world *w = LIST(rows, NULL, NULL);
    assert_int_equal(w->err.kind, ERR_REFUSED);
    assert_string_equal(w->err.text, "deployments.apps is forbidden");
    assert_string_equal(w->version, "");
    close_world(w);
}

static void a_list_can_be_cancelled_from_its_own_item(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "GET /apis/apps/v1/deployments", NULL, 200, NULL, NULL,
          "{\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"t\"},\"items\":[" ITEM("a") "," ITEM("b") "]}" },
    };
    struct world *w = list(rows, COUNT(rows), NULL, NULL, 1);
    assert_string_equal(w->seen, "a ");
    assert_int_equal(w->done, 0);
    close_world(w);
}

static void a_namespace_that_is_none_is_an_error_and_no_request(void **state)
{
    (void)state;
    struct world *w = list(NULL, 0, "../x", NULL, 0);
    assert_true(w->failed);
    assert_int_equal(w->err.kind, ERR_INVALID);
    close_world(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_parsed_and_asked_for_with_our_name_and_token),
        cmocka_unit_test(the_user_agent_is_ours),
        cmocka_unit_test(failures_carry_the_servers_words_and_their_kind),
        cmocka_unit_test(a_server_that_hangs_up_is_unavailable),
        cmocka_unit_test(a_log_is_text_even_when_it_looks_like_json),
        cmocka_unit_test(a_pod_without_a_node_has_an_empty_log),
        cmocka_unit_test(an_object_that_is_too_large_is_an_error),
        cmocka_unit_test(metadata_alone_is_asked_for_in_the_form_the_path_needs),
        cmocka_unit_test(a_server_that_asks_to_wait_is_obeyed_and_asked_again),
        cmocka_unit_test(a_wait_beyond_the_calls_time_ends_it),
        cmocka_unit_test(a_change_is_not_sent_twice),
        cmocka_unit_test(a_refused_token_is_read_again_and_the_call_is_sent_once_more),
        cmocka_unit_test(a_cancelled_call_says_nothing),
        cmocka_unit_test(what_runs_when_kube_is_freed_says_nothing),
        cmocka_unit_test(the_servers_certificate_is_checked_against_the_ca_of_the_config),
        cmocka_unit_test(a_list_is_read_page_by_page_with_one_version),
        cmocka_unit_test(an_empty_list_may_have_no_items_at_all),
        cmocka_unit_test(an_expired_token_begins_the_list_anew_with_smaller_pages),
        cmocka_unit_test(a_token_that_always_expires_gives_up_after_three_restarts),
        cmocka_unit_test(a_server_that_never_ends_a_list_is_given_up),
        cmocka_unit_test(answers_that_are_no_lists_are_errors),
        cmocka_unit_test(a_refused_list_says_who_may_not_what),
        cmocka_unit_test(a_list_can_be_cancelled_from_its_own_item),
        cmocka_unit_test(a_namespace_that_is_none_is_an_error_and_no_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
