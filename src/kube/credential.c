#include "kube/credential.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/pem.h"
#include "base/str.h"

#define TOKEN_MAX (64u << 10)
#define PEM_MAX   (4u << 20) /* a system's whole CA bundle is some 250 KB */

/* A token ends at its line; what could break a header line makes it no token. */
static char *read_token(const char *path, struct err *e)
{
    char *text = file_read(path, TOKEN_MAX, NULL, e);
    if (!text)
        return NULL;
    size_t size = strlen(text);
    while (size && strchr(" \t\r\n", text[size - 1]))
        text[--size] = '\0';
    if (size && strcspn(text, " \t\r\n") == size)
        return text;
    free(text);
    err_set(e, ERR_INVALID, "%s holds no token", path);
    return NULL;
}

static char *read_certificates(const char *path, const char *pem, struct err *e)
{
    char *text = pem ? str_dup(pem) : file_read(path, PEM_MAX, NULL, e);
    if (text && pem_check_certificates(text, NULL, e)) {
        err_wrap(e, "%s", pem ? "certificate data" : path);
        free(text);
        return NULL;
    }
    return text;
}

/* Certificate and key count only together: between the writing of two files they do not fit. */
static int read_pair(const struct kube_config *config, char **cert, char **key, struct err *e)
{
    *cert = read_certificates(config->cert_file, config->cert_pem, e);
    *key = !*cert ? NULL : config->key_pem ? str_dup(config->key_pem) : file_read(config->key_file, PEM_MAX, NULL, e);
    if (*key && !pem_check_pair(*cert, *key, e))
        return 0;
    if (*key)
        err_wrap(e, "%s", config->key_file ? config->key_file : "client key data");
    free(*cert);
    free(*key);
    *cert = *key = NULL;
    return -1;
}

static bool has_ca(const struct kube_config *config)
{
    return config->ca_pem || config->ca_file;
}

static bool has_pair(const struct kube_config *config)
{
    return (config->cert_pem || config->cert_file) && (config->key_pem || config->key_file);
}

int credential_init(struct credential *c, const struct kube_config *config, int64_t now_ms, struct err *e)
{
    *c = (struct credential){ .token_at_ms = now_ms, .pem_at_ms = now_ms };
    kube_config_copy(&c->config, config);
    if (config->token_file)
        c->token = read_token(config->token_file, e);
    else
        c->token = str_dup(config->token);
    bool whole = c->token || !config->token_file;
    if (whole && has_ca(config))
        whole = (c->ca = read_certificates(config->ca_file, config->ca_pem, e));
    if (whole && has_pair(config))
        whole = !read_pair(config, &c->cert, &c->key, e);
    if (whole)
        return 0;
    credential_fini(c);
    return err_wrap(e, "credentials for %s", config->server);
}

/* Freed memory is read by the next who gets it: secrets are wiped before. */
static void wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void credential_fini(struct credential *c)
{
    kube_config_fini(&c->config);
    wipe(c->token);
    wipe(c->key);
    free(c->ca);
    free(c->cert);
    *c = (struct credential){ 0 };
}

static bool reload_token(struct credential *c, int64_t now_ms)
{
    c->token_at_ms = now_ms; /* also when it fails: the next try is a minute away */
    char *fresh = read_token(c->config.token_file, NULL);
    if (!fresh) {
        c->kept++;
        return false;
    }
    bool changed = !str_eq(fresh, c->token);
    wipe(c->token);
    c->token = fresh;
    return changed;
}

const char *credential_token(struct credential *c, int64_t now_ms)
{
    if (c->config.token_file && now_ms - c->token_at_ms >= CREDENTIAL_TOKEN_AGE_MS)
        reload_token(c, now_ms);
    return c->token;
}

bool credential_refused(struct credential *c, int64_t now_ms)
{
    return c->config.token_file && reload_token(c, now_ms);
}

static bool replace(char **old, char *fresh)
{
    bool changed = !str_eq(*old, fresh);
    wipe(*old);
    *old = fresh;
    return changed;
}

bool credential_reload(struct credential *c, int64_t now_ms)
{
    if (now_ms - c->pem_at_ms < CREDENTIAL_PEM_AGE_MS)
        return false;
    c->pem_at_ms = now_ms;
    bool changed = false;
    if (c->config.ca_file && !c->config.ca_pem) {
        char *fresh = read_certificates(c->config.ca_file, NULL, NULL);
        if (fresh)
            changed |= replace(&c->ca, fresh);
        else
            c->kept++;
    }
    if (has_pair(&c->config) && (c->config.cert_file || c->config.key_file)) {
        char *cert, *key;
        if (!read_pair(&c->config, &cert, &key, NULL)) {
            changed |= replace(&c->cert, cert);
            changed |= replace(&c->key, key);
        } else {
            c->kept++;
        }
    }
    return changed;
}

struct http_identity credential_identity(const struct credential *c)
{
    return (struct http_identity){
        .ca_pem = c->ca,
        .cert_pem = c->cert,
        .key_pem = c->key,
        .server_name = c->config.server_name,
        .insecure = c->config.insecure,
    };
}
