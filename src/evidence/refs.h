/* What an object refers to, and who selects whom.  Pure; names are borrowed from the object. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/str.h"

/* kind in lower-case singular; namespace_ "" for what has none; optional: it may be missing by intent. */
struct ref {
    const char *kind, *namespace_, *name;
    bool optional;
};
typedef void (*refs_found)(void *arg, const struct ref *ref);

/* Owners, the controller first.  kind is that of the owner reference ("ReplicaSet"), the namespace that of the
 * object. */
void refs_owners(const json *object, refs_found found, void *arg);
bool refs_owned_by(const json *object, const char *uid);

/* ServiceAccount, ConfigMaps, Secrets, claims, classes and the node of a pod. */
void refs_of_pod(const json *pod, refs_found found, void *arg);

/* PersistentVolume and StorageClass of a claim. */
void refs_of_claim(const json *claim, refs_found found, void *arg);

/* Services, TLS Secrets and class of an Ingress. */
void refs_of_ingress(const json *ingress, refs_found found, void *arg);

/* Services that the webhooks of a configuration are served by. */
void refs_of_webhooks(const json *configuration, refs_found found, void *arg);

/* A LabelSelector or a plain map (a Service's, a ReplicationController's) as "labelSelector=…", escaped.  False
 * when it is empty or holds what no selector can. */
bool refs_selector_query(const json *selector, struct buf *out);

/* A plain map against an object's labels: true when all are there.  An empty one selects nothing.  *some: how many
 * are (may be NULL). */
bool refs_selects(const json *map, const json *object, size_t *some);
