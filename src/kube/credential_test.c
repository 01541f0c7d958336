#include "kube/credential.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "http/test_certificate.h"

static char dir[] = "/tmp/aetherius-credential-test-XXXXXX";
static char token_file[64], ca_file[64], cert_file[64], key_file[64];

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(token_file, sizeof token_file, "%s/token", dir);
    snprintf(ca_file, sizeof ca_file, "%s/ca", dir);
    snprintf(cert_file, sizeof cert_file, "%s/cert", dir);
    snprintf(key_file, sizeof key_file, "%s/key", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(token_file);
    unlink(ca_file);
    unlink(cert_file);
    unlink(key_file);
    return rmdir(dir);
}

/* Everything from files, all of them well. */
static int open_credential(void **state)
{
    static struct credential c;
    struct err e = { 0 };
    write_file(token_file, "one\n");
    write_file(ca_file, test_certificate);
    write_file(cert_file, test_certificate);
    write_file(key_file, test_key);
    char server[] = "https://127.0.0.1:1";
    struct kube_config config = {
        .server = server, .token_file = token_file, .ca_file = ca_file, .cert_file = cert_file, .key_file = key_file
    };
    if (credential_init(&c, &config, 0, &e))
        fail_msg("%s", e.text);
    *state = &c;
    return 0;
}

static int close_credential(void **state)
{
    credential_fini(*state);
    return 0;
}

static void a_token_is_read_again_after_a_minute(void **state)
{
    struct credential *c = *state;
    write_file(token_file, "two");
    assert_string_equal(credential_token(c, CREDENTIAL_TOKEN_AGE_MS - 1), "one");
    assert_string_equal(credential_token(c, CREDENTIAL_TOKEN_AGE_MS), "two");
    write_file(token_file, "three");
    assert_string_equal(credential_token(c, 2 * CREDENTIAL_TOKEN_AGE_MS - 1), "two");
}

static void a_refused_token_is_read_again_at_once(void **state)
{
    struct credential *c = *state;
    assert_false(credential_refused(c, 10));
    write_file(token_file, "two");
    assert_true(credential_refused(c, 20));
    assert_string_equal(credential_token(c, 30), "two");
}

static void an_empty_missing_or_broken_token_file_leaves_the_old_one_in_use(void **state)
{
    struct credential *c = *state;
    static const char *const bad[] = { "", "\n", "two tokens\n", "one\ntwo\n" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        write_file(token_file, bad[i]);
        assert_false(credential_refused(c, 1));
        assert_string_equal(credential_token(c, 1), "one");
    }
    unlink(token_file);
    assert_false(credential_refused(c, 1));
    assert_string_equal(credential_token(c, 1), "one");
    assert_int_equal(c->kept, COUNT(bad) + 1);
}

static void certificates_are_read_again_after_five_minutes(void **state)
{
    struct credential *c = *state;
    write_file(ca_file, test_certificate_by_name);
    assert_false(credential_reload(c, CREDENTIAL_PEM_AGE_MS - 1));
    assert_true(credential_reload(c, CREDENTIAL_PEM_AGE_MS));
    assert_string_equal(credential_identity(c).ca_pem, test_certificate_by_name);
    assert_false(credential_reload(c, 2 * CREDENTIAL_PEM_AGE_MS));
    assert_int_equal(c->kept, 0);
}

static void a_wiped_ca_file_leaves_the_old_one_in_use_and_is_counted(void **state)
{
    struct credential *c = *state;
    write_file(ca_file, "");
    assert_false(credential_reload(c, CREDENTIAL_PEM_AGE_MS));
    assert_string_equal(credential_identity(c).ca_pem, test_certificate);
    assert_int_equal(c->kept, 1);
}

static void a_certificate_whose_key_is_not_there_yet_waits_for_it(void **state)
{
    struct credential *c = *state;
    write_file(cert_file, test_certificate_by_name);
    write_file(key_file, "-----BEGIN PRIVATE");
    assert_false(credential_reload(c, CREDENTIAL_PEM_AGE_MS));
    assert_string_equal(credential_identity(c).cert_pem, test_certificate);
    assert_string_equal(credential_identity(c).key_pem, test_key);
    write_file(key_file, test_key);
    assert_true(credential_reload(c, 2 * CREDENTIAL_PEM_AGE_MS));
    assert_string_equal(credential_identity(c).cert_pem, test_certificate_by_name);
}

static void at_the_start_nothing_may_be_missing(void **state)
{
    (void)state;
    struct credential c;
    struct err e;
    char server[] = "https://127.0.0.1:1", nowhere[] = "/nowhere/at/all", garbage[] = "garbage";
    struct kube_config no_token = { .server = server, .token_file = nowhere };
    assert_int_equal(credential_init(&c, &no_token, 0, &e), -1);
    assert_non_null(strstr(e.text, nowhere));
    struct kube_config bad_ca = { .server = server, .ca_pem = garbage };
    assert_int_equal(credential_init(&c, &bad_ca, 0, &e), -1);
    assert_non_null(strstr(e.text, "certificate data"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_is_read_again_after_a_minute, open_credential, close_credential),
        cmocka_unit_test_setup_teardown(a_refused_token_is_read_again_at_once, open_credential, close_credential),
        cmocka_unit_test_setup_teardown(an_empty_missing_or_broken_token_file_leaves_the_old_one_in_use,
                                        open_credential, close_credential),
        cmocka_unit_test_setup_teardown(certificates_are_read_again_after_five_minutes, open_credential,
                                        close_credential),
        cmocka_unit_test_setup_teardown(a_wiped_ca_file_leaves_the_old_one_in_use_and_is_counted, open_credential,
                                        close_credential),
        cmocka_unit_test_setup_teardown(a_certificate_whose_key_is_not_there_yet_waits_for_it, open_credential,
                                        close_credential),
        cmocka_unit_test(at_the_start_nothing_may_be_missing),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
