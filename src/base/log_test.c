#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"

/* Standard error goes into a file in memory while a test looks at it. */
static int saved_stderr, captured;
static char text[128 * 1024];

static void capture(void)
{
    saved_stderr = dup(STDERR_FILENO);
    captured = memfd_create("stderr", MFD_CLOEXEC);
    assert_true(captured >= 0);
    dup2(captured, STDERR_FILENO);
}

static const char *release(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    ssize_t n = pread(captured, text, sizeof text - 1, 0);
    close(captured);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* What comes behind the time, which differs from run to run. */
static const char *behind_time(const char *line)
{
    const char *json = "{\"time\":\"2026-01-02T03:04:05.678Z\",";
    return str_starts(line, "{\"time\":\"") && strlen(line) > strlen(json) ? line + strlen(json) : line + strlen("2026-01-02T03:04:05.678Z ");
}

static int lines(const char *s)
{
    int n = 0;
    for (; *s; s++)
        n += *s == '\n';
    return n;
}

static int setup(void **state)
{
    (void)state;
    log_setup("aetherius-agent", LOG_INFO, LOG_JSON);
    log_thread(NULL, NULL);
    return 0;
}

#define ONE_LINE(...) ({ capture(); log_write(NULL, LOG_INFO, __VA_ARGS__); behind_time(release()); })

static void a_line_is_one_json_object(void **state)
{
    (void)state;
    assert_string_equal(ONE_LINE("watch opened", "kind=%s version=%s count=%d", "pods", "1475", 3),
                        "\"level\":\"info\",\"program\":\"aetherius-agent\",\"event\":\"watch opened\",\"kind\":\"pods\",\"version\":\"1475\",\"count\":3}\n");
}

static void service_and_cluster_are_named_until_cleared(void **state)
{
    (void)state;
    log_thread("rules", "c-1");
    assert_string_equal(ONE_LINE("x", " "), "\"level\":\"info\",\"program\":\"aetherius-agent\",\"service\":\"rules\",\"cluster_id\":\"c-1\",\"event\":\"x\"}\n");
    log_thread("rules", NULL);
    assert_null(strstr(ONE_LINE("x", " "), "cluster_id"));
}

static void text_is_for_people(void **state)
{
    (void)state;
    log_setup("aetherius-agent", LOG_INFO, LOG_TEXT);
    log_thread("agent", NULL);
    assert_string_equal(ONE_LINE("watch opened", "kind=%s", "pods"), "INFO agent watch opened kind=pods\n");
    assert_string_equal(ONE_LINE("x", "a=%s b=%s c=%s", "two words", "", "k=v"), "INFO agent x a=\"two words\" b=\"\" c=\"k=v\"\n");
    log_thread(NULL, "c-1");
    assert_string_equal(ONE_LINE("x", "n=%d", 1), "INFO aetherius-agent x cluster_id=c-1 n=1\n");
}

static void a_value_cannot_forge_fields_or_lines(void **state)
{
    (void)state;
    const char *evil = "x\" level=error event=\"forged\n{\"time\":1}";
    assert_non_null(strstr(ONE_LINE("x", "reason=%s next=%d", evil, 1),
                           "\"reason\":\"x\\\" level=error event=\\\"forged\\n{\\\"time\\\":1}\",\"next\":1}\n"));
    assert_non_null(strstr(ONE_LINE("x", "reason=\"%s\" next=%d", evil, 1),
                           "\"reason\":\"x\\\" level=error event=\\\"forged\\n{\\\"time\\\":1}\",\"next\":1}\n"));
    log_setup("aetherius-agent", LOG_INFO, LOG_TEXT);
    const char *line = ONE_LINE("x", "reason=%s", evil);
    assert_int_equal(lines(line), 1);
    assert_non_null(strstr(line, "reason=\"x\\\" level=error event=\\\"forged\\n"));
}

static void nothing_reaches_the_terminal_raw(void **state)
{
    (void)state;
    for (int format = LOG_JSON; format <= LOG_TEXT; format++) {
        log_setup("aetherius-agent", LOG_INFO, (enum log_format)format);
        char all[256];
        for (int i = 1; i < 256; i++)
            all[i - 1] = (char)i;
        all[255] = '\0';
        const char *line = ONE_LINE("x", "v=%s w=%s", all, "\xe2\x80\xae\xc2\x9b" "2J\xef\xbb\xbf\x7f\xf3\xa0\x80\x81");
        for (const char *c = line; c[1]; c++)
            assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
        assert_non_null(strstr(line, "\\u202e\\u009b2J\\ufeff\\u007f\\udb40\\udc01"));
        assert_non_null(strstr(line, "\\u001b"));
        assert_non_null(strstr(line, "\xef\xbf\xbd"));    /* bytes that are no UTF-8 */
    }
}

static void chinese_stays_readable(void **state)
{
    (void)state;
    assert_non_null(strstr(ONE_LINE("x", "message=%s", "镜像拉取失败 🚀"), "\"message\":\"镜像拉取失败 🚀\"}"));
}

static void a_field_keeps_its_type(void **state)
{
    (void)state;
    assert_non_null(strstr(ONE_LINE("x", "a=%s b=%d c=%.1f d=8080 e=\"1\" f=%x g=%d/%d", "42", -1, 0.5, 255, 1, 2),
                           "\"a\":\"42\",\"b\":-1,\"c\":0.5,\"d\":8080,\"e\":\"1\",\"f\":\"ff\",\"g\":\"1/2\"}"));
    assert_non_null(strstr(ONE_LINE("x", "a=%f b=007", 1.0 / 0.0), "\"a\":\"inf\",\"b\":\"007\"}"));
}

static void every_conversion_takes_its_argument(void **state)
{
    (void)state;
    errno = ENOENT;
    const char *line = ONE_LINE("x", "a=%hhd b=%hu c=%ld d=%llu e=%jd f=%zu g=%td h=%" PRIu64 " i=%c j=%.*s k=%-5d l=%m m=%% n=%Lf o=%08.3f p=%*d z=%s",
                                (signed char)-3, (unsigned short)65535, -4L, 5ULL, (intmax_t)-6, (size_t)7, (ptrdiff_t)-8, UINT64_MAX, 'c', 2, "xyz", 9,
                                (long double)1.5, 2.5, 10, 11, "end");
    assert_non_null(strstr(line, "\"a\":-3,\"b\":65535,\"c\":-4,\"d\":5,\"e\":-6,\"f\":7,\"g\":-8,\"h\":18446744073709551615,\"i\":\"c\",\"j\":\"xy\",\"k\":9,"
                                 "\"l\":\"No such file or directory\",\"m\":\"%\",\"n\":1.500000,\"o\":2.500,\"p\":11,\"z\":\"end\"}"));
    assert_int_equal(errno, ENOENT);
}

static void an_absent_text_is_empty(void **state)
{
    (void)state;
    const char *volatile none = NULL;
    assert_non_null(strstr(ONE_LINE("x", "a=%s b=%d", none, 1), "\"a\":\"\",\"b\":1}"));
}

static void a_lone_word_is_kept(void **state)
{
    (void)state;
    assert_non_null(strstr(ONE_LINE("x", "hello a=1"), "\"text\":\"hello\",\"a\":1}"));
}

static void a_long_line_is_cut_and_says_so(void **state)
{
    (void)state;
    static char big[20000];
    memset(big, '\x01', sizeof big - 1);
    for (int format = LOG_JSON; format <= LOG_TEXT; format++) {
        log_setup("aetherius-agent", LOG_INFO, (enum log_format)format);
        for (int shift = 0; shift < 8; shift++) {    /* wherever the cut falls */
            const char *line = ONE_LINE("x", "a=%.*s b=%s c=%s d=%d", shift, "xxxxxxxx", big, big, 1);
            assert_in_range(strlen(line), 8000, 8192);
            assert_int_equal(lines(line), 1);
            assert_true(str_ends(line, format == LOG_JSON ? "\",\"cut\":true}\n" : " cut=true\n"));
        }
    }
    log_setup("aetherius-agent", LOG_INFO, LOG_JSON);
    memset(big, 'e', sizeof big - 1);
    assert_true(str_ends(ONE_LINE(big, "d=%d", 1), "\",\"cut\":true}\n"));
}

static void levels_below_the_least_are_silent(void **state)
{
    (void)state;
    log_setup("aetherius-agent", LOG_WARN, LOG_JSON);
    capture();
    log_debug("a", "n=%d", 1);
    log_info("b", "n=%d", 1);
    log_warn("c", "n=%d", 1);
    log_error("d", "n=%d", 1);
    const char *out = release();
    assert_int_equal(lines(out), 2);
    assert_non_null(strstr(out, "\"level\":\"warn\""));
    assert_non_null(strstr(out, "\"level\":\"error\""));
    assert_false(log_enabled(LOG_INFO));
}

static void a_site_in_a_loop_is_one_burst_then_a_count(void **state)
{
    (void)state;
    struct log_site site = { 0 };
    capture();
    for (int i = 0; i < 100; i++)
        log_write(&site, LOG_ERROR, "x", "i=%d", i);
    assert_int_equal(lines(release()), LOG_SITE_BURST);

    site.window_ms -= 10000;    /* ten seconds later */
    capture();
    for (int i = 0; i < 5; i++)
        log_write(&site, LOG_ERROR, "x", "i=%d", i);
    const char *out = release();
    assert_int_equal(lines(out), 1);
    assert_non_null(strstr(out, "\"left_out\":80"));

    site.window_ms -= 10000;
    capture();
    log_write(&site, LOG_ERROR, "x", "i=%d", 0);
    assert_non_null(strstr(release(), "\"left_out\":4"));

    site.window_ms -= 10000;    /* a quiet window forgives */
    capture();
    for (int i = 0; i < 5; i++)
        log_write(&site, LOG_ERROR, "x", "i=%d", i);
    out = release();
    assert_int_equal(lines(out), 5);
    assert_null(strstr(out, "left_out"));
}

static void lines_nobody_took_are_counted(void **state)
{
    (void)state;
    int kept = dup(STDERR_FILENO), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    dup2(full, STDERR_FILENO);
    log_write(NULL, LOG_INFO, "x", "i=%d", 1);
    log_write(NULL, LOG_INFO, "x", "i=%d", 2);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(full);
    assert_non_null(strstr(ONE_LINE("x", "i=%d", 3), "\"lines_lost\":2,"));
    assert_null(strstr(ONE_LINE("x", "i=%d", 4), "lines_lost"));
}

static void *chatter(void *arg)
{
    log_thread(arg, NULL);
    for (int i = 0; i < 50; i++)
        log_write(NULL, LOG_INFO, "x", "filler=%s", "0123456789012345678901234567890123456789");
    return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_true(fcntl(fds[1], F_SETPIPE_SZ, 256 * 1024) > 0);
    int kept = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    pthread_t threads[4];
    static char names[4][2] = { "a", "b", "c", "d" };
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, chatter, names[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(fds[1]);
    ssize_t n = read(fds[0], text, sizeof text - 1);
    close(fds[0]);
    assert_true(n > 0);
    text[n] = '\0';
    assert_int_equal(lines(text), 200);
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        assert_true(str_starts(line, "{\"time\":\""));
        assert_true(str_ends(line, "0123456789\"}"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_is_one_json_object, setup),
        cmocka_unit_test_setup(service_and_cluster_are_named_until_cleared, setup),
        cmocka_unit_test_setup(text_is_for_people, setup),
        cmocka_unit_test_setup(a_value_cannot_forge_fields_or_lines, setup),
        cmocka_unit_test_setup(nothing_reaches_the_terminal_raw, setup),
        cmocka_unit_test_setup(chinese_stays_readable, setup),
        cmocka_unit_test_setup(a_field_keeps_its_type, setup),
        cmocka_unit_test_setup(every_conversion_takes_its_argument, setup),
        cmocka_unit_test_setup(an_absent_text_is_empty, setup),
        cmocka_unit_test_setup(a_lone_word_is_kept, setup),
        cmocka_unit_test_setup(a_long_line_is_cut_and_says_so, setup),
        cmocka_unit_test_setup(levels_below_the_least_are_silent, setup),
        cmocka_unit_test_setup(a_site_in_a_loop_is_one_burst_then_a_count, setup),
        cmocka_unit_test_setup(lines_nobody_took_are_counted, setup),
        cmocka_unit_test_setup(threads_do_not_mix_their_lines, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
