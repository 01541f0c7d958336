#include "base/crypt.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/clock.h"
#include "base/str.h"

static void unhex(const char *hex, uint8_t *out)
{
    for (; *hex; hex += 2) {
        unsigned byte;
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        *out++ = (uint8_t)byte;
    }
}

/* RFC 8032, section 7.1, tests 1 to 3. */
static const struct {
    const char *private_key, *public_key, *message, *signature;
} rfc8032[] = {
    { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
      "655141438e7a100b" },
    { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
      "b00d291612bb0c00" },
    { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
      "c027beceea1ec40a" },
};

static void signatures_are_those_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rfc8032); i++) {
        uint8_t private_key[CRYPT_KEY_SIZE], public_key[CRYPT_KEY_SIZE], message[2], wanted[CRYPT_SIGNATURE_SIZE],
            made[CRYPT_SIGNATURE_SIZE];
        size_t size = strlen(rfc8032[i].message) / 2;
        unhex(rfc8032[i].private_key, private_key);
        unhex(rfc8032[i].public_key, public_key);
        unhex(rfc8032[i].message, message);
        unhex(rfc8032[i].signature, wanted);
        struct err e = { 0 };
        assert_int_equal(crypt_sign(private_key, message, size, made, &e), 0);
        assert_memory_equal(made, wanted, sizeof made);
        assert_int_equal(crypt_verify(public_key, message, size, wanted, &e), 0);
    }
}

