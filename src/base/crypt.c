#include "base/crypt.h"

#include <assert.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/clock.h"

/* --- OpenSSL's objects and errors --------------------------------------------------------------------------------- */

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}
#define AUTO_KEY __attribute__((cleanup(free_key)))

static void free_digest(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}
#define AUTO_DIGEST __attribute__((cleanup(free_digest)))

/* Takes the thread's error queue with it: what stays there would be blamed on somebody else's next TLS call. */
static int failed(struct err *e, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return err_set(e, ERR_INTERNAL, "%s: %s", what, reason ? reason : "OpenSSL gave no reason");
}

/* --- random bytes ------------------------------------------------------------------------------------------------- */

void crypt_random(void *out, size_t size)
{
    assert(size <= INT_MAX);
    if (RAND_bytes(out, (int)size) != 1)
        abort(); /* a key or an id that can be guessed is worse than a restart */
}

/* --- Ed25519 ------------------------------------------------------------------------------------------------------ */

int crypt_keypair(uint8_t private_key[CRYPT_KEY_SIZE], uint8_t public_key[CRYPT_KEY_SIZE], struct err *e)
{
    AUTO_KEY EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    size_t private_size = CRYPT_KEY_SIZE, public_size = CRYPT_KEY_SIZE;
    if (!key || EVP_PKEY_get_raw_private_key(key, private_key, &private_size) != 1 ||
        EVP_PKEY_get_raw_public_key(key, public_key, &public_size) != 1)
        return failed(e, "making an Ed25519 key");
    assert(private_size == CRYPT_KEY_SIZE && public_size == CRYPT_KEY_SIZE);
    return 0;
}

int crypt_sign(const uint8_t private_key[CRYPT_KEY_SIZE], const void *data, size_t size,
               uint8_t signature[CRYPT_SIGNATURE_SIZE], struct err *e)
{
    AUTO_KEY EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private_key, CRYPT_KEY_SIZE);
    AUTO_DIGEST EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t signature_size = CRYPT_SIGNATURE_SIZE;
    if (!key || !context || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(context, signature, &signature_size, data, size) != 1)
        return failed(e, "signing with Ed25519");
    assert(signature_size == CRYPT_SIGNATURE_SIZE);
    return 0;
}

int crypt_verify(const uint8_t public_key[CRYPT_KEY_SIZE], const void *data, size_t size,
                 const uint8_t signature[CRYPT_SIGNATURE_SIZE], struct err *e)
{
    AUTO_KEY EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, CRYPT_KEY_SIZE);
    AUTO_DIGEST EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!key || !context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1)
        return failed(e, "checking an Ed25519 signature");
    int verdict = EVP_DigestVerify(context, signature, CRYPT_SIGNATURE_SIZE, data, size);
    if (verdict < 0)
        return failed(e, "checking an Ed25519 signature");
    ERR_clear_error(); /* "no" leaves its reason in the queue, too */
    return verdict == 1 ? 0 : 1;
}

/* --- digests and texts -------------------------------------------------------------------------------------------- */

void crypt_sha256(const void *data, size_t size, uint8_t out[CRYPT_SHA256_SIZE])
{
    size_t out_size = 0;
    if (EVP_Q_digest(NULL, "SHA256", NULL, data, size, out, &out_size) != 1)
        abort(); /* for want of memory only: the default provider always has SHA-256 */
    assert(out_size == CRYPT_SHA256_SIZE);
}

void crypt_hex(const void *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

void crypt_base64(const void *data, size_t size, char *out)
{
    assert(size <= INT_MAX / 2);
    out[0] = '\0';
    if (size > 0)
        EVP_EncodeBlock((unsigned char *)out, data, (int)size);
}

/* Value of a base64 digit, -1 when it is none. */
static int digit64(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* OpenSSL's own decoder accepts missing digits, bits behind the end and text behind the padding, so that two texts
 * could mean one key. */
int crypt_unbase64(const char *text, void *out, size_t max, size_t *out_size)
{
    uint8_t *bytes = out;
    size_t size = 0, digits = 0, padding = 0;
    uint32_t bits = 0;
    for (const char *s = text ? text : "="; *s; s++) {
        if (strchr(" \t\r\n", *s))
            continue;
        if (*s == '=') {
            padding++;
            continue;
        }
        int digit = digit64(*s);
        if (digit < 0 || padding > 0)
            return -1;
        bits = bits << 6 | (uint32_t)digit;
        if (digits++ % 4 == 0)
            continue;
        if (size == max)
            return -1;
        bytes[size++] = (uint8_t)(bits >> (6 - 2 * ((digits - 1) % 4)));
    }
    /* One digit alone is no byte; the bits a byte did not use must be 0. */
    static const size_t padding_for[] = { 0, SIZE_MAX, 2, 1 };
    static const uint32_t unused_for[] = { 0, 0, 15, 3 };
    if (padding != padding_for[digits % 4] || (bits & unused_for[digits % 4]) != 0)
        return -1;
    *out_size = size;
    return 0;
}

/* --- ids ---------------------------------------------------------------------------------------------------------- */

/* Milliseconds and the 12 bits behind them as one rising number: ids of one process are in order even within a
 * millisecond and when the wall clock is set back. */
static uint64_t next_stamp(void)
{
    static _Atomic uint64_t last;
    uint64_t now = (uint64_t)clock_wall_ms() << 12, before = atomic_load(&last), next;
    do
        next = now > before ? now : before + 1;
    while (!atomic_compare_exchange_weak(&last, &before, next));
    return next;
}

void crypt_id(char out[CRYPT_ID_SIZE])
{
    uint64_t stamp = next_stamp();
    uint8_t id[16];
    crypt_random(id + 8, 8);
    for (int i = 0; i < 6; i++)
        id[i] = (uint8_t)(stamp >> (52 - 8 * i));
    id[6] = (uint8_t)(0x70 | (stamp >> 8 & 0x0f));
    id[7] = (uint8_t)stamp;
    id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
    char hex[33];
    crypt_hex(id, sizeof id, hex);
    static const int groups[] = { 8, 4, 4, 4, 12 };
    const char *from = hex;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        memcpy(out, from, (size_t)groups[i]);
        out += groups[i];
        from += groups[i];
        *out++ = '-';
    }
    out[-1] = '\0';
}
