/* The simulator over HTTP, asked as a client asks a real API server: a loop with both ends. */
#include "sim/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/client.h"
#include "sim/script.h"

struct answer {
    int status;
    bool whole;
    int64_t retry_after_ms;
    char type[64];
    struct buf body;
    struct err err;
};

struct client {
    struct loop *loop;
    struct sim *sim;
    struct http_client *http;
    struct answer answer;
    bool compressed;
    const char *accept, *token;
    /* of a watch */
    struct http_call *watch;
    struct buf frames;
    bool began, ended, end_was_whole;
    const char *awaited;
    struct timer patience;
};

static struct client client;

static int open_client(void **state)
{
    (void)state;
    struct err e;
    static const struct sim_options options = {
        .listen = "127.0.0.1:0",
        .world = { .cluster = "api",
                   .seed = 7,
                   .speed = 20,
                   .event_ttl_ms = 3600000,
                   .history = { .revisions = 20000, .bytes = 1 << 26 } },
    };
    client = (struct client){ .loop = loop_new("api", 4) };
    client.sim = sim_new(client.loop, &options, NULL, &e);
    if (!client.sim)
        fail_msg("%s", e.text);
    client.http = http_client_new(client.loop, NULL, 8);
    client.token = client.sim->token;
    if (script_load(client.sim, "cluster api: 2 nodes\n", &e) != 0)
        fail_msg("%s", e.text);
    sim_turn(client.sim);
    return 0;
}

static int close_client(void **state)
{
    (void)state;
    timer_stop(&client.patience);
    http_client_free(client.http);
    sim_free(client.sim);
    loop_free(client.loop);
    buf_fini(&client.answer.body);
    buf_fini(&client.frames);
    return 0;
}

static void say(const char *sentence)
{
    struct err e;
    if (script_say(client.sim, sentence, &e) != 0)
        fail_msg("%s: %s", sentence, e.text);
    sim_turn(client.sim);
}

static void on_done(void *arg, const struct http_answer *a)
{
    struct client *c = arg;
    c->answer.status = a->status;
    c->answer.whole = a->whole;
    c->answer.retry_after_ms = a->retry_after_ms;
    str_copy(c->answer.type, sizeof c->answer.type, str_or_empty(a->content_type));
    buf_reset(&c->answer.body);
    buf_add(&c->answer.body, a->body, a->size);
    if (a->err)
        c->answer.err = *a->err;
    loop_stop(c->loop);
}

static struct json_doc *ask(const char *method, const char *path, const char *body, int status)
{
    AUTO_FREE char *url = str_printf("http://%s%s", client.sim->listen, path);
    AUTO_FREE char *accept = str_printf("Accept: %s", client.accept ? client.accept : "application/json");
    const char *const headers[] = { accept, "Content-Type: application/json", NULL };
    http_call(client.http,
              &(struct http_get){ .method = method,
                                  .url = url,
                                  .headers = headers,
                                  .bearer = client.token,
                                  .body = body,
                                  .body_size = body ? strlen(body) : 0,
                                  .total_ms = 10000,
                                  .body_max = 1 << 26,
                                  .compressed = client.compressed },
              NULL, on_done, &client);
    loop_run(client.loop);
    if (client.answer.status != status)
        fail_msg("%s %s: %d %s %s", method, path, client.answer.status, buf_text(&client.answer.body),
                 client.answer.err.text);
    return json_parse(buf_text(&client.answer.body), client.answer.body.size, &json_list_limits, NULL);
}

static struct json_doc *get(const char *path, int status)
{
    return ask("GET", path, NULL, status);
}

static void on_time(void *arg)
{
    loop_stop(arg);
}

/* Lets the world go on for so long. */
static void wait_ms(int64_t ms)
{
    timer_start(&client.patience, client.loop, ms, on_time, client.loop);
    loop_run(client.loop);
    timer_stop(&client.patience);
}

/* ---- watches ---- */

static bool on_begin(void *arg, int status)
{
    struct client *c = arg;
    assert_int_equal(status, 200);
    c->began = true;
    return true;
}

static void on_frames(void *arg, const char *data, size_t size)
{
    struct client *c = arg;
    buf_add(&c->frames, data, size);
    if (c->awaited && strstr(buf_text(&c->frames), c->awaited))
        loop_stop(c->loop);
}

static void on_watch_done(void *arg, const struct http_answer *a)
{
    struct client *c = arg;
    c->ended = true;
    c->end_was_whole = a->whole;
    c->watch = NULL;
    loop_stop(c->loop);
}

static void watch(const char *path)
{
    static const struct http_stream_handlers handlers = { .begin = on_begin, .data = on_frames };
    AUTO_FREE char *url = str_printf("http://%s%s", client.sim->listen, path);
    buf_reset(&client.frames);
    client.began = client.ended = false;
    client.watch = http_call(client.http, &(struct http_get){ .url = url, .bearer = client.token }, &handlers,
                             on_watch_done, &client);
}

