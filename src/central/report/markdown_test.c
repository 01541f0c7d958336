#include "central/report/markdown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "central/report/html.h"

static const char incident[] =
    "{\"id\":\"i1\",\"cluster_id\":\"shop-prod\",\"state\":\"open\",\"severity\":\"high\",\"code\":\"config.key-missing\",\"object\":\"configmap/shop/cart-config\","
    "\"title\":\"cart cannot start: <img src=x onerror=alert(1)>\",\"title_zh\":\"cart 无法启动\",\"confidence\":0.97,\"opened_at\":\"2026-01-02T03:04:05.000Z\","
    "\"verdict\":{\"roots\":[{\"code\":\"config.key-missing\",\"object\":\"configmap/shop/cart-config\",\"confidence\":0.97,\"statement\":\"cart [click](javascript:alert(1))\","
    "\"evidence\":[{\"source\":\"event pod/shop/cart\",\"quote\":\"couldn't find key `DB_URL` \\u001b[31m<script>\",\"at\":\"2026-01-02T03:04:06.000Z\"}],"
    "\"actions\":[{\"type\":\"undo\",\"class\":\"ask\",\"command\":\"kubectl -n shop rollout undo deployment/cart\",\"text\":\"Undo the rollout\",\"text_zh\":\"回滚\"}]}],"
    "\"not_checked\":[{\"what\":\"secrets\",\"why\":\"forbidden\"}],\"calls\":12,\"ms\":34},\"timeline\":["
    "{\"at\":\"2026-01-02T03:04:09.000Z\",\"kind\":\"event\",\"object\":\"pod/shop/cart\",\"text\":\"Failed\"},"
    "{\"at\":\"2026-01-02T03:04:07.000Z\",\"kind\":\"step\",\"text\":\"Opened\"},"
    "{\"at\":\"2026-01-02T03:04:06.000Z\",\"kind\":\"event\",\"object\":\"pod/shop/cart\",\"text\":\"Failed\"}],\"events_left_out\":723}";

static void render(struct buf *out, bool chinese, bool html)
{
    struct err e;
    struct json_doc *doc = json_parse(incident, strlen(incident), &json_wire_limits, &e);
    struct buf markdown = { 0 };
    assert_non_null(doc);
    markdown_report(&markdown, json_root(doc), 1767323045000, 1, chinese);
    if (html)
        assert_int_equal(html_page(out, json_get_str(json_root(doc), "title"), &markdown, chinese, &e), 0);
    else
        buf_add(out, buf_text(&markdown), markdown.size);
    buf_fini(&markdown);
    json_doc_free(doc);
}

static void the_report_names_cause_proof_and_remedy(void **state)
{
    (void)state;
    struct buf out = { 0 };
    render(&out, false, false);
    assert_non_null(strstr(buf_text(&out), "`config.key-missing`"));
    assert_non_null(strstr(buf_text(&out), "kubectl -n shop rollout undo deployment/cart"));
    assert_non_null(strstr(buf_text(&out), "(after approval)"));
    assert_non_null(strstr(buf_text(&out), "## Not checked"));
    assert_non_null(strstr(buf_text(&out), "12 API calls"));
    buf_fini(&out);
}

static void the_chinese_report_is_chinese(void **state)
{
    (void)state;
    struct buf out = { 0 };
    render(&out, true, false);
    assert_non_null(strstr(buf_text(&out), "# cart 无法启动"));
    assert_non_null(strstr(buf_text(&out), "回滚（需审批）"));
    assert_non_null(strstr(buf_text(&out), "| 严重程度 | 严重 |"));
    assert_non_null(strstr(buf_text(&out), "2026-01-02 03:04:05 UTC"));
    assert_null(strstr(buf_text(&out), "What to do"));
    buf_fini(&out);
}

static void the_timeline_begins_with_the_oldest_and_tells_a_repeat_once(void **state)
{
    (void)state;
    struct buf out = { 0 };
    render(&out, false, false);
    assert_non_null(strstr(buf_text(&out), "## Timeline (UTC)\n\n"
                                           "- 2026-01-02 03:04:06 `pod/shop/cart` Failed ×2, last at 2026-01-02 03:04:09\n"
                                           "- 2026-01-02 03:04:07 Opened\n\n"
                                           "Events between the first and the last ones that are not listed: 723\n\n---"));
    buf_fini(&out);
}

static void nothing_from_a_cluster_becomes_markup(void **state)
{
    (void)state;
    struct buf out = { 0 };
    render(&out, false, true);
    const char *body = strstr(buf_text(&out), "<body>");
    assert_non_null(body);
    assert_null(strstr(body, "<img"));
    assert_null(strstr(body, "<script"));
    assert_null(strstr(body, "<a href=\"javascript"));
    assert_null(strchr(body, '\x1b'));
    assert_non_null(strstr(body, "&lt;script&gt;"));
    buf_fini(&out);
}

static void code_holds_any_number_of_backquotes(void **state)
{
    (void)state;
    struct buf out = { 0 };
    markdown_code(&out, "a ``` b");
    assert_string_equal(buf_text(&out), "```` a ``` b ````");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_report_names_cause_proof_and_remedy),
        cmocka_unit_test(the_chinese_report_is_chinese),
        cmocka_unit_test(the_timeline_begins_with_the_oldest_and_tells_a_repeat_once),
        cmocka_unit_test(nothing_from_a_cluster_becomes_markup),
        cmocka_unit_test(code_holds_any_number_of_backquotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
