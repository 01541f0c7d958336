/* Kubernetes quantities: "100m", "1.5", "128Mi", "2e3", "1k". */
#pragma once

#include "base/err.h"

/* The number in base units (cores, bytes, pieces).  0, or -1 when text is no quantity. */
int quantity_parse(const char *text, double *out) MUST_CHECK;