static void await(const char *text)
{
    client.awaited = text;
    for (int i = 0; i < 100 && !strstr(buf_text(&client.frames), text) && !client.ended; i++)
        wait_ms(50);
    client.awaited = NULL;
    if (!strstr(buf_text(&client.frames), text))
        fail_msg("never came: %s; came: %s", text, buf_text(&client.frames));
}

static void await_end(void)
{
    for (int i = 0; i < 100 && !client.ended; i++)
        wait_ms(50);
    assert_true(client.ended);
}

static void stop_watch(void)
{
    if (client.watch)
        http_call_cancel(client.watch);
    client.watch = NULL;
}

static int64_t count_frames(const char *type)
{
    int64_t count = 0;
    AUTO_FREE char *mark = str_printf("{\"type\":\"%s\"", type);
    for (const char *c = buf_text(&client.frames); (c = strstr(c, mark)); c++)
        count++;
    return count;
}

/* ---- lists ---- */

static void a_list_has_its_kind_version_and_items_without_theirs(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *doc = get("/api/v1/nodes", 200);
    json *list = json_root(doc);
    assert_string_equal(client.answer.type, "application/json");
    assert_string_equal(json_get_str(list, "kind"), "NodeList");
    assert_string_equal(json_get_str(list, "apiVersion"), "v1");
    assert_non_null(json_at_str(list, "metadata.resourceVersion"));
    assert_int_equal(json_count(json_get(list, "items")), 2);
    assert_null(json_at(list, "items.0.kind"));
    AUTO_JSON struct json_doc *one = get("/api/v1/nodes/node-2", 200);
    assert_string_equal(json_get_str(json_root(one), "kind"), "Node");
    AUTO_JSON struct json_doc *none = get("/apis/apps/v1/namespaces/shop/deployments", 200);
    assert_string_equal(json_get_str(json_root(none), "kind"), "DeploymentList");
    assert_int_equal(json_count(json_get(json_root(none), "items")), 0);
    AUTO_JSON struct json_doc *namespace = get("/api/v1/namespaces/kube-system", 200);
    assert_int_equal(strlen(json_at_str(json_root(namespace), "metadata.uid")), 36);
}

static void pages_show_one_state_however_much_happens_between_them(void **state)
{
    (void)state;
    say("deployment shop/web: 5 replicas");
    wait_ms(100);
    AUTO_JSON struct json_doc *first = get("/api/v1/pods?limit=2", 200);
    const char *token = json_at_str(json_root(first), "metadata.continue");
    assert_non_null(token);
    assert_int_equal(json_int(json_at(json_root(first), "metadata.remainingItemCount"), 0), 3);
    say("deployment shop/web: scales to 1");
    wait_ms(200);
    AUTO_FREE char *path = str_printf("/api/v1/pods?limit=2&continue=%s", token);
    AUTO_JSON struct json_doc *second = get(path, 200);
    assert_string_equal(json_at_str(json_root(first), "metadata.resourceVersion"),
                        json_at_str(json_root(second), "metadata.resourceVersion"));
    AUTO_FREE char *rest =
        str_printf("/api/v1/pods?limit=2&continue=%s", json_at_str(json_root(second), "metadata.continue"));
    AUTO_JSON struct json_doc *third = get(rest, 200);
    assert_int_equal(json_count(json_get(json_root(third), "items")), 1);
    assert_null(json_at(json_root(third), "metadata.continue"));
    AUTO_JSON struct json_doc *now = get("/api/v1/pods", 200);
    assert_int_equal(json_count(json_get(json_root(now), "items")), 1);
}

static void an_old_page_is_410_and_brings_a_token_for_the_rest(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *first = get("/api/v1/nodes?limit=1", 200);
    say("fault: compact history");
    AUTO_FREE char *path =
        str_printf("/api/v1/nodes?limit=1&continue=%s", json_at_str(json_root(first), "metadata.continue"));
    AUTO_JSON struct json_doc *gone = get(path, 410);
    assert_string_equal(json_get_str(json_root(gone), "reason"), "Expired");
    AUTO_FREE char *rest =
        str_printf("/api/v1/nodes?limit=1&continue=%s", json_at_str(json_root(gone), "metadata.continue"));
    AUTO_JSON struct json_doc *second = get(rest, 200);
    assert_string_equal(json_at_str(json_root(second), "items.0.metadata.name"), "node-2");
    AUTO_JSON struct json_doc *bad = get("/api/v1/nodes?continue=%25%25%25", 400);
    assert_string_equal(json_get_str(json_root(bad), "reason"), "BadRequest");
}

