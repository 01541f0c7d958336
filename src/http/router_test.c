#include "http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "http/client.h"

static char served[256];

static void serve(const char *row, struct http_exchange *x)
{
    snprintf(served, sizeof served, "%s id=%s name=%s rest=%s", row, str_or_empty(route_value(x, "id")),
             str_or_empty(route_value(x, "name")), str_or_empty(route_value(x, "rest")));
    http_reply(x, 200, "text/plain", served, strlen(served));
}

static void list(void *arg, struct http_exchange *x)
{
    (void)arg;
    serve("list", x);
}

static void one(void *arg, struct http_exchange *x)
{
    (void)arg;
    serve("one", x);
}

static void two(void *arg, struct http_exchange *x)
{
    (void)arg;
    serve("two", x);
}

static void make(void *arg, struct http_exchange *x)
{
    (void)arg;
    serve("make", x);
}

static void rest(void *arg, struct http_exchange *x)
{
    (void)arg;
    serve("rest", x);
}

static const struct route routes[] = {
    { .method = "GET", .pattern = "/things", .handler = list },
    { .method = "POST", .pattern = "/things", .handler = make },
    { .method = "GET", .pattern = "/things/{id}", .handler = one },
    { .method = "GET", .pattern = "/things/{id}/parts/{name}", .handler = two },
    { .method = "GET", .pattern = "/files/{rest...}", .handler = rest },
};

static void dispatch(void *arg, struct http_exchange *x)
{
    route_dispatch(routes, COUNT(routes), arg, x);
}

struct visit {
    struct loop *loop;
    int status;
    char body[256];
};

static void on_done(void *arg, const struct http_answer *answer)
{
    struct visit *v = arg;
    v->status = answer->status;
    str_copy(v->body, sizeof v->body, answer->body);
    loop_stop(v->loop);
}

static struct visit visit(const char *method, const char *path)
{
    struct err e;
    struct visit v = { .loop = loop_new("router", 4) };
    struct http_server *s = http_server_new(v.loop, "127.0.0.1:0", NULL, NULL, dispatch, NULL, &e);
    assert_non_null(s);
    struct http_client *c = http_client_new(v.loop, NULL, 1);
    AUTO_FREE char *url = str_printf("http://127.0.0.1:%d%s", http_server_port(s), path);
    http_call(c, &(struct http_get){ .method = method, .url = url }, NULL, on_done, &v);
    loop_run(v.loop);
    http_client_free(c);
    http_server_free(s);
    loop_free(v.loop);
    return v;
}

static void expect(const char *method, const char *path, int status, const char *body)
{
    struct visit v = visit(method, path);
    assert_int_equal(v.status, status);
    if (!strstr(v.body, body))
        fail_msg("%s %s: wanted %s, got %s", method, path, body, v.body);
}

static void the_row_that_fits_serves(void **state)
{
    (void)state;
    expect("GET", "/things", 200, "list id= name= rest=");
    expect("GET", "/things?x=1", 200, "list");
    expect("POST", "/things", 200, "make");
    expect("GET", "/things/7", 200, "one id=7");
    expect("GET", "/things/7/parts/b", 200, "two id=7 name=b");
    expect("GET", "/files/a/b/c.txt", 200, "rest=a/b/c.txt");
    expect("GET", "/files", 200, "rest id= name= rest=");
}

static void segments_are_decoded_after_the_match(void **state)
{
    (void)state;
    expect("GET", "/things/a%2Fb%20c", 200, "one id=a/b c");
    expect("GET", "/things/%E4%B8%AD", 200, "one id=中");
}

static void head_is_served_as_get(void **state)
{
    (void)state;
    struct visit v = visit("HEAD", "/things");
    assert_int_equal(v.status, 200);
    assert_string_equal(v.body, "");
}

static void other_addresses_are_404_and_other_methods_405(void **state)
{
    (void)state;
    expect("GET", "/", 404, "there is nothing at /");
    expect("GET", "/thing", 404, "");
    expect("GET", "/things/", 404, "");
    expect("GET", "/things/7/parts", 404, "");
    expect("GET", "/things/7/parts/b/c", 404, "");
    expect("DELETE", "/things", 405, "it takes GET, POST");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_row_that_fits_serves),
        cmocka_unit_test(segments_are_decoded_after_the_match),
        cmocka_unit_test(head_is_served_as_get),
        cmocka_unit_test(other_addresses_are_404_and_other_methods_405),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
