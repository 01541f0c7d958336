/* What the agent may do in its cluster, by SelfSubjectAccessReview: what is missing costs a capability, and what it may do beyond what it needs is a
 * danger; central is told of both. */
#pragma once

#include "base/loop.h"
#include "kube/kube.h"
#include "wire/agent.h"

struct rights;

/* Asks at once and each ten minutes; changed(arg) runs when the answer is another one.  personal: the account is that of a person's kubeconfig, and
 * not one that was made for the agent: an administrator's is warned of in the log and counted, and no reason to call the agent ill. */
struct rights *rights_new(struct loop *l, struct kube *k, bool personal, void (*changed)(void *arg), void *arg);
void rights_free(struct rights *r);

/* What is denied, as far as it is known.  Texts live for ever; the list is the arena's. */
void rights_denied(const struct rights *r, struct arena *a, struct wire_denied **out, size_t *count);

/* False: it is known that something that the capability cannot do without is denied. */
bool rights_allow(const struct rights *r, const char *capability);

/* NULL, or the rights that an agent must not have, in words.  Valid until the next call. */
const char *rights_excess(struct rights *r);