static void a_version_of_the_future_is_504_for_a_list(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *cached = get("/api/v1/pods?resourceVersion=99999999", 504);
    assert_int_equal(client.answer.retry_after_ms, 1000);
    assert_string_equal(json_at_str(json_root(cached), "details.causes.0.reason"), "ResourceVersionTooLarge");
    assert_true(str_starts(json_get_str(json_root(cached), "message"),
                           "Timeout: Too large resource version: 99999999, current: "));
    AUTO_JSON struct json_doc *events = get("/api/v1/events?resourceVersion=99999999", 504);
    assert_int_equal(client.answer.retry_after_ms, 0);
    AUTO_JSON struct json_doc *bad = get("/api/v1/pods?resourceVersion=abc", 400);
    assert_string_equal(json_get_str(json_root(bad), "message"),
                        "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing "
                        "\"abc\": invalid syntax");
    AUTO_JSON struct json_doc *exact = get("/api/v1/events?resourceVersion=1&resourceVersionMatch=Exact", 410);
    assert_string_equal(json_get_str(json_root(exact), "message"),
                        "The resourceVersion for the provided list is too old.");
}

static void lists_are_selected_and_may_be_metadata_alone(void **state)
{
    (void)state;
    say("deployment shop/web: 2 replicas");
    say("deployment shop/api: 1 replicas");
    wait_ms(100);
    AUTO_JSON struct json_doc *web = get("/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb", 200);
    assert_int_equal(json_count(json_get(json_root(web), "items")), 2);
    AUTO_JSON struct json_doc *running =
        get("/api/v1/pods?fieldSelector=status.phase%3DRunning%2Cspec.nodeName!%3Dnode-1", 200);
    assert_in_range(json_count(json_get(json_root(running), "items")), 1, 2);
    AUTO_JSON struct json_doc *bad = get("/api/v1/pods?labelSelector=app%20around", 400);
    assert_non_null(bad);
    client.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    AUTO_JSON struct json_doc *partial = get("/api/v1/namespaces/shop/configmaps", 200);
    assert_string_equal(json_get_str(json_root(partial), "kind"), "PartialObjectMetadataList");
    assert_string_equal(json_at_str(json_root(partial), "items.0.kind"), "PartialObjectMetadata");
    assert_null(json_at(json_root(partial), "items.0.data"));
}

static void large_lists_are_compressed_for_who_takes_that(void **state)
{
    (void)state;
    say("deployment shop/web: 60 replicas");
    wait_ms(300);
    AUTO_JSON struct json_doc *plain = get("/api/v1/pods", 200);
    client.compressed = true;
    AUTO_JSON struct json_doc *packed = get("/api/v1/pods", 200);
    assert_int_equal(json_count(json_get(json_root(plain), "items")), 60);
    assert_int_equal(json_count(json_get(json_root(packed), "items")), 60);
}

/* ---- refusals ---- */

static void errors_are_statuses_in_the_real_ones_words(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *object = get("/api/v1/namespaces/shop/pods/nope", 404);
    assert_string_equal(json_get_str(json_root(object), "message"), "pods \"nope\" not found");
    assert_string_equal(json_at_str(json_root(object), "details.kind"), "pods");
    AUTO_JSON struct json_doc *deployment = get("/apis/apps/v1/namespaces/shop/deployments/nope", 404);
    assert_string_equal(json_get_str(json_root(deployment), "message"), "deployments.apps \"nope\" not found");
    AUTO_JSON struct json_doc *resource = get("/api/v1/foos", 404);
    assert_string_equal(json_get_str(json_root(resource), "message"),
                        "the server could not find the requested resource");
    assert_null(get("/apis/example.com/v1/foos", 404));
    assert_string_equal(client.answer.type, "text/plain; charset=utf-8");
    assert_string_equal(buf_text(&client.answer.body), "404 page not found\n");
    client.token = "wrong";
    AUTO_JSON struct json_doc *unknown = get("/api/v1/pods", 401);
    assert_string_equal(json_get_str(json_root(unknown), "message"), "Unauthorized");
}

