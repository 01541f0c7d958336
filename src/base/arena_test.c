#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena a = { 0 };
    for (int round = 0; round < 3; round++) {
        unsigned char *before = NULL;
        size_t before_size = 0;
        for (size_t size = 0; size < 3000; size += 7) {
            unsigned char *piece = arena_alloc(&a, size);
            assert_int_equal((uintptr_t)piece % alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(piece[i], 0);
            memset(piece, 0xaa, size);
            for (size_t i = 0; i < before_size; i++)
                assert_int_equal(before[i], 0xaa);
            before = piece;
            before_size = size;
        }
        arena_reset(&a);
        assert_int_equal(a.used, 0);
    }
    arena_fini(&a);
}

static void a_large_piece_does_not_waste_the_current_block(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    char *first = arena_alloc(&a, 16);
    char *large = arena_alloc(&a, 1024 * 1024);
    memset(large, 1, 1024 * 1024);
    char *second = arena_alloc(&a, 16);
    assert_ptr_equal(second, first + 16);
    arena_fini(&a);
}

static void a_reset_keeps_a_small_block_and_lets_a_large_one_go(void **state)
{
    (void)state;
    struct arena a = { 0 };
    arena_reset(&a);
    char *first = arena_alloc(&a, 100);
    arena_reset(&a);
    assert_ptr_equal(arena_alloc(&a, 100), first);
    arena_fini(&a);
    arena_alloc(&a, 1024 * 1024);
    arena_reset(&a);
    assert_null(a.block);
    arena_fini(&a);
    arena_fini(&a);
}

static void copies_end_and_do_not_share(void **state)
{
    (void)state;
    struct arena a = { 0 };
    char text[] = "abcdef";
    char *whole = arena_strdup(&a, text), *part = arena_strndup(&a, text, 3), *beyond = arena_strndup(&a, text, 100);
    memset(text, 'x', 6);
    assert_string_equal(whole, "abcdef");
    assert_string_equal(part, "abc");
    assert_string_equal(beyond, "abcdef");
    assert_null(arena_strdup(&a, NULL));
    assert_null(arena_strndup(&a, NULL, 5));
    assert_non_null(arena_copy(&a, NULL, 0));
    arena_fini(&a);
}

static void printf_takes_what_it_needs(void **state)
{
    (void)state;
    struct arena a = { 0 };
    char long_text[5000];
    memset(long_text, 'y', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    char *text = arena_printf(&a, "%d %s", 42, long_text);
    assert_int_equal(strlen(text), 3 + 4999);
    assert_string_equal(text + 3, long_text);
    assert_string_equal(arena_printf(&a, "%s", ""), "");
    arena_fini(&a);
}

static void typed_helpers_give_zeroed_room(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct err *e = ARENA_NEW(&a, struct err);
    int *numbers = ARENA_ARRAY(&a, int, 1000);
    assert_int_equal(e->kind, ERR_NONE);
    assert_int_equal(numbers[999], 0);
    assert_true(a.used >= sizeof *e + 1000 * sizeof *numbers);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(a_large_piece_does_not_waste_the_current_block),
        cmocka_unit_test(a_reset_keeps_a_small_block_and_lets_a_large_one_go),
        cmocka_unit_test(copies_end_and_do_not_share),
        cmocka_unit_test(printf_takes_what_it_needs),
        cmocka_unit_test(typed_helpers_give_zeroed_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
