/* The followed state as a whole: owners, endpoints of Services, lists, bounds; with a spool in memory. */
#include "agent/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/state_object.h"
#include "base/str.h"

struct fixture {
    struct loop *loop;
    struct spool *spool;
    struct filter filter;
    struct reporter reporter;
    struct state *state;
    struct agent_options options;
    struct buf told;                  /* bodies of what was reported */
    uint64_t wanted;
    struct timer guard;
};

static void on_committed(void *arg, const struct spool_row *rows, size_t count, const struct spool_packing *packed)
{
    (void)packed;
    struct fixture *f = arg;
    for (size_t i = 0; i < count; i++)
        buf_printf(&f->told, "%.*s\n", (int)rows[i].size, rows[i].body);
    if (rows[count - 1].seq >= f->wanted)
        loop_stop(f->loop);
}

static void begin(struct fixture *f, size_t objects_max)
{
    static char none[] = "", hidden[] = "kube-system";
    struct err e;
    *f = (struct fixture){ .loop = loop_new("test", 16) };
    f->options = (struct agent_options){ .namespaces = none, .exclude_namespaces = hidden, .exclude_reasons = none };
    struct spool_config config = { .cluster_id = "shop", .bytes_max = 1 << 20, .waiting_max = 1000 };
    f->spool = spool_open(f->loop, &config, &(struct spool_handlers){ .committed = on_committed }, f, &e);
    assert_non_null(f->spool);
    assert_int_equal(filter_init(&f->filter, &f->options, &e), 0);
    f->reporter = (struct reporter){ .spool = f->spool, .cluster_id = "shop" };
    f->state = state_new(f->loop, &f->filter, &f->reporter, objects_max);
}

static void end(struct fixture *f)
{
    timer_stop(&f->guard);
    state_free(f->state);
    filter_fini(&f->filter);
    reporter_fini(&f->reporter);
    spool_close(f->spool);
    loop_free(f->loop);
    buf_fini(&f->told);
}

/* JSON with ' for ". */
static void see(struct fixture *f, enum state_kind kind, bool gone, const char *quoted)
{
    struct err e;
    AUTO_FREE char *text = str_dup(quoted);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_object_limits, &e);
    assert_non_null(doc);
    state_see(f->state, kind, json_root(doc), gone);
}

static void give_up(void *arg)
{
    loop_stop(arg);
}

/* Until so many reports are durable, or the time is over. */
static const char *run(struct fixture *f, uint64_t reports, int64_t ms)
{
    f->wanted = reports;
    timer_start(&f->guard, f->loop, ms, give_up, f->loop);
    loop_run(f->loop);
    timer_stop(&f->guard);
    return buf_text(&f->told);
}

#define POD(name, owners, labels) \
    "{'metadata':{'name':'" name "','namespace':'shop','uid':'u-" name "','resourceVersion':'7','labels':{" labels "},'ownerReferences':[" owners "]},'status':{'phase':'Pending'}}"

static void pods_belong_to_the_workload_on_top(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 100);
    see(&f, STATE_POD, false, POD("web-5d9c-x", "{'kind':'ReplicaSet','name':'web-5d9c','controller':true}", "'pod-template-hash':'5d9c'"));
    see(&f, STATE_POD, false, POD("odd-x", "{'kind':'ReplicaSet','name':'odd','controller':true}", ""));
    see(&f, STATE_POD, false, POD("nightly-1-x", "{'kind':'Job','name':'nightly-1','controller':true}", ""));
    see(&f, STATE_POD, false, POD("static", "{'kind':'Node','name':'worker-1','controller':true}", ""));
    see(&f, STATE_JOB, false, "{'metadata':{'name':'nightly-1','namespace':'shop','uid':'j','resourceVersion':'8','ownerReferences':[{'kind':'CronJob','name':'nightly','controller':true}]}}");
    see(&f, STATE_DEPLOYMENT, false, "{'metadata':{'name':'web','namespace':'shop','uid':'d','resourceVersion':'9'},'spec':{'replicas':0}}");
    static const struct {
        const char *kind, *name, *owner_kind, *owner;
    } cases[] = {
        { "Pod", "web-5d9c-x", "Deployment", "web" }, { "Pod", "odd-x", "ReplicaSet", "odd" }, { "Pod", "nightly-1-x", "CronJob", "nightly" },
        { "Job", "nightly-1", "CronJob", "nightly" }, { "ReplicaSet", "web-5d9c", "Deployment", "web" }, { "ReplicaSet", "other-1", NULL, NULL },
        { "Pod", "static", NULL, NULL }, { "Pod", "nobody", NULL, NULL }, { "Service", "web", NULL, NULL }, { NULL, NULL, NULL, NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *kind = NULL, *name = NULL;
        state_owner(f.state, &(struct wire_object){ .kind = cases[i].kind, .namespace_ = "shop", .name = cases[i].name }, &kind, &name);
        assert_true(str_eq(kind, cases[i].owner_kind) && str_eq(name, cases[i].owner));
    }
    end(&f);
}