static void what_the_client_may_not_is_403_and_reviews_say_so(void **state)
{
    (void)state;
    say("client: may not list secrets, may not get pods/log, may not watch events");
    AUTO_JSON struct json_doc *forbidden = get("/api/v1/secrets", 403);
    assert_string_equal(json_get_str(json_root(forbidden), "message"),
                        "secrets is forbidden: User \"system:serviceaccount:aetherius:aetherius-agent\" cannot list "
                        "resource \"secrets\" in API group \"\" at the cluster scope");
    AUTO_JSON struct json_doc *scoped = get("/api/v1/namespaces/shop/secrets", 403);
    assert_non_null(strstr(json_get_str(json_root(scoped), "message"), "in the namespace \"shop\""));
    AUTO_JSON struct json_doc *no =
        ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            "{\"spec\":{\"resourceAttributes\":{\"verb\":\"list\",\"resource\":\"secrets\"}}}", 201);
    assert_false(json_bool(json_at(json_root(no), "status.allowed"), true));
    AUTO_JSON struct json_doc *yes =
        ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            "{\"spec\":{\"resourceAttributes\":{\"verb\":\"list\",\"resource\":\"pods\"}}}", 201);
    assert_true(json_bool(json_at(json_root(yes), "status.allowed"), false));
    AUTO_JSON struct json_doc *rules = ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                                           "{\"spec\":{\"namespace\":\"default\"}}", 201);
    assert_true(json_count(json_at(json_root(rules), "status.resourceRules")) > 20);
    AUTO_JSON struct json_doc *bad = ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "{", 400);
    assert_non_null(bad);
}

/* ---- discovery and the rest ---- */

static bool review(const char *verb, const char *resource, const char *sub)
{
    AUTO_FREE char *body =
        str_printf("{\"spec\":{\"resourceAttributes\":{\"verb\":\"%s\",\"resource\":\"%s\",\"subresource\":\"%s\"}}}",
                   verb, resource, sub);
    AUTO_JSON struct json_doc *answer =
        ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body, 201);
    return json_bool(json_at(json_root(answer), "status.allowed"), false);
}

static void the_account_has_its_role_alone_unless_a_script_grants_more(void **state)
{
    (void)state;
    assert_true(review("get", "pods", "log"));
    assert_true(review("update", "leases", ""));
    assert_false(review("list", "secrets", ""));
    assert_false(review("get", "nodes", "proxy"));
    assert_false(review("create", "pods", "exec"));
    assert_false(review("impersonate", "users", ""));
    assert_false(review("*", "*", ""));
    say("client: may get nodes/proxy");
    assert_true(review("get", "nodes", "proxy"));
    assert_false(review("create", "pods", "exec"));
    say("client: may * *");
    assert_true(review("*", "*", ""));
    assert_true(review("create", "pods", "exec"));
    say("client: may do everything");
    assert_false(review("get", "nodes", "proxy"));
}

static void a_client_finds_out_what_there_is(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *version = get("/version", 200);
    assert_string_equal(json_get_str(json_root(version), "gitVersion"), "v1.36.3");
    assert_string_equal(json_get_str(json_root(version), "minor"), "36");
    assert_string_equal(json_get_str(json_root(version), "minCompatibilityMinor"), "35");
    AUTO_JSON struct json_doc *groups = get("/apis", 200);
    assert_string_equal(json_get_str(json_root(groups), "kind"), "APIGroupList");
    AUTO_JSON struct json_doc *core = get("/api/v1", 200);
    assert_true(json_count(json_get(json_root(core), "resources")) > 10);
    get("/readyz", 200);
    assert_string_equal(buf_text(&client.answer.body), "ok");
    get("/readyz?verbose", 200);
    assert_non_null(strstr(buf_text(&client.answer.body), "readyz check passed"));
}

static void logs_are_text_or_say_why_there_is_none(void **state)
{
    (void)state;
    say("pod shop/payments: crashes with exit 3 after 1s saying \"INFO two\\nFATAL three\"");
    say("pod shop/cart: needs configmap absent");
    say("pod shop/too-big: requests cpu 64");
    say("pod shop/two: container second");
    wait_ms(300);
    get("/api/v1/namespaces/shop/pods/payments/log", 200);
    assert_string_equal(client.answer.type, "text/plain");
    assert_string_equal(buf_text(&client.answer.body), "INFO starting payments\nINFO two\nFATAL three\n");
    get("/api/v1/namespaces/shop/pods/payments/log?previous=true&tailLines=1&container=payments", 200);
    assert_string_equal(buf_text(&client.answer.body), "FATAL three\n");
    get("/api/v1/namespaces/shop/pods/payments/log?timestamps=true&tailLines=1", 200);
    assert_int_equal(strcspn(buf_text(&client.answer.body), " "), strlen("2026-11-22T21:22:28.867335732Z"));
    get("/api/v1/namespaces/shop/pods/payments/log?limitBytes=4", 200);
    assert_string_equal(buf_text(&client.answer.body), "INFO");
    AUTO_JSON struct json_doc *waiting = get("/api/v1/namespaces/shop/pods/cart/log", 400);
    assert_string_equal(json_get_str(json_root(waiting), "message"),
                        "container \"cart\" in pod \"cart\" is waiting to start: CreateContainerConfigError");
    say("pod shop/front: image registry.local/absent:9, which the registry lacks");
    wait_ms(600);
    AUTO_JSON struct json_doc *pulling = get("/api/v1/namespaces/shop/pods/front/log", 400);
    const char *why = json_get_str(json_root(pulling), "message");
    assert_true(str_ends(why, "is waiting to start: trying and failing to pull image") ||
                str_ends(why, "is waiting to start: image can't be pulled"));
    get("/api/v1/namespaces/shop/pods/too-big/log", 204);
    AUTO_JSON struct json_doc *which = get("/api/v1/namespaces/shop/pods/two/log", 400);
    assert_string_equal(json_get_str(json_root(which), "message"),
                        "a container name must be specified for pod two, choose one of: [two second]");
    AUTO_JSON struct json_doc *none = get("/api/v1/namespaces/shop/pods/nope/log", 404);
    assert_non_null(none);
}

