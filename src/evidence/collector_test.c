/* Who shares a collection with whom, against an API server of our own in which there is nothing but a flood of events. */
#include "evidence/collector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "http/server.h"

#define PAUSE_MS    60
#define PATIENCE_MS 20000

struct answers {
    struct world *world;
    int count;
    int64_t at_ms; /* of the last one */
    struct wish *wish;
};

struct world {
    struct loop *loop;
    struct http_server *server;
    struct kube *kube;
    struct collector *collector;
    struct timer patience;
    int roots, pages; /* asked for: the Pod a, all events of its namespace */
    bool late;
    int until; /* ends when so many are answered */
    int answered;
    struct answers a, b, c;
    void (*on_root)(struct world *w); /* runs when the Pod is asked for the first time */
};

static void on_done(void *arg, const char *text, size_t size, const struct evidence_counts *counts,
                    const struct err *err)
{
    (void)text, (void)size, (void)counts;
    struct answers *a = arg;
    struct world *w = a->world;
    assert_null(err);
    a->count++;
    a->at_ms = loop_now_ms(w->loop);
    if (++w->answered == w->until)
        loop_stop(w->loop);
}

static void ask(struct world *w, struct answers *a, const char *object)
{
    a->world = w;
    a->wish =
        collector_ask(w->collector, &(struct evidence_request){ .cluster_id = "one", .object = object }, on_done, a);
}

static void on_request(void *arg, struct http_exchange *x)
{
    struct world *w = arg;
    const char *path = http_path(x);
    bool page = str_ends(path, "/namespaces/shop/events") && !http_query(x, "fieldSelector");
    if (str_ends(path, "/pods/a") && w->roots++ == 0 && w->on_root)
        w->on_root(w);
    w->pages += page;
    AUTO_FREE char *list = str_printf("{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"%s},\"items\":[]}",
                                      page ? ",\"continue\":\"more\"" : "");
    bool object = str_ends(path, "/a") || str_ends(path, "/b") || str_ends(path, "/shop");
    http_reply(x, object ? 404 : 200, "application/json", object ? "{}" : list, object ? 2 : strlen(list));
}

static void on_patience(void *arg)
{
    struct world *w = arg;
    w->late = true;
    loop_stop(w->loop);
}

static void open_world(struct world *w)
{
    struct err e = { 0 };
    *w = (struct world){ .loop = loop_new("test", 16) };
    w->server = http_server_new(w->loop, "127.0.0.1:0", NULL, NULL, on_request, w, &e);
    assert_non_null(w->server);
    AUTO_FREE char *server = str_printf("http://127.0.0.1:%d", http_server_port(w->server));
    w->kube = kube_new(w->loop, &(struct kube_config){ .server = server }, "test/1", &e);
    assert_non_null(w->kube);
    w->collector = collector_new(w->kube, w->loop, PAUSE_MS);
}

static void run(struct world *w, int until)
{
    w->until = until;
    timer_start(&w->patience, w->loop, PATIENCE_MS, on_patience, w);
    loop_run(w->loop);
    timer_stop(&w->patience);
    assert_false(w->late);
}

static void close_world(struct world *w)
{
    collector_free(w->collector);
    kube_free(w->kube);
    http_server_free(w->server);
    loop_free(w->loop);
}

static void ask_twice_more(struct world *w)
{
    ask(w, &w->b, "pod/shop/a");
    ask(w, &w->c, "pod/shop/a");
}

static void who_asks_during_a_collection_gets_the_next_one_and_shares_it(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    w.on_root = ask_twice_more;
    int64_t began_ms = loop_now_ms(w.loop);
    ask(&w, &w.a, "pod/shop/a");
    run(&w, 3);
    assert_int_equal(w.roots, 2);
    assert_int_equal(w.a.count, 1);
    assert_int_equal(w.b.at_ms, w.c.at_ms);
    assert_true(w.b.at_ms > w.a.at_ms);
    assert_true(w.b.at_ms - began_ms >= PAUSE_MS);
    close_world(&w);
}

static void who_asks_before_it_begins_shares_it(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    ask(&w, &w.a, "pod/shop/a");
    ask(&w, &w.b, "pod/shop/a");
    run(&w, 2);
    assert_int_equal(w.roots, 1);
    close_world(&w);
}

static void different_roots_wait_for_nobody(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    ask(&w, &w.a, "pod/shop/a");
    ask(&w, &w.b, "pod/shop/b");
    run(&w, 2);
    assert_true(w.b.count == 1 && w.a.count == 1);
    close_world(&w);
}

static void cancel_the_first(struct world *w)
{
    ask(w, &w->b, "pod/shop/a");
    collector_cancel(w->a.wish);
}

static void one_that_is_cancelled_keeps_no_other_from_its_own(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    w.on_root = cancel_the_first;
    ask(&w, &w.a, "pod/shop/a");
    run(&w, 1);
    assert_int_equal(w.a.count, 0);
    assert_int_equal(w.b.count, 1);
    assert_int_equal(w.roots, 2);
    close_world(&w);
}

static void a_flood_of_events_is_read_once_and_then_known(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    ask(&w, &w.a, "pod/shop/a");
    run(&w, 1);
    assert_int_equal(w.pages, 1);
    ask(&w, &w.b, "pod/shop/b");
    run(&w, 2);
    assert_int_equal(w.pages, 1);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_during_a_collection_gets_the_next_one_and_shares_it),
        cmocka_unit_test(who_asks_before_it_begins_shares_it),
        cmocka_unit_test(different_roots_wait_for_nobody),
        cmocka_unit_test(one_that_is_cancelled_keeps_no_other_from_its_own),
        cmocka_unit_test(a_flood_of_events_is_read_once_and_then_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
