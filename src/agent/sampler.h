/* Samples the cluster's metrics: counts from the followed state, use from metrics.k8s.io where the cluster has it.
 *
 * Not spooled: a sample that cannot be sent is forgotten, the next one tells more.  Absent is absent, never 0.
 */
#pragma once

#include "agent/state.h"
#include "kube/kube.h"
#include "wire/metrics.h"

struct sampler;

struct sampler_owner {
    int64_t (*interval_ms)(void *arg);
    bool (*may_send)(void *arg);
    int (*publish)(void *arg, const void *data, size_t size, struct err *e);
    void *arg;
};

struct sampler *sampler_new(struct loop *l, struct kube *k, const struct state *state, const char *cluster_id, const struct sampler_owner *owner);
void sampler_free(struct sampler *s);
