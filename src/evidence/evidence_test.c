/* Collections from a small world behind an API server of our own: what is asked, what is kept, and what is said
 * about the rest. */
#include "evidence/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "http/server.h"

#define PATIENCE_MS 20000
#define HELD_MAX    64

/* One answer; lists that no row names are empty, objects that no row names are not there. */
struct row {
    const char *path;  /* without query                                     */
    const char *body;  /* an object, or the items of a list                 */
    int status;        /* 0: 200; -1: no answer at all                      */
    const char *query; /* a part that the query must have, or NULL           */
    bool more;         /* of a list: this is not all                         */
};

struct world {
    struct loop *loop;
    struct http_server *server;
    struct kube *kube;
    const struct row *rows;
    size_t n_rows;
    uint64_t dice; /* answers come in an order of their own when it is not 0 */
    struct http_exchange *held[HELD_MAX];
    size_t n_held;
    struct timer release, patience;
    int requests, most_held;
    bool full_secret; /* somebody asked for a Secret with its data */
    struct buf paths; /* all that were asked for                   */
    bool done;
    struct evidence_counts counts;
    struct err err;
    char *text;
    struct json_doc *doc;
};

static bool is_list(const char *path)
{
    int slashes = 0;
    for (const char *c = path; *c; c++)
        slashes += *c == '/';
    return (slashes - (str_starts(path, "/apis/") ? 3 : 2)) % 2 == 1;
}

static const struct row *find_row(const struct world *w, const struct http_exchange *x)
{
    const char *selector = http_query(x, "labelSelector"), *field = http_query(x, "fieldSelector");
    AUTO_FREE char *query =
        str_printf("%s%s container=%s previous=%s", str_or_empty(selector), str_or_empty(field),
                   str_or_empty(http_query(x, "container")), str_or_empty(http_query(x, "previous")));
    for (size_t i = 0; i < w->n_rows; i++)
        if (!strcmp(w->rows[i].path, http_path(x)) && (!w->rows[i].query || strstr(query, w->rows[i].query)))
            return &w->rows[i];
    return NULL;
}

static void reply_json(struct http_exchange *x, int status, const char *body)
{
    http_reply(x, status, "application/json", body, strlen(body));
}

static void answer(struct world *w, struct http_exchange *x)
{
    const struct row *row = find_row(w, x);
    const char *path = http_path(x);
    if (row && row->status > 299) {
        AUTO_FREE char *body =
            str_printf("{\"kind\":\"Status\",\"message\":\"%s\",\"code\":%d}", row->body, row->status);
        reply_json(x, row->status, body);
    } else if (str_ends(path, "/log")) {
        const char *log = row ? row->body : "";
        http_reply(x, 200, "text/plain", log, strlen(log));
    } else if (is_list(path) && strcmp(path, "/version")) {
        AUTO_FREE char *body =
            str_printf("{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"%s},\"items\":[%s]}",
                       row && row->more ? ",\"continue\":\"more\"" : "", row ? row->body : "");
        reply_json(x, 200, body);
    } else if (row) {
        reply_json(x, 200, row->body);
    } else {
        reply_json(x, 404, "{\"kind\":\"Status\",\"message\":\"not found\",\"reason\":\"NotFound\",\"code\":404}");
    }
}

static void on_release(void *arg)
{
    struct world *w = arg;
    size_t at = (size_t)(clock_roll(&w->dice) % w->n_held);
    struct http_exchange *x = w->held[at];
    w->held[at] = w->held[--w->n_held];
    if (w->n_held)
        timer_start(&w->release, w->loop, 0, on_release, w);
    answer(w, x);
}

static void on_request(void *arg, struct http_exchange *x)
{
    struct world *w = arg;
    const struct row *row = find_row(w, x);
    w->requests++;
    buf_printf(&w->paths, "%s?%s ", http_path(x), str_or_empty(http_query(x, "labelSelector")));
    w->full_secret |=
        strstr(http_path(x), "/secrets") && !strstr(str_or_empty(http_header(x, "Accept")), "PartialObjectMetadata");
    if (row && row->status < 0) {
        assert_true(w->n_held < HELD_MAX);
        w->held[w->n_held++] = x;
    } else if (!w->dice) {
        answer(w, x);
    } else {
        assert_true(w->n_held < HELD_MAX);
        w->held[w->n_held++] = x;
        w->most_held = (int)w->n_held > w->most_held ? (int)w->n_held : w->most_held;
        timer_start(&w->release, w->loop, 2, on_release, w);
    }
}

static void on_patience(void *arg)
{
    loop_stop(arg);
}

static struct world *open_world(const struct row *rows, size_t n_rows)
{
    struct world *w = mem_alloc(sizeof *w);
    *w = (struct world){ .rows = rows, .n_rows = n_rows, .loop = loop_new("test", 16) };
    struct err e = { 0 };
    w->server = http_server_new(w->loop, "127.0.0.1:0", NULL, NULL, on_request, w, &e);
    if (!w->server)
        fail_msg("%s", e.text);
    AUTO_FREE char *server = str_printf("http://127.0.0.1:%d", http_server_port(w->server));
    w->kube = kube_new(w->loop, &(struct kube_config){ .server = server }, "test/1", &e);
    assert_non_null(w->kube);
    return w;
}
#define WORLD(rows) open_world(rows, COUNT(rows))

