#include "ctl/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct column columns[] = {
    { "NAME", "名称", .leaves = 0 },
    { "COUNT", "次数", .right = true, .leaves = 1 },
    { "NODE", "节点", .wide = true },
    { "TEXT", "内容", .text = 10 },
};

/* What the table prints; free() it. */
static char *print(struct ctl *c, const char *const (*rows)[4], size_t count)
{
    char *text = NULL;
    size_t size;
    c->out = open_memstream(&text, &size);
    struct table *t = table_new(c, columns, COUNT(columns));
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < 4; k++)
            table_cell(t, k == 0 ? TONE_BAD : TONE_PLAIN, rows[i][k]);
    table_print(t);
    table_free(t);
    fclose(c->out);
    return text;
}

static void columns_align_also_when_characters_are_wide(void **state)
{
    (void)state;
    struct ctl c = { .zh = true };
    static const char *const rows[][4] = { { "集群一", "5", "", "x" }, { "abc", "1000", "", "y" } };
    AUTO_FREE char *text = print(&c, rows, 2);
    assert_string_equal(text, "名称    次数  内容\n"
                              "集群一     5  x\n"
                              "abc     1000  y\n");
}

static void wide_columns_come_only_when_asked_for(void **state)
{
    (void)state;
    struct ctl c = { 0 };
    static const char *const rows[][4] = { { "a", "1", "node-1", "x" } };
    AUTO_FREE char *narrow = print(&c, rows, 1);
    assert_null(strstr(narrow, "node-1"));
    c.options.output = OUTPUT_WIDE;
    AUTO_FREE char *wide = print(&c, rows, 1);
    assert_string_equal(wide, "NAME  COUNT  NODE    TEXT\n"
                              "a         1  node-1  x\n");
}

static void what_a_cluster_said_moves_no_cursor(void **state)
{
    (void)state;
    struct ctl c = { .colour = true };
    static const char *const rows[][4] = { { "a\x1b[31m\nb", "1", "", "\xe2\x80\xae" "evil\x9b" } };
    AUTO_FREE char *text = print(&c, rows, 1);
    assert_non_null(strstr(text, "\x1b[31ma\\x1b[31m\\nb\x1b[0m"));
    assert_non_null(strstr(text, "\\u202eevil"));
    assert_null(strchr(text, '\x9b'));
}

static void without_colour_there_is_no_escape(void **state)
{
    (void)state;
    struct ctl c = { 0 };
    static const char *const rows[][4] = { { "a", "1", "", "x" } };
    AUTO_FREE char *text = print(&c, rows, 1);
    assert_null(strchr(text, '\x1b'));
}

static void what_is_absent_is_a_dash_and_no_rows_print_nothing(void **state)
{
    (void)state;
    struct ctl c = { 0 };
    static const char *const rows[][4] = { { "a", NULL, "", "" } };
    AUTO_FREE char *text = print(&c, rows, 1);
    assert_non_null(strstr(text, "a         \xe2\x80\x93  \xe2\x80\x93\n"));
    AUTO_FREE char *empty = print(&c, rows, 0);
    assert_string_equal(empty, "");
}

static void on_a_narrow_terminal_a_text_is_cut_then_a_column_leaves_and_what_identifies_stays(void **state)
{
    (void)state;
    static const char *const rows[][4] = { { "cluster-1", "1000", "", "a long text that goes on" }, { "b", "1", "", "short" } };
    static const struct {
        int columns;
        const char *wanted;
    } cases[] = {
        { 0, "NAME       COUNT  TEXT\ncluster-1   1000  a long text that goes on\nb              1  short\n" },
        { 42, "NAME       COUNT  TEXT\ncluster-1   1000  a long text that goes on\nb              1  short\n" },
        { 30, "NAME       COUNT  TEXT\ncluster-1   1000  a long text…\nb              1  short\n" },
        { 27, "NAME       TEXT\ncluster-1  a long text tha…\nb          short\n" },
        { 12, "NAME       TEXT\ncluster-1  a long te…\nb          short\n" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ctl c = { .terminal = true, .columns = cases[i].columns };
        AUTO_FREE char *text = print(&c, rows, 2);
        assert_string_equal(text, cases[i].wanted);
    }
    struct ctl piped = { .columns = 20 };
    AUTO_FREE char *whole = print(&piped, rows, 2);
    assert_string_equal(whole, cases[0].wanted);
}

static void the_last_column_ends_at_the_terminals_edge(void **state)
{
    (void)state;
    struct ctl c = { .terminal = true, .columns = 30 };
    static const char *const rows[][4] = { { "a", "1", "", "这是一段很长的中文内容，会被截断" } };
    AUTO_FREE char *text = print(&c, rows, 1);
    const char *line = strchr(text, '\n') + 1;
    AUTO_FREE char *alone = str_ndup(line, strlen(line) - 1);
    assert_true(str_width(alone) <= 30);
    assert_true(str_width(alone) >= 28);
    assert_true(str_ends(alone, "\xe2\x80\xa6"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_align_also_when_characters_are_wide),
        cmocka_unit_test(wide_columns_come_only_when_asked_for),
        cmocka_unit_test(what_a_cluster_said_moves_no_cursor),
        cmocka_unit_test(without_colour_there_is_no_escape),
        cmocka_unit_test(what_is_absent_is_a_dash_and_no_rows_print_nothing),
        cmocka_unit_test(on_a_narrow_terminal_a_text_is_cut_then_a_column_leaves_and_what_identifies_stays),
        cmocka_unit_test(the_last_column_ends_at_the_terminals_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
