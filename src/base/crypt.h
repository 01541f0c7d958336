/* Keys, signatures, digests and random bytes, through OpenSSL.
 *
 * Ed25519 (RFC 8032) for commands, SHA-256 for digests.  Thread-safe; key objects are immutable.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CRYPT_KEY_SIZE       32    /* raw Ed25519 key, private or public       */
#define CRYPT_SIGNATURE_SIZE 64
#define CRYPT_SHA256_SIZE    32
#define CRYPT_ID_SIZE        40    /* text of crypt_id with the final 0        */

void crypt_random(void *out, size_t size);    /* aborts when the system has none */

int crypt_keypair(uint8_t private_key[CRYPT_KEY_SIZE], uint8_t public_key[CRYPT_KEY_SIZE], struct err *e) MUST_CHECK;
int crypt_sign(const uint8_t private_key[CRYPT_KEY_SIZE], const void *data, size_t size,
               uint8_t signature[CRYPT_SIGNATURE_SIZE], struct err *e) MUST_CHECK;

/* 0: it is the key's signature of the data; 1: it is not; -1: the library failed. */
int crypt_verify(const uint8_t public_key[CRYPT_KEY_SIZE], const void *data, size_t size,
                 const uint8_t signature[CRYPT_SIGNATURE_SIZE], struct err *e) MUST_CHECK;

void crypt_sha256(const void *data, size_t size, uint8_t out[CRYPT_SHA256_SIZE]);

/* Lower-case hex and standard base64 (padded).  out holds at least 2 * size + 1, respectively 4 * ((size + 2) / 3) + 1,
 * bytes. */
void crypt_hex(const void *data, size_t size, char *out);
void crypt_base64(const void *data, size_t size, char *out);

/* Strict: -1 for anything that is not padded base64 (whitespace inside is allowed). *out_size bytes are written to
 * out, at most max. */
int crypt_unbase64(const char *text, void *out, size_t max, size_t *out_size) MUST_CHECK;

/* A new id: time-ordered 128-bit (UUIDv7, RFC 9562) in its text form. */
void crypt_id(char out[CRYPT_ID_SIZE]);
