/* A cluster that aetherctl itself talks to, by a kubeconfig. */
#pragma once

#include "ctl/ctl.h"

struct kube;

/* Opens what --kubeconfig and --context name.  *name: what to call the cluster, free() it.  NULL with *e. */
struct kube *local_cluster_open(struct ctl *c, char **name, struct err *e);

/* Collects the evidence that --object and --namespace ask for.  *text and *name become the caller's.  -1: the API server could not be asked. */
int local_cluster_collect(struct ctl *c, char **text, size_t *size, char **name, struct err *e) MUST_CHECK;

/* GET of path, or a POST of body; the parsed answer in *doc (NULL when it is none).  Returns the status, 0 with *e when there was no answer. */
int local_cluster_ask(struct ctl *c, struct kube *k, const char *path, const char *body, struct json_doc **doc, struct err *e);