static void any_changed_bit_is_noticed(void **state)
{
    (void)state;
    uint8_t private_key[CRYPT_KEY_SIZE], public_key[CRYPT_KEY_SIZE], signature[CRYPT_SIGNATURE_SIZE];
    struct err e = { 0 };
    uint8_t message[] = "restart deployment shop/cart";
    assert_int_equal(crypt_keypair(private_key, public_key, &e), 0);
    assert_int_equal(crypt_sign(private_key, message, sizeof message, signature, &e), 0);
    assert_int_equal(crypt_verify(public_key, message, sizeof message, signature, &e), 0);
    for (size_t bit = 0; bit < 8 * sizeof message; bit++) {
        message[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(crypt_verify(public_key, message, sizeof message, signature, &e), 1);
        message[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof signature; bit += 5) {
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(crypt_verify(public_key, message, sizeof message, signature, &e), 1);
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(crypt_verify(public_key, message, sizeof message - 1, signature, &e), 1);
    for (size_t bit = 0; bit < 8 * CRYPT_KEY_SIZE; bit += 5) {
        public_key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(crypt_verify(public_key, message, sizeof message, signature, &e), 0);
        public_key[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(ERR_peek_error(), 0); /* nothing is left for the next TLS call of this thread */
}

static void key_pairs_differ(void **state)
{
    (void)state;
    uint8_t a[2][CRYPT_KEY_SIZE], b[2][CRYPT_KEY_SIZE];
    struct err e = { 0 };
    assert_int_equal(crypt_keypair(a[0], a[1], &e), 0);
    assert_int_equal(crypt_keypair(b[0], b[1], &e), 0);
    assert_memory_not_equal(a[0], b[0], CRYPT_KEY_SIZE);
    assert_memory_not_equal(a[1], b[1], CRYPT_KEY_SIZE);
}

static void digests_are_sha256(void **state)
{
    (void)state;
    static const struct {
        const char *text, *digest;
    } rows[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t digest[CRYPT_SHA256_SIZE];
        char hex[2 * CRYPT_SHA256_SIZE + 1];
        crypt_sha256(rows[i].text, strlen(rows[i].text), digest);
        crypt_hex(digest, sizeof digest, hex);
        assert_string_equal(hex, rows[i].digest);
    }
    char hex[1] = "x";
    crypt_hex(NULL, 0, hex);
    assert_string_equal(hex, "");
}

static void base64_goes_there_and_back(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *text;
    } rows[] = { { "", "" },
                 { "f", "Zg==" },
                 { "fo", "Zm8=" },
                 { "foo", "Zm9v" },
                 { "foob", "Zm9vYg==" },
                 { "fooba", "Zm9vYmE=" },
                 { "foobar", "Zm9vYmFy" },
                 { "\xff\xfe\xfb", "//77" } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[16], plain[8];
        size_t size = 99;
        crypt_base64(rows[i].plain, strlen(rows[i].plain), text);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(crypt_unbase64(text, plain, sizeof plain, &size), 0);
        assert_int_equal(size, strlen(rows[i].plain));
        assert_memory_equal(plain, rows[i].plain, size);
    }
    uint8_t bytes[200], back[200];
    char text[4 * ((sizeof bytes + 2) / 3) + 1];
    for (size_t size = 0; size <= sizeof bytes; size++) {
        size_t back_size;
        crypt_random(bytes, size);
        crypt_base64(bytes, size, text);
        assert_int_equal(crypt_unbase64(text, back, size, &back_size), 0);
        assert_int_equal(back_size, size);
        assert_memory_equal(back, bytes, size);
        if (size > 0)
            assert_int_equal(crypt_unbase64(text, back, size - 1, &back_size), -1);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "Zg",   "Zg=",   "Zg===",   "Z",    "Z===",     "=",
                                       "====", "Zm9vY", "Zm9v=",   "Zh==", "Zm9=",     "Zg==Zg==",
                                       "Zm-_", "Zm9v!", "Zm\x80v", "Z=g=", "Zm9v====", "Zm9v\xc3\xa9" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char out[16];
        size_t size = 77;
        assert_int_equal(crypt_unbase64(bad[i], out, sizeof out, &size), -1);
        assert_int_equal(size, 77);
    }
    char out[16];
    size_t size;
    assert_int_equal(crypt_unbase64(NULL, out, sizeof out, &size), -1);
    assert_int_equal(crypt_unbase64(" Zm\r\n9v\tYg = =\n", out, sizeof out, &size), 0);
    assert_int_equal(size, 4);
    assert_memory_equal(out, "foob", 4);
}

static void random_bytes_are_not_the_same_twice(void **state)
{
    (void)state;
    uint8_t a[32] = { 0 }, b[32] = { 0 };
    crypt_random(a, sizeof a);
    crypt_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    crypt_random(NULL, 0);
}

static void ids_have_the_standards_form_and_this_time(void **state)
{
    (void)state;
    int64_t before = clock_wall_ms();
    char id[CRYPT_ID_SIZE];
    crypt_id(id);
    assert_int_equal(strlen(id), 36);
    for (size_t i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            assert_int_equal(id[i], '-');
        else
            assert_non_null(strchr("0123456789abcdef", id[i]));
    }
    assert_int_equal(id[14], '7');
    assert_non_null(strchr("89ab", id[19]));
    unsigned long long high, low;
    assert_int_equal(sscanf(id, "%8llx-%4llx", &high, &low), 2);
    int64_t stamp = (int64_t)(high << 16 | low);
    assert_in_range(stamp, before, clock_wall_ms() + 1);
}

#define IDS 5000

static void *make_ids(void *arg)
{
    char(*ids)[CRYPT_ID_SIZE] = arg;
    for (int i = 0; i < IDS; i++)
        crypt_id(ids[i]);
    return NULL;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void ids_rise_within_a_thread_and_differ_between_threads(void **state)
{
    (void)state;
    static char ids[4 * IDS][CRYPT_ID_SIZE];
    pthread_t threads[4];
    for (int t = 0; t < 4; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, make_ids, &ids[t * IDS]), 0);
    for (int t = 0; t < 4; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
    for (int i = 1; i < 4 * IDS; i++)
        if (i % IDS != 0)
            assert_true(strcmp(ids[i - 1], ids[i]) < 0);
    qsort(ids, 4 * IDS, CRYPT_ID_SIZE, compare_ids);
    for (int i = 1; i < 4 * IDS; i++)
        assert_memory_not_equal(ids[i - 1], ids[i], 18); /* time and counter alone are unique in a process */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_those_of_the_standard),
        cmocka_unit_test(any_changed_bit_is_noticed),
        cmocka_unit_test(key_pairs_differ),
        cmocka_unit_test(digests_are_sha256),
        cmocka_unit_test(base64_goes_there_and_back),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(random_bytes_are_not_the_same_twice),
        cmocka_unit_test(ids_have_the_standards_form_and_this_time),
        cmocka_unit_test(ids_rise_within_a_thread_and_differ_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
