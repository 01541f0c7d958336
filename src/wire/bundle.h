/* The evidence bundle: everything that was read about one incident (or a whole namespace or cluster), as JSON.
 *
 * Made by src/evidence, read by src/diagnose, carried in a result's output, saved by `aetherctl diagnose --save`.
 *
 *   {"schema": 1, "cluster_id", "collected_at", "server_version", "scope": {"object": "pod/shop/cart-1"} | {"namespace": "shop"} | {},
 *    "objects":  [Kubernetes objects as the API gives them, with kind and apiVersion, without managedFields; a ConfigMap has "keys": [...]
 *                 instead of data; a Secret is metadata, type and - if rights allow without reading values - nothing more],
 *                 A Node has "requested": {"cpu": cores, "memory": bytes, "pods": count, ...}, what its pods ask for together, when all pods were read;
 *                 an EndpointSlice has at most 20 endpoints, those not ready first, and "endpointsTotal".  A Secret, ConfigMap or class that was only
 *                 listed by name has metadata alone.
 *    "events":   [core/v1 Event objects without managedFields],
 *    "logs":     [{"pod": "ns/name", "container", "previous": bool, "text", "truncated": bool}],
 *    "absent":   [{"kind": "configmap", "namespace", "name"}]           looked up, answered 404
 *    "lists":    [{"kind": "service", "namespace": "" for all, "count"}] listed whole, so what is not among the objects is not there
 *    "not_checked": [{"what", "why", "verb", "resource", "namespace"}],
 *    "calls", "ms"}
 *
 * kind in absent, lists and scope is lower-case singular ("persistentvolumeclaim").
 */
#pragma once

#include "base/json.h"

#define BUNDLE_SIZE_MAX   (256u << 10)    /* bytes of a bundle for one incident           */
#define BUNDLE_ALL_MAX    (64u << 20)     /* bytes of a bundle for a whole cluster        */
#define BUNDLE_LOG_LINES  200
#define BUNDLE_LOG_BYTES  (32u << 10)

/* "kind/namespace/name", kind in lower case; "node//worker-1". */
struct bundle_ref {
    char kind[64], namespace_[64], name[254];
};

/* 0, or -1 when text is no reference (three parts, DNS names). */
int bundle_ref_parse(const char *text, struct bundle_ref *out) MUST_CHECK;