static void metrics_have_usage_of_nodes_and_pods(void **state)
{
    (void)state;
    say("deployment shop/web: 2 replicas");
    wait_ms(100);
    AUTO_JSON struct json_doc *nodes = get("/apis/metrics.k8s.io/v1beta1/nodes", 200);
    assert_int_equal(json_count(json_get(json_root(nodes), "items")), 2);
    assert_true(str_ends(json_at_str(json_root(nodes), "items.0.usage.cpu"), "n"));
    AUTO_JSON struct json_doc *pods = get("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods", 200);
    assert_int_equal(json_count(json_get(json_root(pods), "items")), 2);
    assert_true(str_ends(json_at_str(json_root(pods), "items.0.containers.0.usage.memory"), "Ki"));
}

static void an_operators_changes_are_carried_out(void **state)
{
    (void)state;
    say("deployment shop/web: 1 replicas");
    wait_ms(100);
    json_doc_free(
        ask("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web?dryRun=All", "{\"spec\":{\"replicas\":3}}", 200));
    wait_ms(100);
    AUTO_JSON struct json_doc *one = get("/api/v1/namespaces/shop/pods", 200);
    assert_int_equal(json_count(json_get(json_root(one), "items")), 1);
    json_doc_free(ask("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web", "{\"spec\":{\"replicas\":3}}", 200));
    json_doc_free(ask("PATCH", "/api/v1/nodes/node-1", "{\"spec\":{\"unschedulable\":true}}", 200));
    wait_ms(200);
    AUTO_JSON struct json_doc *three = get("/api/v1/namespaces/shop/pods", 200);
    assert_int_equal(json_count(json_get(json_root(three), "items")), 3);
    AUTO_JSON struct json_doc *node = get("/api/v1/nodes/node-1", 200);
    assert_true(json_bool(json_at(json_root(node), "spec.unschedulable"), false));
    AUTO_FREE char *path =
        str_printf("/api/v1/namespaces/shop/pods/%s", json_at_str(json_root(three), "items.0.metadata.name"));
    json_doc_free(ask("DELETE", path, NULL, 200));
    wait_ms(200);
    json_doc_free(get(path, 404));
    json_doc_free(ask("DELETE", "/api/v1/nodes/node-1", NULL, 405));
    json_doc_free(ask("POST", "/api/v1/namespaces/shop/pods", "{}", 405));
}

/* ---- watches ---- */

/* ---- leases, held to what kube-apiserver 1.36.3 answered ---- */

#define LEASES "/apis/coordination.k8s.io/v1/namespaces/default/leases"

static char *lease_text(const char *name, const char *version, const char *holder, int seconds)
{
    return str_printf("{\"apiVersion\":\"coordination.k8s.io/"
                      "v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"default\"%s%s%s},"
                      "\"spec\":{\"holderIdentity\":\"%s\",\"leaseDurationSeconds\":%d,\"acquireTime\":\"2026-01-02T03:"
                      "04:05.123000Z\","
                      "\"renewTime\":\"2026-01-02T03:04:05.123000Z\",\"leaseTransitions\":0}}",
                      name, version ? ",\"resourceVersion\":\"" : "", str_or_empty(version), version ? "\"" : "",
                      holder, seconds);
}

static struct json_doc *write_lease(const char *method, const char *name, const char *version, const char *holder,
                                    int seconds, int status)
{
    AUTO_FREE char *body = lease_text(name, version, holder, seconds);
    AUTO_FREE char *path =
        str_printf(LEASES "%s%s", str_eq(method, "PUT") ? "/" : "", str_eq(method, "PUT") ? name : "");
    return ask(method, path, body, status);
}

static void assert_lease_status(struct json_doc *doc, const char *reason, const char *message)
{
    assert_string_equal(json_at_str(json_root(doc), "reason"), reason);
    assert_string_equal(json_at_str(json_root(doc), "message"), message);
    assert_string_equal(json_at_str(json_root(doc), "details.group"), "coordination.k8s.io");
}

