#include "agent/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"

struct fixture {
    struct arena arena;
    struct json_doc *doc;
    struct json_w *raw;
    struct wire_event event;
};

/* JSON with ' for ". */
static int normalise(struct fixture *f, const char *quoted, bool raw)
{
    struct err e;
    AUTO_FREE char *text = str_dup(quoted);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    json_doc_free(f->doc);
    if (!f->raw)
        f->raw = json_w_new();
    f->doc = json_parse(text, strlen(text), &json_object_limits, &e);
    assert_non_null(f->doc);
    return normalise_event("shop", json_root(f->doc), raw ? f->raw : NULL, &f->arena, &f->event);
}

static void leave(struct fixture *f)
{
    json_w_free(f->raw);
    json_doc_free(f->doc);
    arena_fini(&f->arena);
}

#define META "'metadata':{'uid':'u1','resourceVersion':'77','namespace':'shop','creationTimestamp':'2026-01-02T03:00:00Z','managedFields':[{'manager':'kubelet'}]}"

static void the_two_shapes_of_events_are_read(void **state)
{
    (void)state;
    struct fixture f = { 0 };
    assert_int_equal(normalise(&f, "{" META ",'type':'Warning','reason':'BackOff','message':'Back-off restarting','count':12,'firstTimestamp':'2026-01-02T02:46:40Z',"
                                   "'lastTimestamp':'2026-01-02T03:04:05Z','eventTime':null,'source':{'component':'kubelet','host':'worker-1'},'reportingComponent':'',"
                                   "'involvedObject':{'kind':'Pod','namespace':'shop','name':'cart-1','uid':'p1','apiVersion':'v1','fieldPath':'spec.containers{cart}'}}", false), 0);
    assert_string_equal(f.event.id, "u1.77");
    assert_string_equal(f.event.namespace_, "shop");
    assert_int_equal(f.event.count, 12);
    assert_string_equal(f.event.component, "kubelet");
    assert_string_equal(f.event.node, "worker-1");
    assert_string_equal(f.event.involved.field_path, "spec.containers{cart}");
    assert_int_equal(f.event.severity, SEVERITY_HIGH);
    assert_false(f.event.cluster_scoped);
    assert_null(f.event.raw_data);

    assert_int_equal(normalise(&f, "{" META ",'type':'Warning','reason':'FailedScheduling','message':'0/3 nodes','firstTimestamp':null,'lastTimestamp':null,'source':{},"
                                   "'eventTime':'2026-01-02T03:04:05.123456Z','reportingComponent':'default-scheduler','action':'Scheduling','series':{'count':4,'lastObservedTime':'2026-01-02T03:05:00.000001Z'},"
                                   "'involvedObject':{'kind':'Pod','namespace':'shop','name':'cart-1'}}", false), 0);
    assert_string_equal(f.event.component, "default-scheduler");
    assert_string_equal(f.event.action, "Scheduling");
    assert_int_equal(f.event.count, 4);
    char at[CLOCK_TEXT_SIZE];
    clock_format(f.event.timestamp, at);
    assert_string_equal(at, "2026-01-02T03:05:00.000Z");
    leave(&f);
}

/* Every combination of five times that are there or null: the first in the order of the contract counts. */
static void the_time_is_the_first_that_is_set(void **state)
{
    (void)state;
    static const char *const names[] = { "'series':{'lastObservedTime':%s}", "'lastTimestamp':%s", "'eventTime':%s", "'firstTimestamp':%s" };
    struct fixture f = { 0 };
    for (unsigned set = 0; set < 16; set++) {
        struct buf AUTO_BUF text = { 0 };
        buf_str(&text, "{" META);
        int64_t expected = 0;
        for (unsigned i = 0; i < COUNT(names); i++) {
            char value[48] = "null", time[40];
            (void)snprintf(time, sizeof time, "2026-01-02T03:04:%02uZ", i + 1);
            if (set & (1u << i))
                (void)snprintf(value, sizeof value, "'%s'", time);
            if ((set & (1u << i)) && !expected)
                assert_int_equal(clock_parse(time, &expected), 0);
            AUTO_FREE char *member = str_dup(names[i]);
            char *hole = strstr(member, "%s");
            hole[0] = 0;
            buf_printf(&text, ",%s%s%s", member, value, hole + 2);
        }
        if (!expected)
            assert_int_equal(clock_parse("2026-01-02T03:00:00Z", &expected), 0);
        buf_str(&text, ",'reason':'R','message':'m'}");
        assert_int_equal(normalise(&f, buf_text(&text), false), 0);
        assert_int_equal(f.event.timestamp, expected);
    }
    leave(&f);
}

static void events_about_nodes_belong_to_the_cluster(void **state)
{
    (void)state;
    struct fixture f = { 0 };
    assert_int_equal(normalise(&f, "{'metadata':{'uid':'u','resourceVersion':'1','namespace':'default'},'type':'Normal','reason':'NodeNotReady','message':'m',"
                                   "'involvedObject':{'kind':'Node','name':'worker-1'}}", false), 0);
    assert_true(f.event.cluster_scoped);
    assert_null(f.event.namespace_);
    assert_string_equal(f.event.node, "worker-1");
    assert_int_equal(f.event.severity, SEVERITY_CRITICAL);
    leave(&f);
}