static void close_world(struct world *w)
{
    for (size_t i = 0; i < w->n_held; i++)
        http_reply(w->held[i], 500, "text/plain", "", 0);
    kube_free(w->kube);
    http_server_free(w->server);
    loop_free(w->loop);
    json_doc_free(w->doc);
    buf_fini(&w->paths);
    free(w->text);
    free(w);
}

static void on_done(void *arg, const char *text, size_t size, const struct evidence_counts *counts,
                    const struct err *err)
{
    struct world *w = arg;
    assert_false(w->done);
    w->done = true;
    w->counts = *counts;
    if (err)
        w->err = *err;
    w->text = str_ndup(text, size);
    loop_stop(w->loop);
}

/* The bundle; NULL when there is none. */
static json *collect(struct world *w, const struct evidence_request *request)
{
    evidence_collect(w->kube, w->loop, request, on_done, w);
    assert_false(w->done);
    timer_start(&w->patience, w->loop, PATIENCE_MS, on_patience, w->loop);
    loop_run(w->loop);
    timer_stop(&w->patience);
    assert_true(w->done);
    struct err e;
    w->doc = *w->text ? json_parse(w->text, strlen(w->text), &json_list_limits, &e) : NULL;
    return json_root(w->doc);
}

static json *collect_object(struct world *w, const char *object)
{
    json *bundle = collect(w, &(struct evidence_request){ .cluster_id = "one", .object = object });
    if (!bundle)
        fail_msg("%s", w->err.text);
    return bundle;
}

/* "Pod/a Deployment/web ": what objects are there, in their order. */
static const char *objects_of(json *bundle)
{
    static char out[4000];
    out[0] = '\0';
    for (struct json_iter i = json_iter(json_get(bundle, "objects")); json_next(&i);)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s/%s ", json_get_str(i.value, "kind"),
                 json_at_str(i.value, "metadata.name"));
    return out;
}

static json *object_named(json *bundle, const char *kind, const char *name)
{
    for (struct json_iter i = json_iter(json_get(bundle, "objects")); json_next(&i);)
        if (str_eq(json_get_str(i.value, "kind"), kind) && str_eq(json_at_str(i.value, "metadata.name"), name))
            return i.value;
    return NULL;
}

static json *entry(json *bundle, const char *list, const char *key, const char *start)
{
    for (struct json_iter i = json_iter(json_get(bundle, list)); json_next(&i);)
        if (str_starts(str_or_empty(json_get_str(i.value, key)), start))
            return i.value;
    return NULL;
}

/* --- the world -------------------------------------------------------------------------------------------------- */

#define NS   "/api/v1/namespaces/shop/"
#define APPS "/apis/apps/v1/namespaces/shop/"
#define META(name)                                                                                                     \
    "\"metadata\":{\"namespace\":\"shop\",\"name\":\"" name "\",\"uid\":\"uid-" name "\",\"labels\":{\"app\":\"web\"}"
#define OWNED(name, kind, owner)                                                                                       \
    META(name)                                                                                                         \
    ",\"ownerReferences\":[{\"kind\":\"" kind "\",\"name\":\"" owner "\",\"uid\":\"uid-" owner                         \
    "\",\"controller\":true}]}"

