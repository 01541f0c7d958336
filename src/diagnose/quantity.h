/* Kubernetes quantities ("500m", "1.5", "512Gi", "1e3") as numbers and back.  Pure. */
#pragma once

#include "base/arena.h"
#include "base/json.h"

/* The value in units (cores, bytes, pieces); absent when v is neither a number nor a quantity. */
double quantity_of(const json *v, double absent);

/* 0, or -1 when text is none. */
int quantity_parse(const char *text, double *out) MUST_CHECK;

/* As a person writes it: cores with at most two decimals ("1.5"), bytes in binary units ("512Gi"), other things as a plain number. */
const char *quantity_text(struct arena *a, const char *resource, double value);
