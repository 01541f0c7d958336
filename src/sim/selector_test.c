#include "sim/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static const char text[] = "{\"metadata\":{\"name\":\"web-1\",\"resourceVersion\":\"0\",\"labels\":{\"app\":\"web\","
                           "\"tier\":\"front\"}},\"spec\":{\"nodeName\":\"node-1\"},"
                           "\"status\":{\"phase\":\"Running\"}}";

static bool takes(const char *labels, const char *fields)
{
    static const struct history_limits limits = { .revisions = 10, .bytes = 10000 };
    struct history *h = history_new(&limits, 1, NULL, NULL);
    struct object *o = history_object(h, KIND_POD, "shop", "web-1", 0);
    history_put(h, o, text, strlen(text));
    struct selector s;
    struct err e;
    if (selector_parse(&s, "shop", labels, fields, &e) != 0)
        fail_msg("%s", e.text);
    bool result = selector_takes(&s, o->newest);
    selector_fini(&s);
    history_free(h);
    return result;
}

static void labels_are_compared(void **state)
{
    (void)state;
    assert_true(takes(NULL, NULL));
    assert_true(takes("app=web", NULL));
    assert_true(takes("app==web,tier!=back", NULL));
    assert_true(takes("app in (api, web),tier", NULL));
    assert_true(takes("!absent,tier notin (back)", NULL));
    assert_true(takes("absent!=x", NULL));
    assert_false(takes("app=api", NULL));
    assert_false(takes("app=web,tier=back", NULL));
    assert_false(takes("app notin (web,api)", NULL));
    assert_false(takes("absent", NULL));
    assert_false(takes("!app", NULL));
}

static void fields_are_compared(void **state)
{
    (void)state;
    assert_true(takes(NULL, "metadata.name=web-1,status.phase=Running"));
    assert_true(takes(NULL, "spec.nodeName!=node-2"));
    assert_true(takes(NULL, "status.reason=")); /* absent is empty */
    assert_true(takes(NULL, "spec.unschedulable=false"));
    assert_false(takes(NULL, "metadata.name=web-2"));
    assert_false(takes("app=api", "metadata.name=web-1"));
}

static void what_cannot_be_read_is_said(void **state)
{
    (void)state;
    static const char *const bad[] = { "app in web", "app around (x)", "a b" };
    struct selector s;
    struct err e;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(selector_parse(&s, NULL, bad[i], NULL, &e), -1);
    assert_int_equal(selector_parse(&s, NULL, NULL, "metadata.name", &e), -1);
    AUTO_BUF struct buf many = { 0 };
    for (int i = 0; i <= SELECTOR_TERMS_MAX; i++)
        buf_printf(&many, "%sl%d", i ? "," : "", i);
    assert_int_equal(selector_parse(&s, NULL, buf_text(&many), NULL, &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_compared),
        cmocka_unit_test(fields_are_compared),
        cmocka_unit_test(what_cannot_be_read_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
