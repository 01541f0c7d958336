/* How objects are shown: tables, YAML, and what is not shown. */
#include "agent/kubectl_columns.h"
#include "agent/kubectl_object.h"
#include "agent/kubectl_pick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1767323045000)    /* 2026-01-02T03:04:05Z */

static struct json_doc *parse(const char *quoted)
{
    struct err e;
    AUTO_FREE char *text = str_dup(quoted);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    struct json_doc *doc = json_parse(text, strlen(text), &json_object_limits, &e);
    assert_non_null(doc);
    return doc;
}

static void show(const char *kind, bool wide, bool spaces, const char *quoted, struct buf *out)
{
    struct table t = { 0 };
    AUTO_JSON struct json_doc *doc = parse(quoted);
    columns_begin(&t, kind, wide, spaces);
    columns_row(&t, kind, wide, spaces, json_root(doc), NOW);
    table_print(&t, true, out);
    table_fini(&t);
}

static void pods_look_as_kubectl_shows_them(void **state)
{
    (void)state;
    struct buf AUTO_BUF out = { 0 }, wide = { 0 };
    static const char pod[] =
        "{'metadata':{'name':'cart-1','namespace':'shop','creationTimestamp':'2026-01-02T03:02:05Z'},'spec':{'nodeName':'worker-1','containers':[{},{}]},"
        "'status':{'phase':'Running','podIP':'10.0.0.7','containerStatuses':[{'ready':true,'restartCount':2},{'ready':false,'restartCount':3,'state':{'waiting':{'reason':'CrashLoopBackOff'}}}]}}";
    show("pod", false, false, pod, &out);
    assert_string_equal(buf_text(&out), "NAME     READY   STATUS             RESTARTS   AGE\n"
                                        "cart-1   1/2     CrashLoopBackOff   5          2m\n");
    show("pod", true, true, pod, &wide);
    assert_non_null(strstr(buf_text(&wide), "NAMESPACE   NAME"));
    assert_non_null(strstr(buf_text(&wide), "10.0.0.7   worker-1"));
}

