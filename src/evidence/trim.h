/* What of an object goes into a bundle: everything that may explain a failure, nothing secret, nothing that only
 * fills it.
 *
 * Left out: managedFields, the copy that kubectl apply keeps of an object, annotations over TRIM_ANNOTATION_MAX, a
 * node's images, endpoints beyond TRIM_ENDPOINTS_MAX.  A ConfigMap's data become its keys, a Secret's vanish.
 * Texts go through redact_text, values of settings with a secret name are replaced.  Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "kube/kube.h"

#define TRIM_ANNOTATION_MAX 2048
#define TRIM_ENDPOINTS_MAX  20

/* The object as JSON text, with kind and apiVersion (kind NULL: its own); free() it.  Adds to *redactions. */
char *trim_object(const struct kube_kind *kind, const json *object, size_t *size, int64_t *redactions);
