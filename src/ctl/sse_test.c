#include "ctl/sse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct buf heard;

static void on_item(void *arg, const char *event, const char *data, size_t size)
{
    struct sse *s = arg;
    assert_int_equal(strlen(data), size);
    buf_printf(&heard, "<%s|%s|%s>", s->id, event, size > 100 ? "long" : data);
}

/* Feeds text in pieces of so many bytes. */
static void expect(const char *text, size_t piece, const char *wanted)
{
    struct sse s;
    buf_reset(&heard);
    sse_init(&s, on_item, &s);
    for (size_t at = 0, size = strlen(text); at < size; at += piece)
        sse_push(&s, text + at, size - at < piece ? size - at : piece);
    sse_fini(&s);
    assert_string_equal(buf_text(&heard), wanted);
}

static void items_come_whole_however_they_are_cut(void **state)
{
    (void)state;
    const char *text = ": hello\nretry: 3000\nid: 1\n\nid: 2\nevent: gap\ndata: {}\n\ndata:x\ndata: y\r\n\r\nid: 9\ndata: z\r\rdata: lost";
    for (size_t piece = 1; piece < 20; piece++)
        expect(text, piece, "<2|gap|{}><2|message|x\ny><9|message|z>");
}

static void an_item_beyond_the_limit_is_left_out(void **state)
{
    (void)state;
    struct sse s;
    AUTO_FREE char *large = mem_alloc(SSE_MAX + 100);
    memset(large, 'x', SSE_MAX + 100);
    buf_reset(&heard);
    sse_init(&s, on_item, &s);
    sse_push(&s, "data: ", 6);
    sse_push(&s, large, SSE_MAX + 100);
    sse_push(&s, "\n\ndata: small\n\n", 15);
    assert_int_equal(s.left_out, 1);
    assert_string_equal(buf_text(&heard), "<|message|small>");
    sse_fini(&s);
}

static void a_break_forgets_what_was_not_whole(void **state)
{
    (void)state;
    struct sse s;
    buf_reset(&heard);
    sse_init(&s, on_item, &s);
    sse_push(&s, "id: 3\ndata: a\n\nid: 4\ndata: ha", 29);
    sse_reset(&s);
    assert_string_equal(s.id, "3");
    sse_push(&s, "data: b\n\n", 9);
    assert_string_equal(buf_text(&heard), "<3|message|a><3|message|b>");
    sse_fini(&s);
}

static int tidy(void **state)
{
    (void)state;
    buf_fini(&heard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_whole_however_they_are_cut),
        cmocka_unit_test(an_item_beyond_the_limit_is_left_out),
        cmocka_unit_test(a_break_forgets_what_was_not_whole),
    };
    return cmocka_run_group_tests(tests, NULL, tidy);
}
