#include "base/pem.h"

#include <limits.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static BIO *open_text(const char *pem)
{
    size_t size = strlen(pem);
    return size > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)size);
}

/* The library asks for a passphrase on the terminal unless it gets this answer. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out, (void)size, (void)writing, (void)arg;
    return -1;
}

int pem_check_certificates(const char *pem, size_t *count, struct err *e)
{
    BIO *bio = open_text(pem);
    if (!bio)
        return err_set(e, ERR_INTERNAL, "no memory for a certificate");
    size_t found = 0;
    X509 *certificate;
    ERR_clear_error();
    while ((certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL))) {
        X509_free(certificate);
        found++;
    }
    /* "no more blocks" is the proper end; anything else is a block that cannot be read */
    unsigned long reason = ERR_peek_last_error();
    int bad = ERR_GET_LIB(reason) != ERR_LIB_PEM || ERR_GET_REASON(reason) != PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(bio);
    if (count)
        *count = found;
    if (bad)
        return err_set(e, ERR_INVALID, "certificate %zu cannot be read: it is damaged or cut", found + 1);
    return found ? 0 : err_set(e, ERR_INVALID, "there is no certificate in it");
}

int pem_check_pair(const char *cert_pem, const char *key_pem, struct err *e)
{
    BIO *cert_bio = open_text(cert_pem), *key_bio = open_text(key_pem);
    X509 *certificate = cert_bio ? PEM_read_bio_X509(cert_bio, NULL, no_passphrase, NULL) : NULL;
    EVP_PKEY *key = key_bio ? PEM_read_bio_PrivateKey(key_bio, NULL, no_passphrase, NULL) : NULL;
    int outcome = 0;
    if (!certificate)
        outcome = err_set(e, ERR_INVALID, "there is no readable certificate in it");
    else if (!key)
        outcome = err_set(e, ERR_INVALID, "there is no readable private key without a passphrase in it");
    else if (X509_check_private_key(certificate, key) != 1)
        outcome = err_set(e, ERR_INVALID, "the private key does not belong to the certificate");
    ERR_clear_error();
    EVP_PKEY_free(key);
    X509_free(certificate);
    BIO_free(key_bio);
    BIO_free(cert_bio);
    return outcome;
}
