/* The Lease against an API server that says what a test tells it to. */
#include "agent/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "kube/scripted.h"

#define PATIENCE_MS 10000

struct row {
    const char *begins;    /* of the request */
    int status;
    const char *body;
};

struct world {
    struct loop *loop;
    struct scripted *server;
    struct kube *kube;
    struct lease *lease;
    const struct row *rows;
    size_t n_rows, at;
    enum lease_state wanted;
    struct timer patience;
    bool late;
};

#define LEASE(version, holder, place)                                                                                              \
    "{\"metadata\":{\"resourceVersion\":\"" version "\",\"annotations\":{\"aetherius.io/events-version\":\"" place "\"}},"          \
    "\"spec\":{\"holderIdentity\":\"" holder "\",\"leaseDurationSeconds\":15,\"leaseTransitions\":4}}"
#define GET  "GET /apis/coordination.k8s.io/v1/namespaces/here/leases/aetherius-agent "
#define POST "POST /apis/coordination.k8s.io/v1/namespaces/here/leases "
#define PUT  "PUT /apis/coordination.k8s.io/v1/namespaces/here/leases/aetherius-agent "

/* Row by row; what comes behind the last is answered like it. */
static void on_request(void *arg, struct scripted_connection *c, const char *request)
{
    struct world *w = arg;
    if (request[0] == '{')    /* the body of the one before, which the server does not read apart */
        request = strrchr(request, '}') + 1;
    const struct row *row = &w->rows[w->at < w->n_rows ? w->at : w->n_rows - 1];
    if (w->at < w->n_rows && strncmp(request, row->begins, strlen(row->begins)) != 0)
        fail_msg("request %zu is %.80s", w->at, request);
    w->at++;
    scripted_json(c, row->status, row->body);
}

static void on_changed(void *arg)
{
    struct world *w = arg;
    if (lease_state(w->lease) == w->wanted)
        loop_stop(w->loop);
}

static const char *place(void *arg)
{
    (void)arg;
    return NULL;
}

static void on_late(void *arg)
{
    struct world *w = arg;
    w->late = true;
    loop_stop(w->loop);
}

static void play(struct world *w, const struct row *rows, size_t count, enum lease_state wanted)
{
    struct err e;
    *w = (struct world){ .loop = loop_new("lease", 4), .rows = rows, .n_rows = count, .wanted = wanted };
    w->server = scripted_new(w->loop, on_request, w);
    AUTO_FREE char *url = str_dup(scripted_url(w->server));
    struct kube_config config = { .server = url };
    w->kube = kube_new(w->loop, &config, "test", &e);
    assert_non_null(w->kube);
    const struct lease_config lease = { .namespace_ = "here", .identity = "a_1", .duration_ms = 15000 };
    w->lease = lease_new(w->loop, w->kube, &lease, &(struct lease_owner){ on_changed, place, w });
    assert_false(lease_may_act(w->lease));    /* before anybody was asked */
    timer_start(&w->patience, w->loop, PATIENCE_MS, on_late, w);
    loop_run(w->loop);
    assert_false(w->late);
}

static void end(struct world *w)
{
    timer_stop(&w->patience);
    lease_free(w->lease);
    kube_free(w->kube);
    scripted_free(w->server);
    loop_free(w->loop);
}

static void the_first_agent_makes_the_lease(void **state)
{
    (void)state;
    static const struct row rows[] = { { GET, 404, "{}" }, { POST, 201, LEASE("10", "a_1", "") } };
    struct world w;
    play(&w, rows, COUNT(rows), LEASE_HELD);
    assert_true(lease_may_act(w.lease));
    assert_int_equal(lease_term(w.lease), 5);
    assert_null(lease_inherited(w.lease));
    assert_null(lease_trouble(w.lease));
    end(&w);
}

static void of_two_that_make_it_at_once_one_stands_by(void **state)
{
    (void)state;
    static const struct row rows[] = { { GET, 404, "{}" }, { POST, 409, "{}" }, { GET, 200, LEASE("10", "b_2", "") } };
    struct world w;
    play(&w, rows, COUNT(rows), LEASE_STANDBY);
    assert_false(lease_may_act(w.lease));
    assert_string_equal(lease_holder(w.lease), "b_2");
    assert_true(lease_release(w.lease));    /* it has nothing to give back */
    end(&w);
}

static void what_was_given_back_is_taken_with_its_place(void **state)
{
    (void)state;
    static const struct row rows[] = { { GET, 200, LEASE("10", "", "4711") }, { PUT, 200, LEASE("11", "a_1", "4711") } };
    struct world w;
    play(&w, rows, COUNT(rows), LEASE_HELD);
    assert_string_equal(lease_inherited(w.lease), "4711");
    end(&w);
}

static void ones_own_lease_is_no_inheritance(void **state)
{
    (void)state;
    static const struct row rows[] = { { GET, 200, LEASE("10", "a_1", "4711") }, { PUT, 200, LEASE("11", "a_1", "4711") } };
    struct world w;
    play(&w, rows, COUNT(rows), LEASE_HELD);
    assert_null(lease_inherited(w.lease));
    end(&w);
}

static void without_the_right_it_works_and_says_so(void **state)
{
    (void)state;
    static const struct row rows[] = { { GET, 404, "{}" }, { POST, 403, "{\"message\":\"no right\"}" } };
    struct world w;
    play(&w, rows, COUNT(rows), LEASE_WITHOUT);
    assert_true(lease_may_act(w.lease));
    assert_int_equal(lease_term(w.lease), 0);
    assert_non_null(strstr(lease_trouble(w.lease), "rbac.yaml"));
    end(&w);
}

static void an_answer_that_says_nothing_of_the_lease_is_no_refusal(void **state)
{
    (void)state;
    static const struct row cases[] = {
        { GET, 401, "{}" }, { GET, 500, "{}" }, { GET, 429, "{}" }, { GET, 200, "{\"spec\":{}}" }, { GET, 200, LEASE("", "b_2", "") },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world w;
        play(&w, &cases[i], 1, LEASE_ALONE);
        assert_non_null(lease_trouble(w.lease));
        end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_agent_makes_the_lease),
        cmocka_unit_test(of_two_that_make_it_at_once_one_stands_by),
        cmocka_unit_test(what_was_given_back_is_taken_with_its_place),
        cmocka_unit_test(ones_own_lease_is_no_inheritance),
        cmocka_unit_test(without_the_right_it_works_and_says_so),
        cmocka_unit_test(an_answer_that_says_nothing_of_the_lease_is_no_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