#define SPEC                                                                                                           \
    "\"spec\":{\"nodeName\":\"n1\",\"serviceAccountName\":\"default\",\"containers\":[{\"name\":\"c\",\"env\":["       \
    "{\"name\":\"DB_PASSWORD\",\"value\":\"in-the-clear\"},"                                                           \
    "{\"name\":\"URL\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"settings\",\"key\":\"url\"}}}],"                 \
    "\"envFrom\":[{\"secretRef\":{\"name\":\"web-tls\"}}]}],\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":{"  \
    "\"claimName\":\"data\"}}]}"
#define WELL                                                                                                           \
    "\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":true,\"restartCount\":0,"      \
    "\"state\":{\"running\":{}}}]}"
#define ILL                                                                                                            \
    "\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":false,\"restartCount\":4,"     \
    "\"state\":{\"running\":{}},"                                                                                      \
    "\"lastState\":{\"terminated\":{\"exitCode\":3}}}]}"
#define POD(name, status) "{" OWNED(name, "ReplicaSet", "web-2") "," SPEC "," status "}"
#define EVENT(name, kind, object)                                                                                      \
    "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"" name                                                           \
    "\"},\"type\":\"Warning\",\"reason\":\"R\",\"involvedObject\":{\"kind\":\"" kind                                   \
    "\",\"namespace\":\"shop\",\"name\":\"" object "\"}}"

#define SHOP                                                                                                           \
    { "/version", "{\"gitVersion\":\"v1.36.3\"}", 0, NULL },                                                           \
        { "/api/v1/namespaces/shop", "{\"metadata\":{\"name\":\"shop\"}}", 0, NULL },                                  \
        { APPS "deployments/web", "{" META("web") "},\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"web\"}}}}", 0, \
          NULL },                                                                                                      \
        { APPS "replicasets/web-2",                                                                                    \
          "{" OWNED("web-2", "Deployment", "web") ",\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"web\"}}}}", 0,  \
          NULL },                                                                                                      \
        { APPS "replicasets",                                                                                          \
          "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"web-1\",\"ownerReferences\":[{\"kind\":\"Deployment\","    \
          "\"name\":\"web\",\"uid\":\"uid-web\"}],\"annotations\":{\"deployment.kubernetes.io/revision\":\"1\"}}},"    \
          "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"web-2\",\"ownerReferences\":[{\"kind\":\"Deployment\","    \
          "\"name\":\"web\",\"uid\":\"uid-web\"}],\"annotations\":{\"deployment.kubernetes.io/revision\":\"10\"}}},"   \
          "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"web-0\",\"ownerReferences\":[{\"kind\":\"Deployment\","    \
          "\"name\":\"web\",\"uid\":\"uid-web\"}],\"annotations\":{\"deployment.kubernetes.io/revision\":\"9\"}}},"    \
          "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"strange\"}}",                                              \
          0, NULL },                                                                                                   \
        { NS "pods", POD("a", WELL) "," POD("b", ILL) "," POD("d", WELL) "," POD("c", WELL) "," POD("e", WELL), 0,     \
          "app=web" },                                                                                                 \
        { NS "pods/d", POD("d", WELL), 0, NULL }, { NS "serviceaccounts/default", "{" META("default") "}}", 0, NULL }, \
        { NS "configmaps/settings",                                                                                    \
          "{" META("settings") "},\"data\":{\"url\":\"http://user:pa55@x\",\"level\":\"info\"}}", 0, NULL },           \
        { NS "secrets/web-tls", "{\"kind\":\"PartialObjectMetadata\"," META("web-tls") "}}", 0, NULL },                \
        { NS "persistentvolumeclaims/data",                                                                            \
          "{" META("data") "},\"spec\":{\"volumeName\":\"pv1\",\"storageClassName\":\"fast\"}}", 0, NULL },            \
        { "/api/v1/persistentvolumes/pv1", "{\"metadata\":{\"name\":\"pv1\"}}", 0, NULL },                             \
        { "/apis/storage.k8s.io/v1/storageclasses", "{\"metadata\":{\"name\":\"slow\"}}", 0, NULL },                   \
        { "/api/v1/nodes/n1", "{\"metadata\":{\"name\":\"n1\"},\"status\":{\"allocatable\":{\"cpu\":\"2\"}}}", 0,      \
          NULL },                                                                                                      \
        { "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1",                                         \
          "{\"metadata\":{\"namespace\":\"kube-node-lease\",\"name\":\"n1\"}}", 0, NULL },                             \
        { NS "events",                                                                                                 \
          EVENT("e1", "Pod", "b") "," EVENT("e2", "Pod", "stranger") "," EVENT("e3", "Deployment", "web"), 0, NULL },  \
        { NS "services", "{" META("web") "},\"spec\":{\"selector\":{\"app\":\"web\"}}}", 0, NULL },                    \
        { NS "pods/b/log", "INFO connecting with password=hunter2x\nFATAL refused\n", 0, "previous=true" },            \
    {                                                                                                                  \
        NS "pods/b/log", "INFO started\n", 0, NULL                                                                     \
    }

static const struct row shop[] = { SHOP };

/* --- one object ------------------------------------------------------------------------------------------------- */

static void a_deployment_comes_with_its_worst_pods_and_all_they_refer_to(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b = collect_object(w, "deployment/shop/web");
    assert_string_equal(objects_of(b), "Deployment/web ReplicaSet/web-0 ReplicaSet/web-2 Pod/a Pod/b Pod/c "
                                       "ConfigMap/settings Lease/n1 Namespace/shop Node/n1 "
                                       "PersistentVolume/pv1 PersistentVolumeClaim/data Secret/web-tls "
                                       "ServiceAccount/default Service/web StorageClass/slow ");
    assert_string_equal(json_get_str(b, "server_version"), "v1.36.3");
    assert_string_equal(json_at_str(b, "scope.object"), "deployment/shop/web");
    assert_non_null(entry(b, "not_checked", "what", "2 more pods"));
    assert_true(w->counts.calls == w->requests && w->counts.calls <= 60);
    close_world(w);
}

static void the_pod_that_was_asked_about_is_always_among_them(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b = collect_object(w, "pod/shop/d");
    assert_true(str_starts(objects_of(b), "Pod/d Deployment/web ReplicaSet/web-0 ReplicaSet/web-2 Pod/a Pod/b "));
    close_world(w);
}

static void events_and_logs_are_those_of_its_objects(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b = collect_object(w, "deployment/shop/web");
    assert_int_equal(json_count(json_get(b, "events")), 2);
    assert_null(strstr(w->text, "stranger"));
    assert_int_equal(json_count(json_get(b, "logs")), 2);
    assert_string_equal(json_at_str(b, "logs.0.text"), "INFO started\n");
    assert_string_equal(json_at_str(b, "logs.1.pod"), "shop/b");
    assert_true(json_bool(json_at(b, "logs.1.previous"), false));
    close_world(w);
}

/* The first page of a flood is worth nothing: which of the events are in it is chance. */
static void of_more_events_than_a_page_those_that_concern_its_objects_are_asked_for(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { NS "events", EVENT("e3", "Deployment", "web"), 0, "involvedObject.name=web " },
        { NS "events", EVENT("e1", "Pod", "b"), 0, "involvedObject.kind=Pod,involvedObject.name=b " },
        { NS "events", "", 0, "involvedObject" },
        { NS "events", EVENT("e4", "Service", "web"), 0, "type!=Normal" },
        { NS "events", EVENT("e5", "Pod", "b") "," EVENT("e6", "Pod", "b"), 0, NULL, .more = true },
        SHOP,
    };
    struct world *w = WORLD(rows);
    json *b = collect_object(w, "deployment/shop/web");
    assert_int_equal(json_count(json_get(b, "events")), 3);
    assert_non_null(strstr(w->text, "\"e1\""));
    assert_non_null(strstr(w->text, "\"e3\""));
    assert_non_null(strstr(w->text, "\"e4\""));
    assert_null(entry(b, "not_checked", "what", "events"));
    close_world(w);
}

