/* Kubernetes quantities in objects as numbers, and numbers as a person writes them.  Pure. */
#pragma once

#include "base/arena.h"
#include "base/json.h"

/* The value in units (cores, bytes, pieces); absent when v is neither a number nor a quantity. */
double amount_of(const json *v, double absent);

/* As a person writes it: cores with at most two decimals ("1.5"), bytes in binary units ("512Gi"), other things as a plain number. */
const char *amount_text(struct arena *a, const char *resource, double value);