static void a_lease_is_made_once_and_changed_only_by_who_saw_it_last(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *made = write_lease("POST", "l1", NULL, "a", 15, 201);
    assert_string_equal(json_at_str(json_root(made), "spec.renewTime"), "2026-01-02T03:04:05.123000Z");
    assert_non_null(json_at(json_root(made), "metadata.managedFields.0.fieldsV1"));
    AUTO_JSON struct json_doc *again = write_lease("POST", "l1", NULL, "b", 15, 409);
    assert_lease_status(again, "AlreadyExists", "leases.coordination.k8s.io \"l1\" already exists");
    AUTO_JSON struct json_doc *blind = write_lease("PUT", "l1", NULL, "b", 15, 422);
    assert_lease_status(blind, "Invalid",
                        "leases.coordination.k8s.io \"l1\" is invalid: metadata.resourceVersion: Invalid value: 0: "
                        "must be specified for an update");
    AUTO_JSON struct json_doc *stale = write_lease("PUT", "l1", "1", "b", 15, 409);
    assert_lease_status(stale, "Conflict",
                        "Operation cannot be fulfilled on leases.coordination.k8s.io \"l1\": the object has been "
                        "modified; please apply your changes to the latest version and try again");
    const char *version = json_at_str(json_root(made), "metadata.resourceVersion");
    AUTO_JSON struct json_doc *taken = write_lease("PUT", "l1", version, "b", 15, 200);
    assert_string_equal(json_at_str(json_root(taken), "spec.holderIdentity"), "b");
    assert_string_equal(json_at_str(json_root(taken), "metadata.uid"), json_at_str(json_root(made), "metadata.uid"));
    json_doc_free(write_lease("PUT", "l1", version, "c", 15, 409));
    AUTO_JSON struct json_doc *kept = get(LEASES "/l1", 200);
    assert_string_equal(json_at_str(json_root(kept), "spec.holderIdentity"), "b");
}

static void a_lease_that_is_not_there_is_made_by_an_update_and_gone_after_its_deletion(void **state)
{
    (void)state;
    json_doc_free(write_lease("PUT", "l2", "77", "a", 15, 201));
    AUTO_JSON struct json_doc *gone = ask("DELETE", LEASES "/l2", NULL, 200);
    assert_string_equal(json_at_str(json_root(gone), "status"), "Success");
    assert_non_null(json_at_str(json_root(gone), "details.uid"));
    json_doc_free(ask("DELETE", LEASES "/l2", NULL, 404));
    json_doc_free(get(LEASES "/l2", 404));
}

static void what_no_lease_may_hold_is_refused_in_the_real_ones_words(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *zero = write_lease("POST", "l3", NULL, "a", 0, 422);
    assert_lease_status(zero, "Invalid",
                        "Lease.coordination.k8s.io \"l3\" is invalid: spec.leaseDurationSeconds: Invalid value: 0: "
                        "must be greater than 0");
    AUTO_JSON struct json_doc *time = ask(
        "POST", LEASES, "{\"metadata\":{\"name\":\"l3\"},\"spec\":{\"renewTime\":\"2026-01-02T03:04:05.123Z\"}}", 400);
    assert_string_equal(
        json_at_str(json_root(time), "message"),
        "Lease in version \"v1\" cannot be handled as a Lease: parsing time \"2026-01-02T03:04:05.123Z\" as "
        "\"2006-01-02T15:04:05.000000Z07:00\": cannot parse \".123Z\" as \".000000\"");
    AUTO_JSON struct json_doc *nowhere =
        ask("POST", "/apis/coordination.k8s.io/v1/namespaces/nope/leases", "{\"metadata\":{\"name\":\"l3\"}}", 404);
    assert_string_equal(json_at_str(json_root(nowhere), "message"), "namespaces \"nope\" not found");
    AUTO_JSON struct json_doc *other = ask("PUT", LEASES "/l9", "{\"metadata\":{\"name\":\"l3\"}}", 400);
    assert_string_equal(json_at_str(json_root(other), "message"),
                        "the name of the object (l3) does not match the name on the URL (l9)");
    json_doc_free(ask("POST", LEASES, "{\"metadata\":{}}", 422));
    json_doc_free(ask("POST", LEASES, "{\"apiVersion", 400));
    json_doc_free(get(LEASES "/l3", 404));
}

static void leases_are_written_only_by_who_may(void **state)
{
    (void)state;
    say("client: may not update leases");
    json_doc_free(write_lease("POST", "l4", NULL, "a", 15, 201));
    AUTO_JSON struct json_doc *no = write_lease("PUT", "l4", "1", "a", 15, 403);
    assert_string_equal(json_at_str(json_root(no), "reason"), "Forbidden");
}

