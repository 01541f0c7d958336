#include "kube/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static const char stream[] = "{\"type\":\"ADDED\"}\n\n{\"a\":1}\r\n\r\n{\"type\":\"BOOKMARK\"}\nhalf";
static const char *const expected[] = { "{\"type\":\"ADDED\"}", "{\"a\":1}\r", "{\"type\":\"BOOKMARK\"}" };

/* Gives the bytes from a block of exactly their size, so that the sanitizer sees a read beyond it. */
static void add(struct frames *f, const char *data, size_t size)
{
    char *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    frames_add(f, copy, size);
    free(copy);
}

static void drain(struct frames *f, int *seen)
{
    const char *frame;
    size_t size;
    while (frames_next(f, &frame, &size) == FRAMES_ONE) {
        assert_in_range(*seen, 0, COUNT(expected) - 1);
        assert_int_equal(size, strlen(expected[*seen]));
        assert_memory_equal(frame, expected[*seen], size);
        ++*seen;
    }
}

static void every_split_gives_the_same_frames(void **state)
{
    (void)state;
    size_t size = sizeof stream - 1;
    for (size_t first = 0; first <= size; first++) {
        for (size_t second = first; second <= size; second++) {
            struct frames f = { .max = 100 };
            int seen = 0;
            add(&f, stream, first);
            drain(&f, &seen);
            add(&f, stream + first, second - first);
            drain(&f, &seen);
            add(&f, stream + second, size - second);
            drain(&f, &seen);
            assert_int_equal(seen, COUNT(expected));
            frames_fini(&f);
        }
    }
}

static void every_byte_alone_gives_the_same_frames(void **state)
{
    (void)state;
    struct frames f = { .max = 100 };
    int seen = 0;
    for (size_t i = 0; i < sizeof stream - 1; i++) {
        add(&f, stream + i, 1);
        drain(&f, &seen);
    }
    assert_int_equal(seen, COUNT(expected));
    frames_fini(&f);
}

static void a_frame_of_just_the_limit_is_whole_and_one_byte_more_is_too_long(void **state)
{
    (void)state;
    const char *frame;
    size_t size;
    struct frames f = { .max = 4 };
    add(&f, "1234", 4);
    assert_int_equal(frames_next(&f, &frame, &size), FRAMES_NONE);
    add(&f, "\n12345", 6);
    assert_int_equal(frames_next(&f, &frame, &size), FRAMES_ONE);
    assert_int_equal(size, 4);
    assert_int_equal(frames_next(&f, &frame, &size), FRAMES_TOO_LONG);
    frames_reset(&f);
    add(&f, "ok\n", 3);
    assert_int_equal(frames_next(&f, &frame, &size), FRAMES_ONE);
    frames_fini(&f);
}

static void a_long_stream_keeps_little_room(void **state)
{
    (void)state;
    struct frames f = { .max = 4 << 20 };
    const char *frame;
    size_t size;
    char *large = malloc(3 << 20);
    memset(large, 'x', 3 << 20);
    frames_add(&f, large, 3 << 20);
    assert_int_equal(frames_next(&f, &frame, &size), FRAMES_NONE);
    frames_add(&f, "\n", 1);
    assert_int_equal(frames_next(&f, &frame, &size), FRAMES_ONE);
    assert_int_equal(size, 3 << 20);
    for (int i = 0; i < 10000; i++) {
        frames_add(&f, "{\"type\":\"MODIFIED\"}\n{", 21);
        assert_int_equal(frames_next(&f, &frame, &size), FRAMES_ONE);
    }
    assert_true(f.room <= 16 << 10);
    free(large);
    frames_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same_frames),
        cmocka_unit_test(every_byte_alone_gives_the_same_frames),
        cmocka_unit_test(a_frame_of_just_the_limit_is_whole_and_one_byte_more_is_too_long),
        cmocka_unit_test(a_long_stream_keeps_little_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
