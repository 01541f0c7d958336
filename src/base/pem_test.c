#include "base/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/str.h"

struct pair {
    char *cert, *key;
};

static char *text_of(BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    char *text = str_ndup(data, (size_t)size);
    BIO_free(bio);
    return text;
}

/* A fresh key and its self-signed certificate. */
static struct pair make_pair(const char *passphrase)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    BIO *cert_bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(cert_bio, cert);
    PEM_write_bio_PKCS8PrivateKey(key_bio, key, passphrase ? EVP_aes_256_cbc() : NULL, passphrase,
                                  passphrase ? (int)strlen(passphrase) : 0, NULL, NULL);
    struct pair pair = { .cert = text_of(cert_bio), .key = text_of(key_bio) };
    X509_free(cert);
    EVP_PKEY_free(key);
    return pair;
}

static void drop(struct pair *pair)
{
    free(pair->cert);
    free(pair->key);
}

static void certificates_are_counted(void **state)
{
    (void)state;
    struct pair a = make_pair(NULL), b = make_pair(NULL);
    struct err e;
    size_t count;
    AUTO_FREE char *both = str_printf("# a comment\n%s\n%s", a.cert, b.cert);
    assert_int_equal(pem_check_certificates(both, &count, &e), 0);
    assert_int_equal(count, 2);
    drop(&a);
    drop(&b);
}

static void an_empty_or_cut_file_is_no_certificate(void **state)
{
    (void)state;
    struct pair a = make_pair(NULL);
    struct err e;
    assert_int_equal(pem_check_certificates("", NULL, &e), -1);
    assert_int_equal(pem_check_certificates("garbage\n", NULL, &e), -1);
    assert_int_equal(pem_check_certificates(a.key, NULL, &e), -1);
    AUTO_FREE char *cut = str_printf("%s%.*s", a.cert, (int)strlen(a.cert) / 2, a.cert);
    assert_int_equal(pem_check_certificates(cut, NULL, &e), -1);
    assert_non_null(strstr(e.text, "certificate 2"));
    drop(&a);
}

static void a_key_must_belong_to_its_certificate(void **state)
{
    (void)state;
    struct pair a = make_pair(NULL), b = make_pair(NULL);
    struct err e;
    assert_int_equal(pem_check_pair(a.cert, a.key, &e), 0);
    assert_int_equal(pem_check_pair(a.cert, b.key, &e), -1);
    assert_int_equal(pem_check_pair(a.cert, "", &e), -1);
    assert_int_equal(pem_check_pair("", a.key, &e), -1);
    drop(&a);
    drop(&b);
}

static void a_key_with_a_passphrase_is_refused_without_asking(void **state)
{
    (void)state;
    struct pair a = make_pair("open");
    struct err e;
    assert_int_equal(pem_check_pair(a.cert, a.key, &e), -1);
    assert_non_null(strstr(e.text, "passphrase"));
    drop(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_counted),
        cmocka_unit_test(an_empty_or_cut_file_is_no_certificate),
        cmocka_unit_test(a_key_must_belong_to_its_certificate),
        cmocka_unit_test(a_key_with_a_passphrase_is_refused_without_asking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
