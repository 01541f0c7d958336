#include "central/orchestrator/grouping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_pods_event_belongs_to_its_workload(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_event e = { .namespace_ = "shop", .involved = { .kind = "Pod", .namespace_ = "shop", .name = "cart-7d9-x" }, .owner_kind = "Deployment", .owner_name = "cart" };
    assert_string_equal(grouping_key(&e, &a), "deployment/shop/cart");
    assert_string_equal(grouping_object(&e, &a), "pod/shop/cart-7d9-x");
    arena_fini(&a);
}

static void a_nodes_event_has_no_namespace(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_event e = { .namespace_ = "default", .involved = { .kind = "Node", .name = "node-1" } };
    assert_string_equal(grouping_key(&e, &a), "node//node-1");
    arena_fini(&a);
}

static void an_event_without_an_object_belongs_nowhere(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct wire_event e = { .namespace_ = "shop", .message = "from a peer that says no more" };
    assert_null(grouping_key(&e, &a));
    arena_fini(&a);
}

static void recoveries_and_small_things_open_nothing(void **state)
{
    (void)state;
    assert_true(grouping_opens(&(struct wire_event){ .severity = SEVERITY_MEDIUM }));
    assert_false(grouping_opens(&(struct wire_event){ .severity = SEVERITY_HIGH, .recovery = true }));
    assert_false(grouping_opens(&(struct wire_event){ .severity = SEVERITY_LOW }));
    assert_false(grouping_opens(&(struct wire_event){ .severity = SEVERITY_UNKNOWN }));
}

static void looks_come_at_growing_distances(void **state)
{
    (void)state;
    assert_int_equal(grouping_next_look_ms(15000, 0), 15000);
    assert_int_equal(grouping_next_look_ms(15000, 1), 15000);
    assert_int_equal(grouping_next_look_ms(15000, 2), 30000);
    assert_int_equal(grouping_next_look_ms(15000, 60), 300000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pods_event_belongs_to_its_workload),
        cmocka_unit_test(a_nodes_event_has_no_namespace),
        cmocka_unit_test(an_event_without_an_object_belongs_nowhere),
        cmocka_unit_test(recoveries_and_small_things_open_nothing),
        cmocka_unit_test(looks_come_at_growing_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
