#include "store/documents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect_tokens(const char *text, const char *tokens)
{
    struct buf b = { 0 };
    documents_tokens(&b, text);
    /* Blanks do not count; compare word by word. */
    const char *x = buf_text(&b), *y = tokens;
    for (;;) {
        while (*x == ' ') x++;
        while (*y == ' ') y++;
        if (!*x || !*y)
            break;
        while (*x && *x != ' ') assert_int_equal(*x++, *y++);
        assert_true(*y == ' ' || *y == '\0');
    }
    assert_int_equal(*x, *y);
    buf_fini(&b);
}

static void chinese_becomes_pairs_and_words_stay(void **state)
{
    (void)state;
    expect_tokens("Pod 无法启动", "pod 无法 法启 启动");
    expect_tokens("键 DB_URL", "键 db_url");
    expect_tokens("image.not-found!", "image.not-found");
}

static void a_query_cannot_break_out(void **state)
{
    (void)state;
    struct buf b = { 0 };
    documents_query(&b, "\" OR title:* NEAR( -- ");
    assert_string_equal(buf_text(&b), "\"or\"* OR \"title\"* OR \"near\"*");
    buf_fini(&b);
}

static const struct document key_missing = { .id = "config.key-missing", .code = "config.key-missing", .family = "config", .source = "catalogue",
    .title = "Key missing in a ConfigMap", .title_zh = "ConfigMap 中缺少键", .text = "The container asks for a key.", .text_zh = "容器需要的键不存在。" };
static const struct document oom = { .id = "crash.oom", .code = "crash.oom", .family = "crash", .source = "catalogue",
    .title = "Out of memory", .title_zh = "内存不足被杀", .text = "The kernel ended the process.", .text_zh = "内核终止了进程。" };

static void both_languages_find(void **state)
{
    (void)state;
    struct err e;
    struct arena a = { 0 };
    struct document *found;
    size_t n;
    struct db *d = db_open(NULL, &knowledge_schema, &e);
    assert_non_null(d);
    assert_int_equal(documents_put(d, &key_missing, &e), 0);
    assert_int_equal(documents_put(d, &oom, &e), 0);
    assert_int_equal(documents_search(d, "缺少键", 10, &a, &found, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(found[0].id, "config.key-missing");
    assert_int_equal(documents_search(d, "memor", 10, &a, &found, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(found[0].id, "crash.oom");
    assert_int_equal(documents_search(d, "", 10, &a, &found, &n, &e), 0);
    assert_int_equal(n, 2);
    assert_int_equal(documents_search(d, "!!!", 10, &a, &found, &n, &e), 0);
    assert_int_equal(n, 0);
    arena_fini(&a);
    db_close(d);
}

static void a_document_put_again_replaces_its_words(void **state)
{
    (void)state;
    struct err e;
    struct arena a = { 0 };
    struct document *found, changed = key_missing;
    size_t n;
    changed.text = "Now it says giraffe.";
    struct db *d = db_open(NULL, &knowledge_schema, &e);
    assert_int_equal(documents_put(d, &key_missing, &e), 0);
    assert_int_equal(documents_put(d, &changed, &e), 0);
    assert_int_equal(documents_search(d, "asks", 10, &a, &found, &n, &e), 0);
    assert_int_equal(n, 0);
    assert_int_equal(documents_search(d, "giraffe", 10, &a, &found, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_int_equal(documents_delete_source(d, "catalogue", &e), 0);
    assert_int_equal(documents_search(d, "giraffe", 10, &a, &found, &n, &e), 0);
    assert_int_equal(n, 0);
    arena_fini(&a);
    db_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_becomes_pairs_and_words_stay),
        cmocka_unit_test(a_query_cannot_break_out),
        cmocka_unit_test(both_languages_find),
        cmocka_unit_test(a_document_put_again_replaces_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
