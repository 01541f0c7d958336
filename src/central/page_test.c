#include "central/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void a_page_has_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int limit;                /* -1: refused */
        int64_t cursor;
    } rows[] = {
        { "{}", 100, 0 },
        { "{\"limit\":\"20\",\"cursor\":\"17\"}", 20, 17 },
        { "{\"limit\":500}", 500, 0 },
        { "{\"limit\":0}", -1, 0 },
        { "{\"limit\":\"501\"}", -1, 0 },
        { "{\"limit\":\"ten\"}", -1, 0 },
        { "{\"cursor\":\"0\"}", -1, 0 },
        { "{\"cursor\":\"99999999999999999999\"}", -1, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e;
        AUTO_JSON struct json_doc *doc = json_parse(rows[i].text, strlen(rows[i].text), &json_wire_limits, &e);
        int limit;
        int64_t cursor;
        int refused = page_from_row(json_root(doc), &limit, &cursor, &e);
        assert_int_equal(refused, rows[i].limit < 0 ? -1 : 0);
        if (!refused) {
            assert_int_equal(limit, rows[i].limit);
            assert_int_equal(cursor, rows[i].cursor);
        }
    }
}

static void assert_list(struct json_w *w, const char *text)
{
    size_t size;
    AUTO_FREE char *list = json_w_take(w, &size);
    assert_string_equal(list, text);
}

static void a_list_says_where_the_rest_begins(void **state)
{
    (void)state;
    AUTO_JSON_W struct json_w *names = json_w_new(), *rows = json_w_new(), *whole = json_w_new();
    page_begin(names);
    json_w_int(names, NULL, 1);
    page_end(names, "shop");
    assert_list(names, "{\"items\":[1],\"next\":\"shop\"}");
    page_begin(rows);
    page_end_at_row(rows, 17);
    assert_list(rows, "{\"items\":[],\"next\":\"17\"}");
    page_begin(whole);
    page_end_at_row(whole, 0);
    assert_list(whole, "{\"items\":[],\"next\":\"\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_has_bounds),
        cmocka_unit_test(a_list_says_where_the_rest_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