static void no_secret_leaves_the_cluster(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b = collect_object(w, "deployment/shop/web");
    assert_false(w->full_secret);
    static const char *const secrets[] = { "in-the-clear", "hunter2x", "pa55", "http://user" };
    for (size_t i = 0; i < COUNT(secrets); i++)
        assert_null(strstr(w->text, secrets[i]));
    assert_string_equal(json_at_str(object_named(b, "ConfigMap", "settings"), "keys.1"), "url");
    assert_non_null(entry(b, "not_checked", "what", "keys of secret shop/web-tls"));
    assert_true(w->counts.redactions >= 2);
    close_world(w);
}

static void what_is_named_but_not_there_is_absent_and_its_neighbours_are_listed(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b = collect_object(w, "deployment/shop/web");
    json *absent = json_get(b, "absent");
    assert_int_equal(json_count(absent), 1);
    assert_string_equal(json_at_str(absent, "0.kind"), "storageclass");
    assert_string_equal(json_at_str(absent, "0.name"), "fast");
    json *listed = entry(b, "lists", "kind", "storageclass");
    assert_int_equal(json_get_int(listed, "count", 0), 1);
    assert_string_equal(json_get_str(entry(b, "lists", "kind", "networkpolicy"), "namespace"), "shop");
    close_world(w);
}

static void an_object_that_is_gone_is_absent_with_its_events(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b = collect_object(w, "pod/shop/stranger");
    assert_string_equal(json_at_str(b, "absent.0.name"), "stranger");
    assert_string_equal(json_at_str(b, "events.0.metadata.name"), "e2");
    close_world(w);
}

static void the_order_of_the_answers_does_not_show(void **state)
{
    (void)state;
    AUTO_FREE char *first = NULL;
    for (uint64_t seed = 1; seed < 8; seed++) {
        struct world *w = WORLD(shop);
        w->dice = seed;
        collect_object(w, "deployment/shop/web");
        assert_in_range(w->most_held, 2, 8); /* in parallel, but not more than eight */
        char *start = strstr(w->text, "\"objects\""), *end = strstr(w->text, "\"calls\"");
        assert_true(start && end);
        *end = '\0';
        if (first)
            assert_string_equal(start, first);
        else
            first = str_dup(start);
        close_world(w);
    }
}

static void what_is_forbidden_is_said_with_its_verb_and_resource(void **state)
{
    (void)state;
    static const struct row rows[] = { { NS "events", "events is forbidden: User x cannot list", 403, NULL },
                                       { "/api/v1/nodes/n1", "nodes is forbidden", 403, NULL },
                                       SHOP };
    struct world *w = WORLD(rows);
    json *b = collect_object(w, "deployment/shop/web");
    json *events = entry(b, "not_checked", "what", "events in shop");
    assert_string_equal(json_get_str(events, "why"), "events is forbidden: User x cannot list");
    assert_string_equal(json_get_str(events, "verb"), "list");
    assert_string_equal(json_get_str(events, "resource"), "events");
    assert_string_equal(json_get_str(events, "namespace"), "shop");
    json *node = entry(b, "not_checked", "what", "node n1");
    assert_string_equal(json_get_str(node, "verb"), "get");
    assert_null(entry(b, "lists", "kind", "event"));
    close_world(w);
}

static void pods_are_found_by_their_owners_names_when_the_owner_may_not_be_read(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { APPS "deployments/web", "deployments is forbidden", 403, NULL },
        { APPS "replicasets/web-2", "replicasets is forbidden", 403, NULL },
        { NS "pods", POD("b", ILL) ",{" OWNED("stranger", "ReplicaSet", "web-api-1") "}," POD("a", WELL), 0, NULL },
        SHOP,
    };
    static const char *const objects[] = { "deployment/shop/web", "replicaset/shop/web-2" };
    for (size_t i = 0; i < COUNT(objects); i++) {
        struct world *w = WORLD(rows);
        json *b = collect_object(w, objects[i]);
        assert_non_null(object_named(b, "Pod", "a"));
        assert_non_null(object_named(b, "Pod", "b"));
        assert_null(object_named(b, "Pod", "stranger"));
        assert_int_equal(json_count(json_get(b, "logs")), 2);
        assert_non_null(entry(b, "not_checked", "why", i ? "replicasets is forbidden" : "deployments is forbidden"));
        assert_non_null(strstr(w->text, "e1"));
        assert_int_equal(strstr(w->text, "\"e3\"") != NULL, i == 0); /* the Deployment's own event */
        close_world(w);
    }
}

