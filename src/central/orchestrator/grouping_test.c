#include "base/str.h"
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

static void a_pod_that_is_gone_belongs_to_the_deployment_that_its_name_tells(void **state)
{
    (void)state;
    static const struct { const char *pod, *key; } rows[] = {
        { "cart-7d9f4c6b5-x2xkq", "deployment/shop/cart" }, { "my-cart-7b959d885b-4f6bh", "deployment/shop/my-cart" }, { "cart-0", "pod/shop/cart-0" },
        { "cart-x2xkq", "pod/shop/cart-x2xkq" },            { "-7d9f4c6b5-x2xkq", "pod/shop/-7d9f4c6b5-x2xkq" },       { "cart-7d9f4c6b5-abcde", "pod/shop/cart-7d9f4c6b5-abcde" },
        { "x2xkq", "pod/shop/x2xkq" },                      { "7d9f4c6b5-x2xkq", "pod/shop/7d9f4c6b5-x2xkq" },
    };
    struct arena a = { 0 };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wire_event e = { .namespace_ = "shop", .involved = { .kind = "Pod", .namespace_ = "shop", .name = rows[i].pod } };
        assert_string_equal(grouping_key(&e, &a), rows[i].key);
    }
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
        cmocka_unit_test(a_pod_that_is_gone_belongs_to_the_deployment_that_its_name_tells),
        cmocka_unit_test(a_nodes_event_has_no_namespace),
        cmocka_unit_test(an_event_without_an_object_belongs_nowhere),
        cmocka_unit_test(recoveries_and_small_things_open_nothing),
        cmocka_unit_test(looks_come_at_growing_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
