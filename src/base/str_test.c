#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void an_empty_buf_is_an_empty_text(void **state)
{
    (void)state;
    struct buf b = { 0 };
    assert_string_equal(buf_text(&b), "");
    buf_add(&b, NULL, 0);
    buf_drop(&b, 0);
    buf_str(&b, NULL);
    assert_int_equal(b.size, 0);
    size_t size = 9;
    AUTO_FREE char *taken = buf_take(&b, &size);
    assert_string_equal(taken, "");
    assert_int_equal(size, 0);
}

static void a_buf_grows_with_what_is_added(void **state)
{
    (void)state;
    AUTO_BUF struct buf b = { 0 };
    for (int i = 0; i < 10000; i++)
        buf_printf(&b, "%04d,", i);
    buf_char(&b, '\0');
    buf_str(&b, "end");
    assert_int_equal(b.size, 50004);
    assert_int_equal(b.data[b.size], 0);
    assert_memory_equal(b.data + 5 * 1234, "1234,", 5);
    buf_drop(&b, 50001);
    assert_string_equal(buf_text(&b), "end");
    buf_reset(&b);
    assert_string_equal(buf_text(&b), "");
}

static void a_limit_keeps_the_beginning_and_is_remembered(void **state)
{
    (void)state;
    AUTO_BUF struct buf b;
    buf_init(&b, 8);
    buf_str(&b, "12345678");
    assert_false(b.cut);
    buf_char(&b, '9');
    assert_true(b.cut);
    buf_reset(&b);
    assert_false(b.cut);
    buf_printf(&b, "%s-%d", "abcdef", 12345);
    assert_string_equal(buf_text(&b), "abcdef-1");
    assert_true(b.cut);
    buf_drop(&b, 4);
    buf_str(&b, "zz");
    assert_string_equal(buf_text(&b), "ef-1zz");
}

static void taken_bytes_leave_the_buf_usable_with_its_limit(void **state)
{
    (void)state;
    AUTO_BUF struct buf b;
    buf_init(&b, 4);
    buf_str(&b, "abcdef");
    AUTO_FREE char *taken = buf_take(&b, NULL);
    assert_string_equal(taken, "abcd");
    assert_false(b.cut);
    buf_str(&b, "uvwxyz");
    assert_string_equal(buf_text(&b), "uvwx");
}

static void duplicates_accept_null(void **state)
{
    (void)state;
    assert_null(str_dup(NULL));
    assert_null(str_ndup(NULL, 3));
    AUTO_FREE char *part = str_ndup("abc", 2), *all = str_ndup("abc", 99), *made = str_printf("%s/%d", "x", 7);
    assert_string_equal(part, "ab");
    assert_string_equal(all, "abc");
    assert_string_equal(made, "x/7");
}

static void copies_are_cut_between_characters(void **state)
{
    (void)state;
    char out[8];
    assert_false(str_copy(out, sizeof out, "1234567"));
    assert_string_equal(out, "1234567");
    assert_true(str_copy(out, sizeof out, "12345678"));
    assert_string_equal(out, "1234567");
    assert_true(str_copy(out, sizeof out, "集群集群"));
    assert_string_equal(out, "集群");
    assert_true(str_copy(out, 1, "x"));
    assert_string_equal(out, "");
    assert_false(str_copy(out, sizeof out, NULL));
    assert_string_equal(out, "");
}

static void comparisons_accept_null(void **state)
{
    (void)state;
    assert_true(str_eq(NULL, NULL));
    assert_false(str_eq(NULL, ""));
    assert_true(str_eq("a", "a"));
    assert_false(str_eq("a", "A"));
    assert_true(str_starts("status.phase", "status."));
    assert_false(str_starts("stat", "status."));
    assert_false(str_starts(NULL, ""));
    assert_true(str_ends("a.json", ".json"));
    assert_false(str_ends("json", ".json"));
    assert_false(str_ends(NULL, ""));
    assert_true(str_eq_nocase("Content-Length", "cONTENT-lENGTH"));
    assert_false(str_eq_nocase("a", "ab"));
    assert_false(str_eq_nocase("[", "{"));
    assert_false(str_eq_nocase(NULL, ""));
    assert_true(str_eq_nocase(NULL, NULL));
}