static void a_kind_may_be_called_by_any_of_its_names(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b = collect_object(w, "po/shop/d");
    assert_string_equal(json_at_str(b, "scope.object"), "pod/shop/d");
    assert_true(str_starts(objects_of(b), "Pod/d "));
    close_world(w);
}

static void a_pod_without_a_node_brings_the_nodes_and_what_they_have_left(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { NS "pods/big", "{" META("big") "},\"spec\":{\"containers\":[]},\"status\":{\"phase\":\"Pending\"}}", 0,
          NULL },
        { "/api/v1/nodes", "{\"metadata\":{\"name\":\"n1\"}},{\"metadata\":{\"name\":\"n2\"}}", 0, NULL },
        { "/api/v1/pods",
          "{\"metadata\":{\"name\":\"x\"},\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"resources\":{\"requests\":{"
          "\"cpu\":\"1500m\",\"memory\":\"1Gi\"}}}]}},"
          "{\"metadata\":{\"name\":\"y\"},\"spec\":{\"nodeName\":\"n1\",\"containers\":[]},\"status\":{\"phase\":"
          "\"Succeeded\"}},"
          "{\"metadata\":{\"name\":\"z\"},\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"resources\":{\"requests\":{"
          "\"cpu\":\"20m\"}}}]}}",
          0, NULL },
        SHOP,
    };
    struct world *w = WORLD(rows);
    json *b = collect_object(w, "pod/shop/big");
    json *n1 = object_named(b, "Node", "n1"), *n2 = object_named(b, "Node", "n2");
    assert_true(json_real(json_at(n1, "requested.cpu"), 0) == 1.52);
    assert_int_equal(json_int(json_at(n1, "requested.memory"), 0), 1 << 30);
    assert_int_equal(json_int(json_at(n1, "requested.pods"), 0), 2);
    assert_int_equal(json_int(json_at(n2, "requested.pods"), -1), 0);
    assert_null(object_named(b, "Pod", "x"));
    assert_int_equal(json_get_int(entry(b, "lists", "kind", "node"), "count", 0), 2);
    close_world(w);
}

static void a_service_that_selects_nobody_brings_whom_it_may_have_meant(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { NS "services/shop-web", "{" META("shop-web") "},\"spec\":{\"selector\":{\"app\":\"webb\"}}}", 0, NULL },
        { NS "pods", "", 0, "app=webb" },
        { NS "pods",
          POD("a",
              WELL) ",{\"metadata\":{\"namespace\":\"shop\",\"name\":\"other\",\"labels\":{\"app\":\"database\"}}}",
          0, NULL },
        SHOP,
    };
    struct world *w = WORLD(rows);
    json *b = collect_object(w, "service/shop/shop-web");
    assert_non_null(object_named(b, "Pod", "a"));
    assert_null(object_named(b, "Pod", "other"));
    close_world(w);
}

static void an_owner_of_an_unknown_kind_is_said(void **state)
{
    (void)state;
    static const struct row rows[] = { { NS "pods/r", "{" OWNED("r", "Rollout", "web") "," WELL "}", 0, NULL }, SHOP };
    struct world *w = WORLD(rows);
    json *b = collect_object(w, "pod/shop/r");
    assert_non_null(entry(b, "not_checked", "what", "owner Rollout shop/web"));
    close_world(w);
}

/* web says that it cannot reach db; db has Pods of its own, and nobody ready. */
static void the_services_that_a_log_cannot_reach_are_followed_to_their_pods(void **state)
{
    (void)state;
#define ENDED_POD(name, app)                                                                                           \
    "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"" name "\",\"labels\":{\"app\":\"" app "\"}},\"spec\":{},"       \
    "\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":false,\"restartCount\":0,"     \
    "\"state\":{\"terminated\":{\"exitCode\":1}}}]}}"
#define TAKES(name)                                                                                                    \
    "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"" name "\"},\"spec\":{\"selector\":{\"app\":\"" name "\"}}}"
    static const struct row rows[] = {
        { NS "pods/web-1", ENDED_POD("web-1", "web"), 0, NULL },
        { NS "pods/web-1/log", "ERROR cannot connect to db:5432: connection refused\n", 0, NULL },
        { NS "services", TAKES("db") "," TAKES("db-2") "," TAKES("cache"), 0, NULL },
        { NS "endpointslices", "", 0, NULL },
        { NS "pods", ENDED_POD("db-1", "db"), 0, "app=db" },
        { NS "pods/db-1/log", "PANIC no checkpoint\n", 0, NULL },
        { "/apis/apps/v1/namespaces/shop/statefulsets",
          "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"db\"},\"spec\":{\"template\":{\"metadata\":{\"labels\":{"
          "\"app\":\"db\"}}}}},"
          "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"other\"},\"spec\":{\"template\":{\"metadata\":{\"labels\":{"
          "\"app\":\"other\"}}}}}",
          0, NULL },
    };
    struct world *w = WORLD(rows);
    json *b = collect_object(w, "pod/shop/web-1");
    assert_non_null(object_named(b, "Pod", "db-1"));
    assert_non_null(object_named(b, "StatefulSet", "db"));
    assert_null(object_named(b, "StatefulSet", "other"));
    assert_non_null(strstr(buf_text(&w->paths), "/pods/db-1/log?"));
    assert_null(strstr(buf_text(&w->paths), "app=cache"));
    assert_null(strstr(buf_text(&w->paths), "app=db-2"));
    close_world(w);
}

