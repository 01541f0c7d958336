/* What we show the API server, and what we expect of it: token, CA, client certificate, each of them possibly a
 * file that others replace.
 *
 * A token file is read again when its copy is TOKEN_AGE_MS old, or after the server refused it; CA and certificate
 * files each PEM_AGE_MS.  A file that cannot be read or holds no PEM (a rotation under way, a wiped mount) leaves
 * the old copy in use and is counted.  Belongs to one loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "http/client.h"
#include "kube/kube.h"

#define CREDENTIAL_TOKEN_AGE_MS (60 * 1000)
#define CREDENTIAL_PEM_AGE_MS   (5 * 60 * 1000)

struct credential {
    struct kube_config config;    /* a copy                                                     */
    char *token;                  /* the one in use, or NULL                                    */
    int64_t token_at_ms;          /* when it was read                                           */
    char *ca, *cert, *key;        /* PEM texts in use, or NULL                                  */
    int64_t pem_at_ms;
    uint64_t kept;                /* times that a file was of no use and the old copy stayed    */
};

/* Reads everything once; -1 when something cannot be read: at the start there is nothing older to keep. */
int credential_init(struct credential *c, const struct kube_config *config, int64_t now_ms, struct err *e) MUST_CHECK;
void credential_fini(struct credential *c);

/* The token to send now, or NULL when there is none. */
const char *credential_token(struct credential *c, int64_t now_ms);

/* The server refused the token: reads its file.  True when it holds another one now. */
bool credential_refused(struct credential *c, int64_t now_ms);

/* Reads the PEM files when they are due.  True when one of them changed: give credential_identity to the HTTP
 * client. */
bool credential_reload(struct credential *c, int64_t now_ms);

/* Borrowed from c. */
struct http_identity credential_identity(const struct credential *c);