static void what_nobody_could_name_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}", "[]", "{'metadata':7}", "{'metadata':{'uid':'','resourceVersion':'1'}}", "{'metadata':{'uid':'u'}}",
        "{'metadata':{'uid':'u','resourceVersion':'1234567890123456789012345678901234567890123456789012345678901234567890'}}",
    };
    struct fixture f = { 0 };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(normalise(&f, bad[i], true), 1);
    assert_int_equal(normalise(&f, "{'metadata':{'uid':'u','resourceVersion':'1'},'involvedObject':[],'count':'x','message':5,'type':{}}", true), 0);
    assert_string_equal(f.event.reason, "Unknown");
    assert_int_equal(f.event.count, 1);
    leave(&f);
}

static void secrets_leave_neither_by_the_message_nor_by_the_object(void **state)
{
    (void)state;
    struct fixture f = { 0 };
    assert_int_equal(normalise(&f, "{" META ",'type':'Warning','reason':'Failed','message':'cannot connect, password=hunter2secret'}", true), 0);
    assert_null(strstr(f.event.message, "hunter2secret"));
    assert_non_null(f.event.raw_data);
    assert_null(strstr(f.event.raw_data, "hunter2secret"));
    assert_null(strstr(f.event.raw_data, "managedFields"));
    assert_non_null(strstr(f.event.raw_data, "creationTimestamp"));
    assert_int_equal(normalise(&f, "{" META ",'type':'Warning','reason':'Failed','message':'plain'}", true), 0);
    assert_true(f.event.raw_checked);
    assert_int_equal(f.event.raw_size, strlen(f.event.raw_data));
    leave(&f);
}

/* Other members than those that the event itself carries. */
static void secrets_leave_by_no_other_member(void **state)
{
    (void)state;
    static const char *const objects[] = {
        "'metadata':{'uid':'u','resourceVersion':'1','annotations':{'db-password':'hunter2secret'}},'message':'m'",
        "'metadata':{'uid':'u','resourceVersion':'1','labels':{'a':'password=hunter2secret'}},'message':'m'",
        "'metadata':{'uid':'u','resourceVersion':'1'},'message':'m','reportingInstance':'password=hunter2secret'",
        "'metadata':{'uid':'u','resourceVersion':'1'},'message':'m','related':{'password':'hunter2secret'}",
        "'metadata':{'uid':'u','resourceVersion':'1'},'message':'m','password':'hunter2secret'",
        "'metadata':{'uid':'u','resourceVersion':'1'},'message':'password=hunter2secret','message':'m'",
    };
    for (size_t i = 0; i < COUNT(objects); i++) {
        struct fixture f = { 0 };
        struct err e;
        AUTO_FREE char *text = str_printf("{%s,'type':'Warning','count':3}", objects[i]);
        assert_int_equal(normalise(&f, text, true), 0);
        assert_null(strstr(f.event.raw_data, "hunter2secret"));
        assert_false(f.event.raw_checked);    /* what redaction has touched is looked at again */
        AUTO_JSON struct json_doc *raw = json_parse(f.event.raw_data, f.event.raw_size, &wire_raw_limits, &e);
        assert_int_equal(json_get_int(json_root(raw), "count", 0), 3);
        leave(&f);
    }
}

static void a_huge_message_is_cut_and_a_huge_object_left_out(void **state)
{
    (void)state;
    struct buf AUTO_BUF text = { 0 };
    struct fixture f = { 0 };
    buf_str(&text, "{" META ",'reason':'R','message':'");
    for (int i = 0; i < 100000; i++)
        buf_str(&text, "word ");
    buf_str(&text, "'}");
    assert_int_equal(normalise(&f, buf_text(&text), true), 0);
    assert_true(strlen(f.event.message) <= WIRE_MESSAGE_MAX);
    assert_null(f.event.raw_data);
    leave(&f);
}

static void fingerprints_see_the_shape_and_not_the_numbers(void **state)
{
    (void)state;
    struct wire_event a = { .reason = "BackOff", .involved = { .kind = "Pod", .name = "cart" }, .message = "Back-off 10s restarting container \"a\"" }, b = a, c = a, d = a;
    char one[17], two[17], three[17], four[17];
    b.message = "Back-off 320s restarting container \"b\"";
    c.message = "Back-off pulling image";
    d.involved.name = "web";
    normalise_fingerprint(&a, one);
    normalise_fingerprint(&b, two);
    normalise_fingerprint(&c, three);
    normalise_fingerprint(&d, four);
    assert_string_equal(one, two);
    assert_string_not_equal(one, three);
    assert_string_not_equal(one, four);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_two_shapes_of_events_are_read),
        cmocka_unit_test(the_time_is_the_first_that_is_set),
        cmocka_unit_test(events_about_nodes_belong_to_the_cluster),
        cmocka_unit_test(what_nobody_could_name_is_refused),
        cmocka_unit_test(secrets_leave_neither_by_the_message_nor_by_the_object),
        cmocka_unit_test(secrets_leave_by_no_other_member),
        cmocka_unit_test(a_huge_message_is_cut_and_a_huge_object_left_out),
        cmocka_unit_test(fingerprints_see_the_shape_and_not_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