/* A Service of another namespace that a log names in full is looked at, and followed when it has nobody; the cluster's DNS when names fail. */
static void the_services_of_other_namespaces_that_are_named_in_full_are_followed(void **state)
{
    (void)state;
#define FAR(namespace_, name)                                                                                          \
    "{\"metadata\":{\"namespace\":\"" namespace_ "\",\"name\":\"" name "\"},\"spec\":{\"selector\":{\"app\":\"" name   \
    "\"}}}"
#define FAR_POD(namespace_, name, app)                                                                                 \
    "{\"metadata\":{\"namespace\":\"" namespace_ "\",\"name\":\"" name "\",\"labels\":{\"app\":\"" app                 \
    "\"}},\"spec\":{},\"status\":{\"phase\":\"Running\"}}"
    static const struct row rows[] = {
        { NS "pods/web-1", ENDED_POD("web-1", "web"), 0, NULL },
        { NS "pods/web-1/log",
          "ERROR dial tcp: db.data.svc:5432: connection refused\nINFO queue.jobs.svc.cluster.local is fine\n"
          "ERROR lookup x: Temporary failure in name resolution\nINFO not.svcs nor registry.example\n",
          0, NULL },
        { "/api/v1/namespaces/data/services/db", FAR("data", "db"), 0, NULL },
        { "/api/v1/namespaces/data/pods", FAR_POD("data", "db-0", "db"), 0, "app=db" },
        { "/apis/apps/v1/namespaces/data/statefulsets",
          "{\"metadata\":{\"namespace\":\"data\",\"name\":\"db\"},\"spec\":{\"template\":{\"metadata\":{\"labels\":{"
          "\"app\":\"db\"}}}}}",
          0, NULL },
        { "/api/v1/namespaces/jobs/services/queue", FAR("jobs", "queue"), 0, NULL },
        { "/apis/discovery.k8s.io/v1/namespaces/jobs/endpointslices",
          "{\"metadata\":{\"namespace\":\"jobs\",\"name\":\"queue-x\",\"labels\":{\"kubernetes.io/service-name\":"
          "\"queue\"}},\"endpoints\":[{\"addresses\":[\"10.0.0.9\"],\"conditions\":{\"ready\":true}}]}",
          0, NULL },
        { "/api/v1/namespaces/kube-system/services/kube-dns", FAR("kube-system", "kube-dns"), 0, NULL },
        { "/api/v1/namespaces/kube-system/pods", FAR_POD("kube-system", "coredns-1", "kube-dns"), 0, "app=kube-dns" },
    };
    struct world *w = WORLD(rows);
    json *b = collect_object(w, "pod/shop/web-1");
    assert_non_null(object_named(b, "Service", "db"));
    assert_non_null(object_named(b, "Pod", "db-0"));
    assert_non_null(object_named(b, "StatefulSet", "db"));
    assert_non_null(object_named(b, "Pod", "coredns-1"));
    assert_non_null(object_named(b, "Service", "queue"));
    assert_null(strstr(buf_text(&w->paths), "/jobs/pods")); /* it has somebody */
    assert_null(strstr(buf_text(&w->paths), "/example/"));
    assert_non_null(strstr(buf_text(&w->paths), "/namespaces/data/events"));
    close_world(w);
}

static void of_many_names_of_other_namespaces_a_few_are_looked_at(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { NS "pods/web-1", ENDED_POD("web-1", "web"), 0, NULL },
        { NS "pods/web-1/log", "a.n1.svc a.n2.svc a.n3.svc a.n4.svc a.n5.svc .svc x.svc -.n6.svc\n", 0, NULL },
    };
    struct world *w = WORLD(rows);
    json *b = collect_object(w, "pod/shop/web-1");
    assert_non_null(b);
    assert_non_null(strstr(buf_text(&w->paths), "/namespaces/n3/services/a"));
    assert_null(strstr(buf_text(&w->paths), "/namespaces/n4/"));
    assert_null(strstr(buf_text(&w->paths), "/namespaces/n6/"));
    close_world(w);
}

static void a_log_that_the_node_has_lost_is_no_log(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { NS "pods/b/log", "unable to retrieve container logs for containerd://0123", 0, NULL }, SHOP
    };
    struct world *w = WORLD(rows);
    json *b = collect_object(w, "deployment/shop/web");
    assert_int_equal(json_count(json_get(b, "logs")), 0);
    assert_non_null(entry(b, "not_checked", "what", "previous log of container c in pod shop/b"));
    close_world(w);
}

/* --- budgets ---------------------------------------------------------------------------------------------------- */

static void calls_beyond_the_budget_are_not_made_and_it_is_said(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b =
        collect(w, &(struct evidence_request){ .cluster_id = "one", .object = "deployment/shop/web", .calls_max = 6 });
    assert_int_equal(w->requests, 6);
    assert_int_equal(w->counts.calls, 6);
    assert_non_null(entry(b, "not_checked", "why", "more than the 6 calls"));
    close_world(w);
}

