#include "central/gateway/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void addresses_and_localhost_are_ours(void **state)
{
    (void)state;
    static const char *const hosts[] = { "localhost", "localhost:8090", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8090", "[::1]", "[::1]:8090", "192.168.1.7:8090" };
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        assert_true(guard_host_is_ours(hosts[i], ""));
}

static void names_that_somebody_else_resolves_are_not(void **state)
{
    (void)state;
    static const char *const hosts[] = { "evil.example", "evil.example:8090", "localhost.evil.example", "127.0.0.1.evil.example", "", ":8090", "[", "[evil]", "127.0.0.1x", "0x7f.1" };
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        assert_false(guard_host_is_ours(hosts[i], ""));
}

static void a_proxys_names_are_ours_when_they_are_listed(void **state)
{
    (void)state;
    assert_true(guard_host_is_ours("Aetherius.Example", "a.example, aetherius.example"));
    assert_true(guard_host_is_ours("a.example:443", "a.example,aetherius.example"));
    assert_false(guard_host_is_ours("example", "a.example, aetherius.example"));
    assert_false(guard_host_is_ours("a.example, aetherius.example", "a.example, aetherius.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_and_localhost_are_ours),
        cmocka_unit_test(names_that_somebody_else_resolves_are_not),
        cmocka_unit_test(a_proxys_names_are_ours_when_they_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