static void utf8_is_repaired_and_counted(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t size, replaced;
        const char *out;
    } rows[] = {
        { "", 0, 0, "" },
        { "plain", 5, 0, "plain" },
        { "集群\xf0\x9f\x98\x80", 10, 0, "集群\xf0\x9f\x98\x80" },
        { "a\0b", 3, 1,
          "a\xef\xbf\xbd"
          "b" },
        { "\x80", 1, 1, "\xef\xbf\xbd" },
        { "\xc0\x80", 2, 2, "\xef\xbf\xbd\xef\xbf\xbd" },                                 /* overlong NUL     */
        { "\xed\xa0\x80", 3, 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },                 /* surrogate        */
        { "\xf4\x90\x80\x80", 4, 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* above U+10FFFF   */
        { "\xe9\x9b", 2, 1, "\xef\xbf\xbd" },                                             /* cut              */
        { "\xe9\x9bx", 3, 1, "\xef\xbf\xbdx" },
        { "ok\xffok\xfe", 6, 2, "ok\xef\xbf\xbdok\xef\xbf\xbd" },
        { "\xf0\x9f\x98", 3, 1, "\xef\xbf\xbd" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_BUF struct buf b = { 0 };
        assert_int_equal(str_utf8(&b, rows[i].in, rows[i].size), rows[i].replaced);
        assert_string_equal(buf_text(&b), rows[i].out);
        AUTO_BUF struct buf again = { 0 };
        assert_int_equal(str_utf8(&again, b.data, b.size), 0);
    }
}

static void every_code_point_decodes_to_itself(void **state)
{
    (void)state;
    for (uint32_t c = 1; c <= 0x10ffff; c++) {
        char s[4];
        size_t size = 0;
        if (c < 0x80) {
            s[size++] = (char)c;
        } else if (c < 0x800) {
            s[size++] = (char)(0xc0 | c >> 6);
        } else if (c < 0x10000) {
            s[size++] = (char)(0xe0 | c >> 12);
            s[size++] = (char)(0x80 | (c >> 6 & 0x3f));
        } else {
            s[size++] = (char)(0xf0 | c >> 18);
            s[size++] = (char)(0x80 | (c >> 12 & 0x3f));
            s[size++] = (char)(0x80 | (c >> 6 & 0x3f));
        }
        if (c >= 0x80)
            s[size++] = (char)(0x80 | (c & 0x3f));
        uint32_t code;
        size_t step = str_utf8_next(s, size, &code);
        if (c >= 0xd800 && c <= 0xdfff) {
            assert_int_equal(code, STR_BAD);
        } else {
            assert_int_equal(step, size);
            assert_int_equal(code, c);
        }
    }
}

static void cuts_fall_between_characters(void **state)
{
    (void)state;
    assert_int_equal(str_utf8_cut("集群", 6, 6), 6);
    assert_int_equal(str_utf8_cut("集群", 6, 5), 3);
    assert_int_equal(str_utf8_cut("集群", 6, 3), 3);
    assert_int_equal(str_utf8_cut("集群", 6, 2), 0);
    assert_int_equal(str_utf8_cut("abc", 3, 0), 0);
    assert_int_equal(str_utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
}

static void width_counts_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
    } rows[] = {
        { NULL, 0 },
        { "", 0 },
        { "node-1", 6 },
        { "集群", 4 },
        { "e\u0301", 1 },
        { "\u200b", 0 },
        { "ｱ", 1 },
        { "Ａ", 2 },
        { "\u00e9", 1 },
        { "한국", 4 },
        { "😀", 2 },
        { "\xff", 1 },
        { "\x1b", 0 },
        { "→", 1 },
        { "、。", 4 },
        { "か\u3099", 2 },
        { "\U00020000", 2 },
        { "\U000e0041", 0 },
        { "\u1112\u1161\u11ab", 2 },
        { "\u00ad", 1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(str_width(rows[i].text), rows[i].columns);
}

static void a_terminal_sees_nothing_that_acts(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool keep_lines;
        const char *out;
    } rows[] = {
        { NULL, false, "" },
        { "Back-off pulling 镜像 ‘a’", false, "Back-off pulling 镜像 ‘a’" },
        { "\x1b[2J\x07", false, "\\x1b[2J\\x07" },
        { "a\nb\tc\r", false, "a\\nb\\tc\\r" },
        { "a\nb\tc\r\n", true, "a\nb\tc\\r\n" },
        { "\xc2\x9b"
          "31m\xc2\x85",
          true, "\\u009b31m\\u0085" },
        { "\u202egnp\u202c\u2066x\u2069", false, "\\u202egnp\\u202c\\u2066x\\u2069" },
        { "pod\u200b\u200d\u2060\ufeff-1", false, "pod\\u200b\\u200d\\u2060\\ufeff-1" },
        { "\u2028\u061c\u00ad\x7f", true, "\\u2028\\u061c\\u00ad\\x7f" },
        { "\U000e0041", false, "\\U000e0041" },
        { "\x9b\xc3(\xe9\x9b", false, "\\x9b\\xc3(\\xe9\\x9b" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_BUF struct buf b = { 0 };
        str_terminal(&b, rows[i].in, rows[i].keep_lines);
        assert_string_equal(buf_text(&b), rows[i].out);
    }
}

static void html_sees_no_markup(void **state)
{
    (void)state;
    AUTO_BUF struct buf b = { 0 };
    str_html(&b, "<a title=\"x\" b='y'>&amp; 集群\x01\xff\n</a>");
    assert_string_equal(buf_text(&b),
                        "&lt;a title=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp; 集群\ufffd\ufffd\n&lt;/a&gt;");
    str_html(&b, NULL);
}

static void the_nearest_name_is_near(void **state)
{
    (void)state;
    static const char *const names[] = { "heartbeat_interval", "metrics_interval", "log_level", "log_format", "b", "" };
    assert_string_equal(str_nearest("hartbeat_intervall", names, COUNT(names)), "heartbeat_interval");
    assert_string_equal(str_nearest("log_levle", names, COUNT(names)), "log_level");
    assert_string_equal(str_nearest("log_level", names, COUNT(names)), "log_level");
    assert_null(str_nearest("database", names, COUNT(names)));
    assert_null(str_nearest("a", names, COUNT(names)));
    assert_null(str_nearest("", names, COUNT(names)));
    assert_null(str_nearest(NULL, names, COUNT(names)));
    assert_null(str_nearest("x", names, 0));
    char endless[4096];
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_null(str_nearest(endless, names, COUNT(names)));
}

static void dns_names_are_what_kubernetes_takes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool label, name;
    } rows[] = {
        { NULL, false, false },   { "", false, false },     { "a", true, true },     { "0-0", true, true },
        { "-a", false, false },   { "a-", false, false },   { "A", false, false },   { "a_b", false, false },
        { "a.b", false, true },   { "a..b", false, false }, { ".a", false, false },  { "a.", false, false },
        { "a.-b", false, false }, { "集", false, false },   { "a b", false, false }, { "a\n", false, false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(str_is_dns_label(rows[i].text), rows[i].label);
        assert_int_equal(str_is_dns_name(rows[i].text), rows[i].name);
    }
    char long_name[300];
    memset(long_name, 'a', sizeof long_name);
    long_name[63] = '\0';
    assert_true(str_is_dns_label(long_name));
    long_name[63] = 'a';
    long_name[64] = '\0';
    assert_false(str_is_dns_label(long_name));
    assert_true(str_is_dns_name(long_name));
    long_name[64] = 'a';
    long_name[253] = '\0';
    assert_true(str_is_dns_name(long_name));
    long_name[253] = 'a';
    long_name[254] = '\0';
    assert_false(str_is_dns_name(long_name));
}

static void logins_in_addresses_are_not_shown(void **state)
{
    (void)state;
    static const struct { const char *urls, *shown; } rows[] = {
        { "nats://a:4222", "nats://a:4222" },
        { "nats://joe:p@ss@a:4222, tls://token@b", "nats://***@a:4222, tls://***@b" },
        { "joe:secret@a,b", "***@a,b" },
        { "", "" },
        { " , ", " , " },
        { "a@b://c", "***@b://c" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO_BUF struct buf shown = { 0 };
        str_hide_logins(&shown, rows[i].urls);
        assert_string_equal(buf_text(&shown), rows[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buf_is_an_empty_text),
        cmocka_unit_test(a_buf_grows_with_what_is_added),
        cmocka_unit_test(a_limit_keeps_the_beginning_and_is_remembered),
        cmocka_unit_test(taken_bytes_leave_the_buf_usable_with_its_limit),
        cmocka_unit_test(duplicates_accept_null),
        cmocka_unit_test(copies_are_cut_between_characters),
        cmocka_unit_test(comparisons_accept_null),
        cmocka_unit_test(utf8_is_repaired_and_counted),
        cmocka_unit_test(every_code_point_decodes_to_itself),
        cmocka_unit_test(cuts_fall_between_characters),
        cmocka_unit_test(width_counts_columns),
        cmocka_unit_test(a_terminal_sees_nothing_that_acts),
        cmocka_unit_test(html_sees_no_markup),
        cmocka_unit_test(the_nearest_name_is_near),
        cmocka_unit_test(dns_names_are_what_kubernetes_takes),
        cmocka_unit_test(logins_in_addresses_are_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
