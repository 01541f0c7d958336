#include "bus/edge_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/str.h"

#define ENDPOINTS_MAX 16

static int read_password(const char *path, char *out, size_t size, struct err *e)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return err_sys(e, errno, "nats_password_file %s cannot be opened", path);
    size_t n = fread(out, 1, size - 1, file);
    int failed = ferror(file);
    if (fclose(file) || failed)
        return err_set(e, ERR_IO, "nats_password_file %s cannot be read", path);
    while (n && (out[n - 1] == '\n' || out[n - 1] == '\r'))
        n--;
    out[n] = '\0';
    return 0;
}

static natsStatus set_login(natsOptions *o, const struct edge_config *c, struct err *e)
{
    if (c->user && c->user[0]) {
        char password[512] = "";
        if (c->password_file && c->password_file[0] && read_password(c->password_file, password, sizeof password, e))
            return NATS_INVALID_ARG;
        natsStatus s = natsOptions_SetUserInfo(o, c->user, password);
        explicit_bzero(password, sizeof password);
        if (s != NATS_OK)
            return s;
    }
    if (c->creds && c->creds[0])
        return natsOptions_SetUserCredentialsFromFiles(o, c->creds, NULL);
    return NATS_OK;
}

static natsStatus set_tls(natsOptions *o, const struct edge_config *c)
{
    natsStatus s = NATS_OK;
    if (c->ca && c->ca[0]) {
        s = natsOptions_SetSecure(o, true);
        if (s == NATS_OK)
            s = natsOptions_LoadCATrustedCertificates(o, c->ca);
    }
    if (s == NATS_OK && c->cert && c->cert[0])
        s = natsOptions_LoadCertificatesChain(o, c->cert, c->key);
    return s;
}

static natsStatus set_limits(natsOptions *o, const struct edge_config *c)
{
    natsStatus s = natsOptions_SetName(o, c->name);
    if (s == NATS_OK) s = natsOptions_SetAllowReconnect(o, true);
    if (s == NATS_OK) s = natsOptions_SetMaxReconnect(o, c->max_retries > 0 ? (int)c->max_retries : -1);
    if (s == NATS_OK) s = natsOptions_SetPingInterval(o, c->ping_ms ? c->ping_ms : 20000);
    if (s == NATS_OK) s = natsOptions_SetMaxPingsOut(o, 2);
    if (s == NATS_OK) s = natsOptions_SetReconnectBufSize(o, 1024);    /* edge_publish refuses while down: the spool is the buffer */
    if (s == NATS_OK) s = natsOptions_SetWriteDeadline(o, 2000);
    if (s == NATS_OK) s = natsOptions_SetMaxPendingMsgs(o, c->pending_max ? c->pending_max : 4096);
    if (s == NATS_OK) s = natsOptions_SetIgnoreDiscoveredServers(o, true);    /* the endpoints we were given count, not pod addresses from gossip */
    if (s == NATS_OK) s = natsOptions_UseGlobalMessageDelivery(o, true);
    return s;
}

static natsStatus set_all(natsOptions *o, const struct edge_config *c, const char **urls, int n, struct err *e)
{
    natsStatus s = natsOptions_SetServers(o, urls, n);
    if (s == NATS_OK) s = set_limits(o, c);
    if (s == NATS_OK) s = set_tls(o, c);
    if (s == NATS_OK) s = set_login(o, c, e);
    if (s == NATS_OK && c->nkey && c->nkey[0])
        s = natsOptions_SetNKeyFromSeed(o, NULL, c->nkey);
    return s;
}

int edge_options(const struct edge_config *c, natsOptions **out, struct err *e)
{
    AUTO_FREE char *list = str_dup(c->endpoints);
    char *pieces[ENDPOINTS_MAX];
    const char *urls[ENDPOINTS_MAX];
    int n = conf_split(list, pieces, ENDPOINTS_MAX, e);
    if (n < 0)
        return err_wrap(e, "NATS endpoints");
    if (n == 0)
        return err_set(e, ERR_INVALID, "no NATS endpoint is named; give one like nats://central.example:4222");
    for (int i = 0; i < n; i++)
        urls[i] = pieces[i];
    struct err why = { 0 };
    natsStatus s = natsOptions_Create(out);
    if (s == NATS_OK)
        s = set_all(*out, c, urls, n, &why);
    if (s == NATS_OK)
        return 0;
    natsOptions_Destroy(*out);
    *out = NULL;
    if (!why.kind) {
        AUTO_BUF struct buf shown = { 0 };
        str_hide_logins(&shown, c->endpoints);
        err_set(&why, ERR_INVALID, "NATS options for %s: %s", buf_text(&shown), natsStatus_GetText(s));
    }
    *e = why;
    return -1;
}