static void time_beyond_the_budget_ends_it_with_what_there_is(void **state)
{
    (void)state;
    static const struct row rows[] = { { NS "services", "", -1, NULL }, SHOP };
    struct world *w = WORLD(rows);
    json *b = collect(
        w, &(struct evidence_request){ .cluster_id = "one", .object = "deployment/shop/web", .timeout_ms = 400 });
    assert_non_null(object_named(b, "Pod", "b"));
    json *services = entry(b, "not_checked", "what", "services in shop");
    assert_string_equal(json_get_str(services, "why"), "not answered within the 400 ms that a collection may take");
    assert_null(entry(b, "lists", "kind", "service"));
    close_world(w);
}

static void bytes_beyond_the_budget_are_left_out_and_it_is_said(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b = collect(
        w, &(struct evidence_request){ .cluster_id = "one", .object = "deployment/shop/web", .size_max = 6000 });
    assert_true(strlen(w->text) <= 6000);
    assert_true(str_starts(objects_of(b), "Deployment/web "));
    assert_non_null(entry(b, "not_checked", "why", "left out so that the bundle stays below 6000 bytes"));
    close_world(w);
}

static void without_logs_none_is_asked_for(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b =
        collect(w, &(struct evidence_request){ .cluster_id = "one", .object = "deployment/shop/web", .no_logs = true });
    assert_int_equal(json_count(json_get(b, "logs")), 0);
    assert_null(strstr(buf_text(&w->paths), "/log?"));
    close_world(w);
}

/* --- no bundle -------------------------------------------------------------------------------------------------- */

static void a_server_that_is_not_there_is_an_error_at_once(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    kube_free(w->kube);
    char server[] = "http://127.0.0.1:1";
    struct err e;
    w->kube = kube_new(w->loop, &(struct kube_config){ .server = server }, "test/1", &e);
    assert_null(collect(w, &(struct evidence_request){ .object = "deployment/shop/web" }));
    assert_int_equal(w->err.kind, ERR_UNAVAILABLE);
    assert_non_null(strstr(w->err.text, "127.0.0.1:1"));
    close_world(w);
}

static void a_server_that_does_not_let_us_in_is_an_error(void **state)
{
    (void)state;
    static const struct row rows[] = { { APPS "deployments/web", "Unauthorized", 401, NULL },
                                       { "/version", "Unauthorized", 401, NULL },
                                       { NS "events", "Unauthorized", 401, NULL } };
    struct world *w = WORLD(rows);
    assert_null(collect(w, &(struct evidence_request){ .object = "deployment/shop/web" }));
    assert_int_equal(w->err.kind, ERR_REFUSED);
    assert_non_null(strstr(w->err.text, "credentials"));
    close_world(w);
}

static void a_server_that_never_answers_is_an_error_when_the_time_is_over(void **state)
{
    (void)state;
    static const struct row rows[] = { { "/api/v1/nodes/n1", "", -1, NULL }, { "/version", "", -1, NULL } };
    struct world *w = WORLD(rows);
    assert_null(collect(w, &(struct evidence_request){ .object = "node//n1", .timeout_ms = 200 }));
    assert_int_equal(w->err.kind, ERR_TIMEOUT);
    close_world(w);
}

static void requests_that_name_nothing_are_refused_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *object, *namespace_, *words;
    } cases[] = {
        { "cart-1", NULL, "kind/namespace/name is expected" }, { "widget/shop/a", NULL, "\"widget\" are not known" },
        { "pod//a", NULL, "a pod needs a namespace" },         { "node/shop/n1", NULL, "a node has no namespace" },
        { "pod/shop/../../x", NULL, "names no object" },       { NULL, "../kube-system", "no name of a namespace" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world *w = WORLD(shop);
        assert_null(
            collect(w, &(struct evidence_request){ .object = cases[i].object, .namespace_ = cases[i].namespace_ }));
        assert_int_equal(w->err.kind, ERR_INVALID);
        assert_non_null(strstr(w->err.text, cases[i].words));
        assert_int_equal(w->requests, 0);
        close_world(w);
    }
}

static void a_cancelled_collection_says_nothing(void **state)
{
    (void)state;
    struct world *w = WORLD(shop), other = { .loop = w->loop };
    struct evidence *ev = evidence_collect(
        w->kube, w->loop, &(struct evidence_request){ .object = "deployment/shop/web" }, on_done, &other);
    evidence_cancel(ev);
    collect_object(w, "node//n1");
    assert_false(other.done);
    close_world(w);
}

/* --- a whole namespace or cluster ------------------------------------------------------------------------------- */

static void a_namespace_is_listed_whole_with_the_logs_of_what_is_not_well(void **state)
{
    (void)state;
    static const struct row rows[] = { { NS "pods", POD("a", WELL) "," POD("b", ILL), 0, NULL }, SHOP };
    struct world *w = WORLD(rows);
    json *b = collect(w, &(struct evidence_request){ .cluster_id = "one", .namespace_ = "shop" });
    assert_string_equal(json_at_str(b, "scope.namespace"), "shop");
    assert_true(str_starts(objects_of(b), "Namespace/shop Pod/b ConfigMap/settings "));
    assert_non_null(object_named(b, "Pod", "a"));
    assert_string_equal(json_at_str(object_named(b, "ConfigMap", "settings"), "keys.0"), "level");
    assert_int_equal(json_get_int(entry(b, "lists", "kind", "pod"), "count", 0), 2);
    assert_int_equal(json_count(json_get(b, "events")), 3);
    assert_int_equal(json_count(json_get(b, "logs")), 2);
    assert_false(w->full_secret);
    assert_null(strstr(buf_text(&w->paths), "/api/v1/pods?")); /* only its own */
    close_world(w);
}

