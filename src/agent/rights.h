/* What the agent may do in its cluster, by SelfSubjectAccessReview: what is missing costs a capability, and central is told. */
#pragma once

#include "base/loop.h"
#include "kube/kube.h"
#include "wire/agent.h"

struct rights;

/* Asks at once and each ten minutes; changed(arg) runs when the answer is another one. */
struct rights *rights_new(struct loop *l, struct kube *k, void (*changed)(void *arg), void *arg);
void rights_free(struct rights *r);

/* What is denied, as far as it is known.  Texts live for ever; the list is the arena's. */
void rights_denied(const struct rights *r, struct arena *a, struct wire_denied **out, size_t *count);

/* False: it is known that something that the capability cannot do without is denied. */
bool rights_allow(const struct rights *r, const char *capability);

/* The table behind it, one row a right: for the manifests' test.  False behind the last. */
struct rights_row {
    const char *capability, *verb, *group, *resource, *subresource;
    bool needed;                  /* without it the capability is not there */
};
bool rights_row(size_t at, struct rights_row *out);
