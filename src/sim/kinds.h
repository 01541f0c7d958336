/* The kinds of objects that the simulated API server knows, one row each. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum kind {
    KIND_NAMESPACE,
    KIND_NODE,
    KIND_POD,
    KIND_EVENT,
    KIND_SERVICE,
    KIND_CONFIG_MAP,
    KIND_SECRET,
    KIND_SERVICE_ACCOUNT,
    KIND_CLAIM,
    KIND_VOLUME,
    KIND_QUOTA,
    KIND_LIMIT_RANGE,
    KIND_DEPLOYMENT,
    KIND_REPLICA_SET,
    KIND_STATEFUL_SET,
    KIND_DAEMON_SET,
    KIND_JOB,
    KIND_CRON_JOB,
    KIND_ENDPOINT_SLICE,
    KIND_STORAGE_CLASS,
    KIND_LEASE,
    KIND_WEBHOOK,
    KIND_MUTATING_WEBHOOK,
    KIND_API_SERVICE,
    KIND_INGRESS,
    KIND_INGRESS_CLASS,
    KIND_NETWORK_POLICY,
    KIND_DISRUPTION_BUDGET,
    KIND_AUTOSCALER,
    KIND_PRIORITY_CLASS,
    KIND_RUNTIME_CLASS,
    KIND_ROLE,
    KIND_ROLE_BINDING,
    KIND_CLUSTER_ROLE,
    KIND_CLUSTER_ROLE_BINDING,
    KIND_VOLUME_ATTACHMENT,
    KIND_CSI_DRIVER,
    KIND_CSI_NODE,
    KIND_ENDPOINTS,
    KIND_REPLICATION_CONTROLLER,
    KIND_CONTROLLER_REVISION,
    KIND_COUNT,
};

struct kind_row {
    const char *group; /* "" for the core */
    const char *version;
    const char *resource; /* "pods" */
    const char *name;     /* "Pod" */
    const char *singular; /* "pod" */
    bool namespaced;
    bool cached;       /* in the watch cache: has bookmarks, other words for "too old" */
    const char *empty; /* what stands beside metadata in a bookmark, with its comma, or "" */
};
extern const struct kind_row kind_rows[KIND_COUNT];

/* "v1", "apps/v1" */
const char *kind_api_version(enum kind kind);

/* KIND_COUNT when there is none.  Sizes may be cut out of a path. */
enum kind kind_find(const char *group, size_t group_size, const char *version, size_t version_size,
                    const char *resource, size_t resource_size);