static void a_watch_goes_on_from_a_lists_version(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *list = get("/api/v1/pods", 200);
    AUTO_FREE char *path = str_printf("/api/v1/pods?watch=true&resourceVersion=%s",
                                      json_at_str(json_root(list), "metadata.resourceVersion"));
    watch(path);
    wait_ms(50);
    assert_true(client.began);
    assert_int_equal(client.frames.size, 0);
    say("pod shop/one:");
    await("\"phase\":\"Running\"");
    assert_int_equal(count_frames("ADDED"), 1);
    assert_true(count_frames("MODIFIED") >= 3);
    assert_true(str_starts(
        buf_text(&client.frames),
        "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"one\""));
    say("pod shop/one is deleted");
    await("{\"type\":\"DELETED\"");
    stop_watch();
}

static void a_watch_without_a_version_begins_with_what_is_there(void **state)
{
    (void)state;
    watch("/api/v1/nodes?watch=1&allowWatchBookmarks=true&timeoutSeconds=1");
    await("k8s.io/initial-events-end");
    assert_int_equal(count_frames("ADDED"), 2);
    await_end();
    assert_true(client.end_was_whole);
    assert_int_equal(count_frames("BOOKMARK"), 2); /* and one before the end in order */
}

static void events_get_no_bookmark_at_the_end(void **state)
{
    (void)state;
    watch("/api/v1/events?watch=1&allowWatchBookmarks=true&timeoutSeconds=1");
    await_end();
    assert_int_equal(count_frames("BOOKMARK"), 1); /* of the initial events */
    assert_true(count_frames("ADDED") > 5);
}

static void too_old_is_a_frame_in_a_watch(void **state)
{
    (void)state;
    watch("/api/v1/events?watch=1&resourceVersion=1");
    await_end();
    assert_true(client.end_was_whole);
    assert_string_equal(
        buf_text(&client.frames),
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":"
        "\"Failure\",\"message\":"
        "\"The resourceVersion for the provided watch is too old.\",\"reason\":\"Expired\",\"code\":410}}\n");
    watch("/api/v1/pods?watch=1&resourceVersion=1");
    await_end();
    assert_non_null(strstr(buf_text(&client.frames), "\"too old resource version: 1 ("));
}

static void a_version_of_the_future_is_silence_in_a_watch(void **state)
{
    (void)state;
    watch("/api/v1/pods?watch=1&resourceVersion=99999999");
    say("pod shop/one:");
    wait_ms(300);
    assert_true(client.began && !client.ended);
    assert_int_equal(client.frames.size, 0);
    stop_watch();
}

static void an_object_may_come_into_a_selection_and_leave_it(void **state)
{
    (void)state;
    watch("/api/v1/pods?watch=1&fieldSelector=status.phase%3DPending&resourceVersion=0");
    wait_ms(50);
    say("pod shop/one:");
    await("{\"type\":\"DELETED\""); /* it runs */
    assert_int_equal(count_frames("ADDED"), 1);
    stop_watch();
}

static void a_watch_can_be_of_one_object(void **state)
{
    (void)state;
    watch("/api/v1/nodes?watch=1&fieldSelector=metadata.name%3Dnode-2&resourceVersion=0");
    await("\"name\":\"node-2\"");
    assert_int_equal(count_frames("ADDED"), 1);
    stop_watch();
}

/* ---- faults ---- */

static void faults_are_met_by_count(void **state)
{
    (void)state;
    say("fault: list pods answers 410 once");
    say("fault: watch events answers 410 once");
    say("fault: 429 with retry-after 3 for 2 requests");
    json_doc_free(get("/api/v1/pods", 410));
    json_doc_free(get("/api/v1/nodes", 429));
    assert_int_equal(client.answer.retry_after_ms, 3000);
    json_doc_free(get("/api/v1/nodes", 429));
    json_doc_free(get("/api/v1/nodes", 200));
    json_doc_free(get("/api/v1/pods", 200));
    watch("/api/v1/events?watch=1&resourceVersion=0");
    await_end();
    assert_non_null(strstr(buf_text(&client.frames), "\"code\":410"));
    json_doc_free(ask("POST", "/sim/faults", "list nodes answers 500 once\n", 204));
    json_doc_free(get("/api/v1/nodes", 500));
}

static void a_delay_is_late_and_a_hang_is_for_ever(void **state)
{
    (void)state;
    say("fault: delay 50ms");
    int64_t before_ms = loop_now_ms(client.loop);
    json_doc_free(get("/api/v1/nodes", 200));
    assert_true(loop_now_ms(client.loop) - before_ms >= 50);
    say("fault: get nodes hangs");
    AUTO_FREE char *url = str_printf("http://%s/api/v1/nodes/node-1", client.sim->listen);
    http_call(client.http, &(struct http_get){ .url = url, .bearer = client.token, .total_ms = 100 }, NULL, on_done,
              &client);
    loop_run(client.loop);
    assert_int_equal(client.answer.status, 0);
    assert_int_equal(client.answer.err.kind, ERR_TIMEOUT);
}

