#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/aetherius-file-test-XXXXXX";

static int write_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    FILE *f = fdopen(fd, "w");
    for (int i = 0; i < 10000; i++)
        fputc('a' + i % 26, f);
    return fclose(f);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void a_file_is_read_whole_and_ends_with_a_zero(void **state)
{
    (void)state;
    struct err e;
    size_t size;
    char *text = file_read(path, 10000, &size, &e);
    assert_non_null(text);
    assert_int_equal(size, 10000);
    assert_int_equal(strlen(text), 10000);
    assert_int_equal(text[9999], 'a' + 9999 % 26);
    free(text);
}

static void one_byte_too_many_is_refused(void **state)
{
    (void)state;
    struct err e;
    assert_null(file_read(path, 9999, NULL, &e));
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_non_null(strstr(e.text, path));
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct err e;
    assert_null(file_read("/nowhere/at/all", 10, NULL, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_non_null(strstr(e.text, "/nowhere/at/all"));
    assert_null(file_read("/tmp", 10, NULL, &e));
    assert_int_equal(e.kind, ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole_and_ends_with_a_zero),
        cmocka_unit_test(one_byte_too_many_is_refused),
        cmocka_unit_test(what_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, write_file, remove_file);
}
