/* Checks PEM texts before they replace the ones in use: a file can be read in the middle of its rotation.
 * Thread-safe. */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* 0 when every certificate in pem can be read and there is one at least; how many goes to *count (may be NULL). */
int pem_check_certificates(const char *pem, size_t *count, struct err *e) MUST_CHECK;

/* 0 when key_pem is a private key without a passphrase, and the one of cert_pem's first certificate. */
int pem_check_pair(const char *cert_pem, const char *key_pem, struct err *e) MUST_CHECK;