static void connections_are_dropped_and_lines_cut_in_their_middle(void **state)
{
    (void)state;
    watch("/api/v1/pods?watch=1&resourceVersion=0");
    wait_ms(50);
    say("fault: drop connections");
    await_end();
    assert_false(client.end_was_whole);

    watch("/api/v1/pods?watch=1&resourceVersion=0");
    wait_ms(50);
    say("fault: cut half a line");
    say("pod shop/one:");
    await_end();
    assert_false(client.end_was_whole);
    assert_true(client.frames.size > 100);
    assert_null(strchr(buf_text(&client.frames), '\n'));

    watch("/api/v1/pods?watch=1&resourceVersion=0");
    wait_ms(50);
    say("fault: end watches");
    await_end();
    assert_true(client.end_was_whole);
}

static void a_server_that_goes_down_comes_back_at_its_port(void **state)
{
    (void)state;
    watch("/api/v1/pods?watch=1&resourceVersion=0");
    wait_ms(50);
    say("fault: down for 100ms");
    await_end();
    assert_false(client.end_was_whole);
    wait_ms(200);
    json_doc_free(get("/api/v1/nodes", 200));
}

/* ---- the scenario, from outside ---- */

static void sentences_can_be_posted(void **state)
{
    (void)state;
    json_doc_free(ask("POST", "/sim/say", "pod shop/one:\n\n  pod shop/two: crashes with exit 1\n", 204));
    wait_ms(50);
    AUTO_JSON struct json_doc *pods = get("/api/v1/namespaces/shop/pods", 200);
    assert_int_equal(json_count(json_get(json_root(pods), "items")), 2);
    AUTO_JSON struct json_doc *bad = ask("POST", "/sim/say", "pod shop/one: dances\n", 422);
    assert_non_null(strstr(json_get_str(json_root(bad), "detail"), "cannot be told \"dances\""));
    json_doc_free(get("/sim/say", 404));
}

static void a_load_makes_so_many_revisions_that_all_arrive(void **state)
{
    (void)state;
    AUTO_JSON struct json_doc *list = get("/api/v1/events", 200);
    AUTO_FREE char *path = str_printf("/api/v1/namespaces/load/events?watch=1&resourceVersion=%s",
                                      json_at_str(json_root(list), "metadata.resourceVersion"));
    watch(path);
    say("load: 1000 events at 5000/s with repeats");
    for (int i = 0; i < 100 && count_frames("ADDED") + count_frames("MODIFIED") < 1000; i++)
        wait_ms(50);
    assert_int_equal(count_frames("ADDED") + count_frames("MODIFIED"), 1000);
    assert_in_range(count_frames("MODIFIED"), 50, 600);
    stop_watch();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_client, close_client)
    const struct CMUnitTest tests[] = {
        TEST(a_list_has_its_kind_version_and_items_without_theirs),
        TEST(pages_show_one_state_however_much_happens_between_them),
        TEST(an_old_page_is_410_and_brings_a_token_for_the_rest),
        TEST(a_version_of_the_future_is_504_for_a_list),
        TEST(lists_are_selected_and_may_be_metadata_alone),
        TEST(large_lists_are_compressed_for_who_takes_that),
        TEST(errors_are_statuses_in_the_real_ones_words),
        TEST(what_the_client_may_not_is_403_and_reviews_say_so),
        TEST(the_account_has_its_role_alone_unless_a_script_grants_more),
        TEST(a_client_finds_out_what_there_is),
        TEST(logs_are_text_or_say_why_there_is_none),
        TEST(metrics_have_usage_of_nodes_and_pods),
        TEST(an_operators_changes_are_carried_out),
        TEST(a_lease_is_made_once_and_changed_only_by_who_saw_it_last),
        TEST(a_lease_that_is_not_there_is_made_by_an_update_and_gone_after_its_deletion),
        TEST(what_no_lease_may_hold_is_refused_in_the_real_ones_words),
        TEST(leases_are_written_only_by_who_may),
        TEST(a_watch_goes_on_from_a_lists_version),
        TEST(a_watch_without_a_version_begins_with_what_is_there),
        TEST(events_get_no_bookmark_at_the_end),
        TEST(too_old_is_a_frame_in_a_watch),
        TEST(a_version_of_the_future_is_silence_in_a_watch),
        TEST(an_object_may_come_into_a_selection_and_leave_it),
        TEST(a_watch_can_be_of_one_object),
        TEST(faults_are_met_by_count),
        TEST(a_delay_is_late_and_a_hang_is_for_ever),
        TEST(connections_are_dropped_and_lines_cut_in_their_middle),
        TEST(a_server_that_goes_down_comes_back_at_its_port),
        TEST(sentences_can_be_posted),
        TEST(a_load_makes_so_many_revisions_that_all_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