static void a_pods_status_is_its_most_telling_word(void **state)
{
    (void)state;
    static const struct {
        const char *pod, *status;
    } cases[] = {
        { "{'status':{'phase':'Pending'}}", "Pending" },
        { "{'status':{'phase':'Failed','reason':'Evicted'}}", "Evicted" },
        { "{'metadata':{'deletionTimestamp':'2026-01-02T03:04:05Z'},'status':{'phase':'Running'}}", "Terminating" },
        { "{'status':{'phase':'Pending','initContainerStatuses':[{'state':{'terminated':{'exitCode':0,'reason':'Completed'}}},{'state':{'waiting':{'reason':'CrashLoopBackOff'}}}]}}", "CrashLoopBackOff" },
        { "{'status':{'phase':'Succeeded','containerStatuses':[{'state':{'terminated':{'exitCode':0,'reason':'Completed'}}}]}}", "Completed" },
        { "{}", "Unknown" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO_JSON struct json_doc *doc = parse(cases[i].pod);
        assert_string_equal(columns_pod_status(json_root(doc)), cases[i].status);
    }
}

static void numbers_that_are_not_there_are_nought_and_kinds_without_a_shape_have_a_name(void **state)
{
    (void)state;
    struct buf AUTO_BUF out = { 0 }, other = { 0 };
    show("deployment", false, false, "{'metadata':{'name':'web'},'spec':{'replicas':3},'status':{}}", &out);
    assert_string_equal(buf_text(&out), "NAME   READY   UP-TO-DATE   AVAILABLE   AGE\n"
                                        "web    0/3     0            0           <unknown>\n");
    show("limitrange", false, false, "{'metadata':{'name':'small','creationTimestamp':'2026-01-01T03:04:05Z'}}", &other);
    assert_string_equal(buf_text(&other), "NAME    AGE\nsmall   1d\n");
}

static void cells_are_harmless_and_columns_count_wide_characters(void **state)
{
    (void)state;
    struct table t = { 0 };
    struct buf AUTO_BUF out = { 0 };
    static const char *const headers[] = { "A", "B" };
    table_begin(&t, headers, 2);
    table_cell(&t, "\x1b[2J");
    table_cell(&t, "x\ny");
    table_cell(&t, "中文");
    table_cell(&t, NULL);
    table_print(&t, true, &out);
    assert_null(strchr(buf_text(&out), '\x1b'));
    assert_non_null(strstr(buf_text(&out), "\\x1b[2J   x\\ny\n"));
    assert_non_null(strstr(buf_text(&out), "中文      \n"));
    table_fini(&t);
}

static void rows_are_bounded_and_the_rest_is_counted(void **state)
{
    (void)state;
    struct table t = { 0 };
    struct buf AUTO_BUF out = { 0 };
    AUTO_JSON struct json_doc *doc = parse("{'metadata':{'name':'x'}}");
    columns_begin(&t, "node", false, false);
    for (int i = 0; i < TABLE_ROWS_MAX + 7; i++)
        columns_row(&t, "node", false, false, json_root(doc), NOW);
    assert_int_equal(table_rows(&t), TABLE_ROWS_MAX);
    table_print(&t, false, &out);
    assert_non_null(strstr(buf_text(&out), "(7 more are not shown)"));
    table_fini(&t);
}

static void what_is_secret_is_not_shown(void **state)
{
    (void)state;
    struct buf AUTO_BUF out = { 0 }, map = { 0 };
    AUTO_JSON struct json_doc *doc = parse("{'metadata':{'name':'x','managedFields':[{}],'annotations':{'kubectl.kubernetes.io/last-applied-configuration':'{}','a':'b'}},"
                                           "'spec':{'containers':[{'env':[{'name':'DB_PASSWORD','value':'hunter2'},{'name':'LOG_LEVEL','value':'info'}]}]}}");
    object_json(json_root(doc), &out);
    assert_null(strstr(buf_text(&out), "hunter2"));
    assert_null(strstr(buf_text(&out), "managedFields"));
    assert_null(strstr(buf_text(&out), "last-applied"));
    assert_non_null(strstr(buf_text(&out), "\"value\":\"info\""));
    AUTO_JSON struct json_doc *config = parse("{'kind':'ConfigMap','data':{'API_TOKEN':'hunter2','LOG_LEVEL':'info'}}");
    object_yaml(json_root(config), 0, &map);
    assert_null(strstr(buf_text(&map), "hunter2"));
    assert_non_null(strstr(buf_text(&map), "LOG_LEVEL: info"));
}

static void yaml_is_quoted_where_a_reader_would_misunderstand_it(void **state)
{
    (void)state;
    struct buf AUTO_BUF out = { 0 };
    AUTO_JSON struct json_doc *doc = parse("{'a':'yes','b':'1.10','c':'plain text','d':[{'x':1,'y':[]},'two'],'e':{},'f':null,'g':'image:v1','h':' x','i':'a: b','j':'# no'}");
    object_yaml(json_root(doc), 0, &out);
    assert_string_equal(buf_text(&out), "a: \"yes\"\nb: \"1.10\"\nc: plain text\nd:\n- x: 1\n  \"y\": []\n- two\ne: {}\nf: null\ng: image:v1\nh: \" x\"\ni: \"a: b\"\nj: \"# no\"\n");
}

static struct pod_rank rank(const char *quoted)
{
    struct pod_rank r;
    AUTO_JSON struct json_doc *doc = parse(quoted);
    pod_rank_of(json_root(doc), &r);
    return r;
}

#define POD(node, phase, ready, since, restarts, made)                                                                                       \
    "{'metadata':{'creationTimestamp':'2026-01-02T03:0" made ":00Z'},'spec':{'nodeName':'" node "'},'status':{'phase':'" phase               \
    "','conditions':[{'type':'Ready','status':'" ready "','lastTransitionTime':'2026-01-02T03:0" since ":00Z'}],'containerStatuses':[{'restartCount':" restarts "}]}}"

static void logs_of_a_workload_are_those_of_the_pod_that_kubectl_takes(void **state)
{
    (void)state;
    static const char *const in_order[] = {
        POD("n", "Running", "True", "1", "0", "5"),      /* ready for longest                      */
        POD("n", "Running", "True", "2", "7", "1"),      /* of those that are ready as long, …     */
        POD("n", "Running", "True", "2", "3", "1"),      /* … the one that was restarted most      */
        POD("n", "Running", "False", "1", "9", "1"),
        POD("n", "Running", "False", "1", "0", "2"),     /* older before newer                     */
        POD("n", "Running", "False", "1", "0", "3"),
        POD("n", "Unknown", "True", "1", "0", "1"),
        POD("n", "Pending", "False", "1", "0", "1"),
        POD("", "Pending", "False", "1", "0", "1"),
    };
    for (size_t i = 0; i < COUNT(in_order); i++)
        for (size_t k = 0; k < COUNT(in_order); k++) {
            struct pod_rank a = rank(in_order[i]), b = rank(in_order[k]);
            assert_int_equal(pod_rank_before(&a, &b), i < k);
        }
}

static void a_workloads_selector_is_taken_whole(void **state)
{
    (void)state;
    static const struct {
        const char *object, *selector;
    } cases[] = {
        { "{'kind':'Deployment','spec':{'selector':{'matchLabels':{'app':'web'},'matchExpressions':[{'key':'tier','operator':'In','values':['a','b']},"
          "{'key':'old','operator':'DoesNotExist'},{'key':'x','operator':'Exists'},{'key':'y','operator':'NotIn','values':['z']}]}}}", "app=web,tier in (a,b),!old,x,y notin (z)" },
        { "{'kind':'Service','spec':{'selector':{'app':'web','tier':'front'}}}", "app=web,tier=front" },
        { "{'kind':'Service','spec':{}}", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO_BUF struct buf out = { 0 };
        AUTO_JSON struct json_doc *doc = parse(cases[i].object);
        pick_selector(json_root(doc), &out);
        assert_string_equal(buf_text(&out), cases[i].selector);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_look_as_kubectl_shows_them),
        cmocka_unit_test(a_pods_status_is_its_most_telling_word),
        cmocka_unit_test(numbers_that_are_not_there_are_nought_and_kinds_without_a_shape_have_a_name),
        cmocka_unit_test(cells_are_harmless_and_columns_count_wide_characters),
        cmocka_unit_test(rows_are_bounded_and_the_rest_is_counted),
        cmocka_unit_test(what_is_secret_is_not_shown),
        cmocka_unit_test(logs_of_a_workload_are_those_of_the_pod_that_kubectl_takes),
        cmocka_unit_test(a_workloads_selector_is_taken_whole),
        cmocka_unit_test(yaml_is_quoted_where_a_reader_would_misunderstand_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