static void what_a_list_does_not_bring_is_gone(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 1000);
    state_list_began(f.state, STATE_POD);
    for (int i = 0; i < 300; i++) {
        AUTO_FREE char *pod = str_printf("{'metadata':{'name':'p%d','namespace':'shop','uid':'u%d','resourceVersion':'1'}}", i, i);
        see(&f, STATE_POD, false, pod);
    }
    state_listed(f.state, STATE_POD);
    see(&f, STATE_NODE, false, "{'metadata':{'name':'n','uid':'n','resourceVersion':'1','creationTimestamp':'2999-01-01T00:00:00Z'}}");
    assert_int_equal(state_count(f.state), 301);
    state_list_began(f.state, STATE_POD);
    see(&f, STATE_POD, false, "{'metadata':{'name':'p7','namespace':'shop','uid':'u7','resourceVersion':'2'}}");
    state_listed(f.state, STATE_POD);
    assert_int_equal(state_count(f.state), 2);
    assert_non_null(state_find(f.state, STATE_POD, "shop", "p7"));
    see(&f, STATE_POD, true, "{'metadata':{'name':'p7','namespace':'shop','uid':'u7','resourceVersion':'3'}}");
    assert_int_equal(state_count(f.state), 1);
    end(&f);
}

static void beyond_the_bound_objects_are_counted_and_not_followed(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 2);
    see(&f, STATE_POD, false, "{'metadata':{'name':'a','namespace':'shop','uid':'a','resourceVersion':'1'}}");
    see(&f, STATE_POD, false, "{'metadata':{'name':'b','namespace':'shop','uid':'b','resourceVersion':'1'}}");
    see(&f, STATE_POD, false, "{'metadata':{'name':'c','namespace':'shop','uid':'c','resourceVersion':'1'}}");
    see(&f, STATE_POD, false, "{'metadata':{'name':'d','namespace':'kube-system','uid':'d','resourceVersion':'1'}}");    /* filtered, not refused */
    see(&f, STATE_POD, false, "{}");
    assert_int_equal(state_count(f.state), 2);
    assert_int_equal(state_refused(f.state), 1);
    see(&f, STATE_POD, true, "{'metadata':{'name':'a','namespace':'shop','uid':'a','resourceVersion':'2'}}");
    see(&f, STATE_POD, false, "{'metadata':{'name':'c','namespace':'shop','uid':'c','resourceVersion':'1'}}");
    assert_non_null(state_find(f.state, STATE_POD, "shop", "c"));
    end(&f);
}

#define SLICE(name, ready, version) \
    "{'metadata':{'name':'" name "','namespace':'shop','uid':'s-" name "','resourceVersion':'" version "','labels':{'kubernetes.io/service-name':'web'}},'endpoints':[{'conditions':{'ready':" ready "}}]}"

static void a_services_endpoints_are_those_of_all_its_slices_in_any_order(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 100);
    state_list_began(f.state, STATE_SLICE);
    see(&f, STATE_SLICE, false, SLICE("web-a", "true", "10"));
    see(&f, STATE_SLICE, false, SLICE("web-b", "true", "11"));
    state_listed(f.state, STATE_SLICE);
    state_list_began(f.state, STATE_SERVICE);
    see(&f, STATE_SERVICE, false, "{'metadata':{'name':'web','namespace':'shop','uid':'svc','resourceVersion':'5','creationTimestamp':'2026-01-02T03:04:05Z'},'spec':{'selector':{'app':'web'}}}");
    state_listed(f.state, STATE_SERVICE);
    assert_int_equal(state_find(f.state, STATE_SERVICE, "shop", "web")->service.ready, 2);
    see(&f, STATE_SLICE, true, SLICE("web-a", "true", "12"));
    see(&f, STATE_SLICE, false, SLICE("web-b", "false", "13"));
    assert_int_equal(state_find(f.state, STATE_SERVICE, "shop", "web")->service.ready, 0);
    assert_non_null(strstr(run(&f, 1, 5000), "\"id\":\"svc.13.ServiceWithoutEndpoints\""));
    see(&f, STATE_SLICE, false, SLICE("web-b", "true", "14"));
    const char *told = run(&f, 2, 5000);
    assert_non_null(strstr(told, "\"id\":\"svc.14.ServiceHasEndpoints\""));
    assert_non_null(strstr(told, "\"recovery\":true"));
    end(&f);
}

static void another_object_of_the_same_name_begins_anew(void **state)
{
    (void)state;
    static const char broken[] = "{'metadata':{'name':'p','namespace':'shop','uid':'%s','resourceVersion':'1'},'status':{'phase':'Failed','reason':'Evicted'}}";
    struct fixture f;
    begin(&f, 100);
    for (int i = 0; i < 2; i++) {
        AUTO_FREE char *pod = str_dup(broken);
        memcpy(strstr(pod, "%s"), i ? "u2" : "u1", 2);
        see(&f, STATE_POD, false, pod);
        see(&f, STATE_POD, false, pod);
    }
    const char *told = run(&f, 2, 5000);
    assert_non_null(strstr(told, "u1.1.PodEvicted"));
    assert_non_null(strstr(told, "u2.1.PodEvicted"));
    assert_int_equal(spool_next(f.spool), 3);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_belong_to_the_workload_on_top),
        cmocka_unit_test(what_a_list_does_not_bring_is_gone),
        cmocka_unit_test(beyond_the_bound_objects_are_counted_and_not_followed),
        cmocka_unit_test(a_services_endpoints_are_those_of_all_its_slices_in_any_order),
        cmocka_unit_test(another_object_of_the_same_name_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
