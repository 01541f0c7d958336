#include "agent/confine.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/restrict.h"
#include "base/log.h"
#include "base/str.h"
#include "kube/kube.h"

/* Paths of unix sockets are named so in addresses. */
#define UNIX "unix:"

static void read_credentials(const struct agent_options *o, struct kube_config *kube, struct restrict_paths *p)
{
    struct err e;
    p->in_cluster = !o->kubeconfig[0];
    restrict_may_read(p, o->kubeconfig);    /* also one that is wrong: it is told when it is opened, and must be readable then */
    if (p->in_cluster ? kube_config_in_cluster(NULL, kube, &e) : kube_config_file(o->kubeconfig, o->context, kube, &e))
        return;
    const char *const files[] = { kube->ca_file, kube->cert_file, kube->key_file, kube->token_file };
    for (size_t i = 0; i < COUNT(files); i++)
        restrict_may_read(p, files[i]);
}

static void read_options(const struct agent_options *o, struct restrict_paths *p)
{
    const char *const files[] = {
        o->nats_password_file, o->nats_creds, o->nats_nkey, o->nats_ca, o->nats_cert, o->nats_key, getenv("SSL_CERT_FILE"), getenv("CURL_CA_BUNDLE"),
    };
    for (size_t i = 0; i < COUNT(files); i++)
        restrict_may_read(p, files[i]);
}

/* A socket is made in a directory. */
static char *socket_dir(const char *listen)
{
    AUTO_FREE char *path = str_starts(listen, UNIX) ? str_dup(listen + strlen(UNIX)) : NULL;
    return path ? str_dup(dirname(path)) : NULL;
}

static void say(const struct restrict_state *s)
{
    if (s->lacks[0])
        log_warn("this process is less restricted than it should be", "privileges=%d calls=%d files_abi=%d why=\"%s\"", s->privileges, s->calls, s->files, s->lacks);
    else
        log_info("this process is restricted", "privileges=%d calls=%d files_abi=%d", s->privileges, s->calls, s->files);
}

int confine(const struct agent_options *o, struct err *e)
{
    struct kube_config kube = { 0 };
    struct restrict_paths paths = { 0 };
    struct restrict_state state;
    if (!o->restrict_self) {
        log_warn("this process is not restricted", "option=restrict");
        return 0;
    }
    if (o->spool_dir[0] && mkdir(o->spool_dir, 0700) && errno != EEXIST)
        return err_sys(e, errno, "making spool_dir %s", o->spool_dir);
    AUTO_FREE char *health = socket_dir(o->health_listen);
    AUTO_FREE char *metrics = socket_dir(o->metrics_listen);
    read_credentials(o, &kube, &paths);
    read_options(o, &paths);
    restrict_may_write(&paths, o->spool_dir);
    restrict_may_write(&paths, health);
    restrict_may_write(&paths, metrics);
    restrict_self(&paths, &state);
    kube_config_fini(&kube);
    say(&state);
    return 0;
}
