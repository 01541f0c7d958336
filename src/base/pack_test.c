#include "base/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <zlib.h>
#include <zstd.h>

#include "base/crypt.h"

static void bytes_come_back_as_they_were(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 100, 65535, 65536, 65537, 131072, 300000 };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (int compressible = 0; compressible < 2; compressible++) {
            AUTO_FREE char *data = mem_alloc(sizes[i]);
            memset(data, 'x', sizes[i]);
            if (!compressible)
                crypt_random(data, sizes[i]);
            AUTO_BUF struct buf packed = { 0 }, plain = { 0 };
            struct err e = { 0 };
            assert_int_equal(pack_zstd(data, sizes[i], &packed, &e), 0);
            buf_str(&plain, "before");
            assert_int_equal(pack_unzstd(packed.data, packed.size, sizes[i], &plain, &e), 0);
            assert_int_equal(plain.size, 6 + sizes[i]);
            assert_memory_equal(plain.data, "before", 6);
            assert_memory_equal(plain.data + 6, data, sizes[i]);
        }
    }
}

static void more_than_max_is_refused_and_leaves_nothing(void **state)
{
    (void)state;
    AUTO_BUF struct buf packed = { 0 }, plain = { 0 };
    struct err e = { 0 };
    AUTO_FREE char *bomb = mem_alloc(10000000);
    memset(bomb, 0, 10000000);
    assert_int_equal(pack_zstd(bomb, 10000000, &packed, &e), 0);
    assert_true(packed.size < 2000);
    buf_str(&plain, "kept");
    assert_int_equal(pack_unzstd(packed.data, packed.size, 9999999, &plain, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_string_equal(buf_text(&plain), "kept");
    assert_int_equal(pack_unzstd(packed.data, packed.size, 10000000, &plain, &e), 0);
}

/* A frame that does not say its size, or a second frame behind an honest first, must not get past max either. */
static void a_hidden_size_is_no_way_around_max(void **state)
{
    (void)state;
    AUTO_FREE char *zeros = mem_alloc(1000000);
    memset(zeros, 0, 1000000);
    char frame[4096];
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    size_t size = ZSTD_compress2(context, frame, sizeof frame, zeros, 1000000);
    ZSTD_freeCCtx(context);
    assert_false(ZSTD_isError(size));
    AUTO_BUF struct buf plain = { 0 }, two = { 0 };
    struct err e = { 0 };
    assert_int_equal(pack_unzstd(frame, size, 999999, &plain, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_int_equal(plain.size, 0);
    assert_int_equal(pack_unzstd(frame, size, 1000000, &plain, &e), 0);
    assert_int_equal(plain.size, 1000000);
    assert_int_equal(pack_zstd("small", 5, &two, &e), 0);
    buf_add(&two, frame, size);
    buf_reset(&plain);
    assert_int_equal(pack_unzstd(two.data, two.size, 1000004, &plain, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_int_equal(pack_unzstd(two.data, two.size, 1000005, &plain, &e), 0);
    assert_int_equal(plain.size, 1000005);
}

static void a_huge_window_is_refused(void **state)
{
    (void)state;
    AUTO_FREE char *data = mem_alloc(1 << 20);
    crypt_random(data, 1 << 20);
    AUTO_FREE char *frame = mem_alloc(ZSTD_compressBound(1 << 20));
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 24);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    ZSTD_outBuffer to = { .dst = frame, .size = ZSTD_compressBound(1 << 20) };
    ZSTD_inBuffer in = { .src = data, .size = 1 << 20 };
    while (in.pos < in.size) /* streamed, so that zstd does not shrink the window to the size it knows */
        assert_false(ZSTD_isError(ZSTD_compressStream2(context, &to, &in, ZSTD_e_continue)));
    assert_int_equal(ZSTD_compressStream2(context, &to, &in, ZSTD_e_end), 0);
    ZSTD_freeCCtx(context);
    AUTO_BUF struct buf plain = { 0 };
    struct err e = { 0 };
    assert_int_equal(pack_unzstd(frame, to.pos, 1 << 21, &plain, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
}

static void broken_data_is_refused_wherever_it_breaks(void **state)
{
    (void)state;
    AUTO_BUF struct buf packed = { 0 };
    struct err e = { 0 };
    char text[3000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i * i % 23);
    assert_int_equal(pack_zstd(text, sizeof text, &packed, &e), 0);
    for (size_t size = 0; size < packed.size; size++) {
        AUTO_BUF struct buf plain = { 0 };
        AUTO_FREE char *cut = mem_alloc(size); /* exactly as large as it is, for the sanitizer */
        memcpy(cut, packed.data, size);
        assert_int_equal(pack_unzstd(cut, size, sizeof text, &plain, &e), -1);
        assert_int_equal(e.kind, ERR_INVALID);
        assert_int_equal(plain.size, 0);
    }
    AUTO_BUF struct buf plain = { 0 };
    assert_int_equal(pack_unzstd("{\"a\":1}", 7, 100, &plain, &e), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    buf_str(&packed, "rubbish behind");
    assert_int_equal(pack_unzstd(packed.data, packed.size, sizeof text, &plain, &e), -1);
    assert_int_equal(plain.size, 0);
}

static void a_bufs_own_limit_is_an_error_not_a_cut(void **state)
{
    (void)state;
    AUTO_BUF struct buf packed = { 0 }, small;
    struct err e = { 0 };
    char noise[500];
    crypt_random(noise, sizeof noise);
    buf_init(&small, 100);
    buf_str(&small, "ab");
    assert_int_equal(pack_zstd(noise, sizeof noise, &small, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_string_equal(buf_text(&small), "ab");
    assert_int_equal(pack_zstd(noise, sizeof noise, &packed, &e), 0);
    assert_int_equal(pack_unzstd(packed.data, packed.size, 1000, &small, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_string_equal(buf_text(&small), "ab");
    assert_false(small.cut);
}

/* The gzip member of size bytes. */
static size_t gzip(const void *data, size_t size, unsigned char *out, size_t room)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size, .next_out = out, .avail_out = (uInt)room };
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static void gzip_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    static char text[200000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i * i % 23);
    AUTO_FREE unsigned char *packed = mem_alloc(sizeof text);
    size_t size = gzip(text, sizeof text, packed, sizeof text);
    AUTO_BUF struct buf plain = { 0 };
    struct err e = { 0 };
    assert_int_equal(pack_gunzip(packed, size, sizeof text, &plain, &e), 0);
    assert_int_equal(plain.size, sizeof text);
    assert_memory_equal(plain.data, text, sizeof text);
    buf_reset(&plain);
    assert_int_equal(pack_gunzip(packed, size, sizeof text - 1, &plain, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    for (size_t cut = 0; cut < size; cut += 7) {
        assert_int_equal(pack_gunzip(packed, cut, sizeof text, &plain, &e), -1);
        assert_int_equal(e.kind, ERR_INVALID);
        assert_int_equal(plain.size, 0);
    }
}

static void gzip_is_written_as_it_is_read(void **state)
{
    (void)state;
    static char text[200000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i * i % 23);
    AUTO_BUF struct buf packed = { 0 }, plain = { 0 }, small = { .limit = 10 };
    struct err e = { 0 };
    assert_int_equal(pack_gzip(text, sizeof text, &packed, &e), 0);
    assert_true(packed.size < sizeof text / 4);
    assert_int_equal(pack_gunzip(packed.data, packed.size, sizeof text, &plain, &e), 0);
    assert_int_equal(plain.size, sizeof text);
    assert_memory_equal(plain.data, text, sizeof text);
    assert_int_equal(pack_gzip(text, sizeof text, &small, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_int_equal(small.size, 0);
    assert_false(small.cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back_as_they_were),
        cmocka_unit_test(more_than_max_is_refused_and_leaves_nothing),
        cmocka_unit_test(a_hidden_size_is_no_way_around_max),
        cmocka_unit_test(a_huge_window_is_refused),
        cmocka_unit_test(broken_data_is_refused_wherever_it_breaks),
        cmocka_unit_test(a_bufs_own_limit_is_an_error_not_a_cut),
        cmocka_unit_test(gzip_is_read_whole_or_not_at_all),
        cmocka_unit_test(gzip_is_written_as_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
