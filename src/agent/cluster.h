/* What the agent says about its cluster: version and fingerprint, asked once and again after a while. */
#pragma once

#include "base/loop.h"
#include "kube/kube.h"

struct cluster;

/* changed(arg) runs when one of the facts is new. */
struct cluster *cluster_new(struct loop *l, struct kube *k, void (*changed)(void *arg), void *arg);
void cluster_free(struct cluster *c);

const char *cluster_version(const struct cluster *c);    /* "v1.36.3"; NULL: not known yet           */
const char *cluster_uid(const struct cluster *c);        /* UID of kube-system; NULL: not known yet  */
