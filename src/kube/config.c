/* A configuration's copy and end. */
#include "kube/kube.h"

#include <stdlib.h>

#include "base/str.h"

static const size_t strings[] = {
    offsetof(struct kube_config, server),     offsetof(struct kube_config, ca_file),
    offsetof(struct kube_config, ca_pem),     offsetof(struct kube_config, cert_file),
    offsetof(struct kube_config, key_file),   offsetof(struct kube_config, cert_pem),
    offsetof(struct kube_config, key_pem),    offsetof(struct kube_config, server_name),
    offsetof(struct kube_config, token),      offsetof(struct kube_config, token_file),
    offsetof(struct kube_config, namespace_), offsetof(struct kube_config, context),
    offsetof(struct kube_config, cluster),
};

void kube_config_copy(struct kube_config *out, const struct kube_config *c)
{
    *out = *c;
    for (size_t i = 0; i < COUNT(strings); i++) {
        char **member = (char **)((char *)out + strings[i]);
        *member = str_dup(*member);
    }
}

void kube_config_fini(struct kube_config *c)
{
    for (size_t i = 0; i < COUNT(strings); i++)
        free(*(char **)((char *)c + strings[i]));
    *c = (struct kube_config){ 0 };
}