static void a_namespace_as_an_object_is_the_same(void **state)
{
    (void)state;
    struct world *w = WORLD(shop);
    json *b = collect_object(w, "namespace//shop");
    assert_string_equal(json_at_str(b, "scope.object"), "namespace//shop");
    assert_non_null(object_named(b, "Service", "web"));
    close_world(w);
}

static void a_cluster_has_at_most_two_hundred_logs_the_worst_first(void **state)
{
    (void)state;
    AUTO_BUF struct buf pods = { 0 };
    for (int i = 0; i < 250; i++)
        buf_printf(&pods,
                   "%s{\"metadata\":{\"namespace\":\"shop\",\"name\":\"p%03d\"},\"spec\":{\"nodeName\":\"n1\"},"
                   "\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\","
                   "\"ready\":false,\"restartCount\":0,\"state\":{%s}}]}}",
                   i ? "," : "", i, i < 125 ? "\"running\":{}" : "\"terminated\":{\"exitCode\":1}");
    const struct row rows[] = { { "/api/v1/pods", buf_text(&pods), 0, NULL },
                                { "/api/v1/nodes", "{\"metadata\":{\"name\":\"n1\"}}", 0, NULL } };
    struct world *w = open_world(rows, COUNT(rows));
    json *b = collect(w, &(struct evidence_request){ .cluster_id = "one" });
    int logs = 0;
    for (const char *at = buf_text(&w->paths); (at = strstr(at, "/log?")); at++)
        logs++;
    assert_int_equal(logs, 200);
    for (int i = 125; i < 250; i++) {
        AUTO_FREE char *path = str_printf("/pods/p%03d/log?", i);
        assert_non_null(strstr(buf_text(&w->paths), path));
    }
    assert_non_null(entry(b, "not_checked", "what", "50 more logs"));
    assert_int_equal(json_int(json_at(object_named(b, "Node", "n1"), "requested.pods"), 0), 250);
    assert_int_equal(json_count(json_get(b, "scope")), 0);
    close_world(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deployment_comes_with_its_worst_pods_and_all_they_refer_to),
        cmocka_unit_test(the_pod_that_was_asked_about_is_always_among_them),
        cmocka_unit_test(events_and_logs_are_those_of_its_objects),
        cmocka_unit_test(of_more_events_than_a_page_those_that_concern_its_objects_are_asked_for),
        cmocka_unit_test(no_secret_leaves_the_cluster),
        cmocka_unit_test(what_is_named_but_not_there_is_absent_and_its_neighbours_are_listed),
        cmocka_unit_test(an_object_that_is_gone_is_absent_with_its_events),
        cmocka_unit_test(the_order_of_the_answers_does_not_show),
        cmocka_unit_test(what_is_forbidden_is_said_with_its_verb_and_resource),
        cmocka_unit_test(pods_are_found_by_their_owners_names_when_the_owner_may_not_be_read),
        cmocka_unit_test(a_kind_may_be_called_by_any_of_its_names),
        cmocka_unit_test(a_pod_without_a_node_brings_the_nodes_and_what_they_have_left),
        cmocka_unit_test(a_service_that_selects_nobody_brings_whom_it_may_have_meant),
        cmocka_unit_test(an_owner_of_an_unknown_kind_is_said),
        cmocka_unit_test(the_services_that_a_log_cannot_reach_are_followed_to_their_pods),
        cmocka_unit_test(the_services_of_other_namespaces_that_are_named_in_full_are_followed),
        cmocka_unit_test(of_many_names_of_other_namespaces_a_few_are_looked_at),
        cmocka_unit_test(a_log_that_the_node_has_lost_is_no_log),
        cmocka_unit_test(calls_beyond_the_budget_are_not_made_and_it_is_said),
        cmocka_unit_test(time_beyond_the_budget_ends_it_with_what_there_is),
        cmocka_unit_test(bytes_beyond_the_budget_are_left_out_and_it_is_said),
        cmocka_unit_test(without_logs_none_is_asked_for),
        cmocka_unit_test(a_server_that_is_not_there_is_an_error_at_once),
        cmocka_unit_test(a_server_that_does_not_let_us_in_is_an_error),
        cmocka_unit_test(a_server_that_never_answers_is_an_error_when_the_time_is_over),
        cmocka_unit_test(requests_that_name_nothing_are_refused_in_words),
        cmocka_unit_test(a_cancelled_collection_says_nothing),
        cmocka_unit_test(a_namespace_is_listed_whole_with_the_logs_of_what_is_not_well),
        cmocka_unit_test(a_namespace_as_an_object_is_the_same),
        cmocka_unit_test(a_cluster_has_at_most_two_hundred_logs_the_worst_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
