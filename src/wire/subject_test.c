#include "wire/subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pack.h"
#include "base/str.h"

#define ID_63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"

static void ids_are_dns_labels(void **state)
{
    (void)state;
    static const char *const good[] = { "a", "0", "prod-us-west-2", "a--b", ID_63 };
    static const char *const bad[] = { "",  "-a", "a-",     "A",        "a.b", "a b",    "*",
                                       ">", "a*", "prod/1", "\xc3\xa4", "a\n", ID_63 "4" };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(wire_cluster_id_ok(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(wire_cluster_id_ok(bad[i]));
    assert_false(wire_cluster_id_ok(NULL));
}

static void every_kind_has_a_subject_that_parses_back(void **state)
{
    (void)state;
    for (int k = 0; k < WIRE_KINDS; k++) {
        char subject[WIRE_SUBJECT_SIZE], id[WIRE_CLUSTER_ID_SIZE], expected[128];
        enum wire_kind kind;
        wire_subject((enum wire_kind)k, ID_63, subject);
        snprintf(expected, sizeof expected, "agent.%s." ID_63, wire_kind_name((enum wire_kind)k));
        assert_string_equal(subject, expected);
        assert_int_equal(wire_subject_parse(subject, &kind, id), 0);
        assert_int_equal(kind, k);
        assert_string_equal(id, ID_63);
    }
}

static void subscriptions_to_all_clusters_have_a_star(void **state)
{
    (void)state;
    char subject[WIRE_SUBJECT_SIZE];
    wire_subject(WIRE_EVENT, "*", subject);
    assert_string_equal(subject, "agent.event.*");
}

static void foreign_subjects_are_none_of_ours(void **state)
{
    (void)state;
    static const char *const subjects[] = {
        "",
        "agent",
        "agent.",
        "agent.event",
        "agent.event.",
        "agent.events.a",
        "agent.even.a",
        "agent..a",
        "agent.event.a.b",
        "agent.event.*",
        "agent.event.A",
        "Agent.event.a",
        "event.received",
        "agent.event.-",
        "agent.command.a\n",
    };
    for (size_t i = 0; i < COUNT(subjects); i++) {
        enum wire_kind kind;
        char id[WIRE_CLUSTER_ID_SIZE];
        assert_int_equal(wire_subject_parse(subjects[i], &kind, id), -1);
    }
}

static void plain_bodies_come_back_as_they_are(void **state)
{
    (void)state;
    static const char *const encodings[] = { NULL, "" };
    for (size_t i = 0; i < COUNT(encodings); i++) {
        AUTO_FREE char *out = NULL;
        size_t size = 0;
        assert_int_equal(wire_unpack(encodings[i], "{}", 2, &out, &size, NULL), 0);
        assert_int_equal(size, 2);
        assert_string_equal(out, "{}");
    }
}

static void empty_bodies_are_empty_texts(void **state)
{
    (void)state;
    AUTO_FREE char *out = NULL;
    size_t size = 7;
    assert_int_equal(wire_unpack(NULL, NULL, 0, &out, &size, NULL), 0);
    assert_int_equal(size, 0);
    assert_string_equal(out, "");
}

static void plain_bodies_above_one_mebibyte_are_refused(void **state)
{
    (void)state;
    AUTO_FREE char *big = mem_alloc(WIRE_BODY_MAX + 1);
    memset(big, 'x', WIRE_BODY_MAX + 1);
    char *out = NULL;
    size_t size;
    struct err e = { 0 };
    assert_int_equal(wire_unpack(NULL, big, WIRE_BODY_MAX + 1, &out, &size, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_null(out);
    assert_int_equal(wire_unpack(NULL, big, WIRE_BODY_MAX, &out, &size, &e), 0);
    assert_int_equal(size, WIRE_BODY_MAX);
    free(out);
}

static void compressed_bodies_are_unpacked_up_to_one_mebibyte(void **state)
{
    (void)state;
    AUTO_FREE char *plain = mem_alloc(WIRE_BODY_MAX + 1);
    memset(plain, 'x', WIRE_BODY_MAX + 1);
    for (size_t over = 0; over <= 1; over++) {
        AUTO_BUF struct buf packed = { 0 };
        AUTO_FREE char *out = NULL;
        size_t size = 0;
        struct err e = { 0 };
        assert_int_equal(pack_zstd(plain, WIRE_BODY_MAX + over, &packed, &e), 0);
        assert_true(packed.size < 1000); /* a bomb in small */
        assert_int_equal(wire_unpack("zstd", packed.data, packed.size, &out, &size, &e), over ? -1 : 0);
        assert_int_equal(e.kind, over ? ERR_TOO_LARGE : ERR_NONE);
        assert_int_equal(size, over ? 0 : WIRE_BODY_MAX);
    }
}

static void false_and_unknown_encodings_are_refused(void **state)
{
    (void)state;
    char *out = NULL;
    size_t size;
    struct err e = { 0 };
    assert_int_equal(wire_unpack("zstd", "{}", 2, &out, &size, &e), -1);
    assert_int_equal(wire_unpack("gzip", "{}", 2, &out, &size, &e), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    assert_non_null(strstr(e.text, "gzip"));
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_dns_labels),
        cmocka_unit_test(every_kind_has_a_subject_that_parses_back),
        cmocka_unit_test(subscriptions_to_all_clusters_have_a_star),
        cmocka_unit_test(foreign_subjects_are_none_of_ours),
        cmocka_unit_test(plain_bodies_come_back_as_they_are),
        cmocka_unit_test(empty_bodies_are_empty_texts),
        cmocka_unit_test(plain_bodies_above_one_mebibyte_are_refused),
        cmocka_unit_test(compressed_bodies_are_unpacked_up_to_one_mebibyte),
        cmocka_unit_test(false_and_unknown_encodings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
