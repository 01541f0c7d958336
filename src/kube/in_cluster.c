/* The configuration that a Pod finds in its service account. */
#include "kube/kube.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"

#define DEFAULT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

/* Its own namespace; "default" when the file is missing, as it may be for a token that is mounted alone. */
static char *own_namespace(const char *dir)
{
    AUTO_FREE char *path = str_printf("%s/namespace", dir);
    char *text = file_read(path, 1024, NULL, NULL);
    if (text)
        text[strcspn(text, "\r\n")] = '\0';
    if (text && str_is_dns_label(text))
        return text;
    free(text);
    return str_dup("default");
}

int kube_config_in_cluster(const char *dir, struct kube_config *out, struct err *e)
{
    *out = (struct kube_config){ 0 };
    dir = dir && *dir ? dir : DEFAULT_DIR;
    const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
    if (!host || !*host)
        return err_set(
            e, ERR_NOT_FOUND,
            "KUBERNETES_SERVICE_HOST is not set, so this is no pod of a cluster; outside of one, give a kubeconfig");

    AUTO_FREE char *token_file = str_printf("%s/token", dir);
    AUTO_FREE char *token = file_read(token_file, 64 << 10, NULL, e);
    if (!token)
        return err_wrap(e, "service account of this pod (is automountServiceAccountToken false?)");

    bool v6 = strchr(host, ':') && *host != '[';
    out->server = str_printf(v6 ? "https://[%s]:%s" : "https://%s:%s", host, port && *port ? port : "443");
    out->token_file = str_dup(token_file);
    out->ca_file = str_printf("%s/ca.crt", dir);
    out->namespace_ = own_namespace(dir);
    out->context = str_dup("in-cluster");
    out->cluster = str_dup("in-cluster");
    return 0;
}
