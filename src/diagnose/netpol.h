/* NetworkPolicies: does one of them keep these two apart?  Pure. */
#pragma once

#include "diagnose/finding.h"

/* The policy that lets the Pod not reach the Service (NULL: something outside of the bundle) on that port, or NULL when none does or it
 * cannot be known.  What a rule says by address ranges or in ways that are not read here counts as allowed: silence accuses nobody. */
const struct object *netpol_blocking(const struct run *r, const struct pod *from, const struct object *service,
                                     const char *port);

/* The policy that keeps the Pod from asking the cluster's DNS, or NULL. */
const struct object *netpol_blocking_dns(const struct run *r, const struct pod *from);
