#include "wire/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void a_reference_has_three_parts(void **state)
{
    (void)state;
    struct bundle_ref ref;
    assert_int_equal(bundle_ref_parse("pod/shop/cart-7d9f.x", &ref), 0);
    assert_string_equal(ref.kind, "pod");
    assert_string_equal(ref.namespace_, "shop");
    assert_string_equal(ref.name, "cart-7d9f.x");
    assert_int_equal(bundle_ref_parse("node//worker-1", &ref), 0);
    assert_string_equal(ref.kind, "node");
    assert_string_equal(ref.namespace_, "");
    assert_string_equal(ref.name, "worker-1");
}

static void anything_else_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        NULL,
        "",
        "/",
        "//",
        "pod",
        "pod/shop",
        "pod/shop/",
        "/shop/cart",
        "pod//",
        "pod/shop/cart/x",
        "Pod/shop/cart",
        "pod/Shop/cart",
        "pod/shop/Cart",
        "pod/shop/..",
        "pod/../cart",
        "pod/shop/%2e%2e",
        "pod/shop/a?b",
        "pod/shop/a#b",
        "pod/sh op/a",
        "pod/shop/a\n",
        "pod/a.b/cart",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct bundle_ref ref;
        assert_int_equal(bundle_ref_parse(texts[i], &ref), -1);
    }
}

static void names_end_where_the_dns_ends_them(void **state)
{
    (void)state;
    char text[400] = "pod/shop/";
    for (int i = 0; i < 253; i++)
        strcat(text, i % 50 == 49 ? "." : "a");
    struct bundle_ref ref;
    assert_int_equal(bundle_ref_parse(text, &ref), 0);
    assert_int_equal(strlen(ref.name), 253);
    strcat(text, "a");
    assert_int_equal(bundle_ref_parse(text, &ref), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_has_three_parts),
        cmocka_unit_test(anything_else_is_none),
        cmocka_unit_test(names_end_where_the_dns_ends_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
